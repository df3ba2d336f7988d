#include "ipsec/test_packet.h"

#define ROOM 70000
static uint8_t out_room[ROOM], work_room[2 * ROOM], plain_room[ROOM], next_room[ROOM];
static struct test_line line_room;

static struct random *
rnd(void)
{
	static struct random_seeded r;
	if (r.state == 0)
		random_seeded_init(&r, 4302);
	return &r.random;
}

/* A packet with the SAs of an SAD in the order of its esp and ah layers, and what became of it. */
struct made {
	const struct packet *p;
	struct sa *sa[PACKET_LAYERS];
	struct bytes octets;
	struct composed c;
};

static void
give_sas(struct made *m, const struct sad *d)
{
	struct sa *sa = sad_next(d, NULL);
	memset(m->sa, 0, sizeof m->sa);
	for (unsigned i = 0; i < m->p->n; i++)
		if (m->p->layer[i].lay == &layout_esp || m->p->layer[i].lay == &layout_ah) {
			cr_assert(sa != NULL, "more layers than SAs");
			m->sa[i] = sa;
			sa = sad_next(d, sa);
		}
}

static void
make(struct made *m, const struct sad *d, const char *line)
{
	struct wr w = wr_of(out_room, ROOM);
	struct err e = { 0 };
	m->p = test_packet(&line_room, line);
	give_sas(m, d);
	cr_assert(packet_compose(m->p, m->sa, rnd(), &w, &m->c, &e), "%s: %s", line, e.text);
	m->octets = wr_done(&w);
}

static enum verdict
take_apart(const struct sad *d, struct bytes octets, struct dissected *got)
{
	struct err e = { 0 };
	cr_assert(packet_dissect(got, d, octets, work_room, 2 * octets.n, &e), "%s", e.text);
	return got->verdict;
}

static const char *const uppers[] = {
	"udp sport=5000 dport=7 / 'hello",
	"tcp sport=1 dport=2 flags=syn|ack seq=77 / 'abc",
	"udp sport=5 dport=6",
	"tcp sport=1 dport=2 options=0x020405b4",
};
static const char *const outer4[] = { "ip4 src=10.0.0.1 dst=10.0.0.2 ttl=9",
				      "ip4 src=10.0.0.1 dst=10.0.0.2 options=0x94040000" };
static const char *const outer6[] = { "ip6 src=2001:db8::1 dst=2001:db8::2 hop_limit=9",
				      "ip6 src=2001:db8::1 dst=2001:db8::8 / hbh / rh addresses=2001:db8::2 / dstopt",
				      "ip6 src=2001:db8::1 dst=2001:db8::2 / frag id=5 / dstopt" };

static void
round_trip(const char *id, const struct sad *d, const char *outer, const char *proto, const char *inner)
{
	for (size_t u = 0; u < COUNT(uppers); u++) {
		char line[500];
		struct made m;
		struct dissected got;
		struct packet_diff diff;
		snprintf(line, sizeof line, "%s / %s / %s%s", outer, proto, inner, uppers[u]);
		make(&m, d, line);
		enum verdict v = take_apart(d, m.octets, &got);
		cr_assert(eq(int, v, ACCEPT), "%s: %s: %s", id, line, verdict_name(v));
		cr_assert(packet_agree(m.p, &got.packet, &diff), "%s: %s: %s %s", id, line, diff.shape,
			  diff.n > 0 ? diff.d[0].field->name : "");
		for (unsigned i = 0; i < m.p->n; i++)
			cr_assert(got.sa[i] == m.sa[i], "%s: layer %u", id, i);
		/* The high half of the next number comes from what the reader has seen. */
		struct sa *sa = sad_next(d, NULL);
		replay_commit(&sa->replay, sa->seq);
	}
}

Test(compose, is_undone_by_dissect_for_every_transform_mode_and_mix_of_families)
{
	static const char *const inners[] = { "", "ip4 src=192.168.0.1 dst=192.168.0.2 / ",
					      "ip6 src=fd00::1 dst=fd00::2 / hbh / " };
	struct test_transform t[TEST_TRANSFORMS];
	unsigned n = test_transforms(t);
	for (unsigned i = 0; i < n; i++)
		for (unsigned k = 0; k < 4; k++) {
			uint8_t family = k & 1 ? 6 : 4;
			char id[80];
			struct sa *sas[] = { test_transform_sa(&t[i], 0x1001, MODE_TRANSPORT, family, k & 2), NULL };
			struct sad *d = test_sad(sas);
			test_transform_name(&t[i], id);
			for (size_t o = 0; o < (family == 4 ? COUNT(outer4) : COUNT(outer6)); o++)
				for (size_t in = 0; in < COUNT(inners); in++)
					round_trip(id, d, family == 4 ? outer4[o] : outer6[o],
						   t[i].protocol == 50 ? "esp" : "ah", inners[in]);
			sad_free(d);
		}
}

static bool
opens_flipped(const struct sad *d, const struct made *m, unsigned i, size_t at)
{
	struct dissected got;
	test_flip(out_room, m->octets.n, at, at % 8);
	enum verdict v = take_apart(d, m->octets, &got);
	test_flip(out_room, m->octets.n, at, at % 8);
	return v == ACCEPT && got.sa[i] != NULL;
}

/* The spans of an ESP lie side by side and end where it ends; no octet of them can change unnoticed. */
static void
check_spans(const char *id, const struct sad *d, const struct made *m, unsigned i)
{
	const struct span l = m->c.layer[i], iv = m->c.iv[i], body = m->c.body[i], icv = m->c.icv[i];
	const struct sa *sa = m->sa[i];
	const struct alg *first = sa->spec.protocol == 50 ? sa->spec.enc : sa->spec.auth;
	cr_assert(eq(sz, iv.n, first->iv), "%s", id);
	cr_assert(eq(sz, icv.n, seal_icv_len(sa->seal)), "%s", id);
	if (sa->spec.protocol == 50) {
		cr_assert(eq(sz, iv.n > 0 ? iv.at : l.at + 8, l.at + 8), "%s", id);
		cr_assert(eq(sz, body.at, l.at + 8 + iv.n), "%s", id);
		cr_assert(eq(sz, icv.n > 0 ? icv.at : l.at + l.n, body.at + body.n), "%s", id);
		cr_assert(eq(sz, l.at + l.n, body.at + body.n + icv.n), "%s", id);
		cr_assert(eq(sz, l.at + l.n, m->octets.n), "%s", id);
	} else {
		cr_assert(eq(sz, icv.at, l.at + 12 + iv.n), "%s", id);
		cr_assert(le(sz, icv.at + icv.n, l.at + l.n), "%s", id);
	}
	cr_assert(opens_flipped(d, m, i, 8), "%s: hop limit and ttl may change", id);
	if (icv.n == 0)
		return;
	for (size_t at = l.at; at < l.at + l.n; at++)
		cr_assert(not(opens_flipped(d, m, i, at)), "%s: octet %zu", id, at - l.at);
}

Test(compose, spans_say_where_everything_is)
{
	struct test_transform t[TEST_TRANSFORMS];
	unsigned n = test_transforms(t);
	for (unsigned i = 0; i < n; i++) {
		char id[80], line[300];
		struct made m;
		struct sa *sas[] = { test_transform_sa(&t[i], 0x1001, MODE_TRANSPORT, 4, false), NULL };
		struct sad *d = test_sad(sas);
		test_transform_name(&t[i], id);
		snprintf(line, sizeof line, "%s / %s / ip4 src=1.1.1.1 / udp sport=1 dport=7 / 'hello", outer4[0],
			 t[i].protocol == 50 ? "esp" : "ah");
		make(&m, d, line);
		check_spans(id, d, &m, 1);
		cr_assert(eq(sz, m.c.layer[0].at, 0), "%s", id);
		cr_assert(eq(sz, m.c.layer[0].n, 20), "%s", id);
		cr_assert(eq(sz, m.c.layer[2].n, 20), "%s", id);
		cr_assert(eq(sz, m.c.layer[3].at, m.c.layer[2].at + 20), "%s", id);
		bool hidden = t[i].enc != NULL && t[i].enc->kind != ALG_NULL && t[i].enc->kind != ALG_GMAC;
		cr_assert(eq(sz, m.c.payload.n, hidden ? 0 : 5), "%s", id);
		struct bytes payload = bytes_slice(m.octets, m.c.payload.at, m.c.payload.n);
		if (!hidden)
			cr_assert(bytes_equal(payload, m.p->payload), "%s", id);
		sad_free(d);
	}
}

/*
 * Nested SAs, checked by taking one layer off after the other as a host does: what is left at the end must be
 * the same line composed without its esp and ah layers. The SAs: "e" aes-gcm-16, "c" aes-cbc with
 * hmac-sha1-96, "a" hmac-sha2-256-128 and "g" aes-128-gmac of AH, SPIs from 0x1001 on.
 */
static const struct nested {
	const char *sas, *line, *plain;
} nested[] = {
	{ "ae", "ip4 src=10.0.0.1 dst=10.0.0.2 / ah / esp / udp sport=5 dport=7 / 'x",
	  "ip4 src=10.0.0.1 dst=10.0.0.2 / udp sport=5 dport=7 / 'x" },
	{ "ea", "ip4 src=10.0.0.1 dst=10.0.0.2 / esp / ah / udp sport=5 dport=7 / 'x",
	  "ip4 src=10.0.0.1 dst=10.0.0.2 / udp sport=5 dport=7 / 'x" },
	{ "ag", "ip4 src=10.0.0.1 dst=10.0.0.2 options=0x94040000 / ah / ah / udp sport=5 dport=7 / 'x",
	  "ip4 src=10.0.0.1 dst=10.0.0.2 options=0x94040000 / udp sport=5 dport=7 / 'x" },
	{ "gaca",
	  "ip6 src=2001:db8::1 dst=2001:db8::8 / hbh / rh addresses=2001:db8::2 / dstopt / ah / ah / esp / ah"
	  " / dstopt / udp sport=5 dport=7 / 'x",
	  "ip6 src=2001:db8::1 dst=2001:db8::8 / hbh / rh addresses=2001:db8::2 / dstopt / dstopt / udp "
	  "sport=5 dport=7"
	  " / 'x" },
	{ "ga", "ip6 src=2001:db8::1 dst=2001:db8::2 / frag id=9 / ah / ah / echo6 id=4 / 'x",
	  "ip6 src=2001:db8::1 dst=2001:db8::2 / frag id=9 / echo6 id=4 / 'x" },
	{ "ec", "ip4 src=10.0.0.1 dst=10.0.0.2 / esp / esp / tcp sport=5 dport=7 / 'x",
	  "ip4 src=10.0.0.1 dst=10.0.0.2 / tcp sport=5 dport=7 / 'x" },
	{ "ua", "ip4 src=10.0.0.1 dst=10.0.0.2 / udp / esp / ah / udp sport=5 dport=7 / 'x",
	  "ip4 src=10.0.0.1 dst=10.0.0.2 / udp sport=5 dport=7 / 'x" },
	{ "ua", "ip6 src=2001:db8::1 dst=2001:db8::2 / udp / esp / ah / udp sport=5 dport=7 / 'x",
	  "ip6 src=2001:db8::1 dst=2001:db8::2 / udp sport=5 dport=7 / 'x" },
};

static struct sa *
nested_sa(char kind, uint32_t spi, uint8_t family)
{
	struct test_transform t = { kind == 'a' || kind == 'g' ? 51 : 50, NULL, NULL };
	if (t.protocol == 50)
		t.enc = alg_by_name(kind == 'c' ? "aes-cbc" : "aes-gcm-16", ALG_ENC);
	if (kind != 'e' && kind != 'u')
		t.auth = alg_by_name(kind == 'c'   ? "hmac-sha1-96"
				     : kind == 'a' ? "hmac-sha2-256-128"
						   : "aes-128-gmac",
				     ALG_AUTH);
	struct sa *sa = test_transform_sa(&t, spi, MODE_TRANSPORT, family, kind == 'g');
	if (kind == 'u')
		sa->spec.encap = (struct encap){ .sport = 4501, .dport = 4500, .udp = true };
	return sa;
}

static struct sad *
nested_sad(const struct nested *row)
{
	struct sa *sas[8] = { 0 };
	for (unsigned i = 0; row->sas[i] != '\0'; i++)
		sas[i] = nested_sa(row->sas[i], 0x1001 + i, row->line[2] == '4' ? 4 : 6);
	return test_sad(sas);
}

Test(compose, nested_layers_come_off_one_by_one)
{
	for (size_t i = 0; i < COUNT(nested); i++) {
		struct sad *d = nested_sad(&nested[i]);
		struct made m;
		struct dissected got;
		struct packet_diff diff;
		make(&m, d, nested[i].line);
		enum verdict v = take_apart(d, m.octets, &got);
		cr_assert(eq(int, v, ACCEPT), "row %zu: %s", i, verdict_name(v));
		cr_assert(packet_agree(m.p, &got.packet, &diff), "row %zu: %s", i, diff.shape);
		struct bytes b = m.octets;
		for (const char *c = nested[i].sas; *c != '\0'; c++) {
			struct wr w = wr_of(b.p == next_room ? out_room : next_room, ROOM);
			struct datagram_result r;
			datagram_unprotect(d, b, DG_STRICT_PADDING, 0, work_room, &w, &r);
			cr_assert(eq(int, r.verdict, ACCEPT), "row %zu, %s: %s", i, c, verdict_name(r.verdict));
			cr_assert(ne(uint, r.protocol, 0), "row %zu, %s", i, c);
			b = wr_done(&w);
		}
		struct bytes plain = test_datagram(nested[i].plain, plain_room, ROOM);
		cr_assert(bytes_equal(b, plain), "row %zu", i);
		sad_free(d);
	}
}

/* So that a receiver that takes a fragment for a datagram is caught: its ICV must hold. */
Test(compose, an_ah_in_a_fragment_has_the_icv_of_the_datagram_that_was_fragmented)
{
	static const char *const lines[][2] = {
		{ "ip6 src=2001:db8::1 dst=2001:db8::2 / frag id=9 m=1 / ah seq=1 / echo6 id=4 / 'x",
		  "ip6 src=2001:db8::1 dst=2001:db8::2 / ah seq=1 / echo6 id=4 / 'x" },
		{ "ip4 src=10.0.0.1 dst=10.0.0.2 flags=mf / ah seq=1 / echo4 id=4 / 'x",
		  "ip4 src=10.0.0.1 dst=10.0.0.2 / ah seq=1 / echo4 id=4 / 'x" },
	};
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct sa *sas[] = { nested_sa('a', 0x1001, i == 0 ? 6 : 4), NULL };
		struct sad *d = test_sad(sas);
		struct made m;
		struct datagram_result r;
		make(&m, d, lines[i][1]);
		struct wr whole = wr_of(plain_room, ROOM), w = wr_of(next_room, ROOM);
		wr_bytes(&whole, bytes_slice(m.octets, m.c.icv[1].at, m.c.icv[1].n));
		make(&m, d, lines[i][0]);
		unsigned ah = m.p->n - 2;
		struct bytes icv = bytes_slice(m.octets, m.c.icv[ah].at, m.c.icv[ah].n);
		cr_assert(bytes_equal(icv, wr_done(&whole)), "%s", lines[i][0]);
		datagram_unprotect(d, m.octets, 0, 0, work_room, &w, &r);
		cr_assert(eq(int, r.verdict, DROP_FRAGMENT), "%s", lines[i][0]);
		sad_free(d);
	}
}

Test(compose, tunnels_in_tunnels_are_undone)
{
	static const char line[] = "ip4 src=10.0.0.1 dst=10.0.0.2 / esp / ip6 src=2001:db8::1 dst=2001:db8::2 / ah"
				   " / ip4 src=10.0.0.1 dst=10.0.0.2 / ah / udp sport=5 dport=7 / 'x";
	struct sa *sas[] = { nested_sa('e', 1, 4), nested_sa('a', 2, 6), nested_sa('g', 3, 4), NULL };
	struct sad *d = test_sad(sas);
	struct made m;
	struct dissected got;
	struct packet_diff diff;
	make(&m, d, line);
	cr_assert(eq(int, take_apart(d, m.octets, &got), ACCEPT));
	cr_assert(packet_agree(m.p, &got.packet, &diff), "%s", diff.shape);
	sad_free(d);
}

/* What was given is on the wire, right or wrong; what was not is computed around it. */
Test(compose, a_given_field_goes_out_as_written)
{
	static const struct {
		const char *id, *sas, *line;
	} rows[] = {
		{ "lengths", "e",
		  "ip4 src=10.0.0.1 dst=10.0.0.2 total_length=99 checksum=0xbeef / esp / udp length=3" },
		{ "protocol", "e",
		  "ip4 src=10.0.0.1 dst=10.0.0.2 protocol=50 ihl=5 version=4 / esp seq=77 / udp checksum=1" },
		{ "ah reserved", "a", "ip4 src=10.0.0.1 dst=10.0.0.2 / ah reserved=0xabcd seq=5 / udp" },
		{ "esp trailer", "e", "ip4 src=10.0.0.1 dst=10.0.0.2 / esp seq=5 padding=0x07070707 / udp / 'abcdef" },
		{ "next header", "c", "ip4 src=10.0.0.1 dst=10.0.0.2 / esp next_header=6 / tcp data_offset=15 / 'x" },
		{ "iv", "c", "ip4 src=10.0.0.1 dst=10.0.0.2 / esp iv=0x000102030405060708090a0b0c0d0e0f / udp / 'x" },
		{ "tfc", "c", "ip4 src=10.0.0.1 dst=10.0.0.2 / esp tfc=32 / udp / 'x" },
		{ "longer padding", "c", "ip4 src=10.0.0.1 dst=10.0.0.2 / esp pad_length=38 / udp" },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sa *sas[] = { nested_sa(rows[i].sas[0], 0x1001, 4), NULL };
		struct sad *d = test_sad(sas);
		struct made m;
		struct dissected got;
		struct packet_diff diff;
		uint64_t seq = sas[0]->seq;
		make(&m, d, rows[i].line);
		enum verdict v = take_apart(d, m.octets, &got);
		cr_assert(eq(int, v, ACCEPT), "%s: %s", rows[i].id, verdict_name(v));
		/* udp.length 3 and data_offset 15 leave their layer unreadable or the payload elsewhere. */
		struct packet want = *m.p;
		want.payload_given = false;
		if (i == 4)
			want.n--;
		cr_assert(packet_agree(&want, &got.packet, &diff), "%s: %s %s: want %s, got %s", rows[i].id, diff.shape,
			  diff.d[0].field->name, diff.d[0].want, diff.d[0].got);
		bool given = strstr(rows[i].line, "seq=") != NULL;
		cr_assert(eq(u64, sas[0]->seq, seq + !given), "%s", rows[i].id);
		sad_free(d);
	}
}

Test(compose, a_given_icv_has_its_own_length_and_the_datagram_counts_it)
{
	static const struct {
		const char *sas, *line;
		size_t icv_n, total;
	} rows[] = {
		{ "a", "ip4 src=10.0.0.1 dst=10.0.0.2 / ah icv=0x0011223344556677 / udp", 8, 20 + 12 + 8 + 8 },
		{ "a", "ip4 src=10.0.0.1 dst=10.0.0.2 / ah icv=0x00112233445566778899 padding=0x / udp", 10,
		  20 + 22 + 8 },
		{ "a", "ip4 src=10.0.0.1 dst=10.0.0.2 / ah icv=0x / udp", 0, 20 + 12 + 8 },
		{ "a", "ip4 src=10.0.0.1 dst=10.0.0.2 / ah padding=0x0102030405060708 / udp", 16,
		  20 + 12 + 16 + 8 + 8 },
		{ "e", "ip4 src=10.0.0.1 dst=10.0.0.2 / esp icv=0x00112233 / udp", 4, 20 + 8 + 8 + 8 + 4 + 4 },
		{ "e", "ip4 src=10.0.0.1 dst=10.0.0.2 / esp icv=0x / udp", 0, 20 + 8 + 8 + 8 + 4 },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sa *sas[] = { nested_sa(rows[i].sas[0], 0x1001, 4), NULL };
		struct sad *d = test_sad(sas);
		struct made m;
		struct packet got;
		struct err e;
		make(&m, d, rows[i].line);
		cr_assert(eq(sz, m.octets.n, rows[i].total), "row %zu", i);
		cr_assert(packet_parse_ip(&got, m.octets, &e), "row %zu", i);
		cr_assert(eq(u64, got.layer[0].v[IP4_TOTAL_LENGTH].u, rows[i].total), "row %zu", i);
		cr_assert(eq(sz, m.c.icv[1].n, rows[i].icv_n), "row %zu", i);
		cr_assert(eq(u64, sas[0]->seq, 1), "row %zu: one packet, one number", i);
		sad_free(d);
	}
}

/* The padding of an AH is covered by its ICV, whoever chose it. */
Test(compose, an_ah_with_given_padding_has_a_right_icv)
{
	struct sa *sas[] = { nested_sa('a', 0x1001, 6), NULL };
	struct sad *d = test_sad(sas);
	struct made m;
	struct dissected got;
	make(&m, d, "ip6 src=2001:db8::1 dst=2001:db8::2 / ah padding=0x01020304 / udp");
	cr_assert(eq(int, take_apart(d, m.octets, &got), ACCEPT));
	cr_assert(eq(sz, got.packet.layer[1].v[AH_PADDING].b.n, 4));
	sad_free(d);
}

Test(compose, without_an_sa_only_what_is_given_goes_out)
{
	static const struct {
		const char *line, *octets;
	} rows[] = {
		{ "esp spi=0x77 seq=3 / 'abcd", "0000007700000003 61626364" },
		{ "esp spi=0x77 seq=3 iv=0xa1a2 tfc=2 padding=0x01 pad_length=1 next_header=17 icv=0xc1c2 / "
		  "'ab",
		  "0000007700000003 a1a2 6162 0000 01 01 11 c1c2" },
		{ "ah spi=0x77 seq=3 next_header=17 / 'ab", "11010000 00000077 00000003 6162" },
		{ "ah spi=0x77 seq=3 icv=0x01020304 / udp sport=1 dport=2 checksum=0",
		  "11020000 00000077 00000003 01020304 0001000200080000" },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t want[100];
		cr_assert(bytes_equal(test_datagram(rows[i].line, plain_room, ROOM),
				      hex_octets(rows[i].octets, want, sizeof want)),
			  "%s", rows[i].line);
	}
}

Test(compose, an_ah_that_no_icv_can_be_made_for_goes_out_with_zeros)
{
	static const char *const lines[] = {
		"ip4 src=10.0.0.1 dst=10.0.0.2 options=0x94090000 / ah / udp / 'x",
		"ip6 src=2001:db8::1 dst=2001:db8::2 / dstopt options=0x1e0800000000 / ah / udp / 'x",
		"ah / udp / 'x",
	};
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct sa *sas[] = { nested_sa('a', 0x1001, 4), NULL };
		struct sad *d = test_sad(sas);
		struct made m;
		make(&m, d, lines[i]);
		unsigned ah = m.p->n - 2;
		struct rd head = rd_of(bytes_slice(m.octets, m.c.layer[ah].at, m.c.layer[ah].n));
		rd_skip(&head, 4);
		cr_assert(eq(u64, rd_uint(&head, 4), 0x1001), "%s", lines[i]);
		cr_assert(eq(u64, rd_uint(&head, 4), 1), "%s", lines[i]);
		cr_assert(eq(sz, m.c.icv[ah].n, 16), "%s", lines[i]);
		cr_assert(all_zero(bytes_slice(m.octets, m.c.icv[ah].at, 16)), "%s", lines[i]);
		cr_assert(eq(u64, sas[0]->seq, 1), "%s", lines[i]);
		sad_free(d);
	}
}

/* RFC 3948 2.1 */
Test(compose, udp_in_front_of_esp_has_the_ports_of_the_sa_and_in_ipv4_no_checksum)
{
	static const struct {
		const char *sas, *line;
		uint16_t sport, dport;
		bool zero;
	} rows[] = {
		{ "u", "ip4 src=10.0.0.1 dst=10.0.0.2 / udp / esp / udp / 'x", 4501, 4500, true },
		{ "e", "ip4 src=10.0.0.1 dst=10.0.0.2 / udp / esp / udp / 'x", 4500, 4500, true },
		{ "e", "ip4 src=10.0.0.1 dst=10.0.0.2 / udp sport=7 dport=9 / esp / udp / 'x", 7, 9, true },
		{ "e", "ip4 src=10.0.0.1 dst=10.0.0.2 / udp checksum=1 / esp / udp / 'x", 4500, 4500, false },
		{ "u", "ip6 src=2001:db8::1 dst=2001:db8::2 / udp / esp / udp / 'x", 4501, 4500, false },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sa *sas[] = { nested_sa(rows[i].sas[0], 0x1001, rows[i].line[2] == '4' ? 4 : 6), NULL };
		struct sad *d = test_sad(sas);
		struct made m;
		make(&m, d, rows[i].line);
		struct rd r = rd_of(bytes_slice(m.octets, m.c.layer[1].at, m.c.layer[1].n));
		cr_assert(eq(u64, rd_uint(&r, 2), rows[i].sport), "row %zu", i);
		cr_assert(eq(u64, rd_uint(&r, 2), rows[i].dport), "row %zu", i);
		cr_assert(eq(u64, rd_uint(&r, 2), m.octets.n - m.c.layer[1].at), "row %zu", i);
		cr_assert(eq(int, rd_uint(&r, 2) == 0, rows[i].zero), "row %zu", i);
		sad_free(d);
	}
}

Test(compose, an_ethernet_header_may_be_outermost)
{
	struct sa *sas[] = { nested_sa('e', 0x1001, 4), NULL };
	struct sad *d = test_sad(sas);
	struct made m;
	struct dissected got;
	make(&m, d,
	     "eth src=02:00:00:00:00:01 dst=02:00:00:00:00:02 / ip4 src=10.0.0.1 dst=10.0.0.2 / esp / udp / "
	     "'x");
	struct rd type = rd_of(bytes_slice(m.octets, 12, 2));
	cr_assert(eq(u64, rd_uint(&type, 2), 0x0800));
	cr_assert(eq(sz, m.c.layer[1].at, 14));
	cr_assert(eq(int, take_apart(d, bytes_slice(m.octets, 14, ROOM), &got), ACCEPT));
	sad_free(d);
}

Test(compose, checksums_cover_the_final_destination)
{
	static const struct {
		const char *via, *direct;
	} rows[] = {
		{ "ip6 src=2001:db8::1 dst=2001:db8::8 / rh addresses=2001:db8::9|2001:db8::2 / udp sport=5 "
		  "dport=7 / 'hello",
		  "ip6 src=2001:db8::1 dst=2001:db8::2 / udp sport=5 dport=7 / 'hello" },
		{ "ip6 src=2001:db8::1 dst=2001:db8::2 / rh segments_left=0 addresses=2001:db8::9 / udp "
		  "sport=5 dport=7 / 'hello",
		  "ip6 src=2001:db8::1 dst=2001:db8::2 / udp sport=5 dport=7 / 'hello" },
		{ "ip4 src=10.0.0.1 dst=10.0.0.9 options=0x8307040a000002 / udp sport=5 dport=7 / 'hello",
		  "ip4 src=10.0.0.1 dst=10.0.0.2 / udp sport=5 dport=7 / 'hello" },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct bytes via = test_datagram(rows[i].via, plain_room, ROOM);
		struct bytes direct = test_datagram(rows[i].direct, next_room, ROOM);
		cr_assert(bytes_equal(bytes_slice(via, via.n - 13, 13), bytes_slice(direct, direct.n - 13, 13)),
			  "row %zu", i);
	}
}

Test(compose, refuses_only_what_does_not_fit)
{
	static uint8_t big[ROOM];
	struct sa *sa = nested_sa('e', 0x1001, 4);
	struct sa *sas[PACKET_LAYERS] = { NULL, sa };
	struct packet p = *test_packet(&line_room, "ip4 src=10.0.0.1 dst=10.0.0.2 / esp / udp");
	static const struct {
		size_t n, room;
		bool fits;
	} rows[] = {
		{ 65535 - 20 - 8 - 8 - 8 - 16 - 4, ROOM, true },
		{ 66000, ROOM, true },
		{ 69999, ROOM, false },
		{ 65535, 65535, false },
		{ 100, 100, false },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct wr w = wr_of(out_room, rows[i].room);
		struct err e = { 0 };
		p.payload = bytes_slice(BYTES_OF(big), 0, rows[i].n);
		cr_assert(eq(int, packet_compose(&p, sas, rnd(), &w, NULL, &e), rows[i].fits), "row %zu: %s", i,
			  e.text);
		cr_assert(eq(int, e.text[0] == '\0', rows[i].fits), "row %zu", i);
	}
	sa_close(sa);
}
