/*
 * What must hold for every pair of algorithms that can stand in one ESP SA: the ranges of RFC 4303
 * against a slow twin, round trips, refusal of anything changed, and independence of one packet
 * from the next.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <openssl/evp.h>
#include <stdio.h>

#include "crypto/seal.h"

enum { BODY_MAX = 160, PACKET_MAX = 8 + 16 + BODY_MAX + 64 };

/* One pair with its keys, and one packet of it. */
struct pair {
	const struct alg *enc, *auth; /* auth may be NULL */
	uint8_t enc_key[64], auth_key[64];
	size_t enc_key_n, auth_key_n;
	char id[64];
};

struct packet {
	uint8_t octets[PACKET_MAX];
	struct seal_esp esp;
	size_t n;
};

static uint32_t noise = 1;

static void
fill(uint8_t *p, size_t n)
{
	struct wr w = wr_of(p, n);
	while (wr_left(&w) > 0) {
		noise = noise * 1664525u + 1013904223u;
		wr_uint(&w, noise >> 24, 1);
	}
}

static struct seal *
pair_seal(const struct pair *p)
{
	struct err e = { 0 };
	struct seal *s = seal_new(p->enc, (struct bytes){ p->enc_key, p->enc_key_n }, p->auth,
				  (struct bytes){ p->auth_key, p->auth_key_n }, &e);
	cr_assert(s != NULL, "%s: %s", p->id, e.text);
	return s;
}

static void
packet_make(struct packet *k, const struct pair *p, const struct seal *s, size_t body, bool esn)
{
	k->n = 8u + p->enc->iv + body + seal_icv_len(s);
	fill(k->octets, sizeof k->octets);
	k->esp = (struct seal_esp){
		.head = k->octets,
		.iv = k->octets + 8,
		.body = k->octets + 8 + p->enc->iv,
		.body_n = body,
		.icv = k->octets + 8 + p->enc->iv + body,
		.esn = esn,
		.seq_hi = 0x01020304,
	};
}

static void
packet_copy(struct packet *to, const struct packet *from)
{
	*to = *from;
	to->esp.head = to->octets;
	to->esp.iv = to->octets + (from->esp.iv - from->octets);
	to->esp.body = to->octets + (from->esp.body - from->octets);
	to->esp.icv = to->octets + (from->esp.icv - from->octets);
}

static bool
pair_can_be(const struct alg *enc, const struct alg *auth)
{
	if (enc->use != ALG_ENC || (auth != NULL && (auth->use != ALG_AUTH || auth->kind == ALG_AH_GMAC)))
		return false;
	return !alg_is_combined(enc) || auth == NULL || auth->kind == ALG_NULL;
}

/* Every pair, every key size of the cipher up to the third. */
static void
for_each_pair(void (*claim)(const struct pair *p))
{
	for (const struct alg *enc = algs; enc < algs + algs_n; enc++)
		for (unsigned i = 0; i <= algs_n; i++) {
			const struct alg *auth = i < algs_n ? &algs[i] : NULL;
			size_t sizes[3], auth_size = 0;
			if (!pair_can_be(enc, auth))
				continue;
			if (auth != NULL)
				alg_key_sizes(auth, &auth_size, 1);
			unsigned n = alg_key_sizes(enc, sizes, 3);
			for (unsigned k = 0; k < n; k++) {
				struct pair p = { enc, auth, .enc_key_n = sizes[k], .auth_key_n = auth_size };
				fill(p.enc_key, sizeof p.enc_key);
				fill(p.auth_key, sizeof p.auth_key);
				snprintf(p.id, sizeof p.id, "%s(%zu) %s", enc->name, sizes[k],
					 auth == NULL ? "-" : auth->name);
				claim(&p);
			}
		}
}

/* --- round trips ---------------------------------------------------------------------------- */

static void
comes_back(const struct pair *p)
{
	struct packet k, plain;
	struct seal *s = pair_seal(p);
	for (size_t n = 0; n <= 64; n++)
		for (unsigned esn = 0; esn < 2; esn++) {
			packet_make(&k, p, s, n, esn != 0);
			packet_copy(&plain, &k);
			bool sealed = seal_esp_encrypt(s, &k.esp);
			cr_expect(sealed == (n % p->enc->block == 0), "%s: %zu octets", p->id, n);
			if (!sealed)
				continue;
			bool same = memcmp(k.esp.body, plain.esp.body, n) == 0;
			bool clear = p->enc->kind == ALG_NULL || p->enc->kind == ALG_GMAC;
			cr_expect(n < 8 || same == clear, "%s: %zu octets are %s", p->id, n, same ? "clear" : "hidden");
			cr_expect(seal_esp_decrypt(s, &k.esp) == SEAL_OK, "%s: %zu octets", p->id, n);
			cr_expect(memcmp(k.esp.body, plain.esp.body, n) == 0, "%s: %zu octets", p->id, n);
			cr_expect(memcmp(k.octets, plain.octets, 8u + p->enc->iv) == 0, "%s: head and IV", p->id);
			cr_expect(memcmp(k.octets + k.n, plain.octets + k.n, PACKET_MAX - k.n) == 0,
				  "%s: %zu octets: wrote behind the packet", p->id, n);
		}
	seal_free(s);
}

Test(seal, what_is_encrypted_comes_back)
{
	for_each_pair(comes_back);
}

static void
opens_elsewhere(const struct pair *p)
{
	struct packet k, plain, sealed;
	uint8_t room[BODY_MAX + 16];
	struct seal *s = pair_seal(p);
	for (size_t n = 0; n <= 48; n += p->enc->block) {
		packet_make(&k, p, s, n, false);
		packet_copy(&plain, &k);
		cr_assert(seal_esp_encrypt(s, &k.esp), "%s: %zu octets", p->id, n);
		packet_copy(&sealed, &k);
		memset(room, 0xa5, sizeof room);
		k.esp.plain = room;
		cr_expect(seal_esp_decrypt(s, &k.esp) == SEAL_OK, "%s: %zu octets", p->id, n);
		cr_expect(memcmp(room, plain.esp.body, n) == 0, "%s: %zu octets", p->id, n);
		cr_expect(memcmp(k.octets, sealed.octets, sizeof k.octets) == 0, "%s: wrote to the packet", p->id);
		for (size_t i = n; i < sizeof room; i++)
			cr_assert(room[i] == 0xa5, "%s: %zu octets: wrote behind the plaintext", p->id, n);
	}
	seal_free(s);
}

Test(seal, a_packet_opened_elsewhere_stays_as_it_is)
{
	for_each_pair(opens_elsewhere);
}

/* --- ranges: the same packet, put together slowly from concatenated octets -------------------- */

static struct bytes
sequence_number(const struct packet *k, uint8_t room[12], bool behind_spi)
{
	struct wr w = wr_of(room, 12);
	struct bytes head = { k->octets, 8 };
	if (behind_spi)
		wr_bytes(&w, bytes_slice(head, 0, 4));
	if (k->esp.esn)
		wr_uint(&w, k->esp.seq_hi, 4);
	if (behind_spi)
		wr_bytes(&w, bytes_slice(head, 4, 4));
	return wr_done(&w);
}

/* RFC 4303 3.3.2.1: encrypt, then sum over SPI to next header, then the high half. */
static void
twin_separate(const struct pair *p, struct packet *k)
{
	uint8_t all[PACKET_MAX + 4], high[12];
	struct err e = { 0 };
	struct seal *cipher = seal_new(p->enc, (struct bytes){ p->enc_key, p->enc_key_n }, NULL, BYTES_NONE, &e);
	cr_assert(cipher != NULL && seal_esp_encrypt(cipher, &k->esp), "%s", p->id);
	seal_free(cipher);
	if (p->auth == NULL)
		return;
	struct seal *mac = seal_new(NULL, BYTES_NONE, p->auth, (struct bytes){ p->auth_key, p->auth_key_n }, &e);
	struct wr w = wr_of(all, sizeof all);
	wr_bytes(&w, (struct bytes){ k->octets, k->n - p->auth->icv });
	wr_bytes(&w, sequence_number(k, high, false));
	struct bytes sum = wr_done(&w);
	cr_assert(mac != NULL && seal_mac(mac, &sum, 1, BYTES_NONE, k->esp.icv), "%s", p->id);
	seal_free(mac);
}

/*
 * RFC 4106 4-5, 4309 4-5, 7634 2: AAD is SPI and sequence number. RFC 4543 3.3: all of the packet,
 * and no text.
 */
static void
twin_combined(const struct pair *p, struct packet *k)
{
	uint8_t nonce_room[12], aad_room[PACKET_MAX + 4], head_room[12], none[16];
	char name[40];
	size_t key_n = p->enc_key_n - p->enc->salt;
	int done, text_n = p->enc->kind == ALG_GMAC ? 0 : (int)k->esp.body_n;
	struct wr nonce = wr_of(nonce_room, sizeof nonce_room), aad = wr_of(aad_room, sizeof aad_room);
	wr_bytes(&nonce, bytes_slice((struct bytes){ p->enc_key, p->enc_key_n }, key_n, p->enc->salt));
	if (p->enc->implicit_iv) { /* RFC 8750 4, figures 1 and 2 */
		wr_uint(&nonce, k->esp.esn ? k->esp.seq_hi : 0, 4);
		wr_bytes(&nonce, bytes_slice((struct bytes){ k->esp.head, 8 }, 4, 4));
	} else {
		wr_bytes(&nonce, (struct bytes){ k->esp.iv, 8 });
	}
	wr_bytes(&aad, sequence_number(k, head_room, true));
	if (p->enc->kind == ALG_GMAC)
		wr_bytes(&aad, (struct bytes){ k->esp.iv, 8 + k->esp.body_n });

	snprintf(name, sizeof name, p->enc->evp, (unsigned)key_n * 8);
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, name, NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	bool ccm = EVP_CIPHER_get_mode(cipher) == EVP_CIPH_CCM_MODE;
	cr_assert(EVP_EncryptInit_ex2(ctx, cipher, NULL, NULL, NULL) == 1, "%s", p->id);
	cr_assert(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, (int)nonce.n, NULL) == 1, "%s", p->id);
	if (ccm)
		cr_assert(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, p->enc->icv, NULL) == 1, "%s", p->id);
	cr_assert(EVP_EncryptInit_ex2(ctx, NULL, p->enc_key, nonce_room, NULL) == 1, "%s", p->id);
	if (ccm)
		cr_assert(EVP_EncryptUpdate(ctx, NULL, &done, NULL, text_n) == 1, "%s", p->id);
	cr_assert(EVP_EncryptUpdate(ctx, NULL, &done, aad_room, (int)aad.n) == 1, "%s", p->id);
	if (p->enc->kind != ALG_GMAC)
		cr_assert(EVP_EncryptUpdate(ctx, k->esp.body, &done, k->esp.body, text_n) == 1, "%s", p->id);
	cr_assert(EVP_EncryptFinal_ex(ctx, none, &done) == 1, "%s", p->id);
	cr_assert(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, p->enc->icv, k->esp.icv) == 1, "%s", p->id);
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(cipher);
}

static void
agrees_with_twin(const struct pair *p)
{
	struct packet k, want;
	struct seal *s = pair_seal(p);
	for (size_t n = p->enc->block; n <= BODY_MAX; n++)
		for (unsigned esn = 0; esn < 2; esn++) {
			if (n % p->enc->block != 0)
				continue;
			packet_make(&k, p, s, n, esn != 0);
			packet_copy(&want, &k);
			cr_expect(seal_esp_encrypt(s, &k.esp), "%s", p->id);
			(alg_is_combined(p->enc) ? twin_combined : twin_separate)(p, &want);
			cr_expect(memcmp(k.octets, want.octets, k.n) == 0, "%s: %zu octets, esn %u", p->id, n, esn);
		}
	seal_free(s);
}

Test(seal, covers_the_ranges_a_slow_twin_covers)
{
	for_each_pair(agrees_with_twin);
}

/* --- refusal -------------------------------------------------------------------------------- */

static void
refuses_changes(const struct pair *p)
{
	struct packet good, k;
	struct seal *s = pair_seal(p);
	if (seal_icv_len(s) == 0) {
		seal_free(s);
		return;
	}
	packet_make(&good, p, s, 32, true);
	cr_expect(seal_esp_encrypt(s, &good.esp), "%s", p->id);
	for (size_t bit = 0; bit < good.n * 8; bit++) {
		packet_copy(&k, &good);
		k.octets[bit / 8] ^= (uint8_t)(1u << bit % 8);
		cr_expect(seal_esp_decrypt(s, &k.esp) == SEAL_BAD_ICV, "%s: bit %zu of %zu", p->id, bit, good.n * 8);
	}
	for (unsigned bit = 0; bit < 32; bit++) {
		packet_copy(&k, &good);
		k.esp.seq_hi ^= 1u << bit;
		cr_expect(seal_esp_decrypt(s, &k.esp) == SEAL_BAD_ICV, "%s: bit %u of the high half", p->id, bit);
	}
	packet_copy(&k, &good);
	k.esp.esn = false;
	cr_expect(seal_esp_decrypt(s, &k.esp) == SEAL_BAD_ICV, "%s: high half left out", p->id);
	packet_copy(&k, &good);
	cr_expect(seal_esp_decrypt(s, &k.esp) == SEAL_OK, "%s: good one after all the bad ones", p->id);
	seal_free(s);
}

Test(seal, any_changed_bit_is_refused)
{
	for_each_pair(refuses_changes);
}

static void
high_half_is_out_without_esn(const struct pair *p)
{
	struct packet k;
	struct seal *s = pair_seal(p);
	packet_make(&k, p, s, 32, false);
	cr_expect(seal_esp_encrypt(s, &k.esp), "%s", p->id);
	k.esp.seq_hi++;
	cr_expect(seal_esp_decrypt(s, &k.esp) == SEAL_OK, "%s", p->id);
	seal_free(s);
}

Test(seal, high_half_takes_no_part_without_esn)
{
	for_each_pair(high_half_is_out_without_esn);
}

/* DES keys are compared by the bits that count: parity is in the lowest of each octet. */
static void
refuses_other_keys(const struct pair *p)
{
	struct packet good, k;
	struct seal *s = pair_seal(p);
	packet_make(&good, p, s, 32, false);
	cr_expect(seal_esp_encrypt(s, &good.esp), "%s", p->id);
	for (size_t i = 0; i < p->enc_key_n + p->auth_key_n; i++) {
		struct pair other = *p;
		bool of_enc = i < p->enc_key_n;
		*(of_enc ? &other.enc_key[i] : &other.auth_key[i - p->enc_key_n]) ^= 0x10;
		struct seal *t = pair_seal(&other);
		packet_copy(&k, &good);
		enum seal_result got = seal_esp_decrypt(t, &k.esp);
		if (alg_is_combined(p->enc) || !of_enc)
			cr_expect(got == SEAL_BAD_ICV, "%s: octet %zu", p->id, i);
		packet_copy(&k, &good);
		cr_expect(seal_esp_encrypt(t, &k.esp), "%s", p->id);
		cr_expect(memcmp(k.octets, good.octets, k.n) != 0, "%s: octet %zu does not matter", p->id, i);
		seal_free(t);
	}
	seal_free(s);
}

Test(seal, every_octet_of_the_keys_matters)
{
	for_each_pair(refuses_other_keys);
}

/* --- state ---------------------------------------------------------------------------------- */

/* The same packet gives the same octets whatever went before: others, broken ones, decryption. */
static void
has_no_memory(const struct pair *p)
{
	struct packet plain, first, k, other;
	struct seal *s = pair_seal(p), *fresh = pair_seal(p);
	packet_make(&plain, p, s, 48, false);
	packet_copy(&first, &plain);
	cr_expect(seal_esp_encrypt(s, &first.esp), "%s", p->id);
	for (unsigned round = 0; round < 3; round++) {
		packet_make(&other, p, s, 96, round == 1);
		cr_expect(seal_esp_encrypt(s, &other.esp), "%s", p->id);
		if (seal_icv_len(s) > 0) {
			other.esp.icv[0] ^= 1;
			cr_expect(seal_esp_decrypt(s, &other.esp) == SEAL_BAD_ICV, "%s", p->id);
		}
		packet_copy(&k, &plain);
		cr_expect(seal_esp_encrypt(s, &k.esp), "%s", p->id);
		cr_expect(memcmp(k.octets, first.octets, k.n) == 0, "%s: round %u", p->id, round);
		cr_expect(seal_esp_decrypt(round == 0 ? fresh : s, &k.esp) == SEAL_OK, "%s: round %u", p->id, round);
		cr_expect(memcmp(k.octets, plain.octets, 8u + p->enc->iv + 48u) == 0, "%s: round %u", p->id, round);
	}
	seal_free(s);
	seal_free(fresh);
}

Test(seal, one_packet_leaves_nothing_behind_for_the_next)
{
	for_each_pair(has_no_memory);
}

/* --- length --------------------------------------------------------------------------------- */

static void
length_comes_after_icv(const struct pair *p)
{
	struct packet k;
	struct seal *s = pair_seal(p);
	if (p->enc->block == 1) {
		seal_free(s);
		return;
	}
	packet_make(&k, p, s, 33, false);
	cr_expect(not(seal_esp_encrypt(s, &k.esp)), "%s: sender", p->id);
	cr_expect(seal_esp_decrypt(s, &k.esp) == (seal_icv_len(s) > 0 ? SEAL_BAD_ICV : SEAL_BAD_LENGTH), "%s", p->id);
	if (p->auth != NULL && p->auth->kind != ALG_NULL) {
		struct bytes whole = { k.octets, k.n - p->auth->icv };
		cr_expect(seal_mac(s, &whole, 1, BYTES_NONE, k.esp.icv), "%s", p->id);
		cr_expect(seal_esp_decrypt(s, &k.esp) == SEAL_BAD_LENGTH, "%s: right ICV", p->id);
	}
	seal_free(s);
}

Test(seal, a_length_off_the_block_is_told_only_behind_a_right_icv)
{
	for_each_pair(length_comes_after_icv);
}

static void
ragged_rest_stays_as_it_is(const struct pair *p)
{
	struct packet k, plain, even;
	struct seal *s = pair_seal(p);
	size_t rest = p->enc->block - 1u;
	packet_make(&k, p, s, 32 + rest, true);
	k.esp.ragged = true;
	packet_copy(&plain, &k);
	packet_copy(&even, &k);
	even.esp.body_n = 32;
	even.esp.icv = even.esp.body + 32;
	cr_expect(seal_esp_encrypt(s, &k.esp), "%s", p->id);
	cr_expect(memcmp(k.esp.body + 32, plain.esp.body + 32, rest) == 0, "%s: rest", p->id);
	cr_expect(seal_esp_encrypt(s, &even.esp), "%s", p->id);
	cr_expect(memcmp(k.esp.body, even.esp.body, 32) == 0, "%s: whole blocks", p->id);
	enum seal_result want = rest == 0 ? SEAL_OK : SEAL_BAD_LENGTH;
	cr_expect(seal_esp_decrypt(s, &k.esp) == want, "%s: the ICV covers the rest", p->id);
	seal_free(s);
}

Test(seal, ragged_packets_have_a_right_icv_and_a_wrong_length)
{
	for_each_pair(ragged_rest_stays_as_it_is);
}

/* --- what cannot be ------------------------------------------------------------------------- */

Test(seal, keys_and_pairs_that_cannot_be_are_refused_with_a_reason)
{
	static const uint8_t key[80] = { 1 };
	static const struct {
		const char *enc;
		size_t enc_key;
		const char *auth;
		size_t auth_key;
		enum err_code code;
	} bad[] = {
		{ "aes-cbc", 20, NULL, 0, ERR_RANGE },
		{ "aes-cbc", 0, NULL, 0, ERR_RANGE },
		{ "aes-gcm-16", 16, NULL, 0, ERR_RANGE },
		{ "chacha20-poly1305", 32, NULL, 0, ERR_RANGE },
		{ "null", 8, "hmac-sha1-96", 20, ERR_RANGE },
		{ "aes-cbc", 16, "aes-xcbc-mac-96", 24, ERR_RANGE },
		{ "aes-cbc", 16, "hmac-md5-96", 0, ERR_RANGE },
		{ "aes-gcm-16", 20, "hmac-sha1-96", 20, ERR_UNSUPPORTED },
		{ "aes-gmac", 20, "aes-cmac-96", 16, ERR_UNSUPPORTED },
		{ "aes-cbc", 16, "aes-128-gmac", 20, ERR_UNSUPPORTED },
		{ "null", 0, "aes-256-gmac", 36, ERR_UNSUPPORTED },
	};
	for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct err e = { 0 };
		const struct alg *auth = bad[i].auth == NULL ? NULL : alg_by_name(bad[i].auth, ALG_AUTH);
		struct seal *s =
			seal_new(alg_by_name(bad[i].enc, ALG_ENC), bytes_slice(BYTES_OF(key), 0, bad[i].enc_key), auth,
				 bytes_slice(BYTES_OF(key), 0, bad[i].auth_key), &e);
		cr_expect(s == NULL && e.code == bad[i].code && e.text[0] != '\0', "row %u: %s", i, e.text);
		seal_free(s);
	}
	seal_free(NULL);
}
