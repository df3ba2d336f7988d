#include <inttypes.h>
#include <stdio.h>

#include "ipsec/datagram.h"
#include "ipsec/selector.h"
#include "runner/vector.h"
#include "wire/text.h"

#define ROOM 65536

/* --- comparing --- */

static bool
agree(const char *what, struct bytes want, struct bytes got, struct err *e)
{
	char w[70], g[70];
	size_t at = 0;
	struct rd a = rd_of(want), b = rd_of(got);
	if (bytes_equal(want, got))
		return true;
	for (; rd_left(&a) > 0 && rd_left(&b) > 0 && rd_peek(&a, 0) == rd_peek(&b, 0); at++) {
		rd_skip(&a, 1);
		rd_skip(&b, 1);
	}
	struct text wt = text_of(w, sizeof w), gt = text_of(g, sizeof g);
	text_add_hex(&wt, bytes_slice(want, at, 16));
	text_add_hex(&gt, bytes_slice(got, at, 16));
	return fail(e, ERR_RANGE, "%s: octet %zu of %zu: want %s, got %s (%zu octets)", what, at, want.n, w, g, got.n);
}

static bool
agree_number(const char *what, uint64_t wanted, uint64_t got, struct err *e)
{
	return wanted == got || fail(e, ERR_RANGE, "%s: want 0x%" PRIx64 ", got 0x%" PRIx64, what, wanted, got);
}

static bool
agree_verdict(const char *what, enum verdict got, struct err *e)
{
	return got == ACCEPT || fail(e, ERR_RANGE, "%s: want ok, got %s", what, verdict_name(got));
}

/* b with one bit of octet i flipped, another bit for each octet; of the first the highest, since IPv6 has its
 * version (immutable) before its traffic class (mutable) there. */
static struct bytes
flipped(struct bytes b, size_t i, uint8_t *room)
{
	struct wr w = wr_of(room, ROOM);
	struct rd r = rd_of(bytes_slice(b, i, 1));
	wr_bytes(&w, b);
	(void)wr_patch(&w, i, rd_peek(&r, 0) ^ (0x80u >> i % 8), 1);
	return wr_done(&w);
}

/* --- the keys alone: mac, cipher, aead --- */

static bool
check_mac(const struct vector *v, struct seal *s, struct err *e)
{
	static uint8_t room[ROOM];
	uint8_t icv[64];
	bool accepted = seal_mac_check(s, &v->data, 1, v->iv, v->icv) == SEAL_OK;
	if (accepted == v->reject)
		return fail(e, ERR_RANGE, "icv: want %s, got %s", v->reject ? "refused" : "ok",
			    accepted ? "ok" : "refused");
	if (v->reject)
		return true;
	if (!seal_mac(s, &v->data, 1, v->iv, icv))
		return fail(e, ERR_RANGE, "seal_mac failed");
	for (size_t i = 0; i < v->data.n; i++) {
		struct bytes bad = flipped(v->data, i, room);
		if (seal_mac_check(s, &bad, 1, v->iv, v->icv) == SEAL_OK)
			return fail(e, ERR_RANGE, "data: want refused with octet %zu flipped, got ok", i);
	}
	for (size_t i = 0; i < v->icv.n; i++)
		if (seal_mac_check(s, &v->data, 1, v->iv, flipped(v->icv, i, room)) == SEAL_OK)
			return fail(e, ERR_RANGE, "icv: want refused with octet %zu flipped, got ok", i);
	return agree("icv", v->icv, (struct bytes){ icv, seal_icv_len(s) }, e);
}

static bool
run_mac(const struct vector *v, struct err *e)
{
	struct seal *s = seal_new(NULL, BYTES_NONE, v->auth, v->key, e);
	bool ok = s != NULL && check_mac(v, s, e);
	seal_free(s);
	return ok;
}

/* Lays an ESP packet out in room: SPI and low sequence number from aad (zeroes without), iv, body, icv. */
static struct seal_esp
lay_out(struct wr *w, const struct vector *v, struct bytes body, unsigned icv_n)
{
	struct rd r = rd_of(v->aad);
	struct seal_esp p = { .body_n = body.n, .esn = v->aad.n == 12 };
	p.head = wr_room(w, 8);
	p.iv = wr_room(w, v->iv.n);
	p.body = wr_room(w, body.n);
	p.icv = wr_room(w, icv_n);
	(void)wr_patch(w, 0, rd_uint(&r, 4), 4);
	p.seq_hi = p.esn ? (uint32_t)rd_uint(&r, 4) : 0;
	(void)wr_patch(w, 4, rd_uint(&r, 4), 4);
	struct wr iv = wr_of(p.iv, v->iv.n), text = wr_of(p.body, body.n), icv = wr_of(p.icv, icv_n);
	wr_bytes(&iv, v->iv);
	wr_bytes(&text, body);
	wr_bytes(&icv, v->icv);
	return p;
}

static bool
check_open(const struct vector *v, struct seal *s, struct err *e)
{
	static uint8_t room[ROOM];
	struct wr w = wr_of(room, sizeof room);
	struct seal_esp p = lay_out(&w, v, v->ciphertext, seal_icv_len(s));
	bool accepted = seal_esp_decrypt(s, &p) == SEAL_OK;
	if (accepted == v->reject)
		return fail(e, ERR_RANGE, "icv: want %s, got %s", v->reject ? "refused" : "ok",
			    accepted ? "ok" : "refused");
	return v->reject || agree("plaintext", v->plaintext, (struct bytes){ p.body, p.body_n }, e);
}

/* One bit off in head, iv, body or icv: refused, where there is integrity. */
static bool
check_altered(const struct vector *v, struct seal *s, struct err *e)
{
	static uint8_t room[ROOM];
	size_t total = 8 + v->iv.n + v->ciphertext.n + seal_icv_len(s);
	for (size_t i = 0; i < total && seal_icv_len(s) > 0; i++) {
		struct wr w = wr_of(room, sizeof room);
		struct seal_esp p = lay_out(&w, v, v->ciphertext, seal_icv_len(s));
		struct rd r = rd_of(bytes_slice(wr_done(&w), i, 1));
		(void)wr_patch(&w, i, rd_peek(&r, 0) ^ (0x80u >> i % 8), 1);
		if (seal_esp_decrypt(s, &p) != SEAL_BAD_ICV)
			return fail(e, ERR_RANGE, "packet: want refused with octet %zu flipped, got ok", i);
	}
	return true;
}

static bool
check_cipher(const struct vector *v, struct seal *s, struct err *e)
{
	static uint8_t room[ROOM];
	struct wr w = wr_of(room, sizeof room);
	if (!check_open(v, s, e))
		return false;
	if (v->reject)
		return true;
	struct seal_esp p = lay_out(&w, v, v->plaintext, seal_icv_len(s));
	if (!seal_esp_encrypt(s, &p))
		return fail(e, ERR_RANGE, "seal_esp_encrypt failed");
	return agree("ciphertext", v->ciphertext, (struct bytes){ p.body, p.body_n }, e) &&
	       agree("icv", v->icv, (struct bytes){ p.icv, seal_icv_len(s) }, e) && check_altered(v, s, e);
}

static bool
run_cipher(const struct vector *v, struct err *e)
{
	struct seal *s = seal_new(v->enc, v->key, NULL, BYTES_NONE, e);
	bool ok = s != NULL && check_cipher(v, s, e);
	seal_free(s);
	return ok;
}

/* --- whole packets --- */

static struct sa *
open_sa(const struct vector *v, uint8_t protocol, struct err *e)
{
	struct flow f;
	struct sa_spec spec = {
		.spi = v->spi,
		.protocol = protocol,
		.mode = v->mode,
		.enc = v->enc,
		.auth = v->auth,
		.enc_key = v->key,
		.auth_key = v->auth_key,
		.esn = v->esn,
	};
	if (v->datagram.n > 0 && flow_of(v->datagram, &f)) {
		spec.src = f.src;
		spec.dst = f.dst;
	}
	return sa_open(&spec, e);
}

/* Where the source has whole datagrams: what was protected comes back. */
static bool
check_datagram(const struct vector *v, struct sad *sad, struct err *e)
{
	static uint8_t work[ROOM], room[ROOM];
	struct wr out = wr_of(room, sizeof room);
	struct datagram_result r;
	if (v->datagram.n == 0)
		return true;
	datagram_unprotect(sad, v->datagram, DG_STRICT_PADDING, 0, work, &out, &r);
	return agree_verdict("datagram", r.verdict, e) && agree("before", v->before, wr_done(&out), e);
}

static bool
check_esp_build(const struct vector *v, struct sa *sa, struct err *e)
{
	static uint8_t room[ROOM];
	struct wr out = wr_of(room, sizeof room);
	struct random_seeded rnd;
	struct hdr given = hdr_of(&layout_esp);
	random_seeded_init(&rnd, 1);
	hdr_set(&given, ESP_SEQ, v->seq);
	if (v->iv.n > 0)
		hdr_set_bytes(&given, ESP_IV, v->iv);
	hdr_set_bytes(&given, ESP_PADDING, v->padding);
	enum verdict verdict = esp_seal(sa, &given, v->next_header, v->payload, &rnd.random, &out);
	return agree_verdict("building", verdict, e) && agree("packet", v->packet, wr_done(&out), e);
}

static bool
check_esp_open(const struct vector *v, const struct sa *sa, struct err *e)
{
	static uint8_t work[ROOM], room[ROOM];
	struct esp_opened o;
	uint32_t high = (uint32_t)(v->seq >> 32);
	bool sealed = seal_icv_len(sa->seal) > 0;
	if (!agree_verdict("opening", esp_open(sa, v->packet, high, work, &o), e) ||
	    !agree("payload", v->payload, o.payload, e) || !agree("padding", v->padding, o.padding, e) ||
	    !agree("iv", v->iv, o.iv, e) || !agree_number("next_header", v->next_header, o.next_header, e) ||
	    !agree_number("seq", v->seq, o.seq, e))
		return false;
	for (size_t i = 0; i < v->packet.n && sealed; i++)
		if (esp_open(sa, flipped(v->packet, i, room), high, work, &o) == ACCEPT)
			return fail(e, ERR_RANGE, "packet: want refused with octet %zu flipped, got ok", i);
	if (v->esn && sealed && esp_open(sa, v->packet, high ^ 1, work, &o) == ACCEPT)
		return fail(e, ERR_RANGE, "seq: want refused with another high half, got ok");
	return true;
}

/* AH with an explicit IV counts it; the vector's is next. */
static bool
check_ah_build(const struct vector *v, struct sa *sa, struct err *e)
{
	static uint8_t room[ROOM];
	struct wr out = wr_of(room, sizeof room);
	struct hdr given = hdr_of(&layout_ah);
	struct rd iv = rd_of(v->iv);
	hdr_set(&given, AH_SEQ, v->seq);
	if (v->iv.n > 0)
		sa->iv = rd_uint(&iv, (unsigned)v->iv.n) - 1;
	enum verdict verdict = ah_seal(sa, &given, v->front, v->next_header, v->payload, &out);
	return agree_verdict("building", verdict, e) && agree("packet", v->packet, wr_done(&out), e);
}

/* Each octet of the headers in front: refused where it is immutable, no matter where it is not. */
static bool
check_ah_front(const struct vector *v, const struct sa *sa, struct err *e)
{
	static uint8_t room[ROOM];
	char mask[AH_FRONT_MAX];
	struct ah_opened o;
	uint32_t high = (uint32_t)(v->seq >> 32);
	if (v->front.n > sizeof mask || !agree_verdict("front", ah_mutability(v->front, mask), e))
		return false;
	for (size_t i = 0; i < v->front.n; i++) {
		bool ok = ah_open(sa, flipped(v->front, i, room), v->packet, high, &o) == ACCEPT;
		if (ok != (mask[i] == 'm'))
			return fail(e, ERR_RANGE, "front: want %s with octet %zu flipped, got %s",
				    mask[i] == 'm' ? "ok" : "refused", i, ok ? "ok" : "refused");
	}
	return true;
}

static bool
check_ah_open(const struct vector *v, const struct sa *sa, struct err *e)
{
	static uint8_t room[ROOM];
	struct ah_opened o;
	uint32_t high = (uint32_t)(v->seq >> 32);
	if (!agree_verdict("opening", ah_open(sa, v->front, v->packet, high, &o), e) ||
	    !agree("payload", v->payload, o.payload, e) || !agree_number("seq", v->seq, o.seq, e) ||
	    !agree_number("next_header", v->next_header, o.next_header, e))
		return false;
	for (size_t i = 0; i < v->packet.n; i++)
		if (ah_open(sa, v->front, flipped(v->packet, i, room), high, &o) == ACCEPT)
			return fail(e, ERR_RANGE, "packet: want refused with octet %zu flipped, got ok", i);
	if (v->esn && ah_open(sa, v->front, v->packet, high ^ 1, &o) == ACCEPT)
		return fail(e, ERR_RANGE, "seq: want refused with another high half, got ok");
	return check_ah_front(v, sa, e);
}

static bool
check_sa(const struct vector *v, struct sad *sad, struct sa *sa, struct err *e)
{
	bool esp = v->kind == VECTOR_ESP;
	return (esp ? check_esp_build(v, sa, e) : check_ah_build(v, sa, e)) &&
	       (esp ? check_esp_open(v, sa, e) : check_ah_open(v, sa, e)) && check_datagram(v, sad, e);
}

static bool
run_packet(const struct vector *v, struct err *e)
{
	struct sad *sad = sad_new();
	struct sa *sa = open_sa(v, v->kind == VECTOR_ESP ? 50 : 51, e);
	bool ok = false;
	if (sad == NULL)
		(void)fail(e, ERR_IO, "out of memory");
	else if (sa != NULL && sad_add(sad, sa, e))
		ok = check_sa(v, sad, sa, e);
	else
		sa_close(sa);
	sad_free(sad);
	return ok;
}

bool
vector_run(const struct vector *v, struct err *e)
{
	static bool (*const runs[VECTOR_KINDS])(const struct vector *v, struct err *e) = {
		[VECTOR_ESP] = run_packet,    [VECTOR_AH] = run_packet,   [VECTOR_MAC] = run_mac,
		[VECTOR_CIPHER] = run_cipher, [VECTOR_AEAD] = run_cipher,
	};
	*e = (struct err){ 0 };
	return runs[v->kind](v, e);
}
