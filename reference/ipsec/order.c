#include "ipsec/order.h"

#include <assert.h>
#include <stddef.h>

/* Heap order by a mixed arrival number: as good as random against every order of ranks, and the same in every run. */
static uint64_t
height(const struct order_node *n)
{
	uint64_t x = n->rank.arrival * UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ x >> 32) * UINT64_C(0xd6e8feb86659fd93);
	return x ^ x >> 32;
}

/* Cuts a tree in two at a rank that it does not have. */
static void
split(struct order_node *t, const struct rank *at, struct order_node **left, struct order_node **right)
{
	while (t != NULL) {
		if (rank_before(&t->rank, at)) {
			*left = t;
			left = &t->right;
			t = t->right;
		} else {
			*right = t;
			right = &t->left;
			t = t->left;
		}
	}
	*left = *right = NULL;
}

/* All of a stands before all of b. */
static struct order_node *
merge(struct order_node *a, struct order_node *b)
{
	struct order_node *root = NULL, **to = &root;
	while (a != NULL && b != NULL) {
		if (height(a) > height(b)) {
			*to = a;
			to = &a->right;
			a = a->right;
		} else {
			*to = b;
			to = &b->left;
			b = b->left;
		}
	}
	*to = a != NULL ? a : b;
	return root;
}

static void
thread(struct order *o, struct order_node *before, struct order_node *n)
{
	n->before = before;
	n->next = before != NULL ? before->next : o->first;
	if (before != NULL)
		before->next = n;
	else
		o->first = n;
	if (n->next != NULL)
		n->next->before = n;
	else
		o->last = n;
}

void
order_insert(struct order *o, struct order_node *n)
{
	struct order_node *before = NULL, **at = &o->root;
	uint64_t h = height(n);
	n->left = n->right = NULL;
	while (*at != NULL && height(*at) > h) {
		bool behind = rank_before(&(*at)->rank, &n->rank);
		if (behind)
			before = *at;
		at = behind ? &(*at)->right : &(*at)->left;
	}
	split(*at, &n->rank, &n->left, &n->right);
	*at = n;
	/* What stands right before is the last of the left side, or where the way down last turned right. */
	for (struct order_node *t = n->left; t != NULL; t = t->right)
		before = t;
	thread(o, before, n);
}

void
order_remove(struct order *o, struct order_node *n)
{
	struct order_node **at = &o->root;
	while (*at != n) {
		assert(*at != NULL);
		at = rank_before(&(*at)->rank, &n->rank) ? &(*at)->right : &(*at)->left;
	}
	*at = merge(n->left, n->right);
	if (n->before != NULL)
		n->before->next = n->next;
	else
		o->first = n->next;
	if (n->next != NULL)
		n->next->before = n->before;
	else
		o->last = n->before;
}
