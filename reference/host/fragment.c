/*
 * Fragmentation, RFC 791 3.2 and RFC 8200 4.5: behind AH and ESP (RFC 4303 3.3.4, RFC 4302 3.3.4), whose SA saw one datagram, or in front
 * of a tunnel (RFC 4301 8.2.1).
 */
#include "host/fragment.h"

#include "wire/checksum.h"

static void
send_whole(struct host *h, unsigned link, const struct ip *ip)
{
	struct wr w = frame_begin(h, link, ip->family == 4 ? ETHER_IP4 : ETHER_IP6, &ip->dst);
	wr_bytes(&w, ip->all);
	frame_send(h, link, &w);
}

/*
 * Options that stay with the first fragment are those without the copied bit (RFC 791 3.1); the
 * rest is padded with EOL.
 */
static void
put_copied_options(struct wr *w, struct bytes options)
{
	size_t start = w->n;
	struct rd r = rd_of(options);
	struct ip_option o;
	while (ip4_option_next(&r, &o))
		if (o.type & 0x80)
			wr_bytes(w, o.whole);
	wr_fill(w, 0, (4 - (w->n - start) % 4) % 4);
}

static void
put_piece4(struct wr *w, const struct ip *ip, uint32_t offset, struct bytes piece, bool more)
{
	size_t at = w->n;
	struct bytes options = bytes_slice(ip->all, IP4_HEADER, ip->header - IP4_HEADER);
	wr_bytes(w, bytes_slice(ip->all, 0, IP4_HEADER));
	if (offset == 0)
		wr_bytes(w, options);
	else
		put_copied_options(w, options);
	size_t header = w->n - at;
	wr_bytes(w, piece);
	wr_patch(w, at, 0x40 | header / 4, 1);
	wr_patch(w, at + 2, header + piece.n, 2);
	/* A fragment may itself be cut: its place in the whole stays. */
	wr_patch(w, at + 6, (ip->offset + offset) / 8 | (more || ip->mf ? 0x2000u : 0), 2);
	wr_patch(w, at + 10, 0, 2);
	wr_patch(w, at + 10, checksum_finish(checksum_add(0, bytes_slice(wr_done(w), at, header))), 2);
}

/*
 * RFC 8200 4.5: headers that routers act on (hop-by-hop, routing) are in every fragment. This host says none, but the system behind a bump
 * may. What is a fragment already gets another header in front of its own.
 */
static struct chain_place
fragmentable6(struct bytes datagram)
{
	struct chain c;
	struct rd r = rd_of(datagram);
	if (chain_of(datagram, &c) && !c.fragment && !c.malformed)
		return c.front;
	return (struct chain_place){ .protocol = rd_peek(&r, 6), .at = IP6_HEADER, .announced_at = 6 };
}

static void
put_piece6(struct wr *w, const struct cutter *c, struct bytes piece, bool more)
{
	size_t at = w->n;
	wr_bytes(w, bytes_slice(c->ip->all, 0, c->front.at));
	wr_patch(w, at + 4, c->front.at - IP6_HEADER + 8 + piece.n, 2);
	wr_patch(w, at + c->front.announced_at, IPPROTO_FRAG, 1);
	wr_uint(w, c->front.protocol, 1);
	wr_uint(w, 0, 1);
	wr_uint(w, c->at | (more ? 1 : 0), 2);
	wr_uint(w, c->ident, 4);
	wr_bytes(w, piece);
}

/* 8 octets behind the header, or there is no progress. */
bool
cutter_open(struct host *h, const struct ip *ip, uint32_t mtu, struct cutter *c)
{
	struct chain_place front = { .at = ip->header };
	if (ip->family == 6)
		front = fragmentable6(ip->all);
	size_t header = front.at + (ip->family == 6 ? 8 : 0);
	if (ip->df || header + 8 > mtu)
		return false;
	*c = (struct cutter){ .ip = ip,
			      .front = front,
			      .data = bytes_slice(ip->all, front.at, SIZE_MAX),
			      .step = (uint32_t)((mtu - header) & ~(size_t)7),
			      .ident = ip->family == 4 ? ip->id : ++h->ident6 };
	return true;
}

bool
cutter_next(struct cutter *c, struct wr *w)
{
	if (c->at >= c->data.n)
		return false;
	struct bytes piece = bytes_slice(c->data, c->at, c->step);
	bool more = c->at + c->step < c->data.n;
	if (c->ip->family == 4)
		put_piece4(w, c->ip, c->at, piece, more);
	else
		put_piece6(w, c, piece, more);
	c->at += c->step;
	return true;
}

bool
cutter_done(const struct cutter *c)
{
	return c->at >= c->data.n;
}

enum verdict
fragment_send(struct host *h, unsigned link, struct bytes datagram, uint32_t mtu)
{
	struct ip ip;
	struct cutter c;
	if (!ip_parse(datagram, &ip))
		return DROP_INTERNAL;
	if (ip.all.n <= mtu) {
		send_whole(h, link, &ip);
		return ACCEPT;
	}
	if (!cutter_open(h, &ip, mtu, &c))
		return DROP_TOO_BIG;
	while (!cutter_done(&c)) {
		struct wr w = frame_begin(h, link, ip.family == 4 ? ETHER_IP4 : ETHER_IP6, &ip.dst);
		cutter_next(&c, &w);
		frame_send(h, link, &w);
	}
	return ACCEPT;
}
