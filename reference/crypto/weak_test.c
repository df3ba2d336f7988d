#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "crypto/seal.h"
#include "crypto/test_hex.h"

#define GOOD "0123456789abcdef"
#define OTHER "23456789abcdef01"

static const struct {
	const char *id, *alg, *key;
	bool weak;
} keys[] = {
	{ "ordinary DES key", "des-cbc", GOOD, false },
	{ "weak", "des-cbc", "0101010101010101", true },
	{ "weak without its parity", "des-cbc", "0000000000000000", true },
	{ "weak, high", "des-cbc", "fefefefefefefefe", true },
	{ "weak, mixed", "des-cbc", "1f1f1f1f0e0e0e0e", true },
	{ "semi-weak", "des-cbc", "01fe01fe01fe01fe", true },
	{ "semi-weak without its parity", "des-cbc", "1ee11ee10ef00ef0", true },
	{ "one bit from weak", "des-cbc", "0101010101010103", false },
	{ "three DES keys", "3des-cbc", GOOD OTHER "456789abcdef0123", false },
	{ "K1 = K2", "3des-cbc", GOOD GOOD OTHER, true },
	{ "K2 = K3", "3des-cbc", OTHER GOOD GOOD, true },
	{ "K2 = K3 but for parity", "3des-cbc", OTHER GOOD "0022446688aaccee", true },
	{ "all the same", "3des-cbc", GOOD GOOD GOOD, true },
	{ "K1 = K3 is two-key 3DES", "3des-cbc", GOOD OTHER GOOD, false },
	{ "weak DES keys inside", "3des-cbc", "0101010101010101fefefefefefefefe" GOOD, false },
	{ "zeroes for AES", "aes-cbc", "00000000000000000000000000000000", false },
};

Test(weak, keys_that_must_not_be_used_are_told_apart)
{
	for (unsigned i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		uint8_t room[24];
		struct bytes key = hex_octets(keys[i].key, room, sizeof room);
		const struct alg *a = alg_by_name(keys[i].alg, ALG_ENC);
		cr_expect(alg_key_fits(a, key.n), "%s: length", keys[i].id);
		cr_expect(alg_key_weak(a, key) == keys[i].weak, "%s", keys[i].id);
	}
}

/*
 * A weak DES key is its own inverse, a semi-weak one has a partner: the list is checked by what it
 * says.
 */
Test(weak, a_weak_des_key_encrypts_back)
{
	static const char *const pairs[][2] = {
		{ "0101010101010101", "0101010101010101" }, { "fefefefefefefefe", "fefefefefefefefe" },
		{ "1f1f1f1f0e0e0e0e", "1f1f1f1f0e0e0e0e" }, { "e0e0e0e0f1f1f1f1", "e0e0e0e0f1f1f1f1" },
		{ "01fe01fe01fe01fe", "fe01fe01fe01fe01" }, { "1fe01fe00ef10ef1", "e01fe01ff10ef10e" },
		{ "01e001e001f101f1", "e001e001f101f101" }, { "1ffe1ffe0efe0efe", "fe1ffe1ffe0efe0e" },
		{ "011f011f010e010e", "1f011f010e010e01" }, { "e0fee0fef1fef1fe", "fee0fee0fef1fef1" },
	};
	const struct alg *des = alg_by_name("des-cbc", ALG_ENC);
	for (unsigned i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
		uint8_t packet[24] = { [16] = 'p', 'l', 'a', 'i', 'n' }, before[24];
		memcpy(before, packet, sizeof before);
		for (unsigned half = 0; half < 2; half++) {
			uint8_t room[8];
			struct err e = { 0 };
			struct bytes key = hex_octets(pairs[i][half], room, sizeof room);
			cr_expect(alg_key_weak(des, key), "%s", pairs[i][half]);
			struct seal *s = seal_new(des, key, NULL, BYTES_NONE, &e);
			cr_assert(s != NULL, "%s", e.text);
			struct seal_esp p = { .head = packet, .iv = packet + 8, .body = packet + 16, .body_n = 8 };
			cr_expect(seal_esp_encrypt(s, &p));
			seal_free(s);
		}
		cr_expect(memcmp(packet, before, sizeof packet) == 0, "%s: partner undoes it", pairs[i][0]);
	}
}
