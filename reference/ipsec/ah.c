#include "ipsec/ah.h"

#include <assert.h>

enum { FIXED = 12, ICV_MAX = 64 };

static const uint8_t zeros[ICV_MAX];

static uint8_t
family_of(struct bytes front)
{
	struct rd r = rd_of(front);
	return rd_peek(&r, 0) >> 4;
}

/* RFC 4302 2.2, 2.6: a multiple of 4 octets in IPv4, of 8 in IPv6. */
static size_t
pad_needed(const struct sa *sa, uint8_t family, size_t n)
{
	size_t align = family == 6 || sa->spec.ah_align8 ? 8 : 4;
	return -n & (align - 1);
}

size_t
ah_header_len(const struct sa *sa, uint8_t family)
{
	assert(sa->seal != NULL);
	size_t n = FIXED + sa->spec.auth->iv + seal_icv_len(sa->seal);
	return n + pad_needed(sa, family, n);
}

/* What goes out: every field, computed or given. */
struct plan {
	uint8_t next_header, payload_len;
	uint16_t reserved;
	uint32_t spi;
	uint64_t seq;
	struct bytes icv; /* given; else iv_n + icv_n octets are made */
	size_t iv_n, icv_n;
	struct bytes padding;
	bool seq_given, icv_given;
};

static uint64_t
pick(const struct hdr *given, unsigned field, uint64_t computed)
{
	return given != NULL && hdr_given(given, field) ? given->v[field].u : computed;
}

static struct plan
plan_of(const struct sa *sa, const struct hdr *given, uint8_t family, uint8_t next_header)
{
	struct plan p = { .iv_n = sa->spec.auth->iv, .icv_n = seal_icv_len(sa->seal) };
	if (given != NULL && hdr_given(given, AH_ICV)) {
		p.icv = given->v[AH_ICV].b;
		p.icv_given = true;
		p.iv_n = 0;
		p.icv_n = p.icv.n;
	}
	size_t n = FIXED + p.iv_n + p.icv_n;
	p.padding = bytes_slice(BYTES_OF(zeros), 0, pad_needed(sa, family, n));
	if (given != NULL && hdr_given(given, AH_PADDING))
		p.padding = given->v[AH_PADDING].b;
	p.seq_given = given != NULL && hdr_given(given, AH_SEQ);
	p.seq = pick(given, AH_SEQ, 0);
	p.next_header = (uint8_t)pick(given, AH_NEXT_HEADER, next_header);
	p.payload_len = (uint8_t)pick(given, AH_PAYLOAD_LEN, (n + p.padding.n) / 4 - 2);
	p.reserved = (uint16_t)pick(given, AH_RESERVED, 0);
	p.spi = (uint32_t)pick(given, AH_SPI, sa->spec.spi);
	return p;
}

static void
write_packet(struct wr *w, const struct plan *p, uint64_t counter, struct bytes payload)
{
	wr_uint(w, p->next_header, 1);
	wr_uint(w, p->payload_len, 1);
	wr_uint(w, p->reserved, 2);
	wr_uint(w, p->spi, 4);
	wr_uint(w, p->seq, 4);
	wr_uint(w, counter, (unsigned)p->iv_n);
	if (p->icv_given)
		wr_bytes(w, p->icv);
	else
		wr_fill(w, 0, p->icv_n);
	wr_bytes(w, p->padding);
	wr_bytes(w, payload);
}

/* The runs that the ICV covers, RFC 4302 3.3.3: front, AH with a zero ICV, payload, high half of an ESN. */
struct cover {
	uint8_t front[AH_FRONT_MAX], high[4];
	struct bytes run[5], iv;
	unsigned n;
};

static enum verdict
cover_packet(struct cover *c, const struct sa *sa, struct bytes front, struct bytes packet, uint64_t seq)
{
	size_t iv_n = sa->spec.auth->iv, icv_n = seal_icv_len(sa->seal), icv_at = FIXED + iv_n;
	struct wr w = wr_of(c->front, sizeof c->front), high = wr_of(c->high, sizeof c->high);
	enum verdict v = ah_prepare_front_by(sa->ah, front, &w);
	if (v != ACCEPT)
		return v;
	c->n = 0;
	c->iv = bytes_slice(packet, FIXED, iv_n);
	c->run[c->n++] = wr_done(&w);
	c->run[c->n++] = bytes_slice(packet, 0, icv_at);
	c->run[c->n++] = bytes_slice(BYTES_OF(zeros), 0, icv_n);
	c->run[c->n++] = bytes_slice(packet, icv_at + icv_n, packet.n);
	if (sa->spec.esn) {
		wr_uint(&high, seq >> 32, 4);
		c->run[c->n++] = wr_done(&high);
	}
	return ACCEPT;
}

static enum verdict
put_icv(const struct sa *sa, struct bytes front, const struct plan *p, uint8_t *packet, size_t n)
{
	struct cover c;
	if (p->icv_given)
		return ACCEPT;
	enum verdict v = cover_packet(&c, sa, front, (struct bytes){ packet, n }, p->seq);
	if (v != ACCEPT)
		return v;
	if (!seal_mac(sa->seal, c.run, c.n, c.iv, packet + FIXED + p->iv_n))
		return DROP_INTERNAL;
	return ACCEPT;
}

enum verdict
ah_seal(struct sa *sa, const struct hdr *given, struct bytes front, uint8_t next_header, struct bytes payload,
	struct wr *out)
{
	if (sa->seal == NULL)
		return DROP_SA_STATE;
	struct plan p = plan_of(sa, given, family_of(front), next_header);
	size_t start = out->n, n = FIXED + p.iv_n + p.icv_n + p.padding.n + payload.n;
	uint64_t seq = sa->seq, iv = sa->iv, counter = 0;
	uint8_t *packet = wr_room(out, n);
	if (packet == NULL)
		return DROP_TOO_BIG;
	enum verdict v = DROP_SEQ_OVERFLOW;
	if (sa_take_numbers(sa, p.seq_given ? NULL : &p.seq, p.iv_n > 0 ? &counter : NULL)) {
		struct wr w = wr_of(packet, n);
		write_packet(&w, &p, counter, payload);
		v = put_icv(sa, front, &p, packet, n);
	}
	if (v == ACCEPT)
		return v;
	out->n = start;
	if (v != DROP_INTERNAL) { /* nothing was sealed: the numbers were not used */
		sa->seq = seq;
		sa->iv = iv;
	}
	return v;
}

/* Everything but the ICV. */
static enum verdict
take_header(const struct sa *sa, struct bytes front, struct bytes packet, uint32_t seq_hi, struct ah_opened *o)
{
	size_t want = ah_header_len(sa, family_of(front));
	struct rd r = rd_of(packet);
	o->next_header = (uint8_t)rd_uint(&r, 1);
	size_t payload_len = (size_t)rd_uint(&r, 1);
	rd_skip(&r, 6);
	o->seq = rd_uint(&r, 4);
	if (r.bad)
		return DROP_SHORT;
	if (sa->spec.esn)
		o->seq |= (uint64_t)seq_hi << 32;
	if ((payload_len + 2) * 4 != want)
		return DROP_AH_LENGTH;
	o->iv = rd_take(&r, sa->spec.auth->iv);
	o->icv = rd_take(&r, seal_icv_len(sa->seal));
	o->padding = rd_take(&r, want - r.at);
	o->payload = rd_rest(&r);
	return r.bad ? DROP_SHORT : ACCEPT;
}

enum verdict
ah_open(const struct sa *sa, struct bytes front, struct bytes packet, uint32_t seq_hi, struct ah_opened *o)
{
	struct cover c;
	*o = (struct ah_opened){ 0 };
	if (sa->seal == NULL)
		return DROP_SA_STATE;
	enum verdict v = take_header(sa, front, packet, seq_hi, o);
	if (v == ACCEPT)
		v = cover_packet(&c, sa, front, packet, o->seq);
	if (v != ACCEPT)
		return v;
	switch (seal_mac_check(sa->seal, c.run, c.n, c.iv, o->icv)) {
	case SEAL_OK: return ACCEPT;
	case SEAL_BAD_ICV: return DROP_ICV;
	case SEAL_BAD_LENGTH:
	case SEAL_FAILED: break;
	}
	return DROP_INTERNAL;
}

enum verdict
ah_receive(struct sa *sa, struct bytes front, struct bytes packet, struct ah_opened *o)
{
	*o = (struct ah_opened){ 0 };
	if (sa->state == SA_LARVAL || sa->state == SA_DEAD)
		return DROP_SA_STATE;
	struct rd r = rd_of(packet);
	rd_skip(&r, 8);
	uint64_t seq = replay_infer(&sa->replay, (uint32_t)rd_uint(&r, 4));
	if (r.bad)
		return DROP_SHORT;
	enum verdict v = replay_check(&sa->replay, seq);
	if (v == ACCEPT)
		v = ah_open(sa, front, packet, (uint32_t)(seq >> 32), o);
	else
		o->seq = seq;
	if (v == ACCEPT)
		replay_commit(&sa->replay, seq);
	return v;
}
