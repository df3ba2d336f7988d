/*
 * Self-encapsulation, ipsec(4P): ESP in transport mode would leave the options of an IPv4 header open, so the datagram goes inside another
 * one between the same two addresses, and the whole of it is the payload. The other end takes that off again.
 */
#include "host/parts.h"

bool
self_encap_wanted(const struct host *h, const struct spd_entry *p, const struct ip *ip)
{
	return h->set.rules.options_encapsulated && p != NULL && p->action == SPD_PROTECT && p->n > 0 &&
	       p->request[0].protocol == IPPROTO_ESP_ && p->request[0].mode != MODE_TUNNEL && ip->family == 4 &&
	       ip->header > IP4_HEADER;
}

bool
self_encap(struct host *h, struct ip *ip)
{
	struct wr w = wr_of(h->wrapped, sizeof h->wrapped);
	struct addr src = ip->src, dst = ip->dst;
	ip_begin(&w, &(struct ip_head){ .src = &src,
					.dst = &dst,
					.protocol = IPPROTO_IP4,
					.tos = ip->tos,
					.ttl = IP_TTL,
					.id = h->ident++ });
	if (ip->df)
		wr_patch(&w, 6, 0x4000, 2);
	wr_bytes(&w, ip->all);
	return ip_finish(&w) && ip_parse(wr_done(&w), ip);
}

bool
self_encap_strip(const struct host *h, const struct arrival *a, const struct ip *ip, struct bytes *octets)
{
	struct ip inner;
	struct bytes inside = bytes_slice(ip->all, ip->header, SIZE_MAX);
	if (!h->set.rules.options_encapsulated || a->path.n == 0 ||
	    a->path.sa[a->path.n - 1]->spec.mode == MODE_TUNNEL || ip->family != 4 || ip->protocol != IPPROTO_IP4 ||
	    !ip_parse(inside, &inner) || !addr_equal(&inner.src, &ip->src) || !addr_equal(&inner.dst, &ip->dst))
		return false;
	*octets = inside;
	return true;
}
