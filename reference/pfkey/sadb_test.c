#include "pfkey/test_engine.h"

static void
open_reference(void)
{
	test_engine_open(&dialect_reference);
}

TestSuite(sadb, .init = open_reference, .fini = test_engine_close);

/* --- framing ---------------------------------------------------------------------------------- */

Test(sadb, a_length_that_lies_is_the_writes_own_error)
{
	static const struct {
		size_t octets;
		uint16_t said;
		int want;
	} rows[] = {
		{ 0, 0, EMSGSIZE },  { 1, 0, EMSGSIZE },  { 15, 2, EMSGSIZE }, { 16, 0, EMSGSIZE },
		{ 16, 1, EMSGSIZE }, { 16, 2, 0 },        { 16, 3, EMSGSIZE }, { 16, 0xffff, EMSGSIZE },
		{ 17, 2, EMSGSIZE }, { 24, 2, EMSGSIZE }, { 32, 2, EMSGSIZE }, { 20, 2, EMSGSIZE },
	};
	for (unsigned i = 0; i < COUNT(rows); i++) {
		struct pfkey_msg m;
		uint8_t octets[64] = { 0 };
		struct wr w = wr_of(octets, sizeof octets);
		test_head(&m, PFKEY_FLUSH, SATYPE_ESP);
		hdr_set(&m.base, MSG_LEN, rows[i].said);
		cr_assert(pfkey_msg_put(&m, false, &w, NULL));
		test_forget();
		cr_assert(eq(int, test_write(0, (struct bytes){ octets, rows[i].octets }), rows[i].want), "row %u", i);
		cr_assert(eq(uint, world.got, rows[i].want == 0 ? TEST_SOCKETS : 0), "row %u", i);
	}
}

Test(sadb, a_refusal_echoes_the_base_header_to_the_sender_alone)
{
	struct pfkey_msg m;
	struct sa_spec s = test_spec(0x1001);
	test_name(&m, PFKEY_GET, &s);
	hdr_set(&m.base, MSG_RESERVED, 0xbeef);
	cr_assert(eq(int, test_errno(2, &m), ESRCH));
	const struct value *v = test_last(2)->base.v;
	cr_assert(eq(u64, v[MSG_VERSION].u, 2));
	cr_assert(eq(u64, v[MSG_TYPE].u, PFKEY_GET));
	cr_assert(eq(u64, v[MSG_SATYPE].u, SATYPE_ESP));
	cr_assert(eq(u64, v[MSG_SEQ].u, 0x11223344));
	cr_assert(eq(u64, v[MSG_PID].u, 4711));
	cr_assert(eq(u64, v[MSG_RESERVED].u, 0));
}

/* One field of a good message made wrong. */
static const struct {
	const char *id;
	enum pfkey_type type;
	int ext;
	unsigned field;
	uint64_t value;
	int want;
} wrongs[] = {
	{ "version 1", PFKEY_ADD, -1, MSG_VERSION, 1, EINVAL },
	{ "extension length 0", PFKEY_ADD, EXT_SA, X_LEN, 0, EINVAL },
	{ "extension past the end", PFKEY_ADD, EXT_X_SA2, X_LEN, 3, EINVAL },
	{ "extension length max", PFKEY_ADD, EXT_KEY_AUTH, X_LEN, 0xffff, EINVAL },
	{ "extension type 0", PFKEY_ADD, EXT_X_SA2, X_TYPE, 0, EINVAL },
	{ "type 0", PFKEY_ADD, -1, MSG_TYPE, 0, EINVAL },
	{ "type 25", PFKEY_ADD, -1, MSG_TYPE, 25, EINVAL },
	{ "type 255", PFKEY_ADD, -1, MSG_TYPE, 255, EINVAL },
	{ "migrate", PFKEY_ADD, -1, MSG_TYPE, 24, EINVAL },
	{ "satype 0", PFKEY_ADD, -1, MSG_SATYPE, 0, EINVAL },
	{ "satype 4", PFKEY_ADD, -1, MSG_SATYPE, 4, EINVAL },
	{ "ipcomp", PFKEY_ADD, -1, MSG_SATYPE, SATYPE_IPCOMP, EINVAL },
	{ "ospf", PFKEY_ADD, -1, MSG_SATYPE, SATYPE_OSPFV2, EINVAL },
	{ "state larval", PFKEY_ADD, EXT_SA, XSA_STATE, SA_LARVAL, EINVAL },
	{ "state dying", PFKEY_ADD, EXT_SA, XSA_STATE, SA_DYING, EINVAL },
	{ "state dead", PFKEY_ADD, EXT_SA, XSA_STATE, SA_DEAD, EINVAL },
	{ "state 9", PFKEY_ADD, EXT_SA, XSA_STATE, 9, EINVAL },
	{ "spi 0", PFKEY_ADD, EXT_SA, XSA_SPI, 0, EINVAL },
	{ "spi 255", PFKEY_ADD, EXT_SA, XSA_SPI, 255, EINVAL },
	{ "unknown auth", PFKEY_ADD, EXT_SA, XSA_AUTH, 199, EINVAL },
	{ "unknown cipher", PFKEY_ADD, EXT_SA, XSA_ENCRYPT, 199, EINVAL },
	{ "no cipher in ESP", PFKEY_ADD, EXT_SA, XSA_ENCRYPT, 0, EINVAL },
	{ "key without its algorithm", PFKEY_ADD, EXT_SA, XSA_AUTH, 0, EINVAL },
	{ "key of NULL", PFKEY_ADD, EXT_SA, XSA_ENCRYPT, 11, EINVAL },
	{ "cipher that the key does not fit", PFKEY_ADD, EXT_SA, XSA_ENCRYPT, 3, EINVAL },
	{ "combined cipher beside integrity", PFKEY_ADD, EXT_SA, XSA_ENCRYPT, 20, EINVAL },
	{ "key of 121 bits", PFKEY_ADD, EXT_KEY_ENCRYPT, XKEY_BITS, 121, EINVAL },
	{ "mode 3", PFKEY_ADD, EXT_X_SA2, XSA2_MODE, 3, EINVAL },
	{ "AH with a cipher", PFKEY_ADD, -1, MSG_SATYPE, SATYPE_AH, EINVAL },
	{ "prefix length 33", PFKEY_ADD, EXT_ADDRESS_DST, XAD_PREFIXLEN, 33, EINVAL },
	{ "nothing wrong", PFKEY_ADD, EXT_SA, XSA_REPLAY, 64, 0 },
	{ "flags unknown to us", PFKEY_ADD, EXT_SA, XSA_FLAGS, 0x00123001, 0 },
};

Test(sadb, one_wrong_field_of_add_has_its_errno_and_adds_nothing)
{
	for (unsigned i = 0; i < COUNT(wrongs); i++) {
		struct pfkey_msg m;
		test_sa(&m, wrongs[i].type, test_spec(0x1001 + i));
		hdr_set(test_ext(&m, wrongs[i].ext), wrongs[i].field, wrongs[i].value);
		unsigned before = sad_count(world.sad);
		cr_assert(eq(int, test_errno(0, &m), wrongs[i].want), "%s", wrongs[i].id);
		cr_assert(eq(uint, sad_count(world.sad), before + (wrongs[i].want == 0)), "%s", wrongs[i].id);
	}
}

/* Octets that no parser reads: none past the end of the extensions, at every cut, every length, every message. */
Test(sadb, broken_messages_are_answered_and_survived)
{
	static struct pfkey_msg m;
	uint8_t memory[4096];
	for (int t = PFKEY_GETSPI; t < PFKEY_TYPE_N; t++) {
		const struct grammar_side *side = &pfkey_grammar[t].side[PFKEY_IN];
		struct wr store = wr_of(memory, sizeof memory);
		if (side->none)
			continue;
		test_engine_close();
		test_engine_open(test_dialect_of((enum pfkey_type)t));
		world.raw = true;
		test_message(&m, world.d->setup.dialect, (enum pfkey_type)t, PFKEY_IN, 4, &store);
		for (unsigned i = 0; i < m.n; i++)
			for (unsigned v = 0; v < 4; v++) {
				static const uint16_t values[] = { 0, 1, 2, 0xffff };
				struct pfkey_msg broken = m;
				hdr_set(&broken.ext[i], X_LEN, values[v]);
				(void)test_send(0, &broken);
				cr_assert(gt(uint, test_count(0), 0), "%s: %s.len %u",
					  pfkey_type_name((enum pfkey_type)t), m.ext[i].lay->name, values[v]);
			}
		struct wr w = wr_of(world.octets, sizeof world.octets);
		cr_assert(pfkey_msg_put(&m, false, &w, NULL));
		uint8_t whole[4096];
		memcpy(whole, world.octets, w.n);
		for (size_t n = 16; n < w.n; n += 8) {
			uint16_t units = (uint16_t)(n / 8);
			memcpy(whole + 4, &units, 2);
			test_forget();
			cr_assert(eq(int, test_write(0, (struct bytes){ whole, n }), 0));
		}
	}
	world.raw = false;
	struct pfkey_msg flush;
	test_head(&flush, PFKEY_FLUSH, SATYPE_UNSPEC);
	cr_assert(eq(int, test_errno(0, &flush), 0));
}

Test(sadb, random_octets_are_survived)
{
	struct random_seeded r;
	uint8_t octets[256];
	random_seeded_init(&r, 99);
	world.raw = true;
	for (unsigned i = 0; i < 20000; i++) {
		uint8_t n;
		r.random.fill(&r.random, octets, sizeof octets);
		n = (uint8_t)(16 + octets[255] % 29 * 8);
		octets[0] = 2;
		octets[1] = (uint8_t)(1 + octets[1] % 24);
		octets[3] = (uint8_t)(octets[3] % 4);
		uint16_t units = n / 8;
		memcpy(octets + 4, &units, 2);
		for (unsigned x = 16; x + 8 <= n; x += 8 + octets[x + 7] % 5 * 8) { /* likely extensions */
			octets[x + 1] = 0;
			octets[x + 3] = 0;
			octets[x] = (uint8_t)(octets[x] % 6);
			octets[x + 2] = (uint8_t)(octets[x + 2] % 28);
		}
		test_forget();
		cr_assert(eq(int, test_write(0, (struct bytes){ octets, n }), 0));
	}
	world.raw = false;
	struct pfkey_msg m;
	test_head(&m, PFKEY_FLUSH, SATYPE_UNSPEC);
	cr_assert(eq(int, test_errno(1, &m), 0));
	cr_assert(eq(uint, sad_count(world.sad), 0));
}

/* --- who gets what ---------------------------------------------------------------------------- */

static void
build_for_delivery(struct pfkey_msg *m, enum pfkey_type type)
{
	struct sa_spec s = test_spec(0x1001);
	static struct sa_spec kept;
	kept = s;
	switch (type) {
	case PFKEY_GETSPI: test_getspi(m, 0x2000, 0x2000); return;
	case PFKEY_ADD:
		s.spi = 0x3000;
		test_sa(m, type, s);
		return;
	case PFKEY_UPDATE: test_sa(m, type, s); return;
	case PFKEY_DELETE:
	case PFKEY_GET: test_name(m, type, &kept); return;
	default: test_head(m, type, type == PFKEY_X_PROMISC ? 0 : SATYPE_ESP);
	}
}

Test(sadb, each_answer_reaches_its_audience)
{
	enum { ONE, REGISTERED, ALL };
	static const struct {
		enum pfkey_type type;
		int to;
	} rows[] = {
		{ PFKEY_GETSPI, ALL },     { PFKEY_ADD, ALL },    { PFKEY_UPDATE, ALL },
		{ PFKEY_GET, ONE },        { PFKEY_DUMP, ONE },   { PFKEY_REGISTER, REGISTERED },
		{ PFKEY_X_SPDFLUSH, ALL }, { PFKEY_DELETE, ALL }, { PFKEY_FLUSH, ALL },
		{ PFKEY_X_PROMISC, ALL },
	};
	struct pfkey_msg m;
	test_head(&m, PFKEY_REGISTER, SATYPE_ESP);
	cr_assert(eq(int, test_errno(1, &m), 0));
	cr_assert(eq(int, test_add(test_spec(0x1001)), 0));
	for (unsigned i = 0; i < COUNT(rows); i++) {
		build_for_delivery(&m, rows[i].type);
		cr_assert(eq(int, test_send(0, &m), 0));
		const char *name = pfkey_type_name(rows[i].type);
		cr_assert(gt(uint, test_count(0), 0), "%s: sender", name);
		cr_assert(eq(uint, test_count(1), rows[i].to != ONE), "%s: registered", name);
		cr_assert(eq(uint, test_count(2), rows[i].to == ALL), "%s: listener", name);
		for (unsigned k = 0; k < world.got; k++) {
			const struct value *v = world.delivery[k].m.base.v;
			cr_assert(eq(u64, v[MSG_PID].u, 4711), "%s", name);
			cr_assert(eq(u64, v[MSG_TYPE].u, (uint64_t)rows[i].type), "%s", name);
			cr_assert(eq(u64, v[MSG_ERRNO].u, 0), "%s", name);
			if (rows[i].type != PFKEY_DUMP)
				cr_assert(eq(u64, v[MSG_SEQ].u, 0x11223344), "%s", name);
		}
	}
}

Test(sadb, keys_are_in_no_message_but_get_and_dump)
{
	struct bytes keys[2] = { test_octets(16), test_octets(20) };
	static const enum pfkey_type types[] = { PFKEY_ADD, PFKEY_UPDATE, PFKEY_GET, PFKEY_DUMP, PFKEY_DELETE };
	struct pfkey_msg m;
	cr_assert(eq(int, test_add(test_spec(0x1001)), 0));
	for (unsigned i = 0; i < COUNT(types); i++) {
		build_for_delivery(&m, types[i]);
		cr_assert(eq(int, test_send(0, &m), 0));
		bool may = types[i] == PFKEY_GET || types[i] == PFKEY_DUMP;
		for (unsigned k = 0; k < world.got; k++)
			for (unsigned n = 0; n < 2; n++)
				cr_assert(eq(int, test_holds(&world.delivery[k], keys[n]), may), "%s: key %u",
					  pfkey_type_name(types[i]), n);
	}
}

Test(sadb, sockets_run_out_and_come_back)
{
	int last = 0, n = TEST_SOCKETS;
	while ((last = sadb_open(world.d, 7)) >= 0)
		n++;
	cr_assert(eq(int, n, SADB_SOCKETS));
	sadb_close(world.d, world.sock[3]);
	cr_assert(eq(int, sadb_open(world.d, 8), world.sock[3]));
	sadb_close(world.d, -1);
	sadb_close(world.d, 4000);
	struct pfkey_msg m;
	struct wr w = wr_of(world.octets, sizeof world.octets);
	test_head(&m, PFKEY_FLUSH, SATYPE_UNSPEC);
	cr_assert(pfkey_msg_put(&m, false, &w, NULL));
	sadb_close(world.d, world.sock[3]);
	cr_assert(eq(int, sadb_write(world.d, world.sock[3], wr_done(&w), 0), EBADF));
}

/* The rules do not hang on the numbers: the same walk in every dialect. */
Test(sadb, every_dialect_is_served)
{
	for (unsigned i = 0; i < COUNT(test_dialects); i++) {
		struct sa_spec s = test_spec(0x1001);
		struct spd_entry p = {
			.selector = { test_addr("2001:db8::"), test_addr("2001:db8::"), 32, 48, 6, SELECTOR_ANY, 22 },
			.dir = DIR_IN,
			.action = SPD_PROTECT,
			.n = 1,
			.request = { { .protocol = 50,
				       .mode = MODE_TUNNEL,
				       .level = LEVEL_REQUIRE,
				       .src = test_addr("192.0.2.1"),
				       .dst = test_addr("192.0.2.2") } },
		};
		struct pfkey_msg m;
		struct wr w = wr_of(world.memory, sizeof world.memory);
		test_engine_close();
		test_engine_open(test_dialects[i]);
		const char *name = test_dialects[i]->name;
		cr_assert(eq(int, test_add(s), 0), "%s: %s", name, world.d->refused.text);
		struct sa_spec back;
		cr_assert(pfkey_msg_to_sa(test_get(&s), &back, NULL), "%s", name);
		cr_assert(back.replay == s.replay && bytes_equal(back.enc_key, s.enc_key), "%s", name);
		if (test_dialects[i]->type_number[PFKEY_X_SPDADD] < 0 &&
		    test_dialects[i]->type_number[PFKEY_X_ADDFLOW] < 0)
			continue; /* Solaris: not by PF_KEY */
		test_head(&m, dialect_policy_type(test_dialects[i], PFKEY_X_SPDADD), SATYPE_UNSPEC);
		cr_assert(pfkey_msg_from_policy(&m, &p, &w, NULL), "%s", name);
		cr_assert(eq(int, test_errno(0, &m), 0), "%s: %s", name, world.d->refused.text);
		test_head(&m, dialect_policy_type(test_dialects[i], PFKEY_X_SPDDUMP), SATYPE_UNSPEC);
		cr_assert(eq(int, test_errno(0, &m), 0), "%s", name);
		struct spd_entry shown;
		cr_assert(pfkey_msg_to_policy(test_last(0), &shown, NULL), "%s", name);
		cr_assert(selector_equal(&shown.selector, &p.selector), "%s", name);
		test_head(&m, PFKEY_REGISTER, SATYPE_ESP);
		cr_assert(eq(int, test_errno(0, &m), 0), "%s", name);
		test_getspi(&m, 0x1000, 0x1000);
		cr_assert(eq(int, test_errno(0, &m), 0), "%s", name);
	}
}

/* --- X_PROMISC, RFC 2367 appendix A ----------------------------------------------------------- */

static void
promiscuous(unsigned sock, uint8_t on, int want)
{
	struct pfkey_msg m;
	test_head(&m, PFKEY_X_PROMISC, on);
	cr_assert(eq(int, test_send(sock, &m), 0));
	for (unsigned i = 0; i < TEST_SOCKETS; i++) /* and a wrapped copy to those who look by now */
		cr_assert(eq(uint, test_count(i), want != 0 ? i == sock : i == sock && on == 1 ? 2 : 1));
	cr_assert(eq(u64, world.delivery[0].m.base.v[MSG_ERRNO].u, (uint64_t)want));
}

Test(sadb, a_promiscuous_socket_sees_everything_wrapped)
{
	struct pfkey_msg m;
	struct sa_spec s = test_spec(0x1001);
	promiscuous(3, 1, 0);
	test_name(&m, PFKEY_GET, &s);
	cr_assert(eq(int, test_send(0, &m), 0));
	cr_assert(eq(uint, test_count(0), 1));
	cr_assert(eq(uint, test_count(2), 0));
	cr_assert(eq(uint, test_count(3), 2)); /* the request, and the refusal to another */
	const struct pfkey_msg *seen = test_last(3);
	cr_assert(eq(int, pfkey_msg_type(seen), PFKEY_X_PROMISC));
	cr_assert(eq(u64, seen->base.v[MSG_PID].u, 0));
	struct pfkey_msg inner;
	cr_assert(pfkey_msg_parse(&inner, &dialect_reference, seen->inner, false, NULL));
	cr_assert(eq(u64, inner.base.v[MSG_ERRNO].u, ESRCH));

	test_forget();
	world.raw = true;
	cr_assert(eq(int, test_write(0, test_octets(13)), EMSGSIZE)); /* before any check */
	cr_assert(eq(uint, test_count(3), 1));
	cr_assert(bytes_equal(bytes_slice(test_last(3)->inner, 0, 13), test_octets(13)));
	world.raw = false;

	promiscuous(3, 0, 0);
	test_name(&m, PFKEY_GET, &s);
	cr_assert(eq(int, test_send(0, &m), 0));
	cr_assert(eq(uint, test_count(3), 0));
}

Test(sadb, a_promiscuous_socket_is_not_shown_what_it_wrote_itself)
{
	struct pfkey_msg m;
	struct sa_spec s = test_spec(0x1001);
	promiscuous(3, 1, 0);
	test_name(&m, PFKEY_GET, &s);
	cr_assert(eq(int, test_send(3, &m), 0));
	cr_assert(eq(uint, test_count(3), 2)); /* the answer, and the answer wrapped */
}

Test(sadb, promiscuous_data_goes_on_unchecked_to_one_or_to_all)
{
	static const struct {
		uint32_t seq;
		unsigned got[TEST_SOCKETS];
		int want;
	} rows[] = {
		{ 0, { 1, 1, 1, 1 }, 0 },
		{ 102, { 0, 0, 1, 0 }, 0 },
		{ 999, { 1, 0, 0, 0 }, ESRCH },
	};
	for (unsigned i = 0; i < COUNT(rows); i++) {
		struct pfkey_msg m;
		test_head(&m, PFKEY_X_PROMISC, 0);
		hdr_set(&m.base, MSG_SEQ, rows[i].seq);
		m.inner = test_octets(24); /* no message at all */
		world.raw = true;
		cr_assert(eq(int, test_send(0, &m), 0));
		for (unsigned k = 0; k < TEST_SOCKETS; k++)
			cr_assert(eq(uint, test_count(k), rows[i].got[k]), "row %u socket %u", i, k);
		struct bytes first = { world.delivery[0].octets, world.delivery[0].n };
		if (rows[i].want == 0)
			cr_assert(bytes_equal(first, test_octets(24)), "row %u", i);
		else
			cr_assert(eq(u64, test_last(0)->base.v[MSG_ERRNO].u, (uint64_t)rows[i].want), "row %u", i);
		world.raw = false;
	}
	promiscuous(1, 2, EINVAL);
}
