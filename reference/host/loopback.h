/*
 * Datagrams between addresses of the host itself. They wait until none is under way, so that an answer never meets its question's
 * buffers. What policy has to do with them is the profile's.
 */
#ifndef ESPY_HOST_LOOPBACK_H
#define ESPY_HOST_LOOPBACK_H

#include "ipsec/spd.h"
#include "ipsec/verdict.h"

struct host;
struct ip;

enum loopback_rule {
	LOOPBACK_APPLIED, /* AH and ESP are, as to anybody else */
	LOOPBACK_ASSUMED, /* policy is enforced on both ends, and what outbound policy asks for counts as done (ipsec(4P)) */
	LOOPBACK_NONE, /* policy has no part in it, as on Linux, whose lo has disable_policy and disable_xfrm */
};

/* One that waits; the arrival of it points here. */
struct loopback {
	bool checked;           /* by assumption; false: not at all */
	struct spd_entry entry; /* what outbound policy said; action SPD_BYPASS where it said nothing */
	struct loopback *next;
	size_t n;
	uint8_t octets[];
};

/* Whether dst is one of our own: no group, no broadcast, and never at a bump in the wire. */
bool loopback_takes(const struct host *h, const struct addr *dst);
/* Of a host that assumes or skips protection. entry NULL: no policy. */
enum verdict loopback_send(struct host *h, struct bytes datagram, const struct spd_entry *entry);
/* Of a host that applies it: the finished datagram. */
enum verdict loopback_deliver(struct host *h, struct bytes datagram);
/* Delivers what waits and what comes of it, up to a number of datagrams that no two ends need; the rest is dropped. */
void loopback_run(struct host *h, uint64_t now);
/* Drops what waits. */
void loopback_forget(struct host *h);
/* Whether what the sender's policy asked for is what the receiver's does. */
bool loopback_satisfies(const struct loopback *l, const struct spd_entry *p);

#endif
