#include "wire/packet.h"

#include <stdio.h>
#include <stdlib.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define TEXT 4000

/* A packet from hex, spaces allowed. */
static struct bytes
octets_of(const char *hex, struct wr *w)
{
	static const struct field field = { "octets", 0, F_BYTES, NULL, NULL };
	static const struct layout lay = { .name = "hex", .fields = &field, .n = 1 };
	char plain[2000];
	size_t n = 0;
	for (; *hex != '\0'; hex++) {
		if (*hex != ' ')
			plain[n++] = *hex;
	}
	plain[n] = '\0';
	struct hdr h = hdr_of(&lay);
	struct err e;
	cr_assert(hdr_set_text(&h, 0, plain, w, &e), "%s", e.text);
	return h.v[0].b;
}

/* "ip4/udp": the stack alone, for tables. */
static void
print_stack(const struct packet *p, char *text, size_t cap)
{
	size_t n = 0;
	text[0] = '\0';
	for (unsigned i = 0; i < p->n; i++)
		n += (size_t)snprintf(text + n, cap - n, "%s%s", i > 0 ? "/" : "", p->layer[i].lay->name);
}

#define IP4(total, protocol) "45 00 " total " 0001 0000 40 " protocol " 0000 0a000001 0a000002 "
#define IP6(length, next)                                                                                              \
	"6 0 0 00000 " length next " 40 20010db8000000000000000000000001 20010db8000000000000000000000002 "
#define UDP13 "1388 0007 000d 0000 68656c6c6f "

static const struct {
	const char *id, *octets, *stack;
	size_t payload;
} walks[] = {
	{ "udp", IP4("0021", "11") UDP13, "ip4/udp", 5 },
	{ "ethernet padding is left out", IP4("0021", "11") UDP13 "0000000000000000", "ip4/udp", 5 },
	{ "octets behind the udp length are left out", IP4("0025", "11") UDP13 "00000000", "ip4/udp", 5 },
	{ "udp length beyond the packet", IP4("001f", "11") UDP13, "ip4/udp", 3 },
	{ "udp length too small to be", IP4("0021", "11") "1388 0007 0007 0000 68656c6c6f", "ip4/udp", 5 },
	{ "total length beyond the octets", IP4("ffff", "11") UDP13, "ip4/udp", 5 },
	{ "total length shorter than the header", IP4("0013", "11") UDP13, "ip4", 0 },
	{ "ihl below 5", "44 00 0021 0001 0000 40 11 0000 0a000001 0a000002 " UDP13, "ip4", 13 },
	{ "options", "46 00 0025 0001 0000 40 11 0000 0a000001 0a000002 94040000" UDP13, "ip4/udp", 5 },
	{ "first fragment", "45 00 0021 0001 2000 40 11 0000 0a000001 0a000002 " UDP13, "ip4/udp", 5 },
	{ "later fragment", "45 00 0021 0001 2001 40 11 0000 0a000001 0a000002 " UDP13, "ip4", 13 },
	{ "broken later header", IP4("001a", "11") "1388 0007 000d", "ip4", 6 },
	{ "unknown protocol", IP4("0018", "2f") "00000000", "ip4", 4 },
	{ "no payload", IP4("0014", "11"), "ip4", 0 },
	{ "echo", IP4("001c", "01") "0800 0000 0001 0002", "ip4/echo", 0 },
	{ "echo reply", IP4("001d", "01") "0000 0000 0001 0002 ff", "ip4/echo-reply", 1 },
	{ "unreachable", IP4("001c", "01") "0304 0000 0000 0578", "ip4/icmp", 0 },
	{ "tcp", IP4("0028", "06") "0001 0002 00000000 00000000 5002 0000 0000 0000", "ip4/tcp", 0 },
	{ "esp stops", IP4("0029", "32") "00001001 00000001" UDP13, "ip4/esp", 13 },
	{ "ipcomp stops", IP4("0025", "6c") "11000002" UDP13, "ip4/ipcomp", 13 },
	{ "ah goes on", IP4("0039", "33") "11 04 0000 00001001 00000001 000102030405060708090a0b " UDP13, "ip4/ah/udp",
	  5 },
	{ "ah longer than the packet", IP4("0020", "33") "11 04 0000 00001001 00000001", "ip4", 12 },
	{ "ah then esp", IP4("0034", "33") "32 04 0000 00001001 00000001 000102030405060708090a0b 00002002 00000001",
	  "ip4/ah/esp", 0 },
	{ "tunnel", IP4("0035", "04") IP4("0021", "11") UDP13, "ip4/ip4/udp", 5 },
	{ "tunnel cut at the inner length", IP4("0037", "04") IP4("0021", "11") UDP13 "0000", "ip4/ip4/udp", 5 },
	{ "6 in 4", IP4("0049", "29") IP6("000d", "11") UDP13, "ip4/ip6/udp", 5 },
	{ "udp over 6", IP6("000d", "11") UDP13 "ffff", "ip6/udp", 5 },
	{ "echo over 6", IP6("0008", "3a") "8000 0000 0001 0002", "ip6/echo", 0 },
	{ "echo reply over 6", IP6("0008", "3a") "8100 0000 0001 0002", "ip6/echo-reply", 0 },
	{ "packet too big", IP6("0008", "3a") "0200 0000 0000 0500", "ip6/icmp", 0 },
	{ "every extension header",
	  IP6("0055", "00") "3c 00 0104 00000000"
			    "2b 00 0104 00000000"
			    "2c 02 00 01 00000000 fec00000000000000000000000000001"
			    "33 00 0000 00000007"
			    "11 04 0000 00001001 00000001"
			    "000102030405060708090a0b" UDP13,
	  "ip6/hbh/dstopt/rh/frag/ah/udp", 5 },
	{ "later fragment over 6", IP6("0015", "2c") "11 00 0008 00000007" UDP13, "ip6/frag", 13 },
	{ "no next header", IP6("0002", "3b") "abcd", "ip6", 2 },
	{ "extension header longer than the packet", IP6("0008", "00") "11 01 0104 00000000", "ip6", 8 },
};

Test(packet, walks_as_far_as_headers_can_be_read)
{
	for (size_t i = 0; i < COUNT(walks); i++) {
		uint8_t store[400];
		struct wr w = wr_of(store, sizeof store);
		struct packet p;
		struct err e;
		char stack[200];
		struct bytes octets = octets_of(walks[i].octets, &w);
		cr_assert(packet_parse_ip(&p, octets, &e), "%s: %s", walks[i].id, e.text);
		print_stack(&p, stack, sizeof stack);
		cr_assert(eq(str, stack, (char *)walks[i].stack), "%s", walks[i].id);
		cr_assert(eq(sz, p.payload.n, walks[i].payload), "%s", walks[i].id);
		cr_assert(not(p.payload_given), "%s", walks[i].id);
	}
}

Test(packet, of_every_shorter_prefix_stays_inside_it)
{
	for (size_t i = 0; i < COUNT(walks); i++) {
		uint8_t store[400];
		struct wr w = wr_of(store, sizeof store);
		struct bytes whole = octets_of(walks[i].octets, &w);
		size_t first = whole.p[0] >> 4 == 6 ? 40 : (whole.p[0] & 15) > 5 ? (whole.p[0] & 15) * 4u : 20;
		for (size_t n = 0; n < whole.n; n++) {
			uint8_t *copy = malloc(n > 0 ? n : 1);
			memcpy(copy, whole.p, n);
			struct packet p;
			struct err e = { 0 };
			char text[TEXT];
			bool ok = packet_parse_ip(&p, (struct bytes){ copy, n }, &e);
			cr_assert(eq(int, ok, n >= first), "%s at %zu", walks[i].id, n);
			if (!ok)
				cr_assert(eq(int, (int)e.code, ERR_SHORT), "%s at %zu", walks[i].id, n);
			packet_print(&p, text, sizeof text);
			free(copy);
		}
	}
}

Test(packet, that_is_no_ip_is_refused)
{
	static const struct {
		const char *octets;
		enum err_code code;
		const char *says;
	} rows[] = {
		{ "", ERR_SHORT, "ip: want a header, got 0 octets" },
		{ "55", ERR_SYNTAX, "ip.version: want 4 or 6, got 5" },
		{ "4500", ERR_SHORT, "ip4.total_length: want 2 octets, got 0" },
		{ "60000000", ERR_SHORT, "ip6.payload_length: want 2 octets, got 0" },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t store[8];
		struct wr w = wr_of(store, sizeof store);
		struct packet p;
		struct err e = { 0 };
		struct bytes octets = octets_of(rows[i].octets, &w);
		cr_assert(not(packet_parse_ip(&p, octets, &e)), "row %zu", i);
		cr_assert(eq(int, (int)e.code, (int)rows[i].code), "row %zu", i);
		cr_assert(eq(str, e.text, (char *)rows[i].says), "row %zu", i);
		cr_assert(eq(uint, p.n, 0), "row %zu", i);
		cr_assert(eq(sz, p.payload.n, octets.n), "row %zu", i);
	}
}

Test(packet, upper_layers_are_appended_to_the_stack)
{
	uint8_t store[200];
	struct wr w = wr_of(store, sizeof store);
	struct packet p;
	struct err e;
	char stack[100];
	cr_assert(packet_parse_ip(&p, octets_of(IP4("0024", "32") "00001001 00000001 0011223344556677", &w), &e));
	cr_assert(packet_parse_upper(&p, 17, octets_of(UDP13, &w), &e));
	print_stack(&p, stack, sizeof stack);
	cr_assert(eq(str, stack, "ip4/esp/udp"));
	cr_assert(eq(sz, p.payload.n, 5));
	/* nobody's protocol: all of it is payload */
	cr_assert(packet_parse_upper(&p, 253, octets_of("0102", &w), &e));
	cr_assert(eq(uint, p.n, 3));
	cr_assert(eq(sz, p.payload.n, 2));
	/* a first header that is broken */
	cr_assert(not(packet_parse_upper(&p, 6, octets_of("010203", &w), &e)));
	cr_assert(eq(int, (int)e.code, ERR_SHORT));
	cr_assert(eq(uint, p.n, 3));
	cr_assert(eq(sz, p.payload.n, 3));
}

Test(packet, stack_is_bounded)
{
	uint8_t octets[(PACKET_LAYERS + 6) * 8];
	struct wr w = wr_of(octets, sizeof octets);
	for (int i = 0; i < PACKET_LAYERS + 6; i++)
		wr_uint(&w, 0x3c00010400000000, 8);
	struct packet p = { 0 };
	struct err e;
	cr_assert(packet_parse_upper(&p, 60, wr_done(&w), &e), "%s", e.text);
	cr_assert(eq(uint, p.n, PACKET_LAYERS));
	cr_assert(eq(sz, p.payload.n, 6 * 8));
	cr_assert(eq(ptr, packet_push(&p, &layout_udp), NULL));
	cr_assert(packet_parse_upper(&p, 60, p.payload, &e), "%s", e.text);
	cr_assert(eq(uint, p.n, PACKET_LAYERS));
	cr_assert(eq(sz, p.payload.n, 6 * 8));
}

/* ip4(src=..)/esp(spi=.., seq=..)/udp with a payload, as a suite would give it. */
static struct packet
expected(const char *payload)
{
	static const uint8_t src[] = { 10, 0, 0, 1 };
	struct packet p = { 0 };
	hdr_set_bytes(packet_push(&p, &layout_ip4), IP4_SRC, BYTES_OF(src));
	struct hdr *esp = packet_push(&p, &layout_esp);
	hdr_set(esp, ESP_SPI, 0x1001);
	hdr_set(esp, ESP_SEQ, 1);
	packet_push(&p, &layout_udp);
	p.payload = (struct bytes){ (const uint8_t *)payload, strlen(payload) };
	return p;
}

Test(packet, prints_as_the_suite_writes_it)
{
	struct packet p = expected("hello");
	char text[TEXT];
	size_t n = packet_print(&p, text, sizeof text);
	cr_assert(eq(str, text, "ip4(src=10.0.0.1)/esp(spi=0x1001, seq=1)/udp/\"hello\""));
	cr_assert(eq(sz, n, strlen(text)));
	struct packet none = { 0 };
	cr_assert(eq(sz, packet_print(&none, text, sizeof text), 0));
	cr_assert(eq(str, text, ""));
	none.payload_given = true;
	packet_print(&none, text, sizeof text);
	cr_assert(eq(str, text, "\"\""));
}

Test(packet, payload_prints_as_text_or_hex_and_is_cut)
{
	static const char as[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"; /* 48 */
	static const struct {
		const char *octets, *text;
		size_t n;
	} rows[] = {
		{ "say \"hi\\\"", "\"say \\\"hi\\\\\\\"\"", 9 },
		{ "a\nb", "0x610a62", 3 },
		{ "a\x7f", "0x617f", 2 },
		{ "\xe9", "0xe9", 1 },
		{ "~ ", "\"~ \"", 2 },
		{ "", "\"\"", 0 },
		{ as, "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"", 48 },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab",
		  "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"..", 49 },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
		  "0x616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161..",
		  49 },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		char text[200];
		size_t n =
			payload_print((struct bytes){ (const uint8_t *)rows[i].octets, rows[i].n }, text, sizeof text);
		cr_assert(eq(str, text, (char *)rows[i].text), "row %zu", i);
		cr_assert(eq(sz, n, strlen(rows[i].text)), "row %zu", i);
	}
}

Test(packet, print_is_cut_at_the_capacity)
{
	struct packet p = expected("hello");
	char whole[200];
	size_t n = packet_print(&p, whole, sizeof whole);
	for (size_t cap = 0; cap <= n; cap++) {
		char *text = malloc(cap > 0 ? cap : 1);
		cr_assert(eq(sz, packet_print(&p, text, cap), n), "cap %zu", cap);
		if (cap > 0) {
			cr_assert(eq(sz, strlen(text), cap - 1), "cap %zu", cap);
			cr_assert(eq(int, strncmp(text, whole, cap - 1), 0), "cap %zu", cap);
		}
		free(text);
	}
}

Test(packet, agrees_with_itself_and_ignores_what_is_not_given)
{
	struct packet want = expected("hello"), got = expected("other");
	struct packet_diff d;
	hdr_set(&got.layer[0], IP4_TTL, 63);
	cr_assert(packet_agree(&want, &got, &d));
	cr_assert(eq(uint, d.n, 0));
	cr_assert(eq(str, d.shape, ""));
	want.payload_given = true;
	want.payload = got.payload;
	cr_assert(packet_agree(&want, &got, &d));
}

Test(packet, differing_fields_are_named_with_their_clause)
{
	struct packet want = expected("hello"), got = expected("help");
	struct packet_diff d;
	char text[200];
	hdr_set(&want.layer[1], ESP_SEQ, 2);
	want.payload_given = true;
	cr_assert(not(packet_agree(&want, &got, &d)));
	cr_assert(eq(uint, d.n, 2));
	field_diff_print(&d.d[0], text, sizeof text);
	cr_assert(eq(str, text, "esp.seq: want 2, got 1  [RFC 4303 2.2]"));
	cr_assert(eq(uint, d.d[0].layer, 2));
	field_diff_print(&d.d[1], text, sizeof text);
	cr_assert(eq(str, text, "payload.octets: want \"hello\", got \"help\""));
	cr_assert(eq(str, d.shape, ""));
}

Test(packet, long_payloads_differ_at_their_place)
{
	static uint8_t a[1400], b[1400];
	memset(a, 'x', sizeof a);
	memset(b, 'x', sizeof b);
	b[1000] = 'y';
	struct packet want = { .payload = BYTES_OF(a), .payload_given = true }, got = { .payload = BYTES_OF(b) };
	struct packet_diff d;
	cr_assert(not(packet_agree(&want, &got, &d)));
	cr_assert(eq(uint, d.n, 1));
	cr_assert(eq(int, strncmp(d.d[0].got, "..[992]0x787878787878787879", 27), 0), "%s", d.d[0].got);
}

Test(packet, differing_stacks_are_told_by_their_shape)
{
	static const struct layout *const replies[] = { &layout_ip4, &layout_esp, &layout_echo_reply4 };
	struct packet want = { 0 }, got = { 0 };
	struct packet_diff d;
	for (size_t i = 0; i < COUNT(replies); i++) {
		packet_push(&want, replies[i]);
		if (i != 1)
			packet_push(&got, replies[i]);
	}
	cr_assert(not(packet_agree(&want, &got, &d)));
	cr_assert(eq(str, d.shape, "want ip4/esp/echo-reply, got ip4/echo-reply"));
	cr_assert(eq(uint, d.n, 0));
	packet_push(&got, &layout_udp);
	cr_assert(not(packet_agree(&want, &got, &d)), "as many layers, but others");
	cr_assert(eq(str, d.shape, "want ip4/esp/echo-reply, got ip4/echo-reply/udp"));
	got.n = 0;
	cr_assert(not(packet_agree(&want, &got, &d)));
	cr_assert(eq(str, d.shape, "want ip4/esp/echo-reply, got payload"));
}

Test(packet, many_differences_are_counted_and_long_shapes_cut)
{
	struct packet want = { 0 }, got = { 0 };
	struct packet_diff d;
	for (int i = 0; i < PACKET_LAYERS; i++) {
		hdr_set(packet_push(&want, &layout_dstopt), EXT_LENGTH, 1);
		hdr_set(packet_push(&got, &layout_dstopt), EXT_LENGTH, 2);
	}
	want.payload_given = true;
	want.payload = (struct bytes){ (const uint8_t *)"x", 1 };
	cr_assert(not(packet_agree(&want, &got, &d)));
	cr_assert(eq(uint, d.n, PACKET_LAYERS + 1));
	cr_assert(eq(str, d.d[7].want, "1"));
	got.n--;
	cr_assert(not(packet_agree(&want, &got, &d)));
	cr_assert(eq(sz, strlen(d.shape), sizeof d.shape - 1));
	cr_assert(eq(str, d.shape + sizeof d.shape - 3, ".."));
}
