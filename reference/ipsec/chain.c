#include "ipsec/chain.h"
#include "wire/checksum.h"
#include "wire/layouts.h"

#define IP4_MIN 20
#define IP6_MIN 40
#define OPTION_LSRR 131 /* RFC 791 3.1 */
#define OPTION_SSRR 137

struct addr
chain_route4(struct bytes options, bool *malformed)
{
	struct addr end = { 0 };
	struct ip_option o;
	struct rd r = rd_of(options);
	while (ip4_option_next(&r, &o)) {
		if (o.type != OPTION_LSRR && o.type != OPTION_SSRR)
			continue;
		struct rd data = rd_of(o.data);
		uint64_t pointer = rd_uint(&data, 1);
		size_t n = rd_left(&data);
		/* The pointer counts from 1 at the option's type; beyond the option the route is travelled.
		 */
		if (n >= 4 && pointer <= o.whole.n)
			end = addr_of(bytes_slice(o.data, n - 3, 4));
	}
	*malformed = r.bad;
	return end;
}

/* The end of a routing header with segments left, types 0 and 2; family 0 otherwise. `body` is what follows
 * the header's second octet. */
static struct addr
route6(struct bytes body)
{
	struct rd r = rd_of(body);
	uint64_t type = rd_uint(&r, 1);
	uint64_t segments_left = rd_uint(&r, 1);
	rd_skip(&r, 4);
	size_t n = rd_left(&r);
	/* Of other types only their RFC knows where the end is. */
	if ((type != 0 && type != 2) || segments_left == 0 || n < 16 || n % 16 != 0)
		return (struct addr){ 0 };
	return addr_of(bytes_slice(body, body.n - 16, 16));
}

static bool
chain_of4(struct bytes b, struct chain *c)
{
	struct rd r = rd_of(b);
	uint64_t word = rd_uint(&r, 4);
	rd_skip(&r, 2);
	uint64_t flags = rd_uint(&r, 2);
	rd_skip(&r, 1);
	uint8_t protocol = (uint8_t)rd_uint(&r, 1);
	rd_skip(&r, 2);
	c->src = addr_of(rd_take(&r, 4));
	c->dst = addr_of(rd_take(&r, 4));
	size_t header_n = (size_t)(word >> 24 & 15) * 4, total = word & 0xffff;
	if (r.bad || header_n < IP4_MIN || header_n > b.n || total < header_n)
		return false;
	c->family = 4;
	c->whole = bytes_slice(b, 0, total);
	c->truncated = total > b.n;
	c->dscp = (uint8_t)(word >> 18 & 0x3f);
	c->ecn = (uint8_t)(word >> 16 & 3);
	c->df = flags & 0x4000;
	c->later_fragment = (flags & 0x1fff) != 0;
	c->fragment = c->later_fragment || (flags & 0x2000);
	struct addr end = chain_route4(bytes_slice(b, IP4_MIN, header_n - IP4_MIN), &c->malformed);
	c->final = end.family == 4 ? end : c->dst;
	c->upper = c->front = (struct chain_place){ protocol, header_n, 9 };
	return true;
}

static bool
options6_good(struct bytes options)
{
	struct rd r = rd_of(options);
	struct ip_option o;
	while (ip6_option_next(&r, &o))
		;
	return !r.bad;
}

/* One extension header at c->upper; false: none there, or the walk must end. */
static bool
chain_step6(struct chain *c, struct rd *r)
{
	uint8_t here = c->upper.protocol;
	if (c->later_fragment ||
	    (here != IPPROTO_HBH && here != IPPROTO_RH && here != IPPROTO_FRAG && here != IPPROTO_DSTOPT))
		return false;
	uint8_t next = (uint8_t)rd_uint(r, 1);
	size_t length = (size_t)rd_uint(r, 1);
	struct bytes body = rd_take(r, here == IPPROTO_FRAG ? 6 : length * 8 + 6);
	bool options = here == IPPROTO_HBH || here == IPPROTO_DSTOPT;
	/* Hop-by-hop options stand right behind the IPv6 header or nowhere, RFC 8200 4.1. */
	if (r->bad || (here == IPPROTO_HBH && c->upper.at != IP6_MIN) || (options && !options6_good(body))) {
		c->malformed = true;
		return false;
	}
	if (here == IPPROTO_RH) {
		struct addr end = route6(body);
		if (end.family == 6)
			c->final = end;
	}
	if (here == IPPROTO_FRAG) {
		struct rd f = rd_of(body);
		uint64_t offset = rd_uint(&f, 2);
		c->later_fragment = (offset & 0xfff8) != 0;
		c->fragment = c->fragment || c->later_fragment || (offset & 1);
	}
	c->upper = (struct chain_place){ next, r->at, c->upper.at };
	/* Destination options stay in front only when one of the others follows them. */
	if (here != IPPROTO_DSTOPT)
		c->front = c->upper;
	return true;
}

static bool
chain_of6(struct bytes b, struct chain *c)
{
	struct rd r = rd_of(b);
	uint64_t word = rd_uint(&r, 4);
	size_t length = (size_t)rd_uint(&r, 2);
	uint8_t next = (uint8_t)rd_uint(&r, 1);
	rd_skip(&r, 1);
	c->src = addr_of(rd_take(&r, 16));
	c->dst = addr_of(rd_take(&r, 16));
	if (r.bad)
		return false;
	c->family = 6;
	c->whole = bytes_slice(b, 0, IP6_MIN + length);
	c->truncated = IP6_MIN + length > b.n;
	c->dscp = (uint8_t)(word >> 22 & 0x3f);
	c->ecn = (uint8_t)(word >> 20 & 3);
	c->final = c->dst;
	c->upper = c->front = (struct chain_place){ next, IP6_MIN, 6 };
	r = rd_of(c->whole);
	rd_skip(&r, IP6_MIN);
	while (chain_step6(c, &r))
		;
	return true;
}

bool
chain_of(struct bytes datagram, struct chain *c)
{
	struct rd r = rd_of(datagram);
	uint8_t version = rd_peek(&r, 0) >> 4;
	memset(c, 0, sizeof *c);
	if ((version == 4 && chain_of4(datagram, c)) || (version == 6 && chain_of6(datagram, c)))
		return true;
	memset(c, 0, sizeof *c);
	return false;
}

size_t
chain_payload_n(uint8_t protocol, struct bytes payload)
{
	struct rd r = rd_of(payload);
	while (protocol == IPPROTO_DSTOPT) {
		protocol = (uint8_t)rd_uint(&r, 1);
		rd_skip(&r, (size_t)rd_uint(&r, 1) * 8 + 6);
	}
	size_t before = r.at, left = rd_left(&r), n = left;
	if (protocol == IPPROTO_UDP_) {
		rd_skip(&r, 4);
		n = (size_t)rd_uint(&r, 2);
		/* Zero and the impossible say nothing. */
		n = n < 8 ? left : n;
	} else if (protocol == IPPROTO_IP4) {
		rd_skip(&r, 2);
		n = (size_t)rd_uint(&r, 2);
		n = n < IP4_MIN ? left : n;
	} else if (protocol == IPPROTO_IP6) {
		rd_skip(&r, 4);
		n = IP6_MIN + (size_t)rd_uint(&r, 2);
	}
	return r.bad || n > left ? payload.n : before + n;
}

void
chain_checksum4(struct wr *out, size_t at)
{
	struct bytes done = bytes_slice(wr_done(out), at, SIZE_MAX);
	struct rd r = rd_of(done);
	size_t header_n = (size_t)(rd_peek(&r, 0) & 15) * 4;
	wr_patch(out, at + 10, 0, 2);
	wr_patch(out, at + 10, checksum_finish(checksum_add(0, bytes_slice(done, 0, header_n))), 2);
}

void
chain_rewrite(struct wr *out, size_t at, size_t n, uint8_t family, size_t announced_at, uint8_t protocol)
{
	wr_patch(out, at + announced_at, protocol, 1);
	if (family == 4) {
		wr_patch(out, at + 2, n, 2);
		chain_checksum4(out, at);
	} else {
		wr_patch(out, at + 4, n - IP6_MIN, 2);
	}
}
