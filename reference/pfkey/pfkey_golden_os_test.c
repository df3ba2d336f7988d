/*
 * Octets put down by hand from the public <net/pfkeyv2.h> of NetBSD, OpenBSD and illumos: what a manager says, and what the engine
 * answers and tells of itself. Numbers that read alike are written out for each system, since that they differ is the point.
 */
#include "pfkey/test_engine.h"
#include "pfkey/test_golden.h"

/* clang-format off */
#define BSD_SIN(a, b, c, d, port) 16, 2, (port) >> 8, (port) & 255, a, b, c, d, ZERO8
#define SOLARIS_SIN(a, b, c, d) 2, 0, 0, 0, a, b, c, d, ZERO8
#define SOLARIS_SIN6(last) 26, 0, 0, 0, ZERO4, 0x20, 0x01, 0x0d, 0xb8, ZERO8, 0, 0, 0, last, ZERO8 /* scope, src_id */
#define SEQ_PID 0x44, 0x33, 0x22, 0x11, 0x67, 0x12, 0, 0 /* test_head's */
/* clang-format on */

static struct sa_spec
esp_sa(uint8_t mode)
{
	struct sa_spec s = test_spec(0x1001);
	s.mode = mode;
	s.replay = 64;
	return s;
}

static void
close_engine(void)
{
	if (world.d != NULL)
		test_engine_close();
	world.d = NULL;
}

/* What socket 0 got last, octet for octet; the engine writes our own byte order. */
static void
last_is(const uint8_t *want, size_t n, const char *id)
{
	if (golden_swap)
		return;
	for (unsigned i = world.got; i-- > 0;)
		if (world.delivery[i].sock == world.sock[0]) {
			golden_same((struct bytes){ world.delivery[i].octets, world.delivery[i].n }, want, n, id);
			return;
		}
	cr_assert(false, "%s: nothing came", id);
}

/* The same of its first n octets; the rest is lists that other tests judge. */
static void
last_begins(const uint8_t *want, size_t n, const char *id)
{
	for (unsigned i = world.got; i-- > 0 && !golden_swap;)
		if (world.delivery[i].sock == world.sock[0]) {
			struct bytes all = { world.delivery[i].octets, world.delivery[i].n };
			golden_same(bytes_slice(all, 0, n), want, n, id);
			return;
		}
	cr_assert(golden_swap, "%s: nothing came", id);
}

/* --- ADD -------------------------------------------------------------------------------------- */

Test(pfkey_golden_os, add_on_openbsd)
{
	/* clang-format off */
	static const uint8_t want[] = {
		2, 3, 0, 2, 0x15, 0, 0, 0, 7, 0, 0, 0, 0x39, 0x30, 0, 0,
		2, 0, 1, 0, 0, 0, 0x10, 0x01, 64, 1, 3, 12, 0x04, 0x04, 0, 0, /* TUNNEL, ESN */
		4, 0, 3, 0, ZERO4, 0xd0, 7, 0, 0, ZERO4, ZERO8, ZERO8,
		3, 0, 5, 0, ZERO4, BSD_SIN(192, 0, 2, 1, 0),
		3, 0, 6, 0, ZERO4, BSD_SIN(192, 0, 2, 2, 0),
		4, 0, 8, 0, 160, 0, 0, 0, KEY20, ZERO4,
		3, 0, 9, 0, 128, 0, 0, 0, KEY16,
	};
	/* clang-format on */
	struct sa_spec s = esp_sa(MODE_TUNNEL);
	s.esn = true;
	s.hard.bytes = 2000;
	golden_sa(&dialect_openbsd, &s, 7, 12345, want, sizeof want);
}

Test(pfkey_golden_os, add_with_udp_on_openbsd)
{
	/* clang-format off */
	static const uint8_t want[] = {
		2, 3, 0, 2, 0x12, 0, 0, 0, ZERO8,
		2, 0, 1, 0, 0, 0, 0x10, 0x01, 64, 1, 3, 12, 0x00, 0x02, 0, 0, /* UDPENCAP */
		3, 0, 5, 0, ZERO4, BSD_SIN(192, 0, 2, 1, 0),
		3, 0, 6, 0, ZERO4, BSD_SIN(192, 0, 2, 2, 0),
		4, 0, 8, 0, 160, 0, 0, 0, KEY20, ZERO4,
		3, 0, 9, 0, 128, 0, 0, 0, KEY16,
		1, 0, 31, 0, 0x27, 0x0f, 0, 0, /* 9999 */
	};
	/* clang-format on */
	struct sa_spec s = esp_sa(MODE_TRANSPORT);
	s.encap = (struct encap){ .udp = true, .sport = 4500, .dport = 9999 };
	golden_sa(&dialect_openbsd, &s, 0, 0, want, sizeof want);
}

Test(pfkey_golden_os, add_on_solaris)
{
	/* clang-format off */
	static const uint8_t want[] = {
		2, 3, 0, 2, 0x14, 0, 0, 0, ZERO8, /* AH is 2 here */
		2, 0, 1, 0, 0, 0, 0x10, 0x01, 64, 1, 3, 0, 0, 0, 0x02, 0, /* TUNNEL */
		5, 0, 5, 0, 0, 128, 0, 0, SOLARIS_SIN6(1),
		5, 0, 6, 0, 0, 128, 0, 0, SOLARIS_SIN6(2),
		4, 0, 8, 0, 160, 0, 0, 0, KEY20, ZERO4,
		2, 0, 24, 0, 5, 0, 0, 0, 5, 0, 0, 0, 1, 0, 0, 0, /* 2^32 + 5 to start from */
	};
	/* clang-format on */
	struct sa_spec s = esp_sa(MODE_TUNNEL);
	s.protocol = 51;
	s.enc = NULL;
	s.enc_key = BYTES_NONE;
	s.src = test_addr("2001:db8::1");
	s.dst = test_addr("2001:db8::2");
	s.seq = UINT64_C(0x100000005);
	golden_sa(&dialect_solaris, &s, 0, 0, want, sizeof want);
}

/* --- flows ------------------------------------------------------------------------------------ */

Test(pfkey_golden_os, flows_on_openbsd)
{
	/* clang-format off */
	static const uint8_t want[] = {
		2, 12, 0, 2, 0x16, 0, 0, 0, ZERO8,
		3, 0, 5, 0, ZERO4, BSD_SIN(192, 0, 2, 1, 0), /* ends of the tunnel */
		3, 0, 6, 0, ZERO4, BSD_SIN(192, 0, 2, 2, 0),
		3, 0, 21, 0, ZERO4, BSD_SIN(10, 1, 0, 0, 0),
		3, 0, 17, 0, ZERO4, BSD_SIN(255, 255, 0, 0, 0),
		3, 0, 22, 0, ZERO4, BSD_SIN(10, 2, 3, 0, 443),
		3, 0, 18, 0, ZERO4, BSD_SIN(255, 255, 255, 0, 65535),
		1, 0, 20, 0, 3, 2, 0, 0, /* require, out */
		1, 0, 19, 0, 6, 0, 0, 0,
	};
	/* A DELFLOW without ends, by its type and its masks of no bits. */
	static const uint8_t deny[] = {
		2, 13, 0, 0, 0x10, 0, 0, 0, ZERO8,
		3, 0, 21, 0, ZERO4, BSD_SIN(0, 0, 0, 0, 0),
		3, 0, 17, 0, ZERO4, BSD_SIN(0, 0, 0, 0, 0),
		3, 0, 22, 0, ZERO4, BSD_SIN(192, 0, 2, 2, 0),
		3, 0, 18, 0, ZERO4, BSD_SIN(255, 255, 255, 255, 0),
		1, 0, 20, 0, 5, 1, 0, 0, /* deny, in */
		1, 0, 19, 0, 0, 0, 0, 0,
	};
	/* clang-format on */
	struct spd_entry p = {
		.selector = { .src = test_addr("10.1.0.0"),
			      .dst = test_addr("10.2.3.0"),
			      .src_bits = 16,
			      .dst_bits = 24,
			      .protocol = 6,
			      .sport = SELECTOR_ANY,
			      .dport = 443 },
		.dir = DIR_OUT,
		.action = SPD_PROTECT,
		.n = 1,
		.request = { { .protocol = 50,
			       .mode = MODE_TUNNEL,
			       .level = LEVEL_REQUIRE,
			       .src = test_addr("192.0.2.1"),
			       .dst = test_addr("192.0.2.2") } },
	};
	struct spd_entry none = {
		.selector = { .src = test_addr("0.0.0.0"),
			      .dst = test_addr("192.0.2.2"),
			      .src_bits = 0,
			      .dst_bits = 32,
			      .protocol = SELECTOR_ANY,
			      .sport = SELECTOR_ANY,
			      .dport = SELECTOR_ANY },
		.dir = DIR_IN,
		.action = SPD_DISCARD,
	};
	golden_policy(&dialect_openbsd, PFKEY_X_ADDFLOW, &p, want, sizeof want);
	golden_policy(&dialect_openbsd, PFKEY_X_DELFLOW, &none, deny, sizeof deny);
}

/* --- REGISTER --------------------------------------------------------------------------------- */

Test(pfkey_golden_os, answers_to_register_for_ah, .fini = close_engine)
{
	/* clang-format off */
#define HMACS 2, 0, 128, 0, 128, 0, 0, 0, 3, 0, 160, 0, 160, 0, 0, 0, 5, 0, 0, 1, 0, 1, 0, 0, \
	6, 0, 0x80, 1, 0x80, 1, 0, 0, 7, 0, 0, 2, 0, 2, 0, 0
	static const uint8_t netbsd[] = {
		2, 7, 0, 2, 12, 0, 0, 0, SEQ_PID, 10, 0, 14, 0, ZERO4, HMACS,
		9, 0, 128, 0, 128, 0, 0, 0, /* AES-XCBC */
		11, 8, 160, 0, 160, 0, 0, 0, 12, 8, 224, 0, 224, 0, 0, 0, 13, 8, 0x20, 1, 0x20, 1, 0, 0, /* GMAC */
	};
	static const uint8_t openbsd[] = {
		2, 7, 0, 1, 11, 0, 0, 0, SEQ_PID, 9, 0, 14, 0, ZERO4, HMACS,
		9, 8, 160, 0, 160, 0, 0, 0, 10, 8, 224, 0, 224, 0, 0, 0, 11, 8, 0x20, 1, 0x20, 1, 0, 0,
	};
	static const uint8_t solaris[] = { 2, 7, 0, 2, 8, 0, 0, 0, SEQ_PID, 6, 0, 14, 0, ZERO4, HMACS };
	/* clang-format on */
	static const struct {
		const struct dialect *dialect;
		const uint8_t *want;
		size_t n;
	} rows[] = {
		{ &dialect_kame, netbsd, sizeof netbsd },
		{ &dialect_openbsd, openbsd, sizeof openbsd },
		{ &dialect_solaris, solaris, sizeof solaris },
	};
	for (unsigned i = 0; i < COUNT(rows); i++) {
		struct pfkey_msg m;
		test_engine_open(rows[i].dialect);
		test_head(&m, PFKEY_REGISTER, SATYPE_AH);
		cr_assert(eq(int, test_errno(0, &m), 0));
		last_is(rows[i].want, rows[i].n, rows[i].dialect->name);
		close_engine();
	}
}

/* IV lengths are in bits, and the salt is told apart. */
Test(pfkey_golden_os, ciphers_of_solaris, .fini = close_engine)
{
	/* clang-format off */
	static const uint8_t want[] = {
		11, 0, 0, 0, 0, 0, 0, 0, 2, 64, 64, 0, 64, 0, 0, 0, 3, 64, 192, 0, 192, 0, 0, 0, 7, 64, 40, 0, 0xc0, 1, 8, 0,
		12, 128, 128, 0, 0, 1, 64, 0, 18, 64, 128, 0, 0, 1, 64, 32, 19, 64, 128, 0, 0, 1, 64, 32, 20, 64, 128, 0, 0, 1, 64, 32,
		14, 64, 128, 0, 0, 1, 64, 24, 15, 64, 128, 0, 0, 1, 64, 24, 16, 64, 128, 0, 0, 1, 64, 24,
	};
	/* clang-format on */
	struct pfkey_msg m;
	test_engine_open(&dialect_solaris);
	test_head(&m, PFKEY_REGISTER, SATYPE_ESP);
	cr_assert(eq(int, test_errno(0, &m), 0));
	struct bytes algs_said = pfkey_msg_get(test_last(0), EXT_SUPPORTED_ENCRYPT)->v[XSUP_ALGS].b;
	if (!golden_swap)
		golden_same(algs_said, want, sizeof want, "solaris");
}

/* --- ACQUIRE ---------------------------------------------------------------------------------- */

static void
need_an_sa(void)
{
	struct addr src = test_addr("192.0.2.2"), dst = test_addr("192.0.2.1");
	struct spd_entry p = {
		.selector = { .src = src,
			      .dst = dst,
			      .src_bits = 32,
			      .dst_bits = 32,
			      .protocol = 17,
			      .sport = 7000,
			      .dport = SELECTOR_ANY },
		.dir = DIR_OUT,
		.action = SPD_PROTECT,
		.n = 1,
		.id = 1,
		.request = { { .protocol = 50, .mode = MODE_TRANSPORT, .level = LEVEL_REQUIRE } },
	};
	test_forget();
	sadb_acquire(world.d, &p, &p.request[0], &src, &dst, world.now);
}

Test(pfkey_golden_os, acquire_on_openbsd, .fini = close_engine)
{
	/* clang-format off */
	static const uint8_t want[] = {
		2, 6, 0, 2, 82, 0, 0, 0, 1, 0, 0, 0, ZERO4,
		3, 0, 5, 0, ZERO4, BSD_SIN(192, 0, 2, 2, 7000),
		3, 0, 6, 0, ZERO4, BSD_SIN(192, 0, 2, 1, 0),
		73, 0, 13, 0, 8, 0, 0, 0, /* eight combinations */
		0, 20, 0, 0, 0, 0, 0, 0, 160, 0, 0x20, 1, ZERO4, ZERO8, /* AES-GCM with 16 octets of ICV */
	};
	static const uint8_t tail[] = { 1, 0, 25, 0, 1, 0, 0, 0 };
	/* clang-format on */
	struct pfkey_msg m;
	test_engine_open(&dialect_openbsd);
	test_head(&m, PFKEY_REGISTER, SATYPE_ESP);
	cr_assert(eq(int, test_errno(0, &m), 0));
	need_an_sa();
	last_begins(want, sizeof want, "openbsd");
	struct bytes all = { world.delivery[0].octets, world.delivery[0].n };
	if (!golden_swap)
		golden_same(bytes_slice(all, all.n - 8, 8), tail, 8, "openbsd: x_policy_seq");
}

Test(pfkey_golden_os, extended_acquire_on_solaris, .fini = close_engine)
{
	/* clang-format off */
	static const uint8_t want[] = {
		2, 6, 0, 0, 68, 0, 0, 0, 1, 0, 0, 0, ZERO4, /* of no type */
		3, 0, 5, 0, 17, 32, 0, 0, 2, 0, 0x1b, 0x58, 192, 0, 2, 2, ZERO8,
		3, 0, 6, 0, 17, 32, 0, 0, SOLARIS_SIN(192, 0, 2, 1),
		60, 0, 18, 0, 0, 0, 6, 0, /* six */
		1, 0, 0, 0, ZERO4, ZERO8, ZERO8, ZERO8, /* one algorithm */
		0x40, 0x19, 1, 0, ZERO4, 0x80, 0x51, 1, 0, ZERO4, 0x70, 0x62, 0, 0, ZERO4, 0x80, 0x70, 0, 0, ZERO4,
		3, 2, 20, 0, 160, 0, 0x20, 1, /* ESP, cipher, AES-GCM */
		2, 0, 0, 0, ZERO4, ZERO8, ZERO8, ZERO8, /* two */
		0x40, 0x19, 1, 0, ZERO4, 0x80, 0x51, 1, 0, ZERO4, 0x70, 0x62, 0, 0, ZERO4, 0x80, 0x70, 0, 0, ZERO4,
		3, 2, 12, 0, 128, 0, 0, 1, 3, 1, 5, 0, 0, 1, 0, 1,
	};
	/* clang-format on */
	struct pfkey_msg m;
	static const uint8_t satypes[] = { 3, 2, 0, 0 };
	test_engine_open(&dialect_solaris);
	test_head(&m, PFKEY_REGISTER, SATYPE_UNSPEC);
	hdr_set_bytes(pfkey_msg_push(&m, EXT_X_EREG, 0), XEREG_SATYPES, BYTES_OF(satypes));
	cr_assert(eq(int, test_send(0, &m), 0));
	cr_assert(eq(uint, test_count(0), 2), "one answer for each type");
	need_an_sa();
	cr_assert(eq(uint, test_count(0), 1), "the extended one alone");
	last_begins(want, sizeof want, "solaris");
}

/* --- EXPIRE, DUMP ----------------------------------------------------------------------------- */

/* clang-format off */
#define CURRENT 4, 0, 2, 0, ZERO8, ZERO4, 0x40, 0x42, 0x0f, 0, ZERO4, ZERO8 /* added at second 1,000,000 */
#define SOFT 4, 0, 4, 0, ZERO8, ZERO4, 60, 0, 0, 0, ZERO4, ZERO8
#define KEYS 4, 0, 8, 0, 160, 0, 0, 0, KEY20, ZERO4, 3, 0, 9, 0, 128, 0, 0, 0, KEY16
#define SA2 2, 0, 19, 0, 1, 0, 0, 0, ZERO8 /* KAME's, transport */
#define SA(replay, state) 2, 0, 1, 0, 0, 0, 0x10, 0x01, replay, state, 3, 12, ZERO4
#define BSD_ENDS(bits) 3, 0, 5, 0, 0, bits, 0, 0, BSD_SIN(192, 0, 2, 1, 0), 3, 0, 6, 0, 0, bits, 0, 0, BSD_SIN(192, 0, 2, 2, 0)
#define SOLARIS_ENDS 3, 0, 5, 0, 0, 32, 0, 0, SOLARIS_SIN(192, 0, 2, 1), 3, 0, 6, 0, 0, 32, 0, 0, SOLARIS_SIN(192, 0, 2, 2)

static const uint8_t expire_netbsd[] = { 2, 8, 0, 3, 20, 0, 0, 0, 1, 0, 0, 0, ZERO4, SA(8, 2), CURRENT, SOFT, BSD_ENDS(32), SA2 };
static const uint8_t expire_openbsd[] = { 2, 8, 0, 2, 18, 0, 0, 0, 1, 0, 0, 0, ZERO4, SA(64, 2), CURRENT, SOFT, BSD_ENDS(0) };
static const uint8_t expire_solaris[] = { 2, 8, 0, 3, 18, 0, 0, 0, 1, 0, 0, 0, ZERO4, SA(64, 2), CURRENT, SOFT, SOLARIS_ENDS };
static const uint8_t dump_netbsd[] = {
	2, 10, 0, 3, 27, 0, 0, 0, ZERO4, 0x67, 0x12, 0, 0, SA(8, 2), CURRENT, SOFT, BSD_ENDS(32), KEYS, SA2,
};
static const uint8_t dump_openbsd[] = {
	2, 10, 0, 2, 25, 0, 0, 0, ZERO4, 0x67, 0x12, 0, 0, SA(64, 2), CURRENT, SOFT, BSD_ENDS(0), KEYS,
};
static const uint8_t dump_solaris[] = {
	2, 10, 0, 3, 25, 0, 0, 0, ZERO4, 0x67, 0x12, 0, 0, SA(64, 2), CURRENT, SOFT, SOLARIS_ENDS, KEYS,
};
/* clang-format on */

Test(pfkey_golden_os, expire_and_dump, .fini = close_engine)
{
	static const struct {
		const struct dialect *dialect;
		const uint8_t *expire, *dump;
		size_t expire_n, dump_n;
	} rows[] = {
		{ &dialect_kame, expire_netbsd, dump_netbsd, sizeof expire_netbsd, sizeof dump_netbsd },
		{ &dialect_openbsd, expire_openbsd, dump_openbsd, sizeof expire_openbsd, sizeof dump_openbsd },
		{ &dialect_solaris, expire_solaris, dump_solaris, sizeof expire_solaris, sizeof dump_solaris },
	};
	for (unsigned i = 0; i < COUNT(rows); i++) {
		struct sa_spec s = esp_sa(MODE_TRANSPORT);
		struct pfkey_msg m;
		s.soft.addtime = 60;
		test_engine_open(rows[i].dialect);
		cr_assert(eq(int, test_add(s), 0));
		test_forget();
		world.now += 60;
		sadb_tick(world.d, world.now);
		last_is(rows[i].expire, rows[i].expire_n, rows[i].dialect->name);
		test_head(&m, PFKEY_DUMP, SATYPE_UNSPEC);
		cr_assert(eq(int, test_errno(0, &m), 0));
		last_is(rows[i].dump, rows[i].dump_n, rows[i].dialect->name);
		close_engine();
	}
}

/* --- refusals --------------------------------------------------------------------------------- */

/* Own errno numbers, and Solaris's word on what they mean. */
Test(pfkey_golden_os, refusals, .fini = close_engine)
{
	static const struct {
		const struct dialect *dialect;
		uint8_t satype, number, diagnostic;
	} rows[] = {
		{ &dialect_linux, 3, 93, 0 },
		{ &dialect_kame, 3, 43, 0 },
		{ &dialect_openbsd, 2, 43, 0 },
		{ &dialect_solaris, 3, 120, 0 },
	};
	for (unsigned i = 0; i < COUNT(rows); i++) {
		struct wr store = wr_of(world.memory, sizeof world.memory);
		struct pfkey_msg m;
		test_engine_open(rows[i].dialect);
		test_message(&m, rows[i].dialect, PFKEY_ACQUIRE, PFKEY_IN, 4, &store);
		cr_assert(eq(int, test_send(0, &m), 0));
		const uint8_t want[] = { 2, 6, rows[i].number, rows[i].satype, 2, 0, 0, 0, 4, 3, 2, 1, 13, 12, 11, 10 };
		last_is(want, sizeof want, rows[i].dialect->name);
		close_engine();
	}
}

Test(pfkey_golden_os, diagnostics_of_solaris, .fini = close_engine)
{
	static const struct {
		enum pfkey_type type;
		int without, twice;
		uint8_t number, diagnostic;
	} rows[] = {
		{ PFKEY_ADD, EXT_ADDRESS_SRC, 0, 22, 18 }, { PFKEY_ADD, EXT_ADDRESS_DST, 0, 22, 19 },
		{ PFKEY_ADD, EXT_SA, 0, 22, 20 },          { PFKEY_ADD, EXT_KEY_ENCRYPT, 0, 22, 21 },
		{ PFKEY_ADD, EXT_KEY_AUTH, 0, 22, 22 },    { PFKEY_ADD, 0, EXT_SA, 22, 26 },
		{ PFKEY_ADD, 0, EXT_KEY_AUTH, 22, 28 },    { PFKEY_GET, 0, 0, 3, 78 },
	};
	for (unsigned i = 0; i < COUNT(rows); i++) {
		struct sa_spec s = esp_sa(MODE_TRANSPORT);
		struct pfkey_msg m;
		test_engine_open(&dialect_solaris);
		if (rows[i].type == PFKEY_ADD)
			test_sa(&m, PFKEY_ADD, s);
		else
			test_name(&m, rows[i].type, &s);
		if (rows[i].without != 0)
			test_remove(&m, rows[i].without);
		if (rows[i].twice != 0) {
			struct hdr *again = pfkey_msg_push(&m, (enum pfkey_ext)rows[i].twice, 0);
			*again = *test_ext(&m, rows[i].twice);
		}
		world.raw = true;
		cr_assert(eq(int, test_send(0, &m), 0));
		cr_assert(eq(u64, test_last(0)->base.v[MSG_ERRNO].u, (uint64_t)rows[i].number), "row %u", i);
		cr_assert(eq(u64, test_last(0)->base.v[MSG_RESERVED].u, (uint64_t)rows[i].diagnostic), "row %u", i);
		world.raw = false;
		close_engine();
	}
}
