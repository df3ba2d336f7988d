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
 * What this host is the source of has no header that routers act on (hop-by-hop, routing), so the
 * IPv6 header alone is repeated in every fragment (RFC 8200 4.5).
 */
static void
put_piece6(struct wr *w, const struct ip *ip, uint32_t offset, struct bytes piece, bool more, uint32_t ident)
{
	size_t at = w->n;
	wr_bytes(w, bytes_slice(ip->all, 0, IP6_HEADER));
	wr_patch(w, at + 4, 8 + piece.n, 2);
	wr_patch(w, at + 6, IPPROTO_FRAG, 1);
	wr_uint(w, ip->protocol, 1);
	wr_uint(w, 0, 1);
	wr_uint(w, offset | (more ? 1 : 0), 2);
	wr_uint(w, ident, 4);
	wr_bytes(w, piece);
}

/* 8 octets behind the header, or there is no progress. */
bool
cutter_open(struct host *h, const struct ip *ip, uint32_t mtu, struct cutter *c)
{
	size_t header = ip->family == 4 ? ip->header : IP6_HEADER + 8;
	if (ip->df || header + 8 > mtu)
		return false;
	*c = (struct cutter){ .ip = ip,
			      .data = bytes_slice(ip->all, ip->family == 4 ? ip->header : IP6_HEADER, SIZE_MAX),
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
		put_piece6(w, c->ip, c->at, piece, more, c->ident);
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
