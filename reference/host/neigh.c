/*
 * ARP (RFC 826, RFC 5227) and Neighbor Discovery (RFC 4861) as they come in: whoever asks for one of the link's addresses is told its
 * MAC, and what others say of theirs goes to the table (neighbours.h). Without that a neighbour is whoever spoke last (input.c).
 */
#include "host/parts.h"

enum { ND_FIRST = 133, ND_SOLICIT = 135, ND_ADVERT = 136, ND_LAST = 137, ND_HOPS = 255 };
enum { NA_SOLICITED = 0x40000000, NA_OVERRIDE = 0x20000000, NA_ROUTER = (int)0x80000000 };
enum { OPT_SOURCE_MAC = 1, OPT_TARGET_MAC = 2 };
enum { ARP_REQUEST = 1, ARP_REPLY = 2 };

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
	uint64_t kind = rd_uint(&r, 6), op = rd_uint(&r, 2); /* Ethernet, IPv4, 6, 4 */
	struct bytes sha = rd_take(&r, 6), spa = rd_take(&r, 4);
	rd_skip(&r, 6);
	struct bytes tpa = rd_take(&r, 4);
	struct addr target = addr_of(tpa), sender = addr_of(spa);
	bool ours = link_has(h, link, &target);
	if (r.bad || kind != 0x000108000604 || (op != ARP_REQUEST && op != ARP_REPLY))
		return;
	neighbour_heard(h, link, &sender, sha, ours && op == ARP_REQUEST ? NEWS_ASKS : NEWS_ANSWERS);
	if (op != ARP_REQUEST || !ours)
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

static void
announce4(struct host *h, unsigned link, const struct addr *a)
{
	static const struct addr everybody = { 4, { 255, 255, 255, 255 } };
	struct wr w = frame_begin(h, link, ETHER_ARP, &everybody);
	wr_uint(&w, 0x0001080006040000 | ARP_REQUEST, 8);
	wr_bytes(&w, BYTES_OF(h->setup.link[link].mac));
	wr_bytes(&w, addr_bytes(a));
	wr_fill(&w, 0, 6);
	wr_bytes(&w, addr_bytes(a));
	frame_send(h, link, &w);
}

void
host_announce(struct host *h)
{
	static const struct addr nobody = { .family = 6 };
	if (h->setup.bump) /* nobody is to notice it */
		return;
	for (unsigned l = 0; l < h->setup.links; l++)
		for (unsigned i = 0; i < h->setup.link[l].n; i++) {
			const struct addr *a = &h->setup.link[l].addr[i];
			if (a->family == 4)
				announce4(h, l, a);
			else
				advertise(h, l, a, &nobody);
		}
}

/* The link-layer address in the options (RFC 4861 4.6.1); nothing where there is none. */
static struct bytes
option_mac(struct bytes options, uint8_t type)
{
	struct rd r = rd_of(options);
	while (rd_left(&r) >= 8 && rd_peek(&r, 1) > 0) {
		size_t n = 8u * rd_peek(&r, 1);
		if (rd_peek(&r, 0) == type && n == 8)
			return bytes_slice(options, r.at + 2, 6);
		rd_skip(&r, n);
	}
	return BYTES_NONE;
}

/* RFC 4861 7.2.3, 7.2.5. */
static void
learn(struct host *h, unsigned link, uint8_t type, uint32_t flags, const struct addr *src, const struct addr *target,
      struct bytes options)
{
	bool override = (flags & NA_OVERRIDE) != 0;
	if (type == ND_SOLICIT)
		neighbour_heard(h, link, src, option_mac(options, OPT_SOURCE_MAC), NEWS_ASKS);
	else if (type == ND_ADVERT)
		neighbour_heard(h, link, target, option_mac(options, OPT_TARGET_MAC),
				override ? NEWS_ANSWERS : NEWS_KEEPS);
}

/*
 * A datagram that came by an SA or from behind a router is no Neighbor Discovery (RFC 4861 7.1.1, 7.1.2:
 * hop limit 255).
 */
bool
neigh_discovery(struct host *h, const struct arrival *a, const struct ip *ip, struct bytes message)
{
	struct rd r = rd_of(message);
	uint8_t type = (uint8_t)rd_uint(&r, 1), code = (uint8_t)rd_uint(&r, 1);
	if (r.bad || type < ND_FIRST || type > ND_LAST)
		return false;
	rd_skip(&r, 2);
	uint32_t flags = (uint32_t)rd_uint(&r, 4);
	struct addr target = addr_of(rd_take(&r, 16));
	if (code != 0 || r.bad || ip->ttl != ND_HOPS || a->path.n != 0 || ip_sum_upper(ip, IPPROTO_ICMP6, message) != 0)
		return true;
	bool asked = type == ND_SOLICIT && link_has(h, a->link, &target);
	if (asked || type == ND_ADVERT)
		learn(h, a->link, type, flags, &ip->src, &target, rd_rest(&r));
	if (asked)
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
