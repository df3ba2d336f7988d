#include "ipsec/tunnel.h"
#include "pfkey/test_message.h"

static uint8_t memory[4096], octets[PFKEY_MSG_MAX];

/* Through octets in both byte orders, so that what is read back was really said. */
static void
send_and_read(struct pfkey_msg *m, struct pfkey_msg *got, bool swap)
{
	struct wr w = wr_of(octets, sizeof octets);
	struct err e = { 0 };
	cr_assert(pfkey_msg_put(m, swap, &w, &e), "%s", e.text);
	cr_assert(pfkey_msg_parse(got, m->dialect, wr_done(&w), swap, &e), "%s", e.text);
	cr_assert(eq(int, pfkey_msg_validate(got, PFKEY_IN, &e), 0), "%s", e.text);
}

static struct sa_spec
plain_sa(void)
{
	struct sa_spec s = test_spec(0x1001);
	s.mode = MODE_TUNNEL;
	s.reqid = 77;
	s.flags = 1;
	s.hard = (struct lifetime){ 1, 2, 3, 4 };
	s.soft = (struct lifetime){ 5, 6, 7, 8 };
	s.encap = (struct encap){ .sport = 4500, .dport = 4501, .udp = true };
	return s;
}

static void
same_sa(const struct sa_spec *a, const struct sa_spec *b, const char *id)
{
	cr_assert(eq(u32, a->spi, b->spi), "%s", id);
	cr_assert(eq(u8, a->protocol, b->protocol), "%s", id);
	cr_assert(eq(u8, a->mode, b->mode), "%s", id);
	cr_assert(addr_equal(&a->src, &b->src) && addr_equal(&a->dst, &b->dst), "%s", id);
	cr_assert(a->enc == b->enc && a->auth == b->auth, "%s", id);
	cr_assert(bytes_equal(a->enc_key, b->enc_key) && bytes_equal(a->auth_key, b->auth_key), "%s", id);
	cr_assert(eq(u32, a->replay, b->replay), "%s", id);
	cr_assert(eq(u64, a->seq, b->seq), "%s", id);
	cr_assert(eq(u32, a->tfc, b->tfc), "%s", id);
	cr_assert(eq(u32, a->reqid, b->reqid), "%s", id);
	cr_assert(a->esn == b->esn && a->seq_cycle == b->seq_cycle, "%s", id);
	cr_assert(a->encap.udp == b->encap.udp && a->encap.sport == b->encap.sport && a->encap.dport == b->encap.dport,
		  "%s", id);
	cr_assert(eq(u64, a->hard.bytes, b->hard.bytes), "%s", id);
	cr_assert(eq(u64, a->soft.usetime, b->soft.usetime), "%s", id);
	cr_assert(eq(u32, a->soft.allocations, b->soft.allocations), "%s", id);
}

Test(pfkey_sa, an_sa_comes_back_in_every_dialect_and_order)
{
	for (unsigned i = 0; i < COUNT(test_dialects) * 2; i++) {
		static struct pfkey_msg m, got;
		struct sa_spec s = plain_sa(), back;
		struct wr w = wr_of(memory, sizeof memory);
		struct err e = { 0 };
		if (test_dialects[i / 2]->ext_number[EXT_X_SA2] < 0)
			s.reqid = 0;
		if (test_dialects[i / 2]->ext_number[EXT_X_NAT_T_TYPE] < 0)
			s.encap.udp = false, s.encap.sport = s.encap.dport = 0;
		pfkey_msg_init(&m, test_dialects[i / 2], i & 2 ? PFKEY_ADD : PFKEY_UPDATE, SATYPE_ESP);
		cr_assert(pfkey_msg_from_sa(&m, &s, &w, &e), "%s: %s", test_dialects[i / 2]->name, e.text);
		send_and_read(&m, &got, i & 1);
		cr_assert(pfkey_msg_to_sa(&got, &back, &e), "%s", e.text);
		same_sa(&s, &back, test_dialects[i / 2]->name);
	}
}

/* Whatever the algorithm table has, the reference can be asked for it, and numbers do not collide. */
Test(pfkey_sa, the_reference_says_every_algorithm)
{
	for (const struct alg *a = algs; a < algs + algs_n; a++) {
		int number = dialect_alg_number(&dialect_reference, a);
		cr_assert(number > 0 && number < 256, "%s", a->name);
		cr_assert(dialect_alg(&dialect_reference, a->use, number) == a, "%s", a->name);
	}
	cr_assert(dialect_alg(&dialect_reference, ALG_ENC, 0) == NULL);
	cr_assert(dialect_alg(&dialect_reference, ALG_ENC, -1) == NULL);
}

Test(pfkey_sa, numbers_and_algorithms_agree_in_every_dialect)
{
	for (unsigned d = 0; d < COUNT(test_dialects); d++)
		for (const struct alg *a = algs; a < algs + algs_n; a++) {
			int number = dialect_alg_number(test_dialects[d], a);
			const struct alg *back = dialect_alg(test_dialects[d], a->use, number);
			cr_assert(eq(int, back != NULL, number > 0), "%s: %s", test_dialects[d]->name, a->name);
			/* Linux has both truncations of HMAC-SHA-256 under one number. */
			if (back != NULL && back != a)
				cr_assert(eq(int, number, 5), "%s: %s", test_dialects[d]->name, a->name);
		}
}

Test(pfkey_sa, the_reference_says_wide_windows_esn_counters_and_tfc)
{
	struct sa_spec s = plain_sa(), back;
	static struct pfkey_msg m, got;
	struct wr w = wr_of(memory, sizeof memory);
	struct err e = { 0 };
	s.enc = alg_by_name("aes-gcm-16", ALG_ENC);
	s.enc_key = test_octets(20);
	s.auth = NULL;
	s.auth_key = BYTES_NONE;
	s.replay = 4096;
	s.esn = true;
	s.seq_cycle = true;
	s.seq = 0xffffffff12345678;
	s.tfc = 1400;
	for (unsigned swap = 0; swap < 2; swap++) {
		pfkey_msg_init(&m, &dialect_reference, PFKEY_ADD, SATYPE_ESP);
		cr_assert(pfkey_msg_from_sa(&m, &s, &w, &e), "%s", e.text);
		send_and_read(&m, &got, swap);
		cr_assert(pfkey_msg_to_sa(&got, &back, &e), "%s", e.text);
		same_sa(&s, &back, "reference");
	}
}

Test(pfkey_sa, what_an_sa_says_of_its_tunnel_header_comes_back_where_the_dialect_has_flags_for_it)
{
	static const struct {
		struct sa_tunnel tunnel;
		bool linux_too, kame_too;
	} rows[] = {
		{ { .no_ecn = false }, true, true },
		{ { .no_ecn = true }, true, false },
		{ { .decap_dscp = true }, true, false },
		{ { .df_given = true, .df = DF_CLEAR }, true, false },
		{ { .df_given = true, .df = DF_SET }, false, false },
		{ { .df_given = true, .df = DF_COPY, .no_ecn = true }, false, false },
	};
	const struct dialect *const dialects[] = { &dialect_reference, &dialect_linux, &dialect_kame };
	static struct pfkey_msg m, got;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		for (unsigned d = 0; d < 3; d++) {
			struct sa_spec s = plain_sa(), back;
			struct wr w = wr_of(memory, sizeof memory);
			struct err e = { 0 };
			bool sayable = d == 0 || (d == 1 ? rows[i].linux_too : rows[i].kame_too);
			s.flags = 0;
			s.tunnel = rows[i].tunnel;
			pfkey_msg_init(&m, dialects[d], PFKEY_ADD, SATYPE_ESP);
			cr_assert(eq(int, pfkey_msg_from_sa(&m, &s, &w, &e), sayable), "%zu, %s", i, dialects[d]->name);
			if (!sayable)
				continue;
			send_and_read(&m, &got, false);
			cr_assert(pfkey_msg_to_sa(&got, &back, &e), "%s", e.text);
			struct sa_tunnel *a = &s.tunnel, *b = &back.tunnel;
			cr_assert(a->no_ecn == b->no_ecn && a->decap_dscp == b->decap_dscp &&
					  a->df_given == b->df_given && a->df == b->df,
				  "%zu, %s", i, dialects[d]->name);
		}
}

Test(pfkey_sa, what_linux_cannot_say_is_refused_by_name)
{
	static const struct {
		const char *enc, *auth;
		uint32_t replay;
		uint64_t seq;
		bool esn;
		const char *word;
	} rows[] = {
		{ "aes-gcm-16", NULL, 0, 0, false, "aes-gcm-16" },
		{ "aes-gmac", NULL, 0, 0, false, "aes-gmac" },
		{ "chacha20-poly1305", NULL, 0, 0, false, "chacha20-poly1305" },
		{ "null", "aes-cmac-96", 0, 0, false, "aes-cmac-96" },
		{ "null", "hmac-sha1-96", 33, 0, false, "replay" },
		{ "null", "hmac-sha1-96", 0, 1, false, "seq" },
		{ "null", "hmac-sha1-96", 0, 0, true, "esn" },
	};
	for (unsigned i = 0; i < COUNT(rows); i++) {
		struct sa_spec s = plain_sa();
		struct pfkey_msg m;
		struct wr w = wr_of(memory, sizeof memory);
		struct err e = { 0 };
		s.enc = alg_by_name(rows[i].enc, ALG_ENC);
		s.auth = rows[i].auth != NULL ? alg_by_name(rows[i].auth, ALG_AUTH) : NULL;
		s.replay = rows[i].replay;
		s.seq = rows[i].seq;
		s.esn = rows[i].esn;
		pfkey_msg_init(&m, &dialect_linux, PFKEY_ADD, SATYPE_ESP);
		cr_assert(not(pfkey_msg_from_sa(&m, &s, &w, &e)), "row %u", i);
		cr_assert(eq(int, e.code, ERR_UNSUPPORTED), "row %u", i);
		cr_assert(strstr(e.text, rows[i].word) != NULL, "row %u: %s", i, e.text);
	}
}

Test(pfkey_sa, windows_follow_the_unit_of_the_dialect)
{
	static const struct {
		const struct dialect *d;
		uint32_t packets;
		int field;
		bool extra;
	} rows[] = {
		{ &dialect_linux, 32, 32, false },      { &dialect_kame, 64, 8, false },
		{ &dialect_kame, 12, -1, false },       { &dialect_kame, 255 * 8 + 8, -1, false },
		{ &dialect_freebsd, 4096, 255, true },  { &dialect_reference, 255, 255, false },
		{ &dialect_reference, 256, 255, true },
	};
	for (unsigned i = 0; i < COUNT(rows); i++) {
		struct sa_spec s = plain_sa();
		struct pfkey_msg m;
		struct wr w = wr_of(memory, sizeof memory);
		struct err e = { 0 };
		s.replay = rows[i].packets;
		pfkey_msg_init(&m, rows[i].d, PFKEY_ADD, SATYPE_ESP);
		cr_assert(eq(int, pfkey_msg_from_sa(&m, &s, &w, &e), rows[i].field >= 0), "row %u: %s", i, e.text);
		if (rows[i].field < 0)
			continue;
		cr_assert(eq(u64, pfkey_msg_get(&m, EXT_SA)->v[XSA_REPLAY].u, (uint64_t)rows[i].field), "row %u", i);
		bool extra = pfkey_msg_get(&m, EXT_X_SA_REPLAY) != NULL || pfkey_msg_get(&m, EXT_X_REFERENCE) != NULL;
		cr_assert(eq(int, extra, rows[i].extra), "row %u", i);
	}
}

Test(pfkey_sa, policies_come_back_in_every_dialect_and_order)
{
	for (unsigned i = 0; i < COUNT(test_dialects) * 2; i++) {
		const struct dialect *d = test_dialects[i / 2];
		struct spd_entry back, p = {
			.selector = { test_addr("10.1.0.0"), test_addr("10.2.3.0"), 16, 24, 6, SELECTOR_ANY, 443 },
			.dir = DIR_OUT,
			.action = SPD_PROTECT,
			.n = 2,
			.priority = d->priority ? 9 : 0,
			.hard = { .addtime = 30 },
			.request = { { .protocol = 50,
				       .mode = MODE_TUNNEL,
				       .level = LEVEL_UNIQUE,
				       .reqid = 0x1fff,
				       .src = test_addr("2001:db8::1"),
				       .dst = test_addr("2001:db8::2") },
				     { .protocol = 51, .mode = MODE_TRANSPORT, .level = LEVEL_USE } },
		};
		static struct pfkey_msg m, got;
		struct wr w = wr_of(memory, sizeof memory);
		struct err e = { 0 };
		if (d->type_number[PFKEY_X_SPDADD] < 0)
			continue; /* flows: pfkey_flow_test.c */
		pfkey_msg_init(&m, d, PFKEY_X_SPDADD, SATYPE_UNSPEC);
		cr_assert(pfkey_msg_from_policy(&m, &p, &w, &e), "%s: %s", d->name, e.text);
		send_and_read(&m, &got, i & 1);
		cr_assert(pfkey_msg_to_policy(&got, &back, &e), "%s: %s", d->name, e.text);
		cr_assert(selector_equal(&p.selector, &back.selector), "%s", d->name);
		cr_assert(eq(u8, back.dir, p.dir), "%s", d->name);
		cr_assert(eq(u8, back.action, p.action), "%s", d->name);
		cr_assert(eq(u32, back.priority, p.priority), "%s", d->name);
		cr_assert(eq(u64, back.hard.addtime, 30), "%s", d->name);
		cr_assert(eq(uint, back.n, 2), "%s", d->name);
		for (unsigned r = 0; r < 2; r++) {
			const struct spd_request *a = &p.request[r], *b = &back.request[r];
			cr_assert(a->protocol == b->protocol && a->mode == b->mode && a->level == b->level &&
					  a->reqid == b->reqid && addr_equal(&a->src, &b->src) &&
					  addr_equal(&a->dst, &b->dst),
				  "%s: request %u", d->name, r);
		}
	}
}

Test(pfkey_sa, bits_behind_a_prefix_are_not_kept)
{
	struct pfkey_msg m;
	struct spd_entry p;
	struct err e = { 0 };
	struct addr src = test_addr("10.1.2.255"), dst = test_addr("10.9.9.9");
	pfkey_msg_init(&m, &dialect_linux, PFKEY_X_SPDADD, SATYPE_UNSPEC);
	cr_assert(pfkey_msg_push_address(&m, EXT_ADDRESS_SRC, &src, 25, 255, 0, &e));
	cr_assert(pfkey_msg_push_address(&m, EXT_ADDRESS_DST, &dst, 0, 255, 0, &e));
	struct hdr *pol = pfkey_msg_push(&m, EXT_X_POLICY, 0);
	hdr_set(pol, XPOL_DIR, DIR_IN);
	cr_assert(pfkey_msg_to_policy(&m, &p, &e), "%s", e.text);
	struct addr want = test_addr("10.1.2.128"), any = test_addr("0.0.0.0");
	cr_assert(addr_equal(&p.selector.src, &want) && addr_equal(&p.selector.dst, &any));
}

Test(pfkey_sa, kame_has_no_forward_direction_and_sixteen_bits_of_reqid)
{
	struct spd_entry p = {
		.selector = { test_addr("10.1.0.0"), test_addr("10.2.0.0"), 16, 16, SELECTOR_ANY, SELECTOR_ANY,
			      SELECTOR_ANY },
		.dir = DIR_FWD,
		.action = SPD_PROTECT,
		.n = 1,
		.request = { { .protocol = 50, .mode = MODE_TRANSPORT, .level = LEVEL_UNIQUE, .reqid = 0x10000 } },
	};
	for (unsigned i = 0; i < 2; i++) {
		struct pfkey_msg m;
		struct wr w = wr_of(memory, sizeof memory);
		struct err e = { 0 };
		pfkey_msg_init(&m, &dialect_kame, PFKEY_X_SPDADD, SATYPE_UNSPEC);
		cr_assert(not(pfkey_msg_from_policy(&m, &p, &w, &e)), "step %u", i);
		cr_assert(eq(int, e.code, ERR_UNSUPPORTED), "step %u: %s", i, e.text);
		p.dir = DIR_OUT;
	}
}
