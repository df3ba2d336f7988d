/*
 * What a layer of a packet needs to know of the layers outside of it: the IP header that carries it, and for
 * AH the octets in front. Serves compose.c and dissect.c.
 */
#ifndef ESPY_IPSEC_STACK_H
#define ESPY_IPSEC_STACK_H

#include "ipsec/addr.h"
#include "wire/packet.h"

/* The addresses of the nearest IP header outside of layer i, dst at the end of a route not yet travelled. Returns its family, 0 without one; an address
 * that is not given stays without family. */
uint8_t stack_addrs(const struct packet *p, unsigned i, struct addr *src, struct addr *dst);

/* Whether layer i lies in a fragment. */
bool stack_is_fragment(const struct packet *p, unsigned i);

/*
 * Appends to out the octets in front of the AH at layer i as its ICV sees them: from the IP header on,
 * without the ESP, AH and fragment headers between, since a receiver has taken those off and mended the
 * header before it comes to this AH. rest: AH and what follows. Fields not given are computed. False: no IP
 * header, or more than out holds.
 */
bool stack_front(const struct packet *p, unsigned i, struct bytes rest, struct wr *out) MUST_USE;

#endif
