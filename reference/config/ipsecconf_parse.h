/* Inside of the ipsecconf parser: setkey's lexer with braces, and the two halves of an entry. */
#ifndef ESPY_CONFIG_IPSECCONF_PARSE_H
#define ESPY_CONFIG_IPSECCONF_PARSE_H

#include "config/ipsecconf.h"
#include "config/solaris_words.h"

/* Names are read once each; `said` has a bit for every one that was there. */
struct pair {
	const char *name;
	unsigned id;
	bool (*parse)(struct parser *p, struct ipsecconf_entry *c, unsigned id, uint32_t *said);
};

/* { NAME VALUE .. } by a table of names. */
bool ipsecconf_take_pairs(struct parser *p, struct ipsecconf_entry *c, const struct pair *pairs, size_t n,
			  uint32_t *said, const char *what);

/* The pattern, from { to in front of }. */
bool ipsecconf_take_pattern(struct parser *p, struct ipsecconf_entry *c);
/* } ACTION {properties} [or ..]; *line becomes that of the last brace. */
bool ipsecconf_take_rules(struct parser *p, struct ipsecconf_entry *c, unsigned *line);

#endif
