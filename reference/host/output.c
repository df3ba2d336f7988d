/*
 * RFC 4301 5.1: the SPD says what happens to a datagram that leaves, the SAD has the SAs that it
 * says, and then it goes to the link.
 */
#include "host/parts.h"

struct leaving {
	struct bytes datagram; /* as far as it has come */
	struct addr src, dst;  /* of its outermost header */
	uint64_t now;
	uint32_t cost;  /* octets, at most, that protection has added */
	uint8_t family; /* of the same */
	bool tunnelled;
};

/*
 * First match; an ICMP error that no entry names goes by the traffic that it is about (RFC 4301
 * 6.2).
 */
static const struct spd_entry *
find(const struct host *h, struct bytes datagram)
{
	struct flow f;
	struct ip ip;
	if (!flow_of(datagram, &f))
		return NULL;
	const struct spd_entry *p = spd_lookup(h->spd, DIR_OUT, &f);
	if (p == NULL && ip_parse(datagram, &ip) && policy_quoted_flow(&ip, &f))
		p = spd_lookup(h->spd, DIR_OUT, &f);
	return p;
}

/* A tunnel goes between the request's ends, transport mode between the datagram's own addresses. */
static void
ends(const struct spd_request *r, const struct leaving *l, const struct addr **src, const struct addr **dst)
{
	bool tunnel = r->mode == MODE_TUNNEL && !addr_is_any(&r->dst);
	*src = tunnel ? &r->src : &l->src;
	*dst = tunnel ? &r->dst : &l->dst;
}

static struct sa *
choose(const struct host *h, const struct spd_request *r, struct leaving *l)
{
	const struct addr *src, *dst;
	ends(r, l, &src, &dst);
	uint32_t reqid = r->level == LEVEL_UNIQUE ? r->reqid : 0;
	return sad_outbound(h->sad, r->protocol, r->mode, src, dst, reqid);
}

/*
 * What a layer takes from the MTU. Whole blocks: a datagram as much shorter may be padded up again.
 */
static void
cost_add(struct leaving *l, const struct sa *sa, size_t before, size_t after)
{
	uint32_t block = sa->spec.enc != NULL && sa->spec.enc->block > 4 ? sa->spec.enc->block : 4;
	l->cost += (uint32_t)(after - before) + block - 1;
}

/* A tunnel's outer header is new, and its own: the next layer and the route go by it. */
static void
leave_by(struct host *h, const struct sa *sa, struct leaving *l)
{
	struct ip outer;
	if (sa->spec.mode == MODE_TRANSPORT || !ip_parse(l->datagram, &outer))
		return;
	h->ident++;
	l->src = outer.src;
	l->dst = outer.dst;
	l->family = outer.family;
	l->tunnelled = true;
}

static enum verdict
protect_by(struct host *h, struct sa *sa, struct leaving *l)
{
	bool soft, hard;
	struct wr w = wr_of(h->out[h->out_turn], sizeof h->out[0]);
	h->out_turn ^= 1;
	enum verdict v = datagram_protect(sa, l->datagram, h->ident, h->setup.random, &w);
	if (v != ACCEPT)
		return v;
	cost_add(l, sa, l->datagram.n, w.n);
	l->datagram = wr_done(&w);
	leave_by(h, sa, l);
	sa_account(sa, l->datagram.n, l->now, &soft, &hard);
	if (hard || soft)
		host_limit(h, sa, hard);
	return ACCEPT;
}

/*
 * Requests in order: the first is the innermost. An SA that is missing is asked for, even where it
 * is optional.
 */
static enum verdict
protect(struct host *h, const struct spd_entry *p, struct leaving *l)
{
	for (unsigned i = 0; i < p->n; i++) {
		const struct spd_request *r = &p->request[i];
		struct sa *sa = choose(h, r, l);
		if (sa == NULL) {
			const struct addr *src, *dst;
			ends(r, l, &src, &dst);
			host_count(h, EV_ACQUIRE);
			sadb_acquire(h->sadb, p, r, src, dst, l->now);
			if (r->level == LEVEL_USE)
				continue;
			return DROP_NO_SA;
		}
		enum verdict v = protect_by(h, sa, l);
		if (v != ACCEPT)
			return v;
	}
	return ACCEPT;
}

/*
 * A source may fragment what it sends, and so may the entry of a tunnel its outer datagrams; a
 * router may fragment IPv4 without DF (RFC 791 3.2, RFC 8200 4.5). For IPv6 in a tunnel the sender
 * is told, as long as it could do better than 1,280 octets (RFC 2473 7.1).
 */
static bool
may_fragment(const struct ip *first, const struct leaving *l, bool transit)
{
	if (first->family == 4)
		return !first->df;
	return !transit || (l->tunnelled && first->all.n <= 1280);
}

enum verdict
output_datagram(struct host *h, struct bytes datagram, bool transit, uint64_t now, uint32_t *mtu)
{
	struct ip ip;
	if (!ip_parse(datagram, &ip))
		return DROP_INTERNAL;
	struct leaving l = { .datagram = datagram, .src = ip.src, .dst = ip.dst, .now = now, .family = ip.family };
	const struct spd_entry *p = find(h, datagram);
	uint8_t action = p != NULL ? p->action : h->set.rules.spd_miss;
	enum verdict v = action == SPD_DISCARD ? DROP_POLICY : action == SPD_PROTECT ? protect(h, p, &l) : ACCEPT;
	uint32_t room = host_mtu(h, l.family);
	if (v == ACCEPT && l.datagram.n > room && !may_fragment(&ip, &l, transit))
		v = DROP_TOO_BIG;
	if (v == ACCEPT)
		v = fragment_send(h, host_route(h, &l.dst), l.datagram);
	if (v != ACCEPT)
		host_drop(h, v);
	room -= l.cost < room ? l.cost : room;
	if (mtu != NULL)
		*mtu = ip.family == 6 && room < 1280 ? 1280 : room;
	return v;
}
