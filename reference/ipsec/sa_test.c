#include "ipsec/test_sa.h"

/* One row per refusal: what is asked, and words that the text must have. */
struct row {
	const char *id;
	uint8_t protocol;
	const char *enc, *auth;
	uint32_t spi, replay;
	uint64_t seq;
	int enc_n, auth_n; /* octets to cut from (or, negative, add to) the key */
	bool esn, udp;
	const char *want; /* NULL: accepted */
};

static const struct row rows[] = {
	{ "cbc and hmac", 50, "aes-cbc", "hmac-sha1-96", 0x1001, 32, 0, 0, 0, true, true, NULL },
	{ "integrity alone", 50, NULL, "hmac-sha1-96", 0x1001, 32, 0, 0, 0, false, false, NULL },
	{ "the null cipher by name", 50, "null", "hmac-sha1-96", 0x1001, 32, 0, 0, 0, false, false, NULL },
	{ "confidentiality alone", 50, "aes-cbc", NULL, 0x1001, 0, 0, 0, 0, false, false, NULL },
	{ "null integrity by name", 50, "aes-cbc", "null", 0x1001, 0, 0, 0, 0, false, false, NULL },
	{ "combined", 50, "aes-gcm-16", NULL, 0x1001, 64, 0, 0, 0, true, false, NULL },
	{ "combined, null integrity by name", 50, "aes-gcm-16", "null", 0x1001, 64, 0, 0, 0, false, false, NULL },
	{ "gmac of esp", 50, "aes-gmac", NULL, 0x1001, 64, 0, 0, 0, false, false, NULL },
	{ "ah", 51, NULL, "hmac-sha2-256-128", 0x1001, 64, 0, 0, 0, true, false, NULL },
	{ "gmac of ah", 51, NULL, "aes-128-gmac", 0x1001, 64, 0, 0, 0, false, false, NULL },
	{ "spi 1 by hand", 50, "aes-cbc", "hmac-sha1-96", 1, 0, 0, 0, 0, false, false, NULL },
	{ "seq at the end", 50, "aes-cbc", "hmac-sha1-96", 0x1001, 0, UINT32_MAX, 0, 0, false, false, NULL },
	{ "seq of 64 bits", 50, "aes-cbc", "hmac-sha1-96", 0x1001, 32, UINT64_MAX, 0, 0, true, false, NULL },

	{ "spi 0", 50, "aes-cbc", "hmac-sha1-96", 0, 0, 0, 0, 0, false, false, "spi: 0" },
	{ "neither service", 50, NULL, NULL, 0x1001, 0, 0, 0, 0, false, false, "neither" },
	{ "both null", 50, "null", "null", 0x1001, 0, 0, 0, 0, false, false, "neither" },
	{ "replay without integrity", 50, "aes-cbc", NULL, 0x1001, 32, 0, 0, 0, false, false, "anti-replay" },
	{ "two integrities", 50, "aes-gcm-16", "hmac-sha1-96", 0x1001, 32, 0, 0, 0, false, false, "beside" },
	{ "ah gmac on esp", 50, "aes-cbc", "aes-128-gmac", 0x1001, 32, 0, 0, 0, false, false, "aes-128-gmac" },
	{ "cipher on ah", 51, "aes-cbc", "hmac-sha1-96", 0x1001, 32, 0, 0, 0, false, false, "does not encrypt" },
	{ "null cipher on ah", 51, "null", "hmac-sha1-96", 0x1001, 32, 0, 0, 0, false, false, "does not encrypt" },
	{ "ah without integrity", 51, NULL, NULL, 0x1001, 32, 0, 0, 0, false, false, "no integrity" },
	{ "ah with null", 51, NULL, "null", 0x1001, 32, 0, 0, 0, false, false, "no integrity" },
	{ "no protocol of ours", 109, NULL, "hmac-sha1-96", 0x1001, 0, 0, 0, 0, false, false, "109" },
	{ "udp around ah", 51, NULL, "hmac-sha1-96", 0x1001, 0, 0, 0, 0, false, true, "UDP" },
	{ "short cipher key", 50, "aes-cbc", "hmac-sha1-96", 0x1001, 0, 0, 1, 0, false, false, "15 octets" },
	{ "long cipher key", 50, "aes-cbc", "hmac-sha1-96", 0x1001, 0, 0, -1, 0, false, false, "17 octets" },
	{ "no salt", 50, "aes-gcm-16", NULL, 0x1001, 0, 0, 4, 0, false, false, "16 octets" },
	{ "short integrity key", 50, "aes-cbc", "hmac-sha1-96", 0x1001, 0, 0, 0, 1, false, false, "19 octets" },
	{ "key for nothing", 50, "null", "hmac-sha1-96", 0x1001, 0, 0, -8, 0, false, false, "8 octets" },
	{ "window too wide", 51, NULL, "hmac-sha1-96", 0x1001, 0x80000001, 0, 0, 0, true, false, "2^31" },
	{ "seq without esn", 51, NULL, "hmac-sha1-96", 0x1001, 32, 0x100000000, 0, 0, false, false, "32 bits" },
};

static struct sa_spec
spec_of(const struct row *r, struct test_keys *k)
{
	struct sa_spec s = test_spec(r->protocol, r->enc, r->auth, k);
	s.spi = r->spi;
	s.replay = r->replay;
	s.seq = r->seq;
	s.esn = r->esn;
	s.encap.udp = r->udp;
	s.enc_key.n = (size_t)((long)s.enc_key.n - r->enc_n);
	s.auth_key.n = (size_t)((long)s.auth_key.n - r->auth_n);
	return s;
}

Test(sa, refuses_what_the_rfcs_refuse_and_says_why)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		static struct test_keys k;
		struct err e = { 0 };
		struct sa_spec s = spec_of(&rows[i], &k);
		struct sa *sa = sa_open(&s, &e);
		if (rows[i].want == NULL) {
			cr_expect(sa != NULL, "%s: %s", rows[i].id, e.text);
		} else {
			cr_expect(sa == NULL, "%s: accepted", rows[i].id);
			cr_expect(e.code == ERR_RANGE && strstr(e.text, rows[i].want) != NULL,
				  "%s: want .. %s .., got %s", rows[i].id, rows[i].want, e.text);
		}
		sa_close(sa);
	}
}

Test(sa, weak_keys_and_mixed_addresses_are_refused)
{
	static const uint8_t weak[8] = { 1, 1, 1, 1, 1, 1, 1, 1 };
	struct test_keys k;
	struct err e = { 0 };
	struct sa_spec s = test_spec(50, "des-cbc", "hmac-md5-96", &k);
	s.enc_key = BYTES_OF(weak);
	cr_expect(sa_open(&s, &e) == NULL && strstr(e.text, "weak") != NULL, "%s", e.text);
	s = test_spec(50, "aes-cbc", "hmac-md5-96", &k);
	cr_assert(addr_parse(&s.src, "192.0.2.1", &e) && addr_parse(&s.dst, "2001:db8::1", &e));
	cr_expect(sa_open(&s, &e) == NULL && strstr(e.text, "IPv4") != NULL, "%s", e.text);
	s.src.family = 0; /* not known yet, as after GETSPI */
	struct sa *sa = sa_open(&s, &e);
	cr_expect(sa != NULL, "%s", e.text);
	sa_close(sa);
	sa_close(NULL);
}

Test(sa, owns_its_keys_and_names_what_is_absent)
{
	struct test_keys k;
	struct sa_spec s = test_spec(50, "null", "hmac-sha1-96", &k);
	s.enc = NULL;
	s.seq = 41;
	struct sa *sa = test_open(&s);
	cr_expect(sa->spec.enc != NULL && sa->spec.enc->kind == ALG_NULL);
	cr_expect(sa->spec.auth_key.p == sa->keys + sa->spec.enc_key.n && bytes_equal(sa->spec.auth_key, s.auth_key));
	cr_expect(sa->state == SA_MATURE && sa->seq == 41 && sa->iv == 41 && sa->replay.top == 0);
	sa_close(sa);
}

Test(sa, larval_grows_up_once_and_keys_never_change)
{
	struct test_keys k, other_keys;
	struct err e = { 0 };
	struct sa_spec s = test_spec(50, "aes-cbc", "hmac-sha1-96", &k), other;
	cr_assert(addr_parse(&s.src, "192.0.2.1", &e) && addr_parse(&s.dst, "192.0.2.2", &e));
	cr_expect(sa_open_larval(0, 50, &s.src, &s.dst, &e) == NULL);
	cr_expect(sa_open_larval(0x1001, 6, &s.src, &s.dst, &e) == NULL);
	struct sa *sa = sa_open_larval(0x1001, 50, &s.src, &s.dst, &e);
	cr_assert(sa != NULL && sa->state == SA_LARVAL && sa->seal == NULL);

	other = s;
	other.spi++;
	cr_expect(not(sa_complete(sa, &other, &e)), "another SPI");
	other = s;
	other.enc_key.n--;
	cr_expect(not(sa_complete(sa, &other, &e)), "a bad key");
	cr_expect(sa->state == SA_LARVAL && sa->seal == NULL && sa->spec.enc == NULL, "still larval");
	cr_assert(sa_complete(sa, &s, &e), "%s", e.text);
	cr_assert(sa->state == SA_MATURE && sa->seal != NULL);

	other = s;
	other.hard.bytes = 1000;
	other.soft.usetime = 7;
	sa->seq = 5;
	cr_expect(sa_complete(sa, &other, &e), "lifetimes: %s", e.text);
	cr_expect(sa->spec.hard.bytes == 1000 && sa->spec.soft.usetime == 7 && sa->seq == 5);
	other.enc = other.auth = NULL;
	cr_expect(sa_complete(sa, &other, &e), "no keys said: %s", e.text);
	other = test_spec(50, "aes-cbc", "hmac-sha1-96", &other_keys);
	other.dst = s.dst;
	test_flip(other_keys.auth, sizeof other_keys.auth, 3, 0);
	cr_expect(sa_complete(sa, &other, &e) == false && strstr(e.text, "never change") != NULL, "%s", e.text);
	other.auth = alg_by_name("hmac-md5-96", ALG_AUTH);
	cr_expect(not(sa_complete(sa, &other, &e)));
	other = s;
	other.enc = alg_by_name("camellia-cbc", ALG_ENC);
	cr_expect(not(sa_complete(sa, &other, &e)), "another cipher with the same key");
	sa->state = SA_DEAD;
	cr_expect(not(sa_complete(sa, &s, &e)));
	sa_close(sa);
}

Test(sa, lifetimes_are_reached_at_their_limit)
{
	static const struct {
		const char *id;
		struct lifetime limit;
		unsigned packets;
	} limits[] = {
		{ "none", { 0 }, 0 },
		{ "packets", { .allocations = 3 }, 3 },
		{ "octets to the octet", { .bytes = 400 }, 4 },
		{ "octets past", { .bytes = 401 }, 5 },
		{ "one octet", { .bytes = 1 }, 1 },
		{ "seconds of use", { .usetime = 20 }, 3 },
		{ "seconds of age", { .addtime = 100 }, 2 },
		{ "whichever comes first", { .bytes = 500, .addtime = 1000, .usetime = 10 }, 2 },
	};
	for (size_t i = 0; i < COUNT(limits); i++)
		for (unsigned which = 0; which < 2; which++) {
			struct test_keys k;
			struct sa_spec s = test_spec(51, NULL, "hmac-sha1-96", &k);
			*(which ? &s.hard : &s.soft) = limits[i].limit;
			struct sa *sa = test_open(&s);
			sa->current.addtime = 910;
			unsigned at = 0;
			for (unsigned n = 1; n <= 6 && at == 0; n++) {
				bool soft, hard;
				sa_account(sa, 100, 990 + 10 * n, &soft, &hard); /* 1000, 1010, .. */
				if (which ? hard : soft)
					at = n;
				cr_expect(not(which ? soft : hard), "%s: only the one that was set", limits[i].id);
				cr_expect(sa->current.allocations == n && sa->current.bytes == 100 * n, "%s",
					  limits[i].id);
				cr_expect(sa->current.usetime == 1000, "%s: first use", limits[i].id);
			}
			cr_expect(at == limits[i].packets, "%s (%s): want packet %u, got %u", limits[i].id,
				  which ? "hard" : "soft", limits[i].packets, at);
			sa_close(sa);
		}
}

Test(sa, age_counts_from_a_time_that_somebody_set)
{
	struct test_keys k;
	struct sa_spec s = test_spec(51, NULL, "hmac-sha1-96", &k);
	bool soft, hard;
	s.hard.addtime = 100;
	struct sa *sa = test_open(&s);
	sa_account(sa, 10, 1000, &soft, &hard);
	cr_expect(not(soft || hard));
	sa->current.addtime = 950;
	sa_account(sa, 10, 900, &soft, &hard); /* a clock that went back */
	cr_expect(not(soft || hard));
	sa_account(sa, 10, 1050, &soft, &hard);
	cr_expect(hard);
	sa_close(sa);
}

Test(sa, soft_is_heard_of_while_mature_only)
{
	struct test_keys k;
	struct sa_spec s = test_spec(51, NULL, "hmac-sha1-96", &k);
	bool soft, hard;
	s.soft.bytes = 10;
	struct sa *sa = test_open(&s);
	sa_account(sa, 10, 1, &soft, &hard);
	cr_expect(soft && !hard);
	sa->state = SA_DYING;
	sa_account(sa, 10, 2, &soft, &hard);
	cr_expect(not(soft || hard));
	sa_close(sa);
}

Test(sa, numbers_never_cycle_unless_told)
{
	static const struct {
		const char *id;
		bool esn, cycle;
		uint64_t from;
		bool ok;
		uint64_t seq;
	} steps[] = {
		{ "first", false, false, 0, true, 1 },
		{ "last of 32 bits", false, false, UINT32_MAX - 1, true, UINT32_MAX },
		{ "beyond 32 bits", false, false, UINT32_MAX, false, 0 },
		{ "cycle of 32 bits", false, true, UINT32_MAX, true, 0 },
		{ "esn goes on", true, false, UINT32_MAX, true, (uint64_t)1 << 32 },
		{ "last of esn", true, false, UINT64_MAX - 1, true, UINT64_MAX },
		{ "beyond esn", true, false, UINT64_MAX, false, 0 },
		{ "cycle of esn", true, true, UINT64_MAX, true, 0 },
	};
	for (size_t i = 0; i < COUNT(steps); i++) {
		struct test_keys k;
		struct sa_spec s = test_spec(51, NULL, "hmac-sha1-96", &k);
		s.esn = steps[i].esn;
		s.seq_cycle = steps[i].cycle;
		s.seq = steps[i].from;
		struct sa *sa = test_open(&s);
		uint64_t seq = 0;
		cr_expect(sa_take_numbers(sa, &seq, NULL) == steps[i].ok, "%s", steps[i].id);
		cr_expect(seq == steps[i].seq, "%s: got %llu", steps[i].id, (unsigned long long)seq);
		cr_expect(sa->seq == (steps[i].ok ? steps[i].seq : steps[i].from), "%s", steps[i].id);
		sa_close(sa);
	}
}

Test(sa, ivs_run_out_rather_than_repeat)
{
	struct test_keys k;
	struct sa_spec s = test_spec(50, "aes-gcm-16", NULL, &k);
	uint64_t seq = 0, iv = 0;
	s.esn = s.seq_cycle = true;
	s.seq = UINT64_MAX - 1;
	struct sa *sa = test_open(&s);
	cr_expect(sa_take_numbers(sa, &seq, &iv) && seq == UINT64_MAX && iv == UINT64_MAX);
	cr_expect(not(sa_take_numbers(sa, &seq, &iv)), "the sequence may cycle, the IV may not");
	cr_expect(sa->seq == UINT64_MAX && sa->iv == UINT64_MAX, "neither moved");
	cr_expect(sa_take_numbers(sa, &seq, NULL) && seq == 0);
	sa_close(sa);
}
