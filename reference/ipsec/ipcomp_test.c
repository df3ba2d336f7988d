#include "ipsec/test_packet.h"

#include "ipsec/chain.h"
#include "ipsec/ipcomp.h"

#define ROOM 70000
static uint8_t plain_room[ROOM], packed_room[ROOM], opened_room[ROOM], work_room[DATAGRAM_WORK];

static struct sa_spec
ipcomp_spec(const char *src, const char *dst, uint8_t mode)
{
	return (struct sa_spec){ .spi = 0x3001,
				 .protocol = IPPROTO_IPCOMP_,
				 .mode = mode,
				 .src = test_addr(src),
				 .dst = test_addr(dst),
				 .comp = IPCOMP_DEFLATE };
}

static struct sa *
ipcomp_sa(void)
{
	struct sa_spec s = ipcomp_spec("10.0.0.1", "10.0.0.2", MODE_TRANSPORT);
	return test_open(&s);
}

/* n octets of a text that compresses. */
static struct bytes
text(size_t n)
{
	struct wr w = wr_of(plain_room, ROOM);
	for (size_t i = 0; i < n; i++)
		wr_uint(&w, 'a' + i / 3 % 7, 1);
	return wr_done(&w);
}

/* Octets as random as the seeded source makes them. */
static struct bytes
noise(size_t n)
{
	struct random_seeded r;
	random_seeded_init(&r, 3173);
	r.random.fill(&r.random, plain_room, n);
	return (struct bytes){ plain_room, n };
}

Test(ipcomp, what_is_packed_comes_out_again)
{
	static const size_t sizes[] = { 0, 1, 3, 4, 5, 63, 64, 89, 90, 91, 1000, 2047, 2048, 2049, 20000, 65535 };
	struct sa *sa = ipcomp_sa();
	for (unsigned i = 0; i < COUNT(sizes) * 2; i++) {
		struct bytes payload = i % 2 ? noise(sizes[i / 2]) : text(sizes[i / 2]);
		struct wr packed = wr_of(packed_room, ROOM), opened = wr_of(opened_room, ROOM);
		struct ipcomp_opened o;
		cr_assert(eq(int, ipcomp_seal(sa, NULL, 17, payload, &packed), ACCEPT), "row %u", i);
		cr_assert(eq(int, ipcomp_open(sa, wr_done(&packed), &opened, &o), ACCEPT), "row %u", i);
		cr_assert(bytes_equal(o.payload, payload), "row %u", i);
		cr_assert(eq(uint, o.next_header, 17), "row %u", i);
	}
	sa_close(sa);
}

/* RFC 3173 3.3: next header, flags 0, CPI in network order; RFC 1951 3.2.3: the stream's first bit says that its block is the last. */
Test(ipcomp, the_header_is_four_octets_in_front_of_a_bare_stream)
{
	struct sa *sa = ipcomp_sa();
	struct wr packed = wr_of(packed_room, ROOM);
	cr_assert(eq(int, ipcomp_seal(sa, NULL, 6, text(500), &packed), ACCEPT));
	struct rd r = rd_of(wr_done(&packed));
	cr_assert(eq(u64, rd_uint(&r, 4), 0x06003001));
	cr_assert(eq(int, rd_peek(&r, 0) & 1, 1));
	cr_assert(lt(sz, packed.n, 60));
	sa_close(sa);
}

/* Computed by hand from RFC 1951 3.2.6: fixed codes, "aaaaaaaaaa" as a literal and a copy of 9 octets from 1 back. */
Test(ipcomp, a_stream_of_another_maker_is_understood)
{
	static const uint8_t packet[] = { 0x11, 0xff, 0x30, 0x01, 0x4b, 0x84, 0x03, 0x00 };
	struct sa *sa = ipcomp_sa();
	struct wr opened = wr_of(opened_room, ROOM);
	struct ipcomp_opened o;
	cr_assert(eq(int, ipcomp_open(sa, BYTES_OF(packet), &opened, &o), ACCEPT));
	cr_assert(eq(sz, o.payload.n, 10));
	for (struct rd r = rd_of(o.payload); rd_left(&r) > 0;)
		cr_assert(eq(u64, rd_uint(&r, 1), 'a'));
	sa_close(sa);
}

Test(ipcomp, given_fields_go_out_as_written)
{
	struct sa *sa = ipcomp_sa();
	struct wr packed = wr_of(packed_room, ROOM);
	struct hdr given = hdr_of(&layout_ipcomp);
	hdr_set(&given, IPCOMP_NEXT_HEADER, 99);
	hdr_set(&given, IPCOMP_FLAGS, 0x81);
	hdr_set(&given, IPCOMP_CPI, 0xabcd);
	cr_assert(eq(int, ipcomp_seal(sa, &given, 6, text(500), &packed), ACCEPT));
	struct rd r = rd_of(wr_done(&packed));
	cr_assert(eq(u64, rd_uint(&r, 4), 0x6381abcd));
	sa_close(sa);
}

Test(ipcomp, every_cut_and_every_wrong_octet_is_survived)
{
	struct sa *sa = ipcomp_sa();
	struct wr packed = wr_of(packed_room, ROOM);
	struct ipcomp_opened o;
	cr_assert(eq(int, ipcomp_seal(sa, NULL, 17, text(700), &packed), ACCEPT));
	struct bytes whole = wr_done(&packed);
	for (size_t n = 0; n < whole.n; n++) {
		struct wr opened = wr_of(opened_room, 700);
		cr_assert(ne(int, ipcomp_open(sa, bytes_slice(whole, 0, n), &opened, &o), ACCEPT), "%zu octets", n);
		cr_assert(eq(sz, opened.n, 0));
	}
	for (size_t bit = 0; bit < whole.n * 8; bit++) {
		struct wr opened = wr_of(opened_room, 700);
		test_flip(packed_room, whole.n, bit / 8, bit % 8);
		(void)ipcomp_open(sa, whole, &opened, &o);
		test_flip(packed_room, whole.n, bit / 8, bit % 8);
	}
	sa_close(sa);
}

Test(ipcomp, what_swells_beyond_its_room_is_refused)
{
	struct sa *sa = ipcomp_sa();
	struct wr packed = wr_of(packed_room, ROOM);
	struct ipcomp_opened o;
	cr_assert(eq(int, ipcomp_seal(sa, NULL, 17, text(60000), &packed), ACCEPT));
	static const struct {
		size_t room;
		enum verdict want;
	} rows[] = { { 60000, ACCEPT }, { 59999, DROP_COMPRESSION }, { 1, DROP_COMPRESSION }, { 0, DROP_COMPRESSION } };
	for (unsigned i = 0; i < COUNT(rows); i++) {
		struct wr opened = wr_of(opened_room, rows[i].room);
		cr_assert(eq(int, ipcomp_open(sa, wr_done(&packed), &opened, &o), rows[i].want), "row %u", i);
	}
	sa_close(sa);
}

static const struct wrong {
	const char *id;
	uint32_t spi;
	uint8_t comp;
	uint32_t replay;
	bool good;
} specs[] = {
	{ "negotiated CPI", 0x100, 2, 0, true }, { "widest CPI", 0xffff, 2, 0, true },
	{ "DEFLATE's own CPI", 2, 2, 0, true },  { "CPI 0", 0, 2, 0, false },
	{ "17 bits", 0x10000, 2, 0, false },     { "CPI of LZS", 3, 2, 0, false },
	{ "no algorithm", 0x100, 0, 0, false },  { "OUI", 0x100, 1, 0, false },
	{ "LZS", 0x100, 3, 0, false },           { "a window", 0x100, 2, 32, false },
};

Test(ipcomp, associations_are_judged)
{
	for (unsigned i = 0; i < COUNT(specs); i++) {
		struct err e;
		struct sa_spec s = ipcomp_spec("10.0.0.1", "10.0.0.2", MODE_TRANSPORT);
		s.spi = specs[i].spi;
		s.comp = specs[i].comp;
		s.replay = specs[i].replay;
		struct sa *sa = sa_open(&s, &e);
		cr_assert(eq(int, sa != NULL, specs[i].good), "%s", specs[i].id);
		sa_close(sa);
	}
}

/* --- whole datagrams ----------------------------------------------------------------------------- */

#define REPEATED                                                                                                       \
	"'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define V4 "ip4 src=10.0.0.1 dst=10.0.0.2 dscp=10 ecn=2 ttl=7 id=9 "
#define V6 "ip6 src=2001:db8::1 dst=2001:db8::2 dscp=10 ecn=2 hop_limit=7 flow=0xabcde "

static const struct {
	const char *line;
	bool smaller;
} lines[] = {
	{ V4 "/ udp sport=5000 dport=7 / " REPEATED, true },
	{ V4 "options=0x94040000 / echo4 id=3 seq=5 / " REPEATED, true },
	{ V4 "/ udp sport=5000 dport=7 / 'short", false },
	{ V4 "protocol=89", false },
	{ V6 "/ udp sport=5000 dport=7 / " REPEATED, true },
	{ V6 "/ hbh / dstopt / rh segments_left=0 addresses=2001:db8::9 / dstopt / udp sport=5000 / " REPEATED, true },
	{ V6 "/ frag id=0x1234 / udp / " REPEATED, true },
	{ V6 "/ echo6 / 'short", false },
};

static struct sad *
sad_between(uint8_t family, uint8_t mode)
{
	struct sa_spec s = family == 4 ? ipcomp_spec("10.0.0.1", "10.0.0.2", mode)
				       : ipcomp_spec("2001:db8::1", "2001:db8::2", mode);
	struct sa *list[] = { test_open(&s), NULL };
	return test_sad(list);
}

static void
there_and_back(unsigned i, uint8_t outer, uint8_t mode)
{
	struct sad *d = sad_between(outer, mode);
	struct datagram_result r;
	struct wr packed = wr_of(packed_room, ROOM), opened = wr_of(opened_room, ROOM);
	struct bytes plain = test_datagram(lines[i].line, plain_room, ROOM);
	size_t header = mode == MODE_TUNNEL ? (outer == 4 ? 20 : 40) : 0;
	cr_assert(eq(int, datagram_protect(sad_next(d, NULL), plain, 7, NULL, &packed), ACCEPT), "row %u", i);
	if (lines[i].smaller)
		cr_assert(lt(sz, packed.n, plain.n + header), "row %u", i);
	else
		cr_assert(eq(sz, packed.n, plain.n + header), "row %u", i);
	datagram_unprotect(d, wr_done(&packed), 0, 0, work_room, &opened, &r);
	cr_assert(eq(int, r.verdict, ACCEPT), "row %u: %s", i, verdict_name(r.verdict));
	cr_assert(bytes_equal(wr_done(&opened), plain), "row %u", i);
	cr_assert(eq(uint, r.protocol, lines[i].smaller || mode == MODE_TUNNEL ? IPPROTO_IPCOMP_ : 0), "row %u", i);
	sad_free(d);
}

Test(ipcomp, datagrams_come_back_as_they_were)
{
	for (unsigned i = 0; i < COUNT(lines); i++) {
		there_and_back(i, lines[i].line[2] == '4' ? 4 : 6, MODE_TRANSPORT);
		there_and_back(i, 4, MODE_TUNNEL);
		there_and_back(i, 6, MODE_TUNNEL);
	}
}

/* RFC 3173 2.2: the same octets when it does not pay, or nothing was gained for a header and a stream. */
Test(ipcomp, what_does_not_get_smaller_stays_as_it_is)
{
	struct sad *d = sad_between(4, MODE_TRANSPORT);
	for (size_t n = 0; n < 400; n += 3) {
		struct wr plain = wr_of(work_room, sizeof work_room), packed = wr_of(packed_room, ROOM);
		struct bytes head = test_datagram(V4 "protocol=89", opened_room, ROOM);
		wr_bytes(&plain, head);
		wr_bytes(&plain, noise(n));
		chain_rewrite(&plain, 0, plain.n, 4, 9, 89);
		cr_assert(eq(int, datagram_protect(sad_next(d, NULL), wr_done(&plain), 7, NULL, &packed), ACCEPT));
		cr_assert(bytes_equal(wr_done(&packed), wr_done(&plain)), "%zu octets", n);
	}
	sad_free(d);
}
