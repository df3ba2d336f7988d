/* SAs of two directions that know one another, as on Solaris. */
#include "pfkey/test_engine.h"

static void
setup(void)
{
	test_engine_open(&dialect_solaris);
}

static void
teardown(void)
{
	test_engine_close();
}

TestSuite(sadb_pair, .init = setup, .fini = teardown);

static struct sa_spec
spec_between(uint32_t spi, const char *src, const char *dst)
{
	struct sa_spec s = test_spec(spi);
	s.src = test_addr(src);
	s.dst = test_addr(dst);
	return s;
}

/* 0: without a pair. */
static int
add(struct sa_spec s, uint32_t pair)
{
	struct pfkey_msg m;
	test_sa(&m, PFKEY_ADD, s);
	if (pair != 0)
		hdr_set(pfkey_msg_push(&m, EXT_X_PAIR, 0), XPAIR_SPI, pair);
	return test_errno(0, &m);
}

static int
name(enum pfkey_type type, const struct sa_spec *s)
{
	struct pfkey_msg m;
	test_name(&m, type, s);
	if (type == PFKEY_X_UPDATEPAIR)
		cr_assert(pfkey_push_lifetime(&m, EXT_LIFETIME_HARD, &(struct lifetime){ .addtime = 77 }));
	return test_errno(0, &m);
}

Test(sadb_pair, both_get_lifetimes_and_both_go)
{
	struct sa_spec in = spec_between(0x2001, "192.0.2.2", "192.0.2.1"), out = test_spec(0x1001);
	cr_assert(eq(int, add(in, 0), 0));
	cr_assert(eq(int, name(PFKEY_X_DELPAIR, &in), ESRCH), "it has none");
	cr_assert(eq(int, add(out, in.spi), 0));
	cr_assert(eq(int, name(PFKEY_X_UPDATEPAIR, &out), 0));
	for (const struct sa *sa = sad_next(world.sad, NULL); sa != NULL; sa = sad_next(world.sad, sa))
		cr_assert(eq(u64, sa->spec.hard.addtime, 77), "0x%x", sa->spec.spi);
	cr_assert(eq(int, name(PFKEY_X_DELPAIR, &out), 0));
	cr_assert(eq(uint, sad_count(world.sad), 0));
}

Test(sadb_pair, an_sa_between_equal_ends_is_no_pair_of_its_own)
{
	struct sa_spec s = spec_between(0x1001, "192.0.2.1", "192.0.2.1");
	cr_assert(eq(int, add(s, s.spi), 0));
	cr_assert(eq(int, name(PFKEY_X_DELPAIR, &s), ESRCH));
	cr_assert(eq(uint, sad_count(world.sad), 1));
}
