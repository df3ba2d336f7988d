#include "ipsec/esp.h"

#include <assert.h>

enum {
	HEAD = 8, TRAILER = 2, PAD_MAX = 255, DUMMY = IPPROTO_NONE_,
	COUNTER_IV = 8,               /* RFC 3686, 4106, 4309, 4543 and 7634 alike */
};

/* RFC 4303 2.4 */
static const uint8_t default_padding[PAD_MAX] = {
#define FIVE(n) (n), (n) + 1, (n) + 2, (n) + 3, (n) + 4
#define ROW(n) FIVE(n), FIVE((n) + 5), FIVE((n) + 10)
	ROW(1),   ROW(16),  ROW(31),  ROW(46),  ROW(61),  ROW(76),  ROW(91),  ROW(106), ROW(121),
	ROW(136), ROW(151), ROW(166), ROW(181), ROW(196), ROW(211), ROW(226), ROW(241)
#undef ROW
#undef FIVE
};

static struct bytes
padding_of(size_t n)
{
	return bytes_slice(BYTES_OF(default_padding), 0, n);
}

/* What goes out: every field, computed or given. */
struct plan {
	uint32_t spi;
	uint64_t seq;
	struct bytes iv;              /* given; else iv_n octets are made */
	size_t iv_n, tfc;
	struct bytes padding;
	uint8_t pad_length, next_header;
	bool seq_given, iv_given;
};

/* RFC 4303 2.4: the plaintext with its trailer ends on 4 octets and on the cipher's block: 1, 8 or 16. */
static size_t
pad_needed(const struct alg *enc, size_t n)
{
	size_t align = enc->block > 4 ? enc->block : 4;
	return -(n + TRAILER) & (align - 1);
}

/* RFC 4303 2.7: only where the payload says its own length, which in tunnel mode it always does. */
static size_t
tfc_of(const struct sa *sa, size_t payload_n)
{
	if (sa->spec.mode != MODE_TUNNEL || sa->spec.tfc <= payload_n)
		return 0;
	return sa->spec.tfc - payload_n;
}

static struct plan
plan_of(const struct sa *sa, uint8_t next_header, size_t payload_n)
{
	size_t tfc = tfc_of(sa, payload_n), pad = pad_needed(sa->spec.enc, payload_n + tfc);
	return (struct plan){
		.spi = sa->spec.spi,
		.iv_n = sa->spec.enc->iv,
		.tfc = tfc,
		.padding = { default_padding, pad },
		.pad_length = (uint8_t)pad,
		.next_header = next_header,
	};
}

static void
give_padding(struct plan *p, const struct sa *sa, const struct hdr *given, size_t n)
{
	size_t pad = pad_needed(sa->spec.enc, n);
	p->padding = padding_of(pad);
	p->pad_length = (uint8_t)pad;
	if (hdr_given(given, ESP_PADDING)) {
		p->padding = given->v[ESP_PADDING].b;
		p->pad_length = (uint8_t)p->padding.n;
	}
	if (!hdr_given(given, ESP_PAD_LENGTH))
		return;
	p->pad_length = (uint8_t)given->v[ESP_PAD_LENGTH].u;
	if (!hdr_given(given, ESP_PADDING) && pad_needed(sa->spec.enc, n + p->pad_length) == 0)
		p->padding = padding_of(p->pad_length);
}

static void
give(struct plan *p, const struct sa *sa, const struct hdr *given, size_t payload_n)
{
	if (hdr_given(given, ESP_SPI))
		p->spi = (uint32_t)given->v[ESP_SPI].u;
	if (hdr_given(given, ESP_SEQ)) {
		p->seq = given->v[ESP_SEQ].u;
		p->seq_given = true;
	}
	if (hdr_given(given, ESP_IV)) {
		p->iv = given->v[ESP_IV].b;
		p->iv_n = p->iv.n;
		p->iv_given = true;
	}
	if (hdr_given(given, ESP_TFC))
		p->tfc = (size_t)given->v[ESP_TFC].u;
	if (hdr_given(given, ESP_NEXT_HEADER))
		p->next_header = (uint8_t)given->v[ESP_NEXT_HEADER].u;
	give_padding(p, sa, given, payload_n + p->tfc);
}

/* Everything up to the ICV, in clear. */
static void
write_clear(struct wr *w, const struct plan *p, uint64_t counter, bool counts, struct bytes payload,
	    struct random *rnd)
{
	wr_uint(w, p->spi, 4);
	wr_uint(w, p->seq, 4);
	if (p->iv_given)
		wr_bytes(w, p->iv);
	else if (counts)
		wr_uint(w, counter, COUNTER_IV);
	else if (p->iv_n > 0)
		rnd->fill(rnd, wr_room(w, p->iv_n), p->iv_n);
	wr_bytes(w, payload);
	wr_fill(w, 0, p->tfc);
	wr_bytes(w, p->padding);
	wr_uint(w, p->pad_length, 1);
	wr_uint(w, p->next_header, 1);
}

/* The cipher's view of clear (iv_n and more octets behind the head): its own IV first, the rest is body. */
static bool
encrypt(const struct sa *sa, uint8_t *packet, size_t clear_n, uint64_t seq)
{
	size_t iv_n = sa->spec.enc->iv;
	if (clear_n < HEAD + iv_n) {
		size_t icv_n = seal_icv_len(sa->seal);
		struct wr icv = wr_of(packet + clear_n, icv_n);
		wr_fill(&icv, 0, icv_n);
		return true;
	}
	struct seal_esp s = {
		.head = packet,
		.iv = packet + HEAD,
		.body = packet + HEAD + iv_n,
		.body_n = clear_n - HEAD - iv_n,
		.icv = packet + clear_n,
		.esn = sa->spec.esn,
		.seq_hi = (uint32_t)(seq >> 32),
		.ragged = true,
	};
	return seal_esp_encrypt(sa->seal, &s);
}

enum verdict
esp_seal(struct sa *sa, const struct hdr *given, uint8_t next_header, struct bytes payload,
	 struct random *rnd, struct wr *out)
{
	if (sa->seal == NULL)
		return DROP_SA_STATE;
	struct plan p = plan_of(sa, next_header, payload.n);
	if (given != NULL)
		give(&p, sa, given, payload.n);
	size_t start = out->n;
	size_t clear_n = HEAD + p.iv_n + payload.n + p.tfc + p.padding.n + TRAILER;
	size_t total = clear_n + seal_icv_len(sa->seal);
	uint8_t *packet = wr_room(out, total);
	if (packet == NULL)
		return DROP_TOO_BIG;

	uint64_t counter = 0;
	bool counts = !p.iv_given && p.iv_n > 0 && sa->spec.enc->kind != ALG_CBC;
	if (!sa_take_numbers(sa, p.seq_given ? NULL : &p.seq, counts ? &counter : NULL)) {
		out->n = start;
		return DROP_SEQ_OVERFLOW;
	}
	assert(!counts || p.iv_n == COUNTER_IV);
	assert(p.iv_given || counts || p.iv_n == 0 || rnd != NULL);
	struct wr w = wr_of(packet, clear_n);
	write_clear(&w, &p, counter, counts, payload, rnd);
	if (!encrypt(sa, packet, clear_n, p.seq)) {
		out->n = start;
		return DROP_INTERNAL;
	}
	if (given == NULL || !hdr_given(given, ESP_ICV))
		return ACCEPT;
	out->n = start + clear_n;
	wr_bytes(out, given->v[ESP_ICV].b);
	if (!out->full)
		return ACCEPT;
	out->n = start;
	return DROP_TOO_BIG;
}

size_t
esp_overhead(const struct sa *sa, size_t payload_n)
{
	assert(sa->seal != NULL);
	size_t tfc = tfc_of(sa, payload_n);
	return HEAD + sa->spec.enc->iv + tfc + pad_needed(sa->spec.enc, payload_n + tfc) + TRAILER +
	       seal_icv_len(sa->seal);
}

/* RFC 4303 3.4.4.1: the ICV before anything else is looked at. */
static enum verdict
decrypt(const struct sa *sa, uint8_t *packet, size_t body_n, uint32_t seq_hi)
{
	size_t iv_n = sa->spec.enc->iv;
	struct seal_esp s = {
		.head = packet,
		.iv = packet + HEAD,
		.body = packet + HEAD + iv_n,
		.body_n = body_n,
		.icv = packet + HEAD + iv_n + body_n,
		.esn = sa->spec.esn,
		.seq_hi = seq_hi,
	};
	switch (seal_esp_decrypt(sa->seal, &s)) {
	case SEAL_OK:
		return body_n % 4 == 0 ? ACCEPT : DROP_BLOCK;
	case SEAL_BAD_ICV:
		return DROP_ICV;
	case SEAL_BAD_LENGTH:
		return DROP_BLOCK;
	case SEAL_FAILED:
		break;
	}
	return DROP_INTERNAL;
}

static uint64_t
seq_of(const struct sa *sa, uint32_t seq_hi, uint32_t low)
{
	return sa->spec.esn ? (uint64_t)seq_hi << 32 | low : low;
}

/* body: payload, padding, pad length, next header, in clear. */
static enum verdict
take_trailer(struct bytes body, struct esp_opened *o)
{
	struct rd trailer = rd_of(body);
	rd_skip(&trailer, body.n - TRAILER);
	o->pad_length = (uint8_t)rd_uint(&trailer, 1);
	o->next_header = (uint8_t)rd_uint(&trailer, 1);
	if (o->pad_length > body.n - TRAILER)
		return DROP_PAD_LENGTH;
	struct rd r = rd_of(body);
	o->payload = rd_take(&r, body.n - TRAILER - o->pad_length);
	o->padding = rd_take(&r, o->pad_length);
	return ACCEPT;
}

enum verdict
esp_open(const struct sa *sa, struct bytes packet, uint32_t seq_hi, uint8_t *work, struct esp_opened *o)
{
	*o = (struct esp_opened){ 0 };
	if (sa->seal == NULL)
		return DROP_SA_STATE;
	size_t iv_n = sa->spec.enc->iv, icv_n = seal_icv_len(sa->seal);
	struct rd head = rd_of(packet);
	rd_skip(&head, 4);
	o->seq = seq_of(sa, seq_hi, (uint32_t)rd_uint(&head, 4));
	if (packet.n < HEAD + iv_n + TRAILER + icv_n)
		return DROP_SHORT;

	struct wr w = wr_of(work, packet.n);
	wr_bytes(&w, packet);
	size_t body_n = packet.n - HEAD - iv_n - icv_n;
	enum verdict v = decrypt(sa, work, body_n, seq_hi);
	if (v != ACCEPT)
		return v;
	struct rd r = rd_of(wr_done(&w));
	rd_skip(&r, HEAD);
	o->iv = rd_take(&r, iv_n);
	struct bytes body = rd_take(&r, body_n);
	o->icv = rd_take(&r, icv_n);
	return take_trailer(body, o);
}

bool
esp_padding_default(struct bytes padding)
{
	return bytes_equal(padding, padding_of(padding.n));
}

enum verdict
esp_receive(struct sa *sa, struct bytes packet, bool strict_padding, uint8_t *work, struct esp_opened *o)
{
	*o = (struct esp_opened){ 0 };
	if (sa->state == SA_LARVAL || sa->state == SA_DEAD)
		return DROP_SA_STATE;
	struct rd r = rd_of(packet);
	rd_skip(&r, 4);
	uint64_t seq = replay_infer(&sa->replay, (uint32_t)rd_uint(&r, 4));
	if (r.bad)
		return DROP_SHORT;
	enum verdict v = replay_check(&sa->replay, seq);
	if (v == ACCEPT)
		v = esp_open(sa, packet, (uint32_t)(seq >> 32), work, o);
	else
		o->seq = seq;
	if (v != ACCEPT)
		return v;
	replay_commit(&sa->replay, seq);
	if (strict_padding && !esp_padding_default(o->padding))
		return DROP_PADDING;
	return o->next_header == DUMMY ? DROP_DUMMY : ACCEPT;
}
