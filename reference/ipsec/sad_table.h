/*
 * SAs by SPI, protocol and destination, a million of them as fast as a thousand: a lookup reads one line of memory and not the SA. So
 * that four fit a line, destinations have numbers; those of one host's own addresses are few and always at hand.
 */
#ifndef ESPY_IPSEC_SAD_TABLE_H
#define ESPY_IPSEC_SAD_TABLE_H

#include "ipsec/addr.h"

struct sa;

/* A protocol and an address, and the number that stands for them. */
struct sad_end {
	uint64_t high, low; /* of the address */
	uint8_t family, protocol;
	uint32_t number; /* 0: free */
	uint32_t sas;    /* that have it */
};

enum { SAD_LINE = 4 };

struct sad_line {
	struct {
		uint64_t key; /* number of the end, SPI */
		struct sa *sa;
	} slot[SAD_LINE]; /* from the first on; NULL: free */
};

struct sad_table {
	struct sad_line *lines; /* at most half full; what a full line has no room for is in the next one */
	size_t lines_mask, n;
	struct sad_end *ends; /* open addressing, linear probing, at most half full */
	size_t ends_mask, ends_n;
	uint32_t numbers; /* given so far */
};

/* NULL if there is none. */
struct sa *sad_table_find(const struct sad_table *t, uint32_t spi, uint8_t protocol, const struct addr *dst);
/* Puts sa in the place of what was there. False: out of memory. */
bool sad_table_put(struct sad_table *t, uint32_t spi, uint8_t protocol, const struct addr *dst, struct sa *sa) MUST_USE;
/* Only of what is there. */
void sad_table_remove(struct sad_table *t, uint32_t spi, uint8_t protocol, const struct addr *dst);
void sad_table_free(struct sad_table *t);

#endif
