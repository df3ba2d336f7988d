#include "ipsec/selector.h"
#include "ipsec/chain.h"
#include "wire/layouts.h"

/* Upper protocols whose first four octets are two ports: TCP, UDP, DCCP, SCTP, UDP-Lite. */
static const uint8_t protocols_with_ports[] = { 6, 17, 33, 132, 136 };

static bool
protocol_has_ports(uint8_t protocol)
{
	for (size_t i = 0; i < sizeof protocols_with_ports; i++)
		if (protocols_with_ports[i] == protocol)
			return true;
	return false;
}

bool
flow_of(struct bytes datagram, struct flow *f)
{
	struct chain c;
	memset(f, 0, sizeof *f);
	if (!chain_of(datagram, &c))
		return false;
	*f = (struct flow){ .src = c.src, .dst = c.final, .protocol = c.upper.protocol, .fragment = c.fragment };
	if (c.malformed || c.later_fragment)
		return true;
	struct rd r = rd_of(bytes_slice(c.whole, c.upper.at, SIZE_MAX));
	bool icmp = f->protocol == IPPROTO_ICMP4 || f->protocol == IPPROTO_ICMP6;
	if (!icmp && !protocol_has_ports(f->protocol))
		return true;
	uint16_t first = (uint16_t)rd_uint(&r, icmp ? 1 : 2), second = (uint16_t)rd_uint(&r, icmp ? 1 : 2);
	if (r.bad)
		return true;
	f->has_ports = true;
	f->sport = first;
	f->dport = second;
	return true;
}

/* An address without a family is a wildcard over both. */
static bool
prefix_match(const struct addr *a, const struct addr *prefix, unsigned bits)
{
	return prefix->family == 0 || (a->family == prefix->family && addr_in_prefix(a, prefix, bits));
}

bool
selector_match(const struct selector *s, const struct flow *f)
{
	if (!prefix_match(&f->src, &s->src, s->src_bits) || !prefix_match(&f->dst, &s->dst, s->dst_bits))
		return false;
	if (s->protocol != SELECTOR_ANY && s->protocol != f->protocol)
		return false;
	if (s->sport == SELECTOR_ANY && s->dport == SELECTOR_ANY)
		return true;
	/* OPAQUE matches ANY only, RFC 4301 4.4.1.1. */
	return f->has_ports && (s->sport == SELECTOR_ANY || s->sport == f->sport) &&
	       (s->dport == SELECTOR_ANY || s->dport == f->dport);
}

static bool
prefix_equal(const struct addr *a, unsigned a_bits, const struct addr *b, unsigned b_bits)
{
	if (a->family != b->family)
		return false;
	return a->family == 0 || (a_bits == b_bits && addr_in_prefix(a, b, b_bits));
}

bool
selector_equal(const struct selector *a, const struct selector *b)
{
	return prefix_equal(&a->src, a->src_bits, &b->src, b->src_bits) &&
	       prefix_equal(&a->dst, a->dst_bits, &b->dst, b->dst_bits) && a->protocol == b->protocol &&
	       a->sport == b->sport && a->dport == b->dport;
}
