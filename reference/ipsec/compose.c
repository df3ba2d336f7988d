#include "ipsec/compose.h"
#include "ipsec/ipcomp.h"
#include "ipsec/old.h"
#include "ipsec/pile.h"
#include "ipsec/stack.h"
#include "ipsec/udpencap.h"

/* The largest IPv6 datagram with an Ethernet header, and room for what is wrong on purpose. */
#define COMPOSE_MAX (65536 + 4096)

/*
 * A packet on its way from the inside out. Spans are counted from the packet's end until it is done, since
 * only the end stands still while headers pile up in front.
 */
struct composing {
	const struct packet *p;
	struct sa *const *sa;
	struct random *rnd;
	struct err *e;
	struct composed c;
	struct pile pile;
	uint8_t octets[COMPOSE_MAX];
	uint8_t sealed[COMPOSE_MAX];
};

/* The protocol number of what follows layer i; 59: nothing that has one. */
static uint8_t
next_header(const struct packet *p, unsigned i)
{
	int protocol = i + 1 < p->n ? layout_protocol(p->layer[i + 1].lay) : -1;
	return protocol < 0 ? IPPROTO_NONE_ : (uint8_t)protocol;
}

/* The SA that protects layer i, if one does. */
static struct sa *
sa_for(const struct composing *x, unsigned i)
{
	struct sa *sa = x->sa != NULL ? x->sa[i] : NULL;
	const struct layout *lay = x->p->layer[i].lay;
	bool old = lay == &layout_ah_old || lay == &layout_esp_old;
	bool fits = sa != NULL && sa->state != SA_LARVAL && sa->spec.protocol == layout_protocol(lay) &&
		    sa->spec.old == old;
	return fits ? sa : NULL;
}

static bool
refuse(const struct composing *x, unsigned i, enum verdict v)
{
	const struct hdr *h = &x->p->layer[i];
	return fail(x->e, v == DROP_INTERNAL ? ERR_CRYPTO : ERR_RANGE, "layer %u, %s: %s", i, h->lay->name,
		    v == DROP_TOO_BIG ? "the packet does not fit 65,535 octets" : verdict_name(v));
}

/* Spans end up behind t new octets at the packet's end. */
static void
spans_shift(struct composed *c, size_t t)
{
	c->payload.at += t;
	for (unsigned i = 0; i < PACKET_LAYERS; i++) {
		c->layer[i].at += t;
		c->icv[i].at += t;
		c->iv[i].at += t;
		c->body[i].at += t;
	}
}

static void
spans_turn(struct composed *c, size_t total)
{
	struct span *lists[] = { c->layer, c->icv, c->iv, c->body };
	for (size_t l = 0; l < sizeof lists / sizeof lists[0]; l++)
		for (unsigned i = 0; i < PACKET_LAYERS; i++)
			lists[l][i].at = lists[l][i].n > 0 ? total - lists[l][i].at : 0;
	c->payload.at = c->payload.n > 0 ? total - c->payload.at : 0;
}

/* The span of n octets that begin `from` octets into what is piled up. */
static struct span
span_in(const struct composing *x, size_t from, size_t n)
{
	return (struct span){ x->pile.n - from, n };
}

static struct build_ctx
ctx_for(const struct composing *x, unsigned i, const struct addr *src, const struct addr *dst, uint8_t family)
{
	return (struct build_ctx){ .payload = pile_all(&x->pile),
				   .next_header = next_header(x->p, i),
				   .family = family,
				   .src = addr_bytes(src),
				   .dst = addr_bytes(dst) };
}

/* UDP in front of ESP: RFC 3948 2.1. */
static void
fill_encap(const struct composing *x, unsigned i, uint8_t family, struct hdr *h)
{
	if (h->lay != &layout_udp || next_header(x->p, i) != IPPROTO_ESP_)
		return;
	const struct sa *sa = x->sa != NULL ? x->sa[i + 1] : NULL;
	bool known = sa != NULL && sa->spec.encap.udp;
	hdr_fill(h, UDP_SPORT, known ? sa->spec.encap.sport : UDPENCAP_PORT);
	hdr_fill(h, UDP_DPORT, known ? sa->spec.encap.dport : UDPENCAP_PORT);
	if (family == 4 && !hdr_given(h, UDP_CHECKSUM))
		hdr_set(h, UDP_CHECKSUM, 0);
}

static void
put_plain(struct composing *x, unsigned i)
{
	struct hdr h = x->p->layer[i];
	struct addr src, dst;
	uint8_t family = stack_addrs(x->p, i, &src, &dst);
	struct build_ctx c = ctx_for(x, i, &src, &dst, family);
	fill_encap(x, i, family, &h);
	hdr_compute(&h, &c);
	pile_hdr(&x->pile, &h);
	x->c.layer[i] = span_in(x, 0, hdr_size(&h));
}

/* ESP as somebody without the key forges it: given fields around the payload, a trailer only if given. */
static void
forge_esp(const struct composing *x, const struct hdr *h, struct wr *w)
{
	wr_uint(w, h->v[ESP_SPI].u, 4);
	wr_uint(w, h->v[ESP_SEQ].u, 4);
	wr_bytes(w, h->v[ESP_IV].b);
	wr_bytes(w, pile_all(&x->pile));
	wr_fill(w, 0, (size_t)h->v[ESP_TFC].u);
	wr_bytes(w, h->v[ESP_PADDING].b);
	wr_uint(w, h->v[ESP_PAD_LENGTH].u, hdr_given(h, ESP_PAD_LENGTH) ? 1 : 0);
	wr_uint(w, h->v[ESP_NEXT_HEADER].u, hdr_given(h, ESP_NEXT_HEADER) ? 1 : 0);
	wr_bytes(w, h->v[ESP_ICV].b);
}

static size_t
given_n(const struct hdr *h, unsigned field, size_t otherwise)
{
	return hdr_given(h, field) ? h->v[field].b.n : otherwise;
}

static bool
put_esp(struct composing *x, unsigned i)
{
	const struct hdr *h = &x->p->layer[i];
	struct sa *sa = sa_for(x, i);
	struct wr w = wr_of(x->sealed, sizeof x->sealed);
	size_t inner_n = x->pile.n, iv_n = given_n(h, ESP_IV, 0), icv_n = given_n(h, ESP_ICV, 0);
	if (sa == NULL) {
		forge_esp(x, h, &w);
	} else {
		enum verdict v = esp_seal(sa, h, next_header(x->p, i), pile_all(&x->pile), x->rnd, &w);
		if (v != ACCEPT)
			return refuse(x, i, v);
		iv_n = given_n(h, ESP_IV, sa->spec.enc->iv);
		icv_n = given_n(h, ESP_ICV, seal_icv_len(sa->seal));
	}
	if (w.full)
		return refuse(x, i, DROP_TOO_BIG);
	spans_shift(&x->c, w.n - 8 - iv_n - inner_n);
	if (sa != NULL && sa->spec.enc->kind != ALG_NULL && sa->spec.enc->kind != ALG_GMAC)
		x->c.payload = (struct span){ 0, 0 };
	pile_drop(&x->pile, inner_n);
	pile_bytes(&x->pile, wr_done(&w));
	x->c.layer[i] = span_in(x, 0, w.n);
	x->c.iv[i] = span_in(x, 8, iv_n);
	x->c.body[i] = span_in(x, 8 + iv_n, w.n - 8 - iv_n - icv_n);
	x->c.icv[i] = span_in(x, w.n - icv_n, icv_n);
	return true;
}

/* The front of the AH at layer i, if its header will have n octets. */
static struct bytes
front_for(struct composing *x, unsigned i, size_t n, struct wr *w)
{
	struct wr header = pile_room(&x->pile, n);
	wr_fill(&header, 0, n);
	bool found = stack_front(x->p, i, pile_all(&x->pile), w);
	pile_drop(&x->pile, n);
	return found ? wr_done(w) : BYTES_NONE;
}

/*
 * The front tells the length of the datagram and so that of AH, which given fields change. So a length that
 * was not foreseen is tried once more, with the sequence number taken already.
 */
static enum verdict
seal_ah(struct composing *x, struct sa *sa, unsigned i, uint8_t family, struct wr *out)
{
	uint8_t octets[AH_FRONT_MAX];
	struct hdr given = x->p->layer[i];
	size_t n = ah_header_len(sa, family), content_n = x->pile.n;
	for (bool again = false;; again = true) {
		struct wr w = wr_of(octets, sizeof octets);
		struct bytes front = front_for(x, i, n, &w);
		if (front.n == 0)
			return DROP_HEADER;
		enum verdict v = ah_seal(sa, &given, front, next_header(x->p, i), pile_all(&x->pile), out);
		if (v != ACCEPT || out->n - content_n == n || again)
			return v;
		n = out->n - content_n;
		out->n = 0;
		if (!hdr_given(&given, AH_SEQ))
			hdr_set(&given, AH_SEQ, sa->seq);
	}
}

/* AH without an SA, or behind a front that has no ICV: what is not given and needs a key is zero. */
static void
forge_ah(const struct composing *x, unsigned i, const struct sa *sa, uint8_t family, uint64_t seq, struct wr *w)
{
	static const uint8_t zeros[256];
	struct hdr h = x->p->layer[i];
	struct build_ctx c = { .payload = pile_all(&x->pile), .next_header = next_header(x->p, i), .family = family };
	if (sa != NULL) {
		size_t icv_n = sa->spec.auth->iv + seal_icv_len(sa->seal);
		hdr_fill(&h, AH_SPI, sa->spec.spi);
		hdr_fill(&h, AH_SEQ, seq);
		hdr_fill_bytes(&h, AH_ICV, bytes_slice(BYTES_OF(zeros), 0, icv_n));
	}
	hdr_compute(&h, &c);
	hdr_put(&h, w, false);
	wr_bytes(w, pile_all(&x->pile));
}

static bool
put_ah(struct composing *x, unsigned i)
{
	const struct hdr *h = &x->p->layer[i];
	struct sa *sa = sa_for(x, i);
	struct wr w = wr_of(x->sealed, sizeof x->sealed);
	struct addr src, dst;
	uint8_t family = stack_addrs(x->p, i, &src, &dst);
	size_t inner_n = x->pile.n, iv_n = sa != NULL ? sa->spec.auth->iv : 0;
	enum verdict v = sa != NULL ? seal_ah(x, sa, i, family, &w) : DROP_HEADER;
	if (v == DROP_HEADER) {
		uint64_t seq = 0;
		if (sa != NULL && !hdr_given(h, AH_SEQ) && !sa_take_numbers(sa, &seq, NULL))
			return refuse(x, i, DROP_SEQ_OVERFLOW);
		w.n = 0;
		forge_ah(x, i, sa, family, seq, &w);
	} else if (v != ACCEPT) {
		return refuse(x, i, v);
	}
	if (w.full || x->pile.full)
		return refuse(x, i, DROP_TOO_BIG);
	size_t icv_n = given_n(h, AH_ICV, iv_n + (sa != NULL ? seal_icv_len(sa->seal) : 0));
	iv_n = icv_n < iv_n ? icv_n : iv_n;
	pile_drop(&x->pile, inner_n);
	pile_bytes(&x->pile, wr_done(&w));
	x->c.layer[i] = span_in(x, 0, w.n - inner_n);
	x->c.iv[i] = span_in(x, 12, iv_n);
	x->c.icv[i] = span_in(x, 12 + iv_n, icv_n - iv_n);
	return true;
}

/* Compressed whatever the length, since somebody wrote the layer; without an SA it is a header in front of a payload as it is. */
static bool
put_ipcomp(struct composing *x, unsigned i)
{
	struct sa *sa = sa_for(x, i);
	struct wr w = wr_of(x->sealed, sizeof x->sealed);
	size_t inner_n = x->pile.n;
	if (sa == NULL) {
		put_plain(x, i);
		return true;
	}
	enum verdict v = ipcomp_seal(sa, &x->p->layer[i], next_header(x->p, i), pile_all(&x->pile), &w);
	if (v != ACCEPT)
		return refuse(x, i, v);
	pile_drop(&x->pile, inner_n);
	pile_bytes(&x->pile, wr_done(&w));
	x->c = (struct composed){ 0 };
	x->c.layer[i] = span_in(x, 0, w.n);
	x->c.body[i] = span_in(x, IPCOMP_HEADER, w.n - IPCOMP_HEADER);
	return true;
}

/* Without an SA, which no notation asks for, it is a head alone. */
static bool
put_old(struct composing *x, unsigned i)
{
	const struct hdr *h = &x->p->layer[i];
	struct sa *sa = sa_for(x, i);
	struct wr w = wr_of(x->sealed, sizeof x->sealed), front;
	uint8_t octets[AH_FRONT_MAX];
	size_t inner_n = x->pile.n;
	if (sa == NULL) {
		put_plain(x, i);
		return true;
	}
	bool ah = h->lay == &layout_ah_old;
	front = wr_of(octets, sizeof octets);
	struct bytes before = ah ? front_for(x, i, ah_old_len(sa), &front) : BYTES_NONE;
	enum verdict v = ah && before.n == 0 ? DROP_HEADER
			 : ah                ? ah_old_seal(sa, h, before, next_header(x->p, i), pile_all(&x->pile), &w)
			      : esp_old_seal(sa, h, next_header(x->p, i), pile_all(&x->pile), x->rnd, &w);
	if (v != ACCEPT)
		return refuse(x, i, v);
	size_t iv_n = ah ? 0 : sa->spec.enc->iv;
	pile_drop(&x->pile, inner_n);
	pile_bytes(&x->pile, wr_done(&w));
	x->c.layer[i] = span_in(x, 0, ah ? w.n - inner_n : w.n);
	x->c.icv[i] = ah ? span_in(x, 8, w.n - inner_n - 8) : (struct span){ 0, 0 };
	x->c.iv[i] = ah ? (struct span){ 0, 0 } : span_in(x, 4, iv_n);
	x->c.body[i] = ah ? (struct span){ 0, 0 } : span_in(x, 4 + iv_n, w.n - 4 - iv_n);
	if (!ah)
		x->c.payload = (struct span){ 0, 0 };
	return true;
}

static bool
put_layer(struct composing *x, unsigned i)
{
	const struct layout *lay = x->p->layer[i].lay;
	if (lay == &layout_esp && !put_esp(x, i))
		return false;
	if (lay == &layout_ah && !put_ah(x, i))
		return false;
	if (lay == &layout_ipcomp && !put_ipcomp(x, i))
		return false;
	if ((lay == &layout_ah_old || lay == &layout_esp_old) && !put_old(x, i))
		return false;
	if (lay != &layout_esp && lay != &layout_ah && lay != &layout_ipcomp && lay != &layout_ah_old &&
	    lay != &layout_esp_old)
		put_plain(x, i);
	return !x->pile.full || refuse(x, i, DROP_TOO_BIG);
}

bool
packet_compose(const struct packet *p, struct sa *const sa[PACKET_LAYERS], struct random *rnd, struct wr *out,
	       struct composed *c, struct err *e)
{
	struct composing x;
	x.p = p;
	x.sa = sa;
	x.rnd = rnd;
	x.e = e;
	x.c = (struct composed){ 0 };
	x.pile = pile_of(x.octets, sizeof x.octets);
	pile_bytes(&x.pile, p->payload);
	x.c.payload = span_in(&x, 0, p->payload.n);
	for (unsigned i = p->n; i > 0; i--)
		if (!put_layer(&x, i - 1))
			return false;
	if (x.pile.full || wr_left(out) < x.pile.n)
		return fail(e, ERR_RANGE, "packet: %zu octets do not fit %zu", x.pile.n, wr_left(out));
	spans_turn(&x.c, x.pile.n);
	if (c != NULL)
		*c = x.c;
	wr_bytes(out, pile_all(&x.pile));
	return true;
}
