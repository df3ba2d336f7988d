/* An IP address of either family, and prefixes of them. */
#ifndef ESPY_IPSEC_ADDR_H
#define ESPY_IPSEC_ADDR_H

#include "wire/cursor.h"
#include "wire/err.h"

struct addr {
	uint8_t family; /* 4, 6, or 0: none */
	uint8_t o[16];  /* network order; the first 4 for IPv4, the rest zero */
};

struct addr addr_of(struct bytes b);           /* 4 or 16 octets; else family 0 */
struct bytes addr_bytes(const struct addr *a); /* borrowed view: 4, 16 or 0 octets */
bool addr_equal(const struct addr *a, const struct addr *b);
bool addr_is_multicast(const struct addr *a);
bool addr_is_any(const struct addr *a); /* family 0 or all zero */
/* Whether a lies in prefix/bits; bits 0 matches every address of the family. */
bool addr_in_prefix(const struct addr *a, const struct addr *prefix, unsigned bits);
/* The first and last address of a prefix. */
void addr_prefix_ends(const struct addr *prefix, unsigned bits, struct addr *first, struct addr *last);
/* Below, at or above zero as a comes before, at or behind b; families in their order. */
int addr_compare(const struct addr *a, const struct addr *b);
/* Text of either family, no prefix. */
bool addr_parse(struct addr *a, const char *text, struct err *e) MUST_USE;
const char *addr_print(const struct addr *a, char text[48]);

#endif
