#include "ipsec/test_sa.h"

enum { BIG = 1024 };

static const char front4_hex[] = "4500006400010000403300000a0000010a000002";
static const char front6_hex[] = "6000000000503340"
				 "20010db8000000000000000000000001"
				 "20010db8000000000000000000000002";

static struct bytes
front_of(uint8_t family, uint8_t room[BIG])
{
	return hex_octets(family == 4 ? front4_hex : front6_hex, room, BIG);
}

static struct bytes
sealed(struct sa *sa, const struct hdr *given, struct bytes front, struct bytes payload, uint8_t room[BIG])
{
	struct wr w = wr_of(room, BIG);
	enum verdict v = ah_seal(sa, given, front, 17, payload, &w);
	cr_assert(v == ACCEPT, "%s", verdict_name(v));
	return wr_done(&w);
}

static uint64_t
at(struct bytes b, size_t from, unsigned n)
{
	struct rd r = rd_of(bytes_slice(b, from, n));
	return rd_uint(&r, n);
}

/* RFC 4302 2.2, 2.6, 3.3.3.2.1; RFC 4543 4 */
Test(ah, the_header_is_aligned_for_its_family_and_no_more)
{
	static const struct {
		const char *auth;
		size_t v4, v6, v4_align8;
	} rows[] = {
		{ "hmac-md5-96", 24, 24, 24 },       { "hmac-sha1-96", 24, 24, 24 },
		{ "aes-xcbc-mac-96", 24, 24, 24 },   { "hmac-sha2-256-96", 24, 24, 24 },
		{ "hmac-sha2-256-128", 28, 32, 32 }, { "hmac-sha2-384-192", 36, 40, 40 },
		{ "hmac-sha2-512-256", 44, 48, 48 }, { "aes-128-gmac", 36, 40, 40 },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sa *sa = test_sa(51, NULL, rows[i].auth, 0, false);
		cr_expect(ah_header_len(sa, 4) == rows[i].v4, "%s: %zu", rows[i].auth, ah_header_len(sa, 4));
		cr_expect(ah_header_len(sa, 6) == rows[i].v6, "%s: %zu", rows[i].auth, ah_header_len(sa, 6));
		for (unsigned v6 = 0; v6 < 2; v6++) {
			uint8_t room[BIG], packet[BIG];
			size_t n = v6 ? rows[i].v6 : rows[i].v4;
			struct bytes p = sealed(sa, NULL, front_of(v6 ? 6 : 4, room), BYTES_NONE, packet);
			cr_expect(p.n == n && at(p, 1, 1) == n / 4 - 2, "%s", rows[i].auth);
			size_t used = 12u + sa->spec.auth->iv + sa->spec.auth->icv;
			cr_expect(all_zero(bytes_slice(p, used, n)), "%s: padding", rows[i].auth);
		}
		sa->spec.ah_align8 = true;
		cr_expect(ah_header_len(sa, 4) == rows[i].v4_align8 && ah_header_len(sa, 6) == rows[i].v6,
			  "%s: as Linux", rows[i].auth);
		sa_close(sa);
	}
}

Test(ah, every_payload_length_comes_back_through_every_algorithm)
{
	for (unsigned i = 0; i < algs_n; i++) {
		if (!(algs[i].use & ALG_AUTH) || algs[i].kind == ALG_NULL || algs[i].old == OLD_ONLY)
			continue;
		for (unsigned c = 0; c < 4; c++) {
			uint8_t room[BIG], octets[256], packet[BIG];
			struct sa *sa = test_sa(51, NULL, algs[i].name, 64, c & 1);
			struct bytes front = front_of(c & 2 ? 6 : 4, room);
			size_t header = ah_header_len(sa, c & 2 ? 6 : 4);
			for (size_t len = 0; len <= 200; len++) {
				struct ah_opened o;
				struct bytes payload = test_octets(octets, len);
				struct bytes p = sealed(sa, NULL, front, payload, packet);
				cr_assert(p.n == header + len && at(p, 0, 1) == 17 && at(p, 2, 2) == 0);
				cr_assert(at(p, 4, 4) == 0x1001 && at(p, 8, 4) == len + 1);
				enum verdict v = ah_receive(sa, front, p, &o);
				cr_assert(v == ACCEPT, "%s %u %zu: %s", algs[i].name, c, len, verdict_name(v));
				cr_assert(bytes_equal(o.payload, payload) && o.next_header == 17 && o.seq == len + 1);
				cr_assert(o.icv.n == algs[i].icv && o.iv.n == algs[i].iv);
				cr_assert(12 + o.iv.n + o.icv.n + o.padding.n == header);
			}
			sa_close(sa);
		}
	}
}

/* Fields of AH itself, its padding and the payload: all of it is covered. */
Test(ah, a_flipped_bit_behind_the_front_is_refused)
{
	static const char *const auth[] = { "hmac-sha1-96", "hmac-sha2-256-128", "aes-128-gmac", "aes-cmac-96" };
	for (unsigned i = 0; i < COUNT(auth); i++)
		for (unsigned v6 = 0; v6 < 2; v6++) {
			uint8_t room[BIG], octets[64], packet[BIG];
			struct ah_opened o;
			struct bytes front = front_of(v6 ? 6 : 4, room);
			struct sa *sa = test_sa(51, NULL, auth[i], 0, false);
			struct bytes p = sealed(sa, NULL, front, test_octets(octets, 21), packet);
			for (size_t j = 0; j < p.n; j++)
				for (unsigned bit = 0; bit < 8; bit++) {
					test_flip(packet, p.n, j, bit);
					enum verdict v = ah_open(sa, front, p, 0, &o);
					cr_assert(v == (j == 1 ? DROP_AH_LENGTH : DROP_ICV), "%s octet %zu: %s",
						  auth[i], j, verdict_name(v));
					test_flip(packet, p.n, j, bit);
				}
			cr_expect(ah_open(sa, front, p, 0, &o) == ACCEPT);
			for (size_t len = 0; len < p.n; len++) {
				enum verdict v = ah_open(sa, front, bytes_slice(p, 0, len), 0, &o);
				cr_assert(v == (len < p.n - 21 ? DROP_SHORT : DROP_ICV), "%s %zu: %s", auth[i], len,
					  verdict_name(v));
			}
			sa_close(sa);
		}
}

Test(ah, what_two_ends_disagree_on_shows)
{
	uint8_t room[BIG], octets[64], packet[BIG];
	struct ah_opened o;
	struct sa *sa = test_sa(51, NULL, "hmac-sha1-96", 0, true),
		  *plain = test_sa(51, NULL, "hmac-sha1-96", 0, false);
	struct bytes front = front_of(4, room);
	struct bytes p = sealed(sa, NULL, front, test_octets(octets, 21), packet);
	cr_expect(ah_open(sa, front, p, 0, &o) == ACCEPT);
	cr_expect(ah_open(sa, front, p, 1, &o) == DROP_ICV, "the high half is covered");
	cr_expect(ah_open(plain, front, p, 0, &o) == DROP_ICV, "and is so even when it is zero");
	sa_close(sa);
	sa_close(plain);
}

/* --- given fields
 * ------------------------------------------------------------------------------------------- */

Test(ah, a_given_field_goes_out_as_written_under_a_good_icv)
{
	static const struct {
		const char *id;
		unsigned field;
		uint64_t u;
		size_t from;
		unsigned n;
		enum verdict opens;
	} rows[] = {
		{ "next header", AH_NEXT_HEADER, 59, 0, 1, ACCEPT },
		{ "payload length", AH_PAYLOAD_LEN, 5, 1, 1, DROP_AH_LENGTH },
		{ "payload length 0", AH_PAYLOAD_LEN, 0, 1, 1, DROP_AH_LENGTH },
		{ "reserved", AH_RESERVED, 0xbeef, 2, 2, ACCEPT }, /* RFC 4302 2.3: ignored by the recipient */
		{ "spi", AH_SPI, 0, 4, 4, ACCEPT },
		{ "seq", AH_SEQ, 0, 8, 4, ACCEPT },
		{ "seq", AH_SEQ, 0xffffffff, 8, 4, ACCEPT },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t room[BIG], octets[64], packet[BIG];
		struct ah_opened o;
		struct hdr given = hdr_of(&layout_ah);
		hdr_set(&given, rows[i].field, rows[i].u);
		struct sa *sa = test_sa(51, NULL, "hmac-sha1-96", 0, false);
		struct bytes front = front_of(4, room), p = sealed(sa, &given, front, test_octets(octets, 21), packet);
		cr_expect(at(p, rows[i].from, rows[i].n) == rows[i].u, "%s", rows[i].id);
		enum verdict v = ah_open(sa, front, p, 0, &o);
		cr_expect(v == rows[i].opens, "%s: %s", rows[i].id, verdict_name(v));
		cr_expect(sa->seq == (rows[i].field == AH_SEQ ? 0 : 1), "%s: a given seq is not the SA's", rows[i].id);
		sa_close(sa);
	}
}

Test(ah, a_given_icv_or_padding_has_its_own_length)
{
	static const uint8_t octets[20] = { 0xaa, 0xbb, 0xcc, 0xdd };
	for (size_t n = 0; n <= sizeof octets; n++)
		for (unsigned v6 = 0; v6 < 2; v6++) {
			uint8_t room[BIG], packet[BIG];
			struct ah_opened o;
			struct sa *sa = test_sa(51, NULL, "hmac-sha1-96", 0, false);
			struct bytes front = front_of(v6 ? 6 : 4, room);
			struct hdr given = hdr_of(&layout_ah);
			hdr_set_bytes(&given, AH_ICV, bytes_slice(BYTES_OF(octets), 0, n));
			struct bytes p = sealed(sa, &given, front, BYTES_NONE, packet);
			size_t align = v6 ? 8 : 4, want = (12 + n + align - 1) / align * align;
			cr_expect(p.n == want && at(p, 1, 1) == want / 4 - 2, "%zu: %zu", n, p.n);
			cr_expect(bytes_equal(bytes_slice(p, 12, n), bytes_slice(BYTES_OF(octets), 0, n)), "%zu", n);

			given = hdr_of(&layout_ah);
			hdr_set_bytes(&given, AH_PADDING, bytes_slice(BYTES_OF(octets), 0, n));
			p = sealed(sa, &given, front, BYTES_NONE, packet);
			cr_expect(p.n == 24 + n &&
				  bytes_equal(bytes_slice(p, 24, n), bytes_slice(BYTES_OF(octets), 0, n)));
			enum verdict v = ah_open(sa, front, p, 0, &o);
			cr_expect(v == (n < 4 ? ACCEPT : DROP_AH_LENGTH), "%zu: %s", n, verdict_name(v));
			sa_close(sa);
		}
}

/* RFC 4302 3.3.3.2.1: any content, and covered. */
Test(ah, padding_of_any_content_is_accepted_and_covered)
{
	static const uint8_t pad[4] = { 1, 2, 3, 4 };
	uint8_t room[BIG], octets[64], packet[BIG];
	struct ah_opened o;
	struct sa *sa = test_sa(51, NULL, "hmac-sha2-256-128", 0, false);
	struct bytes front = front_of(6, room);
	struct hdr given = hdr_of(&layout_ah);
	hdr_set_bytes(&given, AH_PADDING, BYTES_OF(pad));
	struct bytes p = sealed(sa, &given, front, test_octets(octets, 8), packet);
	cr_expect(ah_open(sa, front, p, 0, &o) == ACCEPT && bytes_equal(o.padding, BYTES_OF(pad)));
	test_flip(packet, p.n, 28, 0);
	cr_expect(ah_open(sa, front, p, 0, &o) == DROP_ICV);
	sa_close(sa);
}

Test(ah, gmac_counts_its_ivs_apart_from_seq)
{
	uint8_t room[BIG], packet[BIG];
	struct sa *sa = test_sa(51, NULL, "aes-256-gmac", 0, false);
	struct hdr given = hdr_of(&layout_ah);
	hdr_set(&given, AH_SEQ, 7);
	for (unsigned n = 1; n <= 6; n++) {
		struct bytes p = sealed(sa, n % 2 ? &given : NULL, front_of(4, room), BYTES_NONE, packet);
		cr_expect(at(p, 12, 8) == n, "packet %u", n);
	}
	cr_expect(sa->seq == 3 && sa->iv == 6);
	sa_close(sa);
}

Test(ah, a_sender_that_refuses_changes_nothing)
{
	uint8_t room[BIG], octets[64], packet[BIG];
	struct bytes payload = test_octets(octets, 20), front = front_of(4, room);
	struct test_keys k;
	struct sa_spec s = test_spec(51, NULL, "aes-128-gmac", &k);
	s.seq = UINT32_MAX;
	struct sa *sa = test_open(&s);
	struct test_state before = test_state(sa);
	struct wr w = wr_of(packet, sizeof packet);
	cr_expect(ah_seal(sa, NULL, front, 17, payload, &w) == DROP_SEQ_OVERFLOW && w.n == 0);
	cr_expect(test_state_same(&before, sa));
	sa_close(sa);

	sa = test_sa(51, NULL, "aes-128-gmac", 0, false);
	before = test_state(sa);
	for (size_t cap = 0; cap < 56; cap++) {
		w = wr_of(packet, cap);
		cr_expect(ah_seal(sa, NULL, front, 17, payload, &w) == DROP_TOO_BIG && w.n == 0, "%zu", cap);
	}
	w = wr_of(packet, sizeof packet);
	cr_expect(ah_seal(sa, NULL, bytes_slice(front, 0, 19), 17, payload, &w) == DROP_HEADER && w.n == 0);
	cr_expect(test_state_same(&before, sa));
	sa_close(sa);
}

/* --- the receiver
 * ------------------------------------------------------------------------------------------- */

struct receive_row {
	const char *id;
	enum verdict want;
	bool moves;
	uint64_t seq;
	int payload_len; /* -1: as it is */
	size_t keep;     /* octets of the packet, 0: all */
	bool flip, bad_front;
	uint8_t state;
};

/* After numbers 1 and 100 with a window of 64. */
static const struct receive_row receive_rows[] = {
	{ "next", ACCEPT, true, 101, -1, 0, false, false, SA_MATURE },
	{ "last inside", ACCEPT, true, 37, -1, 0, false, false, SA_MATURE },
	{ "dying still receives", ACCEPT, true, 101, -1, 0, false, false, SA_DYING },
	{ "dead", DROP_SA_STATE, false, 101, -1, 0, false, false, SA_DEAD },
	{ "larval", DROP_SA_STATE, false, 101, -1, 0, false, false, SA_LARVAL },
	{ "no sequence number", DROP_SHORT, false, 101, -1, 11, false, false, SA_MATURE },
	{ "no room for the icv", DROP_SHORT, false, 101, -1, 23, false, false, SA_MATURE },
	{ "zero", DROP_SEQ_ZERO, false, 0, -1, 0, false, false, SA_MATURE },
	{ "left of the window", DROP_OLD, false, 36, -1, 0, false, false, SA_MATURE },
	{ "the last again", DROP_REPLAYED, false, 100, -1, 0, false, false, SA_MATURE },
	{ "replayed with another length", DROP_REPLAYED, false, 100, 5, 0, true, false, SA_MATURE },
	{ "payload len too long", DROP_AH_LENGTH, false, 101, 5, 0, false, false, SA_MATURE },
	{ "payload len too short", DROP_AH_LENGTH, false, 101, 3, 0, false, false, SA_MATURE },
	{ "payload len before the icv", DROP_AH_LENGTH, false, 101, 5, 0, true, false, SA_MATURE },
	{ "bad icv", DROP_ICV, false, 101, -1, 0, true, false, SA_MATURE },
	{ "bad icv far right", DROP_ICV, false, 0x7fffffff, -1, 0, true, false, SA_MATURE },
	{ "cut payload", DROP_ICV, false, 101, -1, 30, false, false, SA_MATURE },
	{ "malformed option in front", DROP_HEADER, false, 101, -1, 0, false, true, SA_MATURE },
};

static void
judge(const struct receive_row *r, const char *auth)
{
	static const char malformed[] = "4600006400010000403300000a0000010a000002"
					"44010101";
	uint8_t room[BIG], bad_room[BIG], octets[64], packet[BIG];
	struct ah_opened o;
	struct bytes front = front_of(4, room), bad = hex_octets(malformed, bad_room, BIG);
	struct sa *sender = test_sa(51, NULL, auth, 0, false), *sa = test_sa(51, NULL, auth, 64, false);
	struct hdr given = hdr_of(&layout_ah);
	for (uint64_t seq = 1; seq <= 100; seq += 99) {
		hdr_set(&given, AH_SEQ, seq);
		cr_assert(ah_receive(sa, front, sealed(sender, &given, front, BYTES_NONE, packet), &o) == ACCEPT);
	}
	hdr_set(&given, AH_SEQ, r->seq);
	if (r->payload_len >= 0)
		hdr_set(&given, AH_PAYLOAD_LEN, (uint64_t)r->payload_len);
	struct bytes p = sealed(sender, &given, front, test_octets(octets, 40), packet);
	if (r->flip)
		test_flip(packet, p.n, p.n - 1, 0);
	if (r->keep > 0)
		p.n = r->keep;
	sa->state = r->state;
	struct test_state before = test_state(sa);
	enum verdict v = ah_receive(sa, r->bad_front ? bad : front, p, &o);
	cr_expect(v == r->want, "%s %s: want %s, got %s", auth, r->id, verdict_name(r->want), verdict_name(v));
	cr_expect(test_state_same(&before, sa) == (r->moves == false), "%s %s: state", auth, r->id);
	if (r->moves)
		cr_expect(ah_receive(sa, front, p, &o) == DROP_REPLAYED, "%s %s again", auth, r->id);
	sa_close(sender);
	sa_close(sa);
}

Test(ah, a_receiver_has_a_reason_for_every_drop_and_moves_only_after_the_icv)
{
	for (unsigned i = 0; i < COUNT(receive_rows); i++) {
		judge(&receive_rows[i], "hmac-sha1-96");
		judge(&receive_rows[i], "aes-xcbc-mac-96");
	}
}

Test(ah, esn_crosses_the_subspace)
{
	struct test_keys k;
	uint8_t room[BIG], packet[BIG], held[BIG];
	struct ah_opened o;
	struct bytes front = front_of(6, room), late = BYTES_NONE;
	struct sa_spec s = test_spec(51, NULL, "hmac-sha2-256-128", &k);
	s.esn = true;
	s.replay = 32;
	s.seq = ((uint64_t)3 << 32) - 10;
	struct sa *sa = test_open(&s), *peer = test_open(&s);
	peer->replay.top = s.seq; /* a receiver that has come this far */
	for (unsigned n = 1; n <= 30; n++) {
		if (n == 4) {
			late = sealed(sa, NULL, front, BYTES_NONE, held);
			continue;
		}
		struct bytes p = sealed(sa, NULL, front, BYTES_NONE, packet);
		cr_assert(at(p, 8, 4) == (uint32_t)(s.seq + n));
		cr_assert(ah_receive(peer, front, p, &o) == ACCEPT && o.seq == s.seq + n, "%u", n);
		cr_assert(ah_receive(peer, front, p, &o) == DROP_REPLAYED, "%u", n);
	}
	cr_expect(ah_receive(peer, front, late, &o) == ACCEPT && o.seq == s.seq + 4);
	sa_close(sa);
	sa_close(peer);
}
