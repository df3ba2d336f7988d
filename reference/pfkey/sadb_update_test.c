#include "pfkey/test_engine.h"

static void
open_reference(void)
{
	test_engine_open(&dialect_reference);
}

TestSuite(sadb_update, .init = open_reference, .fini = test_engine_close);

/* --- UPDATE, RFC 2367 3.1.2 ------------------------------------------------------------------- */

Test(sadb_update, update_completes_a_larval_sa)
{
	struct sa_spec s = test_spec(0);
	struct pfkey_msg m;
	s.src = test_addr("192.0.2.2");
	s.dst = test_addr("192.0.2.1");
	test_getspi(&m, 0x1000, 0x1fff);
	cr_assert(eq(int, test_errno(0, &m), 0));
	s.spi = (uint32_t)test_said(test_last(0), EXT_SA, XSA_SPI);
	test_sa(&m, PFKEY_UPDATE, s);
	hdr_set(test_ext(&m, EXT_SA), XSA_STATE, SA_LARVAL);
	cr_assert(eq(int, test_errno(0, &m), EINVAL));
	test_sa(&m, PFKEY_UPDATE, s);
	test_remove(&m, EXT_KEY_AUTH);
	cr_assert(eq(int, test_errno(0, &m), EINVAL));
	cr_assert(eq(u64, test_said(test_get(&s), EXT_SA, XSA_STATE), SA_LARVAL));
	world.now += 5;
	test_sa(&m, PFKEY_UPDATE, s);
	cr_assert(eq(int, test_errno(0, &m), 0));
	const struct pfkey_msg *got = test_get(&s);
	cr_assert(eq(u64, test_said(got, EXT_SA, XSA_STATE), SA_MATURE));
	cr_assert(eq(u64, test_said(got, EXT_KEY_AUTH, XKEY_BITS), 160));
	cr_assert(eq(u64, test_said(got, EXT_LIFETIME_CURRENT, XLT_ADDTIME), world.now));
}

static const struct {
	const char *id;
	int ext;
	unsigned field;
	uint64_t value;
	int want;
} changes[] = {
	{ "the same again", EXT_SA, XSA_REPLAY, 32, 0 },
	{ "another cipher", EXT_SA, XSA_ENCRYPT, 13, EINVAL },
	{ "another integrity", EXT_SA, XSA_AUTH, 2, EINVAL },
	{ "another window", EXT_SA, XSA_REPLAY, 64, EINVAL },
	{ "other flags", EXT_SA, XSA_FLAGS, 1, EINVAL },
	{ "another mode", EXT_X_SA2, XSA2_MODE, MODE_TUNNEL, EINVAL },
	{ "another reqid", EXT_X_SA2, XSA2_REQID, 5, EINVAL },
	{ "state dying", EXT_SA, XSA_STATE, SA_DYING, EINVAL },
	{ "state dead", EXT_SA, XSA_STATE, SA_DEAD, EINVAL },
	{ "another SPI", EXT_SA, XSA_SPI, 0x1002, ESRCH },
	{ "window unsaid", EXT_SA, XSA_REPLAY, 0, 0 },
};

Test(sadb_update, update_of_a_mature_sa_changes_lifetimes_only)
{
	struct sa_spec s = test_spec(0x1001);
	struct pfkey_msg m;
	cr_assert(eq(int, test_add(s), 0));
	struct sa *sa = sad_find(world.sad, s.spi, 50, &s.dst);
	sa->seq = 1234;
	replay_commit(&sa->replay, 77);
	for (unsigned i = 0; i < COUNT(changes); i++) {
		test_sa(&m, PFKEY_UPDATE, s);
		hdr_set(test_ext(&m, changes[i].ext), changes[i].field, changes[i].value);
		cr_assert(eq(int, test_errno(0, &m), changes[i].want), "%s", changes[i].id);
	}
	struct sa_spec other = s;
	static const uint8_t key[20] = { 9 };
	other.auth_key = BYTES_OF(key);
	test_sa(&m, PFKEY_UPDATE, other);
	cr_assert(eq(int, test_errno(0, &m), EINVAL), "another key");
	other = s;
	other.src = test_addr("192.0.2.99");
	test_sa(&m, PFKEY_UPDATE, other);
	cr_assert(eq(int, test_errno(0, &m), ESRCH), "another source");
	test_sa(&m, PFKEY_UPDATE, s);
	hdr_set_bytes(pfkey_msg_push(&m, EXT_X_KMPRIVATE, 0), XKM_DATA, test_octets(8));
	cr_assert(eq(int, test_errno(0, &m), EINVAL), "private data");

	other = s;
	other.hard.bytes = 5000;
	other.soft.addtime = 60;
	test_sa(&m, PFKEY_UPDATE, other);
	test_remove(&m, EXT_KEY_AUTH);
	test_remove(&m, EXT_KEY_ENCRYPT);
	cr_assert(eq(int, test_errno(0, &m), 0));
	const struct pfkey_msg *got = test_get(&s);
	cr_assert(eq(u64, test_said(got, EXT_LIFETIME_HARD, XLT_BYTES), 5000));
	cr_assert(eq(u64, test_said(got, EXT_LIFETIME_SOFT, XLT_ADDTIME), 60));
	cr_assert(eq(u64, test_said(got, EXT_X_SA2, XSA2_SEQUENCE), 1234));
	cr_assert(eq(int, replay_check(&sa->replay, 77), DROP_REPLAYED));
	cr_assert(bytes_equal(sa->spec.auth_key, s.auth_key));
}

Test(sadb_update, lifetimes_not_in_an_update_stay)
{
	struct sa_spec s = test_spec(0x1001), plain = s;
	struct pfkey_msg m;
	s.hard.bytes = 100;
	s.soft.bytes = 50;
	cr_assert(eq(int, test_add(s), 0));
	plain.hard.bytes = 200;
	test_sa(&m, PFKEY_UPDATE, plain);
	cr_assert(eq(int, test_errno(0, &m), 0));
	cr_assert(eq(u64, test_said(test_last(0), EXT_LIFETIME_HARD, XLT_BYTES), 200));
	cr_assert(eq(u64, test_said(test_last(0), EXT_LIFETIME_SOFT, XLT_BYTES), 50));
}
