/* Selectors, RFC 4301 4.4.1.1, and the flow of a datagram that they are matched against. */
#ifndef ESPY_IPSEC_SELECTOR_H
#define ESPY_IPSEC_SELECTOR_H

#include "ipsec/addr.h"

#define SELECTOR_ANY 0x10000 /* protocol, port: beside all that 16 bits can say, 65535 being a port */

struct flow {
	struct addr src, dst;  /* dst: the final destination where a routing header is */
	uint8_t protocol;      /* behind extension headers */
	bool has_ports;        /* false: a non-first fragment, or too short to have any (OPAQUE) */
	uint16_t sport, dport; /* ICMP: type and code */
	bool fragment;         /* offset or MF set */
};

struct selector {
	struct addr src, dst;
	uint8_t src_bits, dst_bits; /* prefix lengths */
	uint32_t protocol;          /* SELECTOR_ANY or a number */
	uint32_t sport, dport;      /* SELECTOR_ANY or exact; ICMP: type in sport, code in dport */
};

/* False (flow zeroed) for a datagram without a readable IP header. */
bool flow_of(struct bytes datagram, struct flow *f);
bool selector_match(const struct selector *s, const struct flow *f);
bool selector_equal(const struct selector *a, const struct selector *b);

#endif
