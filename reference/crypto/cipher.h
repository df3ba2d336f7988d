/*
 * Confidentiality alone: CBC and counter mode over one packet's body, in contexts that stay keyed.
 * NULL encryption (RFC 2410) is the same with no contexts. It knows no integrity, no headers.
 *
 * RFC 2405, 2451, 3602, 4312 (CBC); RFC 3686 4 (counter block).
 */
#ifndef ESPY_CRYPTO_CIPHER_H
#define ESPY_CRYPTO_CIPHER_H

#include <openssl/evp.h>

#include "crypto/alg.h"
#include "wire/err.h"

struct cipher {
	EVP_CIPHER_CTX *enc, *dec; /* NULL: identity */
	uint8_t counter[16];       /* RFC 3686 4: nonce(4) | IV(8) | 1; the nonce and the 1 stay */
	bool counts;
	bool half_iv; /* RFC 1829 2: 4 octets, then their complement */
};

/* key as PF_KEY carries it, salt last. cipher_close is allowed after a failure, and twice. */
bool cipher_open(struct cipher *c, const struct alg *a, struct bytes key, struct err *e);
void cipher_close(struct cipher *c);

/*
 * n is a multiple of the block. Encryption is in place; plain is body itself or apart from it. False when libcrypto
 * fails.
 */
bool cipher_encrypt(struct cipher *c, const uint8_t *iv, uint8_t *body, size_t n);
bool cipher_decrypt(struct cipher *c, const uint8_t *iv, const uint8_t *body, size_t n, uint8_t *plain);

#endif
