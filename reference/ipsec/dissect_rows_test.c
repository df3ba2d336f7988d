/* Rows stand where the octets are: every octet of the datagram, and of what was hidden in it, belongs to exactly one. */
#include "ipsec/dissect.h"

#include "ipsec/test_packet.h"

#define ROOM 8192
static uint8_t out_room[ROOM];
static struct test_line line_room;

/* A packet of a line with the first SA in its esp, ah or ipcomp layers. */
static struct bytes
composed(const char *line, struct sad *d, struct composed *c)
{
	static struct random_seeded r;
	struct sa *sas[PACKET_LAYERS] = { NULL };
	struct wr w = wr_of(out_room, ROOM);
	struct err e = { 0 };
	struct sa *sa = sad_next(d, NULL);
	const struct packet *p = test_packet(&line_room, line);
	if (r.state == 0)
		random_seeded_init(&r, 11);
	for (unsigned i = 0; i < p->n; i++)
		if (sa != NULL && layout_protocol(p->layer[i].lay) == sa->spec.protocol) {
			sas[i] = sa;
			sa = sad_next(d, sa);
		}
	cr_assert(packet_compose(p, sas, &r.random, &w, c, &e), "%s: %s", line, e.text);
	return wr_done(&w);
}

static struct dissection *
taken_apart(const char *id, const struct sad *sad, struct bytes octets)
{
	struct err e = { 0 };
	struct dissection *d = dissect_datagram(sad, octets, &e);
	cr_assert(d != NULL, "%s: %s", id, e.text);
	return d;
}

static void
expect_once(const char *id, const struct dissection *d, unsigned buffer)
{
	size_t bits = 8 * d->buffer[buffer].octets.n;
	unsigned char *seen = calloc(bits + 1, 1);
	for (size_t i = 0; i < d->n; i++) {
		const struct dissect_row *r = &d->row[i];
		if (!r->placed || r->buffer != buffer || r->kind == DISSECT_LAYER)
			continue;
		cr_assert(r->bit + r->bits <= bits, "%s: %s beyond the end of octets %u", id, r->name, buffer);
		for (size_t b = r->bit; b < r->bit + r->bits; b++)
			cr_assert(seen[b]++ == 0, "%s: %s: bit %zu of octets %u belongs to two rows", id, r->name, b,
				  buffer);
	}
	for (size_t b = 0; b < bits; b++)
		cr_assert(seen[b] == 1, "%s: bit %zu of octets %u belongs to no row", id, b, buffer);
	free(seen);
}

static const struct dissect_row *
row_of(const char *id, const struct dissection *d, const char *field)
{
	const struct dissect_row *r = dissect_find(d, field, -1);
	cr_assert(r != NULL, "%s: no %s", id, field);
	return r;
}

static void
expect_at(const char *id, const struct dissection *d, const char *field, struct span s)
{
	if (s.n == 0)
		return;
	bool ah = strcmp(field, "ah.icv") == 0;
	const struct dissect_row *r = row_of(id, d, field);
	/* AH with GMAC: its field ICV begins with an IV (RFC 4543 4). */
	bool right =
		r->placed && r->bit + r->bits == 8 * (s.at + s.n) && (ah ? r->bit <= 8 * s.at : r->bit == 8 * s.at);
	cr_assert(right, "%s: %s: want octets %zu+%zu, got bits %zu+%zu", id, field, s.at, s.n, r->bit, r->bits);
}

static void
expect_whole(const char *id, const struct dissection *d, const struct composed *c)
{
	bool esp = dissect_find(d, "esp.spi", -1) != NULL;
	cr_assert(eq(int, d->verdict, ACCEPT), "%s: %s", id, verdict_name(d->verdict));
	cr_assert(eq(str, (char *)d->verdict_text, "ok"), "%s", id);
	cr_assert(eq(uint, d->buffers, esp ? 2 : 1), "%s", id);
	for (unsigned b = 0; b < d->buffers; b++)
		expect_once(id, d, b);
	expect_at(id, d, esp ? "esp.icv" : "ah.icv", c->icv[1]);
	if (esp)
		expect_at(id, d, "esp.iv", c->iv[1]);
	for (size_t i = 0; i < d->n; i++)
		cr_assert(not(d->row[i].wrong), "%s: %s", id, d->row[i].note);
	if (esp) {
		const struct dissect_row *next = row_of(id, d, "esp.next_header"), *inside = row_of(id, d, "udp.sport");
		cr_assert(next->buffer == 1 && inside->buffer == 1 && inside->opened, "%s", id);
		cr_assert(next->bit + 8 == 8 * d->buffer[1].octets.n, "%s: the next header is the last octet", id);
	}
}

Test(dissect_rows, every_octet_belongs_to_one_row_for_every_transform_and_mode)
{
	static const char *const inners[] = { "", "ip4 src=192.168.0.1 dst=192.168.0.2 / ",
					      "ip6 src=fd00::1 dst=fd00::2 / hbh / " };
	static const char *const outers[] = { "ip4 src=10.0.0.1 dst=10.0.0.2 options=0x94040000",
					      "ip6 src=2001:db8::1 dst=2001:db8::2 / dstopt" };
	struct test_transform t[TEST_TRANSFORMS];
	unsigned n = test_transforms(t);
	for (unsigned i = 0; i < n; i++)
		for (unsigned k = 0; k < 2 * COUNT(inners); k++) {
			char id[80], line[400];
			const char *inner = inners[k / 2];
			struct composed c = { 0 }, shifted;
			struct sa *sas[] = { test_transform_sa(&t[i], 0x1001, MODE_TRANSPORT, k % 2 ? 6 : 4, false),
					     NULL };
			struct sad *sad = test_sad(sas);
			snprintf(line, sizeof line, "%s / %s / %sudp sport=5000 dport=7 / 'hello", outers[k % 2],
				 t[i].protocol == 50 ? "esp" : "ah", inner);
			struct dissection *d =
				taken_apart(test_transform_name(&t[i], id), sad, composed(line, sad, &c));
			shifted = c;
			if (k % 2) { /* one layer further in */
				shifted.icv[1] = c.icv[2];
				shifted.iv[1] = c.iv[2];
			}
			expect_whole(id, d, &shifted);
			dissect_free(d);
			sad_free(sad);
		}
}

Test(dissect_rows, padding_and_tfc_padding_have_their_places)
{
	struct test_transform t = { 50, alg_by_name("aes-cbc", ALG_ENC), alg_by_name("hmac-sha1-96", ALG_AUTH) };
	struct sa *sas[] = { test_transform_sa(&t, 0x1001, MODE_TRANSPORT, 4, false), NULL };
	struct sad *sad = test_sad(sas);
	struct composed c = { 0 };
	struct dissection *d = taken_apart(
		"tfc", sad,
		composed("ip4 src=10.0.0.1 dst=10.0.0.2 / esp tfc=20 / udp sport=1 dport=2 / 'hello", sad, &c));
	expect_whole("tfc", d, &c);
	const struct dissect_row *tfc = row_of("tfc", d, "esp.tfc"), *pad = row_of("tfc", d, "esp.padding");
	cr_assert(eq(sz, tfc->bit / 8, 13));
	cr_assert(eq(sz, tfc->bits / 8, 20));
	cr_assert(eq(sz, pad->bit / 8, 33));
	dissect_free(d);
	sad_free(sad);
}

Test(dissect_rows, nested_sas_open_one_run_of_octets_each)
{
	struct test_transform t = { 50, alg_by_name("aes-cbc", ALG_ENC), alg_by_name("hmac-sha1-96", ALG_AUTH) };
	struct sa *sas[] = { test_transform_sa(&t, 0x1001, MODE_TRANSPORT, 4, false),
			     test_transform_sa(&t, 0x1002, MODE_TRANSPORT, 4, false), NULL };
	struct sad *sad = test_sad(sas);
	struct composed c = { 0 };
	struct dissection *d = taken_apart(
		"nested", sad,
		composed("ip4 src=10.0.0.1 dst=10.0.0.2 / esp spi=0x1001 / esp spi=0x1002 / udp sport=1 dport=2", sad,
			 &c));
	char brief[200];
	cr_assert(eq(uint, d->buffers, 3));
	for (unsigned b = 0; b < d->buffers; b++)
		expect_once("nested", d, b);
	cr_assert(eq(str, d->buffer[2].title, "esp 0x1002, decrypted"));
	dissect_brief(d, brief, sizeof brief);
	cr_assert(eq(str, brief, "esp(spi=0x1001, seq=1)/esp(spi=0x1002, seq=1)/udp(sport=1, dport=2)"));
	dissect_free(d);
	sad_free(sad);
}

Test(dissect_rows, compressed_octets_are_told_from_what_was_in_them)
{
	struct sa_spec s = { .spi = 0x1234, .protocol = 108, .mode = MODE_TRANSPORT, .comp = 2 };
	s.src = test_addr("10.0.0.1");
	s.dst = test_addr("10.0.0.2");
	struct sa *sas[] = { test_open(&s), NULL };
	struct sad *sad = test_sad(sas);
	struct composed c = { 0 };
	struct dissection *d = taken_apart(
		"ipcomp", sad,
		composed(
			"ip4 src=10.0.0.1 dst=10.0.0.2 / ipcomp / udp sport=1 dport=2 / 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
			sad, &c));
	cr_assert(eq(uint, d->buffers, 2));
	expect_once("ipcomp", d, 0);
	expect_once("ipcomp", d, 1);
	cr_assert(eq(str, d->buffer[1].title, "ipcomp 0x1234, decompressed"));
	const struct dissect_row *sport = row_of("ipcomp", d, "udp.sport");
	cr_assert(sport->buffer == 1 && sport->bit == 0 && sport->opened);
	dissect_free(d);
	sad_free(sad);
}

Test(dissect_rows, without_the_key_the_rest_is_payload)
{
	uint8_t room[200];
	struct bytes octets =
		test_datagram("ip4 src=10.0.0.1 dst=10.0.0.2 / esp spi=0x1001 seq=7 / 'abcdefgh", room, sizeof room);
	struct dissection *d = taken_apart("no key", NULL, octets);
	char brief[100];
	cr_assert(eq(str, (char *)d->verdict_text, "no-sa"));
	cr_assert(eq(uint, d->buffers, 1));
	expect_once("no key", d, 0);
	dissect_brief(d, brief, sizeof brief);
	cr_assert(eq(str, brief, "esp(spi=0x1001, seq=7)/8 octets"));
	cr_assert(row_of("no key", d, "payload.octets")->kind == DISSECT_PAYLOAD);
	dissect_free(d);
}

Test(dissect_rows, a_wrong_sum_is_noted_behind_an_sa_too_and_never_of_a_fragment)
{
	static const struct {
		const char *line, *wrong;
	} rows[] = {
		{ "ip4 src=10.0.0.1 dst=10.0.0.2 / udp checksum=0x1234 / 'abc", "udp.checksum: want 0x" },
		{ "ip4 src=10.0.0.1 dst=10.0.0.2 / esp / udp checksum=0x1234 / 'abc", "udp.checksum: want 0x" },
		{ "ip4 src=10.0.0.1 dst=10.0.0.2 checksum=1 / esp / udp / 'abc", "ip4.checksum: want 0x" },
		{ "ip4 src=10.0.0.1 dst=10.0.0.2 flags=mf / udp checksum=0x1234 length=100 / 'abc", NULL },
	};
	struct test_transform t = { 50, alg_by_name("aes-cbc", ALG_ENC), alg_by_name("hmac-sha1-96", ALG_AUTH) };
	struct sa *sas[] = { test_transform_sa(&t, 0x1001, MODE_TRANSPORT, 4, false), NULL };
	struct sad *sad = test_sad(sas);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct composed c = { 0 };
		const char *note = NULL;
		struct dissection *d = taken_apart(rows[i].line, sad, composed(rows[i].line, sad, &c));
		for (size_t k = 0; k < d->n; k++)
			note = d->row[k].wrong ? d->row[k].note : note;
		cr_assert(eq(int, note == NULL, rows[i].wrong == NULL), "%s: got %s", rows[i].line, note);
		cr_assert(note == NULL || strncmp(note, rows[i].wrong, strlen(rows[i].wrong)) == 0, "%s: %s",
			  rows[i].line, note);
		dissect_free(d);
	}
	sad_free(sad);
}
