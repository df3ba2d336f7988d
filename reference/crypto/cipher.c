#include "crypto/cipher.h"

#include <openssl/crypto.h>

#include "crypto/lib.h"

bool
cipher_open(struct cipher *c, const struct alg *a, struct bytes key, struct err *e)
{
	*c = (struct cipher){ .counts = a->kind == ALG_CTR, .half_iv = a->kind == ALG_CBC && a->iv < a->block };
	if (a->kind == ALG_NULL)
		return true;
	struct bytes cipher_key = bytes_slice(key, 0, key.n - a->salt);
	struct wr w = wr_of(c->counter, sizeof c->counter);
	wr_bytes(&w, bytes_slice(key, cipher_key.n, a->salt));
	if (c->counts) {
		wr_fill(&w, 0, a->iv);
		wr_uint(&w, 1, 4);
	}
	c->enc = lib_cipher(a, cipher_key, 0, 0, LIB_ENCRYPT, e);
	if (c->enc == NULL)
		return false;
	c->dec = lib_cipher(a, cipher_key, 0, 0, LIB_DECRYPT, e);
	return c->dec != NULL;
}

void
cipher_close(struct cipher *c)
{
	EVP_CIPHER_CTX_free(c->enc);
	EVP_CIPHER_CTX_free(c->dec);
	OPENSSL_cleanse(c, sizeof *c);
}

static const uint8_t *
cipher_complete(struct cipher *c, const uint8_t *iv)
{
	for (unsigned i = 0; i < 4; i++) {
		c->counter[i] = iv[i];
		c->counter[4 + i] = (uint8_t)~iv[i];
	}
	return c->counter;
}

static inline const uint8_t *
cipher_start(struct cipher *c, const uint8_t *iv)
{
	if (!c->counts)
		return c->half_iv ? cipher_complete(c, iv) : iv;
	memcpy(c->counter + 4, iv, 8);
	return c->counter;
}

bool
cipher_encrypt(struct cipher *c, const uint8_t *iv, uint8_t *body, size_t n)
{
	int done;
	if (c->enc == NULL || n == 0)
		return true;
	return EVP_EncryptInit_ex2(c->enc, NULL, NULL, cipher_start(c, iv), NULL) == 1 &&
	       EVP_EncryptUpdate(c->enc, body, &done, body, (int)n) == 1 && done == (int)n;
}

bool
cipher_decrypt(struct cipher *c, const uint8_t *iv, const uint8_t *body, size_t n, uint8_t *plain)
{
	int done;
	if (n == 0)
		return true;
	if (c->dec == NULL) {
		if (plain != body)
			memcpy(plain, body, n);
		return true;
	}
	return EVP_DecryptInit_ex2(c->dec, NULL, NULL, cipher_start(c, iv), NULL) == 1 &&
	       EVP_DecryptUpdate(c->dec, plain, &done, body, (int)n) == 1 && done == (int)n;
}
