/*
 * rfc4301 is the specification, rfc2401 what it replaced; solaris, kame and linux are what those systems document or do. RFC 4301 wants a
 * last SPD entry that discards (5.2); kernels let through what no policy names.
 */
#include <errno.h>

#include "host/host.h"
#include "host/loopback.h"
#include "host/natt.h"
#include "host/socket.h"

#define ALLOWS(action) (1u << (action))
#define EVERY ((1u << SOCKET_ACTIONS) - 1)
#define OPEN_ENDED (ALLOWS(SOCKET_BYPASS) | ALLOWS(SOCKET_NONE)) /* what goes around protection */

/* What all of the RFC 4301 family has. */
#define RFC4301_TUNNEL                                                                                                 \
	.tunnel = TUNNEL_RFC4301, .pmtu = PMTU_RFC, .icmp_clear = ICMP_ACCEPTED, .fragments = FRAGMENTS_UNBOUND
/* RFC 2401 5.1.2 with RFC 3168 9.2.1.3. */
#define RFC2401_TUNNEL                                                                                                 \
	.tunnel = { .df = DF_COPY,                                                                                     \
		    .ecn4 = INGRESS_RFC3168,                                                                           \
		    .ecn6 = INGRESS_RFC3168,                                                                           \
		    .egress_allowed = EGRESS_FULL,                                                                     \
		    .egress_forbidden = EGRESS_LIMITED,                                                                \
		    .dscp = TUNNEL_DSCP_COPIED },                                                                      \
	.pmtu = PMTU_RFC, .icmp_clear = ICMP_ACCEPTED
/* net.inet.ipsec.dfbit=0 and ecn=0, as the kernel is delivered. */
#define KAME_TUNNEL                                                                                                    \
	.tunnel = { .df = DF_CLEAR,                                                                                    \
		    .egress_allowed = EGRESS_FULL,                                                                     \
		    .egress_forbidden = EGRESS_IGNORED,                                                                \
		    .dscp = TUNNEL_DSCP_COPIED },                                                                      \
	.pmtu = { .least = 296, .age = 600 }, .icmp_clear = ICMP_ACCEPTED, .icmp_tells_in_clear = true
#define LINUX_TUNNEL                                                                                                   \
	.tunnel = { .df = DF_COPY,                                                                                     \
		    .ecn4 = INGRESS_RFC3168,                                                                           \
		    .ecn6 = INGRESS_RFC3168,                                                                           \
		    .egress_allowed = EGRESS_CE_ONLY,                                                                  \
		    .egress_forbidden = EGRESS_IGNORED,                                                                \
		    .dscp = TUNNEL_DSCP_COPIED,                                                                        \
		    .flow = TUNNEL_FLOW_COPIED },                                                                      \
	.pmtu = PMTU_RFC, .icmp_clear = ICMP_ACCEPTED, .icmp_tells_in_clear = true
#define SOLARIS_TUNNEL                                                                                                 \
	.tunnel = { .df = DF_COPY,                                                                                     \
		    .ecn4 = INGRESS_COPY,                                                                              \
		    .ecn6 = INGRESS_COPY,                                                                              \
		    .egress_allowed = EGRESS_CE_ONLY,                                                                  \
		    .egress_forbidden = EGRESS_IGNORED,                                                                \
		    .dscp = TUNNEL_DSCP_COPIED },                                                                      \
	.pmtu = { .least = 576, .age = 600, .told = true }, .icmp_clear = ICMP_ACCEPTED, .icmp_tells_in_clear = true,  \
	.options_encapsulated = true

const struct profile profiles[] = {
	{ .name = "rfc4301",
	  RFC4301_TUNNEL,
	  .spd_miss = { SPD_DISCARD, SPD_DISCARD },
	  .levels = { LEVELS(LEVEL_REQUIRE), LEVELS(LEVEL_REQUIRE) },
	  .strict_padding = true,
	  .layers = LAYERS_EXACT,
	  .source_checked = true,
	  .transit = { DIR_FWD, DIR_IN },
	  .natt_move = NATT_REPORTS,
	  .socket = { .privileged = OPEN_ENDED, .refusal = EACCES, .spd_first = true } },
	{ .name = "rfc2401",
	  RFC2401_TUNNEL,
	  .spd_miss = { SPD_DISCARD, SPD_DISCARD },
	  .levels = { LEVELS(LEVEL_REQUIRE), LEVELS(LEVEL_REQUIRE) },
	  .strict_padding = true,
	  .sas = { .no_esn = true, .no_combined = true, .no_tfc = true },
	  .no_dummies = true,
	  .layers = LAYERS_EXACT,
	  .source_checked = true,
	  .transit = { DIR_IN },
	  .socket = { .privileged = OPEN_ENDED, .refusal = EACCES, .spd_first = true } },
	{ .name = "solaris",
	  SOLARIS_TUNNEL,
	  .spd_miss = { SPD_BYPASS, SPD_BYPASS },
	  .levels = { LEVELS(LEVEL_REQUIRE), LEVELS(LEVEL_REQUIRE) },
	  .layers = LAYERS_EXACT,
	  .transit = { DIR_IN },
	  .natt_move = NATT_FOLLOWS,
	  .socket = { .sec_opt = true, .privileged = OPEN_ENDED, .refusal = EPERM },
	  .policy = { .ranked = true,
		      .ike_bypassed = true,
		      .transit_unchecked = true,
		      .loopback = LOOPBACK_ASSUMED,
		      .echo_latched = true,
		      .clear_icmp = true,
		      .clear_igmp = true,
		      .clear_pim = true,
		      .log_interval = 1000 } },
	{ .name = "kame",
	  KAME_TUNNEL,
	  .spd_miss = { SPD_BYPASS, SPD_BYPASS },
	  .levels = { LEVELS(LEVEL_USE), LEVELS(LEVEL_USE) },
	  .unique_outbound = true,
	  .ah_outer_only = true,
	  .unique_max = 32767,
	  .sas = { .old = true, .no_esn = true },
	  .layers = LAYERS_MORE,
	  .transit = { DIR_IN },
	  .socket = { .absent = ALLOWS(SOCKET_NONE) | ALLOWS(SOCKET_DISCARD),
		      .privileged = ALLOWS(SOCKET_BYPASS),
		      .refusal = EACCES,
		      .spd_first = true } },
	{ .name = "linux",
	  LINUX_TUNNEL,
	  .spd_miss = { SPD_BYPASS, SPD_BYPASS },
	  .levels = { LEVELS(LEVEL_REQUIRE), LEVELS(LEVEL_REQUIRE) },
	  .unique_max = 0x3fff,
	  .layers = LAYERS_TRANSPORT_MORE,
	  .transit = { DIR_FWD },
	  .natt_move = NATT_REPORTS,
	  .socket = { .privileged = EVERY, .refusal = EPERM },
	  .policy = { .loopback = LOOPBACK_NONE } },
	{ .name = NULL },
};

const struct profile *
profile_by_name(const char *name)
{
	for (const struct profile *p = profiles; p->name != NULL; p++)
		if (strcmp(p->name, name) == 0)
			return p;
	return NULL;
}
