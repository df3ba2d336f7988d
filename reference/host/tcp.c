/*
 * TCP on which no port is open: every segment is answered with a reset, RFC 9293 3.10.7.1. That is enough for policies to be
 * tried on, and what a host says that has nothing to offer.
 */
#include "host/parts.h"

enum { TCP_HEADER = 20, FIN = 0x01, SYN = 0x02, RST = 0x04, ACK = 0x10 };

static void
reset(struct host *h, const struct arrival *a, const struct ip *ip, struct bytes segment)
{
	struct rd r = rd_of(segment);
	uint64_t sport = rd_uint(&r, 2), dport = rd_uint(&r, 2), seq = rd_uint(&r, 4), ack = rd_uint(&r, 4);
	size_t header = (size_t)(rd_uint(&r, 1) >> 4) * 4;
	uint64_t flags = rd_uint(&r, 1);
	if (r.bad || header < TCP_HEADER || header > segment.n || (flags & RST))
		return;
	uint64_t length = segment.n - header + !!(flags & SYN) + !!(flags & FIN);
	struct wr w = wr_of(h->said, sizeof h->said);
	ip_begin(&w,
		 &(struct ip_head){
			 .src = &ip->dst, .dst = &ip->src, .protocol = IPPROTO_TCP_, .ttl = IP_TTL, .id = h->ident++ });
	size_t at = w.n;
	wr_uint(&w, dport, 2);
	wr_uint(&w, sport, 2);
	wr_uint(&w, flags & ACK ? ack : 0, 4);
	wr_uint(&w, flags & ACK ? 0 : (seq + length) & UINT32_MAX, 4);
	wr_uint(&w, TCP_HEADER / 4 << 4, 1);
	wr_uint(&w, flags & ACK ? RST : RST | ACK, 1);
	wr_fill(&w, 0, 6);
	if (!ip_finish(&w))
		return;
	ip_put_checksum(&w, &ip->dst, &ip->src, IPPROTO_TCP_, at, at + 16, false);
	(void)output_datagram(h, wr_done(&w), false, a->now, NULL);
}

void
tcp_input(struct host *h, const struct arrival *a, const struct ip *ip, struct bytes segment)
{
	/* RFC 1122 4.2.3.10: TCP is between two, and what cannot be a peer gets no answer. */
	if (a->group || addr_is_multicast(&ip->dst) || host_is_broadcast(h, &ip->dst) || addr_is_any(&ip->src))
		return;
	if (ip_sum_upper(ip, IPPROTO_TCP_, segment) != 0)
		host_count(h, EV_CHECKSUM);
	else
		reset(h, a, ip, segment);
}
