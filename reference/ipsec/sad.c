#include "ipsec/sad.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(element) ((element)->unfiled = true)
#include <uthash.h>

/* Keys are compared octet by octet, so they have no padding. */
struct exact_key {
	struct addr dst;
	uint8_t protocol, zero[2];
	uint32_t spi;
};
_Static_assert(sizeof(struct exact_key) == sizeof(struct addr) + 7, "padding in a hash key");

/* reqid 0 stands for all SAs of the path. */
struct path_key {
	struct addr src, dst;
	uint8_t protocol, mode;
	uint32_t reqid;
};
_Static_assert(sizeof(struct path_key) == 2 * sizeof(struct addr) + 6, "padding in a hash key");

/* The SAs of one path, newest first. */
struct path {
	struct path_key key;
	struct member *newest;
	UT_hash_handle hh;
	bool unfiled;
};

struct member {
	struct link *link;
	struct path *path; /* NULL: not filed */
	struct member *newer, *older;
};

enum { BY_PATH, BY_REQID, MEMBERS };

struct link {
	struct exact_key key;
	struct sa *sa;
	uint64_t serial; /* order of arrival */
	struct member member[MEMBERS];
	bool larval; /* waits in the nursery: no mode and reqid yet */
	struct link *older_larval, *newer_larval;
	UT_hash_handle hh; /* its order list is the insertion order */
	bool unfiled;
};

/*
 * Apart from struct sad, because a larval SA that sa_complete() made mature is filed under its path by the
 * next lookup, and lookups are const.
 */
struct paths {
	struct path *by_key;
	struct link *nursery;
};

struct sad {
	struct link *links;
	struct paths *paths;
	uint64_t serial;
};

struct sad *
sad_new(void)
{
	struct sad *d = calloc(1, sizeof *d);
	struct paths *paths = calloc(1, sizeof *paths);
	if (d == NULL || paths == NULL) {
		free(d);
		free(paths);
		return NULL;
	}
	d->paths = paths;
	return d;
}

void
sad_free(struct sad *d)
{
	if (d == NULL)
		return;
	sad_flush(d, 0);
	free(d->paths);
	free(d);
}

static struct exact_key
exact_key_of(uint32_t spi, uint8_t protocol, const struct addr *dst)
{
	return (struct exact_key){ .dst = *dst, .protocol = protocol, .spi = spi };
}

static struct path_key
path_key_of(uint8_t protocol, uint8_t mode, const struct addr *src, const struct addr *dst, uint32_t reqid)
{
	return (struct path_key){ .src = *src, .dst = *dst, .protocol = protocol, .mode = mode, .reqid = reqid };
}

static struct path *
path_find(const struct paths *p, const struct path_key *key)
{
	struct path *path;
	HASH_FIND(hh, p->by_key, key, sizeof *key, path);
	return path;
}

static struct path *
path_get(struct paths *p, const struct path_key *key)
{
	struct path *path = path_find(p, key);
	if (path != NULL)
		return path;
	path = calloc(1, sizeof *path);
	if (path == NULL)
		return NULL;
	path->key = *key;
	HASH_ADD(hh, p->by_key, key, sizeof path->key, path);
	if (path->unfiled) {
		free(path);
		return NULL;
	}
	return path;
}

/* By serial: one that leaves the nursery late still takes the place of its arrival. */
static bool
member_file(struct paths *p, struct member *m, const struct path_key *key)
{
	struct path *path = path_get(p, key);
	if (path == NULL)
		return false;
	struct member *newer = NULL, *older = path->newest;
	while (older != NULL && older->link->serial > m->link->serial) {
		newer = older;
		older = older->older;
	}
	m->path = path;
	m->newer = newer;
	m->older = older;
	if (newer != NULL)
		newer->older = m;
	else
		path->newest = m;
	if (older != NULL)
		older->newer = m;
	return true;
}

static void
member_unfile(struct paths *p, struct member *m)
{
	struct path *path = m->path;
	if (path == NULL)
		return;
	if (m->newer != NULL)
		m->newer->older = m->older;
	else
		path->newest = m->older;
	if (m->older != NULL)
		m->older->newer = m->newer;
	m->path = NULL;
	if (path->newest == NULL) {
		HASH_DEL(p->by_key, path);
		free(path);
	}
}

static bool
link_file(struct paths *p, struct link *l)
{
	const struct sa_spec *s = &l->sa->spec;
	struct path_key key = path_key_of(s->protocol, s->mode, &s->src, &s->dst, 0);
	if (!member_file(p, &l->member[BY_PATH], &key))
		return false;
	if (s->reqid == 0)
		return true;
	key.reqid = s->reqid;
	if (member_file(p, &l->member[BY_REQID], &key))
		return true;
	member_unfile(p, &l->member[BY_PATH]);
	return false;
}

static void
nursery_add(struct paths *p, struct link *l)
{
	l->larval = true;
	l->older_larval = p->nursery;
	if (p->nursery != NULL)
		p->nursery->newer_larval = l;
	p->nursery = l;
}

static void
nursery_remove(struct paths *p, struct link *l)
{
	if (!l->larval)
		return;
	if (l->newer_larval != NULL)
		l->newer_larval->older_larval = l->older_larval;
	else
		p->nursery = l->older_larval;
	if (l->older_larval != NULL)
		l->older_larval->newer_larval = l->newer_larval;
	l->larval = false;
}

/* Out of memory leaves an SA in the nursery for the next lookup to try again. */
static void
nursery_settle(struct paths *p)
{
	for (struct link *l = p->nursery, *older; l != NULL; l = older) {
		older = l->older_larval;
		if (l->sa->state != SA_LARVAL && link_file(p, l))
			nursery_remove(p, l);
	}
}

static void
link_close(struct sad *d, struct link *l)
{
	HASH_DEL(d->links, l);
	nursery_remove(d->paths, l);
	for (unsigned i = 0; i < MEMBERS; i++)
		member_unfile(d->paths, &l->member[i]);
	sa_close(l->sa);
	free(l);
}

static struct link *
link_find(const struct sad *d, const struct exact_key *key)
{
	struct link *l;
	HASH_FIND(hh, d->links, key, sizeof *key, l);
	return l;
}

bool
sad_add(struct sad *d, struct sa *sa, struct err *e)
{
	struct exact_key key = exact_key_of(sa->spec.spi, sa->spec.protocol, &sa->spec.dst);
	if (link_find(d, &key) != NULL) {
		char text[48];
		fail(e, ERR_REFUSED, "SA 0x%x of protocol %u to %s is there already", (unsigned)sa->spec.spi,
		     sa->spec.protocol, addr_print(&sa->spec.dst, text));
		if (e != NULL)
			e->os_errno = EEXIST;
		return false;
	}
	struct link *l = calloc(1, sizeof *l);
	if (l == NULL)
		return fail(e, ERR_IO, "SA 0x%x: out of memory", (unsigned)sa->spec.spi);
	l->key = key;
	l->sa = sa;
	l->serial = ++d->serial;
	for (unsigned i = 0; i < MEMBERS; i++)
		l->member[i].link = l;
	HASH_ADD(hh, d->links, key, sizeof l->key, l);
	if (l->unfiled) {
		free(l);
		return fail(e, ERR_IO, "SA 0x%x: out of memory", (unsigned)sa->spec.spi);
	}
	if (sa->state == SA_LARVAL || !link_file(d->paths, l))
		nursery_add(d->paths, l);
	return true;
}

struct sa *
sad_find(const struct sad *d, uint32_t spi, uint8_t protocol, const struct addr *dst)
{
	struct exact_key key = exact_key_of(spi, protocol, dst);
	struct link *l = link_find(d, &key);
	return l != NULL ? l->sa : NULL;
}

struct sa *
sad_inbound(const struct sad *d, uint32_t spi, uint8_t protocol, const struct addr *src, const struct addr *dst)
{
	/* The source takes part only in the multicast lookups of RFC 4301 4.1. */
	(void)src;
	return sad_find(d, spi, protocol, dst);
}

/* Whether a is to be preferred to b: mature before dying, then the newer. */
static bool
link_better(const struct link *a, const struct link *b)
{
	if (b == NULL)
		return true;
	if (a->sa->state != b->sa->state)
		return a->sa->state == SA_MATURE;
	return a->serial > b->serial;
}

static struct link *
path_best(const struct path *path, struct link *best)
{
	for (const struct member *m = path != NULL ? path->newest : NULL; m != NULL; m = m->older) {
		uint8_t state = m->link->sa->state;
		if ((state == SA_MATURE || state == SA_DYING) && link_better(m->link, best))
			best = m->link;
		if (state == SA_MATURE)
			break;
	}
	return best;
}

struct sa *
sad_outbound(const struct sad *d, uint8_t protocol, uint8_t mode, const struct addr *src, const struct addr *dst,
	     uint32_t reqid)
{
	nursery_settle(d->paths);
	struct link *best = NULL;
	for (uint8_t m = MODE_ANY; m <= MODE_TUNNEL; m++) {
		if (m != mode && m != MODE_ANY && mode != MODE_ANY)
			continue;
		struct path_key key = path_key_of(protocol, m, src, dst, reqid);
		best = path_best(path_find(d->paths, &key), best);
	}
	return best != NULL ? best->sa : NULL;
}

static struct link *
link_of(const struct sad *d, const struct sa *sa)
{
	struct exact_key key = exact_key_of(sa->spec.spi, sa->spec.protocol, &sa->spec.dst);
	struct link *l = link_find(d, &key);
	assert(l != NULL && l->sa == sa);
	return l;
}

void
sad_delete(struct sad *d, struct sa *sa)
{
	link_close(d, link_of(d, sa));
}

unsigned
sad_flush(struct sad *d, uint8_t protocol)
{
	unsigned n = 0;
	for (struct link *l = d->links, *next; l != NULL; l = next) {
		next = l->hh.next;
		if (protocol != 0 && l->sa->spec.protocol != protocol)
			continue;
		link_close(d, l);
		n++;
	}
	return n;
}

unsigned
sad_count(const struct sad *d)
{
	return HASH_COUNT(d->links);
}

struct sa *
sad_next(const struct sad *d, const struct sa *after)
{
	const struct link *l = after == NULL ? d->links : link_of(d, after)->hh.next;
	return l != NULL ? l->sa : NULL;
}
