/*
 * ACQUIRE, RFC 2367 3.1.6: from the host that needs an SA, from a manager that failed, from a user of SAs outside the
 * kernel; and PCHANGE, appendix B. One unanswered ACQUIRE per need, so that a stream of packets asks once, and so many of them: where
 * needs are flows (populate-from-packet, an SA of one's own) anybody's packets make them.
 */
#include "pfkey/sadb_engine.h"
#include "wire/layouts.h"

#include <errno.h>
#include <stdlib.h>

struct sadb_pending {
	uint32_t seq, reqid;
	uint32_t policy; /* id of the entry that asks */
	bool extended;   /* an extended ACQUIRE went out with it */
	uint8_t satype, mode;
	struct addr src, dst;
	struct selector selector; /* what the SA is to be for, where the packet had a say (RFC 4301 4.4.1.2) */
	uint64_t born;
	struct sadb_pending *next;
};

/* --- what is pending -------------------------------------------------------------------------- */

static void
drop(struct sadb_pending **at)
{
	struct sadb_pending *p = *at;
	*at = p->next;
	free(p);
}

static bool
is_path(const struct sadb_pending *p, uint8_t satype, const struct addr *src, const struct addr *dst)
{
	return p->satype == satype && addr_equal(&p->src, src) && addr_equal(&p->dst, dst);
}

/* The SA of the other direction, with the same seq, does not answer: nothing can go out by it. */
void
sadb_acquire_answered(struct sadb *d, uint32_t seq, const struct sa *sa)
{
	const struct sa_spec *s = &sa->spec;
	uint8_t satype = pfkey_satype_of(s->protocol);
	for (struct sadb_pending **at = &d->pending; *at != NULL;) {
		const struct sadb_pending *p = *at;
		if (is_path(p, satype, &s->src, &s->dst) && (p->seq == seq || p->reqid == 0 || p->reqid == s->reqid))
			drop(at);
		else
			at = &(*at)->next;
	}
}

void
sadb_acquire_tick(struct sadb *d, uint64_t now)
{
	uint32_t said = d->setup.settings->acquire, limit = said != 0 ? said : SADB_ACQUIRE_SECONDS;
	for (struct sadb_pending **at = &d->pending; *at != NULL;) {
		if (now >= (*at)->born && now - (*at)->born >= limit)
			drop(at);
		else
			at = &(*at)->next;
	}
}

void
sadb_acquire_forget(struct sadb *d, uint64_t satype)
{
	for (struct sadb_pending **at = &d->pending; *at != NULL;) {
		if (satype == SATYPE_UNSPEC || (*at)->satype == satype)
			drop(at);
		else
			at = &(*at)->next;
	}
}

void
sadb_acquire_drop_all(struct sadb *d)
{
	while (d->pending != NULL)
		drop(&d->pending);
}

static bool
is_pending(const struct sadb *d, const struct spd_entry *policy, const struct spd_request *r, const struct addr *src,
	   const struct addr *dst)
{
	for (const struct sadb_pending *p = d->pending; p != NULL; p = p->next)
		if (is_path(p, pfkey_satype_of(r->protocol), src, dst) && p->mode == r->mode && p->reqid == r->reqid &&
		    (policy->pfp == 0 || selector_equal(&p->selector, &policy->selector)))
			return true;
	return false;
}

/* --- the host asks ---------------------------------------------------------------------------- */

/* Of a range nobody knows which. */
static uint16_t
one_port(uint32_t first, uint32_t last)
{
	return first >= SELECTOR_ANY || last > first ? 0 : (uint16_t)first;
}

/* The traffic that the SA is for, beyond what addresses and ports say: the packet's values where PFP is set, else the entry's. */
static bool
push_traffic(struct pfkey_msg *m, const struct spd_entry *policy)
{
	const char *why;
	bool plain = policy->pfp == 0 && selector_is_plain(&policy->selector, &why);
	return plain || m->dialect->ext_number[EXT_X_SELECTOR] < 0 ||
	       pfkey_push_x_selector(m, &policy->selector, policy->pfp);
}

/* Ports of the session that needs keys, RFC 2367 2.3.3, as far as the policy names them. */
static bool
push_ends(struct pfkey_msg *m, const struct selector *s, const struct addr *src, const struct addr *dst)
{
	bool icmp = s->protocol == IPPROTO_ICMP4 || s->protocol == IPPROTO_ICMP6;
	uint8_t proto = s->protocol >= SELECTOR_ANY ? 0 : (uint8_t)s->protocol;
	uint16_t sport = icmp || proto == 0 ? 0 : one_port(s->sport, s->sport_last);
	uint16_t dport = icmp || proto == 0 ? 0 : one_port(s->dport, s->dport_last);
	uint8_t bits = src->family == 4 ? 32 : 128;
	return pfkey_msg_push_address(m, EXT_ADDRESS_SRC, src, bits, proto, sport, NULL) &&
	       pfkey_msg_push_address(m, EXT_ADDRESS_DST, dst, bits, proto, dport, NULL);
}

/* What names the policy: KAME's x_policy, with mode and id; OpenBSD's number, by which ASKPOLICY asks. */
static bool
push_policy(struct pfkey_msg *m, const struct spd_entry *policy, const struct spd_request *r)
{
	const int8_t *has = m->dialect->ext_number;
	struct hdr *seq = has[EXT_X_POLICY_SEQ] >= 0 ? pfkey_msg_push(m, EXT_X_POLICY_SEQ, 0) : NULL;
	if (seq != NULL)
		hdr_set(seq, XPSEQ_SEQ, m->base.v[MSG_SEQ].u);
	if (has[EXT_X_POLICY] < 0)
		return has[EXT_X_POLICY_SEQ] < 0 || seq != NULL;
	struct hdr *pol = pfkey_msg_push(m, EXT_X_POLICY, 0), *sa2 = pfkey_msg_push(m, EXT_X_SA2, 0);
	if (pol == NULL || sa2 == NULL)
		return false;
	hdr_set(pol, XPOL_TYPE, POLICY_IPSEC);
	hdr_set(pol, XPOL_DIR, policy->dir & 3);
	hdr_set(pol, XPOL_ID, policy->id);
	hdr_set(sa2, XSA2_MODE, r->mode);
	hdr_set(sa2, XSA2_REQID, r->reqid);
	return true;
}

static bool
push_need(struct sadb *d, struct pfkey_msg *m, const struct spd_entry *policy, const struct spd_request *r)
{
	struct wr combs = wr_of(d->store, sizeof d->store);
	struct hdr *proposal = pfkey_msg_push(m, EXT_PROPOSAL, 0);
	if (proposal == NULL)
		return false;
	sadb_put_combs(d->setup.dialect, r, &combs);
	hdr_set_bytes(proposal, XPROP_COMBS, wr_done(&combs));
	return !combs.full && push_policy(m, policy, r) && push_traffic(m, policy);
}

bool
sadb_push_ecombs(struct sadb *d, struct pfkey_msg *m, const struct spd_entry *policy)
{
	struct wr ecombs = wr_of(d->store, sizeof d->store);
	struct hdr *h = pfkey_msg_push(m, EXT_X_EPROP, 0);
	if (h == NULL)
		return false;
	hdr_set(h, XEPROP_NUMECOMBS, sadb_put_ecombs(d->setup.dialect, policy, &ecombs));
	hdr_set_bytes(h, XEPROP_ECOMBS, wr_done(&ecombs));
	return !ecombs.full;
}

static bool
ask_plain(struct sadb *d, const struct spd_entry *policy, const struct spd_request *r, const struct sadb_pending *p)
{
	struct pfkey_msg *m = sadb_begin(d, PFKEY_ACQUIRE, p->satype, p->seq);
	return push_ends(m, &policy->selector, &p->src, &p->dst) && push_need(d, m, policy, r) &&
	       sadb_send(d, TO_PLAIN, -1) == 0;
}

/* Solaris: one for all layers of the entry, of no type, to those who registered so. */
static bool
ask_extended(struct sadb *d, const struct spd_entry *policy, const struct sadb_pending *p)
{
	struct pfkey_msg *m = sadb_begin(d, PFKEY_ACQUIRE, SATYPE_UNSPEC, p->seq);
	return push_ends(m, &policy->selector, &p->src, &p->dst) && sadb_push_ecombs(d, m, policy) &&
	       sadb_send(d, TO_EXTENDED, -1) == 0;
}

static bool
is_asked_for_all(const struct sadb *d, uint32_t policy)
{
	for (const struct sadb_pending *p = d->pending; p != NULL; p = p->next)
		if (p->extended && p->policy == policy)
			return true;
	return false;
}

static unsigned
count_pending(const struct sadb *d)
{
	unsigned n = 0;
	for (const struct sadb_pending *p = d->pending; p != NULL; p = p->next)
		n++;
	return n;
}

/* Nothing is remembered when nobody listens, nor beyond what is kept: the next packet asks again. */
void
sadb_acquire(struct sadb *d, const struct spd_entry *policy, const struct spd_request *r, const struct addr *src,
	     const struct addr *dst, uint64_t now)
{
	uint8_t satype = pfkey_satype_of(r->protocol);
	sadb_acquire_tick(d, now);
	if (policy->passive || satype == SATYPE_UNSPEC || !sadb_is_registered(d, satype) ||
	    is_pending(d, policy, r, src, dst) || count_pending(d) >= SADB_PENDING)
		return;
	struct sadb_pending *p = calloc(1, sizeof *p);
	if (p == NULL)
		return;
	*p = (struct sadb_pending){ .seq = sadb_next_seq(d),
				    .reqid = r->reqid,
				    .policy = policy->id,
				    .extended = sadb_has_extended(d, satype) && !is_asked_for_all(d, policy->id),
				    .satype = satype,
				    .mode = r->mode,
				    .src = *src,
				    .dst = *dst,
				    .selector = policy->selector,
				    .born = now,
				    .next = d->pending };
	d->pending = p;
	if ((p->extended && !ask_extended(d, policy, p)) || !ask_plain(d, policy, r, p))
		drop(&d->pending);
}

uint32_t
sadb_acquire_policy(const struct sadb *d, uint32_t seq)
{
	for (const struct sadb_pending *p = d->pending; p != NULL; p = p->next)
		if (p->seq == seq)
			return p->policy;
	return 0;
}

/* --- managers and users speak ----------------------------------------------------------------- */

bool
sadb_echo(struct sadb_request *q, ext_set kinds, bool keep_port)
{
	struct pfkey_msg *r = sadb_reply(q);
	for (unsigned i = 0; i < q->m->n; i++) {
		if (!(kinds & EXT_BIT(q->m->kind[i])))
			continue;
		struct hdr *h = pfkey_msg_push(r, q->m->kind[i], 0);
		if (h == NULL)
			return false;
		*h = sadb_clean_ext(q->m, i, keep_port);
	}
	return true;
}

/* Key management gave up: all hear it with the same error, RFC 2367 3.1.6, 5.1. */
static int
give_up(struct sadb_request *q)
{
	for (struct sadb_pending **at = &q->d->pending; *at != NULL;) {
		if ((*at)->seq == q->m->base.v[MSG_SEQ].u)
			drop(at);
		else
			at = &(*at)->next;
	}
	hdr_set(&sadb_reply(q)->base, MSG_ERRNO, q->m->base.v[MSG_ERRNO].u);
	return sadb_send(q->d, TO_ALL, q->sock);
}

#define SITUATION                                                                                                      \
	(EXT_BIT(EXT_ADDRESS_SRC) | EXT_BIT(EXT_ADDRESS_DST) | EXT_BIT(EXT_IDENTITY_SRC) | EXT_BIT(EXT_IDENTITY_DST) | \
	 EXT_BIT(EXT_SENSITIVITY) | EXT_BIT(EXT_PROPOSAL) | EXT_BIT(EXT_X_EPROP) | EXT_BIT(EXT_X_INNER_DST))

int
sadb_do_acquire(struct sadb_request *q)
{
	uint8_t satype = (uint8_t)q->m->base.v[MSG_SATYPE].u;
	if (q->m->base.v[MSG_ERRNO].u != 0)
		return give_up(q);
	if (!sadb_is_registered(q->d, satype))
		return pfkey_refuse(&q->err, EPROTONOSUPPORT,
				    "acquire: nobody registered for type %u  [RFC 2367 3.1.6]", satype);
	if (!sadb_echo(q, SITUATION | EXT_BIT(EXT_ADDRESS_PROXY), true))
		return ENOBUFS;
	return sadb_send(q->d, TO_REGISTERED, q->sock);
}

int
sadb_do_pchange(struct sadb_request *q)
{
	if (!sadb_echo(q, SITUATION, true))
		return ENOBUFS;
	return sadb_send(q->d, TO_REGISTERED, q->sock);
}
