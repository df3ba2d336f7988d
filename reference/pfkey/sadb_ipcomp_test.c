#include "ipsec/ipcomp.h"
#include "pfkey/test_engine.h"

static void
open_reference(void)
{
	test_engine_open(&dialect_reference);
}

TestSuite(sadb_ipcomp, .init = open_reference, .fini = test_engine_close);

static struct sa_spec
association(uint32_t cpi, uint8_t comp)
{
	return (struct sa_spec){ .spi = cpi,
				 .protocol = IPPROTO_IPCOMP_,
				 .mode = MODE_TRANSPORT,
				 .src = test_addr("192.0.2.2"),
				 .dst = test_addr("192.0.2.1"),
				 .comp = comp };
}

/* RFC 3173 3.3: 1 to 63 mean algorithms, 64 to 255 nothing yet, and there are 16 bits. */
Test(sadb_ipcomp, add_takes_what_cpis_may_be)
{
	static const struct {
		uint32_t cpi;
		uint8_t comp;
		int want;
	} rows[] = {
		{ 2, IPCOMP_DEFLATE, 0 },        { 2, IPCOMP_DEFLATE, EEXIST },
		{ 3, IPCOMP_DEFLATE, EINVAL },   { 64, IPCOMP_DEFLATE, EINVAL },
		{ 255, IPCOMP_DEFLATE, EINVAL }, { 256, IPCOMP_DEFLATE, 0 },
		{ 0xffff, IPCOMP_DEFLATE, 0 },   { 0x10000, IPCOMP_DEFLATE, EINVAL },
		{ 0, IPCOMP_DEFLATE, EINVAL },   { 0x3001, 0, EINVAL },
		{ 0x3001, 1, EINVAL },           { 0x3001, 3, EINVAL },
	};
	for (unsigned i = 0; i < COUNT(rows); i++)
		cr_assert(eq(int, test_add(association(rows[i].cpi, rows[i].comp)), rows[i].want), "row %u: %s", i,
			  world.d->refused.text);
}

Test(sadb_ipcomp, get_shows_the_algorithm_and_no_key)
{
	struct sa_spec s = association(0x3001, IPCOMP_DEFLATE);
	struct pfkey_msg m;
	cr_assert(eq(int, test_add(s), 0));
	test_name(&m, PFKEY_GET, &s);
	cr_assert(eq(int, test_errno(0, &m), 0));
	cr_assert(eq(u64, test_said(test_last(0), EXT_SA, XSA_SPI), 0x3001));
	cr_assert(eq(u64, test_said(test_last(0), EXT_SA, XSA_ENCRYPT), IPCOMP_DEFLATE));
	cr_assert(pfkey_msg_get(test_last(0), EXT_KEY_ENCRYPT) == NULL);
	test_name(&m, PFKEY_DELETE, &s);
	cr_assert(eq(int, test_errno(0, &m), 0));
	cr_assert(eq(uint, sad_count(world.sad), 0));
}

/* RFC 3173 3.3: 61440 and above are for private use, and nobody's to give away. */
Test(sadb_ipcomp, getspi_gives_negotiated_cpis)
{
	for (unsigned i = 0; i < 20; i++) {
		struct pfkey_msg m;
		test_getspi(&m, i % 2 ? 0 : 0xefff, i % 2 ? 0x101 : 0xffffffff);
		hdr_set(&m.base, MSG_SATYPE, SATYPE_IPCOMP);
		int want = i < 2 || i == 3 ? 0 : EEXIST;
		cr_assert(eq(int, test_errno(0, &m), want), "%u", i);
		if (want != 0)
			continue;
		uint64_t cpi = test_said(test_last(0), EXT_SA, XSA_SPI);
		cr_assert(cpi >= CPI_MIN && cpi <= CPI_MAX);
	}
}
