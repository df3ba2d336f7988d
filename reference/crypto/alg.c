#include "crypto/alg.h"

#include <string.h>

#include "crypto/weak.h"

/*
 * SADB numbers in the order of enum pf_os. They collide across systems (15 is CCM-12 or ChaCha, 22
 * Camellia or ChaCha, authentication 9 to 12 XCBC, SM3 or GMAC), so a number means nothing without
 * its system.
 */
/* clang-format off */
#define NUM(linux_n, freebsd_n, netbsd_n, openbsd_n, solaris_n)                                             \
	{ [PF_LINUX] = linux_n, [PF_FREEBSD] = freebsd_n, [PF_NETBSD] = netbsd_n, [PF_OPENBSD] = openbsd_n, \
	  [PF_SOLARIS] = solaris_n }

#define NO_NUM NUM(-1, -1, -1, -1, -1)
#define AES_BITS { 128, 192, 256 }

#define CBC(name_, names_, num_, bits_, step_, block_, evp_, clause_, weak_)                            \
	{ .name = name_, .setkey = names_, .use = ALG_ENC, .kind = ALG_CBC, .pfkey = num_, .key_bits = bits_, \
	  .key_step = step_, .iv = block_, .block = block_, .evp = evp_, .clause = clause_, .weak = weak_ }

/* Every combined mode of ESP has an explicit IV of 8 octets and needs no padding of its own. */
#define COMBINED(name_, kind_, num_, bits_, salt_, icv_, evp_, clause_)                                   \
	{ .name = name_, .setkey = { name_ }, .use = ALG_ENC, .kind = kind_, .pfkey = num_, .key_bits = bits_, \
	  .salt = salt_, .iv = 8, .block = 1, .icv = icv_, .evp = evp_, .clause = clause_ }

/* The same with the sequence number for an IV. RFC 8750 8 gives it to these three alone. */
#define IMPLICIT(name_, bits_, salt_, icv_, evp_)                                                         \
	{ .name = name_, .setkey = { name_ }, .use = ALG_ENC, .kind = ALG_AEAD, .pfkey = NO_NUM,           \
	  .key_bits = bits_, .salt = salt_, .implicit_iv = true, .block = 1, .icv = icv_, .evp = evp_,     \
	  .clause = "RFC 8750" }

#define MAC(name_, names_, kind_, num_, bits_, icv_, evp_, clause_)                              \
	{ .name = name_, .setkey = names_, .use = ALG_AUTH, .kind = kind_, .pfkey = num_,         \
	  .key_bits = { bits_ }, .block = 1, .icv = icv_, .evp = evp_, .clause = clause_ }

/* One row a key size, since each has a number of its own (RFC 4543 5.3); setkey says "aes-gmac" and lets the key decide. */
#define AH_GMAC(name_, num_, bits_)                                                              \
	{ .name = name_, .setkey = { name_, "aes-gmac" }, .use = ALG_AUTH, .kind = ALG_AH_GMAC, .pfkey = num_, \
	  .key_bits = { bits_ }, .salt = 4, .iv = 8, .block = 1, .icv = 16, .evp = "AES-%u-GCM",   \
	  .clause = "RFC 4543" }

/* Braces and commas survive a macro argument only when wrapped. */
#define LIST(...) { __VA_ARGS__ }

const struct alg algs[] = {
	{ .name = "null", .setkey = { "null" }, .use = ALG_ENC, .kind = ALG_NULL, .pfkey = NUM(11, 11, 11, 11, 11),
	  .block = 1, .clause = "RFC 2410" },

	{ .name = "des-cbc", .setkey = { "des-cbc" }, .use = ALG_ENC, .kind = ALG_CBC, .pfkey = NUM(2, 2, 2, -1, 2),
	  .key_bits = { 64 }, .iv = 8, .old = OLD_TOO, .block = 8, .evp = "DES-CBC", .clause = "RFC 2405",
	  .weak = weak_des },
	/* The same with half an IV on the wire, which its complement completes; KAME says it by a flag. */
	{ .name = "des-cbc-iv32", .setkey = { "des-32iv" }, .use = ALG_ENC, .kind = ALG_CBC,
	  .pfkey = NO_NUM, .key_bits = { 64 }, .iv = 4, .old = OLD_ONLY, .block = 8, .evp = "DES-CBC",
	  .clause = "RFC 1829", .weak = weak_des },
	CBC("3des-cbc", LIST("3des-cbc"), NUM(3, 3, 3, 3, 3), LIST(192), 0, 8, "DES-EDE3-CBC", "RFC 2451",
	    weak_3des),
	CBC("blowfish-cbc", LIST("blowfish-cbc"), NUM(7, 7, 7, 7, 7), LIST(40, 448), 8, 8, "BF-CBC", "RFC 2451",
	    NULL),
	CBC("cast128-cbc", LIST("cast128-cbc"), NUM(6, 6, 6, 6, -1), LIST(40, 128), 8, 8, "CAST5-CBC", "RFC 2451",
	    NULL),
	CBC("aes-cbc", LIST("rijndael-cbc", "aes-cbc"), NUM(12, 12, 12, 12, 12), AES_BITS, 0, 16, "AES-%u-CBC",
	    "RFC 3602", NULL),
	CBC("camellia-cbc", LIST("camellia-cbc"), NUM(22, 22, 22, -1, -1), AES_BITS, 0, 16, "CAMELLIA-%u-CBC",
	    "RFC 4312", NULL),

	{ .name = "aes-ctr", .setkey = { "aes-ctr" }, .use = ALG_ENC, .kind = ALG_CTR,
	  .pfkey = NUM(13, 13, 13, 13, -1), .key_bits = AES_BITS, .salt = 4, .iv = 8, .block = 1,
	  .evp = "AES-%u-CTR", .clause = "RFC 3686" },

	COMBINED("aes-gcm-8", ALG_AEAD, NUM(18, 18, 18, 18, 18), AES_BITS, 4, 8, "AES-%u-GCM", "RFC 4106"),
	COMBINED("aes-gcm-12", ALG_AEAD, NUM(19, 19, 19, 19, 19), AES_BITS, 4, 12, "AES-%u-GCM", "RFC 4106"),
	COMBINED("aes-gcm-16", ALG_AEAD, NUM(20, 20, 20, 20, 20), AES_BITS, 4, 16, "AES-%u-GCM", "RFC 4106"),
	COMBINED("aes-ccm-8", ALG_AEAD, NUM(14, -1, -1, -1, 14), AES_BITS, 3, 8, "AES-%u-CCM", "RFC 4309"),
	COMBINED("aes-ccm-12", ALG_AEAD, NUM(15, -1, -1, -1, 15), AES_BITS, 3, 12, "AES-%u-CCM", "RFC 4309"),
	COMBINED("aes-ccm-16", ALG_AEAD, NUM(16, -1, -1, -1, 16), AES_BITS, 3, 16, "AES-%u-CCM", "RFC 4309"),
	COMBINED("aes-gmac", ALG_GMAC, NUM(23, 23, 23, 21, -1), AES_BITS, 4, 16, "AES-%u-GCM", "RFC 4543"),
	COMBINED("chacha20-poly1305", ALG_AEAD, NUM(-1, 15, -1, 22, -1), LIST(256), 4, 16, "ChaCha20-Poly1305",
		 "RFC 7634"),
	IMPLICIT("aes-ccm-8-iiv", AES_BITS, 3, 8, "AES-%u-CCM"),
	IMPLICIT("aes-gcm-16-iiv", AES_BITS, 4, 16, "AES-%u-GCM"),
	IMPLICIT("chacha20-poly1305-iiv", LIST(256), 4, 16, "ChaCha20-Poly1305"),

	/* RFC 2403 3, RFC 2404 3 and RFC 4868 2.1.1 fix the key to the length of the digest. */
	MAC("hmac-md5-96", LIST("hmac-md5"), ALG_HMAC, NUM(2, 2, 2, 2, 2), 128, 12, "MD5", "RFC 2403"),
	MAC("hmac-sha1-96", LIST("hmac-sha1"), ALG_HMAC, NUM(3, 3, 3, 3, 3), 160, 12, "SHA1", "RFC 2404"),
	MAC("hmac-sha2-256-128", LIST("hmac-sha256", "hmac-sha2-256"), ALG_HMAC, NUM(5, 5, 5, 5, 5), 256, 16,
	    "SHA256", "RFC 4868"),
	/*
	 * The truncation of the drafts before RFC 4868, which kernels of that age and Linux's
	 * PF_KEY still use under the same number. It comes after the current one, so that looking
	 * up a number finds that.
	 */
	MAC("hmac-sha2-256-96", LIST("hmac-sha256-96"), ALG_HMAC, NUM(5, 5, 5, 5, -1), 256, 12, "SHA256",
	    "draft-ietf-ipsec-ciph-sha-256-00"),
	MAC("hmac-sha2-384-192", LIST("hmac-sha384", "hmac-sha2-384"), ALG_HMAC, NUM(6, 6, 6, 6, 6), 384, 24,
	    "SHA384", "RFC 4868"),
	MAC("hmac-sha2-512-256", LIST("hmac-sha512", "hmac-sha2-512"), ALG_HMAC, NUM(7, 7, 7, 7, 7), 512, 32,
	    "SHA512", "RFC 4868"),
	MAC("aes-xcbc-mac-96", LIST("aes-xcbc-mac"), ALG_XCBC, NUM(9, 9, 9, -1, -1), 128, 12, "AES-%u-CBC",
	    "RFC 3566"),
	MAC("aes-cmac-96", LIST("aes-cmac"), ALG_CMAC, NO_NUM, 128, 12, "AES-%u-CBC", "RFC 4494"),
	AH_GMAC("aes-128-gmac", NUM(-1, 11, 11, 9, -1), 128),
	AH_GMAC("aes-192-gmac", NUM(-1, 12, 12, 10, -1), 192),
	AH_GMAC("aes-256-gmac", NUM(-1, 13, 13, 11, -1), 256),
	{ .name = "keyed-md5", .setkey = { "keyed-md5" }, .use = ALG_AUTH, .kind = ALG_KEYED,
	  .pfkey = NUM(-1, 249, 249, -1, -1), .key_bits = { 128 }, .old = OLD_ONLY, .block = 1, .icv = 16, .evp = "MD5",
	  .clause = "RFC 1828" },
	{ .name = "null", .setkey = { "null" }, .use = ALG_AUTH, .kind = ALG_NULL,
	  .pfkey = NUM(251, 251, 251, -1, -1), .block = 1, .clause = "RFC 4835" },
};
/* clang-format on */

const unsigned algs_n = sizeof algs / sizeof algs[0];

static bool
alg_is_called(const struct alg *a, const char *name)
{
	for (unsigned i = 0; i < sizeof a->setkey / sizeof a->setkey[0]; i++)
		if (a->setkey[i] != NULL && strcmp(a->setkey[i], name) == 0)
			return true;
	return strcmp(a->name, name) == 0;
}

const struct alg *
alg_by_name(const char *name, uint8_t use)
{
	for (const struct alg *a = algs; a < algs + algs_n; a++)
		if ((a->use & use) != 0 && alg_is_called(a, name))
			return a;
	return NULL;
}

const struct alg *
alg_for_key(const struct alg *a, size_t octets)
{
	const char *shared = a->setkey[1];
	if (alg_key_fits(a, octets) || shared == NULL)
		return a;
	for (const struct alg *b = algs; b < algs + algs_n; b++)
		if (b->use == a->use && b->setkey[1] != NULL && strcmp(b->setkey[1], shared) == 0 &&
		    alg_key_fits(b, octets))
			return b;
	return a;
}

const struct alg *
alg_by_pfkey(enum pf_os os, uint8_t use, int number)
{
	if (number <= 0) /* 0 is "none", and -1 stands in rows that a system does not have */
		return NULL;
	for (const struct alg *a = algs; a < algs + algs_n; a++)
		if ((a->use & use) != 0 && a->pfkey[os] == number)
			return a;
	return NULL;
}

unsigned
alg_key_sizes(const struct alg *a, size_t *octets, unsigned max)
{
	unsigned n = 0;
	if (a->kind == ALG_NULL && max > 0)
		octets[n++] = 0;
	if (a->key_step != 0) {
		for (unsigned bits = a->key_bits[0]; bits <= a->key_bits[1] && n < max; bits += a->key_step)
			octets[n++] = bits / 8 + a->salt;
		return n;
	}
	for (const uint16_t *bits = a->key_bits; *bits != 0 && n < max; bits++)
		octets[n++] = *bits / 8u + a->salt;
	return n;
}

bool
alg_key_fits(const struct alg *a, size_t octets)
{
	size_t sizes[64];
	unsigned n = alg_key_sizes(a, sizes, sizeof sizes / sizeof sizes[0]);
	for (unsigned i = 0; i < n; i++)
		if (sizes[i] == octets)
			return true;
	return false;
}
