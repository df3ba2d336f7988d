/*
 * Reassembly of both families, RFC 791 3.2, RFC 8200 4.5: before AH and ESP (RFC 4301 5.2) and
 * before delivery. A fixed number of datagrams at a time, the oldest gives way. Fragments that
 * overlap end their datagram (RFC 8200 4.5; held for IPv4 too, RFC 1858's attack being the same);
 * exact duplicates are let pass. Fragments that came by an SA only join others that came by the
 * same SAs.
 */
#ifndef ESPY_HOST_REASSEMBLY_H
#define ESPY_HOST_REASSEMBLY_H

#include "host/ip.h"
#include "ipsec/sa.h"

#define REASSEMBLY_SLOTS 16
#define REASSEMBLY_FRONT 1024 /* octets of header in front of the fragment */
#define REASSEMBLY_SECONDS 60 /* RFC 8200 4.5; RFC 1122 3.3.2 says 60 to 120 */
#define REASSEMBLY_UNITS 8192 /* of 8 octets */

#define SECPATH_MAX 8

/* SAs by which a datagram came, in the order in which they were taken off. */
struct secpath {
	unsigned n;
	struct sa *sa[SECPATH_MAX];
	uint32_t spi[SECPATH_MAX];
};

bool secpath_equal(const struct secpath *a, const struct secpath *b);

/* A fragment: where it belongs and what it brings. */
struct fragment {
	const struct ip *ip;
	struct secpath path;
	uint32_t id;
	uint8_t protocol; /* of what the whole datagram carries */
	uint32_t offset;  /* octets */
	bool more;
	struct bytes front; /* headers in front of the data, as they came, the fragment header among them */
	size_t own;         /* octets at the end of front that go: the fragment header, or none */
	size_t next_at;     /* in front: the octet that must name `protocol` */
	struct bytes data;
	unsigned link;
	bool sided; /* those of another link are of another datagram: "special care", RFC 4303 3.1.1 */
	uint64_t now;
};

struct units {
	uint64_t word[REASSEMBLY_UNITS / 64];
};

struct slot {
	bool used, dead; /* dead: fragments of it are still swallowed */
	uint8_t family, protocol;
	struct addr src, dst;
	uint32_t id;
	struct secpath path;
	unsigned link;
	uint64_t until;
	uint64_t born; /* order of arrival */
	bool has_first, has_last;
	size_t total;             /* octets of the fragmentable part, once the last has come */
	size_t units_have, reach; /* highest octet seen */
	uint8_t ecn_seen;         /* bit per code point, RFC 3168 5.3 */
	size_t front_n, own, next_at;
	struct units have, starts, ends;
	uint8_t front[REASSEMBLY_FRONT];
	/* The front is put right before the data, so a whole datagram is contiguous. */
	uint8_t octets[REASSEMBLY_FRONT + REASSEMBLY_UNITS * 8];
};

struct reassembly {
	uint64_t births;
	struct secpath expired; /* how the datagram of the last reassembly_expire came; its SAs may be gone */
	struct slot slot[REASSEMBLY_SLOTS];
};

enum reassembly_result {
	REASSEMBLY_WAIT,     /* kept, or a duplicate */
	REASSEMBLY_WHOLE,    /* *whole is the datagram, until the next call */
	REASSEMBLY_LOST,     /* overlapping or contradictory: everything of it is dropped */
	REASSEMBLY_LENGTH,   /* not a multiple of 8 and not the last */
	REASSEMBLY_TOO_LONG, /* beyond 65,535 octets */
};

/* f borrows from anywhere but the slots: a whole datagram that still lies in one is not to be read again from there. */
enum reassembly_result reassembly_add(struct reassembly *a, const struct fragment *f, struct bytes *whole);

/*
 * Takes a datagram whose time is over. False: there is none. *first: its first fragment as it came,
 * until the next call; empty if that is missing (no ICMP then).
 */
bool reassembly_expire(struct reassembly *a, uint64_t now, unsigned *link, struct bytes *first);

#endif
