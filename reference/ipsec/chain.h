/*
 * The headers in front of an upper protocol: IP header, IPv4 options, IPv6 extension headers, walked over
 * octets. It says where things are (RFC 791 3.1, RFC 8200 4); what to do there is the business of selector.c
 * and datagram_*.c.
 */
#ifndef ESPY_IPSEC_CHAIN_H
#define ESPY_IPSEC_CHAIN_H

#include "ipsec/addr.h"

/* A place in the chain: a protocol number, where its octets begin, and the octet that announces it. */
struct chain_place {
	uint8_t protocol;
	size_t at, announced_at;
};

struct chain {
	struct bytes whole; /* the datagram cut at its own length */
	uint8_t family;
	struct addr src, dst; /* as in the IP header */
	struct addr final;    /* dst, or the end of a source route not yet travelled */
	uint8_t dscp, ecn;
	bool df;                  /* IPv4 only */
	bool fragment;            /* offset or MF set; a fragment header with neither is none */
	bool later_fragment;      /* offset set: no upper header inside */
	bool truncated;           /* claims more octets than are there */
	bool malformed;           /* an option or extension header is; upper is where the walk ended */
	struct chain_place front; /* where transport mode puts AH and ESP, RFC 4302 3.1.1, RFC 4303 3.1.1 */
	struct chain_place upper; /* behind all extension headers */
};

/* False (c zeroed) without a readable IP header of version 4 or 6. */
bool chain_of(struct bytes datagram, struct chain *c);

/* The end of an IPv4 source route with hops left; family 0: there is none. *malformed: an option is. */
struct addr chain_route4(struct bytes options, bool *malformed);

/*
 * How many octets of a payload its own length fields account for (IP and UDP, behind destination options
 * too); the rest is TFC padding, RFC 4303 2.7. payload.n where nothing says.
 */
size_t chain_payload_n(uint8_t protocol, struct bytes payload);

/*
 * Writes length, protocol and checksum again of the datagram that begins at out[at] and is, or will be, n
 * octets long. announced_at is relative to at.
 */
void chain_rewrite(struct wr *out, size_t at, size_t n, uint8_t family, size_t announced_at, uint8_t protocol);

/* The same for the checksum of an IPv4 header alone. */
void chain_checksum4(struct wr *out, size_t at);

#endif
