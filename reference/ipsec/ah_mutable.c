/*
 * Which octets in front of AH change on their way, and to what: RFC 4302 3.3.3.1 and appendix A. One walk
 * marks each octet and moves addresses to where the final destination sees them; ah_prepare_front and
 * ah_mutability are two uses of it.
 */
#include "ipsec/ah.h"

enum {
	IP4_HEAD = 20,
	IP4_TOS_AT = 1,
	IP4_FRAGMENT_AT = 6,
	IP4_DST_AT = 16,
	IP6_HEAD = 40,
	IP6_LENGTH_AT = 4,
	IP6_NEXT_AT = 6,
	IP6_DST_AT = 24,
	ADDR4 = 4,
	ADDR6 = 16,
	FRAG_LEN = 8,
	RH_ADDR_AT = 8,
	OPT_LSRR = 131,
	OPT_SSRR = 137,
	RH_TYPE_0 = 0,
	RH_TYPE_2 = 2,
	OPT6_MUTABLE = 0x20, /* RFC 8200 4.2 */
};

/* RFC 4302 3.3.3.1.1.1: version and IHL, TOS, total length, id, flags and offset, TTL, protocol, checksum,
 * addresses */
static const char ip4_base[IP4_HEAD + 1] = "imiiiimmmimmiiiiiiii";
/* RFC 4302 3.3.3.1.2.1: version and class, class and flow label, payload length, next header, hop limit,
 * addresses */
static const char ip6_base[IP6_HEAD + 1] = "hmmmiiimiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiii";

/*
 * RFC 4302 A1. Everything else in that table is zeroed (source routes 131 and 137, time stamp 68, record
 * route 7, traceroute 82, and the superseded ones), and so is an option that is in no table (3.3.3.1).
 */
static const uint8_t ip4_immutable[] = {
	0,   /* End of Options List */
	1,   /* No Operation */
	130, /* Security */
	133, /* Extended Security */
	134, /* Commercial Security */
	148, /* Router Alert */
	149, /* Sender Directed Multi-Destination Delivery */
};

struct walk {
	struct rd r;    /* over the octets as they came */
	struct wr copy; /* the same octets, as the final destination will see them */
	char *mask;
	size_t next_at; /* where the last header announces the next */
	size_t frag_at; /* a fragment header to leave out; 0: none */
};

static void
mark(struct walk *w, size_t at, size_t n, char c)
{
	memset(w->mask + at, c, n);
}

static uint64_t
copy_get(const struct walk *w, size_t at, unsigned octets)
{
	struct rd r = rd_of(bytes_slice(wr_done(&w->copy), at, octets));
	return rd_uint(&r, octets);
}

static void
copy_swap(struct walk *w, size_t a, size_t b, unsigned octets)
{
	uint64_t was = copy_get(w, a, octets);
	wr_patch(&w->copy, a, copy_get(w, b, octets), octets);
	wr_patch(&w->copy, b, was, octets);
}

static bool
ip4_option_is_immutable(uint8_t type)
{
	for (size_t i = 0; i < sizeof ip4_immutable; i++)
		if (ip4_immutable[i] == type)
			return true;
	return false;
}

/* RFC 791 3.1: the pointer is relative to the option and at least 4; past the end the route is used up. */
static bool
ip4_route(struct walk *w, size_t at, struct ip_option o)
{
	struct rd r = rd_of(o.data);
	size_t pointer = (size_t)rd_uint(&r, 1);
	if (r.bad || pointer < 4 || rd_left(&r) % ADDR4 != 0)
		return false;
	mark(w, IP4_DST_AT, ADDR4, 'p');
	mark(w, at + 2, 1, 's');
	if (pointer + ADDR4 - 1 <= o.whole.n)
		wr_patch(&w->copy, IP4_DST_AT, copy_get(w, at + o.whole.n - ADDR4, ADDR4), ADDR4);
	return true;
}

static enum verdict
walk_ip4(struct walk *w)
{
	size_t ihl = rd_peek(&w->r, 0) & 0x0f;
	if (w->r.in.n < IP4_HEAD || ihl * 4 != w->r.in.n)
		return DROP_HEADER;
	memcpy(w->mask, ip4_base, IP4_HEAD);
	mark(w, IP4_HEAD, w->r.in.n - IP4_HEAD, 'i');
	rd_skip(&w->r, IP4_HEAD);
	struct ip_option o;
	for (size_t at = w->r.at; ip4_option_next(&w->r, &o); at = w->r.at) {
		if (ip4_option_is_immutable(o.type))
			continue;
		mark(w, at, 2, 's');
		mark(w, at + 2, o.data.n, 'm');
		if ((o.type == OPT_LSRR || o.type == OPT_SSRR) && !ip4_route(w, at, o))
			return DROP_HEADER;
	}
	return w->r.bad ? DROP_HEADER : ACCEPT;
}

/* RFC 4302 3.3.3.1.2.2: option data may be mutable, type and length are not. */
static bool
walk_options(struct walk *w, size_t at, size_t length)
{
	rd_skip(&w->r, 2);
	struct rd area = rd_sub(&w->r, length * 8 + 6);
	struct ip_option o;
	while (ip6_option_next(&area, &o))
		if (o.type & OPT6_MUTABLE)
			mark(w, at + 2 + area.at - o.data.n, o.data.n, 'm');
	return !area.bad;
}

/*
 * RFC 4302 A2: as it will appear at the receiver. Each hop swaps the destination with the next address.
 * Type 2 has one address and does the same with it.
 */
static bool
walk_route(struct walk *w, size_t at, size_t length)
{
	struct rd r = rd_sub(&w->r, length * 8 + 8);
	rd_skip(&r, 2);
	uint8_t type = (uint8_t)rd_uint(&r, 1), left = (uint8_t)rd_uint(&r, 1);
	if (r.bad)
		return false;
	if (type != RH_TYPE_0 && type != RH_TYPE_2)
		return left == 0;
	size_t n = length / 2;
	if (length % 2 != 0 || left > n || (type == RH_TYPE_2 && n != 1))
		return false;
	mark(w, at + 3, 1, 'p');
	mark(w, at + RH_ADDR_AT, n * ADDR6, 'p');
	mark(w, IP6_DST_AT, ADDR6, 'p');
	for (size_t i = n - left; i < n; i++) {
		copy_swap(w, IP6_DST_AT, at + RH_ADDR_AT + i * ADDR6, 8);
		copy_swap(w, IP6_DST_AT + 8, at + RH_ADDR_AT + i * ADDR6 + 8, 8);
	}
	wr_patch(&w->copy, at + 3, 0, 1);
	return true;
}

static enum verdict
walk_fragment(struct walk *w, size_t at)
{
	struct rd r = rd_sub(&w->r, FRAG_LEN);
	uint64_t next = rd_uint(&r, 1);
	rd_skip(&r, 1);
	uint64_t offset_m = rd_uint(&r, 2);
	if (r.bad || w->frag_at != 0)
		return DROP_HEADER;
	if (offset_m & 0xfff9)
		return DROP_FRAGMENT;
	mark(w, at + 1, 1, 'm');
	mark(w, at + 2, 2, 's');
	mark(w, at + 4, 4, 'm');
	w->frag_at = at;
	wr_patch(&w->copy, w->next_at, next, 1);
	uint64_t length = copy_get(w, IP6_LENGTH_AT, 2);
	if (length >= FRAG_LEN)
		wr_patch(&w->copy, IP6_LENGTH_AT, length - FRAG_LEN, 2);
	return ACCEPT;
}

static enum verdict
walk_extension(struct walk *w, uint8_t protocol)
{
	size_t at = w->r.at, length = rd_peek(&w->r, 1);
	switch (protocol) {
	case IPPROTO_HBH:
	case IPPROTO_DSTOPT: return walk_options(w, at, length) ? ACCEPT : DROP_HEADER;
	case IPPROTO_RH: return walk_route(w, at, length) ? ACCEPT : DROP_HEADER;
	case IPPROTO_FRAG: return walk_fragment(w, at);
	}
	return DROP_HEADER;
}

static enum verdict
walk_ip6(struct walk *w)
{
	if (w->r.in.n < IP6_HEAD)
		return DROP_HEADER;
	memcpy(w->mask, ip6_base, IP6_HEAD);
	mark(w, IP6_HEAD, w->r.in.n - IP6_HEAD, 'i');
	uint8_t next = rd_peek(&w->r, IP6_NEXT_AT);
	w->next_at = IP6_NEXT_AT;
	rd_skip(&w->r, IP6_HEAD);
	while (rd_left(&w->r) > 0) {
		size_t at = w->r.at;
		uint8_t after = rd_peek(&w->r, 0);
		enum verdict v = walk_extension(w, next);
		if (v != ACCEPT)
			return v;
		w->next_at = at;
		next = after;
	}
	return w->r.bad ? DROP_HEADER : ACCEPT;
}

/* mask and copy hold AH_FRONT_MAX octets. */
static enum verdict
walk_front(struct walk *w, struct bytes front, char *mask, uint8_t *copy)
{
	if (front.n > AH_FRONT_MAX)
		return DROP_HEADER;
	*w = (struct walk){ .r = rd_of(front), .copy = wr_of(copy, AH_FRONT_MAX), .mask = mask };
	wr_bytes(&w->copy, front);
	switch (rd_peek(&w->r, 0) >> 4) {
	case 4: return walk_ip4(w);
	case 6: return walk_ip6(w);
	}
	return DROP_HEADER;
}

static uint64_t
kept(char mask)
{
	return mask == 'm' || mask == 's' ? 0x00 : mask == 'h' ? 0xf0 : 0xff;
}

/* What rules add to that in the fixed part of an IPv4 header. */
static uint64_t
kept_by(const struct ah_rules *rules, uint8_t family, size_t at)
{
	if (rules == NULL || family != 4)
		return 0;
	switch (at) {
	case IP4_TOS_AT: return rules->tos ? 0xff : 0;
	case IP4_FRAGMENT_AT: return rules->offset_mask >> 8;
	case IP4_FRAGMENT_AT + 1: return rules->offset_mask & 0xff;
	default: return 0;
	}
}

enum verdict
ah_prepare_front(struct bytes front, struct wr *out)
{
	return ah_prepare_front_by(NULL, front, out);
}

enum verdict
ah_prepare_front_by(const struct ah_rules *rules, struct bytes front, struct wr *out)
{
	char mask[AH_FRONT_MAX];
	uint8_t copy[AH_FRONT_MAX];
	struct walk w;
	enum verdict v = walk_front(&w, front, mask, copy);
	if (v != ACCEPT)
		return v;
	if (wr_left(out) < front.n)
		return DROP_TOO_BIG;
	struct rd r = rd_of(wr_done(&w.copy));
	uint8_t family = rd_peek(&r, 0) >> 4;
	while (rd_left(&r) > 0) {
		if (w.frag_at != 0 && r.at == w.frag_at)
			rd_skip(&r, FRAG_LEN);
		else
			wr_uint(out, rd_uint(&r, 1) & (kept(mask[r.at - 1]) | kept_by(rules, family, r.at - 1)), 1);
	}
	return ACCEPT;
}

enum verdict
ah_mutability(struct bytes front, char *mask)
{
	uint8_t copy[AH_FRONT_MAX];
	struct walk w;
	return walk_front(&w, front, mask, copy);
}
