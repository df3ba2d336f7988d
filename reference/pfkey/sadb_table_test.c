#include "pfkey/test_engine.h"

static void
open_reference(void)
{
	test_engine_open(&dialect_reference);
}

TestSuite(sadb_table, .init = open_reference, .fini = test_engine_close);

/* --- DELETE, FLUSH, DUMP: RFC 2367 3.1.4, 3.1.9, 3.1.10 --------------------------------------- */

Test(sadb_table, delete_takes_the_one_it_names_once)
{
	struct sa_spec a = test_spec(0x1001), b = test_spec(0x1002), wrong;
	struct pfkey_msg m;
	cr_assert(eq(int, test_add(a), 0));
	cr_assert(eq(int, test_add(b), 0));
	wrong = a;
	wrong.src = test_addr("192.0.2.9");
	test_name(&m, PFKEY_DELETE, &wrong);
	cr_assert(eq(int, test_errno(0, &m), ESRCH));
	test_name(&m, PFKEY_DELETE, &a);
	hdr_set(test_ext(&m, EXT_SA), XSA_STATE, 200); /* SA(*): only the SPI counts */
	hdr_set(test_ext(&m, EXT_SA), XSA_AUTH, 200);
	cr_assert(eq(int, test_errno(0, &m), 0));
	cr_assert(eq(u64, test_said(test_last(0), EXT_SA, XSA_SPI), 0x1001));
	cr_assert(eq(int, test_errno(0, &m), ESRCH));
	test_name(&m, PFKEY_GET, &a);
	cr_assert(eq(int, test_errno(0, &m), ESRCH));
	test_name(&m, PFKEY_GET, &b);
	hdr_set(test_ext(&m, EXT_SA), XSA_ENCRYPT, 200);
	cr_assert(eq(int, test_errno(0, &m), 0));
}

static void
add_some(unsigned esp, unsigned ah)
{
	for (unsigned i = 0; i < esp + ah; i++) {
		struct sa_spec s = test_spec(0x1001 + i);
		if (i >= esp) {
			s.protocol = 51;
			s.enc = NULL;
			s.enc_key = BYTES_NONE;
		}
		cr_assert(eq(int, test_add(s), 0));
	}
}

Test(sadb_table, dump_lists_each_once_and_counts_down_to_zero)
{
	static const struct {
		uint8_t satype;
		unsigned n;
	} rows[] = {
		{ SATYPE_UNSPEC, 5 },
		{ SATYPE_ESP, 3 },
		{ SATYPE_AH, 2 },
	};
	add_some(3, 2);
	for (unsigned i = 0; i < COUNT(rows); i++) {
		struct pfkey_msg m;
		uint64_t spis = 0;
		test_head(&m, PFKEY_DUMP, rows[i].satype);
		cr_assert(eq(int, test_send(1, &m), 0));
		cr_assert(eq(uint, world.got, rows[i].n));
		cr_assert(eq(uint, test_count(1), rows[i].n));
		for (unsigned k = 0; k < world.got; k++) {
			const struct pfkey_msg *d = &world.delivery[k].m;
			cr_assert(eq(u64, d->base.v[MSG_SEQ].u, rows[i].n - 1 - k));
			cr_assert(eq(u64, d->base.v[MSG_PID].u, 4711));
			if (rows[i].satype != SATYPE_UNSPEC)
				cr_assert(eq(u64, d->base.v[MSG_SATYPE].u, rows[i].satype));
			uint64_t bit = UINT64_C(1) << (test_said(d, EXT_SA, XSA_SPI) - 0x1001);
			cr_assert(not(spis & bit), "an SA twice");
			spis |= bit;
		}
	}
}

Test(sadb_table, dump_of_nothing_ends_at_once)
{
	static const uint8_t satypes[] = { SATYPE_UNSPEC, SATYPE_ESP, SATYPE_AH, SATYPE_IPCOMP, SATYPE_RSVP };
	for (unsigned i = 0; i < COUNT(satypes); i++) {
		struct pfkey_msg m;
		test_head(&m, PFKEY_DUMP, satypes[i]);
		cr_assert(eq(int, test_errno(0, &m), ENOENT));
		cr_assert(eq(u64, test_last(0)->base.v[MSG_SEQ].u, 0));
	}
}

Test(sadb_table, flush_takes_its_type_and_leaves_the_spd)
{
	struct spd_entry p = { .selector = { test_addr("10.0.0.0"), test_addr("10.1.0.0"), 16, 16, SELECTOR_ANY,
					     SELECTOR_ANY, SELECTOR_ANY },
			       .dir = DIR_IN };
	struct pfkey_msg m;
	add_some(3, 2);
	cr_assert(spd_add(world.spd, &p, NULL, NULL));
	static const struct {
		uint8_t satype;
		unsigned left;
	} rows[] = {
		{ SATYPE_IPCOMP, 5 }, { SATYPE_AH, 3 }, { SATYPE_AH, 3 }, { SATYPE_UNSPEC, 0 }, { SATYPE_UNSPEC, 0 },
	};
	for (unsigned i = 0; i < COUNT(rows); i++) {
		test_head(&m, PFKEY_FLUSH, rows[i].satype);
		cr_assert(eq(int, test_errno(0, &m), 0));
		cr_assert(eq(uint, sad_count(world.sad), rows[i].left), "row %u", i);
	}
	cr_assert(spd_next(world.spd, NULL) != NULL);
}
