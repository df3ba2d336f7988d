/*
 * AES-XCBC-MAC-96 (RFC 3566 4) and AES-CMAC-96 (RFC 4494 4, RFC 4493 2.4). libcrypto has no XCBC;
 * its CBC keeps the chain between calls, so whole stretches of a message pass through it at once.
 * An empty message is one padded block in both.
 */
#include "crypto/mac.h"

#include <openssl/crypto.h>

#include "crypto/lib.h"

enum { BLOCK = 16, STRETCH = 32 * BLOCK };

/*
 * Feeds whole blocks to the chain; what comes out is the chain's business, its last block is left
 * in `last`.
 */
static bool
chain_feed(EVP_CIPHER_CTX *chain, struct bytes blocks, uint8_t last[BLOCK])
{
	uint8_t out[STRETCH];
	int done = 0;
	for (struct rd r = rd_of(blocks); rd_left(&r) > 0;) {
		struct bytes part = rd_take(&r, rd_left(&r) < STRETCH ? rd_left(&r) : STRETCH);
		if (EVP_EncryptUpdate(chain, out, &done, part.p, (int)part.n) != 1)
			return false;
		memcpy(last, out + part.n - BLOCK, BLOCK);
	}
	return true;
}

/*
 * Feeds one run but holds back its last block in `w`, whole or not, since the last of all is
 * treated apart.
 */
static bool
chain_run(EVP_CIPHER_CTX *chain, struct wr *w, struct bytes run, uint8_t last[BLOCK])
{
	struct rd r = rd_of(run);
	while (rd_left(&r) > 0) {
		if (wr_left(w) == 0) {
			if (!chain_feed(chain, wr_done(w), last))
				return false;
			*w = wr_of(w->p, w->cap);
		}
		if (w->n == 0 && rd_left(&r) > BLOCK &&
		    !chain_feed(chain, rd_take(&r, (rd_left(&r) - 1) / BLOCK * BLOCK), last))
			return false;
		wr_bytes(w, rd_take(&r, rd_left(&r) < wr_left(w) ? rd_left(&r) : wr_left(w)));
	}
	return true;
}

static bool
cbcmac_sum(struct mac *m, const struct bytes *runs, unsigned n, const uint8_t *iv, uint8_t out[MAC_MAX])
{
	static const uint8_t zero[BLOCK];
	const struct cbcmac *c = &m->cbcmac;
	uint8_t held[BLOCK];
	struct wr w = wr_of(held, sizeof held);
	(void)iv;
	if (EVP_EncryptInit_ex2(c->chain, NULL, NULL, zero, NULL) != 1)
		return false;
	for (unsigned i = 0; i < n; i++)
		if (!chain_run(c->chain, &w, runs[i], out))
			return false;
	const uint8_t *key = wr_left(&w) == 0 ? c->full : c->padded;
	if (wr_left(&w) > 0) {
		wr_uint(&w, 0x80, 1);
		wr_fill(&w, 0, wr_left(&w));
	}
	for (unsigned i = 0; i < BLOCK; i++)
		held[i] ^= key[i];
	return chain_feed(c->chain, wr_done(&w), out);
}

static void
cbcmac_close(struct mac *m)
{
	EVP_CIPHER_CTX_free(m->cbcmac.chain);
}

/*
 * The chain over one block from a zero IV is the bare block cipher, which is all that deriving keys
 * needs.
 */
static bool
chain_block(EVP_CIPHER_CTX *chain, uint8_t fill, uint8_t out[BLOCK])
{
	static const uint8_t zero[BLOCK];
	uint8_t in[BLOCK];
	memset(in, fill, sizeof in);
	return EVP_EncryptInit_ex2(chain, NULL, NULL, zero, NULL) == 1 && chain_feed(chain, BYTES_OF(in), out);
}

/* RFC 3566 4: K1, K2, K3 are octets 1, 2 and 3, repeated, under the key. */
bool
xcbc_open(struct mac *m, const struct alg *a, struct bytes key, struct err *e)
{
	uint8_t k1[BLOCK];
	m->sum = cbcmac_sum;
	m->close = cbcmac_close;
	EVP_CIPHER_CTX *derive = lib_cipher(a, key, 0, 0, LIB_ENCRYPT, e);
	if (derive == NULL)
		return false;
	bool ok = chain_block(derive, 1, k1) && chain_block(derive, 2, m->cbcmac.full) &&
		  chain_block(derive, 3, m->cbcmac.padded);
	EVP_CIPHER_CTX_free(derive);
	if (ok)
		m->cbcmac.chain = lib_cipher(a, BYTES_OF(k1), 0, 0, LIB_ENCRYPT, e);
	else
		lib_fail(a, "cannot derive K1, K2, K3", e);
	OPENSSL_cleanse(k1, sizeof k1);
	return m->cbcmac.chain != NULL;
}

/* Multiplication by x in GF(2^128), most significant octet first (RFC 4493 2.3). */
static void
gf_double(const uint8_t in[BLOCK], uint8_t out[BLOCK])
{
	unsigned carry = 0;
	for (unsigned i = BLOCK; i-- > 0;) {
		unsigned v = (unsigned)in[i] << 1 | carry;
		out[i] = (uint8_t)v;
		carry = v >> 8;
	}
	out[BLOCK - 1] ^= (uint8_t)(0x87 & -carry);
}

/*
 * RFC 4493 2.3: what it calls K1 and K2 are the second and third key here; the first is the key
 * itself.
 */
bool
cmac_open(struct mac *m, const struct alg *a, struct bytes key, struct err *e)
{
	uint8_t l[BLOCK];
	m->sum = cbcmac_sum;
	m->close = cbcmac_close;
	m->cbcmac.chain = lib_cipher(a, key, 0, 0, LIB_ENCRYPT, e);
	if (m->cbcmac.chain == NULL)
		return false;
	if (!chain_block(m->cbcmac.chain, 0, l))
		return lib_fail(a, "cannot derive the subkeys", e);
	gf_double(l, m->cbcmac.full);
	gf_double(m->cbcmac.full, m->cbcmac.padded);
	OPENSSL_cleanse(l, sizeof l);
	return true;
}
