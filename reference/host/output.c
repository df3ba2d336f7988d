/*
 * RFC 4301 5.1: the SPD says what happens to a datagram that leaves, the SAD has the SAs that it
 * says, and then it goes to the link.
 */
#include "host/fragment.h"
#include "host/leaving.h"

/*
 * First match; an ICMP error that no entry names goes by the traffic that it is about (RFC 4301
 * 6.2).
 */
static const struct spd_entry *
find(struct host *h, struct leaving *l, struct bytes datagram)
{
	static const uint8_t out = DIR_OUT;
	static const struct secpath clear;
	struct flow f;
	struct ip ip;
	if (!flow_of(datagram, &f))
		return NULL;
	f.name = socket_user(h->speaker);
	l->flow = f;
	if (l->transit)
		fragments_note(&h->fragments_out, datagram, &clear, l->now);
	if (l->transit && !fragments_flow(h, &h->fragments_out, datagram, &clear, &out, 1, l->now, &f)) {
		host_count(h, EV_FRAGMENT_UNDECIDED);
		l->undecided = true;
		return NULL;
	}
	const struct spd_entry *p = policy_find(h, DIR_OUT, &f);
	if (p == NULL && ip_parse(datagram, &ip) && policy_quoted_flow(&ip, &f)) {
		p = policy_find(h, DIR_OUT, &f);
		l->by_quote = p != NULL;
	}
	return socket_entry(h, h->speaker, DIR_OUT, p);
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
choose(const struct host *h, const struct spd_request *r, const struct leaving *l)
{
	const struct addr *src, *dst;
	ends(r, l, &src, &dst);
	struct spd_request by = *r;
	by.reqid = r->level == LEVEL_UNIQUE ? r->reqid : 0;
	return sad_outbound_suiting(h->sad, &by, src, dst, &l->flow);
}

/* The first bundle for which there is all that it needs, else the first (ipsecconf(8), "or"). One layer's ends are the next one's. */
static uint8_t
alternative_of(const struct host *h, const struct spd_entry *p, const struct leaving *l)
{
	for (unsigned i = 0; i < p->n;) {
		uint8_t alternative = p->request[i].alternative;
		bool works = true;
		for (; i < p->n && p->request[i].alternative == alternative; i++)
			works = works && (p->request[i].protocol == 0 || p->request[i].level == LEVEL_USE ||
					  choose(h, &p->request[i], l) != NULL);
		if (works)
			return alternative;
	}
	return 0;
}

/* A tunnel's outer header is new, and its own: the route goes by it. */
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
}

static enum verdict
protect_by(struct host *h, struct sa *sa, struct leaving *l)
{
	bool soft, hard;
	struct wr w = wr_of(h->out[h->out_turn], sizeof h->out[0]);
	h->out_turn ^= 1;
	enum verdict v = datagram_protect_by(sa, &l->tunnel, l->datagram, h->ident, h->setup.random, &w);
	if (v != ACCEPT)
		return v;
	l->datagram = wr_done(&w);
	leave_by(h, sa, l);
	sa_account(sa, l->datagram.n, l->now, &soft, &hard);
	if (hard || soft)
		host_limit(h, sa, hard);
	return ACCEPT;
}

/* An SA for one flow is asked for with that flow's ports (ipsecconf(8), sa unique). False: it has none to say. */
static bool
entry_of_flow(const struct spd_entry *p, const struct flow *f, struct spd_entry *asked)
{
	struct spd_entry whole = *p;
	whole.pfp = PFP_ALL;
	return selected_entry(&whole, f, asked);
}

/*
 * Which SAs: requests in order, the first is the innermost. An SA that is missing is asked for, even where it is optional; not for an
 * error that goes by the traffic that it is about (RFC 4301 6.2: no SA is made for it).
 */
static enum verdict
protect(struct host *h, const struct spd_entry *p, struct leaving *l)
{
	bool several = p->n > 0 && p->request[p->n - 1].alternative != 0;
	uint8_t alternative = several ? alternative_of(h, p, l) : 0;
	struct spd_entry asked;
	if (p->pfp != 0 && !selected_entry(p, &l->flow, &asked))
		return DROP_POLICY; /* RFC 4301 4.4.2.2: not avail., discard packet */
	for (unsigned i = 0; i < p->n; i++) {
		const struct spd_request *r = &p->request[i];
		if (r->alternative != alternative || r->protocol == 0)
			continue;
		struct sa *sa = choose(h, r, l);
		if (sa == NULL) {
			const struct addr *src, *dst;
			ends(r, l, &src, &dst);
			if (l->by_quote) {
				host_count(h, EV_ICMP_NO_SA);
				return DROP_NO_SA;
			}
			host_count(h, EV_ACQUIRE);
			bool own = p->pfp != 0 || (r->per_flow && entry_of_flow(p, &l->flow, &asked));
			sadb_acquire(h->sadb, own ? &asked : p, r, src, dst, l->now);
			if (level_of(h, r, l->src.family) == LEVEL_USE)
				continue;
			return DROP_NO_SA;
		}
		if (r->per_flow)
			sad_bind(sa, &l->flow);
		enum verdict v = leaving_by(l, sa);
		if (v != ACCEPT)
			return v;
	}
	return ACCEPT;
}

/* RFC 4303 3.3.3: an attempt to send what would make the counter cycle. */
static void
audit_overflow(struct host *h, const struct leaving *l)
{
	for (unsigned i = 0; i < l->layers; i++) {
		const struct sa *sa = l->layer[i].sa;
		if (sa->seq >= (sa->spec.esn ? UINT64_MAX : UINT32_MAX))
			host_audit(h, &(struct audit_event){ .verdict = DROP_SEQ_OVERFLOW,
							     .protocol = sa->spec.protocol,
							     .spi = sa->spec.spi,
							     .src = l->src,
							     .dst = l->dst,
							     .seq = sa->seq,
							     .now = l->now });
	}
}

static enum verdict
seal_and_send(struct host *h, struct leaving l, struct bytes datagram)
{
	enum verdict v = ACCEPT;
	l.datagram = datagram;
	for (unsigned i = 0; i < l.layers && v == ACCEPT; i++)
		v = protect_by(h, l.layer[i].sa, &l);
	if (v == DROP_SEQ_OVERFLOW)
		audit_overflow(h, &l);
	if (v == ACCEPT && loopback_takes(h, &l.dst))
		return loopback_deliver(h, l.datagram);
	return v == ACCEPT ? fragment_send(h, host_route(h, &l.dst), l.datagram, l.room) : v;
}

/* Each fragment as a datagram of its own through the same SAs. */
static enum verdict
send_cut(struct host *h, const struct leaving *l, const struct ip *ip)
{
	struct cutter c;
	enum verdict v = ACCEPT;
	if (!cutter_open(h, ip, leaving_largest(l), &c))
		return DROP_TOO_BIG;
	while (v == ACCEPT && !cutter_done(&c)) {
		struct wr w = wr_of(h->piece, sizeof h->piece);
		cutter_next(&c, &w);
		v = seal_and_send(h, *l, wr_done(&w));
	}
	return v;
}

/* RFC 4301 8.2.1. */
static enum verdict
send_fitting(struct host *h, struct leaving *l, const struct ip *ip)
{
	if (leaving_fits(l, ip->all.n))
		return seal_and_send(h, *l, ip->all);
	switch (leaving_cut(h, l, ip)) {
	case CUT_NEVER: return DROP_TOO_BIG;
	case CUT_BEFORE: return send_cut(h, l, ip);
	default: break;
	}
	/* What is to be cut cannot have DF; an SA that has it for its own insists. */
	l->tunnel.df = DF_CLEAR;
	for (unsigned i = 0; i < l->layers; i++)
		l->room = l->layer[i].pmtu < l->room ? l->layer[i].pmtu : l->room;
	return seal_and_send(h, *l, ip->all);
}

/* The path counts for what this host is the source of, tunnel packets among it; a router only knows its link. */
static void
measure(const struct host *h, struct leaving *l, const struct ip *ip)
{
	uint32_t behind = l->transit ? PMTU_NONE : pmtu_of_path(&h->pmtu, &ip->dst, l->now);
	uint32_t path = l->tunnelled ? pmtu_of_path(&h->pmtu, &l->dst, l->now) : behind;
	l->room = host_mtu(h, l->family);
	l->room = path < l->room ? path : l->room;
	l->inner_room = l->tunnelled ? behind : PMTU_NONE;
}

/* Into a tunnel interface: its own policy, in place of the host's. A tunnel mode SA wraps by itself, all else is wrapped first. */
static uint8_t
enter_tunnel(struct host *h, const struct tunnel_if *t, struct leaving *l, struct ip *ip)
{
	if (!flow_of(ip->all, &l->flow))
		return SPD_DISCARD;
	uint8_t action = tunnel_if_policy(h, t, DIR_OUT, &l->flow, &l->entry);
	bool by_sa = action == SPD_PROTECT && l->entry->request[0].mode == MODE_TUNNEL;
	if (action != SPD_DISCARD && !by_sa && !ip_parse(tunnel_if_wrap(h, t, ip->all), ip))
		return SPD_DISCARD;
	l->src = t->local;
	l->dst = t->remote;
	l->family = t->local.family;
	return action;
}

/* A socket may ask for it, too: ipsec(4P), ipsec_self_encap_req. */
static bool
self_encap_asked(const struct host *h, const struct spd_entry *entry, const struct ip *ip)
{
	return ip->family == 4 && h->speaker != NULL && entry == &h->speaker->policy[DIR_OUT].entry &&
	       (h->speaker->sec_opt.self_encap & IPSEC_PREF_REQUIRED) != 0;
}

static uint8_t
decide(struct host *h, struct leaving *l, struct ip *ip)
{
	const struct tunnel_if *t = tunnel_if_towards(h, &ip->dst);
	if (t != NULL)
		return enter_tunnel(h, t, l, ip);
	if (l->transit && h->set.rules.policy.transit_unchecked && !h->setup.bump)
		return SPD_BYPASS;
	l->entry = find(h, l, ip->all);
	if (l->undecided)
		return SPD_DISCARD;
	bool inside = self_encap_wanted(h, l->entry, ip) || self_encap_asked(h, l->entry, ip);
	if (inside && !self_encap(h, ip))
		return SPD_DISCARD;
	return l->entry != NULL ? l->entry->action : host_spd_miss(h, ip->family);
}

/* To ourselves, where that is not done as to anybody else. */
static enum verdict
send_within(struct host *h, const struct leaving *l, uint8_t action)
{
	bool none = h->set.rules.policy.loopback == LOOPBACK_NONE;
	return action == SPD_DISCARD && !none ? DROP_POLICY : loopback_send(h, l->datagram, l->entry);
}

static enum verdict
send_out(struct host *h, struct leaving *l, const struct ip *ip, uint8_t action)
{
	if (loopback_takes(h, &ip->dst) && h->set.rules.policy.loopback != LOOPBACK_APPLIED)
		return send_within(h, l, action);
	enum verdict v = action == SPD_DISCARD ? DROP_POLICY : action == SPD_PROTECT ? protect(h, l->entry, l) : ACCEPT;
	measure(h, l, ip);
	if (v == ACCEPT && h->confidential && l->layers == 0)
		v = DROP_POLICY;
	return v == ACCEPT ? send_fitting(h, l, ip) : v;
}

enum verdict
output_datagram(struct host *h, struct bytes datagram, bool transit, uint64_t now, uint32_t *mtu)
{
	struct ip ip;
	if (!ip_parse(datagram, &ip))
		return DROP_INTERNAL;
	struct leaving l = { .datagram = datagram,
			     .src = ip.src,
			     .dst = ip.dst,
			     .now = now,
			     .family = ip.family,
			     .transit = transit,
			     .tunnel = h->set.rules.tunnel };
	uint8_t action = decide(h, &l, &ip);
	l.datagram = ip.all;
	policy_used(h, l.entry, l.datagram.n, now);
	enum verdict v = send_out(h, &l, &ip, action);
	if (v != ACCEPT)
		host_drop(h, v);
	if (mtu != NULL)
		*mtu = ip.family == 6 && leaving_largest(&l) < 1280 ? 1280 : leaving_largest(&l);
	return v;
}
