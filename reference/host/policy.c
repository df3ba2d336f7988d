/*
 * The inbound check, RFC 4301 5.2 steps 3b, 4 and 5. SAs that PF_KEY makes have no selectors of
 * their own, so the SPD entry that the innermost datagram matches is what its SAs are held against:
 * the right ones in the right order.
 */
#include "host/parts.h"

static const struct spd_entry *
find(const struct host *h, bool transit, const struct flow *f)
{
	if (!transit)
		return spd_lookup(h->spd, DIR_IN, f);
	const struct spd_entry *p = NULL;
	for (unsigned i = 0; i < PROFILE_DIRS && p == NULL && h->set.rules.transit[i] != 0; i++)
		p = spd_lookup(h->spd, h->set.rules.transit[i], f);
	return p;
}

/*
 * A transport mode SA carries what runs between its own addresses; a request names ends for tunnels
 * only.
 */
static bool
request_met(const struct spd_request *r, const struct sa *sa)
{
	const struct sa_spec *s = &sa->spec;
	if (r->protocol != s->protocol)
		return false;
	if (r->mode != MODE_ANY && s->mode != MODE_ANY && r->mode != s->mode)
		return false;
	if (r->level == LEVEL_UNIQUE && r->reqid != 0 && r->reqid != s->reqid)
		return false;
	return r->mode != MODE_TUNNEL || ((addr_is_any(&r->src) || addr_equal(&r->src, &s->src)) &&
					  (addr_is_any(&r->dst) || addr_equal(&r->dst, &s->dst)));
}

/* Whether a layer that no request asks for is let pass. */
static bool
layer_excess(const struct host *h, const struct sa *sa)
{
	enum profile_layers rule = h->set.rules.layers;
	return rule == LAYERS_MORE || (rule == LAYERS_TRANSPORT_MORE && sa->spec.mode != MODE_TUNNEL);
}

/*
 * Requests are in the order of output, so the first is the innermost layer, and that is the last of
 * the path. Layers left over are outside of all that policy asks for.
 */
static bool
path_satisfies(const struct host *h, const struct secpath *path, const struct spd_entry *p)
{
	unsigned left = path->n;
	for (unsigned i = 0; i < p->n; i++) {
		unsigned at = left;
		while (at > 0 && !request_met(&p->request[i], path->sa[at - 1]) && layer_excess(h, path->sa[at - 1]))
			at--;
		if (at > 0 && request_met(&p->request[i], path->sa[at - 1]))
			left = at - 1;
		else if (p->request[i].level != LEVEL_USE)
			return false;
	}
	while (left > 0 && layer_excess(h, path->sa[left - 1]))
		left--;
	return left == 0;
}

/*
 * No entry: nothing says that this traffic is protected, and nothing says that it is not. Where a
 * miss passes, so does what came by a transport mode SA, whose own addresses it has. Of a tunnel only
 * an entry could say what may come out of it, so that without one the datagram is not what the SA is
 * for (RFC 4301 5.2 step 5); KAME lets it pass.
 */
static enum verdict
miss(const struct host *h, const struct secpath *path)
{
	if (h->set.rules.spd_miss != SPD_BYPASS)
		return DROP_POLICY;
	for (unsigned i = 0; i < path->n && h->set.rules.layers != LAYERS_MORE; i++)
		if (path->sa[i]->spec.mode == MODE_TUNNEL)
			return DROP_POLICY;
	return ACCEPT;
}

bool
policy_quoted_flow(const struct ip *ip, struct flow *f)
{
	struct ext_walk x = { .protocol = ip->protocol, .at = ip->header };
	if (ip->family == 6)
		ext_walk(ip, &x);
	if (x.bad || x.protocol != (ip->family == 4 ? IPPROTO_ICMP4 : IPPROTO_ICMP6))
		return false;
	struct rd r = rd_of(bytes_slice(ip->all, x.at, SIZE_MAX));
	uint8_t type = (uint8_t)rd_uint(&r, 1);
	rd_skip(&r, 7);
	if (r.bad || !icmp_is_error(ip->family, type) || !flow_of(rd_rest(&r), f))
		return false;
	struct addr src = f->src;
	f->src = f->dst;
	f->dst = src;
	if (f->protocol != IPPROTO_ICMP4 && f->protocol != IPPROTO_ICMP6) {
		uint16_t sport = f->sport;
		f->sport = f->dport;
		f->dport = sport;
	}
	return true;
}

enum verdict
policy_check(const struct host *h, const struct arrival *a, struct bytes datagram, bool transit)
{
	struct flow f;
	struct ip ip;
	if (!flow_of(datagram, &f))
		return DROP_HEADER;
	const struct spd_entry *p = find(h, transit, &f);
	/* RFC 4301 6.2: an error that no entry names goes by the traffic that it is about. */
	if (p == NULL && ip_parse(datagram, &ip) && policy_quoted_flow(&ip, &f))
		p = find(h, transit, &f);
	if (p == NULL)
		return miss(h, &a->path);
	if (p->action == SPD_DISCARD)
		return DROP_POLICY;
	/*
	 * A bypass entry asks for no layer, so path_satisfies lets none pass (RFC 4301 5.2: it is
	 * for what is not protected).
	 */
	return path_satisfies(h, &a->path, p) ? ACCEPT : DROP_POLICY;
}
