#include "ipsec/spd.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(element) ((element)->unfiled = true)
#include <uthash.h>

/* What makes an entry unique; without padding, since it is compared octet by octet. */
struct spd_key {
	struct addr src, dst;
	uint8_t src_bits, dst_bits, dir, zero[3];
	uint32_t protocol, sport, dport;
};
_Static_assert(sizeof(struct spd_key) == 2 * sizeof(struct addr) + 18, "padding in a hash key");

struct node {
	struct spd_entry entry; /* first: a node and its entry have one address */
	struct node *before;
	struct spd_key key;
	UT_hash_handle by_key, by_id;
	bool unfiled;
};

struct spd {
	struct node *first, *last; /* in lookup order */
	struct node *keys, *ids;
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
	free(d);
}

/* The prefix alone: octets behind it do not tell entries apart. */
static struct addr
prefix_of(const struct addr *a, unsigned bits)
{
	struct addr p = { .family = a->family };
	for (unsigned i = 0; i < sizeof p.o && i * 8 < bits; i++) {
		unsigned left = bits - i * 8;
		p.o[i] = (uint8_t)(a->o[i] & (left >= 8 ? 0xff : 0xff << (8 - left)));
	}
	return p;
}

static struct spd_key
key_of(uint8_t dir, const struct selector *s)
{
	return (struct spd_key){
		.src = prefix_of(&s->src, s->src_bits),
		.dst = prefix_of(&s->dst, s->dst_bits),
		.src_bits = s->src.family != 0 ? s->src_bits : 0,
		.dst_bits = s->dst.family != 0 ? s->dst_bits : 0,
		.dir = dir,
		.protocol = s->protocol,
		.sport = s->sport,
		.dport = s->dport,
	};
}

static struct node *
node_of(struct spd_entry *entry)
{
	return (struct node *)entry;
}

static struct node *
node_find(const struct spd *d, uint8_t dir, const struct selector *s)
{
	struct spd_key key = key_of(dir, s);
	struct node *n;
	HASH_FIND(by_key, d->keys, &key, sizeof key, n);
	return n;
}

/* Behind all entries of its priority; from the end, since entries mostly arrive in order. */
static void
node_insert(struct spd *d, struct node *n)
{
	struct node *before = d->last;
	while (before != NULL && before->entry.priority > n->entry.priority)
		before = before->before;
	struct node *after = before != NULL ? node_of(before->entry.next) : d->first;
	n->before = before;
	n->entry.next = after != NULL ? &after->entry : NULL;
	if (before != NULL)
		before->entry.next = &n->entry;
	else
		d->first = n;
	if (after != NULL)
		after->before = n;
	else
		d->last = n;
}

static void
node_remove(struct spd *d, struct node *n)
{
	struct node *after = node_of(n->entry.next);
	if (n->before != NULL)
		n->before->entry.next = n->entry.next;
	else
		d->first = after;
	if (after != NULL)
		after->before = n->before;
	else
		d->last = n->before;
}

/* Into both hashes or into none. */
static bool
node_file(struct spd *d, struct node *n)
{
	HASH_ADD(by_key, d->keys, key, sizeof n->key, n);
	if (n->unfiled)
		return false;
	HASH_ADD(by_id, d->ids, entry.id, sizeof n->entry.id, n);
	if (!n->unfiled)
		return true;
	HASH_DELETE(by_key, d->keys, n);
	return false;
}

bool
spd_add(struct spd *d, const struct spd_entry *entry, struct spd_entry **added, struct err *e)
{
	if (node_find(d, entry->dir, &entry->selector) != NULL) {
		fail(e, ERR_REFUSED, "a policy with these selectors and direction %u is there already", entry->dir);
		if (e != NULL)
			e->os_errno = EEXIST;
		return false;
	}
	struct node *n = calloc(1, sizeof *n);
	if (n == NULL)
		return fail(e, ERR_IO, "policy: out of memory");
	n->entry = *entry;
	n->key = key_of(entry->dir, &entry->selector);
	do
		n->entry.id = ++d->id;
	while (n->entry.id == 0 || spd_by_id(d, n->entry.id) != NULL);
	if (!node_file(d, n)) {
		free(n);
		return fail(e, ERR_IO, "policy: out of memory");
	}
	node_insert(d, n);
	if (added != NULL)
		*added = &n->entry;
	return true;
}

const struct spd_entry *
spd_lookup(const struct spd *d, uint8_t dir, const struct flow *f)
{
	for (const struct spd_entry *p = spd_next(d, NULL); p != NULL; p = p->next)
		if (p->dir == dir && selector_match(&p->selector, f))
			return p;
	return NULL;
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
	node_remove(d, n);
	HASH_DELETE(by_key, d->keys, n);
	HASH_DELETE(by_id, d->ids, n);
	free(n);
}

unsigned
spd_flush(struct spd *d)
{
	unsigned n = 0;
	for (; d->first != NULL; n++)
		spd_delete(d, &d->first->entry);
	return n;
}

struct spd_entry *
spd_next(const struct spd *d, const struct spd_entry *after)
{
	if (after != NULL)
		return after->next;
	return d->first != NULL ? &d->first->entry : NULL;
}
