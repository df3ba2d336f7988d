#include "runner/bench/bare.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <string.h>

enum { SUM_MAX = 64, BLOCK = 64 /* of SHA-256 */, TRAILER = 2, UDP = 17 };

static inline void
put32(uint8_t *p, uint32_t v)
{
	v = __builtin_bswap32(v);
	memcpy(p, &v, sizeof v);
}

static inline void
put64(uint8_t *p, uint64_t v)
{
	v = __builtin_bswap64(v);
	memcpy(p, &v, sizeof v);
}

static inline void
put_head(struct bare *b, uint8_t *packet)
{
	put32(packet, b->spi);
	put32(packet + 4, ++b->seq);
}

/* --- combined modes ------------------------------------------------------------------------- */

static bool
aead_seal(struct bare *b, unsigned n, uint8_t *packet)
{
	uint8_t *iv = packet + BARE_HEAD, *body = iv + 8, *icv = body + b->plain_n;
	int done, size = (int)b->plain_n;
	for (unsigned i = 0; i < n; i++) {
		put_head(b, packet);
		put64(iv, ++b->counter);
		memcpy(b->nonce + 4, iv, 8);
		b->tag[0].data = icv;
		if (EVP_EncryptInit_ex2(b->enc, NULL, NULL, b->nonce, NULL) != 1 ||
		    EVP_EncryptUpdate(b->enc, NULL, &done, packet, BARE_HEAD) != 1 ||
		    EVP_EncryptUpdate(b->enc, body, &done, b->plain, size) != 1 ||
		    EVP_EncryptFinal_ex(b->enc, body + done, &done) != 1 ||
		    EVP_CIPHER_CTX_get_params(b->enc, b->tag) != 1)
			return false;
	}
	return true;
}

static bool
aead_open(struct bare *b, unsigned n, const uint8_t *packet, size_t stride, uint8_t *work)
{
	int done, size = (int)b->plain_n;
	for (unsigned i = 0; i < n; i++, packet += stride) {
		const uint8_t *iv = packet + BARE_HEAD, *body = iv + 8;
		memcpy(b->nonce + 4, iv, 8);
		b->tag[0].data = (void *)(uintptr_t)(body + size);
		if (EVP_DecryptInit_ex2(b->dec, NULL, NULL, b->nonce, b->tag) != 1 ||
		    EVP_DecryptUpdate(b->dec, NULL, &done, packet, BARE_HEAD) != 1 ||
		    EVP_DecryptUpdate(b->dec, work, &done, body, size) != 1 ||
		    EVP_DecryptFinal_ex(b->dec, work + done, &done) != 1)
			return false;
	}
	return true;
}

/* --- CBC and HMAC --------------------------------------------------------------------------- */

static inline bool
draw(struct bare *b, uint8_t *iv, size_t n)
{
	if (b->pool_left < n) {
		if (RAND_bytes(b->pool, BARE_POOL) != 1)
			return false;
		b->pool_left = BARE_POOL;
	}
	memcpy(iv, b->pool + (BARE_POOL - b->pool_left), n);
	b->pool_left -= n;
	return true;
}

static inline bool
sum(struct bare *b, const uint8_t *p, size_t n, uint8_t out[SUM_MAX])
{
	unsigned done;
	return EVP_MD_CTX_copy_ex(b->work, b->inner) == 1 && EVP_DigestUpdate(b->work, p, n) == 1 &&
	       EVP_DigestFinal_ex(b->work, out, &done) == 1 && EVP_MD_CTX_copy_ex(b->work, b->outer) == 1 &&
	       EVP_DigestUpdate(b->work, out, done) == 1 && EVP_DigestFinal_ex(b->work, out, &done) == 1;
}

static bool
cbc_seal(struct bare *b, unsigned n, uint8_t *packet)
{
	uint8_t *iv = packet + BARE_HEAD, *body = iv + 16, *icv = body + b->plain_n, mac[SUM_MAX];
	int done, size = (int)b->plain_n;
	for (unsigned i = 0; i < n; i++) {
		put_head(b, packet);
		if (!draw(b, iv, 16) || EVP_EncryptInit_ex2(b->enc, NULL, NULL, iv, NULL) != 1 ||
		    EVP_EncryptUpdate(b->enc, body, &done, b->plain, size) != 1 ||
		    !sum(b, packet, (size_t)(icv - packet), mac))
			return false;
		memcpy(icv, mac, b->kind->icv);
	}
	return true;
}

static bool
cbc_open(struct bare *b, unsigned n, const uint8_t *packet, size_t stride, uint8_t *work)
{
	uint8_t mac[SUM_MAX];
	int done, size = (int)b->plain_n;
	for (unsigned i = 0; i < n; i++, packet += stride) {
		const uint8_t *iv = packet + BARE_HEAD, *body = iv + 16, *icv = body + size;
		if (!sum(b, packet, (size_t)(icv - packet), mac) || CRYPTO_memcmp(mac, icv, b->kind->icv) != 0 ||
		    EVP_DecryptInit_ex2(b->dec, NULL, NULL, iv, NULL) != 1 ||
		    EVP_DecryptUpdate(b->dec, work, &done, body, size) != 1)
			return false;
	}
	return true;
}

bool
bare_seal(struct bare *b, unsigned n, uint8_t *packet)
{
	return b->kind->digest == NULL ? aead_seal(b, n, packet) : cbc_seal(b, n, packet);
}

bool
bare_open(struct bare *b, unsigned n, const uint8_t *packets, size_t stride, uint8_t *work)
{
	return b->kind->digest == NULL ? aead_open(b, n, packets, stride, work) : cbc_open(b, n, packets, stride, work);
}

/* --- once ----------------------------------------------------------------------------------- */

static EVP_CIPHER_CTX *
keyed(const char *name, const uint8_t *key, int way)
{
	unsigned off = 0;
	const OSSL_PARAM no_padding[] = {
		OSSL_PARAM_construct_uint(OSSL_CIPHER_PARAM_PADDING, &off),
		OSSL_PARAM_construct_end(),
	};
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, name, NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	if (cipher == NULL || ctx == NULL || EVP_CipherInit_ex2(ctx, cipher, key, NULL, way, NULL) != 1 ||
	    EVP_CIPHER_CTX_set_params(ctx, no_padding) != 1) {
		EVP_CIPHER_CTX_free(ctx);
		ctx = NULL;
	}
	EVP_CIPHER_free(cipher);
	return ctx;
}

/* A digest that has been fed the key XORed with pad (RFC 2104 2). */
static EVP_MD_CTX *
half(const char *name, const uint8_t *key, size_t key_n, uint8_t pad)
{
	uint8_t padded[BLOCK];
	for (size_t i = 0; i < BLOCK; i++)
		padded[i] = (i < key_n ? key[i] : 0) ^ pad;
	EVP_MD *md = EVP_MD_fetch(NULL, name, NULL);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	if (md == NULL || ctx == NULL || EVP_DigestInit_ex2(ctx, md, NULL) != 1 ||
	    EVP_DigestUpdate(ctx, padded, BLOCK) != 1) {
		EVP_MD_CTX_free(ctx);
		ctx = NULL;
	}
	EVP_MD_free(md);
	return ctx;
}

bool
bare_init(struct bare *b, const struct bare_kind *k, const uint8_t *key, size_t key_n, const uint8_t *mac_key,
	  size_t mac_key_n, uint32_t spi)
{
	*b = (struct bare){ .kind = k, .spi = spi };
	memcpy(b->nonce, key + key_n - k->salt, k->salt);
	b->tag[0] = OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, NULL, k->icv);
	b->tag[1] = OSSL_PARAM_construct_end();
	b->enc = keyed(k->cipher, key, 1);
	b->dec = keyed(k->cipher, key, 0);
	if (k->digest == NULL)
		return b->enc != NULL && b->dec != NULL;
	b->inner = half(k->digest, mac_key, mac_key_n, 0x36);
	b->outer = half(k->digest, mac_key, mac_key_n, 0x5c);
	b->work = EVP_MD_CTX_new();
	return b->enc != NULL && b->dec != NULL && b->inner != NULL && b->outer != NULL && b->work != NULL;
}

void
bare_free(struct bare *b)
{
	EVP_CIPHER_CTX_free(b->enc);
	EVP_CIPHER_CTX_free(b->dec);
	EVP_MD_CTX_free(b->inner);
	EVP_MD_CTX_free(b->outer);
	EVP_MD_CTX_free(b->work);
	OPENSSL_cleanse(b, sizeof *b);
}

void
bare_payload(struct bare *b, const uint8_t *payload, size_t n)
{
	uint8_t *end = b->plain + n;
	memcpy(b->plain, payload, n);
	uint8_t pad = (uint8_t)(-(n + TRAILER) & (b->kind->align - 1));
	for (uint8_t i = 1; i <= pad; i++)
		*end++ = i;
	*end++ = pad;
	*end++ = UDP;
	b->plain_n = (size_t)(end - b->plain);
	b->packet_n = BARE_HEAD + b->kind->iv + b->plain_n + b->kind->icv;
}
