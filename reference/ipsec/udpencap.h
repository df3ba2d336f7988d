/* ESP in UDP, RFC 3948: telling it from what else comes to those ports, and its header. */
#ifndef ESPY_IPSEC_UDPENCAP_H
#define ESPY_IPSEC_UDPENCAP_H

#include "ipsec/sad.h"

#define UDPENCAP_PORT 4500
#define UDPENCAP_HEADER 8

/*
 * Whether the payload of a UDP datagram is to be taken as ESP: not a keepalive, no non-ESP marker (RFC
 * 3948 2.2, 2.3), and its SPI is one of sad's, on port 4500 or the SA's own. *sa is that SA. A passive
 * observer believes port 4500 without an SA too (*sa NULL).
 */
bool udpencap_is_esp(const struct sad *sad, const struct addr *src, const struct addr *dst, uint16_t sport,
		     uint16_t dport, struct bytes payload, bool passive, struct sa **sa);

/* Fills the UDP header that was left open at out[at]; ESP follows up to out's end. */
void udpencap_finish(struct wr *out, size_t at, const struct encap *e, const struct addr *src, const struct addr *dst);

#endif
