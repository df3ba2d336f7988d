#include "crypto/aead.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>

#include "crypto/lib.h"

enum { HEAD = 8, HEAD_ESN = 12, IV = 8 };

/*
 * SPI and sequence number as authenticated: the packet's own octets, or with the high half in
 * between for an extended one (RFC 4106 5, 4309 5, 4543 3.3, 7634 2.1).
 */
static inline struct bytes
aead_head(const struct seal_esp *p, uint8_t room[HEAD_ESN])
{
	if (!p->esn)
		return (struct bytes){ p->head, HEAD };
	struct bytes head = { p->head, HEAD };
	struct wr w = wr_of(room, HEAD_ESN);
	wr_bytes(&w, bytes_slice(head, 0, 4));
	wr_uint(&w, p->seq_hi, 4);
	wr_bytes(&w, bytes_slice(head, 4, 4));
	return wr_done(&w);
}

/* Salt, then IV: RFC 4106 4, 4309 4, 4543 3.2, 7634 2. */
static inline const uint8_t *
aead_nonce(struct aead *a, const uint8_t *iv)
{
	memcpy(a->nonce + a->salt, iv, IV);
	return a->nonce;
}

/* The number of a packet as its IV: 64 bits, the high half zero where the sequence number has none (RFC 8750 4). */
static const uint8_t *
aead_nonce_numbered(struct aead *a, const struct seal_esp *p)
{
	struct wr w = { a->nonce, sizeof a->nonce, a->salt, false };
	wr_uint(&w, p->esn ? p->seq_hi : 0, 4);
	wr_bytes(&w, bytes_slice((struct bytes){ p->head, HEAD }, 4, 4));
	return a->nonce;
}

static inline const uint8_t *
aead_nonce_of(struct aead *a, const struct seal_esp *p)
{
	return a->implicit_iv ? aead_nonce_numbered(a, p) : aead_nonce(a, p->iv);
}

/* Where libcrypto writes the tag when it is got, and reads it when a decryption starts. */
static inline OSSL_PARAM *
aead_tag(struct aead *a, uint8_t *icv)
{
	a->tag[0].data = icv;
	return a->tag;
}

static inline bool
aead_start_encrypt(struct aead *a, const uint8_t *nonce)
{
	return EVP_EncryptInit_ex2(a->enc, NULL, NULL, nonce, NULL) == 1;
}

static inline bool
aead_start_decrypt(struct aead *a, const struct seal_esp *p)
{
	const uint8_t *nonce = aead_nonce_of(a, p);
	return EVP_DecryptInit_ex2(a->dec, NULL, NULL, nonce, aead_tag(a, p->icv)) == 1;
}

static inline bool
aead_aad(EVP_CIPHER_CTX *ctx, struct bytes b)
{
	int done;
	return EVP_CipherUpdate(ctx, NULL, &done, b.p, (int)b.n) == 1;
}

static inline bool
aead_finish(struct aead *a, uint8_t *icv)
{
	uint8_t none[16];
	int done;
	return EVP_EncryptFinal_ex(a->enc, none, &done) == 1 &&
	       EVP_CIPHER_CTX_get_params(a->enc, aead_tag(a, icv)) == 1;
}

/* GCM and ChaCha20-Poly1305 */

static bool
stream_encrypt(struct aead *a, const struct seal_esp *p)
{
	uint8_t room[HEAD_ESN];
	int done;
	return aead_start_encrypt(a, aead_nonce_of(a, p)) && aead_aad(a->enc, aead_head(p, room)) &&
	       EVP_EncryptUpdate(a->enc, p->body, &done, p->body, (int)p->body_n) == 1 && aead_finish(a, p->icv);
}

static enum seal_result
stream_decrypt(struct aead *a, const struct seal_esp *p)
{
	uint8_t room[HEAD_ESN], none[16];
	int done;
	if (!aead_start_decrypt(a, p) || !aead_aad(a->dec, aead_head(p, room)) ||
	    EVP_DecryptUpdate(a->dec, seal_plain(p), &done, p->body, (int)p->body_n) != 1)
		return SEAL_FAILED;
	return EVP_DecryptFinal_ex(a->dec, none, &done) == 1 ? SEAL_OK : SEAL_BAD_ICV;
}

/*
 * CCM is told the length before anything else, takes the body in one piece, and checks the tag
 * there and then.
 */

static bool
ccm_encrypt(struct aead *a, const struct seal_esp *p)
{
	uint8_t room[HEAD_ESN];
	int done;
	return aead_start_encrypt(a, aead_nonce_of(a, p)) &&
	       EVP_EncryptUpdate(a->enc, NULL, &done, NULL, (int)p->body_n) == 1 &&
	       aead_aad(a->enc, aead_head(p, room)) &&
	       EVP_EncryptUpdate(a->enc, p->body, &done, p->body, (int)p->body_n) == 1 &&
	       EVP_CIPHER_CTX_get_params(a->enc, aead_tag(a, p->icv)) == 1;
}

static enum seal_result
ccm_decrypt(struct aead *a, const struct seal_esp *p)
{
	uint8_t room[HEAD_ESN];
	int done;
	if (!aead_start_decrypt(a, p) || EVP_DecryptUpdate(a->dec, NULL, &done, NULL, (int)p->body_n) != 1 ||
	    !aead_aad(a->dec, aead_head(p, room)))
		return SEAL_FAILED;
	bool ok = EVP_DecryptUpdate(a->dec, seal_plain(p), &done, p->body, (int)p->body_n) == 1;
	return ok ? SEAL_OK : SEAL_BAD_ICV;
}

/*
 * ESP GMAC authenticates all of the packet and encrypts nothing. The IV is part of the payload, so
 * that it is authenticated twice over, as nonce and in the AAD (RFC 4543 3.3 and figure 4). It lies
 * between head and body.
 */
static bool
gmac_aad(EVP_CIPHER_CTX *ctx, const struct seal_esp *p)
{
	uint8_t room[HEAD_ESN];
	if (!p->esn)
		return aead_aad(ctx, (struct bytes){ p->head, HEAD + IV + p->body_n });
	return aead_aad(ctx, aead_head(p, room)) && aead_aad(ctx, (struct bytes){ p->iv, IV + p->body_n });
}

static bool
gmac_encrypt(struct aead *a, const struct seal_esp *p)
{
	return aead_start_encrypt(a, aead_nonce(a, p->iv)) && gmac_aad(a->enc, p) && aead_finish(a, p->icv);
}

static enum seal_result
gmac_decrypt(struct aead *a, const struct seal_esp *p)
{
	uint8_t none[16];
	int done;
	if (!aead_start_decrypt(a, p) || !gmac_aad(a->dec, p))
		return SEAL_FAILED;
	if (EVP_DecryptFinal_ex(a->dec, none, &done) != 1)
		return SEAL_BAD_ICV;
	if (p->plain != NULL)
		memcpy(p->plain, p->body, p->body_n);
	return SEAL_OK;
}

bool
aead_mac(struct aead *a, const struct bytes *runs, unsigned n, const uint8_t *iv, uint8_t *tag)
{
	if (!aead_start_encrypt(a, aead_nonce(a, iv)))
		return false;
	for (unsigned i = 0; i < n; i++)
		if (runs[i].n > 0 && !aead_aad(a->enc, runs[i]))
			return false;
	return aead_finish(a, tag);
}

/*
 * libcrypto's CCM differs from its other modes in calls, and in nothing that a row would otherwise
 * say.
 */
static bool
aead_is_ccm(const struct aead *a)
{
	return EVP_CIPHER_CTX_get_mode(a->enc) == EVP_CIPH_CCM_MODE;
}

bool
aead_open(struct aead *a, const struct alg *alg, struct bytes key, struct err *e)
{
	*a = (struct aead){ .salt = alg->salt, .implicit_iv = alg->implicit_iv };
	struct bytes cipher_key = bytes_slice(key, 0, key.n - alg->salt);
	struct wr w = wr_of(a->nonce, sizeof a->nonce);
	wr_bytes(&w, bytes_slice(key, cipher_key.n, alg->salt));
	a->tag[0] = OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, NULL, alg->icv);
	a->tag[1] = OSSL_PARAM_construct_end();

	int nonce_n = alg->salt + IV;
	a->enc = lib_cipher(alg, cipher_key, nonce_n, alg->icv, LIB_ENCRYPT, e);
	if (a->enc == NULL)
		return false;
	a->dec = lib_cipher(alg, cipher_key, nonce_n, alg->icv, LIB_DECRYPT, e);
	if (a->dec == NULL)
		return false;
	bool gmac = alg->kind != ALG_AEAD, ccm = aead_is_ccm(a);
	a->encrypt = gmac ? gmac_encrypt : ccm ? ccm_encrypt : stream_encrypt;
	a->decrypt = gmac ? gmac_decrypt : ccm ? ccm_decrypt : stream_decrypt;
	return true;
}

void
aead_close(struct aead *a)
{
	EVP_CIPHER_CTX_free(a->enc);
	EVP_CIPHER_CTX_free(a->dec);
	OPENSSL_cleanse(a, sizeof *a);
}
