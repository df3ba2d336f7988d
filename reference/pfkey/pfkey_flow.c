/*
 * OpenBSD's flows: a policy is a pair of masked addresses with ports, a protocol and what to do. A flow has one layer; it does not say the
 * mode, its SA does, so what names ends is read as a tunnel and what does not as transport. It has no priority and no number.
 */
#include "pfkey/grammar.h"
#include "pfkey/parts.h"
#include "wire/layouts.h"

#include <errno.h>

/* A flow type, and the policy that it is. DONTACQ is REQUIRE that asks nobody for an SA. */
static const struct flow_row {
	uint8_t type, action, level;
} rows[] = {
	{ FLOW_REQUIRE, SPD_PROTECT, LEVEL_REQUIRE },
	{ FLOW_REQUIRE, SPD_PROTECT, LEVEL_DEFAULT },
	{ FLOW_DONTACQ, SPD_PROTECT, LEVEL_REQUIRE },
	{ FLOW_ACQUIRE, SPD_PROTECT, LEVEL_USE },
	{ FLOW_USE, SPD_PROTECT, LEVEL_USE },
	{ FLOW_BYPASS, SPD_BYPASS, 0 },
	{ FLOW_DENY, SPD_DISCARD, 0 },
};

static const struct flow_row *
row_of_type(uint64_t type)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (rows[i].type == type)
			return &rows[i];
	return NULL;
}

static uint8_t
type_of(const struct spd_entry *p)
{
	uint8_t level = p->action == SPD_PROTECT ? p->request[0].level : 0;
	if (p->action == SPD_PROTECT && level == LEVEL_USE && p->passive)
		return FLOW_USE;
	if (p->action == SPD_PROTECT && level == LEVEL_REQUIRE && p->passive)
		return FLOW_DONTACQ;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (rows[i].action == p->action && rows[i].level == level)
			return rows[i].type;
	return 0;
}

/* --- into a message --------------------------------------------------------------------------- */

static bool
check_sayable(const struct dialect *d, const struct spd_entry *p, struct err *e)
{
	const char *why = "";
	if (!selector_is_plain(&p->selector, &why))
		return fail(e, ERR_UNSUPPORTED, "flow: %s cannot say %s", d->name, why);
	if (p->dir > d->dir_max)
		return fail(e, ERR_UNSUPPORTED, "flow.direction: %s has no %u", d->name, p->dir);
	if (p->priority != 0)
		return fail(e, ERR_UNSUPPORTED, "flow: %s has no priorities", d->name);
	if (p->action == SPD_PROTECT && p->n != 1)
		return fail(e, ERR_UNSUPPORTED, "flow: %s has one layer a flow, got %u", d->name, p->n);
	if (type_of(p) == 0 ||
	    (p->action == SPD_PROTECT && (p->request[0].reqid != 0 || !spd_request_is_plain(p->request))))
		return fail(e, ERR_UNSUPPORTED, "flow: %s has no unique SAs", d->name);
	return true;
}

static struct addr
mask_of(uint8_t family, unsigned bits)
{
	struct addr a = { .family = family };
	for (unsigned i = 0; i < bits; i++)
		a.o[i / 8] |= (uint8_t)(0x80 >> i % 8);
	return a;
}

/* Octets of a mask, which nothing else holds. */
static bool
push_masked(struct pfkey_msg *m, enum pfkey_ext flow, enum pfkey_ext mask, const struct addr *a, uint8_t bits,
	    uint32_t port, struct wr *store, struct err *e)
{
	struct addr ones = mask_of(a->family, bits);
	bool any = port == SELECTOR_ANY;
	size_t at = store->n;
	if (!pfkey_msg_push_address(m, flow, a, 0, 0, any ? 0 : (uint16_t)port, e))
		return false;
	struct hdr *h = pfkey_msg_push(m, mask, a->family);
	wr_bytes(store, addr_bytes(&ones));
	if (h == NULL || store->full)
		return fail(e, ERR_RANGE, "%s: the message is full", pfkey_ext_name(mask));
	hdr_set_bytes(h, XAD_ADDR, bytes_slice(wr_done(store), at, store->n - at));
	hdr_set(h, XAD_PORT, any ? 0 : UINT16_MAX);
	return true;
}

static bool
push_kind(struct pfkey_msg *m, const struct spd_entry *p, struct err *e)
{
	struct hdr *type = pfkey_msg_push(m, EXT_X_FLOW_TYPE, 0), *proto = pfkey_msg_push(m, EXT_X_PROTOCOL, 0);
	if (type == NULL || proto == NULL)
		return fail(e, ERR_RANGE, "x_flow_type: the message is full");
	hdr_set(type, XPROTO_VALUE, type_of(p));
	hdr_set(type, XPROTO_DIRECTION, p->dir);
	hdr_set(proto, XPROTO_VALUE, p->selector.protocol == SELECTOR_ANY ? 0 : p->selector.protocol);
	return true;
}

static bool
push_ends(struct pfkey_msg *m, const struct spd_entry *p, struct err *e)
{
	const struct spd_request *r = &p->request[0];
	uint8_t bits = r->src.family == 4 ? 32 : 128;
	if (p->action != SPD_PROTECT || r->mode != MODE_TUNNEL)
		return true;
	return pfkey_msg_push_address(m, EXT_ADDRESS_SRC, &r->src, bits, 0, 0, e) &&
	       pfkey_msg_push_address(m, EXT_ADDRESS_DST, &r->dst, bits, 0, 0, e);
}

bool
pfkey_push_flow(struct pfkey_msg *m, const struct spd_entry *p, struct wr *store, struct err *e)
{
	const struct selector *s = &p->selector;
	if (!check_sayable(m->dialect, p, e))
		return false;
	if (p->action == SPD_PROTECT)
		hdr_set(&m->base, MSG_SATYPE, pfkey_satype_of(p->request[0].protocol));
	return push_ends(m, p, e) &&
	       push_masked(m, EXT_X_SRC_FLOW, EXT_X_SRC_MASK, &s->src, s->src_bits, s->sport, store, e) &&
	       push_masked(m, EXT_X_DST_FLOW, EXT_X_DST_MASK, &s->dst, s->dst_bits, s->dport, store, e) &&
	       push_kind(m, p, e);
}

/* --- and out of one --------------------------------------------------------------------------- */

/* How many ones a mask begins with; false where another one follows a zero. */
static bool
bits_of(const struct addr *mask, uint8_t *bits)
{
	unsigned n = 0, width = mask->family == 4 ? 32 : 128;
	while (n < width && mask->o[n / 8] >> (7 - n % 8) & 1)
		n++;
	*bits = (uint8_t)n;
	for (; n < width; n++)
		if (mask->o[n / 8] >> (7 - n % 8) & 1)
			return false;
	return true;
}

static bool
get_masked(const struct pfkey_msg *m, enum pfkey_ext flow, enum pfkey_ext mask, struct addr *a, uint8_t *bits,
	   uint32_t *port, struct err *e)
{
	const struct hdr *value = pfkey_msg_get(m, flow), *ones = pfkey_msg_get(m, mask);
	uint16_t said, asked;
	if (value == NULL || ones == NULL)
		return fail(e, ERR_SHORT, "%s: want it and its mask", pfkey_ext_name(flow));
	*a = pfkey_address(value, &said);
	struct addr o = pfkey_address(ones, &asked);
	if (a->family == 0 || o.family != a->family || !bits_of(&o, bits))
		return fail(e, ERR_RANGE, "%s: want a mask of ones and then zeros, of the same family",
			    pfkey_ext_name(mask));
	if (asked != 0 && asked != UINT16_MAX)
		return fail(e, ERR_UNSUPPORTED, "%s.port: want 0 or 65535, got %u", pfkey_ext_name(mask), asked);
	*port = asked != 0 ? said : SELECTOR_ANY;
	for (unsigned i = *bits; i < (a->family == 4 ? 32U : 128U); i++)
		a->o[i / 8] &= (uint8_t) ~(0x80 >> i % 8); /* bits behind the mask do not select */
	return true;
}

static bool
get_request(const struct pfkey_msg *m, const struct flow_row *row, struct spd_entry *p, struct err *e)
{
	const struct hdr *src = pfkey_msg_get(m, EXT_ADDRESS_SRC), *dst = pfkey_msg_get(m, EXT_ADDRESS_DST);
	struct spd_request *r = &p->request[0];
	r->protocol = pfkey_protocol_of(m->base.v[MSG_SATYPE].u);
	r->level = row->level;
	r->mode = dst != NULL ? MODE_TUNNEL : MODE_TRANSPORT;
	if (src != NULL && dst != NULL) {
		r->src = pfkey_address(src, NULL);
		r->dst = pfkey_address(dst, NULL);
	}
	p->n = 1;
	return r->protocol != 0 || fail(e, ERR_RANGE, "pfkey.satype: want the protocol that the flow asks for, got %u",
					(unsigned)m->base.v[MSG_SATYPE].u);
}

bool
pfkey_get_flow(const struct pfkey_msg *m, struct spd_entry *p, struct err *e)
{
	const struct hdr *type = pfkey_msg_get(m, EXT_X_FLOW_TYPE), *proto = pfkey_msg_get(m, EXT_X_PROTOCOL);
	struct selector *s = &p->selector;
	memset(p, 0, sizeof *p);
	if (type == NULL || proto == NULL)
		return fail(e, ERR_SHORT, "%s: want x_flow_type and x_protocol", pfkey_type_name(pfkey_msg_type(m)));
	const struct flow_row *row = row_of_type(type->v[XPROTO_VALUE].u);
	if (row == NULL)
		return fail(e, ERR_RANGE, "x_flow_type: %u is no type", (unsigned)type->v[XPROTO_VALUE].u);
	p->dir = (uint8_t)type->v[XPROTO_DIRECTION].u;
	if (p->dir < DIR_IN || p->dir > m->dialect->dir_max)
		return fail(e, ERR_RANGE, "x_flow_type.direction: want 1 or 2, got %u", p->dir);
	p->action = row->action;
	p->passive = row->type == FLOW_USE || row->type == FLOW_DONTACQ;
	s->protocol = proto->v[XPROTO_VALUE].u != 0 ? (uint32_t)proto->v[XPROTO_VALUE].u : SELECTOR_ANY;
	if (!get_masked(m, EXT_X_SRC_FLOW, EXT_X_SRC_MASK, &s->src, &s->src_bits, &s->sport, e) ||
	    !get_masked(m, EXT_X_DST_FLOW, EXT_X_DST_MASK, &s->dst, &s->dst_bits, &s->dport, e))
		return false;
	if (s->src.family != s->dst.family)
		return fail(e, ERR_RANGE, "flow: want addresses of one family");
	return p->action != SPD_PROTECT || get_request(m, row, p, e);
}
