/*
 * Finds the first of many selectors that matches a flow without looking at the others: a tuple space. Every entry is filed under the
 * prefixes that its ranges lie in, of a few lengths; entries of the same lengths make a tuple, and one probe of a hash table finds those
 * of a tuple that can match. Which do is selector_match's business, so that a coarse index costs time and never a wrong answer.
 */
#ifndef ESPY_IPSEC_SPD_INDEX_H
#define ESPY_IPSEC_SPD_INDEX_H

#include "ipsec/order.h"
#include "ipsec/selector.h"

struct spd_index;
struct index_bucket;

/* Embedded in an entry; set selector and order.rank, the rest is the index's. */
struct index_node {
	struct order_node order; /* among those of its bucket */
	const struct selector *selector;
	struct index_bucket *bucket;
};

struct spd_index *spd_index_new(void); /* NULL only when memory is out */
void spd_index_free(struct spd_index *x);
bool spd_index_add(struct spd_index *x, struct index_node *n) MUST_USE; /* false: out of memory */
void spd_index_remove(struct spd_index *x, struct index_node *n);
/* The one of lowest rank that matches, or NULL. */
const struct index_node *spd_index_lookup(const struct spd_index *x, const struct flow *f);

#endif
