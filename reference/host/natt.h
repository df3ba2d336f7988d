/*
 * NAT traversal, RFC 3948: what a UDP socket that takes ESP does with what comes to it, keepalives, and peers that a NAT moves. A key
 * manager opens such a socket on port 4500 and says so (UDP_ENCAP on Linux and the BSDs); IKE on port 500 is a socket as any other.
 */
#ifndef ESPY_HOST_NATT_H
#define ESPY_HOST_NATT_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/cursor.h"

struct host;
struct arrival;
struct ip;
struct sa;

/* What a host does when an authentic packet shows that the peer of an SA is now behind another address or port. */
enum natt_move {
	NATT_STAYS,   /* nothing: the key manager finds out by itself */
	NATT_REPORTS, /* the key manager is told, once (X_NAT_T_NEW_MAPPING) */
	NATT_FOLLOWS, /* told, and what goes back to a new port goes there at once (RFC 3947 7: an end that is not behind a NAT SHOULD) */
};

/* Whether a UDP datagram to us is ESP for an encapsulating socket. A checksum that is there must be right (RFC 1122 4.1.3.4). */
bool natt_takes(const struct host *h, const struct ip *ip, struct bytes segment);
/* Whether what comes to an encapsulating socket ends there: a keepalive, or a runt. */
bool natt_swallows(struct host *h, struct bytes payload);
/*
 * Behind decapsulation of an authentic packet: the NAT procedure of transport mode (RFC 3948 3.1.2) on the datagram in w, and the
 * peer's place noticed. `ip` and `segment` are the datagram as it came.
 */
void natt_opened(struct host *h, struct sa *sa, const struct ip *ip, struct bytes segment, struct wr *w);
/* Keepalives that are due (RFC 3948 4). */
void natt_tick(struct host *h, uint64_t now);

#endif
