/*
 * Command files of ipseckey(8): text to commands and back. A command is a line; a backslash at its end goes on. Keys are hexadecimal
 * digits with an optional /BITS, of counter and combined modes key then salt. Names are numeric addresses.
 */
#ifndef ESPY_CONFIG_IPSECKEY_H
#define ESPY_CONFIG_IPSECKEY_H

#include "ipsec/sa.h"

enum ipseckey_verb {
	IPSECKEY_ADD,
	IPSECKEY_UPDATE,
	IPSECKEY_UPDATE_PAIR,
	IPSECKEY_DELETE,
	IPSECKEY_DELETE_PAIR,
	IPSECKEY_GET,
	IPSECKEY_FLUSH,
	IPSECKEY_DUMP,
};

enum ipseckey_heading { IPSECKEY_UNSAID, IPSECKEY_INBOUND, IPSECKEY_OUTBOUND };

/* What says for whose traffic an SA is: addresses with prefixes (family 0: any), ports (SELECTOR_ANY) and a protocol. */
struct ipseckey_traffic {
	struct addr src, dst;
	uint8_t src_bits, dst_bits;
	uint32_t sport, dport, ulp;
};

struct ipseckey_command {
	uint8_t verb;     /* enum ipseckey_verb */
	uint8_t protocol; /* 50, 51; 0: all types (flush, dump) */
	/* spi, addresses, algorithms, keys (of the script's storage), window, lifetimes; mode: tunnel where inner ones are given beside
	 * ulp 4 or 41, else transport. encap has ports for IPSECKEY_OUTBOUND order: local is the source. */
	struct sa_spec sa;
	uint8_t state;     /* enum sa_state */
	uint8_t heading;   /* enum ipseckey_heading */
	uint32_t pair_spi; /* 0: none */
	uint64_t idle_addtime, idle_usetime;
	struct ipseckey_traffic outer, inner; /* outer's addresses are the SA's own */
	struct addr nat_loc, nat_rem;         /* family 0: not given */
	unsigned line;
	struct ipseckey_command *next;
};

struct ipseckey_script; /* owns its commands and keys, wipes them */

/* NULL with "NAME:LINE:COLUMN: want .., got .." for the first thing that is wrong. */
struct ipseckey_script *ipseckey_parse(const char *text, size_t n, const char *name, unsigned first_line,
				       struct err *e);
const struct ipseckey_command *ipseckey_first(const struct ipseckey_script *s);
void ipseckey_free(struct ipseckey_script *s);

/* On one line. Keys are written only with show_keys, else as X's (ipseckey -p). snprintf convention. */
size_t ipseckey_print(const struct ipseckey_command *c, bool show_keys, char *text, size_t cap);

#endif
