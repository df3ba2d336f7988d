/* SAs by path, for the way out: the newest mature one of protocol, mode, ends and reqid. */
#include "ipsec/sad_parts.h"

#include <stdlib.h>

#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(element) ((element)->unfiled = true)
#include <uthash.h>

/* reqid 0 stands for all SAs of the path. Compared octet by octet, so it has no padding. */
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

static struct path_key
path_key_of(uint8_t protocol, uint8_t mode, const struct addr *src, const struct addr *dst, uint32_t reqid)
{
	return (struct path_key){ .src = *src, .dst = *dst, .protocol = protocol, .mode = mode, .reqid = reqid };
}

static struct path *
path_find(const struct sad *d, const struct path_key *key)
{
	struct path *path;
	HASH_FIND(hh, d->paths, key, sizeof *key, path);
	return path;
}

static struct path *
path_get(struct sad *d, const struct path_key *key)
{
	struct path *path = path_find(d, key);
	if (path != NULL)
		return path;
	path = calloc(1, sizeof *path);
	if (path == NULL)
		return NULL;
	path->key = *key;
	HASH_ADD(hh, d->paths, key, sizeof path->key, path);
	if (path->unfiled) {
		free(path);
		return NULL;
	}
	return path;
}

/* By serial: one that leaves the nursery late still takes the place of its arrival. */
static bool
member_file(struct sad *d, struct member *m, const struct path_key *key)
{
	struct path *path = path_get(d, key);
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
member_unfile(struct sad *d, struct member *m)
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
		HASH_DEL(d->paths, path);
		free(path);
	}
}

bool
path_file(struct sad *d, struct link *l)
{
	const struct sa_spec *s = &l->sa->spec;
	struct path_key key = path_key_of(s->protocol, s->mode, &s->src, &s->dst, 0);
	if (!member_file(d, &l->member[BY_PATH], &key))
		return false;
	if (s->reqid == 0)
		return true;
	key.reqid = s->reqid;
	if (member_file(d, &l->member[BY_REQID], &key))
		return true;
	member_unfile(d, &l->member[BY_PATH]);
	return false;
}

bool
path_is_filed(const struct link *l)
{
	return l->member[BY_PATH].path != NULL;
}

void
path_unfile(struct sad *d, struct link *l)
{
	for (unsigned i = 0; i < MEMBERS; i++)
		member_unfile(d, &l->member[i]);
}

/* --- the choice ------------------------------------------------------------------------------- */

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

struct question {
	bool (*suits)(const struct sa *sa, const void *about);
	const void *about;
};

static struct link *
path_best(const struct path *path, const struct question *q, struct link *best)
{
	for (const struct member *m = path != NULL ? path->newest : NULL; m != NULL; m = m->older) {
		uint8_t state = m->link->sa->state;
		if ((state != SA_MATURE && state != SA_DYING) || !link_better(m->link, best))
			continue;
		if (q->suits != NULL && !q->suits(m->link->sa, q->about))
			continue;
		best = m->link;
		if (state == SA_MATURE)
			break;
	}
	return best;
}

static struct link *
best_from(const struct sad *d, struct path_key key, uint8_t mode, const struct question *q, struct link *best)
{
	for (uint8_t m = MODE_ANY; m <= MODE_TUNNEL; m++) {
		if (m != mode && m != MODE_ANY && mode != MODE_ANY)
			continue;
		key.mode = m;
		best = path_best(path_find(d, &key), q, best);
	}
	return best;
}

struct sa *
sad_outbound_where(const struct sad *d, uint8_t protocol, uint8_t mode, const struct addr *src, const struct addr *dst,
		   uint32_t reqid, bool (*suits)(const struct sa *sa, const void *about), const void *about)
{
	const struct question q = { suits, about };
	static const struct addr none4 = { .family = 4 }, none6 = { .family = 6 };
	struct link *best = best_from(d, path_key_of(protocol, mode, src, dst, reqid), mode, &q, NULL);
	/* A group's SA for all sources is for this one too; that of its own comes first (RFC 4301 4.1). */
	if (best == NULL && addr_is_multicast(dst))
		best = best_from(d, path_key_of(protocol, mode, dst->family == 4 ? &none4 : &none6, dst, reqid), mode,
				 &q, NULL);
	return best != NULL ? best->sa : NULL;
}

struct sa *
sad_outbound(const struct sad *d, uint8_t protocol, uint8_t mode, const struct addr *src, const struct addr *dst,
	     uint32_t reqid)
{
	return sad_outbound_where(d, protocol, mode, src, dst, reqid, NULL, NULL);
}
