/* What follows '|': each alteration on finished IPv4 and IPv6 datagrams, lengths and checksums, fragments, and on messages. */
#include "runner/test_lab.h"

#include "wire/checksum.h"

static struct lab lab;
static uint8_t octets[4096];

static void
begin(void)
{
	lab_open(&lab);
}

static void
end(void)
{
	lab_close(&lab);
}

TestSuite(alter, .init = begin, .fini = end);

struct sent {
	struct bytes was; /* before the bar */
	struct composed composed;
	struct altered now;
	struct resolved *r;
};

static bool
send(uint8_t family, const char *line, struct sent *x, struct err *e)
{
	const struct step *st = lab_stage(&lab, family, false, line);
	struct stage *s = &lab.stage;
	struct wr w = wr_of(octets, sizeof octets);
	x->r = arena_alloc(s->arena, sizeof *x->r);
	cr_assert(notation_packet(s, st->packet, TO_TARGET, 1, x->r, e), "%s: %s", line, e->text);
	cr_assert(packet_compose(&x->r->packet, x->r->sa, lab.engine.random, &w, &s->composed, e), "%s: %s", line,
		  e->text);
	x->was = wr_done(&w);
	x->composed = s->composed;
	return alter_apply(s, st->packet->mods, x->was, x->r, &x->now, e);
}

static struct sent
sent(uint8_t family, const char *line)
{
	struct err e = { 0 };
	struct sent x;
	cr_assert(send(family, line, &x, &e), "%s: %s", line, e.text);
	return x;
}

static uint64_t
at(struct bytes b, size_t offset, unsigned n)
{
	struct rd r = rd_of(b);
	rd_skip(&r, offset);
	return rd_uint(&r, n);
}

static size_t
ip_length(struct bytes b)
{
	return at(b, 0, 1) >> 4 == 6 ? at(b, 4, 2) + 40 : at(b, 2, 2);
}

static bool
checksum_holds(struct bytes b)
{
	return at(b, 0, 1) >> 4 == 6 ||
	       checksum_finish(checksum_add(0, bytes_slice(b, 0, (at(b, 0, 1) & 15) * 4))) == 0;
}

/* How many octets differ, and where the first does. */
static unsigned
changed(struct bytes a, struct bytes b, size_t *first)
{
	unsigned n = 0;
	for (size_t i = 0; i < a.n && i < b.n; i++)
		if (at(a, i, 1) != at(b, i, 1) && n++ == 0)
			*first = i;
	return n;
}

Test(alter, without_alterations_the_datagram_goes_out_as_it_is)
{
	struct sent x = sent(4, "> esp/echo");
	cr_assert(eq(u32, x.now.n, 1));
	cr_expect(bytes_equal(x.now.datagram[0], x.was));
	cr_expect(eq(u32, x.now.times, 1));
	cr_expect(eq(sz, x.now.trail, 0));
}

/* Offsets from the end of the packet: the ICV of HMAC-SHA-1-96 is its last 12 octets. */
static const struct {
	const char *line;
	size_t from_end;
	unsigned bit;
} flips[] = {
	{ "> esp/echo | flip icv", 12, 0 },
	{ "> esp/echo | flip icv octet 1", 11, 0 },
	{ "> esp/echo | flip icv 2 bit 7", 10, 7 },
	{ "> esp/echo | flip icv last", 1, 0 },
	{ "> esp/echo | flip icv octet last bit 3", 1, 3 },
	{ "> esp/echo | flip icv middle", 6, 0 },
	{ "> esp/echo | flip icv bit 4", 12, 4 },
	{ "> esp/echo | flip packet last", 1, 0 },
	{ "> esp/echo | flip icv $n", 7, 0 },
	{ "> esp/echo | flip esp last", 1, 0 },
};

Test(alter, flip_changes_one_bit_where_it_says)
{
	for (uint8_t family = 4; family <= 6; family += 2) {
		for (size_t i = 0; i < COUNT(flips); i++) {
			struct sent x = sent(family, flips[i].line);
			struct bytes got = x.now.datagram[0];
			size_t first = 0;
			cr_assert(eq(sz, got.n, x.was.n));
			cr_expect(eq(u32, changed(got, x.was, &first), 1), "%s", flips[i].line);
			cr_expect(eq(sz, got.n - first, flips[i].from_end), "%s", flips[i].line);
			cr_expect(eq(u64, at(got, first, 1) ^ at(x.was, first, 1), 1u << flips[i].bit), "%s",
				  flips[i].line);
		}
	}
}

Test(alter, places_are_those_of_the_packet)
{
	static const struct {
		const char *where;
		size_t offset;
	} rows[] = {
		{ "packet", 0 }, { "esp", 0 }, { "iv", 8 }, { "body", 24 }, { "icv", 56 },
	};
	for (uint8_t family = 4; family <= 6; family += 2) {
		size_t head = family == 4 ? 20 : 40;
		for (size_t i = 1; i < COUNT(rows); i++) {
			char line[100];
			size_t first = 0;
			snprintf(line, sizeof line, "> esp/echo(size=16) | flip %s", rows[i].where);
			struct sent x = sent(family, line);
			cr_expect(eq(u32, changed(x.now.datagram[0], x.was, &first), 1), "%s", line);
			cr_expect(eq(sz, first, head + rows[i].offset), "%s", line);
		}
		size_t first = 0;
		struct sent x = sent(family, "> udp(7)/\"abc\" | flip payload | flip udp 7");
		cr_expect(eq(u32, changed(x.now.datagram[0], x.was, &first), 2));
		cr_expect(eq(sz, first, head + 7));
		x = sent(family, "> ah/echo | flip icv | flip ip 1");
		cr_expect(eq(u64, at(x.now.datagram[0], 1, 1) ^ at(x.was, 1, 1), 1));
		cr_expect(eq(u64, at(x.now.datagram[0], head + 12, 1) ^ at(x.was, head + 12, 1), 1));
	}
}

Test(alter, the_checksum_is_made_right_again_unless_raw)
{
	struct sent x = sent(4, "> echo | flip ip 8");
	cr_expect(checksum_holds(x.now.datagram[0]));
	x = sent(4, "> echo | flip ip 8 | raw");
	cr_expect(not(checksum_holds(x.now.datagram[0])));
	x = sent(4, "> echo | set ip ttl 1");
	cr_expect(checksum_holds(x.now.datagram[0]));
	cr_expect(eq(u64, at(x.now.datagram[0], 8, 1), 1));
}

Test(alter, checksum_is_that_of_the_udp_header_in_clear)
{
	for (uint8_t family = 4; family <= 6; family += 2) {
		size_t head = family == 6 ? 40 : 20, addr = family == 6 ? 16 : 4, src = family == 6 ? 8 : 12;
		struct sent x = sent(family, "> udp(sport=4500, dport=4500, checksum=0)/\"odd\" | checksum");
		struct bytes d = x.now.datagram[0];
		cr_expect(at(d, head + 6, 2) != 0);
		cr_expect(zero(u16, checksum_upper(bytes_slice(d, src, addr), bytes_slice(d, src + addr, addr), 17,
						   bytes_slice(d, head, SIZE_MAX))));
		struct err e = { 0 };
		cr_expect(not(send(family, "> esp/udp | checksum", &x, &e)), "there is none in clear");
	}
}

Test(alter, headers_stand_in_front_of_all_others)
{
	struct sent x = sent(6, "> esp/echo | headers 3");
	struct bytes d = x.now.datagram[0];
	cr_expect(eq(sz, d.n, x.was.n + 24));
	cr_expect(eq(sz, ip_length(d), d.n));
	cr_expect(eq(u64, at(d, 6, 1), 60));
	cr_expect(eq(u64, at(d, 40, 1), 60));
	cr_expect(eq(u64, at(d, 56, 1), 50));
	cr_expect(bytes_equal(bytes_slice(d, 64, SIZE_MAX), bytes_slice(x.was, 40, SIZE_MAX)));
	struct err e = { 0 };
	cr_expect(not(send(4, "> esp/echo | headers 3", &x, &e)));
}

Test(alter, set_writes_a_field_of_a_header)
{
	struct sent x = sent(4, "> ah/udp(7) | set ah spi 0x12345678 | set ip ttl $n | set udp dport 9");
	struct bytes got = x.now.datagram[0];
	cr_expect(eq(u64, at(got, 24, 4), 0x12345678));
	cr_expect(eq(u64, at(got, 8, 1), 5));
	cr_expect(eq(u64, at(got, x.composed.layer[2].at + 2, 2), 9));
	x = sent(6, "> udp(7) | set ip6 hop_limit 3 | set ip6 dst 2001:db8::9");
	cr_expect(eq(u64, at(x.now.datagram[0], 7, 1), 3));
	cr_expect(eq(u64, at(x.now.datagram[0], 36, 4), 9));
}

Test(alter, fill_writes_every_octet_of_a_place)
{
	struct sent x = sent(4, "> esp/echo | fill icv 0xab");
	for (size_t i = 1; i <= 12; i++)
		cr_expect(eq(u64, at(x.now.datagram[0], x.was.n - i, 1), 0xab), "%zu", i);
	size_t first = 0;
	cr_expect(changed(x.now.datagram[0], x.was, &first) <= 12);
}

Test(alter, lengths)
{
	static const struct {
		const char *mod;
		int octets, ip;
		size_t trail;
	} rows[] = {
		{ "cut 3", -3, -3, 0 }, { "truncate 3", -3, 0, 0 },
		{ "keep 44", 0, 0, 0 }, { "extend 5", 5, 5, 0 },
		{ "trail 6", 0, 0, 6 }, { "keep 9999", 0, 0, 0 },
		{ "cut 0", 0, 0, 0 },   { "extend 5 | truncate 2", 3, 5, 0 },
	};
	for (uint8_t family = 4; family <= 6; family += 2) {
		for (size_t i = 0; i < COUNT(rows); i++) {
			char line[100];
			snprintf(line, sizeof line, "> esp/echo(size=20) | %s", rows[i].mod);
			struct sent x = sent(family, line);
			struct bytes got = x.now.datagram[0];
			size_t want = (size_t)((int)x.was.n + rows[i].octets), ip = (size_t)((int)x.was.n + rows[i].ip);
			if (strcmp(rows[i].mod, "keep 44") == 0)
				want = ip = 44;
			cr_expect(eq(sz, got.n, want), "%s", line);
			cr_expect(eq(sz, ip_length(got), ip), "%s", line);
			cr_expect(eq(sz, x.now.trail, rows[i].trail), "%s", line);
			cr_expect(checksum_holds(got), "%s", line);
		}
	}
}

Test(alter, times)
{
	cr_expect(eq(u32, sent(4, "> echo | times 3").now.times, 3));
	cr_expect(eq(u32, sent(4, "> echo | times 0").now.times, 0));
}

/* --- fragments ------------------------------------------------------------------------------- */

/* Puts the parts together again by their own offsets. */
static void
expect_whole(const struct sent *x, uint8_t family, const char *line)
{
	static uint8_t joined[4096];
	size_t head = family == 4 ? 20 : 40, skip = family == 4 ? 20 : 48, covered = 0;
	for (unsigned i = 0; i < x->now.n; i++) {
		struct bytes d = x->now.datagram[i], part = bytes_slice(d, skip, d.n - skip);
		uint64_t word = at(d, family == 4 ? 6 : 42, 2);
		size_t offset = family == 4 ? (word & 0x1fff) * 8 : word & ~7u;
		bool more = family == 4 ? word >> 13 & 1 : word & 1;
		cr_expect(eq(sz, ip_length(d), d.n), "%s: part %u", line, i);
		cr_expect(checksum_holds(d), "%s: part %u", line, i);
		cr_expect(eq(int, more, offset + part.n < x->was.n - head), "%s: part %u", line, i);
		cr_expect(eq(u64, at(d, family == 4 ? 4 : 44, family == 4 ? 2 : 4),
			     at(x->now.datagram[0], family == 4 ? 4 : 44, family == 4 ? 2 : 4)),
			  "%s: parts of one datagram share an identification", line);
		if (family == 6) {
			cr_expect(eq(u64, at(d, 6, 1), 44));
			cr_expect(eq(u64, at(d, 40, 1), at(x->was, 6, 1)));
		}
		struct wr w = wr_of(joined + offset, sizeof joined - offset);
		wr_bytes(&w, part);
		covered += part.n;
	}
	cr_expect(eq(sz, covered, x->was.n - head), "%s", line);
	cr_expect(bytes_equal((struct bytes){ joined, covered }, bytes_slice(x->was, head, covered)), "%s", line);
}

Test(alter, fragments_make_the_datagram_again)
{
	static const struct {
		const char *line;
		unsigned n4, n6;
	} rows[] = {
		{ "> esp/echo(size=100) | fragment 64", 3, 3 },
		{ "> echo(size=16) | fragment 8", 3, 3 },
		{ "> echo(size=17) | fragment 16 | reverse", 2, 2 },
		{ "> echo | fragment 64", 1, 1 },
	};
	for (uint8_t family = 4; family <= 6; family += 2) {
		for (size_t i = 0; i < COUNT(rows); i++) {
			struct sent x = sent(family, rows[i].line);
			cr_expect(eq(u32, x.now.n, family == 4 ? rows[i].n4 : rows[i].n6), "%s", rows[i].line);
			expect_whole(&x, family, rows[i].line);
		}
	}
}

Test(alter, fragments_can_be_picked)
{
	struct sent all = sent(4, "> echo(id=1, seq=1, size=24) | fragment 8");
	struct bytes third = all.now.datagram[2];
	uint64_t offset = at(third, 6, 2);
	struct sent x = sent(4, "> echo(id=1, seq=1, size=24) | fragment 8 | only 2");
	cr_expect(eq(u32, x.now.n, 1));
	cr_expect(eq(u64, at(x.now.datagram[0], 6, 2), offset));
	x = sent(4, "> echo(id=1, seq=1, size=24) | fragment 8 | skip 2");
	cr_expect(eq(u32, x.now.n, 3));
	cr_expect(ne(u64, at(x.now.datagram[2], 6, 2), offset));
	x = sent(4, "> echo(size=24) | flip ip 8 | raw | fragment 8");
	cr_expect(eq(u32, x.now.n, 4));
}

/* --- errors ---------------------------------------------------------------------------------- */

Test(alter, errors_say_where)
{
	static const struct {
		const char *line, *want;
	} rows[] = {
		{ "> echo | flip icv", "4:10: | flip: this packet has no 'icv' outside its ciphertext" },
		{ "> esp/echo | flip payload", "4:14: | flip: this packet has no 'payload' outside its ciphertext" },
		{ "> esp/echo | flip icv 12", "4:14: | flip icv: want an octet below 12, got 12" },
		{ "> esp/echo | flip", "4:14: | flip: this packet has no '' outside its ciphertext" },
		{ "> echo | set ip", "4:10: | set: want layer, field and value" },
		{ "> echo | set ip tll 3", "4:10: | set: ip has no field 'tll'" },
		{ "> echo | set ip ttl 300", "4:21: ip4: ip4.ttl: want 8 bits, got 300" },
		{ "> echo | cut 1000", "4:10: | cut: the packet has only 28 octets" },
		{ "> echo | cut", "4:10: | cut: want a number" },
		{ "> echo | cut $gone", "4:14: no variable $gone" },
		{ "> echo | keep x", "4:15: want a number, got 'x'" },
		{ "> echo | extend 100000", "| extend: packet too long" },
		{ "> echo | fragment 7", "4:10: | fragment: want a multiple of 8, got 7" },
		{ "> echo | fragment 0", "4:10: | fragment: want a multiple of 8, got 0" },
		{ "> echo(size=1000) | fragment 8", "| fragment: more than 64 fragments" },
		{ "> echo | fragment 64 | only 1", "4:24: | only: there are 1 fragments" },
		{ "> echo | only 0", "4:10: | only: there are 0 fragments" },
		{ "> echo | fragment 64 | flip ip 1",
		  "4:24: | flip: after `| fragment` only reverse, only, skip, times and trail" },
		{ "> echo | cut 28 | fragment 8", "4:19: | fragment: this is no IP datagram any more" },
		{ "> echo | cut 28 | cut 0 | flip packet", "4:27: | flip packet: want an octet below 0, got 0" },
		{ "> echo | cut 28 | flip packet last",
		  "4:19: | flip packet: want an octet below 0, got 18446744073709551615" },
	};
	for (uint8_t k = 0; k < COUNT(rows); k++) {
		struct err e = { 0 };
		struct sent x;
		cr_expect(not(send(4, rows[k].line, &x, &e)), "%s", rows[k].line);
		cr_expect(strstr(e.text, rows[k].want) != NULL, "%s: want %s, got %s", rows[k].line, rows[k].want,
			  e.text);
	}
}

/* A place of the packet as it was composed may be cut away before it is used. */
Test(alter, a_place_that_was_cut_away_is_an_error)
{
	static const char *const rows[] = {
		"> esp/echo | cut 12 | flip icv",
		"> esp/echo | keep 30 | fill icv 0",
		"> udp/\"abc\" | keep 20 | set udp dport 1",
		"> esp/echo | keep 21 | flip iv",
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct err e = { 0 };
		struct sent x;
		cr_expect(not(send(4, rows[i], &x, &e)), "%s", rows[i]);
	}
}

/* --- messages -------------------------------------------------------------------------------- */

static bool
alter_octets(const char *mods, struct bytes in, struct bytes *out, struct err *e)
{
	char line[100];
	snprintf(line, sizeof line, "pfkey > flush | %s", mods);
	const struct step *st = lab_stage(&lab, 4, false, line);
	return alter_message(&lab.stage, st->packet->mods, in, out, e);
}

Test(alter, messages)
{
	static const uint8_t msg[] = { 1, 2, 3, 4 };
	static const struct {
		const char *mods;
		size_t n;
		uint8_t octets[12];
	} rows[] = {
		{ "truncate 1", 3, { 1, 2, 3 } },       { "keep 2", 2, { 1, 2 } },
		{ "keep 5", 4, { 1, 2, 3, 4 } },        { "extend 2", 6, { 1, 2, 3, 4, 0, 0 } },
		{ "octet 1 255", 4, { 1, 255, 3, 4 } }, { "times 2", 8, { 1, 2, 3, 4, 1, 2, 3, 4 } },
		{ "times 1", 4, { 1, 2, 3, 4 } },       { "truncate 4", 0, { 0 } },
		{ "keep 1 | times 3", 3, { 1, 1, 1 } }, { "truncate 2 | octet 0 9", 2, { 9, 2 } },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct err e = { 0 };
		struct bytes out;
		cr_assert(alter_octets(rows[i].mods, BYTES_OF(msg), &out, &e), "%s: %s", rows[i].mods, e.text);
		cr_expect(bytes_equal(out, (struct bytes){ rows[i].octets, rows[i].n }), "%s", rows[i].mods);
	}
}

Test(alter, message_errors)
{
	static const uint8_t msg[] = { 1, 2, 3, 4 };
	static const char *const rows[] = { "truncate 5",
					    "octet 4 1",
					    "octet 1",
					    "times 100000",
					    "extend 100000",
					    "times 0",
					    "times 18446744073709551615",
					    "extend 65000 | times 2" };
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct err e = { 0 };
		struct bytes out;
		cr_expect(not(alter_octets(rows[i], BYTES_OF(msg), &out, &e)), "%s", rows[i]);
		cr_expect(strncmp(e.text, "4:17: | ", 8) == 0 || strncmp(e.text, "4:32: | ", 8) == 0, "%s: %s", rows[i],
			  e.text);
	}
}
