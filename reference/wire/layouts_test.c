#include "wire/checksum.h"
#include "wire/layouts.h"
#include "wire/text.h"

#include <stdio.h>
#include <stdlib.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* "name=value name=value" */
static void
give(struct hdr *h, const char *text, struct wr *store)
{
	char copy[400], *save = NULL;
	snprintf(copy, sizeof copy, "%s", text);
	for (char *p = strtok_r(copy, " ", &save); p != NULL; p = strtok_r(NULL, " ", &save)) {
		char *value = strchr(p, '=');
		cr_assert(ne(ptr, value, NULL), "%s", text);
		*value++ = '\0';
		int i = layout_field(h->lay, p);
		cr_assert(ge(int, i, 0), "%s has no %s", h->lay->name, p);
		struct err e;
		cr_assert(hdr_set_text(h, (unsigned)i, value, store, &e), "%s", e.text);
	}
}

/* A header of this layout with these fields given, over payload "hello" with the addresses of the family. */
static const uint8_t hello[] = { 'h', 'e', 'l', 'l', 'o' };
static const uint8_t src4[] = { 192, 168, 0, 1 }, dst4[] = { 192, 168, 0, 199 };
static const uint8_t src6[16] = { 0x20, 1, 0xd, 0xb8, [15] = 1 }, dst6[16] = { 0x20, 1, 0xd, 0xb8, [15] = 2 };

static struct build_ctx
ctx_of(uint8_t family)
{
	struct build_ctx c = { .payload = BYTES_OF(hello), .next_header = 50, .family = family };
	c.src = family == 6 ? BYTES_OF(src6) : BYTES_OF(src4);
	c.dst = family == 6 ? BYTES_OF(dst6) : BYTES_OF(dst4);
	return c;
}

static struct hdr
build(const struct layout *lay, const char *text, uint8_t family, struct wr *store)
{
	struct hdr h = hdr_of(lay);
	struct build_ctx c = ctx_of(family);
	give(&h, text, store);
	hdr_compute(&h, &c);
	return h;
}

/* Every header once, with its variable parts, for tests that want any good header. */
static const struct sample {
	const char *layout;
	uint8_t family;
	const char *given, *octets;
} samples[] = {
	{ "eth", 0, "dst=02:00:00:00:00:01 src=02:00:00:00:00:02 type=ip4",
	  "0x020000000001"
	  "020000000002"
	  "0800" },
	{ "arp", 0, "sha=02:00:00:00:00:02 spa=10.0.0.1 tpa=10.0.0.2",
	  "0x0001080006040001"
	  "020000000002"
	  "0a000001"
	  "000000000000"
	  "0a000002" },
	/* A header known from elsewhere: its checksum is not ours. */
	{ "ip4", 4, "total_length=115 flags=df protocol=udp src=192.168.0.1 dst=192.168.0.199",
	  "0x4500007300004000"
	  "4011b861"
	  "c0a80001"
	  "c0a800c7" },
	{ "ip4", 4, "dscp=46 ecn=ce id=1 flags=mf offset=8191 ttl=1 src=1.2.3.4 dst=5.6.7.8 options=0x94040000",
	  "0x46bb001d00013fff"
	  "0132d3dc"
	  "01020304"
	  "05060708"
	  "94040000" },
	{ "ip6", 6, "dscp=46 ecn=ect0 flow=0xabcde src=2001:db8::1 dst=2001:db8::2",
	  "0x6baabcde00053240"
	  "20010db8000000000000000000000001"
	  "20010db8000000000000000000000002" },
	{ "hbh", 6, "",
	  "0x3200"
	  "010400000000" },
	{ "hbh", 6, "options=0x05020000",
	  "0x3200"
	  "05020000"
	  "0100" },
	{ "dstopt", 6, "options=0x1e0801020304050607080000",
	  "0x3201"
	  "1e0801020304050607080000"
	  "0100" },
	{ "rh", 6, "addresses=2001:db8::3|2001:db8::4",
	  "0x3204000200000000"
	  "20010db8000000000000000000000003"
	  "20010db8000000000000000000000004" },
	{ "rh", 6, "type=2 segments_left=1 addresses=2001:db8::3",
	  "0x3202020100000000"
	  "20010db8000000000000000000000003" },
	{ "frag", 6, "offset=185 m=1 id=0xdeadbeef",
	  "0x320005c9"
	  "deadbeef" },
	{ "ah", 4, "spi=0x1001 seq=1 icv=0x0102030405060708090a0b0c",
	  "0x32040000"
	  "00001001"
	  "00000001"
	  "0102030405060708090a0b0c" },
	{ "ah", 6, "spi=0x1001 seq=1 icv=0x0102030405060708090a0b0c0d0e0f10",
	  "0x32060000"
	  "00001001"
	  "00000001"
	  "0102030405060708090a0b0c0d0e0f10"
	  "00000000" },
	{ "esp", 4, "spi=0x1001 seq=0x100000002",
	  "0x00001001"
	  "00000002" },
	{ "udp", 4, "sport=5000 dport=7",
	  "0x13880007"
	  "000d265a" },
	{ "udp", 6, "sport=5000 dport=7",
	  "0x13880007"
	  "000d4cfe" },
	{ "tcp", 4, "sport=1025 dport=80 seq=1 ack=2 flags=syn|ack window=512 options=0x020405b4",
	  "0x04010050"
	  "00000001"
	  "00000002"
	  "60120200"
	  "cbd20000"
	  "020405b4" },
	{ "tcp", 6, "sport=1025 dport=80 flags=syn options=0x030307",
	  "0x04010050"
	  "00000000"
	  "00000000"
	  "60020000"
	  "f23e0000"
	  "03030700" },
	{ "echo", 4, "id=1 seq=2",
	  "0x0800b42a"
	  "00010002" },
	{ "echo-reply", 4, "id=1 seq=2",
	  "0x0000bc2a"
	  "00010002" },
	{ "icmp", 4, "type=unreachable code=4 rest=1400",
	  "0x0304b3b1"
	  "00000578" },
	{ "echo", 6, "id=1 seq=2",
	  "0x8000e06d"
	  "00010002" },
	{ "echo-reply", 6, "id=1 seq=2",
	  "0x8100df6d"
	  "00010002" },
	{ "icmp", 6, "type=packet-too-big rest=1280",
	  "0x02005971"
	  "00000500" },
	{ "ipcomp", 4, "cpi=deflate", "0x32000002" },
	{ "ah-old", 4, "spi=0x1001 icv=0x01020304",
	  "0x3201000000001001"
	  "01020304" },
	{ "esp-old", 4, "spi=0x1001", "0x00001001" },
};

static struct hdr
build_sample(const struct sample *s, struct wr *store)
{
	const struct layout *lay = layout_by_name(s->layout, s->family);
	cr_assert(ne(ptr, (void *)lay, NULL), "%s", s->layout);
	return build(lay, s->given, s->family, store);
}

Test(layouts, samples_cover_every_layout)
{
	for (size_t i = 0; layouts[i] != NULL; i++) {
		unsigned n = 0;
		for (size_t s = 0; s < COUNT(samples); s++)
			n += layout_by_name(samples[s].layout, samples[s].family) == layouts[i];
		cr_assert(ge(uint, n, 1), "%s", layouts[i]->title);
	}
}

Test(layouts, computed_headers_are_these_octets)
{
	for (size_t i = 0; i < COUNT(samples); i++) {
		uint8_t octets[128], given[128];
		struct wr w = wr_of(octets, sizeof octets), store = wr_of(given, sizeof given);
		struct hdr h = build_sample(&samples[i], &store);
		hdr_put(&h, &w, false);
		char hex[300];
		struct text t = text_of(hex, sizeof hex);
		text_add_hex(&t, wr_done(&w));
		cr_assert(eq(str, hex, (char *)samples[i].octets), "%s(%s)", samples[i].layout, samples[i].given);
		cr_assert(eq(sz, hdr_size(&h), w.n), "%s", samples[i].layout);
	}
}

/* What parsing gives to one of two neighbours, building may have split: options and padding, icv and padding. */
static bool
is_split(const struct layout *lay, unsigned i)
{
	return lay->fields[i].bits == 0 && layout_field(lay, "padding") >= 0;
}

Test(layouts, every_header_comes_back_from_its_octets)
{
	for (size_t i = 0; i < COUNT(samples); i++) {
		uint8_t octets[128], given[128], again[128];
		struct wr w = wr_of(octets, sizeof octets), store = wr_of(given, sizeof given);
		struct hdr want = build_sample(&samples[i], &store), got;
		hdr_put(&want, &w, false);
		struct rd r = rd_of(wr_done(&w));
		struct err e;
		cr_assert(hdr_get(&got, want.lay, &r, false, &e), "%s: %s", samples[i].layout, e.text);
		cr_assert(eq(sz, rd_left(&r), 0), "%s", samples[i].layout);
		for (unsigned f = 0; f < want.lay->n; f++) {
			if (!hdr_given(&got, f) || is_split(want.lay, f))
				continue;
			const struct field *field = &want.lay->fields[f];
			char a[200], b[200];
			field_print(field, &want.v[f], a, sizeof a);
			field_print(field, &got.v[f], b, sizeof b);
			bool cut = want.lay == &layout_esp && f == ESP_SEQ; /* its high half does not travel */
			if (!cut && !(field_is_octets(field) && want.v[f].b.n == 0))
				cr_assert(eq(str, a, b), "%s.%s", samples[i].layout, field->name);
		}
		w = wr_of(again, sizeof again);
		hdr_put(&got, &w, false);
		cr_assert(bytes_equal(wr_done(&w), (struct bytes){ octets, hdr_size(&want) }), "%s", samples[i].layout);
	}
}

Test(layouts, every_shorter_prefix_of_every_header_is_short)
{
	for (size_t i = 0; i < COUNT(samples); i++) {
		uint8_t octets[128], given[128];
		struct wr w = wr_of(octets, sizeof octets), store = wr_of(given, sizeof given);
		struct hdr want = build_sample(&samples[i], &store), got;
		hdr_put(&want, &w, false);
		for (size_t n = 0; n < w.n; n++) {
			uint8_t *copy = malloc(n > 0 ? n : 1);
			memcpy(copy, octets, n);
			struct rd r = rd_of((struct bytes){ copy, n });
			struct err e = { 0 };
			cr_assert(not(hdr_get(&got, want.lay, &r, false, &e)), "%s at %zu", samples[i].layout, n);
			cr_assert(eq(int, (int)e.code, ERR_SHORT), "%s at %zu", samples[i].layout, n);
			cr_assert(r.bad, "%s at %zu", samples[i].layout, n);
			free(copy);
		}
	}
}

Test(layouts, any_octets_parse_or_are_short_and_what_parses_is_written_back)
{
	uint64_t state = 0x2545f4914f6cdd1d;
	for (int round = 0; round < 4000; round++) {
		size_t n = (size_t)(state >> 20) % 96;
		uint8_t *copy = malloc(n > 0 ? n : 1), again[2200];
		for (size_t i = 0; i < n; i++) {
			state = state * 6364136223846793005u + 1442695040888963407u;
			copy[i] = (uint8_t)(state >> 33);
		}
		state = state * 6364136223846793005u + 1442695040888963407u;
		for (size_t l = 0; layouts[l] != NULL; l++) {
			struct rd r = rd_of((struct bytes){ copy, n });
			struct hdr h;
			struct err e = { 0 };
			if (!hdr_get(&h, layouts[l], &r, false, &e)) {
				cr_assert(eq(int, (int)e.code, ERR_SHORT), "round %d %s", round, layouts[l]->title);
				continue;
			}
			struct wr w = wr_of(again, sizeof again);
			hdr_put(&h, &w, false);
			cr_assert(bytes_equal(wr_done(&w), (struct bytes){ copy, r.at }), "round %d %s", round,
				  layouts[l]->title);
		}
		free(copy);
	}
}

Test(layouts, tables_are_whole)
{
	for (size_t l = 0; layouts[l] != NULL; l++) {
		const struct layout *lay = layouts[l];
		cr_assert(le(uint, lay->n, HDR_MAX), "%s", lay->title);
		cr_assert(ne(ptr, (void *)lay->clause, NULL), "%s", lay->title);
		unsigned bits = 0, variable = 0;
		for (unsigned i = 0; i < lay->n; i++) {
			const struct field *f = &lay->fields[i];
			cr_assert(ne(ptr, (void *)f->name, NULL), "%s field %u", lay->title, i);
			cr_assert(eq(int, layout_field(lay, f->name), (int)i), "%s.%s is there twice", lay->title,
				  f->name);
			cr_assert(eq(int, strncmp(f->clause, "RFC ", 4), 0), "%s.%s", lay->title, f->name);
			cr_assert(field_is_octets(f) || f->bits > 0, "%s.%s", lay->title, f->name);
			bits += f->bits;
			variable += f->bits == 0;
		}
		cr_assert(eq(uint, bits % 8, 0), "%s", lay->title);
		cr_assert(variable == 0 || lay->var_len != NULL || lay->head > 0, "%s", lay->title);
	}
}

Test(layouts, are_found_by_exact_name_and_by_family)
{
	static const struct {
		const char *name;
		uint8_t family;
		const struct layout *lay;
		int protocol, next;
	} rows[] = {
		{ "eth", 0, &layout_eth, -1, -1 },
		{ "arp", 4, &layout_arp, -1, -1 },
		{ "ip4", 6, &layout_ip4, 4, IP4_PROTOCOL },
		{ "ip6", 0, &layout_ip6, 41, IP6_NEXT_HEADER },
		{ "ip", 4, &layout_ip4, 4, IP4_PROTOCOL },
		{ "ip", 6, &layout_ip6, 41, IP6_NEXT_HEADER },
		{ "hbh", 6, &layout_hbh, 0, EXT_NEXT_HEADER },
		{ "dstopt", 6, &layout_dstopt, 60, EXT_NEXT_HEADER },
		{ "rh", 6, &layout_rh, 43, RH_NEXT_HEADER },
		{ "frag", 6, &layout_frag, 44, FRAG_NEXT_HEADER },
		{ "ah", 4, &layout_ah, 51, AH_NEXT_HEADER },
		{ "esp", 4, &layout_esp, 50, ESP_NEXT_HEADER },
		{ "udp", 4, &layout_udp, 17, -1 },
		{ "tcp", 4, &layout_tcp, 6, -1 },
		{ "icmp", 4, &layout_icmp4, 1, -1 },
		{ "icmp", 6, &layout_icmp6, 58, -1 },
		{ "icmp6", 4, &layout_icmp6, 58, -1 },
		{ "echo", 4, &layout_echo4, 1, -1 },
		{ "echo", 6, &layout_echo6, 58, -1 },
		{ "echo-reply", 4, &layout_echo_reply4, 1, -1 },
		{ "echo-reply", 6, &layout_echo_reply6, 58, -1 },
		{ "echo-reply6", 0, &layout_echo_reply6, 58, -1 },
		{ "ipcomp", 0, &layout_ipcomp, 108, IPCOMP_NEXT_HEADER },
		{ "ah-old", 0, &layout_ah_old, 51, AH_OLD_NEXT_HEADER },
		{ "esp-old", 0, &layout_esp_old, 50, ESP_OLD_PAYLOAD_TYPE },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct layout *lay = layout_by_name(rows[i].name, rows[i].family);
		cr_assert(eq(ptr, (void *)lay, (void *)rows[i].lay), "%s family %u", rows[i].name, rows[i].family);
		cr_assert(eq(int, layout_protocol(lay), rows[i].protocol), "%s", rows[i].name);
		cr_assert(eq(int, layout_next_field(lay), rows[i].next), "%s", rows[i].name);
	}
	static const struct {
		const char *name;
		uint8_t family;
	} unknown[] = {
		{ "echo", 0 }, { "ip", 5 },     { "", 4 },     { "i", 4 },
		{ "gre", 4 },  { "ah", 4 | 8 }, { "udp6", 6 }, { "a-name-that-is-much-longer-than-any", 4 },
	};
	for (size_t i = 0; i < COUNT(unknown); i++) {
		bool found = layout_by_name(unknown[i].name, unknown[i].family) != NULL;
		cr_assert(eq(int, found, strcmp(unknown[i].name, "ah") == 0), "%s", unknown[i].name);
	}
	struct layout stranger = layout_udp;
	cr_assert(eq(int, layout_protocol(&stranger), -1));
	cr_assert(eq(int, layout_next_field(&stranger), -1));
}

Test(layouts, follow_protocol_numbers_and_icmp_types)
{
	static const struct {
		uint8_t protocol;
		int type;
		const struct layout *lay;
	} rows[] = {
		{ 0, 0, &layout_hbh },
		{ 4, 0x45, &layout_ip4 },
		{ 41, 0x60, &layout_ip6 },
		{ 43, 0, &layout_rh },
		{ 44, 0, &layout_frag },
		{ 50, 0, &layout_esp },
		{ 51, 0, &layout_ah },
		{ 60, 0, &layout_dstopt },
		{ 108, 0, &layout_ipcomp },
		{ 6, 0, &layout_tcp },
		{ 17, 0, &layout_udp },
		{ 1, 8, &layout_echo4 },
		{ 1, 0, &layout_echo_reply4 },
		{ 1, 3, &layout_icmp4 },
		{ 1, -1, &layout_icmp4 },
		{ 1, 128, &layout_icmp4 },
		{ 58, 128, &layout_echo6 },
		{ 58, 129, &layout_echo_reply6 },
		{ 58, 2, &layout_icmp6 },
		{ 58, 8, &layout_icmp6 },
		{ 58, -1, &layout_icmp6 },
		{ 59, 0, NULL },
		{ 47, 0, NULL },
		{ 255, 0, NULL },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t first = (uint8_t)rows[i].type;
		struct bytes rest = { &first, rows[i].type >= 0 };
		const struct layout *lay = layout_for_protocol(rows[i].protocol, rest);
		cr_assert(eq(ptr, (void *)lay, (void *)rows[i].lay), "protocol %u type %d", rows[i].protocol,
			  rows[i].type);
	}
}

Test(layouts, every_protocol_of_a_layout_has_a_name)
{
	for (size_t l = 0; layouts[l] != NULL; l++) {
		int protocol = layout_protocol(layouts[l]);
		if (protocol >= 0)
			cr_assert(ne(ptr, (void *)names_name(ip_protos, (uint64_t)protocol), NULL), "%s",
				  layouts[l]->title);
	}
	cr_assert(eq(str, (char *)names_name(ip_protos, 0), "hbh"));
	cr_assert(eq(str, (char *)names_name(ip_protos, 1), "icmp"));
}

Test(layouts, what_is_given_goes_out_as_written)
{
	static const struct {
		const char *layout;
		uint8_t family;
		const char *given, *octets;
	} rows[] = {
		/* the checksum still covers the wrong fields; no padding is added under a given length */
		{ "ip4", 4, "version=5 ihl=4 total_length=1 checksum=0xbad",
		  "0x54000001000000004032"
		  "0bad0000000000000000" },
		{ "ip4", 4, "version=6 total_length=0",
		  "0x650000000000000040325acd"
		  "0000000000000000" },
		{ "ip4", 4, "ihl=15 options=0x01",
		  "0x4f00001a000000004032"
		  "6fb3"
		  "000000000000000001" },
		{ "ip4", 4, "options=0x010101",
		  "0x4600001d000000004032"
		  "77af"
		  "0000000000000000"
		  "01010100" },
		{ "hbh", 6, "length=3", "0x3203010400000000" },
		{ "hbh", 6, "length=0 options=0x05", "0x320005" },
		{ "hbh", 6, "padding=0x00", "0x320000" },
		{ "dstopt", 6, "next_header=none options=0x", "0x3b00010400000000" },
		{ "rh", 6, "length=1 segments_left=9 addresses=::1",
		  "0x3201000900000000"
		  "00000000000000000000000000000001" },
		{ "ah", 4, "payload_len=0 icv=0xff reserved=0xffff", "0x3200ffff0000000000000000ff000000" },
		{ "ah", 6, "icv=0x0102030405060708090a0b0c padding=0x00000000",
		  "0x320500000000000000000000"
		  "0102030405060708090a0b0c00000000" },
		{ "ah", 4, "icv=0xff padding=0x", "0x320200000000000000000000ff" },
		{ "udp", 4, "length=7 checksum=0", "0x0000000000070000" },
		{ "tcp", 4, "data_offset=15 checksum=1 options=0x01",
		  "0x000000000000000000000000f0000000"
		  "0001000001" },
		{ "icmp", 4, "checksum=0x1234", "0x0300123400000000" },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t octets[128], given[128];
		struct wr w = wr_of(octets, sizeof octets), store = wr_of(given, sizeof given);
		struct hdr h =
			build(layout_by_name(rows[i].layout, rows[i].family), rows[i].given, rows[i].family, &store);
		hdr_put(&h, &w, false);
		char hex[300];
		struct text t = text_of(hex, sizeof hex);
		text_add_hex(&t, wr_done(&w));
		cr_assert(eq(str, hex, (char *)rows[i].octets), "%s(%s)", rows[i].layout, rows[i].given);
	}
}

Test(layouts, ext_padding_is_options_that_fill_the_unit)
{
	static const uint8_t options[] = { 0x1e, 18, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18 };
	for (uint8_t n = 2; n <= sizeof options; n++) {
		uint8_t given[sizeof options], octets[64];
		memcpy(given, options, n);
		given[1] = (uint8_t)(n - 2);
		struct hdr h = hdr_of(&layout_dstopt);
		struct build_ctx c = ctx_of(6);
		hdr_set_bytes(&h, EXT_OPTIONS, (struct bytes){ given, n });
		hdr_compute(&h, &c);
		struct wr w = wr_of(octets, sizeof octets);
		hdr_put(&h, &w, false);
		cr_assert(eq(sz, w.n, ((size_t)n + 2 + 7) / 8 * 8), "%u octets of options", n);
		cr_assert(eq(u64, (h.v[EXT_LENGTH].u + 1) * 8, w.n), "%u octets of options", n);
		struct rd r = rd_of(bytes_slice(wr_done(&w), 2, w.n));
		struct ip_option o;
		unsigned found = 0;
		for (; ip6_option_next(&r, &o); found++)
			cr_assert(eq(u8, o.type,
				     found == 0                        ? 0x1e
				     : o.data.n == 0 && o.whole.n == 1 ? 0
								       : 1),
				  "%u octets of options", n);
		cr_assert(not(r.bad), "%u octets of options", n);
		cr_assert(eq(uint, found, (n + 2) % 8 == 0 ? 1 : 2), "%u octets of options", n);
	}
}

/* The definition again, over header and payload written one behind the other. */
static uint16_t
whole_checksum(const struct hdr *h, const struct build_ctx *c, uint8_t protocol)
{
	uint8_t octets[256];
	struct wr w = wr_of(octets, sizeof octets);
	hdr_put(h, &w, false);
	wr_bytes(&w, c->payload);
	if (protocol == 0)
		return checksum_finish(checksum_add(0, wr_done(&w)));
	return checksum_upper(c->src, c->dst, protocol, wr_done(&w));
}

Test(layouts, checksums_hold_for_every_length_of_options_and_payload)
{
	static const struct {
		const struct layout *lay;
		unsigned options;
		uint8_t family, protocol;
	} rows[] = {
		{ &layout_tcp, TCP_OPTIONS, 4, 6 }, { &layout_tcp, TCP_OPTIONS, 6, 6 },
		{ &layout_udp, UDP_NF, 4, 17 },     { &layout_udp, UDP_NF, 6, 17 },
		{ &layout_echo4, ICMP_NF, 4, 0 },   { &layout_icmp4, ICMPE_NF, 4, 0 },
		{ &layout_echo6, ICMP_NF, 6, 58 },  { &layout_icmp6, ICMPE_NF, 6, 58 },
	};
	uint8_t octets[64];
	for (size_t i = 0; i < sizeof octets; i++)
		octets[i] = (uint8_t)(i * 37 + 11);
	for (size_t i = 0; i < COUNT(rows); i++) {
		for (size_t n = 0; n < 30 * 12; n++) {
			struct build_ctx c = ctx_of(rows[i].family);
			struct hdr h = hdr_of(rows[i].lay);
			c.payload = (struct bytes){ octets, n / 12 };
			if (rows[i].options < rows[i].lay->n) {
				hdr_set_bytes(&h, rows[i].options, (struct bytes){ octets + 3, n % 12 });
				hdr_set(&h, TCP_DATA_OFFSET, 5); /* nothing is added: odd lengths stay odd */
			}
			hdr_compute(&h, &c);
			cr_assert(eq(u16, whole_checksum(&h, &c, rows[i].protocol), 0), "%s family %u n %zu",
				  rows[i].lay->name, rows[i].family, n);
		}
	}
}

Test(layouts, udp_checksum_covers_what_length_says_and_is_never_zero)
{
	struct build_ctx c = ctx_of(4);
	struct hdr h = hdr_of(&layout_udp);
	hdr_set(&h, UDP_LENGTH, 8 + 3);
	hdr_compute(&h, &c);
	c.payload = bytes_slice(c.payload, 0, 3);
	cr_assert(eq(u16, whole_checksum(&h, &c, 17), 0));
	/* A length that cannot be is not followed. */
	for (uint64_t length = 0; length < 20; length = length == 7 ? 14 : length + 1) {
		struct build_ctx all = ctx_of(4);
		struct hdr odd = hdr_of(&layout_udp);
		hdr_set(&odd, UDP_LENGTH, length);
		hdr_compute(&odd, &all);
		cr_assert(eq(u16, whole_checksum(&odd, &all, 17), 0), "length %u", (unsigned)length);
	}
	/* A source port that makes the sum come out as zero: it is sent as all ones. */
	h = hdr_of(&layout_udp);
	hdr_compute(&h, &c);
	uint64_t port = h.v[UDP_CHECKSUM].u;
	h = hdr_of(&layout_udp);
	hdr_set(&h, UDP_SPORT, port);
	hdr_compute(&h, &c);
	cr_assert(eq(u64, h.v[UDP_CHECKSUM].u, 0xffff));
}

Test(layouts, esp_has_only_its_head_on_the_wire)
{
	uint8_t octets[64];
	struct wr w = wr_of(octets, sizeof octets);
	struct hdr h = hdr_of(&layout_esp);
	for (unsigned i = 0; i < ESP_NF; i++) {
		if (field_is_octets(&layout_esp.fields[i]))
			hdr_set_bytes(&h, i, BYTES_OF(hello));
		else
			hdr_set(&h, i, 9);
	}
	hdr_put(&h, &w, false);
	cr_assert(eq(sz, w.n, 8));
	cr_assert(eq(sz, hdr_size(&h), 8));
	wr_fill(&w, 0, 20);
	struct rd r = rd_of(wr_done(&w));
	cr_assert(hdr_get(&h, &layout_esp, &r, false, NULL));
	cr_assert(eq(u32, h.given, 1u << ESP_SPI | 1u << ESP_SEQ));
	cr_assert(eq(sz, rd_left(&r), 20));
	cr_assert(eq(sz, h.v[ESP_ICV].b.n, 0));
}

Test(layouts, eth_type_follows_the_next_header)
{
	static const struct {
		uint8_t next;
		uint64_t type;
	} rows[] = { { 4, 0x800 }, { 41, 0x86dd }, { 59, 0 } };
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct hdr h = hdr_of(&layout_eth);
		struct build_ctx c = { .next_header = rows[i].next };
		hdr_compute(&h, &c);
		cr_assert(eq(u64, h.v[ETH_TYPE].u, rows[i].type), "row %zu", i);
	}
}
