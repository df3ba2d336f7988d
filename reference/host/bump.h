/*
 * A bump in the wire, RFC 4301 3.3: two Ethernet ports, and between them a system that knows no IPsec. Frames keep the addresses of those
 * who sent and who get them; what is not IP, and Neighbor Discovery, passes as it is. A datagram from the inside goes through the SPD and
 * its SAs as if the system itself had them, one from the outside is put together, opened and checked before the system sees it. What
 * could hide a datagram from policy (a VLAN tag, MPLS, PPPoE) does not pass.
 */
#ifndef ESPY_HOST_BUMP_H
#define ESPY_HOST_BUMP_H

#include "ipsec/addr.h"

#define BUMP_STATIONS 64 /* a side; the one that was silent longest gives way */

enum { BUMP_OUTSIDE, BUMP_INSIDE, BUMP_SIDES }; /* links of the host */

struct host;
struct arrival;
struct ip;
struct ext_walk;

struct bump_station {
	struct addr addr; /* family 0: free */
	uint8_t mac[6];
	uint64_t heard;
};

struct bump {
	struct bump_station station[BUMP_SIDES][BUMP_STATIONS];
	struct { /* whose datagram is under way, and to whom */
		bool there;
		uint8_t dst[6], src[6];
		struct addr ip_dst;
	} frame;
	uint64_t heard; /* counts */
};

/* Every frame of either side. */
void bump_input(struct host *h, unsigned link, struct bytes frame, uint64_t now);
/* Whether a is an address of the protected system: given, or learnt from what it sent. */
bool bump_protects(const struct host *h, const struct addr *a);

/* local.c: what is not the SPD's to judge, from the outside. True: dealt with. */
bool bump_takes(struct host *h, const struct arrival *a, const struct ip *ip, const struct ext_walk *x);
/* A datagram that policy lets in goes to the system. */
void bump_pass(struct host *h, const struct ip *ip);
/* icmp.c: the address from which the inside is told of an error, which is the one it spoke to; NULL: nobody is told. */
const struct addr *bump_teller(const struct arrival *a, const struct ip *ip);
void bump_tell(struct host *h, struct bytes datagram);
/* frame.c: both MAC addresses. */
void bump_put_macs(const struct host *h, unsigned link, const struct addr *hop, struct wr *w);

#endif
