/* Integrity alone against the RFCs' vectors, and against a slow twin of each algorithm. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdio.h>

#include "crypto/seal.h"
#include "crypto/test_hex.h"

#define AA10 "aaaaaaaaaaaaaaaaaaaa"
#define AA131 AA10 AA10 AA10 AA10 AA10 AA10 AA10 AA10 AA10 AA10 AA10 AA10 AA10 "aa"

static const struct {
	const char *id, *alg, *key, *data, *icv;
} rows[] = {
	{ "RFC 2202 2 case 1", "hmac-md5-96", "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
	  "9294727a3638bb1c13f48ef8" },
	{ "RFC 2202 2 case 2", "hmac-md5-96", "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
	  "750c783e6ab0b503eaa86e31" },
	{ "RFC 2202 2 case 6", "hmac-md5-96", AA10 AA10 AA10 AA10 AA10 AA10 AA10 AA10,
	  "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579"
	  "204669727374",
	  "6b1ab7fe4bd7bf8f0b62e6ce" },
	{ "RFC 2202 3 case 1", "hmac-sha1-96", "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
	  "b617318655057264e28bc0b6" },
	{ "RFC 2202 3 case 6", "hmac-sha1-96", AA10 AA10 AA10 AA10 AA10 AA10 AA10 AA10,
	  "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579"
	  "204669727374",
	  "aa4ae5e15272d00e95705637" },
	{ "RFC 4231 4.3", "hmac-sha2-256-128", "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
	  "5bdcc146bf60754e6a042426089575c7" },
	{ "RFC 4231 4.3", "hmac-sha2-384-192", "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
	  "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47" },
	{ "RFC 4231 4.3", "hmac-sha2-512-256", "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
	  "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554" },
	{ "RFC 4231 4.7", "hmac-sha2-256-128", AA131,
	  "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579"
	  "204669727374",
	  "60e431591ee0b67f0d8a26aacbf5b77f" },
	{ "RFC 4231 4.7", "hmac-sha2-512-256", AA131,
	  "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579"
	  "204669727374",
	  "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352" },
	{ "RFC 4231 4.8", "hmac-sha2-384-192", AA131,
	  "5468697320697320612074657374207573696e672061206c6172676572207468616e20626c6f636b2d73697a65206b65"
	  "7920616e642061206c6172676572207468616e20626c6f636b2d73697a6520646174612e20546865206b6579206e6565"
	  "647320746f20626520686173686564206265666f7265206265696e6720757365642062792074686520484d414320616c"
	  "676f726974686d2e",
	  "6617178e941f020d351e2f254e8fd32c602420feb0b8fb9a" },
	{ "RFC 4868 2.7.2 AUTH256-4", "hmac-sha2-256-128",
	  "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20",
	  "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
	  "cdcd",
	  "372efcf9b40b35c2115b1346903d2ef4" },
	{ "RFC 4868 2.7.2 AUTH384-2", "hmac-sha2-384-192",
	  "4a6566654a6566654a6566654a6566654a6566654a6566654a6566654a6566654a6566654a6566654a6566654a656665",
	  "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
	  "2c7353974f1842fd66d53c452ca42122b28c0b594cfb184d" },
	{ "RFC 4868 2.7.2 AUTH512-1", "hmac-sha2-512-256",
	  "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"
	  "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
	  "4869205468657265", "637edc6e01dce7e6742a99451aae82df23da3e92439e590e43e761b33e910fb8" },
	{ "RFC 4868 2.7.2 AUTH256-4 cut to 96 bits", "hmac-sha2-256-96",
	  "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20",
	  "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
	  "cdcd",
	  "372efcf9b40b35c2115b1346" },
	{ "RFC 3566 4.6 case 1", "aes-xcbc-mac-96", "000102030405060708090a0b0c0d0e0f", "",
	  "75f0251d528ac01c4573dfd5" },
	{ "RFC 3566 4.6 case 2", "aes-xcbc-mac-96", "000102030405060708090a0b0c0d0e0f", "000102",
	  "5b376580ae2f19afe7219cee" },
	{ "RFC 3566 4.6 case 3", "aes-xcbc-mac-96", "000102030405060708090a0b0c0d0e0f",
	  "000102030405060708090a0b0c0d0e0f", "d2a246fa349b68a79998a439" },
	{ "RFC 3566 4.6 case 4", "aes-xcbc-mac-96", "000102030405060708090a0b0c0d0e0f",
	  "000102030405060708090a0b0c0d0e0f10111213", "47f51b4564966215b8985c63" },
	{ "RFC 3566 4.6 case 5", "aes-xcbc-mac-96", "000102030405060708090a0b0c0d0e0f",
	  "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", "f54f0ec8d2b9f3d36807734b" },
	{ "RFC 3566 4.6 case 6", "aes-xcbc-mac-96", "000102030405060708090a0b0c0d0e0f",
	  "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f2021", "becbb3bccdb518a30677d548" },
	{ "RFC 4494 5 case 1", "aes-cmac-96", "2b7e151628aed2a6abf7158809cf4f3c", "", "bb1d6929e95937287fa37d12" },
	{ "RFC 4494 5 case 2", "aes-cmac-96", "2b7e151628aed2a6abf7158809cf4f3c", "6bc1bee22e409f96e93d7e117393172a",
	  "070a16b46b4d4144f79bdd9d" },
	{ "RFC 4494 5 case 3", "aes-cmac-96", "2b7e151628aed2a6abf7158809cf4f3c",
	  "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411",
	  "dfa66747de9ae63030ca3261" },
	{ "RFC 4494 5 case 4", "aes-cmac-96", "2b7e151628aed2a6abf7158809cf4f3c",
	  "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52ef"
	  "f69f2445df4f9b17ad2b417be66c3710",
	  "51f0bebf7e3b9d92fc497417" },
};

/* Octets that differ from one another and from run to run. */
static struct bytes
some_octets(uint8_t *room, size_t n, unsigned seed)
{
	struct wr w = wr_of(room, n);
	for (uint32_t x = seed * 2654435761u + 1; wr_left(&w) > 0; x = x * 1664525u + 1013904223u)
		wr_uint(&w, x >> 24, 1);
	return wr_done(&w);
}

static struct seal *
keyed(const struct alg *a, struct bytes key)
{
	struct err e = { 0 };
	struct seal *s = seal_new(NULL, BYTES_NONE, a, key, &e);
	cr_assert(s != NULL, "%s: %s", a->name, e.text);
	return s;
}

Test(mac, agrees_with_published_vectors)
{
	for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint8_t key_room[160], data_room[256], want_room[32], icv[64];
		struct bytes key = hex_octets(rows[i].key, key_room, sizeof key_room);
		struct bytes data = hex_octets(rows[i].data, data_room, sizeof data_room);
		struct bytes want = hex_octets(rows[i].icv, want_room, sizeof want_room);
		struct seal *s = keyed(alg_by_name(rows[i].alg, ALG_AUTH), key);
		cr_expect(seal_icv_len(s) == want.n, "%s: length", rows[i].id);
		cr_expect(seal_mac(s, &data, 1, BYTES_NONE, icv), "%s", rows[i].id);
		cr_expect(bytes_equal((struct bytes){ icv, want.n }, want), "%s: ICV", rows[i].id);
		cr_expect(seal_mac_check(s, &data, 1, BYTES_NONE, want) == SEAL_OK, "%s: check", rows[i].id);
		seal_free(s);
	}
}

/* The slow twins: libcrypto's own MACs where it has them, new contexts every time. */

static void
twin_evp(const char *mac, const char *param, const char *value, struct bytes key, struct bytes iv, struct bytes data,
	 uint8_t out[64])
{
	EVP_MAC *m = EVP_MAC_fetch(NULL, mac, NULL);
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(m);
	uint8_t iv_copy[16];
	memcpy(iv_copy, iv.p == NULL ? iv_copy : iv.p, iv.n);
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(param, (char *)(uintptr_t)value, 0),
		iv.n > 0 ? OSSL_PARAM_construct_octet_string("iv", iv_copy, iv.n) : OSSL_PARAM_construct_end(),
		OSSL_PARAM_construct_end(),
	};
	size_t done;
	cr_assert(EVP_MAC_init(ctx, key.p, key.n, params) == 1, "%s", mac);
	cr_assert(EVP_MAC_update(ctx, data.p, data.n) == 1, "%s", mac);
	cr_assert(EVP_MAC_final(ctx, out, &done, 64) == 1, "%s", mac);
	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(m);
}

static void
aes_block(const uint8_t key[16], const uint8_t in[16], uint8_t out[16])
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int done;
	cr_assert(EVP_EncryptInit_ex2(ctx, EVP_aes_128_ecb(), key, NULL, NULL) == 1);
	cr_assert(EVP_EncryptUpdate(ctx, out, &done, in, 16) == 1);
	EVP_CIPHER_CTX_free(ctx);
}

/* RFC 3566 4 to the letter, one block at a time. */
static void
twin_xcbc(struct bytes key, struct bytes data, uint8_t out[64])
{
	uint8_t k[3][16], e[16] = { 0 };
	for (unsigned i = 0; i < 3; i++) {
		uint8_t in[16];
		memset(in, (int)i + 1, sizeof in);
		aes_block(key.p, in, k[i]);
	}
	struct rd r = rd_of(data);
	while (rd_left(&r) > 16) {
		struct bytes m = rd_take(&r, 16);
		struct rd octets = rd_of(m);
		for (unsigned i = 0; i < 16; i++)
			e[i] ^= (uint8_t)rd_uint(&octets, 1);
		aes_block(k[0], e, e);
	}
	size_t left = rd_left(&r);
	for (unsigned i = 0; i < 16; i++) {
		uint8_t m = i < left ? (uint8_t)rd_uint(&r, 1) : i == left ? 0x80 : 0;
		e[i] ^= m ^ k[left == 16 ? 1 : 2][i];
	}
	aes_block(k[0], e, out);
}

/* RFC 1828 2, in one piece; the key has 16 octets, so that its fill ends with their length in bits, 128. */
static void
twin_keyed(struct bytes key, struct bytes data, uint8_t out[64])
{
	uint8_t room[1024];
	unsigned done;
	struct wr w = wr_of(room, sizeof room);
	wr_bytes(&w, key);
	wr_uint(&w, 0x80, 1);
	wr_fill(&w, 0, 39);
	wr_uint(&w, 0x8000000000000000, 8);
	wr_bytes(&w, data);
	wr_bytes(&w, key);
	cr_assert(EVP_Digest(room, w.n, out, &done, EVP_md5(), NULL) == 1);
	cr_assert(not(w.full));
}

static void
twin(const struct alg *a, struct bytes key, struct bytes iv, struct bytes data, uint8_t out[64])
{
	uint8_t nonce[12];
	struct wr w = wr_of(nonce, sizeof nonce);
	char cipher[32];
	if (a->kind == ALG_HMAC) {
		twin_evp("HMAC", "digest", a->evp, key, BYTES_NONE, data, out);
	} else if (a->kind == ALG_CMAC) {
		twin_evp("CMAC", "cipher", "AES-128-CBC", key, BYTES_NONE, data, out);
	} else if (a->kind == ALG_XCBC) {
		twin_xcbc(key, data, out);
	} else if (a->kind == ALG_KEYED) {
		twin_keyed(key, data, out);
	} else {
		struct bytes aes = bytes_slice(key, 0, key.n - 4);
		snprintf(cipher, sizeof cipher, a->evp, (unsigned)aes.n * 8);
		wr_bytes(&w, bytes_slice(key, aes.n, 4));
		wr_bytes(&w, iv);
		twin_evp("GMAC", "cipher", cipher, aes, wr_done(&w), data, out);
	}
}

Test(mac, agrees_with_its_slow_twin_at_every_length)
{
	uint8_t key_room[64], iv_room[8], data_room[700], icv[64], want[64];
	for (const struct alg *a = algs; a < algs + algs_n; a++) {
		size_t key_n;
		if (a->use != ALG_AUTH || a->kind == ALG_NULL)
			continue;
		alg_key_sizes(a, &key_n, 1);
		struct bytes key = some_octets(key_room, key_n, 1);
		struct seal *s = keyed(a, key);
		for (size_t n = 0; n < sizeof data_room; n += n < 70 ? 1 : 37) {
			struct bytes data = some_octets(data_room, n, (unsigned)n);
			struct bytes iv = some_octets(iv_room, a->iv, (unsigned)n + 7);
			twin(a, key, iv, data, want);
			cr_expect(seal_mac(s, &data, 1, iv, icv), "%s", a->name);
			cr_expect(memcmp(icv, want, a->icv) == 0, "%s: %zu octets", a->name, n);
		}
		seal_free(s);
	}
}

/* Longer than the block is hashed first: 64 octets for MD5 to SHA-256, 128 for the others. */
Test(mac, hmac_takes_keys_of_1_to_512_octets)
{
	uint8_t key_room[513], data_room[50], icv[64], want[64];
	struct bytes data = some_octets(data_room, sizeof data_room, 3);
	for (const struct alg *a = algs; a < algs + algs_n; a++) {
		if (a->kind != ALG_HMAC)
			continue;
		for (size_t n = 1; n <= 512; n++) {
			struct bytes key = some_octets(key_room, n, (unsigned)n);
			struct seal *s = keyed(a, key);
			twin(a, key, BYTES_NONE, data, want);
			cr_expect(seal_mac(s, &data, 1, BYTES_NONE, icv), "%s", a->name);
			cr_expect(memcmp(icv, want, a->icv) == 0, "%s: key of %zu", a->name, n);
			seal_free(s);
		}
		struct err e = { 0 };
		cr_expect(seal_new(NULL, BYTES_NONE, a, BYTES_NONE, &e) == NULL && e.code == ERR_RANGE, "%s", a->name);
		cr_expect(seal_new(NULL, BYTES_NONE, a, BYTES_OF(key_room), &e) == NULL, "%s: 513", a->name);
	}
}

Test(mac, runs_are_summed_as_one_wherever_they_are_cut)
{
	enum { N = 53 };
	uint8_t key_room[64], data_room[N], iv_room[8], whole[64], icv[64];
	struct bytes data = some_octets(data_room, N, 5);
	for (const struct alg *a = algs; a < algs + algs_n; a++) {
		size_t key_n;
		if (a->use != ALG_AUTH || a->kind == ALG_NULL)
			continue;
		alg_key_sizes(a, &key_n, 1);
		struct seal *s = keyed(a, some_octets(key_room, key_n, 2));
		struct bytes iv = some_octets(iv_room, a->iv, 9);
		cr_expect(seal_mac(s, &data, 1, iv, whole));
		for (size_t i = 0; i <= N; i++)
			for (size_t j = i; j <= N; j++) {
				struct bytes runs[] = { bytes_slice(data, 0, i), bytes_slice(data, i, j - i),
							bytes_slice(data, j, N - j) };
				cr_expect(seal_mac(s, runs, 3, iv, icv) && memcmp(icv, whole, a->icv) == 0,
					  "%s: cut at %zu and %zu", a->name, i, j);
			}
		seal_free(s);
	}
}

Test(mac, one_bit_of_data_or_iv_or_icv_is_noticed)
{
	uint8_t key_room[64], room[40 + 8 + 64];
	for (const struct alg *a = algs; a < algs + algs_n; a++) {
		size_t key_n, n = 40u + a->iv + a->icv;
		if (a->use != ALG_AUTH || a->kind == ALG_NULL)
			continue;
		alg_key_sizes(a, &key_n, 1);
		struct seal *s = keyed(a, some_octets(key_room, key_n, 4));
		struct bytes all = some_octets(room, n, 6), data = bytes_slice(all, 0, 40);
		struct bytes iv = bytes_slice(all, 40, a->iv), icv = bytes_slice(all, 40u + a->iv, a->icv);
		cr_expect(seal_mac(s, &data, 1, iv, room + 40 + a->iv), "%s", a->name);
		for (size_t bit = 0; bit < n * 8; bit++) {
			room[bit / 8] ^= (uint8_t)(1u << bit % 8);
			cr_expect(seal_mac_check(s, &data, 1, iv, icv) == SEAL_BAD_ICV, "%s: bit %zu", a->name, bit);
			room[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
		cr_expect(seal_mac_check(s, &data, 1, iv, icv) == SEAL_OK, "%s: untouched", a->name);
		cr_expect(seal_mac_check(s, &data, 1, iv, bytes_slice(icv, 0, icv.n - 1u)) == SEAL_BAD_LENGTH, "%s",
			  a->name);
		seal_free(s);
	}
}
