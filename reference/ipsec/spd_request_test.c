#include "ipsec/spd.h"
#include "ipsec/test_sa.h"

static struct spd_alg
asks(const char *name, uint8_t use, uint16_t min, uint16_t max)
{
	return (struct spd_alg){ .wanted = name != NULL,
				 .alg = name != NULL && name[0] != '\0' ? alg_by_name(name, use) : NULL,
				 .min_bits = min,
				 .max_bits = max };
}

/* "" is any, NULL nothing. */
Test(spd_request, an_sa_suits_by_its_algorithms_and_key_lengths)
{
	static const struct {
		const char *want_enc, *want_auth;
		uint16_t min, max;
		const char *enc, *auth;
		bool suits;
	} rows[] = {
		{ NULL, NULL, 0, 0, "aes-cbc", "hmac-sha1-96", true },
		{ "", NULL, 0, 0, "aes-cbc", NULL, true },
		{ "aes-cbc", NULL, 0, 0, "aes-cbc", NULL, true },
		{ "aes-cbc", NULL, 0, 0, "3des-cbc", NULL, false },
		{ "aes-cbc", "", 0, 0, "aes-cbc", NULL, false },
		{ "aes-cbc", "", 0, 0, "aes-cbc", "hmac-md5-96", true },
		{ "aes-cbc", "hmac-sha1-96", 0, 0, "aes-cbc", "hmac-md5-96", false },
		{ "null", "hmac-sha1-96", 0, 0, "null", "hmac-sha1-96", true },
		{ "null", "hmac-sha1-96", 0, 0, "aes-cbc", "hmac-sha1-96", false },
		{ "aes-cbc", NULL, 129, 0, "aes-cbc", NULL, false },
		{ "aes-cbc", NULL, 128, 128, "aes-cbc", NULL, true },
		{ "aes-cbc", NULL, 0, 127, "aes-cbc", NULL, false },
		{ "", "", 0, 0, "aes-gcm-16", NULL, true },     /* its integrity is its own */
		{ "", "", 128, 128, "aes-gcm-16", NULL, true }, /* the salt is no key */
		{ "", "hmac-sha1-96", 0, 0, "aes-gcm-16", NULL, false },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct test_keys k;
		struct sa_spec spec = test_spec(50, rows[i].enc, rows[i].auth, &k);
		struct sa *sa = test_open(&spec);
		struct spd_request r = { .protocol = 50,
					 .enc = asks(rows[i].want_enc, ALG_ENC, rows[i].min, rows[i].max),
					 .auth = asks(rows[i].want_auth, ALG_AUTH, 0, 0) };
		cr_expect(eq(int, spd_request_suits(&r, sa), rows[i].suits), "row %zu", i);
		sa_close(sa);
	}
}

Test(spd_request, plain_is_what_kames_record_can_say)
{
	struct spd_request r = { .protocol = 50, .mode = MODE_TUNNEL, .level = LEVEL_UNIQUE, .reqid = 7 };
	cr_assert(spd_request_is_plain(&r));
	struct spd_request other = r, asked = r, mine = r, none = r;
	other.alternative = 1;
	asked.auth.wanted = true;
	mine.per_flow = true;
	none.protocol = 0;
	cr_assert(false == (spd_request_is_plain(&other) || spd_request_is_plain(&asked)));
	cr_assert(false == (spd_request_is_plain(&mine) || spd_request_is_plain(&none)));
}
