#include "ipsec/test_sa.h"

/* Counts what it is asked for and hands out 0, 1, 2, .. */
struct counting {
	struct random random;
	unsigned calls;
	uint8_t next;
};

static void
counting_fill(struct random *r, uint8_t *p, size_t n)
{
	struct counting *c = (struct counting *)r;
	struct wr w = wr_of(p, n);
	c->calls++;
	while (wr_left(&w) > 0)
		wr_uint(&w, c->next++, 1);
}

Test(random, a_pool_asks_once_for_many_packets_and_repeats_nothing)
{
	struct counting source = { .random.fill = counting_fill };
	static struct random_pool pool;
	random_pool_init(&pool, &source.random);
	uint8_t iv[16], want = 0;
	for (unsigned i = 0; i < RANDOM_POOL / sizeof iv; i++, want = (uint8_t)(want + sizeof iv)) {
		pool.random.fill(&pool.random, iv, sizeof iv);
		struct rd r = rd_of(BYTES_OF(iv));
		for (unsigned j = 0; j < sizeof iv; j++)
			cr_assert(rd_uint(&r, 1) == (uint8_t)(want + j), "packet %u octet %u", i, j);
	}
	cr_expect(source.calls == 1);
	pool.random.fill(&pool.random, iv, sizeof iv);
	cr_expect(source.calls == 2, "an empty pool fills again");
}

Test(random, more_than_a_pool_comes_from_the_source)
{
	struct counting source = { .random.fill = counting_fill };
	static struct random_pool pool;
	static uint8_t big[RANDOM_POOL + 1];
	random_pool_init(&pool, &source.random);
	pool.random.fill(&pool.random, big, sizeof big);
	cr_expect(source.calls == 1 && pool.left == 0);
}

Test(random, a_seed_repeats_and_another_differs)
{
	struct random_seeded a, b, c;
	uint8_t x[37], y[37], z[37];
	random_seeded_init(&a, 1);
	random_seeded_init(&b, 1);
	random_seeded_init(&c, 2);
	a.random.fill(&a.random, x, sizeof x);
	b.random.fill(&b.random, y, sizeof y);
	c.random.fill(&c.random, z, sizeof z);
	cr_expect(memcmp(x, y, sizeof x) == 0);
	cr_expect(memcmp(x, z, sizeof x) != 0);
	a.random.fill(&a.random, y, sizeof y);
	cr_expect(memcmp(x, y, sizeof x) != 0, "it moves on");
	random_seeded_init(&a, 0x9e3779b97f4a7c15); /* the seed that would leave xorshift at zero */
	a.random.fill(&a.random, x, sizeof x);
	cr_expect(not(all_zero(BYTES_OF(x))));
}
