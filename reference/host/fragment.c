/*
 * Fragmentation behind AH and ESP (RFC 4303 3.3.4, RFC 4302 3.3.4): RFC 791 3.2 and RFC 8200 4.5.
 * The SA saw one datagram.
 */
#include "host/parts.h"

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

static void
split4(struct host *h, unsigned link, const struct ip *ip)
{
	struct bytes data = bytes_slice(ip->all, ip->header, SIZE_MAX);
	uint32_t step = (uint32_t)((host_mtu(h, 4) - ip->header) & ~(size_t)7);
	for (uint32_t at = 0; at < data.n; at += step) {
		struct wr w = frame_begin(h, link, ETHER_IP4, &ip->dst);
		put_piece4(&w, ip, at, bytes_slice(data, at, step), at + step < data.n);
		frame_send(h, link, &w);
	}
}

/*
 * What this host is the source of has no header that routers act on (hop-by-hop, routing), so the
 * IPv6 header alone is repeated in every fragment (RFC 8200 4.5).
 */
static void
split6(struct host *h, unsigned link, const struct ip *ip)
{
	struct bytes data = bytes_slice(ip->all, IP6_HEADER, SIZE_MAX);
	size_t step = (host_mtu(h, 6) - IP6_HEADER - 8) & ~(size_t)7;
	h->ident6++;
	for (size_t at = 0; at < data.n; at += step) {
		struct wr w = frame_begin(h, link, ETHER_IP6, &ip->dst);
		struct bytes piece = bytes_slice(data, at, step);
		wr_bytes(&w, bytes_slice(ip->all, 0, IP6_HEADER));
		wr_patch(&w, ETHER_HEADER + 4, 8 + piece.n, 2);
		wr_patch(&w, ETHER_HEADER + 6, IPPROTO_FRAG, 1);
		wr_uint(&w, ip->protocol, 1);
		wr_uint(&w, 0, 1);
		wr_uint(&w, at | (at + step < data.n ? 1 : 0), 2);
		wr_uint(&w, h->ident6, 4);
		wr_bytes(&w, piece);
		frame_send(h, link, &w);
	}
}

enum verdict
fragment_send(struct host *h, unsigned link, struct bytes datagram)
{
	struct ip ip;
	if (!ip_parse(datagram, &ip))
		return DROP_INTERNAL;
	uint32_t mtu = host_mtu(h, ip.family);
	if (ip.all.n <= mtu) {
		send_whole(h, link, &ip);
		return ACCEPT;
	}
	/* 8 octets behind the header, or there is no progress. */
	if (ip.df || ip.header + 8 > mtu)
		return DROP_TOO_BIG;
	if (ip.family == 4)
		split4(h, link, &ip);
	else
		split6(h, link, &ip);
	return ACCEPT;
}
