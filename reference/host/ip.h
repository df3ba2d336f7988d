/*
 * The IP header as a host sees it: read once into a plain struct, and written for what the host
 * itself says. It knows nothing of what follows the header.
 */
#ifndef ESPY_HOST_IP_H
#define ESPY_HOST_IP_H

#include "ipsec/addr.h"

#define IP4_HEADER 20
#define IP6_HEADER 40
#define IP_TTL 64

struct ip {
	struct bytes all; /* the datagram, cut at the length that it says */
	uint8_t family;
	uint8_t tos; /* DSCP and ECN */
	uint8_t ttl;
	uint8_t protocol; /* IPv6: of the header behind the first */
	size_t header;    /* octets, options included */
	struct addr src, dst;
	uint16_t id; /* IPv4 */
	bool df, mf;
	uint32_t offset; /* octets */
};

/*
 * False for a header that must be dropped in silence: version, lengths, checksum (RFC 1122 3.2.1,
 * RFC 1812 5.2.2).
 */
bool ip_parse(struct bytes octets, struct ip *ip);

static inline bool
ip_is_fragment(const struct ip *ip)
{
	return ip->mf || ip->offset != 0;
}

/*
 * Appends a header; the datagram that starts at the writer's beginning gets its length by
 * ip_finish.
 */
struct ip_head {
	const struct addr *src, *dst;
	uint8_t protocol, tos, ttl;
	uint16_t id;
};
void ip_begin(struct wr *w, const struct ip_head *head);
/* Length, and IPv4's checksum. False if the datagram is longer than IP allows or did not fit. */
bool ip_finish(struct wr *w);

/*
 * Checksum with the pseudo-header over w from `at` on; written at `field`. A zero is sent as 0xffff
 * if `never_zero`.
 */
void ip_put_checksum(struct wr *w, const struct addr *src, const struct addr *dst, uint8_t protocol, size_t at,
		     size_t field, bool never_zero);
/* 0 when the sum over the pseudo-header and segment is right. */
uint16_t ip_sum_upper(const struct ip *ip, uint8_t protocol, struct bytes segment);

#endif
