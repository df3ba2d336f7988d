#include "crypto/seal.h"

#include <assert.h>
#include <limits.h>
#include <openssl/crypto.h>

#include "crypto/aead.h"
#include "crypto/cipher.h"
#include "crypto/mac.h"

enum {
	HEAD = 8,
	HMAC_KEY_MAX = 512,
	BODY_MAX = INT_MAX - 64, /* libcrypto counts in int */
};

struct seal {
	const struct alg *enc, *auth; /* either may be NULL */
	unsigned icv;
	bool (*encrypt)(struct seal *s, const struct seal_esp *p);
	enum seal_result (*decrypt)(struct seal *s, const struct seal_esp *p);
	union {
		struct aead aead;
		struct {
			struct cipher cipher;
			struct mac mac;
		};
	};
};

/*
 * Separate algorithms. The ICV covers everything before it, and the high half of an extended
 * sequence number behind that, which is not sent (RFC 4303 2.2.1, 3.3.2.1).
 */

static bool
esp_sum(struct seal *s, const struct seal_esp *p, uint8_t sum[MAC_MAX])
{
	uint8_t high[4];
	struct wr w = wr_of(high, sizeof high);
	struct bytes runs[2] = { { p->head, HEAD + s->enc->iv + p->body_n }, BYTES_NONE };
	if (p->esn) {
		wr_uint(&w, p->seq_hi, 4);
		runs[1] = wr_done(&w);
	}
	return s->mac.sum(&s->mac, runs, p->esn ? 2 : 1, NULL, sum);
}

/*
 * Octets behind the last whole block. Block sizes are powers of two, and a mask spares a division
 * per packet.
 */
static inline size_t
body_rest(const struct seal *s, const struct seal_esp *p)
{
	return p->body_n & (s->enc->block - 1u);
}

static bool
separate_encrypt(struct seal *s, const struct seal_esp *p)
{
	uint8_t sum[MAC_MAX];
	size_t rest = body_rest(s, p);
	if (p->body_n > BODY_MAX || (rest > 0 && !p->ragged) ||
	    !cipher_encrypt(&s->cipher, p->iv, p->body, p->body_n - rest))
		return false;
	if (s->icv == 0)
		return true;
	if (!esp_sum(s, p, sum))
		return false;
	memcpy(p->icv, sum, s->icv);
	return true;
}

/*
 * The ICV first: a packet whose length is wrong and whose ICV is right was made by somebody who has
 * the key, which is another answer than a packet changed on its way.
 */
static enum seal_result
separate_decrypt(struct seal *s, const struct seal_esp *p)
{
	uint8_t sum[MAC_MAX];
	if (s->icv > 0) {
		if (!esp_sum(s, p, sum))
			return SEAL_FAILED;
		if (CRYPTO_memcmp(sum, p->icv, s->icv) != 0)
			return SEAL_BAD_ICV;
	}
	if (p->body_n > BODY_MAX || body_rest(s, p) > 0)
		return SEAL_BAD_LENGTH;
	return cipher_decrypt(&s->cipher, p->iv, p->body, p->body_n, seal_plain(p)) ? SEAL_OK : SEAL_FAILED;
}

static bool
combined_encrypt(struct seal *s, const struct seal_esp *p)
{
	return p->body_n <= BODY_MAX && s->aead.encrypt(&s->aead, p);
}

static enum seal_result
combined_decrypt(struct seal *s, const struct seal_esp *p)
{
	return p->body_n <= BODY_MAX ? s->aead.decrypt(&s->aead, p) : SEAL_BAD_LENGTH;
}

bool
seal_esp_encrypt(struct seal *s, const struct seal_esp *p)
{
	return s->encrypt(s, p);
}

enum seal_result
seal_esp_decrypt(struct seal *s, const struct seal_esp *p)
{
	return s->decrypt(s, p);
}

bool
seal_mac(struct seal *s, const struct bytes *runs, unsigned n, struct bytes iv, uint8_t *icv)
{
	uint8_t sum[MAC_MAX];
	assert(s->auth != NULL && iv.n == s->auth->iv);
	assert(s->enc == NULL || !alg_is_combined(s->enc));
	if (s->icv == 0)
		return true;
	if (!s->mac.sum(&s->mac, runs, n, iv.p, sum))
		return false;
	memcpy(icv, sum, s->icv);
	return true;
}

enum seal_result
seal_mac_check(struct seal *s, const struct bytes *runs, unsigned n, struct bytes iv, struct bytes icv)
{
	uint8_t sum[MAC_MAX];
	if (icv.n != s->icv)
		return SEAL_BAD_LENGTH;
	if (!seal_mac(s, runs, n, iv, sum))
		return SEAL_FAILED;
	return CRYPTO_memcmp(sum, icv.p, icv.n) == 0 ? SEAL_OK : SEAL_BAD_ICV;
}

unsigned
seal_icv_len(const struct seal *s)
{
	return s->icv;
}

/*
 * HMAC keys have one length in IPsec (RFC 2403 3, 2404 3, 4868 2.1.1), and SAs are held to it by
 * alg_key_fits. HMAC itself takes any, and the vectors of RFC 2202 and RFC 4231 use most of them.
 */
static bool
key_usable(const struct alg *a, struct bytes key, struct err *e)
{
	if (a->kind == ALG_HMAC ? key.n >= 1 && key.n <= HMAC_KEY_MAX : alg_key_fits(a, key.n))
		return true;
	size_t sizes[64];
	unsigned n = alg_key_sizes(a, sizes, 64);
	return fail(e, ERR_RANGE, "%s key: want %zu%s octets, got %zu", a->name, sizes[0], n > 1 ? " or more" : "",
		    key.n);
}

/*
 * Which algorithms can stand together: a combined mode brings its own integrity, and GMAC as an
 * integrity algorithm is for AH alone, since ESP has no place for its IV (RFC 4543 3).
 */
static bool
pair_usable(const struct alg *enc, const struct alg *auth, struct err *e)
{
	assert(enc != NULL || auth != NULL);
	assert(enc == NULL || (enc->use & ALG_ENC) != 0);
	assert(auth == NULL || (auth->use & ALG_AUTH) != 0);
	if (enc == NULL || auth == NULL || auth->kind == ALG_NULL)
		return true;
	if (alg_is_combined(enc) || auth->kind == ALG_AH_GMAC)
		return fail(e, ERR_UNSUPPORTED, "%s cannot be used with %s in one ESP SA", auth->name, enc->name);
	return true;
}

static bool
seal_open(struct seal *s, struct bytes enc_key, struct bytes auth_key, struct err *e)
{
	if (s->enc != NULL && alg_is_combined(s->enc)) {
		s->icv = s->enc->icv;
		s->encrypt = combined_encrypt;
		s->decrypt = combined_decrypt;
		return aead_open(&s->aead, s->enc, enc_key, e);
	}
	s->encrypt = separate_encrypt;
	s->decrypt = separate_decrypt;
	s->icv = s->auth != NULL ? s->auth->icv : 0;
	return (s->enc == NULL || cipher_open(&s->cipher, s->enc, enc_key, e)) &&
	       (s->auth == NULL || mac_open(&s->mac, s->auth, auth_key, e));
}

struct seal *
seal_new(const struct alg *enc, struct bytes enc_key, const struct alg *auth, struct bytes auth_key, struct err *e)
{
	if (!pair_usable(enc, auth, e) || (enc != NULL && !key_usable(enc, enc_key, e)) ||
	    (auth != NULL && !key_usable(auth, auth_key, e)))
		return NULL;
	struct seal *s = OPENSSL_zalloc(sizeof *s);
	if (s == NULL) {
		fail(e, ERR_CRYPTO, "no memory for the contexts of an SA");
		return NULL;
	}
	s->enc = enc;
	s->auth = auth;
	if (!seal_open(s, enc_key, auth_key, e)) {
		seal_free(s);
		return NULL;
	}
	return s;
}

void
seal_free(struct seal *s)
{
	if (s == NULL)
		return;
	if (s->enc != NULL && alg_is_combined(s->enc)) {
		aead_close(&s->aead);
	} else {
		cipher_close(&s->cipher);
		mac_close(&s->mac);
	}
	OPENSSL_clear_free(s, sizeof *s);
}
