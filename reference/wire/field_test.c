#include "wire/field.h"
#include "wire/text.h"

#include <stdio.h>
#include <stdlib.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static const struct name colours[] = { { 1, "red" }, { 2, "green" }, { 0, "black" }, { 7, "white" }, { 0, NULL } };
static const struct name lights[] = { { 1, "low" }, { 2, "high" }, { 8, "fog" }, { 0, NULL } };

/* Every kind and the odd widths, once in network and once in host order. */
enum {
	T_NIBBLE,
	T_THIRTEEN,
	T_SEVEN,
	T_U8,
	T_U16,
	T_U24,
	T_U32,
	T_U64,
	T_NET,
	T_SEQ,
	T_COLOUR,
	T_LIGHTS,
	T_IP4,
	T_IP6,
	T_MAC,
	T_FIXED,
	T_LIST,
	T_REST,
	T_NF
};
/* clang-format off */
static const struct field fields[T_NF] = {
	[T_NIBBLE]   = { "nibble",    4, F_UINT,          NULL,    "RFC 0 1" },
	[T_THIRTEEN] = { "thirteen", 13, F_HEX,           NULL,    "RFC 0 2" },
	[T_SEVEN]    = { "seven",     7, F_UINT,          NULL,    "RFC 0 3" },
	[T_U8]       = { "u8",        8, F_UINT,          NULL,    "RFC 0 4" },
	[T_U16]      = { "u16",      16, F_UINT,          NULL,    "RFC 0 5" },
	[T_U24]      = { "u24",      24, F_HEX,           NULL,    "RFC 0 6" },
	[T_U32]      = { "u32",      32, F_UINT,          NULL,    "RFC 0 7" },
	[T_U64]      = { "u64",      64, F_UINT,          NULL,    "RFC 0 8" },
	[T_NET]      = { "net",      32, F_HEX | F_NET,   NULL,    "RFC 0 9" },
	[T_SEQ]      = { "seq",      32, F_SEQ,           NULL,    "RFC 0 10" },
	[T_COLOUR]   = { "colour",   16, F_ENUM,          colours, "RFC 0 11" },
	[T_LIGHTS]   = { "lights",    8, F_FLAGS,         lights,  "RFC 0 12" },
	[T_IP4]      = { "ip4",      32, F_IP4,           NULL,    "RFC 0 13" },
	[T_IP6]      = { "ip6",     128, F_IP6,           NULL,    "RFC 0 14" },
	[T_MAC]      = { "mac",      48, F_MAC,           NULL,    "RFC 0 15" },
	[T_FIXED]    = { "fixed",    24, F_BYTES,         NULL,    "RFC 0 16" },
	[T_LIST]     = { "list",      0, F_IP6,           NULL,    "RFC 0 17" },
	[T_REST]     = { "rest",      0, F_BYTES,         NULL,    NULL },
};
/* clang-format on */

static size_t
var_len(const struct hdr *h, unsigned i, size_t left)
{
	return i == T_LIST ? h->v[T_U8].u * 16 : left;
}

static const struct layout network = { .name = "t", .fields = fields, .n = T_NF, .var_len = var_len };
static const struct layout host = { .name = "t", .fields = fields, .n = T_NF, .var_len = var_len, .host_order = true };
static const bool ours_is_little = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;

#define BIG                                                                                                            \
	0x50, 0x80, 0x82, 1, 0x12, 0x34, 0xab, 0xcd, 0xef, 0x01, 0x02, 0x03, 0x04, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, \
		0x77, 0x88, 0x00, 0x00, 0x10, 0x01, 0xfe, 0xdc, 0xba, 0x98, 0x00, 0x02, 0x09
#define LITTLE                                                                                                         \
	0x50, 0x80, 0x82, 1, 0x34, 0x12, 0xef, 0xcd, 0xab, 0x04, 0x03, 0x02, 0x01, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, \
		0x22, 0x11, 0x00, 0x00, 0x10, 0x01, 0x98, 0xba, 0xdc, 0xfe, 0x02, 0x00, 0x09
#define TAIL                                                                                                           \
	10, 1, 2, 3, 0xfe, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 7, 0xaa, 0xbb, 0xcc, 0x20,   \
		1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0xde, 0xad
static const uint8_t big[] = { BIG, TAIL };
static const uint8_t little[] = { LITTLE, TAIL };

static const struct {
	unsigned field;
	uint64_t u;
} numbers[] = {
	{ T_NIBBLE, 5 },   { T_THIRTEEN, 0x101 }, { T_SEVEN, 2 },        { T_U8, 1 },
	{ T_U16, 0x1234 }, { T_U24, 0xabcdef },   { T_U32, 0x01020304 }, { T_U64, 0x1122334455667788 },
	{ T_NET, 0x1001 }, { T_SEQ, 0xfedcba98 }, { T_COLOUR, 2 },       { T_LIGHTS, 9 },
};
#define NUMBERS (sizeof numbers / sizeof numbers[0])

/* Layout, swap and the octets they make on this machine. */
struct order {
	const char *id;
	const struct layout *lay;
	bool swap;
	struct bytes octets;
};
#define ORDERS 4
static struct order
order_of(int i)
{
	struct bytes b = BYTES_OF(big), l = BYTES_OF(little);
	const struct order orders[ORDERS] = {
		{ "network", &network, false, b },
		{ "network, swap has no say", &network, true, b },
		{ "host, our own order", &host, false, ours_is_little ? l : b },
		{ "host, swapped", &host, true, ours_is_little ? b : l },
	};
	return orders[i];
}

Test(field, reads_every_width_in_every_order)
{
	for (int i = 0; i < ORDERS; i++) {
		struct order o = order_of(i);
		struct rd r = rd_of(o.octets);
		struct hdr h;
		struct err e;
		cr_assert(hdr_get(&h, o.lay, &r, o.swap, &e), "%s: %s", o.id, e.text);
		for (size_t n = 0; n < NUMBERS; n++)
			cr_assert(eq(u64, h.v[numbers[n].field].u, numbers[n].u), "%s: %s", o.id,
				  fields[numbers[n].field].name);
		cr_assert(eq(u32, h.given, (1u << T_NF) - 1), "%s: all is given", o.id);
		cr_assert(eq(sz, rd_left(&r), 0), "%s", o.id);
		cr_assert(eq(sz, h.v[T_LIST].b.n, 16), "%s", o.id);
		cr_assert(eq(sz, h.v[T_REST].b.n, 2), "%s", o.id);
		cr_assert(eq(sz, hdr_size(&h), o.octets.n), "%s", o.id);
	}
}

Test(field, writes_what_it_read_in_every_order)
{
	for (int i = 0; i < ORDERS; i++) {
		struct order o = order_of(i);
		struct rd r = rd_of(o.octets);
		struct hdr h;
		uint8_t octets[sizeof big];
		struct wr w = wr_of(octets, sizeof octets);
		cr_assert(hdr_get(&h, o.lay, &r, o.swap, NULL), "%s", o.id);
		hdr_put(&h, &w, o.swap);
		cr_assert(not(w.full), "%s", o.id);
		cr_assert(bytes_equal(wr_done(&w), o.octets), "%s", o.id);
	}
}

Test(field, every_shorter_prefix_is_short_and_says_where)
{
	for (int i = 0; i < ORDERS; i++) {
		struct order o = order_of(i);
		for (size_t n = 0; n < o.octets.n - 2; n++) { /* the last two are `rest`, which takes what there is */
			uint8_t *copy = malloc(n > 0 ? n : 1);
			memcpy(copy, o.octets.p, n);
			struct rd r = rd_of((struct bytes){ copy, n });
			struct hdr h;
			struct err e = { 0 };
			cr_assert(not(hdr_get(&h, o.lay, &r, o.swap, &e)), "%s at %zu", o.id, n);
			cr_assert(eq(int, (int)e.code, ERR_SHORT), "%s at %zu", o.id, n);
			cr_assert(eq(int, strncmp(e.text, "t.", 2), 0), "%s at %zu: %s", o.id, n, e.text);
			free(copy);
		}
	}
	struct rd r = rd_of(bytes_slice(BYTES_OF(big), 0, 10));
	struct hdr h;
	struct err e;
	cr_assert(not(hdr_get(&h, &network, &r, false, &e)));
	cr_assert(eq(str, e.text, "t.u32: want 4 octets, got 1"));
	cr_assert(not(hdr_given(&h, T_U32)));
	cr_assert(hdr_given(&h, T_U24));
}

Test(field, given_values_wider_than_the_field_are_cut_and_leave_neighbours_alone)
{
	struct hdr h = hdr_of(&network);
	for (size_t n = 0; n < NUMBERS; n++)
		hdr_set(&h, numbers[n].field, UINT64_MAX);
	hdr_set(&h, T_THIRTEEN, 0);
	hdr_set(&h, T_U24, 0x77000000);
	uint8_t octets[200];
	struct wr w = wr_of(octets, sizeof octets);
	hdr_put(&h, &w, false);
	static const uint8_t want[] = { 0xf0, 0x00, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0xff };
	cr_assert(bytes_equal(bytes_slice(wr_done(&w), 0, sizeof want), BYTES_OF(want)));
	cr_assert(eq(sz, w.n, hdr_size(&h)));
}

Test(field, octets_of_a_fixed_width_are_filled_up_or_cut)
{
	static const uint8_t five[] = { 1, 2, 3, 4, 5 };
	static const struct {
		size_t n;
		uint8_t want[3];
	} rows[] = {
		{ 0, { 0, 0, 0 } },
		{ 2, { 1, 2, 0 } },
		{ 3, { 1, 2, 3 } },
		{ 5, { 1, 2, 3 } },
	};
	static const struct layout one = { .name = "one", .fields = &fields[T_FIXED], .n = 1 };
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct hdr h = hdr_of(&one);
		hdr_set_bytes(&h, 0, (struct bytes){ five, rows[i].n });
		uint8_t octets[8];
		struct wr w = wr_of(octets, sizeof octets);
		hdr_put(&h, &w, false);
		cr_assert(bytes_equal(wr_done(&w), BYTES_OF(rows[i].want)), "row %zu", i);
	}
}

Test(field, put_without_room_is_full_and_writes_nothing_beyond)
{
	struct rd r = rd_of(BYTES_OF(big));
	struct hdr h;
	cr_assert(hdr_get(&h, &network, &r, false, NULL));
	for (size_t n = 0; n < sizeof big; n++) {
		uint8_t *room = malloc(n > 0 ? n : 1);
		struct wr w = wr_of(room, n);
		hdr_put(&h, &w, false);
		cr_assert(w.full, "%zu octets", n);
		free(room);
	}
}

static struct hdr
example(void)
{
	struct rd r = rd_of(BYTES_OF(big));
	struct hdr h;
	cr_assert(hdr_get(&h, &network, &r, false, NULL));
	return h;
}

static const char example_text[] =
	"t(nibble=5, thirteen=0x101, seven=2, u8=1, u16=4660, u24=0xabcdef, u32=16909060, u64=1234605616436508552, "
	"net=0x1001, seq=4275878552, colour=green, lights=low|fog, ip4=10.1.2.3, ip6=fec0::1, mac=02:00:00:00:00:07, "
	"fixed=0xaabbcc, list=2001:db8::2, rest=0xdead)";

Test(field, prints_every_kind)
{
	struct hdr h = example();
	char text[600];
	size_t n = hdr_print(&h, text, sizeof text);
	cr_assert(eq(str, text, (char *)example_text));
	cr_assert(eq(sz, n, strlen(example_text)));
}

Test(field, print_is_cut_at_the_capacity_and_says_what_it_wanted)
{
	struct hdr h = example();
	for (size_t cap = 0; cap <= sizeof example_text; cap++) {
		char *text = malloc(cap > 0 ? cap : 1);
		cr_assert(eq(sz, hdr_print(&h, text, cap), sizeof example_text - 1), "cap %zu", cap);
		if (cap > 0) {
			cr_assert(eq(sz, strlen(text), cap - 1), "cap %zu", cap);
			cr_assert(eq(int, strncmp(text, example_text, cap - 1), 0), "cap %zu", cap);
		}
		free(text);
	}
}

Test(field, prints_given_fields_only)
{
	struct hdr h = hdr_of(&network);
	char text[100];
	hdr_print(&h, text, sizeof text);
	cr_assert(eq(str, text, "t"));
	hdr_set(&h, T_U16, 7);
	hdr_set(&h, T_LIGHTS, 0);
	hdr_set_bytes(&h, T_REST, BYTES_NONE);
	hdr_print(&h, text, sizeof text);
	cr_assert(eq(str, text, "t(u16=7, lights=0)"));
}

Test(field, what_it_prints_it_reads_back)
{
	struct hdr want = example(), got = hdr_of(&network);
	uint8_t octets[200];
	struct wr store = wr_of(octets, sizeof octets);
	for (unsigned i = 0; i < T_NF; i++) {
		char text[100];
		struct err e;
		field_print(&fields[i], &want.v[i], text, sizeof text);
		cr_assert(hdr_set_text(&got, i, text, &store, &e), "%s", e.text);
	}
	struct field_diff d;
	cr_assert(eq(uint, hdr_diff(&want, &got, &d, 1), 0));
	cr_assert(eq(uint, hdr_diff(&got, &want, &d, 1), 0));
}

Test(field, odd_values_print_as_what_they_are)
{
	static const uint8_t octets[5] = { 1, 2, 3, 4, 5 };
	const struct {
		unsigned field;
		struct value v;
		const char *want;
	} rows[] = {
		{ T_COLOUR, { .u = 9 }, "9" },
		{ T_COLOUR, { .u = 0 }, "black" },
		{ T_LIGHTS, { .u = 0xf0 }, "0xf0" },
		{ T_LIGHTS, { .u = 0x12 }, "high|0x10" },
		{ T_IP4, { .b = BYTES_OF(octets) }, "0x0102030405" },
		{ T_IP4, { .b = BYTES_NONE }, "0x" },
		{ T_MAC, { .b = BYTES_OF(octets) }, "0x0102030405" },
		{ T_LIST, { .b = BYTES_OF(octets) }, "0x0102030405" },
		{ T_REST, { .b = BYTES_NONE }, "0x" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char text[64];
		size_t n = field_print(&fields[rows[i].field], &rows[i].v, text, sizeof text);
		cr_assert(eq(str, text, (char *)rows[i].want), "row %zu", i);
		cr_assert(eq(sz, n, strlen(rows[i].want)), "row %zu", i);
	}
}

Test(field, text_gives_a_field_its_value)
{
	static const struct {
		unsigned field;
		const char *text;
		uint64_t u;
		const char *octets;
	} rows[] = {
		{ T_U16, "65535", 65535, NULL },
		{ T_U16, "0xFFff", 65535, NULL },
		{ T_U16, "010", 10, NULL },
		{ T_U64, "18446744073709551615", UINT64_MAX, NULL },
		{ T_U64, "0xffffffffffffffff", UINT64_MAX, NULL },
		{ T_SEQ, "0x100000002", 0x100000002, NULL },
		{ T_COLOUR, "white", 7, NULL },
		{ T_COLOUR, "3", 3, NULL },
		{ T_LIGHTS, "low|high|0x80", 0x83, NULL },
		{ T_LIGHTS, "0", 0, NULL },
		{ T_IP4, "192.0.2.255", 0, "c00002ff" },
		{ T_IP6, "::ffff:1.2.3.4", 0, "00000000000000000000ffff01020304" },
		{ T_MAC, "Aa:0b:0C:00:01:02", 0, "aa0b0c000102" },
		{ T_FIXED, "0x0A0b0c", 0, "0a0b0c" },
		{ T_FIXED, "0a0b0c", 0, "0a0b0c" },
		{ T_REST, "", 0, "" },
		{ T_REST, "0x", 0, "" },
		{ T_LIST, "0xff", 0, "ff" },
		{ T_LIST, "::1|::2", 0, "0000000000000000000000000000000100000000000000000000000000000002" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint8_t octets[64];
		struct wr store = wr_of(octets, sizeof octets);
		wr_uint(&store, 0xee, 1); /* somebody else's */
		struct hdr h = hdr_of(&network);
		struct err e;
		cr_assert(hdr_set_text(&h, rows[i].field, rows[i].text, &store, &e), "%s: %s", rows[i].text, e.text);
		cr_assert(hdr_given(&h, rows[i].field), "%s", rows[i].text);
		cr_assert(eq(u64, h.v[rows[i].field].u, rows[i].u), "%s", rows[i].text);
		char hex[80];
		struct text t = text_of(hex, sizeof hex);
		text_add_hex(&t, h.v[rows[i].field].b);
		if (rows[i].octets != NULL)
			cr_assert(eq(str, hex + 2, (char *)rows[i].octets), "%s", rows[i].text);
	}
}

Test(field, text_that_does_not_fit_is_refused_with_field_want_and_got)
{
	static const struct {
		unsigned field;
		const char *text;
		enum err_code code;
		const char *says;
	} rows[] = {
		{ T_NIBBLE, "16", ERR_RANGE, "t.nibble: want 4 bits, got 16" },
		{ T_U16, "65536", ERR_RANGE, "t.u16: want 16 bits, got 65536" },
		{ T_U16, "-1", ERR_SYNTAX, "t.u16: want a number, got \"-1\"" },
		{ T_U16, "", ERR_SYNTAX, "t.u16: want a number, got \"\"" },
		{ T_U16, "0x", ERR_SYNTAX, "t.u16: want a number, got \"0x\"" },
		{ T_U16, "1 ", ERR_SYNTAX, "t.u16: want a number, got \"1 \"" },
		{ T_U16, "1f", ERR_SYNTAX, "t.u16: want a number, got \"1f\"" },
		{ T_U64, "18446744073709551616", ERR_SYNTAX, NULL },
		{ T_U64, "0x10000000000000000", ERR_SYNTAX, NULL },
		{ T_COLOUR, "pink", ERR_UNKNOWN, "t.colour: want a known name or a number, got \"pink\"" },
		{ T_COLOUR, "red|green", ERR_UNKNOWN, NULL },
		{ T_LIGHTS, "low|", ERR_UNKNOWN, NULL },
		{ T_LIGHTS, "low|0x100", ERR_RANGE, NULL },
		{ T_IP4, "10.0.0", ERR_SYNTAX, "t.ip4: want an IPv4 address, got \"10.0.0\"" },
		{ T_IP4, "::1", ERR_SYNTAX, NULL },
		{ T_IP6, "10.0.0.1", ERR_SYNTAX, "t.ip6: want an IPv6 address, got \"10.0.0.1\"" },
		{ T_IP6, "::1|::2", ERR_SYNTAX, NULL },
		{ T_LIST, "::1|", ERR_SYNTAX, NULL },
		{ T_LIST, "1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111", ERR_SYNTAX, NULL },
		{ T_MAC, "02:00:00:00:00", ERR_SYNTAX, "t.mac: want a MAC address, got \"02:00:00:00:00\"" },
		{ T_MAC, "02:00:00:00:00:01:02", ERR_SYNTAX, NULL },
		{ T_FIXED, "0x0a0b0c0d", ERR_RANGE, "t.fixed: want 3 octets, got 4" },
		{ T_FIXED, "0x0", ERR_SYNTAX, "t.fixed: want hex octets, got \"0x0\"" },
		{ T_REST, "xyz", ERR_SYNTAX, NULL },
		{ T_REST, "0x000102030405060708090a0b0c0d0e0f1011121314", ERR_RANGE,
		  "t.rest: want room for the octets, got 20" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint8_t octets[20];
		struct wr store = wr_of(octets, sizeof octets);
		struct hdr h = hdr_of(&network);
		struct err e = { 0 };
		cr_assert(not(hdr_set_text(&h, rows[i].field, rows[i].text, &store, &e)), "%s", rows[i].text);
		cr_assert(eq(int, (int)e.code, (int)rows[i].code), "%s: %s", rows[i].text, e.text);
		cr_assert(eq(u32, h.given, 0), "%s", rows[i].text);
		if (rows[i].says != NULL)
			cr_assert(eq(str, e.text, (char *)rows[i].says), "%s", rows[i].text);
	}
}

Test(field, names_are_found_both_ways)
{
	uint64_t u = 0;
	cr_assert(names_value(colours, "green", &u));
	cr_assert(eq(u64, u, 2));
	cr_assert(names_value(colours, "0x1f", &u));
	cr_assert(eq(u64, u, 31));
	cr_assert(names_value(NULL, "5", &u));
	cr_assert(not(names_value(colours, "gree", &u)));
	cr_assert(eq(str, (char *)names_name(colours, 7), "white"));
	cr_assert(eq(ptr, (void *)names_name(colours, 3), NULL));
	cr_assert(eq(ptr, (void *)names_name(NULL, 3), NULL));
	cr_assert(eq(int, layout_field(&network, "mac"), T_MAC));
	cr_assert(eq(int, layout_field(&network, "ma"), -1));
}

Test(field, diff_compares_what_want_gives_and_nothing_else)
{
	struct hdr want = hdr_of(&network), got = example();
	struct field_diff d[4];
	cr_assert(eq(uint, hdr_diff(&want, &got, d, 4), 0));
	hdr_set(&want, T_U16, 4660);
	cr_assert(eq(uint, hdr_diff(&want, &got, d, 4), 0));
	hdr_set(&want, T_SEVEN, 3);
	hdr_set(&want, T_COLOUR, 1);
	cr_assert(eq(uint, hdr_diff(&want, &got, d, 4), 2));
	char text[200];
	size_t n = field_diff_print(&d[0], text, sizeof text);
	cr_assert(eq(str, text, "t.seven: want 3, got 2  [RFC 0 3]"));
	cr_assert(eq(sz, n, strlen(text)));
	field_diff_print(&d[1], text, sizeof text);
	cr_assert(eq(str, text, "t.colour: want red, got green  [RFC 0 11]"));
}

Test(field, diff_counts_beyond_what_it_may_keep)
{
	struct hdr want = example(), got = example();
	for (unsigned i = T_U8; i <= T_LIGHTS; i++)
		got.v[i].u++;
	struct field_diff d[2];
	cr_assert(eq(uint, hdr_diff(&want, &got, d, 2), T_LIGHTS - T_U8 + 1));
	cr_assert(eq(str, (char *)d[1].field->name, "u16"));
	cr_assert(eq(uint, hdr_diff(&want, &got, NULL, 0), T_LIGHTS - T_U8 + 1));
}

Test(field, diff_against_a_field_that_is_not_there_says_none)
{
	struct hdr want = hdr_of(&network), got = hdr_of(&network);
	hdr_set(&want, T_U8, 0);
	struct field_diff d;
	cr_assert(eq(uint, hdr_diff(&want, &got, &d, 1), 1));
	char text[100];
	field_diff_print(&d, text, sizeof text);
	cr_assert(eq(str, text, "t.u8: want 0, got none  [RFC 0 4]"));
}

Test(field, diff_of_octets_shows_the_place_where_they_part)
{
	uint8_t a[100] = { 0 }, b[100] = { 0 };
	b[50] = 1;
	static const struct {
		size_t want_n, got_n;
		const char *text;
	} rows[] = {
		{ 2, 3, "t.rest: want 0x0000, got 0x000000" },
		{ 100, 100,
		  "t.rest: want ..[42]0x00000000000000000000000000000000000000000000000000000000.. (100 octets), "
		  "got ..[42]0x00000000000000000100000000000000000000000000000000000000.. (100 octets)" },
		{ 60, 51,
		  "t.rest: want ..[42]0x000000000000000000000000000000000000 (60 octets), "
		  "got ..[42]0x000000000000000001 (51 octets)" },
		{ 0, 41,
		  "t.rest: want 0x (0 octets), "
		  "got 0x00000000000000000000000000000000000000000000000000000000.. (41 octets)" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct hdr want = hdr_of(&network), got = hdr_of(&network);
		hdr_set_bytes(&want, T_REST, (struct bytes){ a, rows[i].want_n });
		hdr_set_bytes(&got, T_REST, (struct bytes){ b, rows[i].got_n });
		struct field_diff d;
		char text[300];
		cr_assert(eq(uint, hdr_diff(&want, &got, &d, 1), 1), "row %zu", i);
		field_diff_print(&d, text, sizeof text);
		cr_assert(eq(str, text, (char *)rows[i].text), "row %zu", i);
	}
}

Test(field, diff_text_that_is_too_long_ends_in_two_dots)
{
	struct hdr want = hdr_of(&network), got = hdr_of(&network);
	uint8_t a[64];
	memset(a, 0x11, sizeof a);
	hdr_set_bytes(&want, T_LIST, BYTES_OF(a));
	hdr_set_bytes(&got, T_LIST, BYTES_NONE);
	struct field_diff d;
	cr_assert(eq(uint, hdr_diff(&want, &got, &d, 1), 1));
	cr_assert(eq(sz, strlen(d.want), sizeof d.want - 1));
	cr_assert(eq(str, d.want + sizeof d.want - 3, ".."));
	cr_assert(eq(str, d.got, "0x"));
}

static void
compute_u8(struct hdr *h, const struct build_ctx *c)
{
	hdr_fill(h, T_U8, c->next_header);
	hdr_fill_bytes(h, T_REST, c->payload);
}

Test(field, compute_fills_only_what_was_not_given_and_gives_nothing)
{
	struct layout computed = network;
	computed.compute = compute_u8;
	static const uint8_t two[2], three[3];
	struct build_ctx c = { .next_header = 50, .payload = BYTES_OF(two) };
	struct hdr h = hdr_of(&computed);
	hdr_compute(&h, &c);
	cr_assert(eq(u64, h.v[T_U8].u, 50));
	cr_assert(eq(sz, h.v[T_REST].b.n, 2));
	cr_assert(eq(u32, h.given, 0));
	hdr_set(&h, T_U8, 6);
	hdr_set_bytes(&h, T_REST, BYTES_OF(three));
	hdr_compute(&h, &c);
	cr_assert(eq(u64, h.v[T_U8].u, 6));
	cr_assert(eq(sz, h.v[T_REST].b.n, 3));
	struct hdr plain = hdr_of(&network);
	hdr_compute(&plain, &c);
	cr_assert(eq(u64, plain.v[T_U8].u, 0));
}
