#include "ipsec/spd.h"
#include "ipsec/spd_index.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(element) ((element)->unfiled = true)
#include <uthash.h>

/* What makes an entry unique; without padding, since it is compared octet by octet. */
struct spd_key {
	struct addr src, src_last, dst, dst_last;
	uint32_t protocol, sport, sport_last, dport, dport_last;
	char name[SELECTOR_NAME_MAX];
	uint8_t dir, zero[3];
};
_Static_assert(sizeof(struct spd_key) == 4 * sizeof(struct addr) + 24 + SELECTOR_NAME_MAX, "padding in a hash key");

enum { DIRS = SPD_TABLES << 2 }; /* of all tables */

struct node {
	struct spd_entry entry; /* first: a node and its entry have one address */
	struct order_node order;
	struct index_node index;
	struct spd_key key;
	UT_hash_handle by_key, by_id;
	bool unfiled;
};

struct spd {
	struct order order;            /* of all directions: lookup order */
	struct spd_index *index[DIRS]; /* NULL: nothing was ever added */
	struct node *keys, *ids;
	uint64_t arrivals;
	uint32_t id;
};

struct spd *
spd_new(void)
{
	return calloc(1, sizeof(struct spd));
}

void
spd_free(struct spd *d)
{
	if (d == NULL)
		return;
	spd_flush(d);
	for (unsigned i = 0; i < DIRS; i++)
		spd_index_free(d->index[i]);
	free(d);
}

/* Ranges by their ends: how somebody wrote them does not tell entries apart, nor do octets behind a prefix. */
static struct spd_key
key_of(uint8_t dir, const struct selector *s)
{
	struct spd_key key = { .protocol = s->protocol, .sport = s->sport, .dport = s->dport, .dir = dir };
	selector_src(s, &key.src, &key.src_last);
	selector_dst(s, &key.dst, &key.dst_last);
	key.sport_last = s->sport_last > s->sport ? s->sport_last : s->sport;
	key.dport_last = s->dport_last > s->dport ? s->dport_last : s->dport;
	memcpy(key.name, s->name, strnlen(s->name, sizeof s->name));
	return key;
}

static struct node *
node_of(struct spd_entry *entry)
{
	return (struct node *)entry;
}

static struct node *
node_of_order(struct order_node *o)
{
	return o != NULL ? (struct node *)(void *)((char *)o - offsetof(struct node, order)) : NULL;
}

static struct node *
node_find(const struct spd *d, uint8_t dir, const struct selector *s)
{
	struct spd_key key = key_of(dir, s);
	struct node *n;
	HASH_FIND(by_key, d->keys, &key, sizeof key, n);
	return n;
}

static bool
node_index(struct spd *d, struct node *n)
{
	struct spd_index **x = &d->index[n->entry.dir];
	if (*x == NULL)
		*x = spd_index_new();
	return *x != NULL && spd_index_add(*x, &n->index);
}

/* Into both hashes and the index, or into none. */
static bool
node_file(struct spd *d, struct node *n)
{
	HASH_ADD(by_key, d->keys, key, sizeof n->key, n);
	if (n->unfiled)
		return false;
	HASH_ADD(by_id, d->ids, entry.id, sizeof n->entry.id, n);
	if (!n->unfiled && node_index(d, n))
		return true;
	if (!n->unfiled)
		HASH_DELETE(by_id, d->ids, n);
	HASH_DELETE(by_key, d->keys, n);
	return false;
}

static struct node *
node_new(struct spd *d, const struct spd_entry *entry)
{
	struct node *n = calloc(1, sizeof *n);
	if (n == NULL)
		return NULL;
	n->entry = *entry;
	n->key = key_of(entry->dir, &entry->selector);
	do
		n->entry.id = ++d->id;
	while (n->entry.id == 0 || spd_by_id(d, n->entry.id) != NULL);
	n->order.rank = n->index.order.rank = (struct rank){ entry->priority, ++d->arrivals };
	n->index.selector = &n->entry.selector;
	return n;
}

bool
spd_add(struct spd *d, const struct spd_entry *entry, struct spd_entry **added, struct err *e)
{
	assert(entry->dir < DIRS);
	if (!selector_check(&entry->selector, entry->pfp, e))
		return false;
	if (node_find(d, entry->dir, &entry->selector) != NULL) {
		fail(e, ERR_REFUSED, "a policy with these selectors and direction %u is there already", entry->dir);
		if (e != NULL)
			e->os_errno = EEXIST;
		return false;
	}
	struct node *n = node_new(d, entry);
	if (n == NULL || !node_file(d, n)) {
		free(n);
		return fail(e, ERR_IO, "policy: out of memory");
	}
	order_insert(&d->order, &n->order);
	if (added != NULL)
		*added = &n->entry;
	return true;
}

const struct spd_entry *
spd_lookup(const struct spd *d, uint8_t dir, const struct flow *f)
{
	const struct index_node *n = dir < DIRS && d->index[dir] != NULL ? spd_index_lookup(d->index[dir], f) : NULL;
	return n != NULL ? &((const struct node *)(const void *)((const char *)n - offsetof(struct node, index)))->entry
			 : NULL;
}

struct spd_entry *
spd_find(const struct spd *d, uint8_t dir, const struct selector *s)
{
	struct node *n = node_find(d, dir, s);
	return n != NULL ? &n->entry : NULL;
}

struct spd_entry *
spd_by_id(const struct spd *d, uint32_t id)
{
	struct node *n;
	HASH_FIND(by_id, d->ids, &id, sizeof id, n);
	return n != NULL ? &n->entry : NULL;
}

void
spd_delete(struct spd *d, struct spd_entry *entry)
{
	struct node *n = node_of(entry);
	assert(n != NULL);
	order_remove(&d->order, &n->order);
	spd_index_remove(d->index[entry->dir], &n->index);
	HASH_DELETE(by_key, d->keys, n);
	HASH_DELETE(by_id, d->ids, n);
	free(n);
}

unsigned
spd_flush(struct spd *d)
{
	unsigned n = 0;
	for (; d->order.first != NULL; n++)
		spd_delete(d, &node_of_order(d->order.first)->entry);
	return n;
}

struct spd_entry *
spd_next(const struct spd *d, const struct spd_entry *after)
{
	struct node *n = node_of_order(after != NULL ? ((const struct node *)after)->order.next : d->order.first);
	return n != NULL ? &n->entry : NULL;
}
