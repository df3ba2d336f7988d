/*
 * What spd_index.c hashes: the prefixes that the ranges of a selector lie in, of a few lengths by dimension, and those of a flow.
 */
#ifndef ESPY_IPSEC_SPD_SHAPE_H
#define ESPY_IPSEC_SPD_SHAPE_H

#include "ipsec/selector.h"

enum { DIM_SRC, DIM_DST, DIM_PROTOCOL, DIM_SPORT, DIM_DPORT, DIMS, SHAPE_STEPS = 10 };

/* Prefix length by dimension (which of those that there are), and families: what all entries of a tuple have in common. */
struct shape {
	uint8_t family[2]; /* source, destination; 0: any */
	uint8_t step[DIMS];
};

/* What a flow hashes to, by dimension and length; and addresses of any family. */
struct probe {
	uint64_t hash[DIMS][SHAPE_STEPS], wild[2];
};

bool shape_equal(const struct shape *a, const struct shape *b);
/* The shape of a selector, and its hash. */
uint64_t shape_of(const struct selector *sel, struct shape *s);
void probe_of(const struct flow *f, struct probe *p);
/* The hash that a selector of this shape has if it matches; false: none of this shape does. */
bool probe_hash(const struct probe *p, const struct shape *s, const struct flow *f, uint64_t *hash);

#endif
