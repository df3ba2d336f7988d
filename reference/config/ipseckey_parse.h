/* Inside of the ipseckey parser. */
#ifndef ESPY_CONFIG_IPSECKEY_PARSE_H
#define ESPY_CONFIG_IPSECKEY_PARSE_H

#include "config/ipseckey.h"
#include "config/solaris_words.h"

/* A command under way. Algorithms may come behind their keys, so that both are looked at when the line is over. */
struct ipseckey_line {
	struct ipseckey_command *c;
	uint64_t said; /* bit per extension */
	struct token auth_at, encr_at;
	unsigned auth_bits, encr_bits;
};

/* One extension and its value. False, and an error, for a word that is none. */
bool ipseckey_take_extension(struct parser *p, struct ipseckey_line *l);
/* What the command must say as a whole. */
bool ipseckey_check(struct parser *p, struct ipseckey_line *l);

#endif
