/*
 * ACQUIRE, RFC 2367 3.1.6: from the host that needs an SA, from a manager that failed, from a user of SAs outside the
 * kernel; and PCHANGE, appendix B. One unanswered ACQUIRE per need, so that a stream of packets asks once.
 */
#include "pfkey/sadb_engine.h"
#include "pfkey/record.h"
#include "wire/layouts.h"

#include <errno.h>
#include <stdlib.h>

struct sadb_pending {
	uint32_t seq, reqid;
	uint8_t satype, mode;
	struct addr src, dst;
	uint64_t born;
	struct sadb_pending *next;
};

/* --- the proposal ----------------------------------------------------------------------------- */

/*
 * In order of preference, RFC 2367 3.1.6; after RFC 8221 5 and 6. What the dialect cannot say is left out. NULL has no
 * key bits, so no combination can name it (2.3.7).
 */
static const struct preference {
	const char *enc, *auth;
	bool ah;
} preferences[] = {
	{ "aes-gcm-16", NULL, false },
	{ "chacha20-poly1305", NULL, false },
	{ "aes-cbc", "hmac-sha2-256-128", true },
	{ "aes-cbc", "hmac-sha2-512-256", true },
	{ "aes-cbc", "hmac-sha2-384-192", true },
	{ "aes-cbc", "hmac-sha2-256-96", true },
	{ "aes-cbc", "hmac-sha1-96", true },
	{ "aes-ctr", "hmac-sha1-96", false },
	{ "3des-cbc", "hmac-sha1-96", false },
};

static void
set_alg(const struct dialect *d, struct hdr *comb, const struct alg *a, unsigned number, unsigned min, unsigned max)
{
	size_t sizes[64];
	unsigned n = alg_key_sizes(a, sizes, sizeof sizes / sizeof sizes[0]);
	hdr_set(comb, number, (uint64_t)dialect_alg_number(d, a));
	hdr_set(comb, min, sizes[0] * 8);
	hdr_set(comb, max, sizes[n - 1] * 8);
}

/* Whether the dialect has a number for each that is named. */
static bool
is_sayable(const struct dialect *d, const struct alg *enc, const struct alg *auth)
{
	return (enc == NULL || dialect_alg_number(d, enc) > 0) && (auth == NULL || dialect_alg_number(d, auth) > 0);
}

static void
put_comb(const struct dialect *d, const struct alg *enc, const struct alg *auth, struct wr *w)
{
	enum { HOUR = 3600 };
	struct hdr comb = hdr_of(&layout_sadb_comb);
	if (enc != NULL)
		set_alg(d, &comb, enc, COMB_ENCRYPT, COMB_ENCRYPT_MIN, COMB_ENCRYPT_MAX);
	if (auth != NULL)
		set_alg(d, &comb, auth, COMB_AUTH, COMB_AUTH_MIN, COMB_AUTH_MAX);
	hdr_set(&comb, COMB_SOFT_ADDTIME, 20 * HOUR);
	hdr_set(&comb, COMB_HARD_ADDTIME, 24 * HOUR);
	hdr_set(&comb, COMB_SOFT_USETIME, 7 * HOUR);
	hdr_set(&comb, COMB_HARD_USETIME, 8 * HOUR);
	hdr_put(&comb, w, false);
}

void
sadb_put_combs(const struct dialect *d, uint8_t satype, struct wr *w)
{
	bool ah = satype == SATYPE_AH;
	for (size_t i = 0; i < sizeof preferences / sizeof preferences[0]; i++) {
		const struct preference *p = &preferences[i];
		const struct alg *enc = ah ? NULL : alg_by_name(p->enc, ALG_ENC);
		const struct alg *auth = p->auth != NULL ? alg_by_name(p->auth, ALG_AUTH) : NULL;
		if ((!ah || p->ah) && is_sayable(d, enc, auth))
			put_comb(d, enc, auth, w);
	}
}

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
	for (struct sadb_pending **at = &d->pending; *at != NULL;) {
		if (now >= (*at)->born && now - (*at)->born >= SADB_ACQUIRE_SECONDS)
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
is_pending(const struct sadb *d, const struct spd_request *r, const struct addr *src, const struct addr *dst)
{
	for (const struct sadb_pending *p = d->pending; p != NULL; p = p->next)
		if (is_path(p, pfkey_satype_of(r->protocol), src, dst) && p->mode == r->mode && p->reqid == r->reqid)
			return true;
	return false;
}

/* --- the host asks ---------------------------------------------------------------------------- */

/* Ports of the session that needs keys, RFC 2367 2.3.3, as far as the policy names them. */
static bool
push_ends(struct pfkey_msg *m, const struct selector *s, const struct addr *src, const struct addr *dst)
{
	bool icmp = s->protocol == IPPROTO_ICMP4 || s->protocol == IPPROTO_ICMP6;
	uint8_t proto = s->protocol == SELECTOR_ANY ? 0 : (uint8_t)s->protocol;
	uint16_t sport = icmp || proto == 0 || s->sport == SELECTOR_ANY ? 0 : (uint16_t)s->sport;
	uint16_t dport = icmp || proto == 0 || s->dport == SELECTOR_ANY ? 0 : (uint16_t)s->dport;
	uint8_t bits = src->family == 4 ? 32 : 128;
	return pfkey_msg_push_address(m, EXT_ADDRESS_SRC, src, bits, proto, sport, NULL) &&
	       pfkey_msg_push_address(m, EXT_ADDRESS_DST, dst, bits, proto, dport, NULL);
}

static bool
push_need(struct sadb *d, struct pfkey_msg *m, const struct spd_entry *policy, const struct spd_request *r)
{
	struct wr combs = wr_of(d->store, sizeof d->store);
	struct hdr *proposal = pfkey_msg_push(m, EXT_PROPOSAL, 0);
	struct hdr *pol = pfkey_msg_push(m, EXT_X_POLICY, 0), *sa2 = pfkey_msg_push(m, EXT_X_SA2, 0);
	if (proposal == NULL || pol == NULL || sa2 == NULL)
		return false;
	sadb_put_combs(d->setup.dialect, pfkey_satype_of(r->protocol), &combs);
	hdr_set_bytes(proposal, XPROP_COMBS, wr_done(&combs));
	hdr_set(pol, XPOL_TYPE, POLICY_IPSEC);
	hdr_set(pol, XPOL_DIR, policy->dir);
	hdr_set(pol, XPOL_ID, policy->id);
	hdr_set(sa2, XSA2_MODE, r->mode);
	hdr_set(sa2, XSA2_REQID, r->reqid);
	return !combs.full;
}

/* Nothing is remembered when nobody listens: the next packet asks again. */
void
sadb_acquire(struct sadb *d, const struct spd_entry *policy, const struct spd_request *r, const struct addr *src,
	     const struct addr *dst, uint64_t now)
{
	uint8_t satype = pfkey_satype_of(r->protocol);
	sadb_acquire_tick(d, now);
	if (satype == SATYPE_UNSPEC || !sadb_is_registered(d, satype) || is_pending(d, r, src, dst))
		return;
	struct sadb_pending *p = calloc(1, sizeof *p);
	if (p == NULL)
		return;
	struct pfkey_msg *m = sadb_start(d, PFKEY_ACQUIRE, satype);
	*p = (struct sadb_pending){ .seq = d->seq,
				    .reqid = r->reqid,
				    .satype = satype,
				    .mode = r->mode,
				    .src = *src,
				    .dst = *dst,
				    .born = now,
				    .next = d->pending };
	d->pending = p;
	if (!push_ends(m, &policy->selector, src, dst) || !push_need(d, m, policy, r) ||
	    sadb_send(d, TO_REGISTERED, -1) != 0)
		drop(&d->pending);
}

/* --- managers and users speak ----------------------------------------------------------------- */

bool
sadb_echo(struct sadb_request *q, uint64_t kinds, bool keep_port)
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
	 EXT_BIT(EXT_SENSITIVITY) | EXT_BIT(EXT_PROPOSAL))

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
