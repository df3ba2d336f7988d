/*
 * An ordered list whose members go to their place in logarithmic time, whatever order they come in: a treap threaded by a doubly linked
 * list. Members are embedded in what they order; two never have the same rank.
 */
#ifndef ESPY_IPSEC_ORDER_H
#define ESPY_IPSEC_ORDER_H

#include <stdbool.h>
#include <stdint.h>

/* A lower value comes first; arrival decides between equal ones. */
struct rank {
	uint32_t value;
	uint64_t arrival; /* unique */
};

struct order_node {
	struct rank rank;
	struct order_node *next, *before;
	struct order_node *left, *right;
};

struct order {
	struct order_node *first, *last, *root;
};

static inline bool
rank_before(const struct rank *a, const struct rank *b)
{
	return a->value != b->value ? a->value < b->value : a->arrival < b->arrival;
}

/* n is the caller's: set its rank, and keep it where it is as long as it is a member. */
void order_insert(struct order *o, struct order_node *n);
/* n is a member. */
void order_remove(struct order *o, struct order_node *n);

#endif
