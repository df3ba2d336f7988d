#include "crypto/lib.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <stdio.h>

/*
 * A context of our own, so that a host's openssl.cnf (a FIPS default property, say) decides nothing
 * here. DES, Blowfish and CAST live in the legacy provider, which a machine may lack: it is loaded
 * when a row first needs it, and its absence costs those rows only. The context lives as long as
 * the process.
 */
static OSSL_LIB_CTX *lib;
static bool lib_has_legacy;
static char lib_legacy_reason[160];
static CRYPTO_ONCE lib_once = CRYPTO_ONCE_STATIC_INIT;
static CRYPTO_ONCE legacy_once = CRYPTO_ONCE_STATIC_INIT;

static void
lib_open(void)
{
	lib = OSSL_LIB_CTX_new();
	if (lib != NULL)
		(void)OSSL_PROVIDER_load(lib, "default");
}

static void
lib_load_legacy(void)
{
	ERR_clear_error();
	lib_has_legacy = OSSL_PROVIDER_load(lib, "legacy") != NULL;
	if (!lib_has_legacy)
		ERR_error_string_n(ERR_peek_error(), lib_legacy_reason, sizeof lib_legacy_reason);
}

bool
lib_fail(const struct alg *a, const char *what, struct err *e)
{
	unsigned long code = ERR_peek_error();
	char reason[160] = "no reason given";
	if (code != 0)
		ERR_error_string_n(code, reason, sizeof reason);
	ERR_clear_error();
	return fail(e, ERR_CRYPTO, "%s: %s: %s", a->name, what, reason);
}

static EVP_CIPHER *
lib_fetch_cipher(const struct alg *a, unsigned bits, struct err *e)
{
	char name[40];
	snprintf(name, sizeof name, a->evp, bits);
	ERR_clear_error();
	if (!CRYPTO_THREAD_run_once(&lib_once, lib_open) || lib == NULL) {
		lib_fail(a, "libcrypto gives no library context", e);
		return NULL;
	}
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(lib, name, NULL);
	if (cipher != NULL)
		return cipher;
	(void)CRYPTO_THREAD_run_once(&legacy_once, lib_load_legacy);
	ERR_clear_error();
	cipher = EVP_CIPHER_fetch(lib, name, NULL);
	if (cipher == NULL && !lib_has_legacy)
		fail(e, ERR_CRYPTO, "%s: libcrypto has no %s without its legacy provider: %s", a->name, name,
		     lib_legacy_reason);
	else if (cipher == NULL)
		lib_fail(a, name, e);
	return cipher;
}

EVP_MD *
lib_digest(const struct alg *a, struct err *e)
{
	ERR_clear_error();
	if (!CRYPTO_THREAD_run_once(&lib_once, lib_open) || lib == NULL) {
		lib_fail(a, "libcrypto gives no library context", e);
		return NULL;
	}
	EVP_MD *md = EVP_MD_fetch(lib, a->evp, NULL);
	if (md == NULL)
		lib_fail(a, a->evp, e);
	return md;
}

/*
 * ESP pads for itself. The provider is told so directly, because EVP_CIPHER_CTX_set_padding leaves
 * a flag that makes every later setting of an IV say it again, at 45 ns a packet.
 */
static bool
lib_no_padding(EVP_CIPHER_CTX *ctx)
{
	unsigned padding = 0;
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_uint(OSSL_CIPHER_PARAM_PADDING, &padding),
		OSSL_PARAM_construct_end(),
	};
	return EVP_CIPHER_CTX_set_params(ctx, params) == 1;
}

/* The order is libcrypto's: lengths before the key, since CCM formats its first block from them. */
static bool
lib_key(EVP_CIPHER_CTX *ctx, const EVP_CIPHER *cipher, struct bytes key, int iv_n, int tag_n, int way)
{
	bool ccm = EVP_CIPHER_get_mode(cipher) == EVP_CIPH_CCM_MODE;
	return EVP_CipherInit_ex2(ctx, cipher, NULL, NULL, way, NULL) == 1 &&
	       (EVP_CIPHER_CTX_get_key_length(ctx) == (int)key.n ||
		EVP_CIPHER_CTX_set_key_length(ctx, (int)key.n) == 1) &&
	       (iv_n == 0 || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, iv_n, NULL) == 1) &&
	       (!ccm || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, tag_n, NULL) == 1) && lib_no_padding(ctx) &&
	       EVP_CipherInit_ex2(ctx, NULL, key.p, NULL, way, NULL) == 1;
}

EVP_CIPHER_CTX *
lib_cipher(const struct alg *a, struct bytes key, int iv_n, int tag_n, int way, struct err *e)
{
	EVP_CIPHER *cipher = lib_fetch_cipher(a, (unsigned)key.n * 8, e);
	if (cipher == NULL)
		return NULL;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	if (ctx == NULL || !lib_key(ctx, cipher, key, iv_n, tag_n, way)) {
		lib_fail(a, "cannot key a cipher context", e);
		EVP_CIPHER_CTX_free(ctx);
		ctx = NULL;
	}
	EVP_CIPHER_free(cipher); /* the context holds its own reference */
	return ctx;
}
