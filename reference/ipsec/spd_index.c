#include "ipsec/spd_index.h"
#include "ipsec/spd_shape.h"

#include <stdlib.h>

/* --- the table -------------------------------------------------------------------------------- */

/* Entries of one shape and hash; where 64 bits collide, entries of two kinds. */
struct index_bucket {
	uint64_t hash;
	struct shape shape;
	struct order nodes;
};

struct tuple {
	struct shape shape;
	struct rank least; /* no entry of the tuple stands before it */
	unsigned buckets;
};

struct slot {
	uint64_t hash;
	struct index_bucket *bucket; /* NULL: free */
};

struct spd_index {
	struct slot *slots; /* open addressing, linear probing, at most half full */
	size_t mask, used;
	struct tuple *tuples; /* by least: a lookup ends where nothing better can come */
	unsigned n, cap;
};

enum { SLOTS_MIN = 64 };

struct spd_index *
spd_index_new(void)
{
	struct spd_index *x = calloc(1, sizeof *x);
	if (x == NULL)
		return NULL;
	x->slots = calloc(SLOTS_MIN, sizeof *x->slots);
	x->mask = SLOTS_MIN - 1;
	if (x->slots == NULL) {
		free(x);
		return NULL;
	}
	return x;
}

void
spd_index_free(struct spd_index *x)
{
	if (x == NULL)
		return;
	for (size_t i = 0; i <= x->mask; i++)
		free(x->slots[i].bucket);
	free(x->slots);
	free(x->tuples);
	free(x);
}

/* The slot of a bucket, or the free one where it belongs. */
static struct slot *
slot_find(struct slot *slots, size_t mask, uint64_t hash, const struct shape *s)
{
	size_t i = hash & mask;
	while (slots[i].bucket != NULL && (slots[i].hash != hash || !shape_equal(&slots[i].bucket->shape, s)))
		i = (i + 1) & mask;
	return &slots[i];
}

static bool
slots_grow(struct spd_index *x)
{
	size_t mask = x->mask * 2 + 1;
	struct slot *slots = calloc(mask + 1, sizeof *slots);
	if (slots == NULL)
		return false;
	for (size_t i = 0; i <= x->mask; i++)
		if (x->slots[i].bucket != NULL)
			*slot_find(slots, mask, x->slots[i].hash, &x->slots[i].bucket->shape) = x->slots[i];
	free(x->slots);
	x->slots = slots;
	x->mask = mask;
	return true;
}

static bool
bucket_get(struct spd_index *x, uint64_t hash, const struct shape *s, struct index_bucket **b)
{
	struct slot *slot = slot_find(x->slots, x->mask, hash, s);
	*b = slot->bucket;
	if (*b != NULL)
		return true;
	if (x->used * 2 >= x->mask && !slots_grow(x))
		return false;
	*b = calloc(1, sizeof **b);
	if (*b == NULL)
		return false;
	**b = (struct index_bucket){ .hash = hash, .shape = *s };
	*slot_find(x->slots, x->mask, hash, s) = (struct slot){ hash, *b };
	x->used++;
	return true;
}

/* What stood behind the freed slot and belongs before it moves up, so that no search ends too early. */
static void
bucket_drop(struct spd_index *x, struct index_bucket *b)
{
	size_t hole = (size_t)(slot_find(x->slots, x->mask, b->hash, &b->shape) - x->slots);
	for (size_t i = (hole + 1) & x->mask; x->slots[i].bucket != NULL; i = (i + 1) & x->mask) {
		size_t home = x->slots[i].hash & x->mask;
		if (((i - home) & x->mask) < ((i - hole) & x->mask))
			continue;
		x->slots[hole] = x->slots[i];
		hole = i;
	}
	x->slots[hole] = (struct slot){ 0 };
	x->used--;
	free(b);
}

/* --- tuples ----------------------------------------------------------------------------------- */

static unsigned
tuple_find(const struct spd_index *x, const struct shape *s)
{
	unsigned i = 0;
	while (i < x->n && !shape_equal(&x->tuples[i].shape, s))
		i++;
	return i;
}

/* Room for one more, before anything is changed. */
static bool
tuples_reserve(struct spd_index *x)
{
	if (x->n < x->cap)
		return true;
	unsigned cap = x->cap == 0 ? 16 : x->cap * 2;
	struct tuple *t = realloc(x->tuples, cap * sizeof *t);
	if (t == NULL)
		return false;
	x->tuples = t;
	x->cap = cap;
	return true;
}

static void
tuple_join(struct spd_index *x, const struct shape *s, const struct rank *rank, bool new_bucket)
{
	unsigned i = tuple_find(x, s);
	if (i == x->n)
		x->tuples[x->n++] = (struct tuple){ .shape = *s, .least = *rank };
	struct tuple t = x->tuples[i];
	t.buckets += new_bucket;
	if (rank_before(rank, &t.least))
		t.least = *rank;
	for (; i > 0 && rank_before(&t.least, &x->tuples[i - 1].least); i--)
		x->tuples[i] = x->tuples[i - 1];
	x->tuples[i] = t;
}

/* Its least stays what it was: too low costs a probe, and finding the right one would cost a walk. */
static void
tuple_leave(struct spd_index *x, const struct shape *s)
{
	unsigned i = tuple_find(x, s);
	if (--x->tuples[i].buckets > 0)
		return;
	x->n--;
	memmove(&x->tuples[i], &x->tuples[i + 1], (x->n - i) * sizeof *x->tuples);
}

/* --- what others call ------------------------------------------------------------------------- */

bool
spd_index_add(struct spd_index *x, struct index_node *n)
{
	struct shape s;
	uint64_t hash = shape_of(n->selector, &s);
	if (!tuples_reserve(x) || !bucket_get(x, hash, &s, &n->bucket))
		return false;
	tuple_join(x, &n->bucket->shape, &n->order.rank, n->bucket->nodes.first == NULL);
	order_insert(&n->bucket->nodes, &n->order);
	return true;
}

void
spd_index_remove(struct spd_index *x, struct index_node *n)
{
	struct index_bucket *b = n->bucket;
	order_remove(&b->nodes, &n->order);
	if (b->nodes.first != NULL)
		return;
	tuple_leave(x, &b->shape);
	bucket_drop(x, b);
}

const struct index_node *
spd_index_lookup(const struct spd_index *x, const struct flow *f)
{
	const struct order_node *best = NULL;
	struct probe p;
	uint64_t hash;
	probe_of(f, &p);
	for (unsigned i = 0; i < x->n && (best == NULL || rank_before(&x->tuples[i].least, &best->rank)); i++) {
		if (!probe_hash(&p, &x->tuples[i].shape, f, &hash))
			continue;
		const struct index_bucket *b = slot_find(x->slots, x->mask, hash, &x->tuples[i].shape)->bucket;
		const struct order_node *n = b != NULL ? b->nodes.first : NULL;
		while (n != NULL && (best == NULL || rank_before(&n->rank, &best->rank))) {
			if (selector_match(((const struct index_node *)n)->selector, f))
				best = n;
			n = n->next;
		}
	}
	return (const struct index_node *)best;
}
