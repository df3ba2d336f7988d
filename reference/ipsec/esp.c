#include "ipsec/esp.h"

#include <assert.h>

enum {
	HEAD = 8,
	TRAILER = 2,
	PAD_MAX = 255,
	DUMMY = IPPROTO_NONE_,
	COUNTER_IV = 8, /* RFC 3686, 4106, 4309, 4543 and 7634 alike */
};

/*
 * Inlined at both of its two places: between them lies what one is given and the other is not, and the compiler leaves
 * it out. A packet with nothing given is planned in registers, without a branch on what might have been.
 */
#define TWICE static inline __attribute__((always_inline))

/* What goes out: every field, computed or given. */
struct plan {
	uint32_t spi;
	uint64_t seq;
	struct bytes iv; /* given; else iv_n octets are made */
	size_t iv_n, tfc;
	size_t pad; /* octets of padding: the default, unless given */
	struct bytes padding;
	uint8_t pad_length, next_header;
	bool seq_given, iv_given, padding_given;
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

/* What seal_icv_len says, from the rows: a combined mode has no auth beside it, other ciphers have no ICV. */
static inline size_t
icv_len(const struct sa *sa)
{
	return sa->spec.enc->icv + (sa->spec.auth != NULL ? sa->spec.auth->icv : 0u);
}

static struct plan
plan_of(const struct sa *sa, uint8_t next_header, size_t payload_n)
{
	size_t tfc = tfc_of(sa, payload_n), pad = pad_needed(sa->spec.enc, payload_n + tfc);
	return (struct plan){
		.spi = sa->spec.spi,
		.iv_n = sa->spec.enc->iv,
		.tfc = tfc,
		.pad = pad,
		.pad_length = (uint8_t)pad,
		.next_header = next_header,
	};
}

static void
give_padding(struct plan *p, const struct sa *sa, const struct hdr *given, size_t n)
{
	p->pad = pad_needed(sa->spec.enc, n);
	if (hdr_given(given, ESP_PADDING)) {
		p->padding = given->v[ESP_PADDING].b;
		p->pad = p->padding.n;
		p->padding_given = true;
	}
	p->pad_length = (uint8_t)p->pad;
	if (!hdr_given(given, ESP_PAD_LENGTH))
		return;
	p->pad_length = (uint8_t)given->v[ESP_PAD_LENGTH].u;
	if (!p->padding_given && pad_needed(sa->spec.enc, n + p->pad_length) == 0)
		p->pad = p->pad_length;
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

/*
 * Default padding (1, 2, 3, ..), pad length and next header. By eights, and what is left in one number with the
 * trailer: calling memcpy costs more than most paddings are long. Octets are never summed beyond the padding's own,
 * where 256 would carry.
 */
TWICE void
write_trailer(struct wr *w, size_t pad, uint8_t pad_length, uint8_t next_header)
{
	const uint64_t first = 0x0102030405060708, step = 0x0101010101010101;
	uint64_t i = 0;
	for (; pad - i >= 8; i += 8)
		wr_uint(w, first + i * step, 8);
	if (pad - i > 8 - TRAILER)
		wr_uint(w, ++i, 1);
	unsigned left = (unsigned)(pad - i), cut = 8 * (7 - left);
	uint64_t rest = (first >> 8 >> cut) + i * (step >> 8 >> cut);
	wr_uint(w, rest << 16 | (uint64_t)pad_length << 8 | next_header, left + TRAILER);
}

/* Everything up to the ICV, in clear. */
TWICE void
write_clear(struct wr *w, const struct plan *p, uint64_t seq, uint64_t counter, bool counts, struct bytes payload,
	    struct random *rnd)
{
	wr_uint(w, (uint64_t)p->spi << 32 | (uint32_t)seq, HEAD);
	if (p->iv_given)
		wr_bytes(w, p->iv);
	else if (counts)
		wr_uint(w, counter, COUNTER_IV);
	else if (p->iv_n > 0)
		rnd->fill(rnd, wr_room(w, p->iv_n), p->iv_n);
	wr_bytes(w, payload);
	wr_fill(w, 0, p->tfc);
	if (p->padding_given)
		wr_bytes(w, p->padding);
	write_trailer(w, p->padding_given ? 0 : p->pad, p->pad_length, p->next_header);
}

/* The cipher's view of clear: its own IV first, the rest is body. Only a given IV can leave too little for one. */
TWICE bool
encrypt(const struct sa *sa, const struct plan *p, uint8_t *packet, size_t clear_n, uint64_t seq)
{
	size_t iv_n = p->iv_given ? sa->spec.enc->iv : p->iv_n;
	if (p->iv_given && clear_n < HEAD + iv_n) {
		size_t icv_n = icv_len(sa);
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

TWICE enum verdict
seal_planned(struct sa *sa, const struct plan *p, struct bytes payload, struct random *rnd, struct wr *out)
{
	size_t start = out->n;
	size_t clear_n = HEAD + p->iv_n + payload.n + p->tfc + p->pad + TRAILER;
	uint8_t *packet = wr_room(out, clear_n + icv_len(sa));
	if (packet == NULL)
		return DROP_TOO_BIG;

	uint64_t seq = p->seq, counter = 0;
	bool counts = !p->iv_given && p->iv_n > 0 && sa->spec.enc->kind != ALG_CBC;
	if (!sa_take_numbers(sa, p->seq_given ? NULL : &seq, counts ? &counter : NULL)) {
		out->n = start;
		return DROP_SEQ_OVERFLOW;
	}
	assert(!counts || p->iv_n == COUNTER_IV);
	assert(p->iv_given || counts || p->iv_n == 0 || rnd != NULL);
	struct wr w = wr_of(packet, clear_n);
	write_clear(&w, p, seq, counter, counts, payload, rnd);
	if (encrypt(sa, p, packet, clear_n, seq))
		return ACCEPT;
	out->n = start;
	return DROP_INTERNAL;
}

/* A given ICV takes the place of the one just written. */
static enum verdict
replace_icv(const struct sa *sa, struct bytes icv, struct wr *out, size_t start)
{
	out->n -= icv_len(sa);
	wr_bytes(out, icv);
	if (!out->full)
		return ACCEPT;
	out->n = start;
	return DROP_TOO_BIG;
}

/* Apart from esp_seal, so that what it needs of the stack is not paid for by packets that are given nothing. */
static __attribute__((noinline, cold)) enum verdict
seal_given(struct sa *sa, const struct hdr *given, uint8_t next_header, struct bytes payload, struct random *rnd,
	   struct wr *out)
{
	size_t start = out->n;
	struct plan p = plan_of(sa, next_header, payload.n);
	give(&p, sa, given, payload.n);
	enum verdict v = seal_planned(sa, &p, payload, rnd, out);
	if (v != ACCEPT || !hdr_given(given, ESP_ICV))
		return v;
	return replace_icv(sa, given->v[ESP_ICV].b, out, start);
}

enum verdict
esp_seal(struct sa *sa, const struct hdr *given, uint8_t next_header, struct bytes payload, struct random *rnd,
	 struct wr *out)
{
	if (sa->seal == NULL)
		return DROP_SA_STATE;
	if (given != NULL)
		return seal_given(sa, given, next_header, payload, rnd, out);
	const struct plan p = plan_of(sa, next_header, payload.n);
	return seal_planned(sa, &p, payload, rnd, out);
}

size_t
esp_overhead(const struct sa *sa, size_t payload_n)
{
	assert(sa->seal != NULL);
	size_t tfc = tfc_of(sa, payload_n);
	return HEAD + sa->spec.enc->iv + tfc + pad_needed(sa->spec.enc, payload_n + tfc) + TRAILER + icv_len(sa);
}

static enum verdict
verdict_of(enum seal_result r, size_t body_n)
{
	switch (r) {
	case SEAL_OK: return body_n % 4 == 0 ? ACCEPT : DROP_BLOCK;
	case SEAL_BAD_ICV: return DROP_ICV;
	case SEAL_BAD_LENGTH: return DROP_BLOCK;
	case SEAL_FAILED: break;
	}
	return DROP_INTERNAL;
}

/* body: payload, padding, pad length, next header, in clear. */
static inline enum verdict
take_trailer(const uint8_t *body, size_t body_n, struct esp_opened *o)
{
	const uint8_t *end = body + body_n - TRAILER;
	struct rd trailer = rd_of((struct bytes){ end, TRAILER });
	o->pad_length = (uint8_t)rd_uint(&trailer, 1);
	o->next_header = (uint8_t)rd_uint(&trailer, 1);
	if (o->pad_length > body_n - TRAILER)
		return DROP_PAD_LENGTH;
	o->payload = (struct bytes){ body, body_n - TRAILER - o->pad_length };
	o->padding = (struct bytes){ end - o->pad_length, o->pad_length };
	return ACCEPT;
}

/*
 * A packet whose full number is known. RFC 4303 3.4.4.1: the ICV before anything else is looked at. The packet is read
 * only: the plaintext goes to work straight away. o is zeroes so far.
 */
TWICE enum verdict
open_numbered(const struct sa *sa, struct bytes packet, uint64_t seq, uint8_t *work, struct esp_opened *o)
{
	o->seq = seq;
	size_t iv_n = sa->spec.enc->iv, icv_n = icv_len(sa);
	if (packet.n < HEAD + iv_n + TRAILER + icv_n)
		return DROP_SHORT;
	uint8_t *head = (uint8_t *)(uintptr_t)packet.p;
	struct seal_esp s = {
		.head = head,
		.iv = head + HEAD,
		.body = head + HEAD + iv_n,
		.body_n = packet.n - HEAD - iv_n - icv_n,
		.icv = head + packet.n - icv_n,
		.esn = sa->spec.esn,
		.seq_hi = (uint32_t)(seq >> 32),
		.plain = work,
	};
	enum verdict v = verdict_of(seal_esp_decrypt(sa->seal, &s), s.body_n);
	if (v != ACCEPT)
		return v;
	o->iv = (struct bytes){ s.iv, iv_n };
	o->icv = (struct bytes){ s.icv, icv_n };
	return take_trailer(work, s.body_n, o);
}

/* The number as it travels: 0 when the packet ends before it. */
static inline uint32_t
low_of(struct bytes packet)
{
	struct rd r = rd_of(packet);
	return (uint32_t)rd_uint(&r, HEAD);
}

enum verdict
esp_open(const struct sa *sa, struct bytes packet, uint32_t seq_hi, uint8_t *work, struct esp_opened *o)
{
	*o = (struct esp_opened){ 0 };
	if (sa->seal == NULL)
		return DROP_SA_STATE;
	uint64_t seq = low_of(packet);
	if (sa->spec.esn)
		seq |= (uint64_t)seq_hi << 32;
	return open_numbered(sa, packet, seq, work, o);
}

static const uint8_t default_padding[PAD_MAX] = {
#define FIVE(n) (n), (n) + 1, (n) + 2, (n) + 3, (n) + 4
#define ROW(n) FIVE(n), FIVE((n) + 5), FIVE((n) + 10)
	ROW(1),   ROW(16),  ROW(31),  ROW(46),  ROW(61),  ROW(76),  ROW(91),  ROW(106), ROW(121),
	ROW(136), ROW(151), ROW(166), ROW(181), ROW(196), ROW(211), ROW(226), ROW(241)
#undef ROW
#undef FIVE
};

bool
esp_padding_default(struct bytes padding)
{
	return bytes_equal(padding, bytes_slice(BYTES_OF(default_padding), 0, padding.n));
}

enum verdict
esp_receive(struct sa *sa, struct bytes packet, bool strict_padding, uint8_t *work, struct esp_opened *o)
{
	*o = (struct esp_opened){ 0 };
	if (sa->state == SA_LARVAL || sa->state == SA_DEAD || sa->seal == NULL)
		return DROP_SA_STATE;
	if (packet.n < HEAD)
		return DROP_SHORT;
	uint64_t seq = replay_infer(&sa->replay, low_of(packet));
	o->seq = seq;
	enum verdict v = replay_check(&sa->replay, seq);
	if (v == ACCEPT)
		v = open_numbered(sa, packet, seq, work, o);
	if (v != ACCEPT)
		return v;
	replay_commit(&sa->replay, seq);
	if (strict_padding && !esp_padding_default(o->padding))
		return DROP_PADDING;
	return o->next_header == DUMMY ? DROP_DUMMY : ACCEPT;
}
