#include "pfkey/test_engine.h"

static void
open_reference(void)
{
	test_engine_open(&dialect_reference);
}

TestSuite(sadb_km, .init = open_reference, .fini = test_engine_close);

static void
register_for(unsigned sock, uint8_t satype, int want)
{
	struct pfkey_msg m;
	test_head(&m, PFKEY_REGISTER, satype);
	cr_assert(eq(int, test_errno(sock, &m), want), "satype %u", satype);
}

/* --- REGISTER, RFC 2367 3.1.7 ----------------------------------------------------------------- */

Test(sadb_km, register_takes_one_known_type)
{
	static const struct {
		uint8_t satype;
		int want;
		unsigned auth, encrypt;
	} rows[] = {
		{ SATYPE_AH, 0, 1, 0 },     { SATYPE_ESP, 0, 1, 1 },         { SATYPE_OSPFV2, 0, 0, 0 },
		{ SATYPE_IPCOMP, 0, 0, 1 }, { SATYPE_UNSPEC, EINVAL, 0, 0 }, { 1, EINVAL, 0, 0 },
		{ 4, EINVAL, 0, 0 },        { 200, EINVAL, 0, 0 },
	};
	for (unsigned i = 0; i < COUNT(rows); i++) {
		struct pfkey_alg algs_got[64];
		register_for(0, rows[i].satype, rows[i].want);
		if (rows[i].want != 0)
			continue;
		const struct pfkey_msg *m = test_last(0);
		unsigned auth = pfkey_supported(m, EXT_SUPPORTED_AUTH, algs_got, 64);
		unsigned encrypt = pfkey_supported(m, EXT_SUPPORTED_ENCRYPT, algs_got, 64);
		cr_assert(eq(int, auth > 0, rows[i].auth > 0), "row %u", i);
		cr_assert(eq(int, encrypt > 0, rows[i].encrypt > 0), "row %u", i);
		cr_assert(eq(uint, pfkey_supported(m, EXT_SA, algs_got, 64), 0));
	}
}

Test(sadb_km, registering_twice_is_harmless_and_others_hear_it)
{
	register_for(0, SATYPE_ESP, 0);
	register_for(0, SATYPE_ESP, 0);
	register_for(1, SATYPE_AH, 0);
	cr_assert(eq(uint, test_count(0), 0));
	register_for(2, SATYPE_ESP, 0);
	cr_assert(eq(uint, test_count(0), 1));
	cr_assert(eq(uint, test_count(1), 0));
	sadb_close(world.d, world.sock[0]);
	register_for(2, SATYPE_ESP, 0);
	cr_assert(eq(uint, test_count(0), 0));
}

/* --- ACQUIRE, RFC 2367 3.1.6 ------------------------------------------------------------------ */

static struct spd_entry policy;

static void
need(uint8_t protocol, const char *dst)
{
	struct addr src = test_addr("192.0.2.1"), to = test_addr(dst);
	struct spd_request r = { .protocol = protocol, .mode = MODE_TRANSPORT, .level = LEVEL_REQUIRE };
	policy = (struct spd_entry){
		.selector = { test_addr("192.0.2.1"), test_addr("192.0.2.0"), 32, 24, 17, 5000, 7 },
		.dir = DIR_OUT,
		.action = SPD_PROTECT,
		.n = 1,
		.id = 42,
	};
	test_forget();
	sadb_acquire(world.d, &policy, &r, &src, &to, world.now);
}

Test(sadb_km, acquire_reaches_the_registered_with_what_is_needed)
{
	need(50, "192.0.2.2");
	cr_assert(eq(uint, world.got, 0));
	register_for(1, SATYPE_ESP, 0);
	register_for(2, SATYPE_AH, 0);
	need(50, "192.0.2.2");
	cr_assert(eq(uint, world.got, 1));
	const struct pfkey_msg *m = test_last(1);
	cr_assert(eq(u64, m->base.v[MSG_PID].u, 0));
	cr_assert(gt(u64, m->base.v[MSG_SEQ].u, 0));
	cr_assert(eq(u64, m->base.v[MSG_SATYPE].u, SATYPE_ESP));
	uint16_t sport, dport;
	struct addr dst = pfkey_address(pfkey_msg_get(m, EXT_ADDRESS_DST), &dport), want = test_addr("192.0.2.2");
	(void)pfkey_address(pfkey_msg_get(m, EXT_ADDRESS_SRC), &sport);
	cr_assert(addr_equal(&dst, &want));
	cr_assert(sport == 5000 && dport == 7);
	cr_assert(eq(u64, pfkey_msg_get(m, EXT_ADDRESS_SRC)->v[XAD_PROTO].u, 17));
	cr_assert(eq(u64, pfkey_msg_get(m, EXT_X_POLICY)->v[XPOL_ID].u, 42));
}

/* Each combination can be added as it stands. */
Test(sadb_km, proposals_are_what_the_engine_takes)
{
	static const uint8_t key[256] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21 };
	static const uint8_t protocols[] = { 50, 51 };
	uint32_t spi = 0x1000;
	register_for(1, SATYPE_ESP, 0);
	register_for(1, SATYPE_AH, 0);
	for (unsigned i = 0; i < 2; i++) {
		need(protocols[i], "192.0.2.9");
		uint8_t octets[4096];
		struct wr w = wr_of(octets, sizeof octets);
		wr_bytes(&w, pfkey_msg_get(test_last(1), EXT_PROPOSAL)->v[XPROP_COMBS].b);
		struct rd r = rd_of(wr_done(&w));
		unsigned n = 0;
		for (struct hdr c; hdr_get(&c, &layout_sadb_comb, &r, false, NULL); n++) {
			struct sa_spec s = test_spec(++spi);
			s.protocol = protocols[i];
			s.enc = dialect_alg(&dialect_reference, ALG_ENC, (int)c.v[COMB_ENCRYPT].u);
			s.auth = dialect_alg(&dialect_reference, ALG_AUTH, (int)c.v[COMB_AUTH].u);
			s.enc_key = (struct bytes){ key, (size_t)c.v[COMB_ENCRYPT_MIN].u / 8 };
			s.auth_key = (struct bytes){ key, (size_t)c.v[COMB_AUTH_MAX].u / 8 };
			cr_assert(c.v[COMB_SOFT_ADDTIME].u < c.v[COMB_HARD_ADDTIME].u);
			cr_assert(eq(int, test_add(s), 0), "comb %u: %s", n, world.d->refused.text);
		}
		cr_assert(gt(uint, n, 3));
	}
}

static void
flush(uint8_t satype)
{
	struct pfkey_msg m;
	test_head(&m, PFKEY_FLUSH, satype);
	cr_assert(eq(int, test_errno(0, &m), 0));
}

Test(sadb_km, flush_forgets_what_was_asked_for)
{
	register_for(1, SATYPE_ESP, 0);
	need(50, "192.0.2.2");
	cr_assert(eq(uint, world.got, 1));
	flush(SATYPE_AH);
	need(50, "192.0.2.2");
	cr_assert(eq(uint, world.got, 0), "a FLUSH of AH is no matter of ESP");
	flush(SATYPE_ESP);
	need(50, "192.0.2.2");
	cr_assert(eq(uint, world.got, 1));
}

Test(sadb_km, one_need_asks_once_until_it_is_answered_or_given_up)
{
	register_for(1, SATYPE_ESP, 0);
	need(50, "192.0.2.2");
	cr_assert(eq(uint, world.got, 1));
	uint64_t seq = test_last(1)->base.v[MSG_SEQ].u;
	need(50, "192.0.2.2");
	cr_assert(eq(uint, world.got, 0));
	need(50, "192.0.2.3");
	cr_assert(eq(uint, world.got, 1));
	cr_assert(ne(u64, test_last(1)->base.v[MSG_SEQ].u, seq));

	struct pfkey_msg m; /* the SA of the other direction does not answer */
	test_getspi(&m, 0x1000, 0x1fff);
	hdr_set(&m.base, MSG_SEQ, seq);
	cr_assert(eq(int, test_errno(0, &m), 0));
	cr_assert(eq(u64, test_last(0)->base.v[MSG_SEQ].u, seq));
	struct sa_spec in = test_spec((uint32_t)pfkey_msg_get(test_last(0), EXT_SA)->v[XSA_SPI].u);
	in.src = test_addr("192.0.2.2");
	in.dst = test_addr("192.0.2.1");
	test_sa(&m, PFKEY_UPDATE, in);
	hdr_set(&m.base, MSG_SEQ, seq);
	cr_assert(eq(int, test_errno(0, &m), 0));
	need(50, "192.0.2.2");
	cr_assert(eq(uint, world.got, 0));

	cr_assert(eq(int, test_add(test_spec(0x1001)), 0));
	need(50, "192.0.2.2");
	cr_assert(eq(uint, world.got, 1), "answered by ADD, so it may be asked again");
	seq = test_last(1)->base.v[MSG_SEQ].u;

	test_head(&m, PFKEY_ACQUIRE, SATYPE_ESP);
	hdr_set(&m.base, MSG_SEQ, seq);
	hdr_set(&m.base, MSG_ERRNO, ETIMEDOUT);
	cr_assert(eq(int, test_send(0, &m), 0));
	for (unsigned i = 0; i < TEST_SOCKETS; i++)
		cr_assert(eq(u64, test_last(i)->base.v[MSG_ERRNO].u, ETIMEDOUT));
	need(50, "192.0.2.2");
	cr_assert(eq(uint, world.got, 1), "given up");

	world.now += SADB_ACQUIRE_SECONDS;
	need(50, "192.0.2.2");
	cr_assert(eq(uint, world.got, 1), "too old");
}

static void
user_acquire(struct pfkey_msg *m)
{
	uint8_t memory[256];
	struct wr w = wr_of(memory, sizeof memory);
	static struct addr src, dst;
	src = test_addr("192.0.2.1");
	dst = test_addr("192.0.2.2");
	test_head(m, PFKEY_ACQUIRE, SATYPE_OSPFV2);
	cr_assert(pfkey_msg_push_address(m, EXT_ADDRESS_SRC, &src, 32, 89, 520, NULL));
	hdr_set(test_ext(m, EXT_ADDRESS_SRC), XAD_RESERVED, 0xdead); /* what must not come back */
	hdr_set_bytes(test_ext(m, EXT_ADDRESS_SRC), XAD_PAD, test_octets(8));
	cr_assert(pfkey_msg_push_address(m, EXT_ADDRESS_DST, &dst, 32, 89, 0, NULL));
	static uint8_t kept[256];
	struct wr k = wr_of(kept, sizeof kept);
	wr_bytes(&k, test_records(m->dialect, EXT_PROPOSAL, &w));
	hdr_set_bytes(pfkey_msg_push(m, EXT_PROPOSAL, 0), XPROP_COMBS, wr_done(&k));
}

Test(sadb_km, a_users_acquire_is_passed_to_the_registered)
{
	struct pfkey_msg m;
	user_acquire(&m);
	cr_assert(eq(int, test_errno(0, &m), EPROTONOSUPPORT));
	register_for(2, SATYPE_OSPFV2, 0);
	user_acquire(&m);
	cr_assert(eq(int, test_send(0, &m), 0));
	cr_assert(eq(uint, world.got, 1));
	const struct pfkey_msg *got = test_last(2);
	cr_assert(eq(u64, pfkey_msg_get(got, EXT_ADDRESS_SRC)->v[XAD_PORT].u, 520));
	cr_assert(eq(u64, got->base.v[MSG_PID].u, 4711));
	cr_assert(eq(u64, got->base.v[MSG_SEQ].u, 0x11223344));
	cr_assert(bytes_equal(pfkey_msg_get(got, EXT_PROPOSAL)->v[XPROP_COMBS].b,
			      pfkey_msg_get(&m, EXT_PROPOSAL)->v[XPROP_COMBS].b));
	static const int required[] = { EXT_ADDRESS_SRC, EXT_ADDRESS_DST, EXT_PROPOSAL };
	for (unsigned i = 0; i < COUNT(required); i++) {
		user_acquire(&m);
		test_remove(&m, required[i]);
		cr_assert(eq(int, test_errno(0, &m), EINVAL));
	}
}

Test(sadb_km, pchange_is_passed_to_the_registered)
{
	struct pfkey_msg m;
	register_for(3, SATYPE_OSPFV2, 0);
	user_acquire(&m);
	hdr_set(&m.base, MSG_TYPE, PFKEY_X_PCHANGE);
	cr_assert(eq(int, test_send(0, &m), 0));
	cr_assert(eq(uint, world.got, 1));
	cr_assert(eq(int, pfkey_msg_type(test_last(3)), PFKEY_X_PCHANGE));
}

/* --- lifetimes and EXPIRE, RFC 2367 2.3.2, 3.1.8, 3.3 ----------------------------------------- */

struct life {
	const char *id;
	struct lifetime soft, hard, used; /* used: times relative to now, 0 for never */
	uint64_t after;
	int expires; /* 0, EXT_LIFETIME_SOFT, EXT_LIFETIME_HARD */
};

static const struct life lives[] = {
	{ "no limit", { 0 }, { 0 }, { .bytes = 1 << 30 }, 1000000, 0 },
	{ "soft seconds, not yet", { .addtime = 10 }, { .addtime = 20 }, { 0 }, 9, 0 },
	{ "soft seconds", { .addtime = 10 }, { .addtime = 20 }, { 0 }, 10, EXT_LIFETIME_SOFT },
	{ "hard seconds", { .addtime = 10 }, { .addtime = 20 }, { 0 }, 20, EXT_LIFETIME_HARD },
	{ "both at once", { .addtime = 10 }, { .addtime = 10 }, { 0 }, 10, EXT_LIFETIME_HARD },
	{ "hard below soft", { .addtime = 20 }, { .addtime = 10 }, { 0 }, 25, EXT_LIFETIME_HARD },
	{ "unused", { .usetime = 10 }, { .usetime = 10 }, { 0 }, 1000, 0 },
	{ "seconds of use", { .usetime = 10 }, { 0 }, { .usetime = 1 }, 11, EXT_LIFETIME_SOFT },
	{ "octets", { .bytes = 100 }, { .bytes = 200 }, { .bytes = 100 }, 0, EXT_LIFETIME_SOFT },
	{ "packets", { 0 }, { .allocations = 3 }, { .allocations = 3 }, 0, EXT_LIFETIME_HARD },
	{ "whichever is first", { .bytes = 100, .addtime = 10 }, { 0 }, { .bytes = 99 }, 10, EXT_LIFETIME_SOFT },
};

Test(sadb_km, lifetimes_end_by_whichever_limit_is_first)
{
	for (unsigned i = 0; i < COUNT(lives); i++) {
		const struct life *l = &lives[i];
		struct sa_spec s = test_spec(0x1001 + i);
		s.soft = l->soft;
		s.hard = l->hard;
		cr_assert(eq(int, test_add(s), 0));
		struct sa *sa = sad_find(world.sad, s.spi, 50, &s.dst);
		sa->current.bytes = l->used.bytes;
		sa->current.allocations = l->used.allocations;
		sa->current.usetime = l->used.usetime == 0 ? 0 : world.now + l->used.usetime;
		test_forget();
		sadb_tick(world.d, world.now + l->after);
		cr_assert(eq(uint, world.got, l->expires != 0 ? TEST_SOCKETS : 0), "%s", l->id);
		bool gone = l->expires == EXT_LIFETIME_HARD;
		cr_assert(eq(int, sad_find(world.sad, s.spi, 50, &s.dst) == NULL, gone), "%s", l->id);
		if (l->expires != 0) {
			const struct pfkey_msg *m = test_last(2);
			cr_assert(pfkey_msg_get(m, (enum pfkey_ext)l->expires) != NULL, "%s", l->id);
			cr_assert(eq(u64, m->base.v[MSG_PID].u, 0), "%s", l->id);
			cr_assert(eq(u64, pfkey_msg_get(m, EXT_LIFETIME_CURRENT)->v[XLT_BYTES].u, l->used.bytes), "%s",
				  l->id);
			cr_assert(eq(u64, pfkey_msg_get(m, EXT_SA)->v[XSA_STATE].u,
				     (uint64_t)(gone ? SA_DEAD : SA_DYING)),
				  "%s", l->id);
		}
		struct pfkey_msg m;
		test_head(&m, PFKEY_FLUSH, SATYPE_UNSPEC);
		cr_assert(eq(int, test_errno(0, &m), 0));
	}
}

Test(sadb_km, soft_is_announced_once_and_an_update_revives)
{
	struct sa_spec s = test_spec(0x1001);
	struct pfkey_msg m;
	s.soft.addtime = 10;
	cr_assert(eq(int, test_add(s), 0));
	test_forget();
	sadb_tick(world.d, world.now + 10);
	cr_assert(eq(uint, world.got, TEST_SOCKETS));
	sadb_tick(world.d, world.now + 11);
	cr_assert(eq(uint, world.got, TEST_SOCKETS));
	struct sa *sa = sad_find(world.sad, s.spi, 50, &s.dst);
	cr_assert(eq(u8, sa->state, SA_DYING));
	s.soft.addtime = 100;
	test_sa(&m, PFKEY_UPDATE, s);
	cr_assert(eq(int, test_errno(0, &m), 0));
	cr_assert(eq(u8, sa->state, SA_MATURE));
	test_forget();
	sadb_tick(world.d, world.now + 100);
	cr_assert(eq(uint, world.got, TEST_SOCKETS));
}

Test(sadb_km, a_clock_that_goes_back_expires_nothing)
{
	struct sa_spec s = test_spec(0x1001);
	s.hard.addtime = 10;
	cr_assert(eq(int, test_add(s), 0));
	test_forget();
	sadb_tick(world.d, world.now - 5);
	cr_assert(eq(uint, world.got, 0));
}

Test(sadb_km, users_announce_only_their_own_expiries)
{
	static const struct {
		uint8_t satype;
		int want;
	} rows[] = {
		{ SATYPE_ESP, EINVAL },    { SATYPE_AH, EINVAL }, { SATYPE_IPCOMP, EINVAL },
		{ SATYPE_UNSPEC, EINVAL }, { SATYPE_OSPFV2, 0 },  { SATYPE_RSVP, 0 },
	};
	for (unsigned i = 0; i < COUNT(rows); i++) {
		struct sa_spec s = test_spec(0x1001);
		struct pfkey_msg m;
		test_name(&m, PFKEY_EXPIRE, &s);
		hdr_set(&m.base, MSG_SATYPE, rows[i].satype);
		(void)pfkey_msg_push(&m, EXT_LIFETIME_CURRENT, 0);
		(void)pfkey_msg_push(&m, EXT_LIFETIME_HARD, 0);
		cr_assert(eq(int, test_errno(0, &m), rows[i].want), "row %u", i);
		cr_assert(eq(uint, world.got, rows[i].want == 0 ? TEST_SOCKETS : 1), "row %u", i);
	}
}
