/* What the requests of a policy mean on this host: rules in which systems differ are the profile's. */
#include "host/parts.h"

static const struct bundle_levels *
levels_of(const struct host *h, uint8_t family)
{
	return &h->set.rules.levels[family == 6];
}

uint8_t
level_of(const struct host *h, const struct spd_request *r, uint8_t family)
{
	return bundle_level(levels_of(h, family), r);
}

bool
level_met(const struct host *h, const struct secpath *path, const struct spd_entry *p, uint8_t family)
{
	const struct profile *own = &h->set.rules;
	struct bundle_rules rules = { .layers = own->layers,
				      .levels = *levels_of(h, family),
				      .unique_outbound = own->unique_outbound,
				      .ah_outer_only = own->ah_outer_only };
	return bundle_satisfies(&rules, path->sa, path->n, p);
}
