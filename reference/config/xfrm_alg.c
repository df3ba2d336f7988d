#include "config/xfrm_alg.h"

#include <string.h>

/*
 * By name and use, since "null" is two rows. The truncation is said beside the name (alg_trunc_len, alg_icv_len), so rows that differ only
 * in it share one. AES-GMAC of AH is missing: ah4 and ah6 take only hashes.
 */
/* clang-format off */
static const struct { const char *name; uint8_t use; const char *linux_name; } names[] = {
	{ "null",              ALG_ENC,  "ecb(cipher_null)" },
	{ "des-cbc",           ALG_ENC,  "cbc(des)" },
	{ "3des-cbc",          ALG_ENC,  "cbc(des3_ede)" },
	{ "blowfish-cbc",      ALG_ENC,  "cbc(blowfish)" },
	{ "cast128-cbc",       ALG_ENC,  "cbc(cast5)" },
	{ "aes-cbc",           ALG_ENC,  "cbc(aes)" },
	{ "camellia-cbc",      ALG_ENC,  "cbc(camellia)" },
	{ "aes-ctr",           ALG_ENC,  "rfc3686(ctr(aes))" },
	{ "aes-gcm-8",         ALG_ENC,  "rfc4106(gcm(aes))" },
	{ "aes-gcm-12",        ALG_ENC,  "rfc4106(gcm(aes))" },
	{ "aes-gcm-16",        ALG_ENC,  "rfc4106(gcm(aes))" },
	{ "aes-ccm-8",         ALG_ENC,  "rfc4309(ccm(aes))" },
	{ "aes-ccm-12",        ALG_ENC,  "rfc4309(ccm(aes))" },
	{ "aes-ccm-16",        ALG_ENC,  "rfc4309(ccm(aes))" },
	{ "aes-gmac",          ALG_ENC,  "rfc4543(gcm(aes))" },
	{ "chacha20-poly1305", ALG_ENC,  "rfc7539esp(chacha20,poly1305)" },
	{ "hmac-md5-96",       ALG_AUTH, "hmac(md5)" },
	{ "hmac-sha1-96",      ALG_AUTH, "hmac(sha1)" },
	{ "hmac-sha2-256-128", ALG_AUTH, "hmac(sha256)" },
	{ "hmac-sha2-256-96",  ALG_AUTH, "hmac(sha256)" },
	{ "hmac-sha2-384-192", ALG_AUTH, "hmac(sha384)" },
	{ "hmac-sha2-512-256", ALG_AUTH, "hmac(sha512)" },
	{ "aes-xcbc-mac-96",   ALG_AUTH, "xcbc(aes)" },
	{ "aes-cmac-96",       ALG_AUTH, "cmac(aes)" },
	{ "null",              ALG_AUTH, "digest_null" },
};
/* clang-format on */

const char *
xfrm_alg_name(const struct alg *a)
{
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if ((names[i].use & a->use) != 0 && strcmp(names[i].name, a->name) == 0)
			return names[i].linux_name;
	return NULL;
}
