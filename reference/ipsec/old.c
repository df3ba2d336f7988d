#include "ipsec/old.h"

enum { AH_HEAD = 8, ESP_HEAD = 4, TRAILER = 2, BLOCK = 8, PAD_MAX = 255 };

static uint64_t
pick(const struct hdr *given, unsigned field, uint64_t computed)
{
	return given != NULL && hdr_given(given, field) ? given->v[field].u : computed;
}

/* --- AH ------------------------------------------------------------------------------------------ */

size_t
ah_old_len(const struct sa *sa)
{
	return AH_HEAD + seal_icv_len(sa->seal);
}

/* RFC 1826 4: the datagram as it will arrive, the authentication data zero. */
struct cover {
	uint8_t front[AH_FRONT_MAX];
	struct bytes run[4];
};

static enum verdict
cover_packet(struct cover *c, const struct sa *sa, struct bytes front, struct bytes packet)
{
	static const uint8_t zeros[64];
	size_t icv_n = seal_icv_len(sa->seal);
	struct wr w = wr_of(c->front, sizeof c->front);
	enum verdict v = ah_prepare_front_by(sa->ah, front, &w);
	c->run[0] = wr_done(&w);
	c->run[1] = bytes_slice(packet, 0, AH_HEAD);
	c->run[2] = bytes_slice(BYTES_OF(zeros), 0, icv_n);
	c->run[3] = bytes_slice(packet, AH_HEAD + icv_n, SIZE_MAX);
	return v;
}

static enum verdict
put_icv(const struct sa *sa, struct bytes front, struct wr *out, size_t start)
{
	uint8_t icv[64];
	struct cover c;
	enum verdict v = cover_packet(&c, sa, front, bytes_slice(wr_done(out), start, SIZE_MAX));
	if (v != ACCEPT)
		return v;
	if (!seal_mac(sa->seal, c.run, 4, BYTES_NONE, icv))
		return DROP_INTERNAL;
	for (size_t i = 0; i < seal_icv_len(sa->seal); i++)
		(void)wr_patch(out, start + AH_HEAD + i, icv[i], 1);
	return ACCEPT;
}

enum verdict
ah_old_seal(const struct sa *sa, const struct hdr *given, struct bytes front, uint8_t next_header, struct bytes payload,
	    struct wr *out)
{
	size_t start = out->n;
	bool icv_given = given != NULL && hdr_given(given, AH_OLD_ICV);
	struct bytes icv = icv_given ? given->v[AH_OLD_ICV].b : BYTES_NONE;
	size_t icv_n = icv_given ? icv.n : seal_icv_len(sa->seal);
	wr_uint(out, pick(given, AH_OLD_NEXT_HEADER, next_header), 1);
	wr_uint(out, pick(given, AH_OLD_PAYLOAD_LEN, icv_n / 4), 1);
	wr_uint(out, pick(given, AH_OLD_RESERVED, 0), 2);
	wr_uint(out, pick(given, AH_OLD_SPI, sa->spec.spi), 4);
	if (icv_given)
		wr_bytes(out, icv);
	else
		wr_fill(out, 0, icv_n);
	wr_bytes(out, payload);
	enum verdict v = out->full ? DROP_TOO_BIG : icv_given ? ACCEPT : put_icv(sa, front, out, start);
	if (v != ACCEPT)
		out->n = start;
	return v;
}

enum verdict
ah_old_open(const struct sa *sa, struct bytes front, struct bytes packet, struct ah_opened *o)
{
	struct rd r = rd_of(packet);
	struct cover c;
	*o = (struct ah_opened){ .next_header = (uint8_t)rd_uint(&r, 1) };
	uint64_t words = rd_uint(&r, 1);
	rd_skip(&r, AH_HEAD - 2);
	o->icv = rd_take(&r, seal_icv_len(sa->seal));
	o->payload = rd_rest(&r);
	if (r.bad)
		return DROP_SHORT;
	if (words * 4 != seal_icv_len(sa->seal))
		return DROP_AH_LENGTH;
	enum verdict v = cover_packet(&c, sa, front, packet);
	if (v != ACCEPT)
		return v;
	switch (seal_mac_check(sa->seal, c.run, 4, BYTES_NONE, o->icv)) {
	case SEAL_OK: return ACCEPT;
	case SEAL_BAD_ICV: return DROP_ICV;
	default: return DROP_INTERNAL;
	}
}

/* --- ESP ----------------------------------------------------------------------------------------- */

static size_t
pad_needed(size_t n)
{
	return -(n + TRAILER) & (BLOCK - 1);
}

size_t
esp_old_overhead(const struct sa *sa, size_t payload_n)
{
	return ESP_HEAD + sa->spec.enc->iv + pad_needed(payload_n) + TRAILER;
}

/* RFC 1829 2: any octets would do; these are the ones that RFC 1827's successors settled on. */
static void
put_padding(struct wr *w, size_t n)
{
	for (size_t i = 1; i <= n; i++)
		wr_uint(w, i, 1);
}

/* The body is everything behind the IV; nothing is computed over the head. */
static bool
encrypt(const struct sa *sa, uint8_t *iv, uint8_t *body, size_t n)
{
	struct seal_esp s = { .iv = iv, .body = body, .body_n = n, .ragged = true };
	return seal_esp_encrypt(sa->seal, &s);
}

static struct bytes
given_octets(const struct hdr *given, unsigned field)
{
	return given != NULL && hdr_given(given, field) ? given->v[field].b : BYTES_NONE;
}

static void
put_body(struct wr *w, const struct hdr *given, uint8_t next_header, struct bytes payload, size_t pad)
{
	struct bytes padding = given_octets(given, ESP_OLD_PADDING);
	wr_bytes(w, payload);
	wr_bytes(w, padding);
	put_padding(w, pad - padding.n);
	wr_uint(w, pick(given, ESP_OLD_PAD_LENGTH, pad), 1);
	wr_uint(w, pick(given, ESP_OLD_PAYLOAD_TYPE, next_header), 1);
}

enum verdict
esp_old_seal(const struct sa *sa, const struct hdr *given, uint8_t next_header, struct bytes payload,
	     struct random *rnd, struct wr *out)
{
	size_t start = out->n, iv_n = sa->spec.enc->iv;
	struct bytes iv_given = given_octets(given, ESP_OLD_IV), padding = given_octets(given, ESP_OLD_PADDING);
	size_t pad = padding.n > 0 ? padding.n : pad_needed(payload.n), body_n = payload.n + pad + TRAILER;
	wr_uint(out, pick(given, ESP_OLD_SPI, sa->spec.spi), ESP_HEAD);
	uint8_t *iv = wr_room(out, iv_n), *body = wr_room(out, body_n);
	if (iv == NULL || body == NULL) {
		out->n = start;
		return DROP_TOO_BIG;
	}
	struct wr v = wr_of(iv, iv_n), w = wr_of(body, body_n);
	if (iv_given.n == iv_n)
		wr_bytes(&v, iv_given);
	else
		rnd->fill(rnd, iv, iv_n);
	put_body(&w, given, next_header, payload, pad);
	if (encrypt(sa, iv, body, body_n))
		return ACCEPT;
	out->n = start;
	return DROP_INTERNAL;
}

static enum verdict
take_trailer(struct bytes body, struct esp_opened *o)
{
	struct rd r = rd_of(body);
	rd_skip(&r, body.n - TRAILER);
	o->pad_length = (uint8_t)rd_uint(&r, 1);
	o->next_header = (uint8_t)rd_uint(&r, 1);
	if (o->pad_length > body.n - TRAILER)
		return DROP_PAD_LENGTH;
	size_t n = body.n - TRAILER - o->pad_length;
	o->payload = bytes_slice(body, 0, n);
	o->padding = bytes_slice(body, n, o->pad_length);
	return ACCEPT;
}

enum verdict
esp_old_open(const struct sa *sa, struct bytes packet, uint8_t *work, struct esp_opened *o)
{
	struct rd r = rd_of(packet);
	*o = (struct esp_opened){ 0 };
	rd_skip(&r, ESP_HEAD);
	o->iv = rd_take(&r, sa->spec.enc->iv);
	struct bytes body = rd_rest(&r);
	if (r.bad || body.n < BLOCK)
		return DROP_SHORT;
	struct seal_esp s = {
		.iv = (uint8_t *)(uintptr_t)o->iv.p,
		.body = (uint8_t *)(uintptr_t)body.p,
		.body_n = body.n,
		.plain = work,
	};
	switch (seal_esp_decrypt(sa->seal, &s)) {
	case SEAL_OK: return take_trailer((struct bytes){ work, body.n }, o);
	case SEAL_BAD_LENGTH: return DROP_BLOCK;
	default: return DROP_INTERNAL;
	}
}
