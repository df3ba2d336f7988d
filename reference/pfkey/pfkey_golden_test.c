/* Octets put down by hand from the structures of RFC 2367 2 and <linux/pfkeyv2.h>, little end first. */
#include "pfkey/test_golden.h"

#define SIN6(last) 10, 0, 0, 0, 0, 0, 0, 0, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last, 0, 0, 0, 0
#define SIN(last) 2, 0, 0, 0, 192, 0, 2, last, 0, 0, 0, 0, 0, 0, 0, 0

Test(pfkey_golden, add_of_an_esp_sa_on_linux)
{
	static const uint8_t want[] = {
		2,     3,     0,      3, 0x17,  0,    0,    0,    7,      0,     0,  0,  0x39,  0x30, 0,
		0, /* base, seq 7, pid 12345 */
		2,     0,     1,      0, 0,     0,    0x10, 0x01, 32,     1,     3,  12, ZERO4, /* SA, SPI 0x1001 */
		4,     0,     3,      0, ZERO4, 0xd0, 7,    0,    0,      ZERO4, 60, 0,  0,     0,    ZERO4,
		ZERO4, ZERO4, /* hard */
		3,     0,     5,      0, 0,     32,   0,    0,    SIN(1), 3,     0,  6,  0,     0,    32,
		0,     0,     SIN(2), 4, 0,     8,    0,    160,  0,      0,     0,  1,  2,     3,    4,
		5,     6,     7,      8, 9,     10,   11,   12,   13,     14,    15, 16, 17,    18,   19,
		20,    ZERO4, 3,      0, 9,     0,    128,  0,    0,      0,     1,  2,  3,     4,    5,
		6,     7,     8,      9, 10,    11,   12,   13,   14,     15,    16, 2,  0,     19,   0,
		1,     0,     0,      0, ZERO4, 0x21, 0x43, 0,    0, /* SA2, transport, reqid 0x4321 */
	};
	struct sa_spec s = test_spec(0x1001);
	s.reqid = 0x4321;
	s.hard = (struct lifetime){ .bytes = 2000, .addtime = 60 };
	golden_sa(&dialect_linux, &s, 7, 12345, want, sizeof want);
}

Test(pfkey_golden, add_with_ipv6_and_udp_ports_on_linux)
{
	static const uint8_t want[] = {
		2,     3,    0,  3,  0x19, 0,    0,     0,    ZERO4, ZERO4,   2,     0,  1,   0,  0xff, 0xff,
		0xff,  0xfe, 0,  1,  5,    11,   ZERO4, 5,    0,     5,       0,     0,  128, 0,  0,    SIN6(1),
		ZERO4, 5,    0,  6,  0,    0,    128,   0,    0,     SIN6(2), ZERO4, 5,  0,   8,  0,    0,
		1,     0,    0,  1,  2,    3,    4,     5,    6,     7,       8,     9,  10,  11, 12,   13,
		14,    15,   16, 17, 18,   19,   20,    21,   22,    23,      24,    25, 26,  27, 28,   29,
		30,    31,   32, 1,  0,    9,    0,     0,    0,     0,       0, /* NULL's, of no bits */
		2,     0,    19, 0,  2,    0,    0,     0,    ZERO4, ZERO4,   1,     0,  20,  0,  2,    0,
		0,     0,    1,  0,  21,   0,    0x11,  0x94, 0,     0, /* 4500 */
		1,     0,    22, 0,  0x27, 0x0f, 0,     0,              /* 9999 */
	};
	struct sa_spec s = {
		.spi = 0xfffffffe,
		.protocol = 50,
		.mode = MODE_TUNNEL,
		.src = test_addr("2001:db8::1"),
		.dst = test_addr("2001:db8::2"),
		.enc = alg_by_name("null", ALG_ENC),
		.auth = alg_by_name("hmac-sha2-256-96", ALG_AUTH),
		.auth_key = test_octets(32),
		.encap = { .udp = true, .sport = 4500, .dport = 9999 },
	};
	golden_sa(&dialect_linux, &s, 0, 0, want, sizeof want);
}

Test(pfkey_golden, spdadd_of_a_transport_policy_on_linux)
{
	static const uint8_t want[] = {
		2,     14,    0,  0, 12,   0,    0,   0, ZERO4, ZERO4, 3,     0,     5,   0, 17,   32,
		0,     0,     2,  0, 0x13, 0x88, 192, 0, 2,     1,     ZERO4, ZERO4, /* udp, port 5000 */
		3,     0,     6,  0, 17,   24,   0,   0, 2,     0,     0,     0,     192, 0, 2,    0,
		ZERO4, ZERO4, 4,  0, 18,   0,    2,   0, 2,     0,     ZERO4, 0,     0,   0, 0x80, /* ipsec, out, priority */
		16,    0,     50, 0, 1,    2,    0,   0, ZERO4, ZERO4, /* esp/transport//require */
	};
	struct spd_entry p = {
		.selector = { test_addr("192.0.2.1"), test_addr("192.0.2.0"), 32, 24, 17, 5000, SELECTOR_ANY },
		.dir = DIR_OUT,
		.action = SPD_PROTECT,
		.n = 1,
		.priority = 0x80000000,
		.request = { { .protocol = 50, .mode = MODE_TRANSPORT, .level = LEVEL_REQUIRE } },
	};
	golden_policy(&dialect_linux, PFKEY_X_SPDADD, &p, want, sizeof want);
}

Test(pfkey_golden, spdadd_of_a_tunnel_policy_on_linux)
{
	static const uint8_t want[] = {
		2,      14,     0,  0, 18, 0,   0,  0, ZERO4, ZERO4,  3,     0,     5,  0, 255,   24, 0, 0,
		SIN(0), 3,      0,  6, 0,  255, 24, 0, 0,     SIN(0), 10,    0,     18, 0, 2,     0,  1, 0,
		ZERO4,  ZERO4,  48, 0, 50, 0,   2,  3, 0,     0,      5,     0,     0,  0, ZERO4, /* esp/tunnel/../unique:5 */
		SIN(1), SIN(2), 16, 0, 51, 0,   1,  1, 0,     0,      ZERO4, ZERO4, /* ah/transport//use */
	};
	struct spd_entry p = {
		.selector = { test_addr("192.0.2.0"), test_addr("192.0.2.0"), 24, 24, SELECTOR_ANY, SELECTOR_ANY,
			      SELECTOR_ANY },
		.dir = DIR_IN,
		.action = SPD_PROTECT,
		.n = 2,
		.request = { { .protocol = 50,
			       .mode = MODE_TUNNEL,
			       .level = LEVEL_UNIQUE,
			       .reqid = 5,
			       .src = test_addr("192.0.2.1"),
			       .dst = test_addr("192.0.2.2") },
			     { .protocol = 51, .mode = MODE_TRANSPORT, .level = LEVEL_USE } },
	};
	golden_policy(&dialect_linux, PFKEY_X_SPDADD, &p, want, sizeof want);
}

/* KAME: sockaddrs with a length octet, AF_INET6 24 on NetBSD, 8 octets of request, window in units of 8. */
Test(pfkey_golden, spdadd_and_add_on_netbsd)
{
	static const uint8_t want_policy[] = {
		2,     14,    0,     0,    20,    0,     0,     0,     ZERO4, ZERO4, 5,     0,     5,     0, 6,  128,
		0,     0,     28,    24,   0,     0,     ZERO4, 0x20,  0x01,  0x0d,  0xb8,  ZERO4, ZERO4, 0, 0,  0,
		1,     ZERO4, ZERO4, 5,    0,     6,     0,     6,     128,   0,     0,     28,    24,    0, 80, ZERO4,
		0x20,  0x01,  0x0d,  0xb8, ZERO4, ZERO4, 0,     0,     0,     2,     ZERO4, ZERO4, 8,     0, 18, 0,
		2,     0,     2,     0,    ZERO4, ZERO4, 40,    0,     51,    0,     2,     2,     9,     0, 16, 2,
		0,     0,     192,   0,    2,     1,     ZERO4, ZERO4, 16,    2,     0,     0,     192,   0, 2,  2,
		ZERO4, ZERO4, 8,     0,    50,    0,     1,     2,     0,     0,
	};
	static const uint8_t want_sa[] = { 2, 0, 1, 0, 0, 0, 0x20, 0, 8, 1, 0, 12, 0x40, 0, 0, 0 };
	struct spd_entry p = {
		.selector = { test_addr("2001:db8::1"), test_addr("2001:db8::2"), 128, 128, 6, SELECTOR_ANY, 80 },
		.dir = DIR_OUT,
		.action = SPD_PROTECT,
		.n = 2,
		.request = { { .protocol = 51,
			       .mode = MODE_TUNNEL,
			       .level = LEVEL_REQUIRE,
			       .reqid = 9,
			       .src = test_addr("192.0.2.1"),
			       .dst = test_addr("192.0.2.2") },
			     { .protocol = 50, .mode = MODE_TRANSPORT, .level = LEVEL_REQUIRE } },
	};
	struct sa_spec s = {
		.spi = 0x2000,
		.protocol = 50,
		.src = test_addr("192.0.2.1"),
		.dst = test_addr("192.0.2.2"),
		.enc = alg_by_name("aes-cbc", ALG_ENC),
		.enc_key = test_octets(16),
		.replay = 64,
		.seq_cycle = true,
	};
	golden_policy(&dialect_kame, PFKEY_X_SPDADD, &p, want_policy, sizeof want_policy);
	golden_sa_extension(&dialect_kame, &s, want_sa);
}
