#include "host/parts.h"

#include <stdlib.h>

enum { ND_SOLICIT = 135, ND_HOPS = 255, OPT_SOURCE_MAC = 1, FRAME_MAX = ETHER_HEADER + IP6_HEADER + 32 };

/* Ours on the link, of its own prefix where there is one. */
static const struct addr *
source_towards(const struct host *h, unsigned link, const struct addr *a)
{
	const struct host_if *i = &h->setup.link[link];
	for (unsigned n = 0; n < i->n; n++)
		if (i->addr[n].family == a->family && addr_in_prefix(a, &i->addr[n], i->bits[n]))
			return &i->addr[n];
	return host_source(h, link, a->family);
}

/* --- asking ---------------------------------------------------------------------------------- */

/* A known one is asked at its address, to see whether it is still there (RFC 4861 7.3.3). */
static void
put_asked(const struct neighbour *n, struct wr *w)
{
	if (n->known) {
		wr_bytes(w, BYTES_OF(n->mac));
	} else if (n->addr.family == 4) {
		wr_fill(w, 0xff, 6);
	} else {
		wr_uint(w, 0x3333ff, 3);
		wr_bytes(w, bytes_slice(addr_bytes(&n->addr), 13, 3));
	}
}

static void
put_arp(const struct neighbour *n, const struct addr *src, struct bytes mac, struct wr *w)
{
	wr_uint(w, 0x0001080006040001, 8);
	wr_bytes(w, mac);
	wr_bytes(w, addr_bytes(src));
	wr_fill(w, 0, 6);
	wr_bytes(w, addr_bytes(&n->addr));
}

/* RFC 4861 4.3, to the solicited-node address (RFC 4291 2.7.1) of one that is not known. */
static void
put_solicitation(const struct neighbour *n, const struct addr *src, struct bytes mac, struct wr *w)
{
	struct addr group = { 6, { 0xff, 2, [11] = 1, [12] = 0xff } };
	const struct addr *dst = n->known ? &n->addr : &group;
	uint8_t room[IP6_HEADER + 32];
	struct wr low = wr_of(&group.o[13], 3), d = wr_of(room, sizeof room);
	wr_bytes(&low, bytes_slice(addr_bytes(&n->addr), 13, 3));
	ip_begin(&d, &(struct ip_head){ .src = src, .dst = dst, .protocol = IPPROTO_ICMP6, .ttl = ND_HOPS });
	wr_uint(&d, ND_SOLICIT << 8, 2);
	wr_fill(&d, 0, 6);
	wr_bytes(&d, addr_bytes(&n->addr));
	wr_uint(&d, OPT_SOURCE_MAC << 8 | 1, 2);
	wr_bytes(&d, mac);
	if (!ip_finish(&d))
		return;
	ip_put_checksum(&d, src, dst, IPPROTO_ICMP6, IP6_HEADER, IP6_HEADER + 2, false);
	wr_bytes(w, wr_done(&d));
}

/* In a frame of its own: the host's is being written. */
static void
ask(struct host *h, unsigned link, struct neighbour *n)
{
	uint8_t room[FRAME_MAX];
	struct wr w = wr_of(room, sizeof room);
	const struct addr *src = source_towards(h, link, &n->addr);
	struct bytes mac = BYTES_OF(h->setup.link[link].mac);
	n->asked = h->neigh.now;
	n->tries++;
	if (src == NULL)
		return;
	put_asked(n, &w);
	wr_bytes(&w, mac);
	wr_uint(&w, n->addr.family == 4 ? ETHER_ARP : ETHER_IP6, 2);
	(n->addr.family == 4 ? put_arp : put_solicitation)(n, src, mac, &w);
	frame_send_as_is(h, link, wr_done(&w));
}

/* --- the table ------------------------------------------------------------------------------- */

static struct neighbour *
find(struct host *h, unsigned link, const struct addr *a)
{
	for (unsigned i = 0; i < NEIGHBOURS; i++)
		if (addr_equal(&h->neigh.of[link][i].addr, a))
			return &h->neigh.of[link][i];
	return NULL;
}

static void
lose(struct host *h, struct waiting *w, bool routed)
{
	struct waiting **last = &h->neigh.lost;
	w->routed = routed;
	w->next = NULL;
	while (*last != NULL)
		last = &(*last)->next;
	*last = w;
}

/* A place for one more: what waited for who had it is lost. */
static void
give_up(struct host *h, struct neighbour *n)
{
	while (n->waiting != NULL) {
		struct waiting *w = n->waiting;
		n->waiting = w->next;
		lose(h, w, true);
	}
	*n = (struct neighbour){ 0 };
}

static struct neighbour *
take_in(struct host *h, unsigned link, const struct addr *a)
{
	struct neighbour *best = &h->neigh.of[link][0];
	for (unsigned i = 0; i < NEIGHBOURS; i++) {
		struct neighbour *n = &h->neigh.of[link][i];
		bool freer = n->addr.family == 0 && best->addr.family != 0;
		if (freer || (best->addr.family != 0 && n->confirmed < best->confirmed))
			best = n;
	}
	give_up(h, best);
	best->addr = *a;
	best->confirmed = h->neigh.now;
	return best;
}

/* --- sending --------------------------------------------------------------------------------- */

bool
neighbour_put(struct host *h, unsigned link, const struct addr *dst, struct wr *w)
{
	struct addr hop;
	h->neigh.pending = NULL;
	h->neigh.nowhere = !host_next_hop(h, link, dst, &hop);
	struct neighbour *n = h->neigh.nowhere ? NULL : find(h, link, &hop);
	if (n != NULL && n->known) {
		wr_bytes(w, BYTES_OF(n->mac));
		if (n->tries == 0 && h->neigh.now >= n->confirmed + NEIGHBOUR_REACHABLE)
			ask(h, link, n);
		return true;
	}
	wr_fill(w, 0, 6);
	if (h->neigh.nowhere)
		return false;
	if (n == NULL) {
		n = take_in(h, link, &hop);
		ask(h, link, n);
	}
	h->neigh.pending = n;
	return false;
}

static void
wait_for(struct host *h, struct neighbour *n, struct waiting *w)
{
	struct waiting **last = &n->waiting;
	while (*last != NULL)
		last = &(*last)->next;
	*last = w;
	if (n->held++ < NEIGHBOUR_WAITING)
		return;
	struct waiting *oldest = n->waiting;
	n->waiting = oldest->next;
	n->held--;
	host_count(h, EV_NEIGHBOUR_LOST);
	free(oldest);
}

void
neighbour_hold(struct host *h, unsigned link, struct bytes frame)
{
	struct waiting *w = malloc(sizeof *w + frame.n);
	if (w == NULL) {
		host_count(h, EV_NEIGHBOUR_LOST);
		return;
	}
	*w = (struct waiting){ .link = link, .inside = h->neigh.inside, .n = frame.n };
	struct wr to = wr_of(w->frame, frame.n);
	wr_bytes(&to, frame);
	if (h->neigh.nowhere)
		lose(h, w, false);
	else
		wait_for(h, h->neigh.pending, w);
}

/* --- hearing --------------------------------------------------------------------------------- */

static void
release(struct host *h, unsigned link, struct neighbour *n)
{
	while (n->waiting != NULL) {
		struct waiting *w = n->waiting;
		struct wr mac = wr_of(w->frame, 6);
		n->waiting = w->next;
		wr_bytes(&mac, BYTES_OF(n->mac));
		frame_send_as_is(h, link, (struct bytes){ w->frame, w->n });
		free(w);
	}
	n->held = 0;
}

void
neighbour_heard(struct host *h, unsigned link, const struct addr *a, struct bytes mac, enum neighbour_news news)
{
	struct addr hop;
	bool near = !addr_is_any(a) && !addr_is_multicast(a) && host_next_hop(h, link, a, &hop) && addr_equal(&hop, a);
	struct neighbour *n = near ? find(h, link, a) : NULL;
	if (!h->setup.resolve || !near || mac.n != 6 || (n == NULL && news != NEWS_ASKS))
		return;
	if (n == NULL)
		n = take_in(h, link, a);
	struct wr w = wr_of(n->mac, 6);
	if (news != NEWS_KEEPS || !n->known)
		wr_bytes(&w, mac);
	n->known = true;
	n->tries = 0;
	n->confirmed = h->neigh.now;
	release(h, link, n);
}

/* --- time ------------------------------------------------------------------------------------ */

void
neighbour_tick(struct host *h, uint64_t now)
{
	h->neigh.now = now;
	for (unsigned l = 0; l < h->setup.links; l++)
		for (unsigned i = 0; i < NEIGHBOURS; i++) {
			struct neighbour *n = &h->neigh.of[l][i];
			if (n->addr.family == 0 || n->tries == 0 || now <= n->asked)
				continue;
			if (n->tries >= NEIGHBOUR_TRIES)
				give_up(h, n);
			else
				ask(h, l, n);
		}
}

static void
tell(struct host *h, const struct waiting *w, uint64_t now)
{
	struct ip ip;
	if (!ip_parse((struct bytes){ w->frame + ETHER_HEADER, w->n - ETHER_HEADER }, &ip) || host_is_local(h, &ip.src))
		return;
	struct arrival a = { .link = host_route(h, &ip.src), .now = now, .path.n = w->inside };
	bool v4 = ip.family == 4;
	icmp_error(h, &a, &ip, v4 ? 3 : 1, v4 ? w->routed : w->routed ? 3 : 0, 0);
}

void
neighbour_settle(struct host *h, uint64_t now)
{
	while (h->neigh.lost != NULL) {
		struct waiting *w = h->neigh.lost;
		h->neigh.lost = w->next;
		host_count(h, w->routed ? EV_NEIGHBOUR_LOST : EV_NO_ROUTE);
		tell(h, w, now);
		free(w);
	}
}

void
neighbour_forget(struct host *h)
{
	for (unsigned l = 0; l < HOST_LINKS; l++)
		for (unsigned i = 0; i < NEIGHBOURS; i++)
			give_up(h, &h->neigh.of[l][i]);
	while (h->neigh.lost != NULL) {
		struct waiting *w = h->neigh.lost;
		h->neigh.lost = w->next;
		free(w);
	}
}
