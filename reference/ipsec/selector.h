/*
 * Selectors, RFC 4301 4.4.1.1, and the flow of a datagram that they are matched against. One struct selector is one selector set with
 * one range of each kind; a list of ranges is as many entries. Whoever fills in only prefixes and single ports leaves the rest zero.
 */
#ifndef ESPY_IPSEC_SELECTOR_H
#define ESPY_IPSEC_SELECTOR_H

#include "ipsec/addr.h"

#define SELECTOR_ANY 0x10000    /* protocol, port: beside all that 16 bits can say, 65535 being a port */
#define SELECTOR_OPAQUE 0x10001 /* the field is not there or not to be read; sport says it for ICMP's type and code */
#define SELECTOR_NAME_MAX 64    /* with its NUL */

struct flow {
	struct addr src, dst;  /* dst: the final destination where a routing header is */
	uint8_t protocol;      /* behind extension headers */
	bool protocol_hidden;  /* a later fragment of IPv6 announces an extension header: OPAQUE */
	bool has_ports;        /* false: a non-first fragment, or too short to have any (OPAQUE) */
	uint16_t sport, dport; /* ICMP: type and code; Mobility Header: type and 0 */
	bool fragment;         /* offset or MF set */
	const char *name;      /* whose traffic it is, where somebody said so (a socket's user); NULL otherwise */
};

struct selector {
	struct addr src, dst;
	uint8_t src_bits, dst_bits; /* prefix lengths */
	uint32_t protocol;          /* SELECTOR_ANY, SELECTOR_OPAQUE or a number */
	uint32_t sport, dport;      /* SELECTOR_ANY, SELECTOR_OPAQUE or exact; ICMP: type in sport, code in dport */
	/* Ranges, both ends included: family 0, and a last port not behind the first, are none. */
	struct addr src_last, dst_last;
	uint32_t sport_last, dport_last;
	char name[SELECTOR_NAME_MAX]; /* equal to the flow's; empty: whoever it is */
};

/* Populate from packet, RFC 4301 4.4.1.2: bits of an SPD entry. Type and code of ICMP go together, under either bit. */
enum selector_pfp { PFP_SRC = 1, PFP_DST = 2, PFP_PROTOCOL = 4, PFP_SPORT = 8, PFP_DPORT = 16, PFP_ALL = 31 };

/* False (flow zeroed) for a datagram without a readable IP header. */
bool flow_of(struct bytes datagram, struct flow *f);
/* Whether a protocol has two ports, or type and code, or a type, that a selector can name. */
bool selector_has_ports(uint32_t protocol);
bool selector_match(const struct selector *s, const struct flow *f);
bool selector_equal(const struct selector *a, const struct selector *b);
/* The first and last address of the source or destination; family 0 for a wildcard. */
void selector_src(const struct selector *s, struct addr *first, struct addr *last);
void selector_dst(const struct selector *s, struct addr *first, struct addr *last);
/* Type and code as one number of 16 bits from low to high, RFC 4301 4.4.1.1; false where no type of ICMP is given. A code of any type
 * is our own addition, and matched like a port. */
bool selector_icmp(const struct selector *s, uint32_t *low, uint32_t *high);
/* What a PF_KEY without ranges, OPAQUE and names can say: prefixes and single ports. *why names what it cannot. */
bool selector_is_plain(const struct selector *s, const char **why);
/*
 * The selectors of an SA made for a flow that matches an entry's, RFC 4301 4.4.2.2: the packet's where a flag is set, the entry's where
 * not. False where the packet does not have what a flag asks for: it is discarded.
 */
bool selector_narrow(const struct selector *entry, uint8_t pfp, const struct flow *f, struct selector *sa);
/* ERR_RANGE for what no flow could mean: ends of two families, a last before a first, a flag beside OPAQUE (RFC 4301 4.4.2.2). */
bool selector_check(const struct selector *s, uint8_t pfp, struct err *e) MUST_USE;

#endif
