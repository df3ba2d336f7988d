/*
 * IP-in-IP tunnel interfaces as Solaris has them (ip.tun0: tun(4D), dladm(8) create-iptun): two ends, what is routed into it, and an
 * SPD table of its own (ipsecconf(8), "tunnel"). Number n has table n + 1. An interface that nobody configured does not exist.
 */
#ifndef ESPY_HOST_TUNNEL_IF_H
#define ESPY_HOST_TUNNEL_IF_H

#include "ipsec/selector.h"
#include "ipsec/spd.h"

#define TUNNEL_IFS (SPD_TABLES - 1)
#define TUNNEL_ROUTES 4

struct host;
struct arrival;
struct ip;

struct tunnel_if {
	struct addr local, remote; /* family 0: not configured */
	unsigned n;
	struct {
		struct addr prefix;
		uint8_t bits;
	} route[TUNNEL_ROUTES];
};

/* "LOCAL REMOTE [PREFIX/BITS ..]", or nothing. False: it is none of that, and the interface stays as it was. */
bool tunnel_if_configure(struct tunnel_if *t, const char *text);
void tunnel_if_print(const struct tunnel_if *t, char *text, size_t cap);
/* The interface called ip.tunN; NULL: no name of one. */
struct tunnel_if *tunnel_if_named(struct host *h, const char *name);

/* Where a datagram to dst goes by route; NULL: by no tunnel. */
const struct tunnel_if *tunnel_if_towards(const struct host *h, const struct addr *dst);
/* By which tunnel a datagram came: its SA's ends or its outer header's are those of one. */
const struct tunnel_if *tunnel_if_of(const struct host *h, const struct arrival *a);

/*
 * What the tunnel's own policy says, in place of the host's: "for a tunnel, if no entry is found and there is at least one entry for
 * the tunnel, the traffic will automatically drop" (ipsecconf(8), DESCRIPTION). *found may be NULL: then the answer is the action.
 */
uint8_t tunnel_if_policy(const struct host *h, const struct tunnel_if *t, uint8_t dir, const struct flow *f,
			 const struct spd_entry **found);
/* Plain IP-in-IP around a datagram, for what no tunnel mode SA wraps. Nothing when it does not fit. */
struct bytes tunnel_if_wrap(struct host *h, const struct tunnel_if *t, struct bytes datagram);
/* Takes the outer header of IP-in-IP between a tunnel's ends off; false: it is none. */
bool tunnel_if_input(struct host *h, struct arrival *a, const struct ip *ip, uint8_t protocol, struct bytes inner);

#endif
