/*
 * REGISTER, EXPIRE, X_PROMISC: RFC 2367 3.1.7, 3.1.8, appendix A.
 */
#include "pfkey/sadb_engine.h"
#include "ipsec/ipcomp.h"
#include "pfkey/record.h"

#include <errno.h>

/* --- REGISTER --------------------------------------------------------------------------------- */

/* What an SA of this type can be added with. AALG_NULL is left out: none is said by 0. */
static bool
is_usable(const struct sadb *s, const struct alg *a, uint8_t use, uint8_t satype)
{
	const struct dialect *d = s->setup.dialect;
	const struct sa_rules *rules = sadb_rules(s);
	if ((a->old == OLD_ONLY && !rules->old) || (alg_is_combined(a) && rules->no_combined))
		return false;
	bool null_auth = use == ALG_AUTH && a->kind == ALG_NULL;
	/* RFC 1827's ESP has no integrity of its own, and a system without a flag for those RFCs has neither of their algorithms. */
	bool no_form = a->old == OLD_ONLY && (d->flag_old == 0 || (use == ALG_AUTH && satype != SATYPE_AH));
	bool wrong_place = no_form || (a->kind == ALG_AH_GMAC && satype != SATYPE_AH);
	return (a->use & use) != 0 && dialect_alg_number(d, a) > 0 && !null_auth && !wrong_place;
}

/* Lengths of keys with their salt, as sadb_key_bits counts them, and ivlen in octets, as on Linux and KAME; Solaris tells the salt apart
 * and has ivlen in bits. */
static void
put_supported(const struct sadb *s, uint8_t use, uint8_t satype, struct wr *w)
{
	const struct dialect *d = s->setup.dialect;
	for (const struct alg *a = algs; a < algs + algs_n; a++) {
		size_t sizes[64];
		if (!is_usable(s, a, use, satype))
			continue;
		unsigned n = alg_key_sizes(a, sizes, sizeof sizes / sizeof sizes[0]);
		struct hdr h = hdr_of(record_alg_layout(d));
		size_t salt = d->alg_salt ? a->salt : 0;
		hdr_set(&h, SUP_ID, (uint64_t)dialect_alg_number(d, a));
		hdr_set(&h, SUP_IVLEN, d->alg_salt ? a->iv * 8u : a->iv);
		hdr_set(&h, SUP_MINBITS, (sizes[0] - salt) * 8);
		hdr_set(&h, SUP_MAXBITS, (sizes[n - 1] - salt) * 8);
		if (d->alg_salt) {
			hdr_set(&h, SUP_INCREMENT, n > 1 ? (sizes[1] - sizes[0]) * 8 : 0);
			hdr_set(&h, SUP_SALTBITS, salt * 8);
		}
		hdr_put(&h, w, false);
	}
}

/* The one compression there is, RFC 2394; no key, no IV. OUI, which RFC 8221 7 forbids, is not among them. */
static void
put_compression(const struct dialect *d, struct wr *w)
{
	struct hdr h = hdr_of(record_alg_layout(d));
	hdr_set(&h, SUP_ID, IPCOMP_DEFLATE);
	hdr_put(&h, w, false);
}

static bool
push_supported(struct sadb *d, struct pfkey_msg *m, enum pfkey_ext kind, uint8_t satype, struct wr *store)
{
	size_t at = store->n;
	bool ipsec = satype == SATYPE_AH || satype == SATYPE_ESP;
	struct hdr *h = pfkey_msg_push(m, kind, 0);
	if (h == NULL)
		return false;
	if (ipsec)
		put_supported(d, kind == EXT_SUPPORTED_AUTH ? ALG_AUTH : ALG_ENC, satype, store);
	else if (satype == SATYPE_IPCOMP && kind == EXT_SUPPORTED_ENCRYPT)
		put_compression(d->setup.dialect, store);
	hdr_set_bytes(h, XSUP_ALGS, bytes_slice(wr_done(store), at, store->n - at));
	return !store->full;
}

static int
answer_register(struct sadb_request *q, uint8_t satype)
{
	struct wr store = wr_of(q->d->store, sizeof q->d->store);
	struct pfkey_msg *r = sadb_reply(q);
	hdr_set(&r->base, MSG_SATYPE, satype);
	if (!push_supported(q->d, r, EXT_SUPPORTED_AUTH, satype, &store))
		return ENOBUFS;
	if ((satype == SATYPE_ESP || satype == SATYPE_IPCOMP) &&
	    !push_supported(q->d, r, EXT_SUPPORTED_ENCRYPT, satype, &store))
		return ENOBUFS;
	return sadb_send(q->d, TO_REGISTERED, q->sock);
}

/* Solaris: for every type in a list that 0 ends; each is answered as if it had been asked for alone. */
static int
register_extended(struct sadb_request *q, struct bytes satypes)
{
	const struct dialect *d = q->d->setup.dialect;
	struct rd r = rd_of(satypes);
	while (rd_left(&r) > 0) {
		uint8_t satype = dialect_satype(d, (uint8_t)rd_uint(&r, 1));
		if (satype == SATYPE_UNSPEC)
			break;
		if (!dialect_has_satype(d, satype))
			return pfkey_refuse(&q->err, EINVAL, "x_ereg.satypes: %u is no type", satype);
		q->d->sockets[q->sock].extended |= UINT32_C(1) << satype;
		int refused = answer_register(q, satype);
		if (refused != 0)
			return refused;
	}
	return 0;
}

/* Types kept in user space may be registered too, RFC 2367 3.1.7; the kernel has no algorithms for them. */
int
sadb_do_register(struct sadb_request *q)
{
	uint8_t satype = (uint8_t)q->m->base.v[MSG_SATYPE].u;
	const struct hdr *list = pfkey_msg_get(q->m, EXT_X_EREG);
	if (list != NULL)
		return register_extended(q, list->v[XEREG_SATYPES].b);
	q->d->sockets[q->sock].registered |= UINT32_C(1) << satype;
	return answer_register(q, satype);
}

/* --- EXPIRE ----------------------------------------------------------------------------------- */

void
sadb_expire(struct sadb *d, struct sa *sa, bool hard)
{
	struct pfkey_msg *m = sadb_start(d, PFKEY_EXPIRE, pfkey_satype_of(sa->spec.protocol));
	sa->state = hard ? SA_DEAD : SA_DYING; /* RFC 2367 3.3 */
	unsigned parts = PART_CURRENT | PART_EXTRAS | (hard ? PART_HARD : PART_SOFT);
	if (sadb_push_sa(d, m, sa, parts) == 0)
		(void)sadb_send(d, TO_ALL, -1);
	if (hard)
		sadb_remove(d, sa);
}

/* The kernel's own types are the kernel's to expire; a protocol in user space announces its own, RFC 2367 3.1.8. */
int
sadb_do_expire(struct sadb_request *q)
{
	uint64_t satype = q->m->base.v[MSG_SATYPE].u;
	if (satype < SATYPE_RSVP || satype > SATYPE_MIP)
		return pfkey_refuse(&q->err, EINVAL, "expire: only the kernel sends it for type %u  [RFC 2367 3.1.8]",
				    (unsigned)satype);
	const struct grammar_side *said = &pfkey_grammar[PFKEY_EXPIRE].side[PFKEY_IN];
	if (!sadb_echo(q, said->required | said->optional, false))
		return ENOBUFS;
	return sadb_send(q->d, TO_ALL, q->sock);
}

/* --- X_PROMISC -------------------------------------------------------------------------------- */

static int
set_promiscuous(struct sadb_request *q)
{
	uint64_t on = q->m->base.v[MSG_SATYPE].u;
	if (on > 1)
		return pfkey_refuse(&q->err, EINVAL, "x_promisc.satype: want 0 or 1, got %u  [RFC 2367 App. A]",
				    (unsigned)on);
	q->d->sockets[q->sock].promiscuous = on == 1;
	(void)sadb_reply(q);
	return sadb_send(q->d, TO_ALL, q->sock);
}

/* The inner message goes on unchecked, to one process or to all. */
int
sadb_do_promisc(struct sadb_request *q)
{
	uint64_t target = q->m->base.v[MSG_SEQ].u;
	bool found = false;
	if (q->m->inner.n == 0)
		return set_promiscuous(q);
	for (int i = 0; i < SADB_SOCKETS; i++) {
		const struct sadb_socket *s = &q->d->sockets[i];
		if (!s->open || (target != 0 && s->pid != target))
			continue;
		sadb_deliver(q->d, i, q->m->inner);
		found = true;
	}
	return found ? 0
		     : pfkey_refuse(&q->err, ESRCH, "x_promisc.seq: process %u has no socket  [RFC 2367 App. A]",
				    (unsigned)target);
}
