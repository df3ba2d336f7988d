/* Ethernet on the way out. */
#include "host/parts.h"

/*
 * RFC 1112 6.4, RFC 2464 7; a neighbour is whoever spoke last on the link, and everybody until
 * somebody has.
 */
static void
put_destination(struct host *h, unsigned link, const struct addr *hop, struct wr *w)
{
	struct bytes to = addr_bytes(hop);
	if (hop->family == 6 && addr_is_multicast(hop)) {
		wr_uint(w, 0x3333, 2);
		wr_bytes(w, bytes_slice(to, 12, 4));
	} else if (hop->family == 4 && addr_is_multicast(hop)) {
		struct rd r = rd_of(bytes_slice(to, 1, 3));
		wr_uint(w, 0x01005e, 3);
		wr_uint(w, rd_uint(&r, 3) & 0x7fffff, 3);
	} else if (h->setup.resolve) {
		if (host_is_broadcast(h, hop) || addr_is_any(hop))
			wr_fill(w, 0xff, 6);
		else
			(void)neighbour_put(h, link, hop, w);
	} else if (h->peer[link].known) {
		wr_bytes(w, BYTES_OF(h->peer[link].mac));
	} else {
		wr_fill(w, 0xff, 6);
	}
}

struct wr
frame_begin(struct host *h, unsigned link, uint16_t ethertype, const struct addr *next_hop)
{
	struct wr w = wr_of(h->frame, sizeof h->frame);
	h->neigh.pending = NULL;
	h->neigh.nowhere = false;
	if (h->setup.bump) {
		bump_put_macs(h, link, next_hop, &w);
	} else {
		put_destination(h, link, next_hop, &w);
		wr_bytes(&w, BYTES_OF(h->setup.link[link].mac));
	}
	wr_uint(&w, ethertype, 2);
	return w;
}

void
frame_send_as_is(struct host *h, unsigned link, struct bytes frame)
{
	host_count(h, EV_FRAMES_OUT);
	h->setup.send(h->setup.ctx, link, frame);
}

void
frame_send(struct host *h, unsigned link, const struct wr *w)
{
	if (h->neigh.pending != NULL || h->neigh.nowhere)
		neighbour_hold(h, link, wr_done(w));
	else
		frame_send_as_is(h, link, wr_done(w));
}
