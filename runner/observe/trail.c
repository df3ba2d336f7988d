#include "runner/observe/trail.h"

#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(element) ((element)->unfiled = true)
#include <uthash.h>

#define IVS (1u << 20) /* remembered IVs: 16 MiB */

const char *const trail_notes[] = {
	[TRAIL_NEW] = "",
	[TRAIL_DUPLICATE] = "duplicate",
	[TRAIL_LATE] = "late",
	[TRAIL_IV_REUSED] = "iv-reused",
};

/* SAs of a group may differ in their source alone. Compared octet by octet: no padding. */
struct key {
	struct addr src, dst;
	uint8_t protocol, zero;
	uint32_t spi;
};
_Static_assert(sizeof(struct key) == 2 * sizeof(struct addr) + 6, "padding in a hash key");

struct one {
	struct key key;
	struct trail_sa sum;
	struct replay seen;
	uint64_t distinct;
	bool unfiled;
	UT_hash_handle hh;
};

/* The newest IV of each place; an older one gives way. */
struct iv {
	uint64_t print, mark;
};

struct trail {
	uint32_t window;
	struct one *all;
	struct iv *ivs;
};

struct trail *
trail_new(uint32_t window, struct err *e)
{
	struct trail *t = calloc(1, sizeof *t);
	struct iv *ivs = calloc(IVS, sizeof *ivs);
	if (t == NULL || ivs == NULL) {
		free(t);
		free(ivs);
		fail(e, ERR_IO, "out of memory");
		return NULL;
	}
	t->window = window;
	t->ivs = ivs;
	return t;
}

void
trail_free(struct trail *t)
{
	if (t == NULL)
		return;
	while (t->all != NULL) {
		struct one *o = t->all;
		HASH_DEL(t->all, o);
		replay_free(&o->seen);
		free(o);
	}
	free(t->ivs);
	free(t);
}

static struct one *
one_new(struct trail *t, const struct key *key, const struct trail_packet *p)
{
	struct one *o = calloc(1, sizeof *o);
	if (o == NULL || !replay_init(&o->seen, t->window, true, NULL)) {
		free(o);
		return NULL;
	}
	o->key = *key;
	o->sum = (struct trail_sa){
		.protocol = p->protocol, .spi = p->spi, .src = p->src, .dst = p->dst, .first = p->seq, .last = p->seq
	};
	HASH_ADD(hh, t->all, key, sizeof o->key, o);
	if (!o->unfiled)
		return o;
	replay_free(&o->seen);
	free(o);
	return NULL;
}

static struct one *
one_of(struct trail *t, const struct trail_packet *p)
{
	struct key key = { .src = p->src, .dst = p->dst, .protocol = p->protocol, .spi = p->spi };
	struct one *o;
	HASH_FIND(hh, t->all, &key, sizeof key, o);
	return o != NULL ? o : one_new(t, &key, p);
}

/* splitmix64's finisher: every bit of the input moves half of the output's. */
static uint64_t
mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

static uint64_t
print_of(const struct trail_packet *p)
{
	uint64_t print = mix(p->spi ^ (uint64_t)p->protocol << 32);
	struct rd src = rd_of(addr_bytes(&p->src)), dst = rd_of(addr_bytes(&p->dst)), iv = rd_of(p->iv);
	while (rd_left(&src) >= 4)
		print = mix(print ^ rd_uint(&src, 4));
	while (rd_left(&dst) >= 4)
		print = mix(print ^ rd_uint(&dst, 4));
	while (rd_left(&iv) > 0)
		print = mix(print ^ rd_uint(&iv, rd_left(&iv) < 8 ? (unsigned)rd_left(&iv) : 8));
	return print;
}

void
trail_expect(const struct trail *t, const struct trail_packet *p)
{
	if (p->iv.n > 0)
		__builtin_prefetch(&t->ivs[print_of(p) & (IVS - 1)], 1);
}

static bool
iv_reused(struct trail *t, const struct trail_packet *p)
{
	if (p->iv.n == 0)
		return false;
	uint64_t print = print_of(p);
	struct iv *place = &t->ivs[print & (IVS - 1)];
	bool reused = place->print == print && place->mark != p->mark;
	*place = (struct iv){ print, p->mark };
	return reused;
}

static enum trail_note
number_note(struct one *o, uint64_t seq)
{
	enum verdict v = seq == 0 ? ACCEPT : replay_check(&o->seen, seq);
	bool late = o->seen.top > seq && o->seen.top - seq >= o->seen.window;
	if (v != ACCEPT)
		return late ? TRAIL_LATE : TRAIL_DUPLICATE;
	replay_commit(&o->seen, seq);
	return TRAIL_NEW;
}

bool
trail_add(struct trail *t, const struct trail_packet *p, enum trail_note *note)
{
	struct one *o = one_of(t, p);
	*note = TRAIL_NEW;
	if (o == NULL)
		return false;
	struct trail_sa *s = &o->sum;
	s->packets++;
	*note = number_note(o, p->seq);
	s->duplicates += *note == TRAIL_DUPLICATE;
	s->late += *note == TRAIL_LATE;
	o->distinct += *note == TRAIL_NEW;
	s->first = p->seq < s->first && *note == TRAIL_NEW ? p->seq : s->first;
	s->last = p->seq > s->last ? p->seq : s->last;
	if (iv_reused(t, p)) {
		s->iv_reused++;
		*note = TRAIL_IV_REUSED;
	}
	return true;
}

bool
trail_next(const struct trail *t, const void **at, struct trail_sa *s)
{
	const struct one *before = *at, *o = before == NULL ? t->all : before->hh.next;
	*at = o;
	if (o == NULL)
		return false;
	*s = o->sum;
	/* What came late may be among the missing: they cannot be told apart any more. */
	uint64_t span = s->last - s->first + 1, have = o->distinct + s->late;
	s->missing = span > have ? span - have : 0;
	return true;
}
