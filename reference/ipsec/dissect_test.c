#include "ipsec/test_packet.h"

#define ROOM 4096
static uint8_t room[ROOM], work_room[2 * ROOM];

static struct sad *
one_sad(const char *enc, const char *auth, struct sa **sa)
{
	struct test_transform t = { 50, alg_by_name(enc, ALG_ENC), auth != NULL ? alg_by_name(auth, ALG_AUTH) : NULL };
	struct sa *sas[] = { *sa = test_transform_sa(&t, 0x1001, MODE_TRANSPORT, 4, false), NULL };
	return test_sad(sas);
}

static struct bytes
compose(const char *line, struct sa *sa)
{
	struct random_seeded r;
	struct test_line t;
	const struct packet *p = test_packet(&t, line);
	struct sa *sas[PACKET_LAYERS] = { 0 };
	struct wr w = wr_of(room, ROOM);
	struct err e = { 0 };
	random_seeded_init(&r, 7);
	for (unsigned i = 0; i < p->n; i++)
		sas[i] = p->layer[i].lay == &layout_esp || p->layer[i].lay == &layout_ah ? sa : NULL;
	cr_assert(packet_compose(p, sas, &r.random, &w, NULL, &e), "%s: %s", line, e.text);
	return wr_done(&w);
}

static void
dissect(struct dissected *got, const struct sad *d, struct bytes b)
{
	struct err e = { 0 };
	cr_assert(packet_dissect(got, d, b, work_room, 2 * b.n, &e), "%s", e.text);
}

#define V4 "ip4 src=10.0.0.1 dst=10.0.0.2 "

Test(dissect, gives_every_field_of_an_esp)
{
	struct sa *sa;
	struct sad *d = one_sad("aes-cbc", "hmac-sha1-96", &sa);
	struct dissected got;
	struct test_line t;
	struct packet_diff diff;
	dissect(&got, d,
		compose(V4 "/ esp seq=9 iv=0x000102030405060708090a0b0c0d0e0f tfc=10 / udp sport=5 dport=7 / "
			   "'hello",
			sa));
	cr_assert(eq(int, got.verdict, ACCEPT));
	const struct hdr *h = &got.packet.layer[1];
	for (unsigned f = 0; f < ESP_NF; f++)
		cr_assert(hdr_given(h, f), "%s", h->lay->fields[f].name);
	const struct packet *want =
		test_packet(&t, V4 "/ esp spi=0x1001 seq=9 iv=0x000102030405060708090a0b0c0d0e0f tfc=10"
				   " padding=0x01020304050607 pad_length=7 next_header=17 / udp sport=5 "
				   "dport=7 length=13 / 'hello");
	cr_assert(packet_agree(want, &got.packet, &diff), "%s %s %s", diff.shape, diff.d[0].want, diff.d[0].got);
	cr_assert(eq(sz, h->v[ESP_ICV].b.n, 12));
	sad_free(d);
}

Test(dissect, says_why_a_layer_stays_closed)
{
	static const struct {
		const char *id, *line;
		unsigned layers;
		enum verdict verdict;
	} rows[] = {
		{ "opens", V4 "/ esp / udp / 'x", 3, ACCEPT },
		{ "no protection", V4 "/ udp / 'x", 2, ACCEPT },
		{ "no sa", V4 "/ esp spi=0x99 / udp / 'x", 2, DROP_NO_SA },
		{ "other destination", "ip4 src=10.0.0.1 dst=10.0.0.3 / esp / udp / 'x", 2, DROP_NO_SA },
		{ "icv", V4 "/ esp icv=0x00112233445566778899aabb / udp / 'x", 2, DROP_ICV },
		{ "fragment", V4 "flags=mf / esp / udp / 'x", 2, DROP_FRAGMENT },
		{ "pad length", V4 "/ esp pad_length=255 padding=0x / udp / 'abcdef", 2, DROP_PAD_LENGTH },
		{ "short", V4 "total_length=40 / esp / udp / 'x", 2, DROP_SHORT },
		{ "a dummy is opened", V4 "/ esp next_header=59 / udp / 'x", 2, ACCEPT },
		{ "nobody's protocol", V4 "/ esp next_header=253 / udp / 'x", 2, ACCEPT },
		{ "a broken upper header", V4 "/ esp next_header=6 / udp / 'x", 2, ACCEPT },
		{ "in udp", V4 "/ udp / esp / udp / 'x", 4, ACCEPT },
		{ "in udp, no sa", V4 "/ udp / esp spi=0x99 / udp / 'x", 3, DROP_NO_SA },
		{ "not in udp", V4 "/ udp sport=9 dport=9 / esp / udp / 'x", 2, ACCEPT },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sa *sa;
		struct sad *d = one_sad("null", "hmac-sha1-96", &sa);
		struct dissected got;
		dissect(&got, d, compose(rows[i].line, sa));
		cr_assert(eq(int, got.verdict, rows[i].verdict), "%s: %s", rows[i].id, verdict_name(got.verdict));
		cr_assert(eq(uint, got.packet.n, rows[i].layers), "%s", rows[i].id);
		for (unsigned l = 0; l < got.packet.n; l++) {
			bool esp = got.packet.layer[l].lay == &layout_esp;
			cr_assert(got.sa[l] == (esp && got.verdict == ACCEPT ? sa : NULL), "%s", rows[i].id);
			if (esp && got.verdict != ACCEPT)
				cr_assert(not(hdr_given(&got.packet.layer[l], ESP_NEXT_HEADER)), "%s", rows[i].id);
		}
		sad_free(d);
	}
}

Test(dissect, goes_on_behind_an_ah_that_does_not_hold)
{
	struct test_transform t = { 51, NULL, alg_by_name("hmac-sha2-256-128", ALG_AUTH) };
	struct sa *sas[] = { test_transform_sa(&t, 0x1001, MODE_TRANSPORT, 6, false), NULL };
	struct sad *d = test_sad(sas);
	static const struct {
		const char *line;
		enum verdict verdict;
	} rows[] = {
		{ "ip6 src=2001:db8::1 dst=2001:db8::2 / ah / udp / 'x", ACCEPT },
		{ "ip6 src=2001:db8::1 dst=2001:db8::2 / ah spi=2 / udp / 'x", DROP_NO_SA },
		{ "ip6 src=2001:db8::1 dst=2001:db8::2 / ah icv=0x00112233445566778899aabbccddeeff / udp / "
		  "'x",
		  DROP_ICV },
		{ "ip6 src=2001:db8::1 dst=2001:db8::2 / ah icv=0x00112233 / udp / 'x", DROP_AH_LENGTH },
		{ "ip6 src=2001:db8::1 dst=2001:db8::2 / frag m=1 / ah / udp / 'x", DROP_FRAGMENT },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct dissected got;
		/* What a link pads its frames with is no part of the datagram. */
		struct wr w = wr_of(room, ROOM);
		w.n = compose(rows[i].line, sas[0]).n;
		wr_fill(&w, 0, 6);
		dissect(&got, d, wr_done(&w));
		cr_assert(eq(int, got.verdict, rows[i].verdict), "%s: %s", rows[i].line, verdict_name(got.verdict));
		cr_assert(got.packet.layer[got.packet.n - 1].lay == &layout_udp, "%s", rows[i].line);
		unsigned ah = got.packet.n - 2;
		cr_assert(got.sa[ah] == (got.verdict == ACCEPT ? sas[0] : NULL), "%s", rows[i].line);
		/* 12 + 16 are no multiple of 8. */
		if (got.verdict == ACCEPT) {
			cr_assert(eq(sz, got.packet.layer[ah].v[AH_ICV].b.n, 16));
			cr_assert(eq(sz, got.packet.layer[ah].v[AH_PADDING].b.n, 4));
		}
	}
	sad_free(d);
}

Test(dissect, shows_the_full_sequence_number_and_moves_no_window)
{
	struct test_transform t = { 50, alg_by_name("aes-gcm-16", ALG_ENC), NULL };
	struct sa *sas[] = { test_transform_sa(&t, 0x1001, MODE_TRANSPORT, 4, true), NULL };
	struct sad *d = test_sad(sas);
	struct dissected got;
	sas[0]->replay.top = 0x700000005;
	struct test_state before;
	for (int i = 0; i < 2; i++) {
		struct bytes b = compose(V4 "/ esp seq=0x700000009 / udp / 'x", sas[0]);
		before = test_state(sas[0]);
		dissect(&got, d, b);
		cr_assert(eq(int, got.verdict, ACCEPT));
		cr_assert(eq(u64, got.packet.layer[1].v[ESP_SEQ].u, 0x700000009));
		cr_assert(test_state_same(&before, sas[0]));
	}
	sad_free(d);
}

Test(dissect, asks_for_more_room_than_it_has)
{
	struct sa *sa;
	struct sad *d = one_sad("null", "hmac-sha1-96", &sa);
	struct dissected got;
	struct err e = { 0 };
	struct bytes b = compose(V4 "/ esp / udp / 'x", sa);
	cr_assert(not(packet_dissect(&got, d, b, work_room, 10, &e)));
	cr_assert(eq(int, e.code, ERR_RANGE));
	cr_assert(not(packet_dissect(&got, d, bytes_slice(b, 0, 10), work_room, ROOM, &e)));
	cr_assert(not(packet_dissect(&got, d, BYTES_NONE, work_room, ROOM, &e)));
	sad_free(d);
}

/* Prefixes and seeded damage, on octets that a sanitizer fences. With "null" the inside is damaged too. */
Test(dissect, survives_every_prefix_and_much_damage)
{
	static const char *const lines[] = {
		V4 "/ esp / ip4 src=1.1.1.1 / udp / 'hello",
		V4 "options=0x94040000 / udp / esp / ip6 / hbh / dstopt / frag / udp / 'hello",
		V4 "/ esp / esp / dstopt / tcp / 'hello",
	};
	struct random_seeded r;
	random_seeded_init(&r, 99);
	unsigned accepted = 0;
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct sa *sa;
		struct sad *d = one_sad("aes-ctr", NULL, &sa);
		struct bytes b = compose(lines[i], sa);
		for (unsigned k = 0; k < 4000; k++) {
			uint8_t dice[4];
			r.random.fill(&r.random, dice, sizeof dice);
			struct rd roll = rd_of(BYTES_OF(dice));
			size_t n = k < b.n ? k : b.n;
			uint8_t *copy = malloc(n + 1), *work = malloc(2 * n + 1);
			struct wr w = wr_of(copy, n);
			struct dissected got;
			wr_bytes(&w, bytes_slice(b, 0, n));
			if (k >= b.n)
				wr_patch(&w, rd_uint(&roll, 2) % n, rd_uint(&roll, 1), 1);
			struct err e;
			if (packet_dissect(&got, d, wr_done(&w), work, 2 * n, &e))
				accepted += got.verdict == ACCEPT;
			free(copy);
			free(work);
		}
		sad_free(d);
	}
	cr_assert(gt(uint, accepted, 1000), "damage is to be seen inside, not kept out");
}
