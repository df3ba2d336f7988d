/* Sources of octets for IVs (esp.h). The real one, which asks the operating system, is outside reference/. */
#include "ipsec/esp.h"

#include <assert.h>

static void
pool_fill(struct random *r, uint8_t *p, size_t n)
{
	struct random_pool *pool = (struct random_pool *)r;
	if (n > sizeof pool->pool) {
		pool->source->fill(pool->source, p, n);
		return;
	}
	if (n > pool->left) {
		pool->source->fill(pool->source, pool->pool, sizeof pool->pool);
		pool->left = sizeof pool->pool;
	}
	memcpy(p, pool->pool + (sizeof pool->pool - pool->left), n);
	pool->left -= n;
}

void
random_pool_init(struct random_pool *p, struct random *source)
{
	assert(source != NULL && source->fill != NULL);
	p->random.fill = pool_fill;
	p->source = source;
	p->left = 0;
}

/* xorshift64* */
static uint64_t
seeded_next(struct random_seeded *s)
{
	s->state ^= s->state >> 12;
	s->state ^= s->state << 25;
	s->state ^= s->state >> 27;
	return s->state * 0x2545f4914f6cdd1d;
}

static void
seeded_fill(struct random *r, uint8_t *p, size_t n)
{
	struct random_seeded *s = (struct random_seeded *)r;
	struct wr w = wr_of(p, n);
	while (wr_left(&w) > 0) {
		unsigned step = wr_left(&w) < 8 ? (unsigned)wr_left(&w) : 8;
		wr_uint(&w, seeded_next(s) >> (64 - 8 * step), step);
	}
}

void
random_seeded_init(struct random_seeded *r, uint64_t seed)
{
	r->random.fill = seeded_fill;
	r->state = seed ^ 0x9e3779b97f4a7c15;
	if (r->state == 0) /* xorshift never leaves zero */
		r->state = 1;
}
