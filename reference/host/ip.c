#include "host/ip.h"

#include "wire/checksum.h"

/*
 *   |Version|  IHL  |Type of Service|          Total Length         |
 *   |         Identification        |Flags|      Fragment Offset    |
 *   |  Time to Live |    Protocol   |         Header Checksum       |
 *   |                       Source Address                          |
 *   |                    Destination Address                        |      RFC 791 3.1
 */
static bool
parse4(struct bytes octets, struct ip *ip)
{
	struct rd r = rd_of(octets);
	ip->header = (rd_uint(&r, 1) & 15) * 4u;
	ip->tos = (uint8_t)rd_uint(&r, 1);
	size_t total = (size_t)rd_uint(&r, 2);
	ip->id = (uint16_t)rd_uint(&r, 2);
	uint16_t frag = (uint16_t)rd_uint(&r, 2);
	ip->ttl = (uint8_t)rd_uint(&r, 1);
	ip->protocol = (uint8_t)rd_uint(&r, 1);
	rd_skip(&r, 2);
	ip->src = addr_of(rd_take(&r, 4));
	ip->dst = addr_of(rd_take(&r, 4));
	if (r.bad || ip->header < IP4_HEADER || total < ip->header || total > octets.n)
		return false;
	ip->df = (frag >> 14 & 1) != 0;
	ip->mf = (frag >> 13 & 1) != 0;
	ip->offset = (frag & 0x1fffu) * 8;
	ip->all = bytes_slice(octets, 0, total);
	return checksum_finish(checksum_add(0, bytes_slice(octets, 0, ip->header))) == 0;
}

/*
 *   |Version| Traffic Class |           Flow Label                  |
 *   |         Payload Length        |  Next Header  |   Hop Limit   |
 *   |                        Source Address                         |
 *   |                      Destination Address                      |      RFC 8200 3
 */
static bool
parse6(struct bytes octets, struct ip *ip)
{
	struct rd r = rd_of(octets);
	ip->tos = (uint8_t)(rd_uint(&r, 4) >> 20);
	size_t payload = (size_t)rd_uint(&r, 2);
	ip->protocol = (uint8_t)rd_uint(&r, 1);
	ip->ttl = (uint8_t)rd_uint(&r, 1);
	ip->src = addr_of(rd_take(&r, 16));
	ip->dst = addr_of(rd_take(&r, 16));
	if (r.bad || payload > rd_left(&r))
		return false;
	ip->header = IP6_HEADER;
	ip->id = 0;
	ip->df = ip->mf = false;
	ip->offset = 0;
	ip->all = bytes_slice(octets, 0, IP6_HEADER + payload);
	return true;
}

bool
ip_parse(struct bytes octets, struct ip *ip)
{
	struct rd r = rd_of(octets);
	ip->family = rd_peek(&r, 0) >> 4;
	return ip->family == 4 ? parse4(octets, ip) : ip->family == 6 && parse6(octets, ip);
}

void
ip_begin(struct wr *w, const struct ip_head *head)
{
	if (head->src->family == 4) {
		wr_uint(w, 0x45, 1);
		wr_uint(w, head->tos, 1);
		wr_uint(w, 0, 2);
		wr_uint(w, head->id, 2);
		wr_uint(w, 0, 2);
		wr_uint(w, head->ttl, 1);
		wr_uint(w, head->protocol, 1);
		wr_uint(w, 0, 2);
	} else {
		wr_uint(w, 6u << 28 | (uint32_t)head->tos << 20, 4);
		wr_uint(w, 0, 2);
		wr_uint(w, head->protocol, 1);
		wr_uint(w, head->ttl, 1);
	}
	wr_bytes(w, addr_bytes(head->src));
	wr_bytes(w, addr_bytes(head->dst));
}

bool
ip_finish(struct wr *w)
{
	struct rd r = rd_of(wr_done(w));
	size_t header = rd_peek(&r, 0) >> 4 == 4 ? (rd_peek(&r, 0) & 15) * 4u : 0;
	size_t length = header != 0 ? w->n : w->n - IP6_HEADER;
	if (w->full || w->n < IP4_HEADER || length > UINT16_MAX)
		return false;
	if (header == 0)
		return wr_patch(w, 4, length, 2);
	return wr_patch(w, 2, length, 2) && wr_patch(w, 10, 0, 2) &&
	       wr_patch(w, 10, checksum_finish(checksum_add(0, bytes_slice(wr_done(w), 0, header))), 2);
}

void
ip_put_checksum(struct wr *w, const struct addr *src, const struct addr *dst, uint8_t protocol, size_t at, size_t field,
		bool never_zero)
{
	struct bytes segment = bytes_slice(wr_done(w), at, w->n - at);
	/* ICMP for IPv4 is the one without a pseudo-header. */
	uint16_t sum = protocol == 1 ? checksum_finish(checksum_add(0, segment))
				     : checksum_upper(addr_bytes(src), addr_bytes(dst), protocol, segment);
	wr_patch(w, field, sum == 0 && never_zero ? 0xffff : sum, 2);
}

uint16_t
ip_sum_upper(const struct ip *ip, uint8_t protocol, struct bytes segment)
{
	if (protocol == 1)
		return checksum_finish(checksum_add(0, segment));
	return checksum_upper(addr_bytes(&ip->src), addr_bytes(&ip->dst), protocol, segment);
}
