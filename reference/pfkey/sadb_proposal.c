/*
 * What an ACQUIRE proposes, RFC 2367 2.3.7: combinations in order of preference, from the algorithm table and from what the SPD entry asks
 * for. Solaris's extended proposal says in one combination what every layer of the entry shall have.
 */
#include "ipsec/ipcomp.h"
#include "pfkey/record.h"
#include "pfkey/sadb_engine.h"
#include "wire/layouts.h"

enum { HOUR = 3600 };

/* In order of preference, RFC 2367 3.1.6; after RFC 8221 5 and 6. What the dialect cannot say is left out. */
static const struct preference {
	const char *enc, *auth;
} preferences[] = {
	{ "aes-gcm-16", NULL },
	{ "chacha20-poly1305", NULL },
	{ "aes-cbc", "hmac-sha2-256-128" },
	{ "aes-cbc", "hmac-sha2-512-256" },
	{ "aes-cbc", "hmac-sha2-384-192" },
	{ "aes-cbc", "hmac-sha2-256-96" },
	{ "aes-cbc", "hmac-sha1-96" },
	{ "aes-ctr", "hmac-sha1-96" },
	{ "3des-cbc", "hmac-sha1-96" },
};
#define PREFERENCES (sizeof preferences / sizeof preferences[0])

/* What one layer may have; NULL: none. */
struct pick {
	const struct alg *enc, *auth;
	uint8_t comp;
};

static bool
is_sayable(const struct dialect *d, const struct alg *a)
{
	return a == NULL || dialect_alg_number(d, a) > 0;
}

/* Row i for a request; what the request names stands in for what the row has. NULL encryption has no key bits, so no combination can
 * name it (2.3.7): it is no cipher at all. */
static bool
pick_row(const struct dialect *d, const struct spd_request *r, size_t i, struct pick *p)
{
	const struct preference *row = &preferences[i];
	*p = (struct pick){ 0 };
	if (r->protocol == IPPROTO_IPCOMP_) {
		p->comp = IPCOMP_DEFLATE;
		return i == 0;
	}
	p->auth = row->auth != NULL ? alg_by_name(row->auth, ALG_AUTH) : NULL;
	if (r->protocol == IPPROTO_ESP_)
		p->enc = r->enc.wanted && r->enc.alg != NULL ? r->enc.alg : alg_by_name(row->enc, ALG_ENC);
	if (r->auth.wanted && r->auth.alg != NULL)
		p->auth = r->auth.alg;
	bool combined = p->enc != NULL && alg_is_combined(p->enc);
	if (combined && r->auth.wanted && r->auth.alg != NULL)
		return false;
	if (combined)
		p->auth = NULL;
	if (p->enc != NULL && p->enc->kind == ALG_NULL)
		p->enc = NULL;
	return (combined || p->auth != NULL) && is_sayable(d, p->enc) && is_sayable(d, p->auth);
}

/* Rows that differ in what the request has decided for them say the same. */
static bool
pick_new(const struct dialect *d, const struct spd_request *r, size_t i, struct pick *p)
{
	struct pick before;
	if (!pick_row(d, r, i, p))
		return false;
	for (size_t k = 0; k < i; k++)
		if (pick_row(d, r, k, &before) && before.enc == p->enc && before.auth == p->auth)
			return false;
	return true;
}

/* Bits of a key with its salt, as sadb_key_bits counts them, as far as the request does not narrow them. */
static void
key_bits(const struct alg *a, const struct spd_alg *want, uint64_t *min, uint64_t *max)
{
	size_t sizes[64];
	unsigned n = alg_key_sizes(a, sizes, sizeof sizes / sizeof sizes[0]), salt = a->salt * 8u;
	*min = sizes[0] * 8;
	*max = sizes[n - 1] * 8;
	if (want->wanted && want->min_bits + salt > *min && want->min_bits + salt <= *max)
		*min = want->min_bits + salt;
	if (want->wanted && want->max_bits != 0 && want->max_bits + salt < *max && want->max_bits + salt >= *min)
		*max = want->max_bits + salt;
}

/* --- RFC 2367 2.3.7 --------------------------------------------------------------------------- */

static void
set_alg(const struct dialect *d, struct hdr *comb, const struct alg *a, const struct spd_alg *want, unsigned number)
{
	uint64_t min, max;
	if (a == NULL)
		return;
	bool auth = number == COMB_AUTH;
	key_bits(a, want, &min, &max);
	hdr_set(comb, number, (uint64_t)dialect_alg_number(d, a));
	hdr_set(comb, auth ? COMB_AUTH_MIN : COMB_ENCRYPT_MIN, min);
	hdr_set(comb, auth ? COMB_AUTH_MAX : COMB_ENCRYPT_MAX, max);
}

static void
put_comb(const struct dialect *d, const struct spd_request *r, const struct pick *p, struct wr *w)
{
	struct hdr comb = hdr_of(&layout_sadb_comb);
	hdr_set(&comb, COMB_ENCRYPT, p->comp);
	set_alg(d, &comb, p->enc, &r->enc, COMB_ENCRYPT);
	set_alg(d, &comb, p->auth, &r->auth, COMB_AUTH);
	hdr_set(&comb, COMB_SOFT_ADDTIME, 20 * HOUR);
	hdr_set(&comb, COMB_HARD_ADDTIME, 24 * HOUR);
	hdr_set(&comb, COMB_SOFT_USETIME, 7 * HOUR);
	hdr_set(&comb, COMB_HARD_USETIME, 8 * HOUR);
	hdr_put(&comb, w, false);
}

void
sadb_put_combs(const struct dialect *d, const struct spd_request *r, struct wr *w)
{
	struct pick p;
	for (size_t i = 0; i < PREFERENCES; i++)
		if (pick_new(d, r, i, &p))
			put_comb(d, r, &p, w);
}

/* --- Solaris ---------------------------------------------------------------------------------- */

static void
put_desc(const struct dialect *d, uint8_t protocol, const struct alg *a, const struct spd_alg *want, struct wr *w)
{
	uint64_t min, max;
	if (a == NULL)
		return;
	struct hdr h = hdr_of(&layout_sadb_algdesc);
	key_bits(a, want, &min, &max);
	hdr_set(&h, DESC_SATYPE, dialect_satype_number(d, pfkey_satype_of(protocol)));
	hdr_set(&h, DESC_ALGTYPE, a->use == ALG_AUTH ? ALGTYPE_AUTH : ALGTYPE_CRYPT);
	hdr_set(&h, DESC_ALG, (uint64_t)dialect_alg_number(d, a));
	hdr_set(&h, DESC_MINBITS, min);
	hdr_set(&h, DESC_MAXBITS, max);
	hdr_put(&h, w, false);
}

/* How many algorithms row i has for all layers of the entry; 0: it does not serve one of them. */
static unsigned
count_algs(const struct dialect *d, const struct spd_entry *p, size_t i)
{
	unsigned n = 0;
	for (unsigned k = 0; k < p->n; k++) {
		struct pick one;
		if (!pick_row(d, &p->request[k], i, &one))
			return 0;
		n += (one.enc != NULL ? 1u : 0) + (one.auth != NULL ? 1u : 0);
	}
	return n;
}

static void
put_ecomb(const struct dialect *d, const struct spd_entry *p, size_t i, unsigned n, struct wr *w)
{
	struct hdr h = hdr_of(&layout_sadb_ecomb);
	hdr_set(&h, ECOMB_NUMALGS, n);
	hdr_set(&h, ECOMB_SOFT_ADDTIME, 20 * HOUR);
	hdr_set(&h, ECOMB_HARD_ADDTIME, 24 * HOUR);
	hdr_set(&h, ECOMB_SOFT_USETIME, 7 * HOUR);
	hdr_set(&h, ECOMB_HARD_USETIME, 8 * HOUR);
	hdr_put(&h, w, false);
	for (unsigned k = 0; k < p->n; k++) {
		const struct spd_request *r = &p->request[k];
		struct pick one;
		if (!pick_row(d, r, i, &one))
			return;
		put_desc(d, r->protocol, one.enc, &r->enc, w);
		put_desc(d, r->protocol, one.auth, &r->auth, w);
	}
}

unsigned
sadb_put_ecombs(const struct dialect *d, const struct spd_entry *p, struct wr *w)
{
	unsigned ecombs = 0;
	for (size_t i = 0; i < PREFERENCES; i++) {
		unsigned n = count_algs(d, p, i);
		if (n == 0)
			continue;
		put_ecomb(d, p, i, n, w);
		ecombs++;
	}
	return ecombs;
}
