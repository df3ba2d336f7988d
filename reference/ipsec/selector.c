#include "ipsec/selector.h"
#include "ipsec/chain.h"
#include "wire/layouts.h"

#define PROTOCOL_MH 135 /* RFC 6275 6.1.1 */

/* Upper protocols whose first four octets are two ports: TCP, UDP, DCCP, SCTP, UDP-Lite. */
static const uint8_t protocols_with_ports[] = { 6, 17, 33, 132, 136 };

static bool
protocol_is_icmp(uint32_t protocol)
{
	return protocol == IPPROTO_ICMP4 || protocol == IPPROTO_ICMP6;
}

static bool
protocol_has_ports(uint32_t protocol)
{
	for (size_t i = 0; i < sizeof protocols_with_ports; i++)
		if (protocols_with_ports[i] == protocol)
			return true;
	return false;
}

bool
selector_has_ports(uint32_t protocol)
{
	return protocol_has_ports(protocol) || protocol_is_icmp(protocol) || protocol == PROTOCOL_MH;
}

/* An extension header that nobody could walk over: the protocol behind it is not to be known. */
static bool
protocol_is_hidden(const struct chain *c)
{
	uint8_t p = c->upper.protocol;
	return c->family == 6 && (p == IPPROTO_HBH || p == IPPROTO_RH || p == IPPROTO_FRAG || p == IPPROTO_DSTOPT);
}

/* Ports, type and code, or type; false where the octets end before. */
static bool
read_ports(struct rd *r, struct flow *f)
{
	unsigned width = protocol_has_ports(f->protocol) ? 2 : 1;
	if (f->protocol == PROTOCOL_MH)
		rd_skip(r, 2);
	uint16_t first = (uint16_t)rd_uint(r, width);
	uint16_t second = f->protocol == PROTOCOL_MH ? 0 : (uint16_t)rd_uint(r, width);
	if (r->bad)
		return false;
	f->sport = first;
	f->dport = second;
	return true;
}

bool
flow_of(struct bytes datagram, struct flow *f)
{
	struct chain c;
	memset(f, 0, sizeof *f);
	if (!chain_of(datagram, &c))
		return false;
	*f = (struct flow){ .src = c.src, .dst = c.final, .protocol = c.upper.protocol, .fragment = c.fragment };
	f->protocol_hidden = protocol_is_hidden(&c);
	if (c.malformed || c.later_fragment || !selector_has_ports(f->protocol))
		return true;
	struct rd r = rd_of(bytes_slice(c.whole, c.upper.at, SIZE_MAX));
	f->has_ports = read_ports(&r, f);
	return true;
}

/* --- ranges ----------------------------------------------------------------------------------- */

static void
range_of(const struct addr *a, unsigned bits, const struct addr *a_last, struct addr *first, struct addr *last)
{
	if (a->family == 0 || a_last->family == 0) {
		addr_prefix_ends(a, bits, first, last);
		return;
	}
	*first = *a;
	*last = *a_last;
}

void
selector_src(const struct selector *s, struct addr *first, struct addr *last)
{
	range_of(&s->src, s->src_bits, &s->src_last, first, last);
}

void
selector_dst(const struct selector *s, struct addr *first, struct addr *last)
{
	range_of(&s->dst, s->dst_bits, &s->dst_last, first, last);
}

/* The end of a range of ports, or of types, or of codes. */
static uint32_t
last_of(uint32_t first, uint32_t last)
{
	return first < SELECTOR_ANY && last > first ? last : first;
}

/* --- matching --------------------------------------------------------------------------------- */

/* An address without a family is a wildcard over both. */
static bool
address_match(const struct addr *a, const struct addr *prefix, unsigned bits, const struct addr *last)
{
	if (prefix->family == 0)
		return true;
	if (a->family != prefix->family)
		return false;
	if (last->family == 0)
		return addr_in_prefix(a, prefix, bits);
	return addr_compare(prefix, a) <= 0 && addr_compare(a, last) <= 0;
}

static bool
protocol_match(uint32_t protocol, const struct flow *f)
{
	if (protocol == SELECTOR_ANY)
		return true;
	return protocol == SELECTOR_OPAQUE ? f->protocol_hidden : !f->protocol_hidden && protocol == f->protocol;
}

/* ANY encompasses OPAQUE, and a value or range is neither, RFC 4301 4.4.1. */
static bool
port_match(uint32_t first, uint32_t last, bool is_there, uint16_t port)
{
	if (first == SELECTOR_ANY)
		return true;
	if (first == SELECTOR_OPAQUE)
		return !is_there;
	return is_there && first <= port && port <= last_of(first, last);
}

bool
selector_icmp(const struct selector *s, uint32_t *low, uint32_t *high)
{
	if (!protocol_is_icmp(s->protocol) || s->sport >= SELECTOR_ANY)
		return false;
	bool any_code = s->dport >= SELECTOR_ANY;
	*low = s->sport * 256 + (any_code ? 0 : s->dport);
	*high = last_of(s->sport, s->sport_last) * 256 + (any_code ? 255 : last_of(s->dport, s->dport_last));
	return true;
}

bool
selector_match(const struct selector *s, const struct flow *f)
{
	uint32_t low, high, said = f->sport * 256U + f->dport;
	if (!address_match(&f->src, &s->src, s->src_bits, &s->src_last) ||
	    !address_match(&f->dst, &s->dst, s->dst_bits, &s->dst_last) || !protocol_match(s->protocol, f))
		return false;
	if (s->name[0] != '\0' && (f->name == NULL || strncmp(s->name, f->name, sizeof s->name) != 0))
		return false;
	if (selector_icmp(s, &low, &high))
		return f->has_ports && low <= said && said <= high;
	return port_match(s->sport, s->sport_last, f->has_ports, f->sport) &&
	       port_match(s->dport, s->dport_last, f->has_ports, f->dport);
}

/* --- comparing -------------------------------------------------------------------------------- */

static bool
ends_equal(const struct selector *a, const struct selector *b,
	   void (*ends)(const struct selector *s, struct addr *first, struct addr *last))
{
	struct addr a_first, a_last, b_first, b_last;
	ends(a, &a_first, &a_last);
	ends(b, &b_first, &b_last);
	return addr_equal(&a_first, &b_first) && addr_equal(&a_last, &b_last);
}

bool
selector_equal(const struct selector *a, const struct selector *b)
{
	return ends_equal(a, b, selector_src) && ends_equal(a, b, selector_dst) && a->protocol == b->protocol &&
	       a->sport == b->sport && a->dport == b->dport &&
	       last_of(a->sport, a->sport_last) == last_of(b->sport, b->sport_last) &&
	       last_of(a->dport, a->dport_last) == last_of(b->dport, b->dport_last) &&
	       strncmp(a->name, b->name, sizeof a->name) == 0;
}

bool
selector_is_plain(const struct selector *s, const char **why)
{
	*why = NULL;
	if (s->src_last.family != 0 || s->dst_last.family != 0)
		*why = "a range of addresses";
	else if (last_of(s->sport, s->sport_last) != s->sport || last_of(s->dport, s->dport_last) != s->dport)
		*why = "a range of ports";
	else if (s->protocol == SELECTOR_OPAQUE || s->sport == SELECTOR_OPAQUE || s->dport == SELECTOR_OPAQUE)
		*why = "opaque";
	else if (s->name[0] != '\0')
		*why = "a name";
	return *why == NULL;
}

/* --- an SA's selectors out of an entry's ------------------------------------------------------ */

/* False: the packet has none, though its protocol does. Where the protocol has none, OPAQUE says so (RFC 4301 4.4.1.3 A). */
static bool
narrow_port(const struct flow *f, uint16_t port, uint32_t *first, uint32_t *last)
{
	*first = f->has_ports ? port : SELECTOR_OPAQUE;
	*last = 0;
	return f->has_ports || (!f->protocol_hidden && !selector_has_ports(f->protocol));
}

static void
narrow_address(const struct addr *a, struct addr *first, uint8_t *bits, struct addr *last)
{
	*first = *a;
	*bits = a->family == 4 ? 32 : 128;
	*last = (struct addr){ 0 };
}

bool
selector_narrow(const struct selector *entry, uint8_t pfp, const struct flow *f, struct selector *sa)
{
	bool icmp = protocol_is_icmp(f->protocol) && !f->protocol_hidden;
	bool sport = (pfp & PFP_SPORT) || (icmp && (pfp & PFP_DPORT)), dport = (pfp & PFP_DPORT) || (icmp && sport);
	*sa = *entry;
	/* A name is not acquired from a packet, and the SAD has none (RFC 4301 4.4.2.2). */
	memset(sa->name, 0, sizeof sa->name);
	if (pfp & PFP_SRC)
		narrow_address(&f->src, &sa->src, &sa->src_bits, &sa->src_last);
	if (pfp & PFP_DST)
		narrow_address(&f->dst, &sa->dst, &sa->dst_bits, &sa->dst_last);
	if ((pfp & PFP_PROTOCOL) && f->protocol_hidden)
		return false;
	if (pfp & PFP_PROTOCOL)
		sa->protocol = f->protocol;
	return (!sport || narrow_port(f, f->sport, &sa->sport, &sa->sport_last)) &&
	       (!dport || narrow_port(f, f->dport, &sa->dport, &sa->dport_last));
}

/* --- what makes no sense ---------------------------------------------------------------------- */

static bool
check_range(const char *what, const struct addr *first, const struct addr *last, struct err *e)
{
	char low[48], high[48];
	if (last->family == 0 || (first->family == last->family && addr_compare(first, last) <= 0))
		return true;
	return fail(e, ERR_RANGE, "%s: want a range of one family upwards, got %s-%s", what, addr_print(first, low),
		    addr_print(last, high));
}

static bool
check_port(const char *what, uint32_t first, uint32_t last, bool pfp, struct err *e)
{
	if (first == SELECTOR_OPAQUE && pfp)
		return fail(e, ERR_RANGE, "%s: populate-from-packet beside opaque  [RFC 4301 4.4.2.2]", what);
	if (last != 0 && (first >= SELECTOR_ANY || last < first || last >= SELECTOR_ANY))
		return fail(e, ERR_RANGE, "%s: want a range upwards, got %u-%u", what, first, last);
	return true;
}

bool
selector_check(const struct selector *s, uint8_t pfp, struct err *e)
{
	if (s->protocol == SELECTOR_OPAQUE && (pfp & PFP_PROTOCOL))
		return fail(e, ERR_RANGE, "protocol: populate-from-packet beside opaque  [RFC 4301 4.4.2.2]");
	/* RFC 4301 4.4.1.1: for IPv6 only. */
	if (s->protocol == SELECTOR_OPAQUE && (s->src.family == 4 || s->dst.family == 4))
		return fail(e, ERR_RANGE, "protocol: IPv4 has no opaque one");
	return check_range("source", &s->src, &s->src_last, e) &&
	       check_range("destination", &s->dst, &s->dst_last, e) &&
	       check_port("source port", s->sport, s->sport_last, pfp & PFP_SPORT, e) &&
	       check_port("destination port", s->dport, s->dport_last, pfp & PFP_DPORT, e);
}
