/*
 * The yardstick: the loop over libcrypto's EVP calls that somebody would write who wants ESP's cipher work and nothing
 * else. No SA, no lengths that vary, no cursors: this folder is outside the house rule on octets, because what it
 * measures is what the rule costs. It knows nothing of reference/.
 *
 * The loop does what the transform asks of a cipher, and as fast as EVP lets it: contexts keyed once, padding switched
 * off in the provider (EVP_CIPHER_CTX_set_padding leaves a flag that costs 45 ns at each IV), tags through prebuilt
 * parameters, HMAC by copying two keyed digests (EVP_MAC does the same behind two more layers). The plaintext with its
 * trailer lies ready and is enciphered straight into the packet; a packet is deciphered straight out of it.
 */
#ifndef ESPY_BENCH_BARE_H
#define ESPY_BENCH_BARE_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>

enum { BARE_PACKET = 2048, BARE_POOL = 4096, BARE_HEAD = 8 };

/* A transform in libcrypto's words. */
struct bare_kind {
	const char *cipher;
	const char *digest; /* NULL: combined mode */
	unsigned salt, iv, align, icv;
};

struct bare {
	const struct bare_kind *kind;
	EVP_CIPHER_CTX *enc, *dec;
	EVP_MD_CTX *inner, *outer, *work;
	OSSL_PARAM tag[2];
	uint8_t nonce[12];
	uint32_t spi, seq;
	uint64_t counter;           /* last counter IV */
	uint8_t plain[BARE_PACKET]; /* payload, padding, pad length, next header */
	size_t plain_n;
	size_t packet_n;
	uint8_t pool[BARE_POOL]; /* random octets for CBC's IVs, drawn by RAND_bytes when it runs out */
	size_t pool_left;
};

/* key: the cipher's, salt last; mac_key: the digest's size. False when libcrypto fails. */
bool bare_init(struct bare *b, const struct bare_kind *k, const uint8_t *key, size_t key_n, const uint8_t *mac_key,
	       size_t mac_key_n, uint32_t spi);
void bare_free(struct bare *b);

/* What every packet carries from now on, under the default padding and next header 17. */
void bare_payload(struct bare *b, const uint8_t *payload, size_t n);

/* n packets, one after another into the same room of b->packet_n octets. */
bool bare_seal(struct bare *b, unsigned n, uint8_t *packet);

/* n packets that lie stride octets apart; the plaintext of each goes to work. False unless all are authentic. */
bool bare_open(struct bare *b, unsigned n, const uint8_t *packets, size_t stride, uint8_t *work);

#endif
