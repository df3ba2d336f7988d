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
		return policy_find(h, DIR_IN, f);
	const struct spd_entry *p = NULL;
	for (unsigned i = 0; i < PROFILE_DIRS && p == NULL && h->set.rules.transit[i] != 0; i++)
		p = policy_find(h, h->set.rules.transit[i], f);
	return p;
}

/*
 * No entry: nothing says that this traffic is protected, and nothing says that it is not. Where a
 * miss passes, so does what came by a transport mode SA, whose own addresses it has. Of a tunnel only
 * an entry or its own selectors could say what may come out of it, so that without one the datagram is not what the SA is
 * for (RFC 4301 5.2 step 5); KAME lets it pass.
 */
static enum verdict
miss(const struct host *h, const struct secpath *path, uint8_t family)
{
	if (host_spd_miss(h, family) != SPD_BYPASS)
		return DROP_POLICY;
	for (unsigned i = 0; i < path->n && h->set.rules.layers != LAYERS_MORE; i++)
		if (path->sa[i]->spec.mode == MODE_TUNNEL && !path->sa[i]->spec.selects)
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

/* By the tunnel's own policy. Where that has nothing to say, there is nothing to hold the path against. */
static enum verdict
tunnel_check(const struct host *h, const struct tunnel_if *t, const struct arrival *a, const struct flow *f)
{
	const struct spd_entry *p;
	uint8_t action = tunnel_if_policy(h, t, DIR_IN, f, &p);
	if (action == SPD_DISCARD)
		return DROP_POLICY;
	return p == NULL || level_met(h, &a->path, p, f->src.family) ? ACCEPT : DROP_POLICY;
}

enum verdict
policy_check(const struct host *h, const struct arrival *a, struct bytes datagram, bool transit)
{
	struct flow f;
	struct ip ip;
	if (!flow_of(datagram, &f))
		return DROP_HEADER;
	const struct socket_security *socket = transit ? NULL : udp_security(h, &f);
	f.name = socket_user(socket);
	if (clear_is_accepted(h, a, &f) || (a->loop != NULL && !a->loop->checked))
		return ACCEPT;
	const struct tunnel_if *t = tunnel_if_of(h, a);
	if (t != NULL)
		return tunnel_check(h, t, a, &f);
	if (!selected_by(&a->path, datagram, &f))
		return DROP_POLICY;
	if (transit && h->set.rules.policy.transit_unchecked)
		return ACCEPT;
	if (transit &&
	    !fragments_flow(h, &h->fragments_in, datagram, &a->path, h->set.rules.transit, PROFILE_DIRS, a->now, &f))
		return DROP_FRAGMENT;
	const struct spd_entry *p = find(h, transit, &f);
	/* RFC 4301 6.2: an error that no entry names goes by the traffic that it is about. */
	if (p == NULL && ip_parse(datagram, &ip) && policy_quoted_flow(&ip, &f))
		p = find(h, transit, &f);
	p = socket_entry(h, socket, DIR_IN, p);
	policy_used(h, p, datagram.n, a->now);
	if (p == NULL)
		return miss(h, &a->path, f.src.family);
	if (p->action == SPD_DISCARD)
		return DROP_POLICY;
	if (a->loop != NULL)
		return loopback_satisfies(a->loop, p) ? ACCEPT : DROP_POLICY;
	/*
	 * A bypass entry asks for no layer, so level_met lets none pass (RFC 4301 5.2: it is
	 * for what is not protected).
	 */
	return level_met(h, &a->path, p, f.src.family) ? ACCEPT : DROP_POLICY;
}
