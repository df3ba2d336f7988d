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
	return (q->mode != MODE_TUNNEL || get_ends(d, &body, swap, q, e)) && record_get_asked(d, &body, q, e);
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
	hdr_set(&h, REQ_LEN, d->request_header + ends + record_asked_n(d, q));
	hdr_set(&h, REQ_PROTO, q->protocol);
	hdr_set(&h, REQ_MODE, q->mode);
	hdr_set(&h, REQ_LEVEL, q->level);
	hdr_set(&h, REQ_REQID, q->reqid);
	hdr_put(&h, w, false);
	if (q->mode == MODE_TUNNEL) {
		record_put_sockaddr(d, &q->src, w);
		record_put_sockaddr(d, &q->dst, w);
	}
	return record_put_asked(d, q, w, e);
}

/* --- a policy into a message ------------------------------------------------------------------ */

bool
pfkey_push_policy(struct pfkey_msg *m, const struct spd_entry *p, struct wr *store, struct err *e)
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
	uint8_t dir = p->dir & 3, table = p->dir >> 2;
	if (dir > m->dialect->dir_max || (table != 0 && !m->dialect->own_policies))
		return fail(e, ERR_UNSUPPORTED, "x_policy.dir: %s has no %u", m->dialect->name, p->dir);
	if (p->priority != 0 && !m->dialect->priority)
		return fail(e, ERR_UNSUPPORTED, "x_policy.priority: %s has none", m->dialect->name);
	hdr_set(h, XPOL_TYPE, types[p->action]);
	hdr_set(h, XPOL_DIR, dir);
	hdr_set(h, XPOL_RESERVED, table);
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
	if (m->dialect->ext_number[EXT_X_FLOW_TYPE] >= 0)
		return pfkey_push_flow(m, p, store, e);
	if (pfkey_lifetime_is_set(&p->hard) && !pfkey_push_lifetime(m, EXT_LIFETIME_HARD, &p->hard))
		return fail(e, ERR_RANGE, "lifetime_hard: the message is full");
	return pfkey_push_selector(m, &p->selector, p->pfp, e) && pfkey_push_policy(m, p, store, e);
}

bool
pfkey_msg_from_policy(struct pfkey_msg *m, const struct spd_entry *p, struct wr *store, struct err *e)
{
	if (m->dialect->ext_number[EXT_X_FLOW_TYPE] >= 0)
		return pfkey_push_flow(m, p, store, e);
	enum pfkey_type type = pfkey_msg_type(m);
	struct spd_entry said = *p;
	if (type != PFKEY_X_SPDGET && type != PFKEY_X_SPDDELETE2 && type != PFKEY_X_SPDDELETE)
		return pfkey_push_entry(m, p, store, e);
	said.n = 0;
	return (type != PFKEY_X_SPDDELETE || pfkey_push_selector(m, &p->selector, p->pfp, e)) &&
	       pfkey_push_policy(m, &said, store, e);
}

/* --- and out of one --------------------------------------------------------------------------- */

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

bool
pfkey_get_requests(const struct pfkey_msg *m, const struct hdr *h, struct spd_entry *p, struct err *e)
{
	struct rd r = rd_of(h->v[XPOL_REQUESTS].b);
	for (p->n = 0; rd_left(&r) > 0; p->n++) {
		struct spd_request q;
		if (p->n >= SPD_REQUESTS)
			return fail(e, ERR_UNSUPPORTED, "x_policy.requests: want at most %d", SPD_REQUESTS);
		if (!get_request(m->dialect, &r, m->swapped, &q, e))
			return false;
		bool clear = q.protocol == 0 && m->dialect->own_policies;
		if ((pfkey_satype_of(q.protocol) == SATYPE_UNSPEC && !clear) || q.mode > MODE_TUNNEL)
			return fail(e, ERR_UNSUPPORTED,
				    "x_policy.requests: want esp, ah or ipcomp, transport or tunnel, "
				    "got protocol %u, mode %u",
				    q.protocol, q.mode);
		p->request[p->n] = q;
	}
	return true;
}

bool
pfkey_msg_to_policy(const struct pfkey_msg *m, struct spd_entry *p, struct err *e)
{
	if (m->dialect->ext_number[EXT_X_FLOW_TYPE] >= 0)
		return pfkey_get_flow(m, p, e);
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
	if (m->dialect->own_policies)
		p->dir = SPD_DIR(h->v[XPOL_RESERVED].u % SPD_TABLES, p->dir);
	p->id = (uint32_t)h->v[XPOL_ID].u;
	p->priority = m->dialect->priority ? (uint32_t)h->v[XPOL_PRIORITY].u : 0;
	pfkey_get_lifetime(m, EXT_LIFETIME_HARD, &p->hard);
	pfkey_get_lifetime(m, EXT_LIFETIME_CURRENT, &p->current);
	return pfkey_get_selector(m, &p->selector, &p->pfp, e) &&
	       (p->action != SPD_PROTECT || pfkey_get_requests(m, h, p, e));
}
