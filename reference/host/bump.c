#include "host/parts.h"

enum { ND_FIRST = 133, ND_LAST = 137, ND_HOPS = 255 };
enum { LEAST_MTU6 = 1280 }; /* RFC 8200 5 */

/* --- stations --------------------------------------------------------------------------------- */

static const struct bump_station *
station_of(const struct host *h, unsigned side, const struct addr *a)
{
	for (unsigned i = 0; i < BUMP_STATIONS; i++)
		if (addr_equal(&h->bump.station[side][i].addr, a))
			return &h->bump.station[side][i];
	return NULL;
}

bool
bump_protects(const struct host *h, const struct addr *a)
{
	return a->family != 0 && station_of(h, BUMP_INSIDE, a) != NULL;
}

/* The one of this address, else a free one (never heard), else the one heard longest ago. */
static struct bump_station *
place_for(struct host *h, unsigned side, const struct addr *a)
{
	struct bump_station *s = h->bump.station[side], *best = s;
	for (unsigned i = 0; i < BUMP_STATIONS; i++) {
		if (addr_equal(&s[i].addr, a))
			return &s[i];
		if (s[i].heard < best->heard)
			best = &s[i];
	}
	return best;
}

static bool
is_station(const struct addr *a)
{
	static const struct addr zero4 = { 4, { 0 } }, class_e = { 4, { 240 } };
	return !addr_is_any(a) && !addr_is_multicast(a) && !addr_in_prefix(a, &zero4, 8) &&
	       !addr_in_prefix(a, &class_e, 4);
}

/* Whoever is inside is not moved by what the outside says. */
static void
hear(struct host *h, unsigned side, const struct addr *a, struct bytes mac)
{
	if (!is_station(a) || (side == BUMP_OUTSIDE && bump_protects(h, a)))
		return;
	struct bump_station *s = place_for(h, side, a);
	struct wr w = wr_of(s->mac, sizeof s->mac);
	wr_bytes(&w, mac);
	s->addr = *a;
	s->heard = ++h->bump.heard;
}

/* RFC 826: Ethernet, IPv4, 6, 4, any operation; its sender. */
static void
hear_arp(struct host *h, unsigned side, struct bytes packet)
{
	struct rd r = rd_of(packet);
	bool is_arp = rd_uint(&r, 6) == 0x000108000604;
	rd_skip(&r, 2);
	struct bytes mac = rd_take(&r, 6), ip = rd_take(&r, 4);
	struct addr a = addr_of(ip);
	if (!r.bad && is_arp)
		hear(h, side, &a, mac);
}

/* --- frames ----------------------------------------------------------------------------------- */

void
bump_put_macs(const struct host *h, unsigned link, const struct addr *hop, struct wr *w)
{
	static const uint8_t all[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	const struct bump_station *to = station_of(h, link, hop);
	bool stays = h->bump.frame.there && (to == NULL || addr_equal(hop, &h->bump.frame.ip_dst));
	wr_bytes(w, stays ? BYTES_OF(h->bump.frame.dst) : to != NULL ? BYTES_OF(to->mac) : BYTES_OF(all));
	/* Of what no frame brought forth (a keepalive) the bump itself is the sender. */
	wr_bytes(w, h->bump.frame.there ? BYTES_OF(h->bump.frame.src) : BYTES_OF(h->setup.link[link].mac));
}

/* EtherTypes in which IP hides: VLAN tags, PPPoE sessions, MPLS. */
static bool
hides_ip(uint16_t type)
{
	static const uint16_t types[] = { 0x8100, 0x88a8, 0x9100, 0x8864, 0x8847, 0x8848 };
	for (unsigned i = 0; i < sizeof types / sizeof types[0]; i++)
		if (types[i] == type)
			return true;
	return false;
}

static void
bridge(struct host *h, unsigned link, struct bytes frame)
{
	host_count(h, EV_BUMP_BRIDGED);
	frame_send_as_is(h, link == BUMP_INSIDE ? BUMP_OUTSIDE : BUMP_INSIDE, frame);
}

/* RFC 4861 7.1.1, 7.1.2: from the link itself. It serves the link, in front of policy: no neighbour could be found without it. */
static bool
is_discovery(const struct ip *ip)
{
	struct ext_walk x = { .protocol = ip->protocol, .at = ip->header };
	if (ip->family != 6 || ip->ttl != ND_HOPS)
		return false;
	ext_walk(ip, &x);
	struct rd r = rd_of(bytes_slice(ip->all, x.at, SIZE_MAX));
	uint8_t type = rd_peek(&r, 0);
	return !x.bad && x.protocol == IPPROTO_ICMP6 && type >= ND_FIRST && type <= ND_LAST;
}

/* --- outward ---------------------------------------------------------------------------------- */

/*
 * A source's own datagram may be cut behind its SAs; what the source sent in one piece it can be asked to make smaller (RFC 4301 8.2.1),
 * down to the least that IPv6 may have.
 */
static bool
may_shrink(const struct ip *ip, bool reassembled)
{
	return !reassembled && (ip->family == 4 || ip->all.n > LEAST_MTU6);
}

/* RFC 4303 3.1.1, 3.3.4: transport mode is for whole datagrams, so fragments wait for one another. */
static void
go_out(struct host *h, struct arrival *a, struct bytes octets)
{
	struct ip ip;
	uint32_t mtu;
	bool reassembled = false;
	if (!ip_parse(octets, &ip)) {
		host_drop(h, DROP_HEADER);
		return;
	}
	if (local_reassemble(h, a, &ip, &octets)) {
		reassembled = true;
		if (octets.n == 0 || !ip_parse(octets, &ip))
			return;
	}
	enum verdict v = output_datagram(h, ip.all, may_shrink(&ip, reassembled), a->now, &mtu);
	if (v == ACCEPT)
		host_count(h, EV_BUMP_OUT);
	else
		forward_report(h, a, &ip, v, mtu);
}

const struct addr *
bump_teller(const struct arrival *a, const struct ip *ip)
{
	return a->link == BUMP_INSIDE && is_station(&ip->dst) ? &ip->dst : NULL;
}

void
bump_tell(struct host *h, struct bytes datagram)
{
	struct ip ip;
	if (!ip_parse(datagram, &ip))
		return;
	const struct bump_station *to = station_of(h, BUMP_INSIDE, &ip.dst);
	if (to == NULL)
		return;
	struct wr w = wr_of(h->frame, sizeof h->frame);
	wr_bytes(&w, BYTES_OF(to->mac));
	wr_bytes(&w, h->bump.frame.there ? BYTES_OF(h->bump.frame.dst) : BYTES_OF(h->setup.link[BUMP_INSIDE].mac));
	wr_uint(&w, ip.family == 4 ? ETHER_IP4 : ETHER_IP6, 2);
	wr_bytes(&w, ip.all);
	frame_send_as_is(h, BUMP_INSIDE, wr_done(&w));
}

/* --- inward ----------------------------------------------------------------------------------- */

bool
bump_takes(struct host *h, const struct arrival *a, const struct ip *ip, const struct ext_walk *x)
{
	bool icmp = x->protocol == (ip->family == 4 ? IPPROTO_ICMP4 : IPPROTO_ICMP6);
	return icmp && a->path.n == 0 && icmp_error_of_sa(h, a, ip, bytes_slice(ip->all, x->at, SIZE_MAX));
}

void
bump_pass(struct host *h, const struct ip *ip)
{
	if (fragment_send(h, BUMP_INSIDE, ip->all, host_mtu(h, ip->family)) == ACCEPT)
		host_count(h, EV_BUMP_IN);
	else
		host_drop(h, DROP_TOO_BIG);
}

/* Fragments, AH and ESP come off one by one as at any host (RFC 4301 5.2); what is left goes to bump_pass. */
static void
come_in(struct host *h, struct arrival *a, struct bytes octets)
{
	struct ip ip;
	do {
		if (!ip_parse(octets, &ip)) {
			host_drop(h, DROP_HEADER);
			return;
		}
	} while (local_step(h, a, &ip, &octets));
}

/* --- both ------------------------------------------------------------------------------------- */

static void
datagram_input(struct host *h, struct arrival *a, struct bytes frame, struct bytes octets)
{
	struct rd r = rd_of(frame);
	struct wr dst = wr_of(h->bump.frame.dst, 6), src = wr_of(h->bump.frame.src, 6);
	struct bytes to = rd_take(&r, 6), from = rd_take(&r, 6);
	struct ip ip;
	if (!ip_parse(octets, &ip)) {
		host_drop(h, DROP_HEADER);
		return;
	}
	hear(h, a->link, &ip.src, from);
	if (is_discovery(&ip)) {
		bridge(h, a->link, frame);
		return;
	}
	wr_bytes(&dst, to);
	wr_bytes(&src, from);
	h->bump.frame.there = true;
	h->bump.frame.ip_dst = ip.dst;
	(a->link == BUMP_INSIDE ? go_out : come_in)(h, a, ip.all);
	h->bump.frame.there = false;
}

void
bump_input(struct host *h, unsigned link, struct bytes frame, uint64_t now)
{
	struct rd r = rd_of(frame);
	bool group = rd_peek(&r, 0) & 1;
	rd_skip(&r, 12);
	uint16_t type = (uint16_t)rd_uint(&r, 2);
	struct bytes rest = rd_rest(&r);
	struct arrival a = { .link = link, .group = group, .now = now };
	host_count(h, EV_FRAMES_IN);
	if (r.bad || link >= BUMP_SIDES || hides_ip(type)) {
		host_count(h, EV_FRAME_FOREIGN);
		return;
	}
	if (type == ETHER_ARP)
		hear_arp(h, link, rest);
	if (type == ETHER_IP4 || type == ETHER_IP6)
		datagram_input(h, &a, frame, rest);
	else
		bridge(h, link, frame);
}
