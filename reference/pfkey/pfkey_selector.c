/*
 * Selectors of a policy, and of an SA: what prefixes and single ports can say rides in the address extensions, as everywhere; the rest
 * (RFC 4301 4.4.1.1, 4.4.1.2) in x_selector, an extension of our own engine. Where a dialect has none, that is refused by name.
 */
#include "pfkey/parts.h"
#include "pfkey/pfkey_fields.h"
#include "wire/layouts.h"

const struct field pfkey_selector_fields[XSEL_NF] = {
	EXT_HEAD,
	[XSEL_PFP] = { "pfp", 8, F_HEX, NULL, NULL },
	[XSEL_SRC_FAMILY] = { "src_family", 8, F_UINT, NULL, NULL },
	[XSEL_DST_FAMILY] = { "dst_family", 8, F_UINT, NULL, NULL },
	[XSEL_RANGES] = { "ranges", 8, F_HEX, NULL, NULL },
	[XSEL_SRC_BITS] = { "src_bits", 8, F_UINT, NULL, NULL },
	[XSEL_DST_BITS] = { "dst_bits", 8, F_UINT, NULL, NULL },
	[XSEL_RESERVED] = { "reserved", 16, F_HEX, NULL, NULL },
	[XSEL_PROTOCOL] = { "protocol", 32, F_UINT, NULL, NULL },
	[XSEL_SPORT] = { "sport", 32, F_UINT, NULL, NULL },
	[XSEL_SPORT_LAST] = { "sport_last", 32, F_UINT, NULL, NULL },
	[XSEL_DPORT] = { "dport", 32, F_UINT, NULL, NULL },
	[XSEL_DPORT_LAST] = { "dport_last", 32, F_UINT, NULL, NULL },
	[XSEL_SRC] = { "src", 128, F_BYTES, NULL, NULL },
	[XSEL_SRC_LAST] = { "src_last", 128, F_BYTES, NULL, NULL },
	[XSEL_DST] = { "dst", 128, F_BYTES, NULL, NULL },
	[XSEL_DST_LAST] = { "dst_last", 128, F_BYTES, NULL, NULL },
	[XSEL_NAME] = { "name", SELECTOR_NAME_MAX * 8, F_BYTES, NULL, NULL },
};

enum { RANGE_SRC = 1, RANGE_DST = 2 };

/* --- into a message --------------------------------------------------------------------------- */

bool
pfkey_push_x_selector(struct pfkey_msg *m, const struct selector *s, uint8_t pfp)
{
	struct hdr *h = pfkey_msg_push(m, EXT_X_SELECTOR, 0);
	unsigned ranges = (s->src_last.family != 0 ? RANGE_SRC : 0u) | (s->dst_last.family != 0 ? RANGE_DST : 0u);
	if (h == NULL)
		return false;
	hdr_set(h, XSEL_PFP, pfp);
	hdr_set(h, XSEL_SRC_FAMILY, s->src.family);
	hdr_set(h, XSEL_DST_FAMILY, s->dst.family);
	hdr_set(h, XSEL_RANGES, ranges);
	hdr_set(h, XSEL_SRC_BITS, s->src_bits);
	hdr_set(h, XSEL_DST_BITS, s->dst_bits);
	hdr_set(h, XSEL_PROTOCOL, s->protocol);
	hdr_set(h, XSEL_SPORT, s->sport);
	hdr_set(h, XSEL_SPORT_LAST, s->sport_last);
	hdr_set(h, XSEL_DPORT, s->dport);
	hdr_set(h, XSEL_DPORT_LAST, s->dport_last);
	hdr_set_bytes(h, XSEL_SRC, BYTES_OF(s->src.o));
	hdr_set_bytes(h, XSEL_SRC_LAST, BYTES_OF(s->src_last.o));
	hdr_set_bytes(h, XSEL_DST, BYTES_OF(s->dst.o));
	hdr_set_bytes(h, XSEL_DST_LAST, BYTES_OF(s->dst_last.o));
	hdr_set_bytes(h, XSEL_NAME, (struct bytes){ (const uint8_t *)s->name, sizeof s->name });
	return true;
}

static bool
is_icmp(uint32_t protocol)
{
	return protocol == IPPROTO_ICMP4 || protocol == IPPROTO_ICMP6;
}

/* Port 0 means any. An ICMP type rides in the source port and a code in the other, so that code 0 alone is any code. */
static bool
needs_x_selector(const struct selector *s, uint8_t pfp, const char **why)
{
	bool code_0 = is_icmp(s->protocol) && s->sport != SELECTOR_ANY && s->dport == 0;
	if (!selector_is_plain(s, why))
		return true;
	if (pfp != 0)
		*why = "populate-from-packet";
	else if (s->sport == 0 || (s->dport == 0 && !code_0))
		*why = "port 0 alone, it means any";
	return *why != NULL;
}

static uint16_t
plain_port(uint32_t port)
{
	return port < SELECTOR_ANY ? (uint16_t)port : 0;
}

static bool
push_prefix(struct pfkey_msg *m, enum pfkey_ext kind, const struct addr *a, uint8_t bits, const struct selector *s,
	    uint16_t port, struct err *e)
{
	uint8_t proto = s->protocol >= SELECTOR_ANY ? PFKEY_ULPROTO_ANY : (uint8_t)s->protocol;
	return pfkey_msg_push_address(m, kind, a, bits, proto, port, e);
}

bool
pfkey_push_selector(struct pfkey_msg *m, const struct selector *s, uint8_t pfp, struct err *e)
{
	const char *why;
	bool more = needs_x_selector(s, pfp, &why);
	if (more && m->dialect->ext_number[EXT_X_SELECTOR] < 0)
		return fail(e, ERR_UNSUPPORTED, "selector: PF_KEY of %s cannot say %s", m->dialect->name, why);
	return push_prefix(m, EXT_ADDRESS_SRC, &s->src, s->src_bits, s, plain_port(s->sport), e) &&
	       push_prefix(m, EXT_ADDRESS_DST, &s->dst, s->dst_bits, s, plain_port(s->dport), e) &&
	       (!more || pfkey_push_x_selector(m, s, pfp) || fail(e, ERR_RANGE, "x_selector: the message is full"));
}

/* --- and out of one --------------------------------------------------------------------------- */

static bool
get_range(const struct hdr *x, unsigned family_at, unsigned at, bool is_range, struct addr *first, struct addr *last)
{
	uint64_t family = x->v[family_at].u;
	size_t octets = family == 4 ? 4 : 16;
	if (family != 4 && family != 6)
		return false;
	*first = addr_of(bytes_slice(x->v[at].b, 0, octets));
	*last = (struct addr){ 0 };
	if (is_range)
		*last = addr_of(bytes_slice(x->v[at + 1].b, 0, octets));
	return true;
}

static void
get_name(const struct hdr *x, char name[SELECTOR_NAME_MAX])
{
	struct rd r = rd_of(x->v[XSEL_NAME].b);
	for (unsigned i = 0; i + 1 < SELECTOR_NAME_MAX && rd_left(&r) > 0; i++)
		name[i] = (char)rd_uint(&r, 1);
}

bool
pfkey_get_x_selector(const struct pfkey_msg *m, struct selector *s, uint8_t *pfp, bool *there, struct err *e)
{
	const struct hdr *x = pfkey_msg_get(m, EXT_X_SELECTOR);
	*there = x != NULL;
	if (x == NULL)
		return true;
	*s = (struct selector){ .src_bits = (uint8_t)x->v[XSEL_SRC_BITS].u,
				.dst_bits = (uint8_t)x->v[XSEL_DST_BITS].u,
				.protocol = (uint32_t)x->v[XSEL_PROTOCOL].u,
				.sport = (uint32_t)x->v[XSEL_SPORT].u,
				.sport_last = (uint32_t)x->v[XSEL_SPORT_LAST].u,
				.dport = (uint32_t)x->v[XSEL_DPORT].u,
				.dport_last = (uint32_t)x->v[XSEL_DPORT_LAST].u };
	*pfp = (uint8_t)(x->v[XSEL_PFP].u & PFP_ALL);
	get_name(x, s->name);
	uint64_t ranges = x->v[XSEL_RANGES].u;
	if (!get_range(x, XSEL_SRC_FAMILY, XSEL_SRC, ranges & RANGE_SRC, &s->src, &s->src_last) ||
	    !get_range(x, XSEL_DST_FAMILY, XSEL_DST, ranges & RANGE_DST, &s->dst, &s->dst_last) ||
	    s->src.family != s->dst.family)
		return fail(e, ERR_RANGE, "x_selector: want one family, 4 or 6  [RFC 4301 4.4.1.1]");
	return selector_check(s, *pfp, e);
}

/* Bits behind the prefix do not select, so they are not kept. */
static struct addr
prefix_of(const struct hdr *x, uint8_t *bits, uint32_t *port)
{
	uint16_t said = 0;
	struct addr a = pfkey_address(x, &said), last;
	*port = said != 0 ? said : SELECTOR_ANY;
	*bits = (uint8_t)x->v[XAD_PREFIXLEN].u;
	addr_prefix_ends(&a, *bits, &a, &last);
	return a;
}

/* The prefixes, ports and protocol of two address extensions. */
static void
get_plain(const struct hdr *src, const struct hdr *dst, struct selector *s)
{
	uint64_t proto = src->v[XAD_PROTO].u;
	*s = (struct selector){ 0 };
	s->src = prefix_of(src, &s->src_bits, &s->sport);
	s->dst = prefix_of(dst, &s->dst_bits, &s->dport);
	s->protocol = proto == PFKEY_ULPROTO_ANY || proto == 0 ? SELECTOR_ANY : (uint32_t)proto;
}

bool
pfkey_get_selector(const struct pfkey_msg *m, struct selector *s, uint8_t *pfp, struct err *e)
{
	const struct hdr *src = pfkey_msg_get(m, EXT_ADDRESS_SRC), *dst = pfkey_msg_get(m, EXT_ADDRESS_DST);
	bool there;
	if (src == NULL || dst == NULL)
		return fail(e, ERR_SHORT, "%s: want address_src and address_dst", pfkey_type_name(pfkey_msg_type(m)));
	get_plain(src, dst, s);
	if (s->src.family == 0 || s->src.family != s->dst.family)
		return fail(e, ERR_RANGE, "addresses: want one family that we know");
	return pfkey_get_x_selector(m, s, pfp, &there, e);
}

/* Of an SA: RFC 2367 2.3.3 keeps ports out of ADD, so that plain addresses say nothing; Solaris has inner ones. */
bool
pfkey_get_sa_selector(const struct pfkey_msg *m, struct sa_spec *s, struct err *e)
{
	uint8_t pfp;
	const struct hdr *src = pfkey_msg_get(m, EXT_ADDRESS_PROXY), *dst = pfkey_msg_get(m, EXT_X_INNER_DST);
	if (!pfkey_get_x_selector(m, &s->selector, &pfp, &s->selects, e))
		return false;
	if (s->selects || src == NULL || dst == NULL)
		return true;
	get_plain(src, dst, &s->selector);
	s->selects = s->selector.src.family != 0 && s->selector.src.family == s->selector.dst.family;
	return true;
}
