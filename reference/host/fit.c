/* Sizes: what fits a path behind the SAs that a datagram will pass, and where a larger one is cut. */
#include "host/leaving.h"

#define IP6_LEAST_MTU 1280 /* RFC 8200 5 */

enum verdict
leaving_by(struct leaving *l, struct sa *sa)
{
	struct leaving_layer *layer = &l->layer[l->layers];
	enum verdict v = ACCEPT;
	if (l->layers == 0)
		v = datagram_growth_of(sa, l->datagram, &layer->growth);
	else
		layer->growth = datagram_growth_behind(&layer[-1].growth, sa);
	if (v != ACCEPT)
		return v;
	layer->sa = sa;
	layer->pmtu = pmtu_of_sa(sa, l->now);
	l->layers++;
	if (layer->growth.tunnel) {
		l->src = sa->spec.src;
		l->dst = sa->spec.dst;
		l->family = sa->spec.dst.family;
		l->tunnelled = true;
	}
	return ACCEPT;
}

bool
leaving_fits(const struct leaving *l, size_t n)
{
	if (n > l->inner_room)
		return false;
	for (unsigned i = 0; i < l->layers; i++) {
		n = datagram_grown(&l->layer[i].growth, n);
		if (n > l->layer[i].pmtu)
			return false;
	}
	return n <= l->room;
}

uint32_t
leaving_largest(const struct leaving *l)
{
	uint32_t least = 0, most = UINT16_MAX; /* what grows never shrinks with its payload */
	while (least < most) {
		uint32_t half = least + (most - least + 1) / 2;
		if (leaving_fits(l, half))
			least = half;
		else
			most = half - 1;
	}
	return least;
}

/*
 * Who may be cut: a source's own datagram, IPv4 without DF (RFC 791 3.2), and IPv6 that could not be smaller, in a tunnel (RFC 2473
 * 7.1). Where the inner DF counts for nothing, the outer one decides.
 */
static bool
may_cut(const struct host *h, const struct leaving *l, const struct ip *ip)
{
	bool told = h->set.rules.pmtu.told || !l->tunnelled;
	if (ip->family == 4)
		return !ip->df || !told;
	return !l->transit || (l->tunnelled && (ip->all.n <= IP6_LEAST_MTU || !told));
}

/* Routers do not cut IPv6 (RFC 8200 4.5), and DF is for the inside too. Ports that an SA is for are in the first fragment only (RFC 4301
 * 7.3: others must not be sent over it). */
static bool
may_cut_inside(const struct leaving *l, const struct ip *ip, const struct selector *s)
{
	bool ports = s != NULL && (s->sport != SELECTOR_ANY || s->dport != SELECTOR_ANY);
	return l->tunnelled && !ports && (ip->family == 4 ? !ip->df : !l->transit);
}

static bool
outer_df(const struct leaving *l, const struct ip *ip)
{
	const struct sa_spec *s = &l->layer[l->layers - 1].sa->spec;
	uint8_t df = s->tunnel.df_given ? s->tunnel.df : l->tunnel.df;
	return l->family == 4 && (df == DF_SET || (df == DF_COPY && (ip->family == 6 || ip->df)));
}

enum leaving_cut
leaving_cut(const struct host *h, const struct leaving *l, const struct ip *ip)
{
	const struct selector *s = l->entry != NULL ? &l->entry->selector : NULL;
	if (!may_cut(h, l, ip))
		return CUT_NEVER;
	bool before = h->set.rules.pmtu.before || ip->all.n > l->inner_room || (l->layers > 0 && outer_df(l, ip));
	return before && may_cut_inside(l, ip, s) ? CUT_BEFORE : CUT_AFTER;
}
