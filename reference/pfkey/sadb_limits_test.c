/* What an administrator sets, what traffic uses up, and what is asked for then. */
#include "pfkey/test_engine.h"

static void
setup(void)
{
	test_engine_open(&dialect_reference);
}

static void
teardown(void)
{
	test_engine_close();
}

TestSuite(sadb_limits, .init = setup, .fini = teardown);

static void
add_many(unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		cr_assert(eq(int, test_add(test_spec(0x1001 + i)), 0));
}

Test(sadb_limits, a_dump_ends_where_the_buffer_does)
{
	struct pfkey_msg m;
	add_many(5);
	test_head(&m, PFKEY_DUMP, SATYPE_UNSPEC);
	cr_assert(eq(int, test_send(1, &m), 0));
	size_t one = world.delivery[0].n;
	for (unsigned room = 1; room <= 5; room++) {
		sadb_taken(world.d, world.sock[1], SIZE_MAX);
		world.lost = 0;
		world.settings.rcvbuf = (uint32_t)(room * one);
		cr_assert(eq(int, test_send(1, &m), 0));
		cr_assert(eq(uint, test_count(1), room));
		cr_assert(eq(u64, test_last(1)->base.v[MSG_SEQ].u, (uint64_t)(5 - room)),
			  "seq of 0 only with the last");
		cr_assert(eq(u64, world.lost, (uint64_t)(room < 5)), "one is lost, and none after it is tried");
	}
}

Test(sadb_limits, a_full_socket_takes_nothing_from_others_and_recovers)
{
	world.settings.rcvbuf = 100; /* one answer to ADD */
	struct pfkey_msg m;
	for (unsigned i = 0; i < 4; i++) {
		test_sa(&m, PFKEY_ADD, test_spec(0x1001 + i));
		cr_assert(eq(int, test_send(0, &m), 0));
		sadb_taken(world.d, world.sock[0], SIZE_MAX); /* this one reads, the others do not */
		cr_assert(eq(uint, test_count(0), 1));
		cr_assert(eq(uint, test_count(1), i == 0), "%u", i);
	}
	sadb_taken(world.d, world.sock[1], SIZE_MAX);
	test_sa(&m, PFKEY_ADD, test_spec(0x2001));
	cr_assert(eq(int, test_send(0, &m), 0));
	cr_assert(eq(uint, test_count(1), 1));
}

Test(sadb_limits, larval_sas_and_acquires_wait_as_long_as_they_are_told)
{
	for (unsigned i = 0; i < 2; i++) {
		struct pfkey_msg m;
		uint32_t limit = i == 0 ? SADB_LARVAL_SECONDS : 5;
		world.settings.larval = i == 0 ? 0 : limit;
		test_getspi(&m, 0x3000 + i, 0x3000 + i);
		cr_assert(eq(int, test_errno(0, &m), 0));
		unsigned before = sad_count(world.sad);
		sadb_tick(world.d, world.now + limit - 1);
		cr_assert(eq(uint, sad_count(world.sad), before));
		sadb_tick(world.d, world.now + limit);
		cr_assert(eq(uint, sad_count(world.sad), before - 1));
		sadb_tick(world.d, world.now - 1000); /* a clock that went back ends nothing */
	}
}

Test(sadb_limits, needs_that_anybody_can_make_are_asked_for_up_to_a_limit)
{
	struct pfkey_msg m;
	struct spd_entry p = { .dir = DIR_OUT, .action = SPD_PROTECT, .n = 1, .id = 1, .pfp = PFP_ALL };
	struct addr src = test_addr("192.0.2.1"), dst = test_addr("192.0.2.2");
	p.request[0] = (struct spd_request){ .protocol = 50, .mode = MODE_TRANSPORT, .level = LEVEL_REQUIRE };
	p.selector = (struct selector){
		.src = src, .dst = dst, .src_bits = 32, .dst_bits = 32, .protocol = 17, .dport = 53
	};
	test_head(&m, PFKEY_REGISTER, SATYPE_ESP);
	cr_assert(eq(int, test_errno(0, &m), 0));
	test_forget();
	for (p.selector.sport = 1; p.selector.sport <= 2 * SADB_PENDING; p.selector.sport++)
		sadb_acquire(world.d, &p, &p.request[0], &src, &dst, world.now);
	cr_assert(eq(uint, world.counted, SADB_PENDING));
	test_forget();
	sadb_acquire(world.d, &p, &p.request[0], &src, &dst, world.now + SADB_ACQUIRE_SECONDS);
	cr_assert(eq(uint, world.counted, 1), "what was given up makes room");
}

/* --- proposals -------------------------------------------------------------------------------- */

static unsigned
combs_of(const struct spd_request *r, struct hdr *combs, unsigned max)
{
	uint8_t octets[4096];
	struct wr w = wr_of(octets, sizeof octets);
	unsigned n = 0;
	sadb_put_combs(&dialect_reference, r, &w);
	struct rd rd = rd_of(wr_done(&w));
	for (struct hdr h; hdr_get(&h, &layout_sadb_comb, &rd, false, NULL); n++)
		if (n < max)
			combs[n] = h;
	return n;
}

Test(sadb_limits, a_proposal_has_what_the_entry_asks_for)
{
	struct hdr combs[16];
	struct spd_request r = { .protocol = 50, .mode = MODE_TRANSPORT, .level = LEVEL_REQUIRE };
	cr_assert(gt(uint, combs_of(&r, combs, 16), 5), "anything: the whole list");
	r.enc = (struct spd_alg){ .wanted = true, .alg = alg_by_name("aes-cbc", ALG_ENC), .min_bits = 192 };
	r.auth = (struct spd_alg){ .wanted = true, .alg = alg_by_name("hmac-sha1-96", ALG_AUTH) };
	cr_assert(eq(uint, combs_of(&r, combs, 16), 1), "one pair, once");
	cr_assert(combs[0].v[COMB_ENCRYPT].u == 12 && combs[0].v[COMB_AUTH].u == 3);
	cr_assert(combs[0].v[COMB_ENCRYPT_MIN].u == 192 && combs[0].v[COMB_ENCRYPT_MAX].u == 256);
	r.enc = (struct spd_alg){ .wanted = true, .alg = alg_by_name("aes-gcm-16", ALG_ENC), .max_bits = 128 };
	r.auth = (struct spd_alg){ .wanted = false };
	cr_assert(eq(uint, combs_of(&r, combs, 16), 1));
	cr_assert(combs[0].v[COMB_ENCRYPT].u == 20 && combs[0].v[COMB_AUTH].u == 0);
	cr_assert(combs[0].v[COMB_ENCRYPT_MAX].u == 160, "with its salt");
	r.enc = (struct spd_alg){ .wanted = true, .alg = alg_by_name("null", ALG_ENC) };
	unsigned n = combs_of(&r, combs, 16);
	cr_assert(gt(uint, n, 0));
	for (unsigned i = 0; i < n; i++)
		cr_assert(combs[i].v[COMB_ENCRYPT].u == 0 && combs[i].v[COMB_ENCRYPT_MAX].u == 0 &&
			  combs[i].v[COMB_AUTH].u != 0);
}

/* --- policies --------------------------------------------------------------------------------- */

static struct spd_entry *
add_policy(enum pfkey_type type, struct lifetime hard)
{
	struct spd_entry p = {
		.selector = { .src = test_addr("192.0.2.1"),
			      .dst = test_addr("192.0.2.2"),
			      .src_bits = 32,
			      .dst_bits = 32,
			      .protocol = SELECTOR_ANY,
			      .sport = SELECTOR_ANY,
			      .dport = SELECTOR_ANY },
		.dir = DIR_OUT,
		.action = SPD_BYPASS,
		.hard = hard,
	};
	struct wr w = wr_of(world.memory, sizeof world.memory);
	struct pfkey_msg m;
	test_head(&m, type, SATYPE_UNSPEC);
	cr_assert(pfkey_msg_from_policy(&m, &p, &w, NULL));
	cr_assert(eq(int, test_errno(0, &m), 0));
	test_forget();
	return spd_next(world.spd, NULL);
}

Test(sadb_limits, a_policy_lives_as_long_as_it_is_used)
{
	struct spd_entry *p = add_policy(PFKEY_X_SPDADD, (struct lifetime){ .usetime = 10 });
	sadb_tick(world.d, world.now + 9);
	cr_assert(eq(uint, world.got, 0));
	p->current.usetime = world.now + 9;
	p->current.bytes = 700;
	sadb_tick(world.d, world.now + 18);
	cr_assert(eq(uint, world.got, 0), "used 9 seconds ago");
	sadb_tick(world.d, world.now + 19);
	cr_assert(eq(u64, test_said(test_last(1), EXT_LIFETIME_CURRENT, XLT_BYTES), 700));
	cr_assert(eq(u64, test_said(test_last(1), EXT_LIFETIME_HARD, XLT_USETIME), 10));
	cr_assert(spd_next(world.spd, NULL) == NULL);
}

Test(sadb_limits, a_place_without_a_policy_is_asked_for_now_and_then)
{
	struct spd_entry *p = add_policy(PFKEY_X_SPDSETIDX, (struct lifetime){ .usetime = 0 });
	struct pfkey_msg m;
	test_head(&m, PFKEY_REGISTER, SATYPE_AH);
	cr_assert(eq(int, test_errno(2, &m), 0));
	test_forget();
	cr_assert(p->vacant && p->action == SPD_DISCARD);
	sadb_spdacquire(world.d, p, world.now);
	cr_assert(eq(uint, world.got, 1), "only who registered for something");
	cr_assert(eq(uint, test_count(2), 1));
	p->current.usetime = world.now;
	sadb_spdacquire(world.d, p, world.now + 1);
	cr_assert(eq(uint, world.got, 1));
	sadb_spdacquire(world.d, p, world.now + SADB_ACQUIRE_SECONDS);
	cr_assert(eq(uint, world.got, 2));
}
