/*
 * ARP (RFC 826, RFC 5227) and Neighbor Discovery (RFC 4861), the answering half: whoever asks for
 * one of the link's addresses is told its MAC. The host asks nobody; a neighbour is whoever spoke
 * last (input.c).
 */
#include "host/parts.h"

enum { ND_FIRST = 133, ND_SOLICIT = 135, ND_ADVERT = 136, ND_LAST = 137, ND_HOPS = 255 };
enum { NA_SOLICITED = 0x40000000, NA_OVERRIDE = 0x20000000, NA_ROUTER = (int)0x80000000 };
enum { OPT_TARGET_MAC = 2 };

static bool
link_has(const struct host *h, unsigned link, const struct addr *a)
{
	for (unsigned i = 0; i < h->setup.link[link].n; i++)
		if (addr_equal(&h->setup.link[link].addr[i], a))
			return true;
	return false;
}

void
neigh_arp(struct host *h, unsigned link, struct bytes packet)
{
	struct rd r = rd_of(packet);
	uint64_t kind = rd_uint(&r, 8); /* Ethernet, IPv4, 6, 4, request */
	struct bytes sha = rd_take(&r, 6), spa = rd_take(&r, 4);
	rd_skip(&r, 6);
	struct bytes tpa = rd_take(&r, 4);
	struct addr target = addr_of(tpa), sender = addr_of(spa);
	if (r.bad || kind != 0x0001080006040001 || !link_has(h, link, &target))
		return;
	struct wr w = frame_begin(h, link, ETHER_ARP, &sender);
	wr_uint(&w, 0x0001080006040002, 8);
	wr_bytes(&w, BYTES_OF(h->setup.link[link].mac));
	wr_bytes(&w, tpa);
	wr_bytes(&w, sha);
	wr_bytes(&w, spa);
	frame_send(h, link, &w);
}

/* RFC 4861 7.2.4: solicited unless nobody in particular asked (duplicate address detection). */
static void
advertise(struct host *h, unsigned link, const struct addr *target, const struct addr *asker)
{
	static const struct addr all_nodes = { 6, { 0xff, 2, [15] = 1 } };
	bool nobody = addr_is_any(asker);
	const struct addr *to = nobody ? &all_nodes : asker;
	struct wr w = frame_begin(h, link, ETHER_IP6, to);
	struct wr d = wr_of(h->said, sizeof h->said);
	ip_begin(&d, &(struct ip_head){ .src = target, .dst = to, .protocol = IPPROTO_ICMP6, .ttl = ND_HOPS });
	wr_uint(&d, ND_ADVERT << 8, 2);
	wr_uint(&d, 0, 2);
	wr_uint(&d, (h->set.forward != 0 ? (uint32_t)NA_ROUTER : 0) | NA_OVERRIDE | (nobody ? 0 : NA_SOLICITED), 4);
	wr_bytes(&d, addr_bytes(target));
	wr_uint(&d, OPT_TARGET_MAC << 8 | 1, 2);
	wr_bytes(&d, BYTES_OF(h->setup.link[link].mac));
	if (!ip_finish(&d))
		return;
	ip_put_checksum(&d, target, to, IPPROTO_ICMP6, IP6_HEADER, IP6_HEADER + 2, false);
	wr_bytes(&w, wr_done(&d));
	frame_send(h, link, &w);
}

/*
 * A datagram that came by an SA or from behind a router is no Neighbor Discovery (RFC 4861 7.1.1:
 * hop limit 255).
 */
bool
neigh_discovery(struct host *h, const struct arrival *a, const struct ip *ip, struct bytes message)
{
	struct rd r = rd_of(message);
	uint8_t type = (uint8_t)rd_uint(&r, 1), code = (uint8_t)rd_uint(&r, 1);
	if (r.bad || type < ND_FIRST || type > ND_LAST)
		return false;
	rd_skip(&r, 6);
	struct addr target = addr_of(rd_take(&r, 16));
	if (type == ND_SOLICIT && code == 0 && !r.bad && ip->ttl == ND_HOPS && a->path.n == 0 &&
	    ip_sum_upper(ip, IPPROTO_ICMP6, message) == 0 && link_has(h, a->link, &target))
		advertise(h, a->link, &target, &ip->src);
	return true;
}

/* ff02::1:ffxx:xxxx of one of our addresses (RFC 4291 2.7.1), and all nodes. */
bool
neigh_is_our_group(const struct host *h, const struct addr *a)
{
	static const struct addr all_nodes = { 6, { 0xff, 2, [15] = 1 } };
	static const struct addr solicited = { 6, { 0xff, 2, [11] = 1, [12] = 0xff } };
	if (addr_equal(a, &all_nodes))
		return true;
	if (!addr_in_prefix(a, &solicited, 104))
		return false;
	for (unsigned l = 0; l < h->setup.links; l++)
		for (unsigned i = 0; i < h->setup.link[l].n; i++)
			if (bytes_equal(bytes_slice(addr_bytes(&h->setup.link[l].addr[i]), 13, 3),
					bytes_slice(addr_bytes(a), 13, 3)))
				return true;
	return false;
}
