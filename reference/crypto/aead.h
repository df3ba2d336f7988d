/*
 * Combined modes: nonce and AAD of ESP, and the tag, in contexts that stay keyed; also AES-GMAC of
 * AH, which is the same context fed nothing but AAD. It knows no padding, no policy.
 *
 * RFC 4106 3-5 (GCM), 4309 3-5 (CCM), 4543 3-4 (GMAC), 7634 2 (ChaCha20-Poly1305), 8750 4 (implicit IV).
 */
#ifndef ESPY_CRYPTO_AEAD_H
#define ESPY_CRYPTO_AEAD_H

#include <openssl/core.h>
#include <openssl/evp.h>

#include "crypto/seal.h"

struct aead {
	EVP_CIPHER_CTX *enc, *dec;
	OSSL_PARAM tag[2]; /* prebuilt: a control call would build it per packet, at 25 ns */
	uint8_t nonce[12]; /* salt | IV; the salt stays */
	unsigned salt;
	bool implicit_iv;
	bool (*encrypt)(struct aead *a, const struct seal_esp *p);
	enum seal_result (*decrypt)(struct aead *a, const struct seal_esp *p);
};

/* key as PF_KEY carries it, salt last. aead_close is allowed after a failure, and twice. */
bool aead_open(struct aead *a, const struct alg *alg, struct bytes key, struct err *e);
void aead_close(struct aead *a);

/* The tag over runs with nothing encrypted (RFC 4543 4). */
bool aead_mac(struct aead *a, const struct bytes *runs, unsigned n, const uint8_t *iv, uint8_t *tag);

#endif
