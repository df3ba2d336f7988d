/*
 * The way into libcrypto: a library context of our own, its providers, fetched algorithms, keyed
 * cipher contexts, and its own words when it refuses. It knows nothing of packets.
 */
#ifndef ESPY_CRYPTO_LIB_H
#define ESPY_CRYPTO_LIB_H

#include <openssl/evp.h>

#include "crypto/alg.h"
#include "wire/err.h"

enum { LIB_DECRYPT, LIB_ENCRYPT }; /* as EVP_CipherInit_ex2 takes it */

/*
 * A cipher context keyed for the row, without padding; its IV is set per packet. iv_n of 0 keeps
 * the cipher's own IV length; tag_n is for CCM, which must know it before its key. NULL with
 * ERR_CRYPTO.
 */
EVP_CIPHER_CTX *lib_cipher(const struct alg *a, struct bytes key, int iv_n, int tag_n, int way, struct err *e);

/* The row's digest; free with EVP_MD_free. NULL with ERR_CRYPTO. */
EVP_MD *lib_digest(const struct alg *a, struct err *e);

/* ERR_CRYPTO: the row, what failed, and libcrypto's reason. Returns false. */
bool lib_fail(const struct alg *a, const char *what, struct err *e);

#endif
