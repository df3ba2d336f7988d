/*
 * A datagram on its way out, with the SAs that it will pass, and what room there is for it. output.c decides, fit.c measures.
 */
#ifndef ESPY_HOST_LEAVING_H
#define ESPY_HOST_LEAVING_H

#include "host/parts.h"

struct leaving {
	struct bytes datagram;         /* as far as it has come */
	const struct spd_entry *entry; /* NULL: the default */
	struct addr src, dst;          /* of its outermost header */
	uint8_t family;                /* of the same */
	bool transit;                  /* its source is elsewhere */
	struct flow flow;              /* of what leaves, as its entry saw it */
	bool undecided;                /* a fragment whose entry depends on ports that nobody knows, RFC 4301 7 */
	bool by_quote;                 /* an ICMP error that goes by the entry of what it is about, RFC 4301 6.2 */
	bool tunnelled;
	uint64_t now;
	struct tunnel_rules tunnel; /* the host's, or what this datagram needs */
	unsigned layers;            /* SAs, innermost first */
	struct leaving_layer {
		struct sa *sa;
		struct datagram_growth growth;
		uint32_t pmtu; /* of its path, RFC 4301 4.4.2.1 */
	} layer[SPD_REQUESTS];
	uint32_t room;       /* for the outermost datagram */
	uint32_t inner_room; /* for the innermost one: the path behind the tunnel */
};

/* Adds an SA. ACCEPT, or why it will not have the datagram. */
enum verdict leaving_by(struct leaving *l, struct sa *sa);

/* Whether a datagram of n octets in front of all SAs would fit everywhere. */
bool leaving_fits(const struct leaving *l, size_t n);
/* The longest that does, RFC 4301 8.2.1. */
uint32_t leaving_largest(const struct leaving *l);

/* What becomes of one that does not. */
enum leaving_cut {
	CUT_NEVER,  /* its sender is told */
	CUT_BEFORE, /* in front of the SAs: each fragment is protected (RFC 4301 8.2.1, plaintext side) */
	CUT_AFTER,  /* behind them: the peer reassembles first */
};
enum leaving_cut leaving_cut(const struct host *h, const struct leaving *l, const struct ip *ip);

#endif
