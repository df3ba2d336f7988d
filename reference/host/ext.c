/*
 * IPv6 extension headers, strictly in order (RFC 8200 4.1): what a node must do about each before
 * it looks behind it.
 */
#include "host/parts.h"

enum { PROBLEM_FIELD = 0, PROBLEM_NEXT_HEADER = 1, PROBLEM_OPTION = 2 }; /* RFC 4443 3.4 */

static void
problem(struct ext_walk *x, uint8_t code, size_t pointer)
{
	x->bad = true;
	x->answer = true;
	x->code = code;
	x->pointer = (uint32_t)pointer;
}

static bool
option_is_known(uint8_t type)
{
	enum { PAD1 = 0, PADN = 1, ROUTER_ALERT = 5 };
	return type == PAD1 || type == PADN || type == ROUTER_ALERT;
}

/*
 * RFC 8200 4.2: the two high bits of an unknown option say what to do. `at`: where the options
 * begin.
 */
static void
walk_options(struct bytes area, size_t at, struct ext_walk *x)
{
	enum { SKIP = 0, DISCARD = 1, REPORT = 2, REPORT_UNICAST = 3 };
	struct rd r = rd_of(area);
	struct ip_option o;
	size_t here = 0;
	while (!x->bad && ip6_option_next(&r, &o)) {
		unsigned act = o.type >> 6;
		if (!option_is_known(o.type) && act != SKIP) {
			problem(x, PROBLEM_OPTION, at + here);
			x->answer = act != DISCARD;
			x->even_multicast = act == REPORT;
		}
		here += o.whole.n;
	}
	if (r.bad)
		problem(x, PROBLEM_FIELD, at + here);
}

/*
 * RFC 8200 4.4: a type nobody knows is skipped with no segments left, else reported. Type 0 is such
 * (RFC 5095).
 */
static void
walk_routing(struct bytes header, size_t at, struct ext_walk *x)
{
	struct rd r = rd_of(header);
	rd_skip(&r, 3);
	if (rd_uint(&r, 1) != 0)
		problem(x, PROBLEM_FIELD, at + 2);
}

/* Steps over one header. False: it is not one to step over. */
static bool
walk_one(const struct ip *ip, struct ext_walk *x)
{
	if (x->protocol != IPPROTO_HBH && x->protocol != IPPROTO_DSTOPT && x->protocol != IPPROTO_RH)
		return false;
	if (x->protocol == IPPROTO_HBH && x->at != IP6_HEADER) {
		problem(x, PROBLEM_NEXT_HEADER, x->next_at);
		return false;
	}
	struct rd r = rd_of(bytes_slice(ip->all, x->at, SIZE_MAX));
	uint8_t next = rd_peek(&r, 0);
	struct bytes header = rd_take(&r, (size_t)rd_peek(&r, 1) * 8 + 8);
	if (r.bad) {
		problem(x, PROBLEM_FIELD, x->at + 1);
		return false;
	}
	if (x->protocol == IPPROTO_RH)
		walk_routing(header, x->at, x);
	else
		walk_options(bytes_slice(header, 2, SIZE_MAX), x->at + 2, x);
	x->protocol = next;
	x->next_at = x->at;
	x->at += header.n;
	return !x->bad;
}

void
ext_walk(const struct ip *ip, struct ext_walk *x)
{
	*x = (struct ext_walk){ .protocol = ip->protocol, .at = ip->header, .next_at = 6 };
	while (walk_one(ip, x))
		;
}
