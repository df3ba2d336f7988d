/* ESP in UDP, RFC 3948: telling it from what else comes to those ports, and its header. */
#ifndef ESPY_IPSEC_UDPENCAP_H
#define ESPY_IPSEC_UDPENCAP_H

#include "ipsec/sad.h"

#define UDPENCAP_PORT 4500
#define UDPENCAP_HEADER 8

/* What the payload of a datagram to an encapsulating socket is, RFC 3948 2.1 to 2.3. */
enum udpencap_kind {
	UDPENCAP_ESP,
	UDPENCAP_IKE,       /* behind a non-ESP marker, four zero octets */
	UDPENCAP_KEEPALIVE, /* one octet 0xff */
	UDPENCAP_RUNT,      /* none of these, and shorter than the header of ESP */
};
enum udpencap_kind udpencap_kind(struct bytes payload);

/*
 * Whether the payload of a UDP datagram is to be taken as ESP: not a keepalive, no non-ESP marker (RFC
 * 3948 2.2, 2.3), and its SPI is one of sad's, on port 4500 or the SA's own. *sa is that SA. A passive
 * observer believes port 4500 without an SA too (*sa NULL).
 */
bool udpencap_is_esp(const struct sad *sad, const struct addr *src, const struct addr *dst, uint16_t sport,
		     uint16_t dport, struct bytes payload, bool passive, struct sa **sa);

/*
 * The NAT procedure behind transport mode decapsulation, RFC 3948 3.1.2: makes the TCP, UDP or ICMPv6 checksum of the datagram in out
 * fit the addresses that it has now. Where e has the original ones they are exchanged for those (rule 1), so that what was wrong stays
 * wrong; else the checksum is computed anew (rule 2): the ICV has vouched for the octets.
 */
void udpencap_fix_checksum(struct wr *out, const struct encap *e);

/* Fills the UDP header that was left open at out[at]; ESP follows up to out's end. */
void udpencap_finish(struct wr *out, size_t at, const struct encap *e, const struct addr *src, const struct addr *dst);

#endif
