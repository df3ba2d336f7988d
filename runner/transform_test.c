/* Names of transforms, the sets computed from the algorithm table, and their keys. */
#include "runner/transform.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "config/setkey.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define SEED 42

static struct arena arena;

static void
end(void)
{
	arena_free(&arena);
}

TestSuite(transform, .fini = end);

Test(transform, names_say_rows_and_key_sizes)
{
	static const struct {
		const char *name, *enc, *auth;
		size_t enc_n, auth_n;
	} rows[] = {
		{ "aes-cbc-128+hmac-sha1-96", "aes-cbc", "hmac-sha1-96", 16, 20 },
		{ "aes-cbc-256+hmac-sha2-256-128", "aes-cbc", "hmac-sha2-256-128", 32, 32 },
		{ "3des-cbc+hmac-md5-96", "3des-cbc", "hmac-md5-96", 24, 16 },
		{ "aes-ctr-192+hmac-sha1-96", "aes-ctr", "hmac-sha1-96", 28, 20 }, /* RFC 3686 5.1: 4 octets of nonce */
		{ "aes-gcm-16-256", "aes-gcm-16", NULL, 36, 0 },                   /* RFC 4106 8.1: 4 octets of salt */
		{ "null+hmac-sha2-512-256", "null", "hmac-sha2-512-256", 0, 64 },
		{ "hmac-md5-96", NULL, "hmac-md5-96", 0, 16 },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct err e = { 0 };
		struct transform t;
		cr_assert(transform_parse(&t, rows[i].name, &e), "%s: %s", rows[i].name, e.text);
		cr_expect(t.enc == (rows[i].enc != NULL ? alg_by_name(rows[i].enc, ALG_ENC) : NULL), "%s",
			  rows[i].name);
		cr_expect(t.auth == (rows[i].auth != NULL ? alg_by_name(rows[i].auth, ALG_AUTH) : NULL), "%s",
			  rows[i].name);
		cr_expect(eq(sz, t.enc_key_n, rows[i].enc_n), "%s", rows[i].name);
		cr_expect(eq(sz, t.auth_key_n, rows[i].auth_n), "%s", rows[i].name);
	}
}

Test(transform, a_name_that_means_nothing_is_refused)
{
	static const char *const rows[] = { "",
					    "+",
					    "aes",
					    "aes-cbc-127+hmac-sha1-96",
					    "aes-cbc-512+hmac-sha1-96",
					    "aes-cbc-128+",
					    "+hmac-sha1-96",
					    "aes-cbc-128+hmac-sha3-1",
					    "hmac-sha1-96+aes-cbc-128",
					    "des-" };
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct err e = { 0 };
		struct transform t;
		cr_expect(not(transform_parse(&t, rows[i], &e)), "'%s'", rows[i]);
		cr_expect(strncmp(e.text, "transform", 9) == 0, "'%s': %s", rows[i], e.text);
	}
}

static const char *const sets[] = { "@one",      "@few", "@ciphers", "@auths", "@null", "@esp",
				    "@esp-full", "@cbc", "@stream",  "@aead",  "@ah" };

Test(transform, members_of_every_set_parse_and_come_once)
{
	static const char *names[1024];
	for (size_t i = 0; i < COUNT(sets); i++) {
		unsigned n = transform_set(&arena, sets[i], names, COUNT(names));
		cr_assert(n > 0 && n < 512, "%s: %u members do not fit an axis", sets[i], n);
		for (unsigned k = 0; k < n; k++) {
			struct err e = { 0 };
			struct transform t;
			cr_expect(transform_parse(&t, names[k], &e), "%s: %s", sets[i], e.text);
			cr_expect(eq(int, t.enc == NULL, strcmp(sets[i], "@ah") == 0), "%s: %s", sets[i], names[k]);
			for (unsigned o = 0; o < k; o++)
				cr_expect(strcmp(names[o], names[k]) != 0, "%s: %s twice", sets[i], names[k]);
		}
	}
	cr_expect(eq(u32, transform_set(&arena, "@none", names, COUNT(names)), 0));
}

static bool
among(const char *name, const char *const *names, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

Test(transform, every_row_of_the_table_is_in_a_set)
{
	static const char *names[1024];
	unsigned n = transform_set(&arena, "@esp-full", names, COUNT(names));
	n += transform_set(&arena, "@ah", names + n, (unsigned)COUNT(names) - n);
	for (unsigned i = 0; i < algs_n; i++) {
		bool found = false;
		for (unsigned k = 0; k < n && !found; k++) {
			struct err e;
			struct transform t;
			found = transform_parse(&t, names[k], &e) && (t.enc == &algs[i] || t.auth == &algs[i]);
		}
		cr_expect(found || algs[i].kind == ALG_NULL || algs[i].old == OLD_ONLY, "%s is in no set",
			  algs[i].name);
	}
}

Test(transform, esp_is_ciphers_auths_and_null)
{
	static const char *esp[512], *part[512];
	static const char *const parts[] = { "@ciphers", "@auths", "@null" };
	unsigned esp_n = transform_set(&arena, "@esp", esp, 512), found = 0;
	for (size_t i = 0; i < COUNT(parts); i++) {
		unsigned n = transform_set(&arena, parts[i], part, 512);
		for (unsigned k = 0; k < n; k++) {
			cr_expect(among(part[k], esp, esp_n), "%s", part[k]);
			found += among(part[k], esp, esp_n);
		}
	}
	cr_expect(found >= esp_n);
}

Test(transform, a_set_stops_at_the_room_there_is)
{
	const char *names[3] = { NULL };
	cr_expect(eq(u32, transform_set(&arena, "@esp", names, 2), 2));
	cr_expect(names[2] == NULL);
}

/* --- keys ------------------------------------------------------------------------------------ */

static struct bytes
key(const char *name, uint64_t seed, unsigned which, bool auth)
{
	struct err e;
	struct transform t;
	struct bytes enc_key, auth_key;
	cr_assert(transform_parse(&t, name, &e));
	transform_keys(&arena, &t, name, seed, which, &enc_key, &auth_key);
	return auth ? auth_key : enc_key;
}

Test(transform, keys_come_again_with_the_seed_and_differ_otherwise)
{
	static const char name[] = "aes-cbc-128+hmac-sha1-96";
	struct bytes k = key(name, SEED, 0, false);
	cr_expect(eq(sz, k.n, 16));
	cr_expect(bytes_equal(k, key(name, SEED, 0, false)));
	cr_expect(not(bytes_equal(k, key(name, SEED, 1, false))), "one key for both directions");
	cr_expect(not(bytes_equal(k, key(name, SEED + 1, 0, false))), "one key for two seeds");
	cr_expect(not(bytes_equal(k, key("aes-cbc-128+hmac-md5-96", SEED, 0, false))), "one key for two transforms");
	cr_expect(not(bytes_equal(bytes_slice(key(name, SEED, 0, true), 0, 16), k)), "one key for two algorithms");
	cr_expect(eq(sz, key("aes-gcm-16-128", SEED, 0, false).n, 20));
	cr_expect(eq(sz, key("null+hmac-sha1-96", SEED, 0, false).n, 0));
}

Test(transform, setkey_reads_what_setkey_text_says)
{
	static const char *names[512];
	unsigned n = transform_set(&arena, "@esp", names, 512);
	for (unsigned i = 0; i < n; i++) {
		struct err e = { 0 };
		struct transform t;
		const char *words = transform_setkey(&arena, names[i], SEED, 1, &e);
		cr_assert(words != NULL && transform_parse(&t, names[i], &e), "%s: %s", names[i], e.text);
		const char *line = arena_printf(&arena, "add 192.0.2.1 192.0.2.2 esp 1 %s ;", words);
		struct setkey_script *script = setkey_parse(line, strlen(line), "t", 1, &e);
		cr_assert(script != NULL, "%s: %s", line, e.text);
		const struct sa_spec *sa = &setkey_first(script)->sa;
		cr_expect(sa->enc == t.enc && sa->auth == t.auth, "%s", line);
		cr_expect(bytes_equal(sa->enc_key, key(names[i], SEED, 1, false)), "%s", line);
		cr_expect(bytes_equal(sa->auth_key, key(names[i], SEED, 1, true)), "%s", line);
		setkey_free(script);
	}
}
