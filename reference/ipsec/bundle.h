/*
 * What an SPD entry asks of the SAs by which a datagram came, RFC 4301 5.2 step 5: the right ones in the right order. Rules in which
 * systems differ are arguments.
 */
#ifndef ESPY_IPSEC_BUNDLE_H
#define ESPY_IPSEC_BUNDLE_H

#include "ipsec/spd.h"

/* AH and ESP layers of an inbound datagram beyond those that its SPD entry asks for. */
enum bundle_layers {
	LAYERS_EXACT,          /* none: the SAs are those of the entry (RFC 4301 5.2 step 5) */
	LAYERS_TRANSPORT_MORE, /* transport mode ones pass, as on Linux */
	LAYERS_MORE,           /* all pass, as on KAME */
};

/* What the level "default" means: LEVEL_USE or LEVEL_REQUIRE by protocol and mode (KAME ipsec(4), esp_trans_deflev and its kin). */
struct bundle_levels {
	uint8_t esp_transport, esp_tunnel, ah_transport, ah_tunnel;
};

struct bundle_rules {
	uint8_t layers; /* enum bundle_layers */
	struct bundle_levels levels;
	bool unique_outbound; /* unique binds SAs on output only, inbound it is require (ipsec_set_policy(3)) */
	bool ah_outer_only; /* AH of a tunnel, or around one, vouches for nothing that comes out of it (KAME ipsec(4), BUGS) */
};

/* The level of a request where "default" is said. */
uint8_t bundle_level(const struct bundle_levels *levels, const struct spd_request *r);

/* path: the SAs that were taken off, outermost first. The entry's action is not looked at: without requests it asks for no SA. */
bool bundle_satisfies(const struct bundle_rules *rules, struct sa *const *path, unsigned n, const struct spd_entry *p);

#endif
