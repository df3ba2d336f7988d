/*
 * Whole ESP packets of combined modes against published ones. RFC 4106, 4309 and 4543 carry no
 * vectors: GCM has the draft beside it, CCM and GMAC are held against a slow twin in seal_test.c
 * and against packets of others in vectors/.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "crypto/seal.h"
#include "crypto/test_hex.h"

/* key is followed by the salt; packet is SPI, sequence number, IV, ciphertext, ICV */
static const struct {
	const char *id, *alg, *key;
	bool esn;
	uint32_t seq_hi;
	const char *plain, *packet;
} rows[] = {
	{ "draft-mcgrew-gcm-test case 1, ESN", "aes-gcm-16", "4c80cdefbb5d10da906ac73c3613a6342e443b68", true,
	  0x87654321,
	  "45000048699a000080114db7c0a80102c0a801010a9bf15638d301000001000000000000045f736970045f7564700373"
	  "69700963796265726369747902646b000021000101020201",
	  "00004321000000004956ed7e3b244cfefecf537e729d5b07dc30df528dd22b768d1b98736696a6fd348509fa13ceac34"
	  "cfa2436f14a3f3cf65925bf1f4a13c5d15b21e1884f5ff6247aeabb786b93bce61bc17d768fd9732459018148f6cbe72"
	  "2fd04796562dfdb4" },
	{ "draft-mcgrew-gcm-test case 2", "aes-gcm-16", "feffe9928665731c6d6a8f9467308308cafebabe", false, 0,
	  "4500003e698f000080114dccc0a80102c0a801010a980035002a2343b2d0010000010000000000000373697009637962"
	  "65726369747902646b00000100010001",
	  "0000a5f80000000afacedbaddecaf888deb22cd9b07c72c16e3a65beeb8df304a5a5897d33ae530f1ba76d5d114d2a5c"
	  "3de81827c10e9a4f51330d0eec416642cfbb85a5b47e48a4ec3b9ba95d918bd183b70d3aa8bc6ee4c309e9d85a41ad4a" },
	{ "draft-mcgrew-gcm-test case 3", "aes-gcm-16",
	  "abbccddef00112233445566778899aababbccddef00112233445566778899aab11223344", false, 0,
	  "4500003069a6400080062690c0a801029389155e0a9e008b2dc57ee0000000007002400020bf0000020405b401010402"
	  "01020201",
	  "4a2cbfe3000000020102030405060708ff425c9b724599df7a3bcd510194e00d6a78107f1b0b1cbf06efae9d65a5d763"
	  "748a637985771d347f0545659f14e99def842d8eb335f4eecfdbf831824b4c4915956c96" },
	{ "draft-mcgrew-gcm-test case 9, ESN", "aes-gcm-16",
	  "abbccddef00112233445566778899aababbccddef00112233445566778899aab73616c74", true, 0x156f3126,
	  "45080028732c00004006e9f90a0106120a01038f06b88023dd6bafbecb71260250101f646d540001",
	  "17405e67dd0db99b616e640169766563f2d69ecdbd5a0d5b8d5ef38bad4da58d1f278fde98ef67549d524a3018d9a57f"
	  "f4d3a31ce673119e451626c2415771e3b7eebca614c89b35" },
	{ "draft-mcgrew-gcm-test case 12", "aes-gcm-16", "7d773d00c144c525ac619d18c84a3f47d9664267", false, 0,
	  "01020201", "335467aeffffffff43457e9182443bc6437f866bcb3f699fe9b0822bac961c4504bef270" },
	{ "draft-mcgrew-gcm-test case 14, ESN", "aes-gcm-16",
	  "6c6567616c697a656d6172696a75616e61616e64646f69746265666f726569617475726e", true, 0xffffffff,
	  "45000030da3a00008001df3bc0a80005c0a800010800c6cd020007006162636465666768696a6b6c6d6e6f7071727374"
	  "01020201",
	  "796b6963ffffffff333021696765746df97ab2aa356d8edce17644ac8c78e25dd24dedbb29ebf1b64a274b39b49c3a86"
	  "4cd3d78ca4ae68a32b42458fb57dbe821dcc63b9d0937ba2945f669368661a329fb4c053" },
	{ "RFC 7634 A", "chacha20-poly1305", "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3",
	  false, 0,
	  "45000054a6f200004001e778c6336405c000020508005b7a3a080000553bec100007362708090a0b0c0d0e0f10111213"
	  "1415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363701020204",
	  "0102030400000005101112131415161724039428b97f417e3c13753a4f05087b67c352e6a7fab1b982d466ef407ae5c6"
	  "14ee8099d52844eb61aa95dfab4c02f72aa71e7c4c4f64c9befe2facc638e8f3cbec163fac469b502773f6fb94e664da"
	  "9165b82829f641e076aaa8266b7fb0f7b11b369907e1ad43" },
};

Test(aead, agrees_with_published_packets)
{
	for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint8_t key_room[64], plain_room[256], want_room[256], packet[256];
		struct bytes key = hex_octets(rows[i].key, key_room, sizeof key_room);
		struct bytes plain = hex_octets(rows[i].plain, plain_room, sizeof plain_room);
		struct bytes want = hex_octets(rows[i].packet, want_room, sizeof want_room);
		const struct alg *a = alg_by_name(rows[i].alg, ALG_ENC);
		struct err e = { 0 };
		struct seal *s = seal_new(a, key, NULL, BYTES_NONE, &e);
		cr_assert(s != NULL, "%s: %s", rows[i].id, e.text);
		cr_assert(want.n == 16 + plain.n + a->icv, "%s: row", rows[i].id);

		struct wr w = wr_of(packet, sizeof packet);
		wr_bytes(&w, bytes_slice(want, 0, 16));
		wr_bytes(&w, plain);
		wr_fill(&w, 0, a->icv);
		struct seal_esp p = {
			.head = packet,
			.iv = packet + 8,
			.body = packet + 16,
			.body_n = plain.n,
			.icv = packet + 16 + plain.n,
			.esn = rows[i].esn,
			.seq_hi = rows[i].seq_hi,
		};
		cr_expect(seal_esp_encrypt(s, &p), "%s", rows[i].id);
		cr_expect(bytes_equal(wr_done(&w), want), "%s: packet", rows[i].id);
		cr_expect(seal_esp_decrypt(s, &p) == SEAL_OK, "%s", rows[i].id);
		cr_expect(bytes_equal(bytes_slice(wr_done(&w), 16, plain.n), plain), "%s: plaintext", rows[i].id);
		seal_free(s);
	}
}

/*
 * RFC 8750 has no vectors. It changes nothing but where the IV comes from (section 4), so that a packet of the explicit form whose IV is
 * its number, and one of the implicit form, have the same ciphertext and ICV.
 */
Test(aead, an_implicit_iv_is_the_sequence_number)
{
	static const struct {
		const char *implicit, *explicit;
		size_t key_n;
	} pairs[] = {
		{ "aes-ccm-8-iiv", "aes-ccm-8", 19 },
		{ "aes-gcm-16-iiv", "aes-gcm-16", 36 },
		{ "chacha20-poly1305-iiv", "chacha20-poly1305", 36 },
	};
	static const uint8_t key[36] = { 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, [35] = 144 };
	static const uint8_t heads[][8] = { { 0, 0, 0x10, 1, 0, 0, 0, 1 }, { 0, 0, 0x10, 1, 0xfe, 0xdc, 0xba, 0x98 } };
	for (unsigned i = 0; i < 3 * 2 * 2; i++) {
		const struct alg *a = alg_by_name(pairs[i % 3].implicit, ALG_ENC);
		const struct alg *b = alg_by_name(pairs[i % 3].explicit, ALG_ENC);
		bool esn = i / 3 % 2;
		struct seal *s = seal_new(a, (struct bytes){ key, pairs[i % 3].key_n }, NULL, BYTES_NONE, NULL);
		struct seal *t = seal_new(b, (struct bytes){ key, pairs[i % 3].key_n }, NULL, BYTES_NONE, NULL);
		uint8_t one[8 + 32 + 16], two[8 + 8 + 32 + 16];
		struct wr w = wr_of(one, sizeof one), v = wr_of(two, sizeof two);
		struct bytes head = BYTES_OF(heads[i / 6]);
		wr_bytes(&w, head);
		wr_fill(&w, 0x42, 48);
		wr_bytes(&v, head);
		wr_uint(&v, esn ? 0xabcdef01 : 0, 4);
		wr_bytes(&v, bytes_slice(head, 4, 4));
		wr_fill(&v, 0x42, 48);
		struct seal_esp p = { one, one + 8, one + 8, 32, one + 40, esn, 0xabcdef01, false, NULL };
		struct seal_esp q = { two, two + 8, two + 16, 32, two + 48, esn, 0xabcdef01, false, NULL };
		cr_assert(seal_esp_encrypt(s, &p), "%s", a->name);
		cr_assert(seal_esp_encrypt(t, &q), "%s", b->name);
		cr_assert(eq(int, memcmp(one + 8, two + 16, 32 + a->icv), 0), "%s, row %u", a->name, i);
		cr_assert(eq(int, seal_esp_decrypt(s, &p), SEAL_OK), "%s", a->name);
		cr_assert(eq(int, one[8], 0x42), "%s", a->name);
		seal_free(s);
		seal_free(t);
	}
}
