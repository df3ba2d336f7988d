/*
 * What tunnel mode puts in front, RFC 4301 5.1.2, and how the ECN fields of both headers meet at its end,
 * RFC 6040 4. All four mixes of families.
 */
#ifndef ESPY_IPSEC_TUNNEL_H
#define ESPY_IPSEC_TUNNEL_H

#include "ipsec/chain.h"
#include "ipsec/sa.h"

/* Octets of the outer header. */
size_t tunnel_header_n(uint8_t family);

/* Writes the outer header; length, protocol and checksum are left to chain_rewrite. Returns where it
 * announces. */
size_t tunnel_header_put(const struct sa_spec *s, const struct chain *inner, uint16_t ident, struct wr *out);

/* The inner ECN field that leaves the tunnel; false: the datagram must be dropped. */
bool tunnel_ecn(uint8_t outer, uint8_t inner, uint8_t *result);

/* The inner datagram under next_header 4 or 41: judged, cut at its own length, its ECN field set. Appends to
 * out. */
bool tunnel_inner_put(uint8_t next_header, struct bytes payload, uint8_t outer_ecn, struct wr *out);

#endif
