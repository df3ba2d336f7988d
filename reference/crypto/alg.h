/*
 * The algorithm table: one row per algorithm, and nothing about an algorithm anywhere else. Behaviour hangs off
 * `kind`; there is no switch on an algorithm. The name carries the truncation, since 96 against 128 bits is a
 * classic interop bug. A test asks libcrypto whether each row's sizes are true.
 */
#ifndef ESPY_CRYPTO_ALG_H
#define ESPY_CRYPTO_ALG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/cursor.h"

enum alg_kind {
	ALG_NULL, /* identity, RFC 2410: no key, no IV */
	ALG_CBC,  /* block cipher in CBC, explicit unpredictable IV */
	ALG_CTR,  /* RFC 3686: nonce(salt) || IV || counter from 1 */
	ALG_AEAD, /* GCM, CCM, ChaCha20-Poly1305: AAD is spi, [esn high,] seq */
	ALG_GMAC, /* RFC 4543: AEAD that encrypts nothing */
	ALG_HMAC,
	ALG_CMAC,    /* AES-CMAC-96 */
	ALG_XCBC,    /* AES-XCBC-MAC-96 */
	ALG_AH_GMAC, /* RFC 4543 4: integrity of AH with an explicit IV in front of the ICV */
	ALG_KEYED,   /* RFC 1828: a digest between two copies of its key */
};

/* Whether AH and ESP of RFC 1826 and 1827 have it. */
enum alg_old { OLD_NOT, OLD_TOO, OLD_ONLY };

enum alg_use { ALG_ENC = 1, ALG_AUTH = 2 }; /* which SADB algorithm list it belongs to */

enum pf_os { PF_LINUX, PF_FREEBSD, PF_NETBSD, PF_OPENBSD, PF_SOLARIS, PF_OS_N };

struct alg {
	const char *name;      /* "aes-cbc", "hmac-sha2-256-128", "aes-gcm-16" */
	const char *setkey[3]; /* names setkey accepts; [0] is the one printed */
	uint8_t use, kind;
	int16_t pfkey[PF_OS_N]; /* SADB number per OS; -1: that OS has none */
	uint16_t key_bits[8];   /* allowed cipher/MAC key sizes without the salt, 0-ended; a {min, max, step}
	                                     range where key_step != 0 (Blowfish, CAST) */
	uint16_t key_step;
	uint8_t salt;       /* octets of salt at the end of the SA key */
	uint8_t iv;         /* explicit IV octets on the wire; of a CBC row with less than a block: RFC 1829 2 */
	uint8_t old;        /* enum alg_old */
	bool implicit_iv;   /* the IV is the sequence number and stays at home (RFC 8750 4) */
	uint8_t block;      /* the plaintext with its trailer is a multiple of this (1: stream) */
	uint8_t icv;        /* octets on the wire; 0 for pure ciphers */
	const char *evp;    /* libcrypto name; %u is the key size in bits */
	const char *clause; /* "RFC 4106" */
	bool (*weak)(struct bytes key); /* keys the RFC says to refuse; NULL: the algorithm has none */
};

extern const struct alg algs[];
extern const unsigned algs_n;

/*
 * Reading the table. "null" is two rows, one per use, since their SADB numbers differ. AH's GMAC is three rows,
 * one per AES key size: RFC 4543 5.3 gives each its own identifier, and so does PF_KEY. OpenBSD wants the number
 * of a matching authentication algorithm beside the cipher of ChaCha20-Poly1305 and ESP GMAC; that is a habit of
 * its dialect and is not recorded here.
 */

/* By espy or setkey name, restricted to use (ALG_ENC, ALG_AUTH); NULL if there is none. */
const struct alg *alg_by_name(const char *name, uint8_t use);

/* By SADB number of an OS; NULL if there is none. Where several rows share a number (the two HMAC-SHA-256
 * truncations) the RFC's current one is returned. */
const struct alg *alg_by_pfkey(enum pf_os os, uint8_t use, int number);

/* Of the rows that share a setkey name with a (aes-gmac of AH), the one that takes a key of this many octets; a itself if none. */
const struct alg *alg_for_key(const struct alg *a, size_t octets);

/* Whether a key of this many octets (salt included) fits the row. */
bool alg_key_fits(const struct alg *a, size_t octets);

/* The key sizes of a row in octets, salt included, smallest first; returns how many (at most max). A null row has
 * one size, 0. */
unsigned alg_key_sizes(const struct alg *a, size_t *octets, unsigned max);

static inline bool
alg_is_combined(const struct alg *a)
{
	return a->kind == ALG_AEAD || a->kind == ALG_GMAC;
}

#endif
