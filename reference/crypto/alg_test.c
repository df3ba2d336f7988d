/* Whether the rows are true: libcrypto is asked about sizes, and the table about itself. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <stdio.h>

#include "crypto/alg.h"
#include "crypto/seal.h"

static OSSL_LIB_CTX *library;
static OSSL_PROVIDER *providers[2];

static EVP_CIPHER *
libcrypto_cipher(const struct alg *a, unsigned bits)
{
	char name[40];
	snprintf(name, sizeof name, a->evp, bits);
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(library, name, NULL);
	cr_assert(cipher != NULL, "%s: libcrypto has no %s", a->name, name);
	return cipher;
}

/* Whether the cipher has this key length, or lets itself be given it. */
static bool
takes_key(const EVP_CIPHER *c, int octets)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	bool takes = EVP_CipherInit_ex2(ctx, c, NULL, NULL, 1, NULL) == 1 &&
		     (EVP_CIPHER_CTX_get_key_length(ctx) == octets || EVP_CIPHER_CTX_set_key_length(ctx, octets) == 1);
	EVP_CIPHER_CTX_free(ctx);
	return takes;
}

static void
open_library(void)
{
	library = OSSL_LIB_CTX_new();
	for (unsigned i = 0; i < 2; i++) {
		providers[i] = OSSL_PROVIDER_load(library, i == 0 ? "default" : "legacy");
		cr_assert(providers[i] != NULL, "provider %u", i);
	}
}

static void
close_library(void)
{
	for (unsigned i = 0; i < 2; i++)
		OSSL_PROVIDER_unload(providers[i]);
	OSSL_LIB_CTX_free(library);
}

TestSuite(alg, .init = open_library, .fini = close_library);

Test(alg, cipher_rows_have_the_sizes_libcrypto_has)
{
	for (const struct alg *a = algs; a < algs + algs_n; a++) {
		if (a->kind != ALG_CBC && a->kind != ALG_CTR)
			continue;
		size_t sizes[64];
		unsigned n = alg_key_sizes(a, sizes, 64);
		for (unsigned i = 0; i < n; i++) {
			size_t key = sizes[i] - a->salt;
			EVP_CIPHER *c = libcrypto_cipher(a, (unsigned)key * 8);
			cr_expect(takes_key(c, (int)key), "%s: key of %zu", a->name, key);
			cr_expect(takes_key(c, (int)key + 8) == (a->key_step != 0), "%s: variable key", a->name);
			cr_expect(EVP_CIPHER_get_block_size(c) == a->block, "%s: block", a->name);
			int counter = a->kind == ALG_CTR ? 4 : 0;
			int sent = a->old == OLD_ONLY ? a->iv * 2 : a->iv; /* RFC 1829 2: half of it */
			cr_expect(EVP_CIPHER_get_iv_length(c) == a->salt + sent + counter, "%s: IV", a->name);
			int mode = a->kind == ALG_CTR ? EVP_CIPH_CTR_MODE : EVP_CIPH_CBC_MODE;
			cr_expect(EVP_CIPHER_get_mode(c) == mode, "%s: mode", a->name);
			EVP_CIPHER_free(c);
		}
	}
}

Test(alg, combined_rows_have_the_sizes_libcrypto_has)
{
	for (const struct alg *a = algs; a < algs + algs_n; a++) {
		if (!alg_is_combined(a) && a->kind != ALG_AH_GMAC)
			continue;
		for (const uint16_t *bits = a->key_bits; *bits != 0; bits++) {
			EVP_CIPHER *c = libcrypto_cipher(a, *bits);
			bool combined = (EVP_CIPHER_get_flags(c) & EVP_CIPH_FLAG_AEAD_CIPHER) != 0;
			cr_expect(combined, "%s: AEAD", a->name);
			cr_expect(EVP_CIPHER_get_key_length(c) * 8 == *bits, "%s: key of %u bits", a->name, *bits);
			/*
			 * CCM's nonce is 15 - L octets, and L is 4 in ESP (RFC 4309 2): not
			 * libcrypto's default.
			 */
			bool ccm = EVP_CIPHER_get_mode(c) == EVP_CIPH_CCM_MODE;
			int nonce = ccm ? 15 - 4 : EVP_CIPHER_get_iv_length(c);
			cr_expect(nonce == a->salt + 8, "%s: nonce", a->name);
			cr_expect(a->iv == (a->implicit_iv ? 0 : 8), "%s: IV", a->name);
			cr_expect(a->block == 1, "%s: block", a->name);
			cr_expect(a->icv == 8 || a->icv == 12 || a->icv == 16, "%s: ICV", a->name);
			EVP_CIPHER_free(c);
		}
	}
}

Test(alg, hmac_rows_fix_the_key_to_the_digest_and_cut_the_icv_from_it)
{
	for (const struct alg *a = algs; a < algs + algs_n; a++) {
		if (a->kind != ALG_HMAC)
			continue;
		EVP_MD *md = EVP_MD_fetch(library, a->evp, NULL);
		cr_assert(md != NULL, "%s: libcrypto has no %s", a->name, a->evp);
		cr_expect(EVP_MD_get_size(md) * 8 == a->key_bits[0] && a->key_bits[1] == 0, "%s: key", a->name);
		cr_expect(a->icv == 12 || a->icv == EVP_MD_get_size(md) / 2, "%s: ICV", a->name);
		EVP_MD_free(md);
	}
}

Test(alg, cbcmac_rows_have_a_128_bit_key)
{
	for (const struct alg *a = algs; a < algs + algs_n; a++) {
		if (a->kind != ALG_XCBC && a->kind != ALG_CMAC)
			continue;
		EVP_CIPHER *c = libcrypto_cipher(a, 128);
		cr_expect(EVP_CIPHER_get_key_length(c) == 16 && alg_key_fits(a, 16), "%s: key", a->name);
		cr_expect(EVP_CIPHER_get_block_size(c) == 16, "%s: block", a->name);
		EVP_CIPHER_free(c);
	}
}

Test(alg, icv_lengths_in_names_are_those_of_the_rows)
{
	for (const struct alg *a = algs; a < algs + algs_n; a++) {
		const char *dash = strrchr(a->name, '-');
		unsigned n;
		if (dash == NULL || sscanf(dash, "-%u", &n) != 1)
			continue;
		/* MACs are named by bits, AEADs by octets */
		unsigned octets = a->use == ALG_AUTH ? n / 8 : n;
		cr_expect(octets == a->icv, "%s: ICV of %u octets", a->name, a->icv);
	}
}

Test(alg, every_name_finds_its_row_and_no_other)
{
	for (const struct alg *a = algs; a < algs + algs_n; a++) {
		cr_expect(alg_by_name(a->name, a->use) == a, "%s", a->name);
		cr_expect(a->setkey[0] != NULL, "%s: setkey has no word for it", a->name);
		size_t size[64];
		cr_assert(alg_key_sizes(a, size, 64) > 0, "%s", a->name);
		for (unsigned i = 0; i < 3; i++)
			if (a->setkey[i] != NULL)
				cr_expect(alg_for_key(alg_by_name(a->setkey[i], a->use), size[0]) == a, "%s: %s",
					  a->name, a->setkey[i]);
	}
}

Test(alg, a_key_decides_between_rows_of_one_name)
{
	static const struct {
		size_t octets;
		const char *row;
	} rows[] = {
		{ 20, "aes-128-gmac" },
		{ 28, "aes-192-gmac" },
		{ 36, "aes-256-gmac" },
		{ 21, "aes-128-gmac" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct alg *a = alg_for_key(alg_by_name("aes-gmac", ALG_AUTH), rows[i].octets);
		cr_assert(eq(str, (char *)a->name, (char *)rows[i].row), "%zu octets", rows[i].octets);
	}
}

Test(alg, names_are_looked_up_within_their_use)
{
	cr_expect(alg_by_name("null", ALG_ENC) != alg_by_name("null", ALG_AUTH));
	cr_expect(alg_by_name("hmac-sha1", ALG_ENC) == NULL);
	cr_expect(alg_by_name("aes-cbc", ALG_AUTH) == NULL);
	cr_expect(alg_by_name("hmac-sha1", ALG_ENC | ALG_AUTH) != NULL);
	cr_expect(alg_by_name("aes", ALG_ENC) == NULL);
	cr_expect(alg_by_name("", ALG_ENC | ALG_AUTH) == NULL);
}

Test(alg, numbers_are_unique_per_system_and_use_but_for_sha256)
{
	const struct alg *current = alg_by_name("hmac-sha2-256-128", ALG_AUTH);
	const struct alg *draft = alg_by_name("hmac-sha2-256-96", ALG_AUTH);
	for (enum pf_os os = 0; os < PF_OS_N; os++)
		for (const struct alg *a = algs; a < algs + algs_n; a++) {
			if (a->pfkey[os] == -1)
				continue;
			const struct alg *found = alg_by_pfkey(os, a->use, a->pfkey[os]);
			cr_expect(a->pfkey[os] > 0, "%s: number on system %d", a->name, (int)os);
			cr_expect(found == (a == draft ? current : a), "%s: number %d on system %d finds %s", a->name,
				  a->pfkey[os], (int)os, found->name);
		}
}

Test(alg, numbers_mean_different_things_on_different_systems)
{
	static const struct {
		enum pf_os os;
		uint8_t use;
		int number;
		const char *name;
	} rows[] = {
		{ PF_LINUX, ALG_ENC, 15, "aes-ccm-12" },       { PF_FREEBSD, ALG_ENC, 15, "chacha20-poly1305" },
		{ PF_LINUX, ALG_ENC, 22, "camellia-cbc" },     { PF_OPENBSD, ALG_ENC, 22, "chacha20-poly1305" },
		{ PF_NETBSD, ALG_AUTH, 9, "aes-xcbc-mac-96" }, { PF_OPENBSD, ALG_AUTH, 9, "aes-128-gmac" },
		{ PF_NETBSD, ALG_AUTH, 11, "aes-128-gmac" },   { PF_OPENBSD, ALG_AUTH, 11, "aes-256-gmac" },
		{ PF_NETBSD, ALG_ENC, 23, "aes-gmac" },        { PF_OPENBSD, ALG_ENC, 21, "aes-gmac" },
	};
	for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct alg *a = alg_by_pfkey(rows[i].os, rows[i].use, rows[i].number);
		cr_expect(a != NULL && strcmp(a->name, rows[i].name) == 0, "%d on system %d: want %s, got %s",
			  rows[i].number, (int)rows[i].os, rows[i].name, a == NULL ? "none" : a->name);
	}
	cr_expect(alg_by_pfkey(PF_SOLARIS, ALG_ENC, 13) == NULL);
	cr_expect(alg_by_pfkey(PF_LINUX, ALG_AUTH, 0) == NULL, "0 is no algorithm");
	cr_expect(alg_by_pfkey(PF_LINUX, ALG_AUTH, -1) == NULL, "-1 stands for no number");
}

Test(alg, key_sizes_are_those_of_the_rfcs)
{
	static const struct {
		const char *name;
		uint8_t use;
		size_t fits[3], bad[4];
	} rows[] = {
		{ "null", ALG_ENC, { 0, 0, 0 }, { 1, 8, 16, 32 } },
		{ "des-cbc", ALG_ENC, { 8, 8, 8 }, { 0, 7, 9, 24 } },
		{ "3des-cbc", ALG_ENC, { 24, 24, 24 }, { 0, 8, 16, 25 } },
		{ "blowfish-cbc", ALG_ENC, { 5, 16, 56 }, { 0, 4, 57, 64 } },
		{ "cast128-cbc", ALG_ENC, { 5, 10, 16 }, { 0, 4, 17, 24 } },
		{ "aes-cbc", ALG_ENC, { 16, 24, 32 }, { 0, 8, 20, 36 } },
		{ "aes-ctr", ALG_ENC, { 20, 28, 36 }, { 0, 16, 24, 32 } },
		{ "aes-ccm-16", ALG_ENC, { 19, 27, 35 }, { 16, 20, 28, 36 } },
		{ "aes-gcm-16", ALG_ENC, { 20, 28, 36 }, { 16, 24, 32, 19 } },
		{ "chacha20-poly1305", ALG_ENC, { 36, 36, 36 }, { 20, 28, 32, 37 } },
		{ "hmac-sha2-256-128", ALG_AUTH, { 32, 32, 32 }, { 0, 20, 31, 64 } },
		{ "aes-192-gmac", ALG_AUTH, { 28, 28, 28 }, { 20, 24, 36, 0 } },
	};
	for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct alg *a = alg_by_name(rows[i].name, rows[i].use);
		for (unsigned k = 0; k < 3; k++)
			cr_expect(alg_key_fits(a, rows[i].fits[k]), "%s: %zu fits", a->name, rows[i].fits[k]);
		for (unsigned k = 0; k < 4; k++)
			cr_expect(not(alg_key_fits(a, rows[i].bad[k])), "%s: %zu does not", a->name, rows[i].bad[k]);
	}
}

Test(alg, key_sizes_rise_and_stop_at_the_callers_room)
{
	for (const struct alg *a = algs; a < algs + algs_n; a++) {
		size_t sizes[64], few[2];
		unsigned n = alg_key_sizes(a, sizes, 64);
		cr_expect(n > 0 && n < 64, "%s: %u sizes", a->name, n);
		for (unsigned i = 1; i < n; i++)
			cr_expect(sizes[i] > sizes[i - 1], "%s: size %u", a->name, i);
		cr_expect(alg_key_sizes(a, few, 2) == (n < 2 ? n : 2), "%s: room for two", a->name);
		cr_expect(alg_key_sizes(a, few, 0) == 0, "%s: no room", a->name);
	}
}

Test(alg, every_key_size_opens_a_seal)
{
	static const uint8_t key[80] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };
	for (const struct alg *a = algs; a < algs + algs_n; a++) {
		size_t sizes[64];
		unsigned n = alg_key_sizes(a, sizes, 64);
		for (unsigned i = 0; i < n; i++) {
			struct err e = { 0 };
			struct bytes k = bytes_slice(BYTES_OF(key), 0, sizes[i]);
			struct seal *s = a->use == ALG_ENC ? seal_new(a, k, NULL, BYTES_NONE, &e)
							   : seal_new(NULL, BYTES_NONE, a, k, &e);
			cr_expect(s != NULL, "%s: key of %zu octets: %s", a->name, sizes[i], e.text);
			if (s != NULL)
				cr_expect(seal_icv_len(s) == a->icv, "%s: ICV", a->name);
			seal_free(s);
		}
	}
}
