/* Frames in, and which of them are for us. */
#include "host/parts.h"

static bool
is_group(struct bytes mac)
{
	struct rd r = rd_of(mac);
	return rd_peek(&r, 0) & 1;
}

/* RFC 1122 3.2.1.3, RFC 4291 2.7 and 2.5.3: what can be no source of a datagram from elsewhere. */
static bool
source_is_possible(const struct host *h, const struct ip *ip)
{
	static const struct addr loopback4 = { 4, { 127 } }, loopback6 = { 6, { [15] = 1 } };
	return !addr_is_multicast(&ip->src) && !host_is_broadcast(h, &ip->src) &&
	       !addr_in_prefix(&ip->src, &loopback4, 8) && !addr_equal(&ip->src, &loopback6);
}

static bool
is_for_us(const struct host *h, const struct ip *ip)
{
	static const struct addr all_hosts = { 4, { 224, [3] = 1 } }; /* RFC 1112 4: every host is a member */
	return host_is_local(h, &ip->dst) || host_is_broadcast(h, &ip->dst) || addr_equal(&ip->dst, &all_hosts);
}

void
input_datagram(struct host *h, struct arrival *a, struct bytes octets)
{
	struct ip ip;
	do {
		if (!ip_parse(octets, &ip) || !source_is_possible(h, &ip)) {
			host_drop(h, DROP_HEADER);
			return;
		}
		if (!is_for_us(h, &ip)) {
			forward_datagram(h, a, &ip);
			return;
		}
	} while (local_step(h, a, &ip, &octets));
}

static void
learn(struct host *h, unsigned link, struct bytes mac)
{
	struct wr w = wr_of(h->peer[link].mac, 6);
	if (is_group(mac))
		return;
	wr_bytes(&w, mac);
	h->peer[link].known = true;
}

void
host_input(struct host *h, unsigned link, struct bytes frame, uint64_t now)
{
	if (h->setup.bump) {
		h->neigh.now = now;
		bump_input(h, link, frame, now);
		host_settle(h, now);
		return;
	}
	struct rd r = rd_of(frame);
	struct bytes dst = rd_take(&r, 6), src = rd_take(&r, 6);
	uint16_t type = (uint16_t)rd_uint(&r, 2);
	struct bytes rest = rd_rest(&r);
	host_count(h, EV_FRAMES_IN);
	if (r.bad || link >= h->setup.links ||
	    (!is_group(dst) && !bytes_equal(dst, BYTES_OF(h->setup.link[link].mac)))) {
		host_count(h, EV_FRAME_FOREIGN);
		return;
	}
	learn(h, link, src);
	h->neigh.now = now;
	struct arrival a = { .link = link, .group = is_group(dst), .now = now };
	if (type == ETHER_IP4 || type == ETHER_IP6)
		input_datagram(h, &a, rest);
	else if (type == ETHER_ARP)
		neigh_arp(h, link, rest);
	else
		host_count(h, EV_FRAME_FOREIGN);
	host_settle(h, now);
}
