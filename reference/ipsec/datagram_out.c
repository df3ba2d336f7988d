#include "ipsec/chain.h"
#include "ipsec/datagram.h"
#include "ipsec/ipcomp.h"
#include "ipsec/old.h"
#include "ipsec/tunnel.h"
#include "ipsec/udpencap.h"

#define DATAGRAM_MAX 65535

/* One datagram on its way through one SA. */
struct passage {
	const struct tunnel_rules *rules;
	struct chain c;
	bool tunnel;
	uint8_t family;       /* of the header in front */
	struct addr src, dst; /* of the same, dst final */
	size_t head_n;        /* that header with what stays in front */
	size_t announced_at;
	struct bytes payload;
	uint8_t next_header;
	size_t udp_n;
};

/* A mode that nobody chose is transport between the SA's own ends, and tunnel for everybody else's datagrams.
 */
static bool
is_tunnel(const struct sa *sa, const struct chain *c)
{
	if (sa->spec.mode != MODE_ANY)
		return sa->spec.mode == MODE_TUNNEL;
	return !addr_equal(&c->src, &sa->spec.src) || !addr_equal(&c->final, &sa->spec.dst);
}

static enum verdict
plan(const struct sa *sa, struct bytes datagram, struct passage *p)
{
	const struct chain *c = &p->c;
	if (sa->state == SA_LARVAL || sa->state == SA_DEAD)
		return DROP_SA_STATE;
	if (!chain_of(datagram, &p->c) || c->truncated)
		return DROP_HEADER;
	p->tunnel = is_tunnel(sa, c);
	p->udp_n = sa->spec.encap.udp && sa->spec.protocol == IPPROTO_ESP_ ? UDPENCAP_HEADER : 0;
	if (p->tunnel) {
		p->family = sa->spec.dst.family;
		p->src = sa->spec.src;
		p->dst = sa->spec.dst;
		p->head_n = tunnel_header_n(p->family);
		p->payload = c->whole;
		p->next_header = c->family == 4 ? IPPROTO_IP4 : IPPROTO_IP6;
		return p->src.family == p->family ? ACCEPT : DROP_MODE;
	}
	p->family = c->family;
	p->src = c->src;
	p->dst = c->final;
	p->head_n = c->front.at;
	p->announced_at = c->front.announced_at;
	p->payload = bytes_slice(c->whole, p->head_n, SIZE_MAX);
	p->next_header = c->front.protocol;
	if (c->malformed)
		return DROP_HEADER;
	/* Transport mode protects whole datagrams only, RFC 4303 3.3.4, RFC 4302 3.3.4. */
	return c->fragment ? DROP_FRAGMENT : ACCEPT;
}

static size_t
overhead(const struct sa *sa, const struct passage *p)
{
	switch (sa->spec.protocol) {
	case IPPROTO_AH_: return sa->spec.old ? ah_old_len(sa) : ah_header_len(sa, p->family);
	case IPPROTO_IPCOMP_: return 0; /* or less */
	default: return sa->spec.old ? esp_old_overhead(sa, p->payload.n) : p->udp_n + esp_overhead(sa, p->payload.n);
	}
}

/* What comes before the protection. */
static void
put_head(const struct sa *sa, struct passage *p, uint16_t ident, struct wr *out)
{
	if (p->tunnel)
		p->announced_at = tunnel_header_put(&sa->spec, p->rules, &p->c, ident, out);
	else
		wr_bytes(out, bytes_slice(p->c.whole, 0, p->head_n));
}

static enum verdict
seal_ah(struct sa *sa, const struct passage *p, size_t at, size_t n, struct wr *out)
{
	/* The ICV covers the header in front, which must be final before it. */
	chain_rewrite(out, at, n, p->family, p->announced_at, IPPROTO_AH_);
	struct bytes front = bytes_slice(wr_done(out), at, p->head_n);
	if (sa->spec.old)
		return ah_old_seal(sa, NULL, front, p->next_header, p->payload, out);
	return ah_seal(sa, NULL, front, p->next_header, p->payload, out);
}

static enum verdict
seal_esp(struct sa *sa, const struct passage *p, size_t at, size_t n, struct random *rnd, struct wr *out)
{
	chain_rewrite(out, at, n, p->family, p->announced_at, p->udp_n > 0 ? IPPROTO_UDP_ : IPPROTO_ESP_);
	wr_fill(out, 0, p->udp_n);
	if (sa->spec.old)
		return esp_old_seal(sa, NULL, p->next_header, p->payload, rnd, out);
	enum verdict v = esp_seal(sa, NULL, p->next_header, p->payload, rnd, out);
	if (v == ACCEPT && p->udp_n > 0)
		udpencap_finish(out, at + p->head_n, &sa->spec.encap, &p->src, &p->dst);
	return v;
}

/* RFC 3173 2.2: only what gets smaller is compressed, its header included; else the datagram stays as it was, without one. */
static enum verdict
compress(const struct sa *sa, const struct passage *p, size_t at, struct wr *out)
{
	size_t room = p->payload.n > 0 ? p->payload.n - 1 : 0;
	struct wr small = *out;
	small.cap = out->n + room < out->cap ? out->n + room : out->cap;
	uint8_t protocol = IPPROTO_IPCOMP_;
	enum verdict v =
		p->payload.n < IPCOMP_LEAST ? DROP_TOO_BIG : ipcomp_seal(sa, NULL, p->next_header, p->payload, &small);
	if (v == ACCEPT) {
		out->n = small.n;
	} else if (v == DROP_TOO_BIG) {
		wr_bytes(out, p->payload);
		protocol = p->next_header;
		v = ACCEPT;
	}
	chain_rewrite(out, at, out->n - at, p->family, p->announced_at, protocol);
	return v;
}

static enum verdict
apply(struct sa *sa, const struct passage *p, size_t at, size_t n, struct random *rnd, struct wr *out)
{
	switch (sa->spec.protocol) {
	case IPPROTO_AH_: return seal_ah(sa, p, at, n, out);
	case IPPROTO_IPCOMP_: return compress(sa, p, at, out);
	default: return seal_esp(sa, p, at, n, rnd, out);
	}
}

enum verdict
datagram_protect(struct sa *sa, struct bytes datagram, uint16_t ident, struct random *rnd, struct wr *out)
{
	return datagram_protect_by(sa, &tunnel_rfc4301, datagram, ident, rnd, out);
}

enum verdict
datagram_growth_of(const struct sa *sa, struct bytes datagram, struct datagram_growth *g)
{
	struct passage p = { 0 };
	enum verdict v = plan(sa, datagram, &p);
	*g = (struct datagram_growth){
		.sa = sa, .head_n = p.head_n, .udp_n = p.udp_n, .tunnel = p.tunnel, .family = p.family
	};
	return v;
}

struct datagram_growth
datagram_growth_behind(const struct datagram_growth *inner, const struct sa *sa)
{
	struct datagram_growth g = *inner;
	g.sa = sa;
	g.udp_n = sa->spec.encap.udp && sa->spec.protocol == IPPROTO_ESP_ ? UDPENCAP_HEADER : 0;
	g.tunnel = sa->spec.mode == MODE_TUNNEL;
	if (g.tunnel) {
		g.family = sa->spec.dst.family;
		g.head_n = tunnel_header_n(g.family);
	}
	return g;
}

size_t
datagram_grown(const struct datagram_growth *g, size_t n)
{
	struct passage p = { .udp_n = g->udp_n, .family = g->family };
	p.payload.n = g->tunnel ? n : n > g->head_n ? n - g->head_n : 0;
	return g->head_n + overhead(g->sa, &p) + p.payload.n;
}

enum verdict
datagram_protect_by(struct sa *sa, const struct tunnel_rules *rules, struct bytes datagram, uint16_t ident,
		    struct random *rnd, struct wr *out)
{
	struct passage p = { .rules = rules };
	enum verdict v = plan(sa, datagram, &p);
	if (v != ACCEPT)
		return v;
	size_t at = out->n, n = p.head_n + overhead(sa, &p) + p.payload.n;
	/* IPv6 does not count its header. */
	if (n > DATAGRAM_MAX + (p.family == 6 ? tunnel_header_n(6) : 0) || n > wr_left(out))
		return DROP_TOO_BIG;
	put_head(sa, &p, ident, out);
	v = apply(sa, &p, at, n, rnd, out);
	if (v != ACCEPT)
		out->n = at;
	return v;
}
