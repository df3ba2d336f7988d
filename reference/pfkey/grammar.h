/* The grammar of messages as data: which extensions each must and may carry, in each direction. RFC 2367 3.1. */
#ifndef ESPY_PFKEY_GRAMMAR_H
#define ESPY_PFKEY_GRAMMAR_H

#include "pfkey/pfkey.h"

/* Sets of extensions: bit i is enum pfkey_ext i. */
__extension__ typedef unsigned __int128 ext_set;
#define EXT_BIT(kind) ((ext_set)1 << (kind))
_Static_assert(EXT_N <= 128, "a set of extensions fits 128 bits");

enum grammar_satype {
	SATYPE_IGNORED,   /* policy messages; X_PROMISC has its own meaning for the field */
	SATYPE_ANY_KNOWN, /* UNSPEC stands for all: FLUSH, DUMP */
	SATYPE_NEEDED,    /* one of RFC 2367 3.4 */
};

struct grammar_side {
	bool none; /* the message does not go this way */
	ext_set required, optional;
};

struct grammar_row {
	struct grammar_side side[2]; /* PFKEY_IN, PFKEY_OUT */
	uint8_t satype;              /* enum grammar_satype */
	const char *clause;          /* NULL: not RFC 2367's */
};

extern const struct grammar_row pfkey_grammar[PFKEY_TYPE_N];

/* Fills e with ERR_REFUSED and returns number: refusals read `return pfkey_refuse(e, EINVAL, ..)`. */
int pfkey_refuse(struct err *e, int number, const char *fmt, ...) PRINTF(3, 4);

/* The values inside those extensions whose kinds are in the set, RFC 2367 2.3.x. 0 or an errno. */
int pfkey_check_values(const struct pfkey_msg *m, enum pfkey_dir dir, ext_set kinds, struct err *e);

/* The values of one kind alone. */
int pfkey_check_value(const struct pfkey_msg *m, enum pfkey_dir dir, enum pfkey_ext kind, struct err *e);

/* Solaris's word on why an errno came, 0 elsewhere: diagnostic.c. */
unsigned pfkey_diagnostic(const struct pfkey_msg *m, int number);

/* Request records: lengths, modes, levels, tunnel ends. */
int pfkey_check_requests(const struct pfkey_msg *m, const struct hdr *policy, struct err *e);

bool pfkey_type_is_policy(enum pfkey_type t); /* X_SPD*: addresses are selectors, not ends of an SA */

#endif
