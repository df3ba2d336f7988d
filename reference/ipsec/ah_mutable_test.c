#include "ipsec/test_sa.h"

#include <stdio.h>

enum { BIG = 1024 };

#define SRC6 "20010db8000000000000000000000001 "
#define A6 "20010db800000000000000000000000a "
#define B6 "20010db800000000000000000000000b "
#define C6 "20010db800000000000000000000000c "
#define D6 "20010db800000000000000000000000d "

/* 60 octets: 40 of options. Every option of RFC 4302 A1 is in one row of options[] below; these two are the
 * long ones. */
#define IP4_MANY                                                                                                       \
	"4fb800640001400040330a0bc0000201c0000202 "                                                                    \
	"82050102aa 85030b 8606000000ff 9404 0000 95080c0c0c0c0c0c 01 0707040a000001 01 0000000000 "
#define IP4_ROUTED                                                                                                     \
	"4fb800640001400040330a0bc0000201c0000202 "                                                                    \
	"83070801020304 440c0d010a00000100000011 520c00010002000300010203 8805aabbcc de04aabb "
/* hop-by-hop, routing and destination options, with immutable and mutable options in both */
#define IP6_MANY                                                                                                       \
	"6ab12345012c00ff" SRC6 D6 "2b02 c204000f0000 3e06a1a2a3a4a5a6 0104 00000000 00 00 "                           \
	"3c04000000000000" A6 B6 "3301 1e02b1b2 fe03c1c2c3 0103000000"

static const struct {
	const char *id, *front, *mask;
} fronts[] = {
	{ "IPv4", "4500003400000000403300000a0000010a000002", "imiiiimmmimmiiiiiiii" },
	{ "IPv4 with many immutable options", IP4_MANY,
	  "imiiiimmmimmiiiiiiii"
	  "iiiii"
	  "iii"
	  "iiiiii"
	  "iiii"
	  "iiiiiiii"
	  "i"
	  "ssmmmmm"
	  "i"
	  "iiiii" },
	{ "IPv4 with many mutable options", IP4_ROUTED,
	  "imiiiimmmimmiiiipppp"
	  "sssmmmm"
	  "ssmmmmmmmmmm"
	  "ssmmmmmmmmmm"
	  "ssmmm"
	  "ssmm" },
	{ "IPv6", "60000000001833400000000000000000000000000000000100000000000000000000000000000002",
	  "hmmmiiimiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiii" },
	{ "IPv6 with hop-by-hop, routing and destination options", IP6_MANY,
	  "hmmmiiimiiiiiiiiiiiiiiiipppppppppppppppp"
	  "ii"
	  "iiiiii"
	  "iimmmmmm"
	  "iiiiii"
	  "ii"
	  "iiipiiiipppppppppppppppppppppppppppppppp"
	  "ii"
	  "iiii"
	  "iimmm"
	  "iiiii" },
};

static struct bytes
octets(const char *hex, uint8_t room[BIG])
{
	return hex_octets(hex, room, BIG);
}

/* What the ICV sees of a front, or a verdict. */
static enum verdict
prepared(const char *hex, uint8_t room[BIG], struct bytes *b)
{
	uint8_t front[BIG];
	struct wr w = wr_of(room, BIG);
	enum verdict v = ah_prepare_front(octets(hex, front), &w);
	*b = wr_done(&w);
	return v;
}

static void
expect_prepared(const char *id, const char *front, const char *want_hex)
{
	uint8_t got_room[BIG], want_room[BIG];
	struct bytes got, want = octets(want_hex, want_room);
	enum verdict v = prepared(front, got_room, &got);
	cr_expect(v == ACCEPT, "%s: %s", id, verdict_name(v));
	cr_expect(got.n == want.n, "%s: want %zu octets, got %zu", id, want.n, got.n);
	struct rd a = rd_of(want), b = rd_of(got);
	while (rd_left(&a) > 0 && rd_left(&b) > 0) {
		unsigned x = (unsigned)rd_uint(&a, 1), y = (unsigned)rd_uint(&b, 1);
		cr_expect(x == y, "%s octet %zu: want %02x, got %02x", id, a.at - 1, x, y);
	}
}

Test(ah_mutable, base_headers_are_zeroed_as_the_rfc_lists)
{
	expect_prepared("IPv4", "45fc0034abcd6123403300ff0a0000010a000002", "45000034abcd0000003300000a0000010a000002");
	expect_prepared("IPv6", "6fffffff001833ff" SRC6 D6, "6000000000183300" SRC6 D6);
}

/* RFC 4302 A1, row by row; the last two are in no table (3.3.3.1: zero the whole). */
Test(ah_mutable, every_ip4_option_of_appendix_a1)
{
	static const struct {
		const char *name;
		unsigned type;
		bool immutable;
	} rows[] = {
		{ "Security", 130, true },
		{ "Extended Security", 133, true },
		{ "Commercial Security", 134, true },
		{ "Router Alert", 148, true },
		{ "Sender Directed Multi-Destination Delivery", 149, true },
		{ "Loose Source Route", 131, false },
		{ "Time Stamp", 68, false },
		{ "Record Route", 7, false },
		{ "Strict Source Route", 137, false },
		{ "Traceroute", 82, false },
		{ "Stream ID", 136, false },
		{ "MTU Probe", 11, false },
		{ "MTU Reply", 12, false },
		{ "Extended Internet Protocol", 145, false },
		{ "Experimental Measurement", 10, false },
		{ "Experimental Flow Control", 205, false },
		{ "Experimental Access Control", 142, false },
		{ "15", 15, false },
		{ "IMI Traffic Descriptor", 144, false },
		{ "Address Extension", 147, false },
		{ "unknown", 30, false },
		{ "unknown, copied", 222, false },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		char front[160], want[160];
		static const char base[] = "47000040000000000033000001010101";
		bool route =
			rows[i].type == 131 || rows[i].type == 137; /* not used up: its address is the destination */
		snprintf(front, sizeof front, "%s 02020202 %02x0704 0a0b0c0d 01", base, rows[i].type);
		if (rows[i].immutable)
			snprintf(want, sizeof want, "%s", front);
		else
			snprintf(want, sizeof want, "%s %s 000000 00000000 01", base, route ? "0a0b0c0d" : "02020202");
		expect_prepared(rows[i].name, front, want);
	}
	expect_prepared("one octet each", "46000040000000000033000001010101 02020202 01010100",
			"46000040000000000033000001010101 02020202 01010100");
	expect_prepared("behind the end of the list", "46000040000000000033000001010101 02020202 00aabbcc",
			"46000040000000000033000001010101 02020202 00aabbcc");
}

/* The ICV is the same at every hop: at the sender, on the way, and where the route ends. */
Test(ah_mutable, an_ip4_source_route_looks_as_at_its_end)
{
	static const char *const hops[] = {
		"48000040000000000033000001010101 0a000001 830b04 0a000002 0a000003 00",
		"48000040000000000033000001010101 0a000002 830b08 0b000001 0a000003 00",
		"48000040000000000033000001010101 0a000003 830b0c 0b000001 0b000002 00",
	};
	for (size_t i = 0; i < COUNT(hops); i++)
		expect_prepared(hops[i], hops[i],
				"48000040000000000033000001010101 0a000003 000000 00000000 00000000 00");
	expect_prepared("a route without addresses", "46000040000000000033000001010101 0a000003 83030400",
			"46000040000000000033000001010101 0a000003 00000000");
}

Test(ah_mutable, a_routing_header_looks_as_at_its_end)
{
	static const char *const hops[] = {
		"6000000000402b40" SRC6 A6 "3306000300000000" B6 C6 D6,
		"6000000000402b40" SRC6 B6 "3306000200000000" A6 C6 D6,
		"6000000000402b40" SRC6 C6 "3306000100000000" A6 B6 D6,
		"6000000000402b40" SRC6 D6 "3306000000000000" A6 B6 C6,
	};
	for (size_t i = 0; i < COUNT(hops); i++)
		expect_prepared(hops[i], hops[i], "6000000000402b00" SRC6 D6 "3306000000000000" A6 B6 C6);
	expect_prepared("type 2", "6000000000402b40" SRC6 A6 "3302020100000000" B6,
			"6000000000402b00" SRC6 B6 "3302020000000000" A6);
	expect_prepared("unknown type, used up", "6000000000402b40" SRC6 A6 "3302fe0000000000" B6,
			"6000000000402b00" SRC6 A6 "3302fe0000000000" B6);
}

Test(ah_mutable, ip6_option_data_is_zeroed_by_the_bit_in_its_type)
{
	expect_prepared("hop-by-hop", "60000000001800ff" SRC6 D6 "3301 1e03b1b2b3 3e03a1a2a3 0102 0000",
			"6000000000180000" SRC6 D6 "3301 1e03b1b2b3 3e03000000 0102 0000");
	expect_prepared("destination options", "6000000000183cff" SRC6 D6 "3300 2000 0000 ff00",
			"6000000000183c00" SRC6 D6 "3300 2000 0000 ff00");
}

/* RFC 4302 A2: as if reassembly had removed it. */
Test(ah_mutable, a_fragment_header_left_by_reassembly_is_skipped)
{
	expect_prepared("alone", "6000000000202cff" SRC6 D6 "33ff0006deadbeef", "6000000000183300" SRC6 D6);
	expect_prepared("behind hop-by-hop",
			"60000000002800ff" SRC6 D6 "2c00010400000000 3c000000deadbeef 3300 0104 00000000",
			"6000000000200000" SRC6 D6 "3c00010400000000 3300 0104 00000000");
}

Test(ah_mutable, malformed_fronts_are_refused_and_nothing_is_written)
{
	static const struct {
		const char *id, *front;
		enum verdict want;
	} rows[] = {
		{ "nothing", "", DROP_HEADER },
		{ "version 5", "55000034000000004033000001010101 02020202", DROP_HEADER },
		{ "IPv4 header of 4 words", "44000034000000004033000001010101", DROP_HEADER },
		{ "header length beyond the front", "46000034000000004033000001010101 02020202", DROP_HEADER },
		{ "header length before its end", "45000034000000004033000001010101 02020202 01010101", DROP_HEADER },
		{ "option of length 1", "46000034000000004033000001010101 02020202 44010101", DROP_HEADER },
		{ "option of length 0", "46000034000000004033000001010101 02020202 44000101", DROP_HEADER },
		{ "option without length", "46000034000000004033000001010101 02020202 01010144", DROP_HEADER },
		{ "option past the end", "46000034000000004033000001010101 02020202 44050101", DROP_HEADER },
		{ "source route without pointer", "46000034000000004033000001010101 02020202 83020101", DROP_HEADER },
		{ "source route pointer 3", "47000034000000004033000001010101 02020202 830703 01020304 01",
		  DROP_HEADER },
		{ "source route of 5 octets", "47000034000000004033000001010101 02020202 830804 0102030405",
		  DROP_HEADER },
		{ "IPv6 cut", "6000000000183340" SRC6 "20010db8", DROP_HEADER },
		{ "extension header cut", "6000000000180040" SRC6 D6 "3300", DROP_HEADER },
		{ "extension header past the end", "6000000000180040" SRC6 D6 "3301010400000000", DROP_HEADER },
		{ "option past its header", "6000000000180040" SRC6 D6 "3300010500000000", DROP_HEADER },
		{ "unknown extension header", "600000000018fd40" SRC6 D6 "3300010400000000", DROP_HEADER },
		{ "octets behind AH's place", "6000000000183340" SRC6 D6 "3300010400000000", DROP_HEADER },
		{ "more segments than addresses", "6000000000402b40" SRC6 A6 "3302000200000000" B6, DROP_HEADER },
		{ "half an address", "6000000000402b40" SRC6 A6 "3301000000000000 0000000000000000", DROP_HEADER },
		{ "type 2 with two addresses", "6000000000402b40" SRC6 A6 "3304020000000000" B6 C6, DROP_HEADER },
		{ "unknown type, segments left", "6000000000402b40" SRC6 A6 "3302fe0100000000" B6, DROP_HEADER },
		{ "two fragment headers", "6000000000402c40" SRC6 A6 "2c00000000000001 3300000000000001", DROP_HEADER },
		{ "first fragment", "6000000000402c40" SRC6 A6 "3300000100000001", DROP_FRAGMENT },
		{ "later fragment", "6000000000402c40" SRC6 A6 "3300000800000001", DROP_FRAGMENT },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t room[BIG];
		struct bytes b;
		enum verdict v = prepared(rows[i].front, room, &b);
		cr_expect(v == rows[i].want && b.n == 0, "%s: want %s, got %s", rows[i].id, verdict_name(rows[i].want),
			  verdict_name(v));
	}
	static uint8_t room[2 * AH_FRONT_MAX], big[AH_FRONT_MAX + 8];
	struct wr w = wr_of(room, sizeof room), small = wr_of(room, 19);
	cr_expect(ah_prepare_front(BYTES_OF(big), &w) == DROP_HEADER && w.n == 0);
	uint8_t front[BIG];
	cr_expect(ah_prepare_front(octets(fronts[0].front, front), &small) == DROP_TOO_BIG && small.n == 0);
}

Test(ah_mutable, every_shorter_prefix_is_refused_but_at_a_header_boundary)
{
	for (size_t i = 0; i < COUNT(fronts); i++) {
		uint8_t room[BIG], out[BIG];
		struct bytes front = octets(fronts[i].front, room);
		for (size_t n = 0; n < front.n; n++) {
			struct wr w = wr_of(out, sizeof out);
			enum verdict v = ah_prepare_front(bytes_slice(front, 0, n), &w);
			bool boundary = i == 4 && (n == 40 || n == 64 || n == 104);
			cr_expect(v == (boundary ? ACCEPT : DROP_HEADER), "%s, %zu: %s", fronts[i].id, n,
				  verdict_name(v));
		}
	}
}

static void
flip_all(const char *id, struct sa *sa, struct bytes front, uint8_t *room, const char *mask)
{
	static const uint8_t payload[] = "payload";
	uint8_t packet[BIG];
	struct wr w = wr_of(packet, sizeof packet);
	struct ah_opened o;
	enum verdict v = ah_seal(sa, NULL, front, 17, BYTES_OF(payload), &w);
	cr_assert(v == ACCEPT, "%s: %s", id, verdict_name(v));
	cr_assert(ah_open(sa, front, wr_done(&w), 0, &o) == ACCEPT, "%s", id);
	for (size_t i = 0; i < front.n; i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			bool mutable = mask[i] == 'm' || (mask[i] == 'h' && bit < 4);
			test_flip(room, front.n, i, bit);
			v = ah_open(sa, front, wr_done(&w), 0, &o);
			test_flip(room, front.n, i, bit);
			if (mask[i] != 's')
				cr_expect(mutable == (v == ACCEPT), "%s octet %zu (%c) bit %u: %s", id, i, mask[i], bit,
					  verdict_name(v));
			cr_expect(v == ACCEPT || v == DROP_ICV || v == DROP_HEADER || v == DROP_FRAGMENT,
				  "%s octet %zu", id, i);
		}
}

Test(ah_mutable, the_mask_says_which_flips_a_receiver_accepts)
{
	struct sa *sa = test_sa(51, NULL, "hmac-sha1-96", 0, false);
	for (size_t i = 0; i < COUNT(fronts); i++) {
		uint8_t room[BIG];
		char mask[BIG];
		struct bytes front = octets(fronts[i].front, room);
		cr_assert(ah_mutability(front, mask) == ACCEPT, "%s", fronts[i].id);
		cr_expect(strlen(fronts[i].mask) == front.n && memcmp(mask, fronts[i].mask, front.n) == 0,
			  "%s: got %.*s", fronts[i].id, (int)front.n, mask);
		flip_all(fronts[i].id, sa, front, room, mask);
	}
	static const char frag[] = "6000000000202cff" SRC6 D6 "3300000012345678";
	uint8_t room[BIG];
	char mask[BIG];
	struct bytes front = octets(frag, room);
	cr_assert(ah_mutability(front, mask) == ACCEPT);
	cr_expect(memcmp(mask + 40, "imssmmmm", 8) == 0, "%.8s", mask + 40);
	flip_all("fragment header", sa, front, room, mask);
	sa_close(sa);
}

/* KAME ipsec(4), ah_cleartos and ah_offsetmask: what a host may cover beside RFC 4302 3.3.3.1.1.1. */
Test(ah_mutable, rules_of_a_host_cover_tos_and_fragment_field_of_ipv4_only)
{
	static const struct {
		const char *id, *front, *want;
		struct ah_rules rules;
	} rows[] = {
		{ "RFC 4302",
		  "45ff00340000ffff403300000a0000010a000002",
		  "450000340000000000330000"
		  "0a0000010a000002",
		  { 0 } },
		{ "TOS",
		  "45ff00340000ffff403300000a0000010a000002",
		  "45ff00340000000000330000"
		  "0a0000010a000002",
		  { .tos = true } },
		{ "DF",
		  "45ff00340000ffff403300000a0000010a000002",
		  "450000340000400000330000"
		  "0a0000010a000002",
		  { .offset_mask = 0x4000 } },
		{ "all of it",
		  "45ff00340000ffff403300000a0000010a000002",
		  "45ff00340000ffff00330000"
		  "0a0000010a000002",
		  { true, 0xffff } },
		{ "IPv6",
		  "6ff00000001833400000000000000000000000000000000100000000000000000000000000000002",
		  "600000000018330000000000000000000000000000000001"
		  "00000000000000000000000000000002",
		  { true, 0xffff } },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint8_t front[BIG], want[BIG], room[BIG];
		struct wr out = wr_of(room, sizeof room);
		struct bytes f = octets(rows[i].front, front);
		struct bytes w = octets(rows[i].want, want);
		cr_assert(eq(int, ah_prepare_front_by(&rows[i].rules, f, &out), ACCEPT), "%s", rows[i].id);
		cr_assert(bytes_equal(wr_done(&out), w), "%s", rows[i].id);
	}
}
