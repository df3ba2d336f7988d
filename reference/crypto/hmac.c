/*
 * HMAC (RFC 2104 2) by the two digests it is made of. libcrypto's own EVP_MAC copies the same two
 * contexts behind two more layers: 325 ns a packet of 64 octets with SHA-256 against 270 ns here,
 * 785 ns when its context is duplicated instead, 385 ns when both padded keys are hashed again.
 */
#include "crypto/mac.h"

#include <assert.h>
#include <openssl/crypto.h>

#include "crypto/lib.h"

enum { HMAC_BLOCK_MAX = 128, IPAD = 0x36, OPAD = 0x5c };

static bool
hmac_sum(struct mac *m, const struct bytes *runs, unsigned n, const uint8_t *iv, uint8_t out[MAC_MAX])
{
	const struct hmac *h = &m->hmac;
	unsigned done;
	(void)iv;
	if (EVP_MD_CTX_copy_ex(h->work, h->inner) != 1)
		return false;
	for (unsigned i = 0; i < n; i++)
		if (EVP_DigestUpdate(h->work, runs[i].p, runs[i].n) != 1)
			return false;
	return EVP_DigestFinal_ex(h->work, out, &done) == 1 && EVP_MD_CTX_copy_ex(h->work, h->outer) == 1 &&
	       EVP_DigestUpdate(h->work, out, h->digest) == 1 && EVP_DigestFinal_ex(h->work, out, &done) == 1;
}

static void
hmac_close(struct mac *m)
{
	EVP_MD_CTX_free(m->hmac.inner);
	EVP_MD_CTX_free(m->hmac.outer);
	EVP_MD_CTX_free(m->hmac.work);
}

/* A new digest context that has been fed the key block with every octet XORed by pad. */
static EVP_MD_CTX *
hmac_half(const EVP_MD *md, const uint8_t key[HMAC_BLOCK_MAX], size_t block, uint8_t pad)
{
	uint8_t padded[HMAC_BLOCK_MAX];
	for (size_t i = 0; i < block; i++)
		padded[i] = key[i] ^ pad;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	if (ctx != NULL && (EVP_DigestInit_ex2(ctx, md, NULL) != 1 || EVP_DigestUpdate(ctx, padded, block) != 1)) {
		EVP_MD_CTX_free(ctx);
		ctx = NULL;
	}
	OPENSSL_cleanse(padded, sizeof padded);
	return ctx;
}

/* RFC 2104 2: a key longer than the block is hashed first, a shorter one is filled with zeroes. */
static bool
hmac_key_block(const EVP_MD *md, struct bytes key, size_t block, uint8_t out[HMAC_BLOCK_MAX])
{
	unsigned done;
	struct wr w = wr_of(out, HMAC_BLOCK_MAX);
	wr_fill(&w, 0, HMAC_BLOCK_MAX);
	if (key.n > block)
		return EVP_Digest(key.p, key.n, out, &done, md, NULL) == 1;
	w = wr_of(out, block);
	wr_bytes(&w, key);
	return true;
}

bool
hmac_open(struct mac *m, const struct alg *a, struct bytes key, struct err *e)
{
	uint8_t block_key[HMAC_BLOCK_MAX];
	EVP_MD *md = lib_digest(a, e);
	if (md == NULL)
		return false;
	size_t block = (size_t)EVP_MD_get_block_size(md);
	assert(block <= HMAC_BLOCK_MAX);

	m->sum = hmac_sum;
	m->close = hmac_close;
	m->hmac.digest = (size_t)EVP_MD_get_size(md);
	if (hmac_key_block(md, key, block, block_key)) {
		m->hmac.inner = hmac_half(md, block_key, block, IPAD);
		m->hmac.outer = hmac_half(md, block_key, block, OPAD);
		m->hmac.work = EVP_MD_CTX_new();
	}
	OPENSSL_cleanse(block_key, sizeof block_key);
	EVP_MD_free(md);
	if (m->hmac.inner == NULL || m->hmac.outer == NULL || m->hmac.work == NULL)
		return lib_fail(a, "cannot key a digest", e);
	return true;
}
