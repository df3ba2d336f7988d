/*
 * Path MTUs that routers reported: RFC 1191, RFC 8201, and RFC 4301 8.2 for what passes SAs. Of plain traffic by destination, of an SA in
 * the SA itself (RFC 4301 4.4.2.1), so that it goes with it. Both are forgotten after a while (8.2.2).
 */
#ifndef ESPY_HOST_PMTU_H
#define ESPY_HOST_PMTU_H

#include "ipsec/sa.h"

#define PMTU_PATHS 64 /* the oldest gives way */
#define PMTU_NONE UINT32_MAX

struct pmtu_path {
	struct addr dst;
	uint32_t mtu;
	uint64_t until; /* in seconds */
};

struct pmtu_cache {
	struct pmtu_path path[PMTU_PATHS];
	unsigned next;
};

struct pmtu_rules {
	uint32_t
		least; /* IPv4: no report, which anybody can forge, takes an MTU lower (RFC 4301 6.1.1; 68 by RFC 1191 3) */
	uint32_t age; /* seconds until a report is forgotten, RFC 1191 6.3; 0: never */
	bool told; /* a sender is told of its DF datagram that a tunnel makes too big, whatever the outer DF (RFC 4301 8.2.1) */
	bool before; /* what may be cut is cut in front of its SAs, not behind */
};
/* RFC 1191 6.3: on the order of 10 minutes. 552: with an IP header of 20 octets what 576 octets (RFC 1122 3.3.3) are to TCP, as on Linux. */
#define PMTU_RFC                                                                                                       \
	{                                                                                                              \
		.least = 552, .age = 600, .told = true                                                                 \
	}

/* PMTU_NONE: nothing was reported, or it is forgotten. */
uint32_t pmtu_of_path(const struct pmtu_cache *c, const struct addr *dst, uint64_t now);
uint32_t pmtu_of_sa(const struct sa *sa, uint64_t now);

/* A report: it never raises an MTU (RFC 8201 4), and what is below the family's least is raised to it (IPv4) or ignored (IPv6, RFC 8201
 * 4). True when it is smaller than what was known before. */
bool pmtu_report_path(struct pmtu_cache *c, const struct pmtu_rules *r, const struct addr *dst, uint32_t mtu,
		      uint64_t now);
bool pmtu_report_sa(struct sa *sa, const struct pmtu_rules *r, uint32_t mtu, uint64_t now);

/* A router that reports no MTU: the next plateau below what was too big, RFC 1191 5 and 7.1. */
uint32_t pmtu_guess(uint32_t total);

#endif
