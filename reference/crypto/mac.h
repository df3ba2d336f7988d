/*
 * Integrity alone: one sum over a list of octet runs, in contexts that stay keyed. It knows no
 * packets: callers say which octets, and cut the sum to the row's ICV themselves.
 *
 * RFC 2104, 2403, 2404, 4868 (HMAC); RFC 3566 4 and RFC 4493 2 (CBC-MACs of AES); RFC 4543 4 (GMAC
 * of AH).
 */
#ifndef ESPY_CRYPTO_MAC_H
#define ESPY_CRYPTO_MAC_H

#include <openssl/evp.h>

#include "crypto/aead.h"

enum { MAC_MAX = 64 }; /* octets of the longest sum, HMAC-SHA-512 */

struct hmac {
	EVP_MD_CTX *inner, *outer; /* already fed their padded key */
	EVP_MD_CTX *work;
	size_t digest;
};

/*
 * XCBC and CMAC are one construction, three keys around a CBC chain; they differ in where the keys
 * come from.
 */
struct cbcmac {
	EVP_CIPHER_CTX *chain; /* keyed with K1 */
	uint8_t full[16];      /* K2: goes into a last block that is full */
	uint8_t padded[16];    /* K3: into one that was padded, or empty */
};

/* RFC 1828 */
struct keyed {
	EVP_MD_CTX *started; /* already fed the filled key */
	EVP_MD_CTX *work;
	uint8_t key[64];
	size_t key_n;
};

struct mac {
	bool (*sum)(struct mac *m, const struct bytes *runs, unsigned n, const uint8_t *iv, uint8_t out[MAC_MAX]);
	void (*close)(struct mac *m);
	union {
		struct hmac hmac;
		struct cbcmac cbcmac;
		struct aead gmac;
		struct keyed keyed;
	};
};

/*
 * Of a row of ALG_AUTH; the null row leaves sum NULL. mac_close is allowed after a failure, and
 * twice.
 */
bool mac_open(struct mac *m, const struct alg *a, struct bytes key, struct err *e);
void mac_close(struct mac *m);

bool hmac_open(struct mac *m, const struct alg *a, struct bytes key, struct err *e);
bool xcbc_open(struct mac *m, const struct alg *a, struct bytes key, struct err *e);
bool keyed_open(struct mac *m, const struct alg *a, struct bytes key, struct err *e);
bool cmac_open(struct mac *m, const struct alg *a, struct bytes key, struct err *e);

#endif
