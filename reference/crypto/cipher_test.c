/*
 * Ciphers without integrity against the texts that define them; a few of each, the full sets are in
 * vectors/.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>

#include "crypto/seal.h"
#include "crypto/test_hex.h"

#define ZERO8 "0000000000000000"

/* key as PF_KEY carries it, salt last */
static const struct {
	const char *id, *alg, *key, *iv, *plain, *cipher;
} rows[] = {
	{ "RFC 3602 4 case 1", "aes-cbc", "06a9214036b8a15b512e03d534120006", "3dafba429d9eb430b422da802c9fac41",
	  "53696e676c6520626c6f636b206d7367", "e353779c1079aeb82708942dbe77181a" },
	{ "RFC 3602 4 case 2", "aes-cbc", "c286696d887c9aa0611bbb3e2025a45a", "562e17996d093d28ddb3ba695a2e6f58",
	  "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
	  "d296cd94c2cccf8a3a863028b5e1dc0a7586602d253cfff91b8266bea6d61ab1" },
	{ "RFC 3602 4 case 6", "aes-cbc", "90d382b410eeba7ad938c46cec1a82bf", "69d08df7d203329db093fc4924e5bd80",
	  "0800b5e8a80a0500a69c083d0b660e0077777777777777777777777701020201",
	  "f51995881ec4e0c4488987ce742e8109689bb379d2d750c0d915dca346a89f75" },
	{ "RFC 3686 6 vector 1", "aes-ctr", "ae6852f8121067cc4bf7a5765577f39e00000030", ZERO8,
	  "53696e676c6520626c6f636b206d7367", "e4095d4fb7a7b3792d6175a3261311b8" },
	{ "RFC 3686 6 vector 2", "aes-ctr", "7e24067817fae0d743d6ce1f32539163006cb6db", "c0543b59da48d90b",
	  "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
	  "5104a106168a72d9790d41ee8edad388eb2e1efc46da57c8fce630df9141be28" },
	{ "RFC 3686 6 vector 4", "aes-ctr", "16af5b145fc9f579c175f93e3bfb0eed863d06ccfdb7851500000048",
	  "36733c147d6d93cb", "53696e676c6520626c6f636b206d7367", "4b55384fe259c9c84e7935a003cbe928" },
	{ "RFC 3686 6 vector 9", "aes-ctr", "ff7a617ce69148e4f1726e2f43581de2aa62d9f805532edff1eed687fb54153d001cc5b7",
	  "51a51d70a1c11148", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223",
	  "eb6c52821d0bbbf7ce7594462aca4faab407df866569fd07f48cc0b583d6071f1ec0e6b8" },
	/* one block of CBC from a zero IV is the block cipher itself */
	{ "RFC 2144 B.1, 128 bits", "cast128-cbc", "0123456712345678234567893456789a", ZERO8, "0123456789abcdef",
	  "238b4fe5847e44b2" },
	{ "RFC 2144 B.1, 80 bits: 12 rounds", "cast128-cbc", "01234567123456782345", ZERO8, "0123456789abcdef",
	  "eb6a711a2c02271b" },
	{ "RFC 2144 B.1, 40 bits", "cast128-cbc", "0123456712", ZERO8, "0123456789abcdef", "7ac816d16e9b302e" },
	{ "RFC 3713 A, 128 bits", "camellia-cbc", "0123456789abcdeffedcba9876543210", ZERO8 ZERO8,
	  "0123456789abcdeffedcba9876543210", "67673138549669730857065648eabe43" },
	{ "RFC 3713 A, 192 bits", "camellia-cbc", "0123456789abcdeffedcba98765432100011223344556677", ZERO8 ZERO8,
	  "0123456789abcdeffedcba9876543210", "b4993401b3e996f84ee5cee7d79b09b9" },
	{ "RFC 3713 A, 256 bits", "camellia-cbc", "0123456789abcdeffedcba987654321000112233445566778899aabbccddeeff",
	  ZERO8 ZERO8, "0123456789abcdeffedcba9876543210", "9acc237dff16d76c20ef7c919e3a7509" },
	{ "FIPS 81 C, Now is the time for all", "des-cbc", "0123456789abcdef", "1234567890abcdef",
	  "4e6f77206973207468652074696d6520666f7220616c6c20", "e5c7cdde872bf27c43e934008c389c0f683788499a7c05f6" },
	{ "the same, since three equal keys are one (RFC 2451 2.6)", "3des-cbc",
	  "0123456789abcdef0123456789abcdef0123456789abcdef", "1234567890abcdef",
	  "4e6f77206973207468652074696d6520666f7220616c6c20", "e5c7cdde872bf27c43e934008c389c0f683788499a7c05f6" },
	{ "Blowfish, 128 bits of Schneier's variable key set", "blowfish-cbc", "f0e1d2c3b4a5968778695a4b3c2d1e0f",
	  ZERO8, "fedcba9876543210", "93142887ee3be15c" },
	{ "Blowfish, 40 bits of the same", "blowfish-cbc", "f0e1d2c3b4", ZERO8, "fedcba9876543210",
	  "b39e44481bdb1e6e" },
	{ "RFC 2410 2.5", "null", "", "", "0123456789abcdef", "0123456789abcdef" },
};

Test(cipher, agrees_with_published_vectors)
{
	for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint8_t key_room[64], iv_room[16], plain_room[64], cipher_room[64], packet[128] = { 0 };
		struct bytes key = hex_octets(rows[i].key, key_room, sizeof key_room);
		struct bytes iv = hex_octets(rows[i].iv, iv_room, sizeof iv_room);
		struct bytes plain = hex_octets(rows[i].plain, plain_room, sizeof plain_room);
		struct bytes want = hex_octets(rows[i].cipher, cipher_room, sizeof cipher_room);
		const struct alg *a = alg_by_name(rows[i].alg, ALG_ENC);
		struct err e = { 0 };
		struct seal *s = seal_new(a, key, NULL, BYTES_NONE, &e);
		cr_assert(s != NULL, "%s: %s", rows[i].id, e.text);

		struct wr w = wr_of(packet, sizeof packet);
		wr_fill(&w, 0, 8);
		wr_bytes(&w, iv);
		struct seal_esp p = { .head = packet, .iv = packet + 8, .body = packet + 8 + iv.n, .body_n = plain.n };
		wr_bytes(&w, plain);
		struct bytes body = bytes_slice(wr_done(&w), 8 + iv.n, plain.n);
		cr_expect(seal_esp_encrypt(s, &p), "%s", rows[i].id);
		cr_expect(bytes_equal(body, want), "%s: ciphertext", rows[i].id);
		cr_expect(seal_esp_decrypt(s, &p) == SEAL_OK, "%s", rows[i].id);
		cr_expect(bytes_equal(body, plain), "%s: plaintext", rows[i].id);
		seal_free(s);
	}
}

/* Each Criterion test is a process of its own, so what it does to the environment stays in it. */
Test(cipher, without_the_legacy_provider_only_its_rows_are_lost)
{
	static const uint8_t key[56] = { 1, 2, 3 };
	static const struct {
		const char *alg;
		size_t key;
		bool legacy;
	} lost[] = {
		{ "des-cbc", 8, true },    { "blowfish-cbc", 16, true }, { "cast128-cbc", 16, true },
		{ "3des-cbc", 24, false }, { "aes-cbc", 16, false },     { "camellia-cbc", 16, false },
	};
	setenv("OPENSSL_MODULES", "/nowhere", 1);
	for (unsigned i = 0; i < sizeof lost / sizeof lost[0]; i++) {
		struct err e = { 0 };
		struct seal *s = seal_new(alg_by_name(lost[i].alg, ALG_ENC), bytes_slice(BYTES_OF(key), 0, lost[i].key),
					  NULL, BYTES_NONE, &e);
		if (lost[i].legacy) {
			cr_expect(s == NULL && e.code == ERR_CRYPTO, "%s", lost[i].alg);
			cr_expect(strstr(e.text, "legacy provider") != NULL, "%s: %s", lost[i].alg, e.text);
		} else {
			cr_expect(s != NULL, "%s: %s", lost[i].alg, e.text);
		}
		seal_free(s);
	}
}
