#include "ipsec/esp_icv.h"

#include "ipsec/test_sa.h"

/* clang-format off */
static const struct row {
	const char *enc, *auth;
} rows[] = {
	{ "null",         "hmac-sha1-96" },     { "aes-cbc",     "hmac-sha2-256-128" }, { "aes-ctr", "aes-cmac-96" },
	{ "aes-cbc",      "aes-xcbc-mac-96" },  { "aes-gcm-8",   NULL }, { "aes-gcm-12", NULL }, { "aes-gcm-16", NULL },
	{ "aes-ccm-8",    NULL }, { "aes-ccm-16", NULL }, { "aes-gmac", NULL }, { "chacha20-poly1305", NULL },
	{ "aes-gcm-16-iiv", NULL },
};
/* clang-format on */

static struct sa *
open_row(const struct row *row, bool esn)
{
	struct test_keys keys;
	struct err e = { 0 };
	struct sa_spec spec = test_spec(50, row->enc, row->auth, &keys);
	spec.esn = esn;
	spec.seq = esn ? 0x100000000 : 0;
	struct sa *sa = sa_open(&spec, &e);
	cr_assert(ne(ptr, sa, NULL), "%s: %s", row->enc, e.text);
	return sa;
}

Test(esp_icv, what_was_damaged_gets_back_the_icv_that_was_sealed)
{
	static const uint8_t payload[40] = { 8, 0, 1, 2, 3 };
	for (size_t i = 0; i < 2 * COUNT(rows); i++) {
		const struct row *row = &rows[i / 2];
		bool esn = i % 2;
		struct sa *sa = open_row(row, esn);
		struct random_seeded rnd;
		uint8_t octets[200], work[200];
		struct wr w = wr_of(octets, sizeof octets);
		struct bytes whole, icv;
		random_seeded_init(&rnd, 7);
		cr_assert(eq(int, esp_seal(sa, NULL, 1, BYTES_OF(payload), &rnd.random, &w), ACCEPT), "%s", row->enc);
		struct bytes sealed = wr_done(&w);
		uint8_t damaged[200];
		memcpy(damaged, octets, sealed.n);
		damaged[sealed.n - 1] ^= 0x80;
		cr_assert(esp_icv_expected(sa, (struct bytes){ damaged, sealed.n }, esn, work, &whole, &icv), "%s",
			  row->enc);
		cr_expect(bytes_equal(whole, sealed), "%s%s", row->enc, esn ? " esn" : "");
		cr_expect(eq(sz, icv.n, seal_icv_len(sa->seal)), "%s", row->enc);
		sa_close(sa);
	}
}

/* A number that is right only under another high half has another ICV, RFC 4303 2.2.1. */
Test(esp_icv, the_high_half_counts_only_with_extended_numbers)
{
	static const uint8_t packet[64] = { 0, 0, 0x10, 1, 0, 0, 0, 5 };
	for (unsigned esn = 0; esn < 2; esn++) {
		struct sa *sa = open_row(&rows[1], esn);
		uint8_t one[64], other[64];
		struct bytes a, b, whole;
		cr_assert(esp_icv_expected(sa, BYTES_OF(packet), 1, one, &whole, &a));
		cr_assert(esp_icv_expected(sa, BYTES_OF(packet), 2, other, &whole, &b));
		cr_expect(eq(int, bytes_equal(a, b), !esn));
		sa_close(sa);
	}
}

Test(esp_icv, there_is_none_without_integrity_or_octets)
{
	static const uint8_t packet[64] = { 0 };
	static const struct row none = { "aes-cbc", NULL };
	uint8_t work[64];
	struct bytes whole, icv;
	struct sa *sa = open_row(&none, false), *with = open_row(&rows[1], false);
	cr_expect(not(esp_icv_expected(sa, BYTES_OF(packet), 0, work, &whole, &icv)));
	for (size_t n = 0; n < 8 + 16 + 2 + 16; n++)
		cr_expect(not(esp_icv_expected(with, bytes_slice(BYTES_OF(packet), 0, n), 0, work, &whole, &icv)),
			  "%zu", n);
	cr_expect(esp_icv_expected(with, bytes_slice(BYTES_OF(packet), 0, 42), 0, work, &whole, &icv));
	sa_close(sa);
	sa_close(with);
}
