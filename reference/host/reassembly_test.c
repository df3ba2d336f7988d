#include "host/test_world.h"

#define PIECES 8

/* more: 0 as it is, 1 last, 2 not the last */
struct piece {
	size_t at, n;
	int more;
};

/*
 * A fragment of d: data octets [at, at + n) behind its IP header; `more` is right unless told
 * otherwise.
 */
static struct bytes
piece_of(struct world *w, struct bytes d, struct piece p, int more)
{
	struct ip ip;
	struct wr out = room(w);
	cr_assert(ip_parse(d, &ip));
	struct bytes data = bytes_slice(ip.all, ip.header, SIZE_MAX);
	uint32_t flag = more >= 0 ? (uint32_t)more : p.at + p.n < data.n;
	ip_begin(&out, &(struct ip_head){ .src = &ip.src,
					  .dst = &ip.dst,
					  .tos = ip.tos,
					  .ttl = 64,
					  .id = ip.id,
					  .protocol = ip.family == 4 ? ip.protocol : 44 });
	if (ip.family == 4) {
		wr_patch(&out, 6, p.at / 8 | flag << 13, 2);
	} else {
		wr_uint(&out, ip.protocol, 1);
		wr_uint(&out, 0, 1);
		wr_uint(&out, p.at | flag, 2);
		wr_uint(&out, 0x77, 4);
	}
	wr_bytes(&out, bytes_slice(data, p.at, p.n));
	cr_assert(ip_finish(&out));
	return wr_done(&out);
}

struct arrival_row {
	const char *id;
	struct piece piece[PIECES]; /* of an echo with 56 octets behind the IP header; n == 0 ends */
	unsigned whole;             /* replies */
};

static const struct arrival_row rows[] = {
	{ "whole", { { 0, 56, 0 } }, 1 },
	{ "in order", { { 0, 24, 0 }, { 24, 24, 0 }, { 48, 8, 0 } }, 1 },
	{ "reverse", { { 48, 8, 0 }, { 24, 24, 0 }, { 0, 24, 0 } }, 1 },
	{ "middle last", { { 0, 24, 0 }, { 48, 8, 0 }, { 24, 24, 0 } }, 1 },
	{ "first missing", { { 24, 24, 0 }, { 48, 8, 0 } }, 0 },
	{ "middle missing", { { 0, 24, 0 }, { 48, 8, 0 } }, 0 },
	{ "last missing", { { 0, 24, 0 }, { 24, 24, 0 } }, 0 },
	{ "exact duplicates", { { 0, 24, 0 }, { 0, 24, 0 }, { 48, 8, 0 }, { 48, 8, 0 }, { 24, 24, 0 } }, 1 },
	{ "overlap by 8", { { 0, 24, 0 }, { 16, 32, 0 }, { 48, 8, 0 } }, 0 },
	{ "overlap from behind", { { 24, 24, 0 }, { 0, 32, 0 }, { 48, 8, 0 } }, 0 },
	{ "inside another", { { 0, 48, 0 }, { 8, 8, 0 }, { 48, 8, 0 } }, 0 },
	{ "at the start of another", { { 0, 48, 0 }, { 0, 8, 0 }, { 48, 8, 0 } }, 0 },
	{ "at the end of another", { { 0, 48, 0 }, { 40, 8, 0 }, { 48, 8, 0 } }, 0 },
	{ "around another", { { 8, 8, 0 }, { 0, 24, 0 }, { 24, 24, 0 }, { 48, 8, 0 } }, 0 },
	{ "two ends, the second shorter", { { 0, 24, 0 }, { 48, 8, 0 }, { 24, 8, 1 }, { 32, 16, 0 } }, 0 },
	{ "two ends, the second longer", { { 24, 8, 1 }, { 32, 24, 1 }, { 0, 24, 0 } }, 0 },
	{ "an end before what came", { { 32, 24, 2 }, { 24, 8, 1 }, { 0, 24, 0 } }, 0 },
	{ "more behind the end", { { 24, 8, 1 }, { 32, 24, 2 }, { 0, 24, 0 } }, 0 },
	{ "as much behind the end as is missing", { { 48, 8, 2 }, { 24, 8, 1 }, { 0, 16, 2 } }, 0 },
	{ "the same with the end first", { { 24, 8, 1 }, { 48, 8, 2 }, { 0, 16, 2 } }, 0 },
	{ "an empty one", { { 0, 24, 0 }, { 24, 24, 0 }, { 56, 0, 1 }, { 48, 8, 0 } }, 1 },
	{ "two over one", { { 0, 48, 0 }, { 0, 24, 0 }, { 24, 24, 0 }, { 48, 8, 0 } }, 0 },
	{ "one over two", { { 0, 24, 0 }, { 24, 24, 0 }, { 0, 48, 0 }, { 48, 8, 0 } }, 0 },
	{ "overlap, then all of it again",
	  { { 0, 24, 0 }, { 16, 32, 0 }, { 0, 24, 0 }, { 24, 24, 0 }, { 48, 8, 0 } },
	  0 },
};

Test(reassembly, gives_the_datagram_back_when_every_octet_came_once)
{
	for (unsigned f = 0; f < COUNT(places); f++)
		for (unsigned i = 0; i < COUNT(rows); i++) {
			struct world *w = world_open(NULL);
			const struct place *p = &places[f];
			for (unsigned k = 0; k < PIECES && rows[i].piece[k].at + rows[i].piece[k].n > 0; k++)
				input(w, 0,
				      piece_of(w, echo(w, p->tester, p->target, 1, 48), rows[i].piece[k],
					       rows[i].piece[k].more - 1));
			cr_assert(eq(u32, w->frames, rows[i].whole), "%s %s", p->id, rows[i].id);
			if (rows[i].whole == 0)
				cr_assert(eq(u64, counted(w, "reassembly.whole"), 0), "%s %s", p->id, rows[i].id);
			if (rows[i].whole > 0)
				expect_echo(rows[i].id, heard(w, 0), p->tester, p->target);
			world_close(w);
		}
}

Test(reassembly, accepts_any_order_of_any_cut)
{
	struct world *w = world_open(NULL);
	struct random_seeded rnd;
	random_seeded_init(&rnd, 7);
	for (unsigned round = 0; round < 400; round++) {
		const struct place *p = &places[round % 2];
		struct piece cut[64];
		uint8_t dice[128];
		size_t n = 0, total = 8 + round * 3, at = 0;
		rnd.random.fill(&rnd.random, dice, sizeof dice);
		struct rd r = rd_of(BYTES_OF(dice));
		while (at < total) {
			size_t len = n < 62 ? (size_t)(rd_uint(&r, 1) % 16 + 1) * 8 : total;
			cut[n++] = (struct piece){ at, len < total - at ? len : total - at, 0 };
			at += len;
		}
		for (size_t left = n; left > 0; left--) {
			size_t take = (size_t)rd_uint(&r, 1) % left;
			struct bytes d = echo(w, p->tester, p->target, (uint16_t)round, total - 8);
			input(w, 0, piece_of(w, d, cut[take], -1));
			cr_assert(eq(u32, w->frames, left == 1 ? 1 : 0), "round %u, %zu left", round, left);
			cut[take] = cut[left - 1];
		}
		expect_echo("round", heard(w, 0), p->tester, p->target);
		world_forget(w);
	}
	world_close(w);
}

Test(reassembly, keeps_datagrams_apart)
{
	struct world *w = world_open(NULL);
	struct bytes a =
		piece_of(w, echo(w, places[0].tester, places[0].target, 1, 48), (struct piece){ 0, 24, 0 }, -1);
	input(w, 0, a);
	struct bytes b =
		piece_of(w, echo(w, places[0].tester, places[0].target, 2, 48), (struct piece){ 24, 32, 0 }, -1);
	input(w, 0, b);
	struct bytes c = piece_of(w, echo(w, places[0].away, places[0].target, 1, 48), (struct piece){ 24, 32, 0 }, -1);
	input(w, 0, c);
	struct bytes d =
		piece_of(w, echo(w, places[0].tester, places[0].second, 1, 48), (struct piece){ 24, 32, 0 }, -1);
	input(w, 0, d);
	/* IPv4 asks for the protocol too */
	struct bytes e =
		piece_of(w, echo(w, places[0].tester, places[0].target, 1, 48), (struct piece){ 24, 32, 0 }, -1);
	struct wr other = room(w);
	wr_bytes(&other, e);
	wr_patch(&other, 9, 17, 1);
	cr_assert(ip_finish(&other));
	input(w, 0, wr_done(&other));
	cr_assert(eq(u32, w->frames, 0));
	input(w, 0, piece_of(w, echo(w, places[0].tester, places[0].target, 1, 48), (struct piece){ 24, 32, 0 }, -1));
	cr_assert(eq(u32, w->frames, 1));
	world_close(w);
}

Test(reassembly, does_not_join_what_came_too_late)
{
	struct world *w = world_open(NULL);
	struct piece first = { 0, 24, 0 }, second = { 24, 32, 0 };
	input(w, 0, piece_of(w, echo(w, places[0].tester, places[0].target, 1, 48), first, -1));
	w->now += REASSEMBLY_SECONDS;
	input(w, 0, piece_of(w, echo(w, places[0].tester, places[0].target, 1, 48), second, -1));
	cr_assert(eq(u32, w->frames, 0));
	world_close(w);
}

Test(reassembly, says_nothing_of_what_overlapped)
{
	struct world *w = world_open(NULL);
	struct piece first = { 0, 24, 0 }, second = { 16, 32, 0 };
	input(w, 0, piece_of(w, echo(w, places[1].tester, places[1].target, 1, 48), first, -1));
	input(w, 0, piece_of(w, echo(w, places[1].tester, places[1].target, 1, 48), second, -1));
	host_tick(w->h, w->now + REASSEMBLY_SECONDS);
	cr_assert(eq(u32, w->frames, 0), "RFC 8200 4.5: no ICMP");
	cr_assert(eq(u64, counted(w, "reassembly.failed"), 2), "the overlap, and its end");
	world_close(w);
}

/* Fragments of echoes first .. last, by number. */
static void
pieces(struct world *w, unsigned first, unsigned last, struct piece p)
{
	for (unsigned i = first; i <= last; i++)
		input(w, 0, piece_of(w, echo(w, places[0].tester, places[0].target, (uint16_t)i, 48), p, -1));
}

Test(reassembly, has_a_fixed_number_of_datagrams_and_drops_the_oldest)
{
	struct world *w = world_open(NULL);
	struct piece first = { 0, 24, 0 }, second = { 24, 32, 0 };
	pieces(w, 1, REASSEMBLY_SLOTS + 2, first);
	pieces(w, 3, REASSEMBLY_SLOTS + 2, second);
	cr_assert(eq(u32, w->frames, REASSEMBLY_SLOTS));
	pieces(w, 1, 2, second);
	cr_assert(eq(u32, w->frames, REASSEMBLY_SLOTS), "1 and 2 had to go");
	world_close(w);
}

Test(reassembly, takes_nothing_from_a_fragment_without_data)
{
	struct world *w = world_open(NULL);
	struct piece none = { 0, 0, 0 }, whole = { 0, 56, 0 };
	for (unsigned i = 0; i < COUNT(places); i++) {
		input(w, 0, piece_of(w, echo(w, places[i].tester, places[i].target, 1, 48), none, 1));
		world_forget(w);
		input(w, 0, piece_of(w, echo(w, places[i].tester, places[i].target, 1, 48), whole, 0));
		cr_assert(eq(u32, w->frames, 1), "%s", places[i].id);
	}
	world_close(w);
}

Test(reassembly, reports_what_did_not_come_in_time_if_it_began)
{
	for (unsigned f = 0; f < COUNT(places); f++) {
		const struct place *p = &places[f];
		struct world *w = world_open(NULL);
		struct bytes first = piece_of(w, echo(w, p->tester, p->target, 1, 48), (struct piece){ 0, 24, 0 }, -1);
		input(w, 0, piece_of(w, echo(w, p->second, p->target, 2, 48), (struct piece){ 24, 24, 0 }, -1));
		first = piece_of(w, echo(w, p->tester, p->target, 1, 48), (struct piece){ 0, 24, 0 }, -1);
		input(w, 0, first);
		host_tick(w->h, w->now + REASSEMBLY_SECONDS - 1);
		cr_assert(eq(u32, w->frames, 0), "%s: too early", p->id);
		host_tick(w->h, w->now + REASSEMBLY_SECONDS);
		cr_assert(eq(u32, w->frames, 1), "%s: only the one with a first fragment", p->id);
		expect(p->id, heard(w, 0), p->target, p->tester, f == 0 ? "1 11/1" : "58 3/1");
		struct bytes quote = bytes_slice(heard(w, 0), (f == 0 ? 20 : 40) + 8, SIZE_MAX);
		cr_assert(bytes_equal(quote, first), "%s: as it came", p->id);
		cr_assert(eq(u64, counted(w, "reassembly.failed"), 2), "%s", p->id);
		host_tick(w->h, w->now + REASSEMBLY_SECONDS + 1);
		cr_assert(eq(u32, w->frames, 1), "%s: once", p->id);
		world_close(w);
	}
}

Test(reassembly, answers_lengths_that_cannot_be_as_rfc_8200_says)
{
	struct world *w = world_open(NULL);
	const struct place *p = &places[1];
	/* 20 octets and more to come: points to the payload length */
	input(w, 0, piece_of(w, echo(w, p->tester, p->target, 1, 48), (struct piece){ 0, 20, 0 }, 1));
	expect("length", heard(w, 0), p->target, p->tester, "58 4/0");
	struct rd r = rd_of(bytes_slice(heard(w, 0), 44, 4));
	cr_assert(eq(u64, rd_uint(&r, 4), 4));
	/*
	 * beyond 65,535: points to the offset (a later fragment gets no answer by RFC 1122, but
	 * this by RFC 8200 4.5)
	 */
	uint8_t far[8 + 16] = { 58, 0, 0xff, 0xf8, 0, 0, 0, 1 };
	input(w, 0, datagram(w, p->tester, p->target, 44, BYTES_OF(far)));
	expect("offset", heard(w, 1), p->target, p->tester, "58 4/0");
	r = rd_of(bytes_slice(heard(w, 1), 44, 4));
	cr_assert(eq(u64, rd_uint(&r, 4), 42));
	/* a first fragment whose headers do not end in it */
	uint8_t cut[16] = { 60, 0, 0, 1, 0, 0, 0, 2, 17, 1, 1, 4 };
	input(w, 0, datagram(w, p->tester, p->target, 44, BYTES_OF(cut)));
	expect("headers", heard(w, 2), p->target, p->tester, "58 4/3");
	/* nor do these: each names a hop-by-hop header that would have to follow */
	uint8_t zeros[24] = { 0, 0, 0, 1, 0, 0, 0, 3 };
	input(w, 0, datagram(w, p->tester, p->target, 44, BYTES_OF(zeros)));
	expect("endless", heard(w, 3), p->target, p->tester, "58 4/3");
	world_close(w);
}

Test(reassembly, joins_congestion_marks_as_rfc_3168_says)
{
	const struct {
		uint8_t first, second;
		int result;
	} marks[] = {
		{ 0, 0, 0 }, { 1, 1, 1 }, { 2, 3, 3 }, { 3, 1, 3 }, { 3, 3, 3 }, { 0, 3, -1 }, { 3, 0, -1 },
	};
	for (unsigned i = 0; i < COUNT(marks); i++)
		for (unsigned f = 0; f < COUNT(places); f++) {
			static struct reassembly a;
			struct world *w = world_open(NULL);
			struct bytes d = echo(w, places[f].tester, places[f].target, (uint16_t)i, 48),
				     whole = BYTES_NONE;
			struct ip ip, got;
			memset(&a, 0, sizeof a);
			cr_assert(ip_parse(d, &ip));
			struct bytes data = bytes_slice(ip.all, ip.header, SIZE_MAX);
			struct fragment one = { .ip = &ip,
						.id = 1,
						.protocol = ip.protocol,
						.more = true,
						.front = bytes_slice(ip.all, 0, ip.header),
						.next_at = f == 0 ? 9 : 6,
						.data = bytes_slice(data, 0, 24) };
			/* the front carries the first fragment's mark itself */
			d = altered(w, d, f == 0 ? 1 : 1, (uint8_t)(f == 0 ? marks[i].first : marks[i].first << 4));
			one.front = bytes_slice(d, 0, ip.header);
			ip.tos = marks[i].first;
			cr_assert(eq(int, reassembly_add(&a, &one, &whole), REASSEMBLY_WAIT));
			ip.tos = marks[i].second;
			one.offset = 24;
			one.more = false;
			one.data = bytes_slice(data, 24, SIZE_MAX);
			enum reassembly_result v = reassembly_add(&a, &one, &whole);
			cr_assert(eq(int, v, marks[i].result < 0 ? REASSEMBLY_LOST : REASSEMBLY_WHOLE), "row %u", i);
			if (v == REASSEMBLY_WHOLE) {
				cr_assert(ip_parse(whole, &got), "row %u", i);
				cr_assert(eq(int, got.tos & 3, marks[i].result), "row %u", i);
			}
			world_close(w);
		}
}

/* Only an entry of the SPD says what may come out of a tunnel. */
static void
let_out_of_tunnel(struct world *w, const struct place *p)
{
	struct spd_entry in = policy(DIR_IN, SPD_PROTECT, p->tester, p->target, SELECTOR_ANY);
	struct spd_request *r = request(&in, 50, MODE_TUNNEL, LEVEL_REQUIRE);
	r->src = in.selector.src;
	r->dst = in.selector.dst;
	add_policy(w, &in);
}

Test(reassembly, comes_before_esp_and_ah_in_both_families)
{
	for (unsigned f = 0; f < COUNT(places); f++)
		for (unsigned tunnel = 0; tunnel < 2; tunnel++) {
			const struct place *p = &places[f];
			struct world *w = world_open(NULL);
			struct sa_row row = { 0x2001,
					      (uint8_t)(tunnel ? 50 : 51),
					      tunnel ? MODE_TUNNEL : MODE_TRANSPORT,
					      tunnel ? "aes-gcm-16" : NULL,
					      tunnel ? NULL : "hmac-sha1-96",
					      p->tester,
					      p->target,
					      0,
					      32 };
			struct sa *sa = add_sa(w, &row);
			if (tunnel)
				let_out_of_tunnel(w, p);
			struct bytes whole = protect(w, sa, echo(w, p->tester, p->target, 1, 900));
			uint8_t copy[2048];
			struct wr keep = wr_of(copy, sizeof copy);
			wr_bytes(&keep, whole);
			for (unsigned again = 0; again < 2; again++) {
				input(w, 0, piece_of(w, wr_done(&keep), (struct piece){ 512, 2048, 0 }, 0));
				cr_assert(eq(u32, w->frames, again), "%s", p->id);
				input(w, 0, piece_of(w, wr_done(&keep), (struct piece){ 0, 512, 0 }, 1));
				cr_assert(eq(u32, w->frames, 1), "%s", p->id);
			}
			expect_echo(p->id, heard(w, 0), p->tester, p->target);
			cr_assert(eq(u64, counted(w, "drop.replayed"), 1), "%s: the replay was seen whole", p->id);
			cr_assert(eq(u64, counted(w, "drop.fragment"), 0), "%s", p->id);
			world_close(w);
		}
}

Test(reassembly, joins_fragments_inside_a_tunnel_only_with_those_of_the_same_sa)
{
	for (unsigned f = 0; f < COUNT(places); f++) {
		const struct place *p = &places[f];
		struct world *w = world_open(NULL);
		struct sa_row row = { 0x2001, 50, MODE_TUNNEL, "aes-gcm-16", NULL, p->tester, p->target, 0, 0 };
		struct sa *a = add_sa(w, &row);
		let_out_of_tunnel(w, p);
		row.spi = 0x2002;
		struct sa *b = add_sa(w, &row);
		struct piece first = { 0, 24, 0 }, second = { 24, 32, 0 };
		input(w, 0, protect(w, a, piece_of(w, echo(w, p->tester, p->target, 1, 48), first, -1)));
		input(w, 0, protect(w, b, piece_of(w, echo(w, p->tester, p->target, 1, 48), second, -1)));
		input(w, 0, piece_of(w, echo(w, p->tester, p->target, 1, 48), second, -1));
		cr_assert(eq(u32, w->frames, 0), "%s: another SA, or none", p->id);
		input(w, 0, protect(w, a, piece_of(w, echo(w, p->tester, p->target, 1, 48), second, -1)));
		expect_echo(p->id, heard(w, 0), p->tester, p->target);
		world_close(w);
	}
}

/* What is built takes turns in a few rooms. */
static struct bytes
kept(struct bytes b, uint8_t *octets, size_t cap)
{
	struct wr w = wr_of(octets, cap);
	wr_bytes(&w, b);
	return wr_done(&w);
}

/* A slot is free when its datagram is whole, and the datagram still lies in it: what comes out of a tunnel there must not meet itself. */
Test(reassembly, a_fragment_inside_a_reassembled_tunnel_datagram_is_a_fragment)
{
	const struct place *p = &places[0];
	struct world *w = world_open("solaris");
	cr_assert(zero(int, host_tunable_set(w->h, "ip.tun0", "192.0.2.1 192.0.2.2")));
	uint8_t octets[2][1100];
	struct bytes whole = kept(echo(w, p->away, p->target, 1, 992), octets[0], sizeof octets[0]);
	for (unsigned i = 0; i < 2; i++) {
		struct bytes inner = piece_of(w, whole, (struct piece){ i * 504, i == 0 ? 504 : 496, 0 }, -1);
		struct bytes outer = kept(datagram(w, p->tester, p->target, 4, inner), octets[1], sizeof octets[1]);
		for (size_t at = 0; at < outer.n - IP4_HEADER; at += 256)
			input(w, 0, piece_of(w, outer, (struct piece){ at, 256, 0 }, -1));
	}
	cr_assert(eq(uint, w->frames, 1));
	struct bytes reply = heard(w, 0);
	cr_assert(bytes_equal(bytes_slice(reply, 28, 992), bytes_slice(whole, 28, 992)));
	world_close(w);
}
