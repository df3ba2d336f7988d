/*
 * Policies in messages: sadb_x_policy and the request records behind it, selectors in the address extensions. KAME's
 * layout; the record head is 16 octets on Linux and 8 elsewhere, its length counts octets.
 */
#include "pfkey/grammar.h"
#include "pfkey/parts.h"
#include "pfkey/record.h"
#include "wire/layouts.h"

#include <errno.h>

enum { MODE_MAX_KNOWN = 3 }; /* BEET on Linux, TCP-MD5 on FreeBSD: framed alike, not for our engine */

/* --- requests --------------------------------------------------------------------------------- */

/* Tunnel ends: two addresses of one family. */
static bool
get_ends(const struct dialect *d, struct rd *body, bool swap, struct spd_request *q, struct err *e)
{
	struct hdr src, dst;
	if (!record_get_sockaddr(&src, d, body, swap, e) || !record_get_sockaddr(&dst, d, body, swap, e))
		return err_prefix(e, "x_policy.requests: tunnel ends");
	q->src = record_sockaddr_addr(&src);
	q->dst = record_sockaddr_addr(&dst);
	if (q->src.family == 0 || q->src.family != q->dst.family)
		return fail(e, ERR_RANGE, "x_policy.requests: want tunnel ends of one family, got %u and %u",
			    (unsigned)src.v[SOCK_FAMILY].u, (unsigned)dst.v[SOCK_FAMILY].u);
	return true;
}

static bool
get_request(const struct dialect *d, struct rd *r, bool swap, struct spd_request *q, struct err *e)
{
	struct hdr h;
	struct rd look = *r;
	memset(q, 0, sizeof *q);
	if (!hdr_get(&h, record_request_layout(d), &look, swap, e))
		return err_prefix(e, "x_policy.requests");
	size_t octets = (size_t)h.v[REQ_LEN].u;
	if (octets < d->request_header || octets > rd_left(r))
		return fail(e, ERR_RANGE, "x_policy.requests: request.len: want %u to %zu octets, got %zu",
			    d->request_header, rd_left(r), octets);
	struct rd body = rd_sub(r, octets);
	rd_skip(&body, d->request_header);
	if (h.v[REQ_MODE].u > MODE_MAX_KNOWN || h.v[REQ_LEVEL].u > LEVEL_UNIQUE)
		return fail(e, ERR_RANGE, "x_policy.requests: mode %u, level %u: no such value",
			    (unsigned)h.v[REQ_MODE].u, (unsigned)h.v[REQ_LEVEL].u);
	q->protocol = (uint8_t)h.v[REQ_PROTO].u;
	q->mode = (uint8_t)h.v[REQ_MODE].u;
	q->level = (uint8_t)h.v[REQ_LEVEL].u;
	q->reqid = (uint32_t)h.v[REQ_REQID].u;
	return q->mode != MODE_TUNNEL || get_ends(d, &body, swap, q, e);
}

int
pfkey_check_requests(const struct pfkey_msg *m, const struct hdr *policy, struct err *e)
{
	struct rd r = rd_of(policy->v[XPOL_REQUESTS].b);
	struct spd_request q;
	if (policy->v[XPOL_TYPE].u != POLICY_IPSEC)
		return 0;
	while (rd_left(&r) > 0)
		if (!get_request(m->dialect, &r, m->swapped, &q, e))
			return pfkey_refuse(e, EINVAL, "%s", e != NULL ? e->text : "");
	return 0;
}

static bool
put_request(const struct dialect *d, const struct spd_request *q, struct wr *w, struct err *e)
{
	struct hdr h = hdr_of(record_request_layout(d));
	unsigned reqid_bits = h.lay->fields[REQ_REQID].bits;
	size_t ends = q->mode != MODE_TUNNEL ? 0 : q->src.family == 4 ? 2 * SIN_OCTETS : 2 * SIN6_OCTETS;
	if (q->mode == MODE_TUNNEL && (q->src.family == 0 || q->src.family != q->dst.family))
		return fail(e, ERR_UNSUPPORTED, "x_policy: a tunnel needs two ends of one family");
	if (reqid_bits < 32 && q->reqid >> reqid_bits != 0)
		return fail(e, ERR_UNSUPPORTED, "x_policy: request id %u: %s has %u bits", q->reqid, d->name,
			    reqid_bits);
	hdr_set(&h, REQ_LEN, d->request_header + ends);
	hdr_set(&h, REQ_PROTO, q->protocol);
	hdr_set(&h, REQ_MODE, q->mode);
	hdr_set(&h, REQ_LEVEL, q->level);
	hdr_set(&h, REQ_REQID, q->reqid);
	hdr_put(&h, w, false);
	if (q->mode == MODE_TUNNEL) {
		record_put_sockaddr(d, &q->src, w);
		record_put_sockaddr(d, &q->dst, w);
	}
	return true;
}

/* --- a policy into a message ------------------------------------------------------------------ */

static bool
push_policy(struct pfkey_msg *m, const struct spd_entry *p, struct wr *store, struct err *e)
{
	static const uint16_t types[] = {
		[SPD_DISCARD] = POLICY_DISCARD,
		[SPD_BYPASS] = POLICY_NONE,
		[SPD_PROTECT] = POLICY_IPSEC,
	};
	struct hdr *h = pfkey_msg_push(m, EXT_X_POLICY, 0);
	size_t at = store->n;
	if (h == NULL)
		return fail(e, ERR_RANGE, "x_policy: the message is full");
	if (p->dir > m->dialect->dir_max)
		return fail(e, ERR_UNSUPPORTED, "x_policy.dir: %s has no %u", m->dialect->name, p->dir);
	if (p->priority != 0 && !m->dialect->priority)
		return fail(e, ERR_UNSUPPORTED, "x_policy.priority: %s has none", m->dialect->name);
	hdr_set(h, XPOL_TYPE, types[p->action]);
	hdr_set(h, XPOL_DIR, p->dir);
	hdr_set(h, XPOL_ID, p->id);
	hdr_set(h, XPOL_PRIORITY, p->priority);
	for (unsigned i = 0; i < p->n && p->action == SPD_PROTECT; i++)
		if (!put_request(m->dialect, &p->request[i], store, e))
			return false;
	if (store->full)
		return fail(e, ERR_RANGE, "x_policy: want room for %u requests, got %zu octets", p->n, store->cap - at);
	hdr_set_bytes(h, XPOL_REQUESTS, bytes_slice(wr_done(store), at, store->n - at));
	return true;
}

static bool
is_icmp(uint32_t protocol)
{
	return protocol == IPPROTO_ICMP4 || protocol == IPPROTO_ICMP6;
}

/* Port 0 means any. An ICMP type rides in the source port and a code in the other, so that code 0 alone is any code. */
static bool
port_of(uint32_t selector, uint16_t *port, struct err *e)
{
	*port = selector == SELECTOR_ANY ? 0 : (uint16_t)selector;
	if (selector == 0)
		return fail(e, ERR_UNSUPPORTED, "address.port: PF_KEY cannot ask for 0 alone, it means any");
	return true;
}

static bool
push_selector(struct pfkey_msg *m, const struct selector *s, struct err *e)
{
	uint16_t sport = 0, dport = 0;
	uint8_t proto = s->protocol == SELECTOR_ANY ? PFKEY_ULPROTO_ANY : (uint8_t)s->protocol;
	bool code_0 = is_icmp(s->protocol) && s->sport != SELECTOR_ANY && s->dport == 0;
	if (!port_of(s->sport, &sport, e) || (!code_0 && !port_of(s->dport, &dport, e)))
		return false;
	return pfkey_msg_push_address(m, EXT_ADDRESS_SRC, &s->src, s->src_bits, proto, sport, e) &&
	       pfkey_msg_push_address(m, EXT_ADDRESS_DST, &s->dst, s->dst_bits, proto, dport, e);
}

bool
pfkey_push_lifetime(struct pfkey_msg *m, enum pfkey_ext kind, const struct lifetime *t)
{
	struct hdr *h = pfkey_msg_push(m, kind, 0);
	if (h == NULL)
		return false;
	hdr_set(h, XLT_ALLOCATIONS, t->allocations);
	hdr_set(h, XLT_BYTES, t->bytes);
	hdr_set(h, XLT_ADDTIME, t->addtime);
	hdr_set(h, XLT_USETIME, t->usetime);
	return true;
}

bool
pfkey_lifetime_is_set(const struct lifetime *t)
{
	return t->allocations != 0 || t->bytes != 0 || t->addtime != 0 || t->usetime != 0;
}

bool
pfkey_push_entry(struct pfkey_msg *m, const struct spd_entry *p, struct wr *store, struct err *e)
{
	if (pfkey_lifetime_is_set(&p->hard) && !pfkey_push_lifetime(m, EXT_LIFETIME_HARD, &p->hard))
		return fail(e, ERR_RANGE, "lifetime_hard: the message is full");
	return push_selector(m, &p->selector, e) && push_policy(m, p, store, e);
}

bool
pfkey_msg_from_policy(struct pfkey_msg *m, const struct spd_entry *p, struct wr *store, struct err *e)
{
	enum pfkey_type type = pfkey_msg_type(m);
	struct spd_entry said = *p;
	if (type != PFKEY_X_SPDGET && type != PFKEY_X_SPDDELETE2 && type != PFKEY_X_SPDDELETE)
		return pfkey_push_entry(m, p, store, e);
	said.n = 0;
	return (type != PFKEY_X_SPDDELETE || push_selector(m, &p->selector, e)) && push_policy(m, &said, store, e);
}

/* --- and out of one --------------------------------------------------------------------------- */

/* Bits behind the prefix do not select, so they are not kept. */
static struct addr
prefix_of(const struct hdr *x, uint8_t *bits, uint32_t *port)
{
	uint16_t said = 0;
	struct addr a = pfkey_address(x, &said);
	*port = said != 0 ? said : SELECTOR_ANY;
	*bits = (uint8_t)x->v[XAD_PREFIXLEN].u;
	for (unsigned i = *bits; i < (a.family == 4 ? 32U : 128U); i++)
		a.o[i / 8] &= (uint8_t) ~(0x80 >> i % 8);
	return a;
}

static bool
get_selector(const struct pfkey_msg *m, struct selector *s, struct err *e)
{
	const struct hdr *src = pfkey_msg_get(m, EXT_ADDRESS_SRC), *dst = pfkey_msg_get(m, EXT_ADDRESS_DST);
	if (src == NULL || dst == NULL)
		return fail(e, ERR_SHORT, "%s: want address_src and address_dst", pfkey_type_name(pfkey_msg_type(m)));
	uint64_t proto = src->v[XAD_PROTO].u;
	s->src = prefix_of(src, &s->src_bits, &s->sport);
	s->dst = prefix_of(dst, &s->dst_bits, &s->dport);
	if (s->src.family == 0 || s->src.family != s->dst.family)
		return fail(e, ERR_RANGE, "addresses: want one family that we know");
	s->protocol = proto == PFKEY_ULPROTO_ANY || proto == 0 ? SELECTOR_ANY : (uint32_t)proto;
	return true;
}

void
pfkey_get_lifetime(const struct pfkey_msg *m, enum pfkey_ext kind, struct lifetime *t)
{
	const struct hdr *h = pfkey_msg_get(m, kind);
	if (h == NULL)
		return;
	t->allocations = (uint32_t)h->v[XLT_ALLOCATIONS].u;
	t->bytes = h->v[XLT_BYTES].u;
	t->addtime = h->v[XLT_ADDTIME].u;
	t->usetime = h->v[XLT_USETIME].u;
}

static bool
get_requests(const struct pfkey_msg *m, const struct hdr *h, struct spd_entry *p, struct err *e)
{
	struct rd r = rd_of(h->v[XPOL_REQUESTS].b);
	for (p->n = 0; rd_left(&r) > 0; p->n++) {
		struct spd_request q;
		if (p->n >= SPD_REQUESTS)
			return fail(e, ERR_UNSUPPORTED, "x_policy.requests: want at most %d", SPD_REQUESTS);
		if (!get_request(m->dialect, &r, m->swapped, &q, e))
			return false;
		if ((q.protocol != IPPROTO_ESP_ && q.protocol != IPPROTO_AH_) || q.mode > MODE_TUNNEL)
			return fail(e, ERR_UNSUPPORTED,
				    "x_policy.requests: want esp or ah, transport or tunnel, "
				    "got protocol %u, mode %u",
				    q.protocol, q.mode);
		p->request[p->n] = q;
	}
	return true;
}

bool
pfkey_msg_to_policy(const struct pfkey_msg *m, struct spd_entry *p, struct err *e)
{
	const struct hdr *h = pfkey_msg_get(m, EXT_X_POLICY);
	memset(p, 0, sizeof *p);
	if (h == NULL)
		return fail(e, ERR_SHORT, "%s: want x_policy", pfkey_type_name(pfkey_msg_type(m)));
	if (h->v[XPOL_DIR].u < DIR_IN || h->v[XPOL_DIR].u > m->dialect->dir_max)
		return fail(e, ERR_RANGE, "x_policy.dir: want 1 to %u, got %u", m->dialect->dir_max,
			    (unsigned)h->v[XPOL_DIR].u);
	if (h->v[XPOL_TYPE].u > POLICY_IPSEC)
		return fail(e, ERR_RANGE, "x_policy.type: want discard, none or ipsec, got %u",
			    (unsigned)h->v[XPOL_TYPE].u);
	static const uint8_t actions[] = {
		[POLICY_DISCARD] = SPD_DISCARD,
		[POLICY_NONE] = SPD_BYPASS,
		[POLICY_IPSEC] = SPD_PROTECT,
	};
	p->action = actions[h->v[XPOL_TYPE].u];
	p->dir = (uint8_t)h->v[XPOL_DIR].u;
	p->id = (uint32_t)h->v[XPOL_ID].u;
	p->priority = m->dialect->priority ? (uint32_t)h->v[XPOL_PRIORITY].u : 0;
	pfkey_get_lifetime(m, EXT_LIFETIME_HARD, &p->hard);
	pfkey_get_lifetime(m, EXT_LIFETIME_CURRENT, &p->current);
	return get_selector(m, &p->selector, e) && (p->action != SPD_PROTECT || get_requests(m, h, p, e));
}
