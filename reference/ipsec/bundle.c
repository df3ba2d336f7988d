#include "ipsec/bundle.h"

#include "wire/layouts.h"

struct path {
	const struct bundle_rules *rules;
	struct sa *const *sa; /* outermost first */
	unsigned n;
};

uint8_t
bundle_level(const struct bundle_levels *levels, const struct spd_request *r)
{
	bool tunnel = r->mode == MODE_TUNNEL;
	if (r->level != LEVEL_DEFAULT)
		return r->level;
	if (r->protocol == IPPROTO_AH_)
		return tunnel ? levels->ah_tunnel : levels->ah_transport;
	return tunnel ? levels->esp_tunnel : levels->esp_transport;
}

/* A transport mode SA carries what runs between its own addresses; a request names ends for tunnels only. */
static bool
ends_met(const struct spd_request *r, const struct sa_spec *s)
{
	return r->mode != MODE_TUNNEL || ((addr_is_any(&r->src) || addr_equal(&r->src, &s->src)) &&
					  (addr_is_any(&r->dst) || addr_equal(&r->dst, &s->dst)));
}

/* Whether what AH of this layer covers is the datagram that came out in the end; the layers behind it are further in. */
static bool
ah_covers(const struct path *path, unsigned at)
{
	for (unsigned i = at; i < path->n; i++)
		if (path->sa[i]->spec.mode == MODE_TUNNEL)
			return false;
	return true;
}

/* Whether layer `at` is what the request asks for. */
static bool
request_met(const struct path *path, const struct spd_request *r, unsigned at)
{
	const struct sa_spec *s = &path->sa[at]->spec;
	if (r->protocol != s->protocol)
		return false;
	if (r->mode != MODE_ANY && s->mode != MODE_ANY && r->mode != s->mode)
		return false;
	if (r->level == LEVEL_UNIQUE && !path->rules->unique_outbound && r->reqid != 0 && r->reqid != s->reqid)
		return false;
	if (r->protocol == IPPROTO_AH_ && path->rules->ah_outer_only && !ah_covers(path, at))
		return false;
	return ends_met(r, s) && spd_request_suits(r, path->sa[at]);
}

/* Whether a layer that no request asks for is let pass. */
static bool
layer_excess(const struct path *path, unsigned at)
{
	uint8_t rule = path->rules->layers;
	return rule == LAYERS_MORE || (rule == LAYERS_TRANSPORT_MORE && path->sa[at]->spec.mode != MODE_TUNNEL);
}

/*
 * Requests are in the order of output, so the first is the innermost layer, and that is the last of
 * the path. Layers left over are outside of all that policy asks for.
 */
static bool
alternative_satisfied(const struct path *path, const struct spd_entry *p, uint8_t alternative)
{
	unsigned left = path->n;
	for (unsigned i = 0; i < p->n; i++) {
		const struct spd_request *r = &p->request[i];
		unsigned at = left;
		if (r->alternative != alternative || r->protocol == 0)
			continue;
		while (at > 0 && !request_met(path, r, at - 1) && layer_excess(path, at - 1))
			at--;
		if (at > 0 && request_met(path, r, at - 1))
			left = at - 1;
		else if (bundle_level(&path->rules->levels, r) != LEVEL_USE && r->protocol != IPPROTO_IPCOMP_)
			return false; /* but a sender may leave any datagram uncompressed, RFC 3173 2.2 */
	}
	while (left > 0 && layer_excess(path, left - 1))
		left--;
	return left == 0;
}

/* Of several bundles a receiver takes any (ipsecconf(8), "or"); most entries have one. */
bool
bundle_satisfies(const struct bundle_rules *rules, struct sa *const *path, unsigned n, const struct spd_entry *p)
{
	const struct path all = { rules, path, n };
	uint8_t last = p->n > 0 ? p->request[p->n - 1].alternative : 0;
	for (uint8_t alternative = 0; alternative <= last; alternative++)
		if (alternative_satisfied(&all, p, alternative))
			return true;
	return false;
}
