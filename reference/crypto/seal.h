/*
 * Keyed contexts: the only code that talks to libcrypto. It knows the octet ranges of ESP and AH cryptography (what
 * is encrypted, what is authenticated, nonce and AAD), and nothing of SAs, headers or policy. Contexts stay keyed
 * for the life of a struct seal; no allocation per packet here.
 *
 * RFC 4303 2, 3.3.2; RFC 4106 3-5, 4309 3-5, 3686 4, 4543 3-4, 7634 2, 3566, 4494, 4868.
 */
#ifndef ESPY_CRYPTO_SEAL_H
#define ESPY_CRYPTO_SEAL_H

#include "crypto/alg.h"
#include "wire/cursor.h"
#include "wire/err.h"

struct seal; /* opaque: it owns keys and wipes them */

/*
 * Makes the contexts of one SA. enc may be NULL (AH) or a cipher; auth may be NULL with a combined enc or for
 * confidentiality alone. Keys as PF_KEY carries them (salt last); they are copied. ERR_RANGE for a key that does not
 * fit (HMAC takes any of 1 to 512 octets: holding SAs to alg_key_fits is the caller's part), ERR_UNSUPPORTED for
 * two algorithms that cannot stand together, ERR_CRYPTO with libcrypto's own words otherwise. Free with seal_free
 * (NULL allowed), which wipes the keys.
 */
struct seal *seal_new(const struct alg *enc, struct bytes enc_key, const struct alg *auth, struct bytes auth_key,
		      struct err *e);
void seal_free(struct seal *s);

/* One ESP packet: spi(4) seq(4) | iv | body | icv, contiguous. Opening reads these only, where plain says otherwise. */
struct seal_esp {
	uint8_t *head; /* 8 octets: SPI and low sequence number */
	uint8_t *iv;   /* enc->iv octets, right behind head */
	uint8_t *body; /* payload, padding, pad length, next header */
	size_t body_n;
	uint8_t *icv; /* seal_icv_len() octets, right behind body */
	bool esn;     /* the high half takes part in the ICV (RFC 4303 2.2.1) */
	uint32_t seq_hi;
	bool ragged;    /* sealing only: a body that is no multiple of the block is allowed; its whole blocks are
	                           encrypted, the rest goes out as it stands, and the ICV covers all of it */
	uint8_t *plain; /* opening only: body_n octets elsewhere that get the plaintext; NULL: it replaces body */
};

/* Where the plaintext of a packet to open goes. */
static inline uint8_t *
seal_plain(const struct seal_esp *p)
{
	return p->plain != NULL ? p->plain : p->body;
}

/* Encrypts body in place and writes icv. False only if libcrypto fails or body is not a multiple of the
 * block (see ragged). */
bool seal_esp_encrypt(struct seal *s, const struct seal_esp *p);

enum seal_result { SEAL_OK, SEAL_BAD_ICV, SEAL_BAD_LENGTH, SEAL_FAILED };

/* Verifies first, then decrypts body; where the plaintext goes is unspecified unless SEAL_OK. */
enum seal_result seal_esp_decrypt(struct seal *s, const struct seal_esp *p);

/*
 * Integrity alone, over a list of octet runs (AH: header with zeroes, payload, [high half of ESN]). For ALG_AH_GMAC iv
 * is the 8 explicit octets; otherwise empty. icv gets seal_icv_len() octets.
 */
bool seal_mac(struct seal *s, const struct bytes *runs, unsigned n, struct bytes iv, uint8_t *icv);

/* The same and compares in constant time. */
enum seal_result seal_mac_check(struct seal *s, const struct bytes *runs, unsigned n, struct bytes iv,
				struct bytes icv);

/* Octets of ICV on the wire, without the explicit IV of ALG_AH_GMAC. */
unsigned seal_icv_len(const struct seal *s);

/*
 * True for a key that must not be used: DES weak and semi-weak keys (RFC 2405 4.1), and 3DES with K1 = K2 or K2 = K3
 * (RFC 2451 2.3). Parity bits do not count. seal_new takes such keys all the same: refusing them is the SA's part.
 */
bool alg_key_weak(const struct alg *a, struct bytes key);

#endif
