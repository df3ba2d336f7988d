#include "runner/transform.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ipsec/esp.h"

/* "aes-cbc-128" is a row and a key size; "aes-gcm-16" is a row whose name ends in a number. The row wins. */
static bool
part_parse(const char *name, uint8_t use, const struct alg **alg, size_t *key_n, struct err *e)
{
	size_t sizes[32];
	*alg = alg_by_name(name, use);
	if (*alg != NULL) {
		*key_n = alg_key_sizes(*alg, sizes, 32) > 0 ? sizes[0] : 0;
		return true;
	}
	char row[48];
	const char *dash = strrchr(name, '-');
	if (dash != NULL && (size_t)(dash - name) < sizeof row) {
		snprintf(row, sizeof row, "%.*s", (int)(dash - name), name);
		*alg = alg_by_name(row, use);
		unsigned long bits = strtoul(dash + 1, NULL, 10);
		if (*alg != NULL) {
			*key_n = bits / 8 + (*alg)->salt;
			if (bits % 8 == 0 && alg_key_fits(*alg, *key_n))
				return true;
			return fail(e, ERR_RANGE, "transform %s: %s has no key of %lu bits", name, row, bits);
		}
	}
	return fail(e, ERR_UNKNOWN, "transform: want an algorithm of the table, got '%s'", name);
}

bool
transform_parse(struct transform *t, const char *name, struct err *e)
{
	memset(t, 0, sizeof *t);
	const char *plus = strchr(name, '+');
	if (plus == NULL) {
		if (part_parse(name, ALG_ENC, &t->enc, &t->enc_key_n, NULL))
			return true;
		return part_parse(name, ALG_AUTH, &t->auth, &t->auth_key_n, e);
	}
	char enc[64];
	snprintf(enc, sizeof enc, "%.*s", (int)(plus - name), name);
	return part_parse(enc, ALG_ENC, &t->enc, &t->enc_key_n, e) &&
	       part_parse(plus + 1, ALG_AUTH, &t->auth, &t->auth_key_n, e);
}

/* --- sets ------------------------------------------------------------------------------------ */

struct names {
	struct arena *arena;
	const char **at;
	unsigned n, max;
};

static void
names_push(struct names *out, const char *name)
{
	for (unsigned i = 0; i < out->n; i++)
		if (strcmp(out->at[i], name) == 0)
			return;
	if (out->n < out->max)
		out->at[out->n++] = arena_strdup(out->arena, name);
}

static bool
is_plain_auth(const struct alg *a)
{
	return a->use == ALG_AUTH && a->kind != ALG_NULL && a->icv > 0 && a->old != OLD_ONLY;
}

#define IV_TRAVELS (1u << 31) /* among kinds: without the rows whose IV is the sequence number */

/* Every cipher row in mask (1 << kind) at its key sizes: all of a fixed list, smallest, middle and largest of a range. */
static void
push_ciphers(struct names *out, unsigned kinds, const char *auth)
{
	for (unsigned i = 0; i < algs_n; i++) {
		const struct alg *a = &algs[i];
		if (!(a->use & ALG_ENC) || !(kinds & 1u << a->kind) || a->old == OLD_ONLY ||
		    (a->implicit_iv && kinds & IV_TRAVELS))
			continue;
		size_t sizes[64];
		unsigned n = alg_key_sizes(a, sizes, 64);
		for (unsigned k = 0; k < (n > 0 ? n : 1); k++) {
			if (n > 4 && k != 0 && k != n / 2 && k != n - 1)
				continue;
			char name[96];
			int w = n > 1 ? snprintf(name, sizeof name, "%s-%zu", a->name, (sizes[k] - a->salt) * 8)
				      : snprintf(name, sizeof name, "%s", a->name);
			if (!alg_is_combined(a) && w > 0)
				snprintf(name + w, sizeof name - (size_t)w, "+%s", auth);
			names_push(out, name);
		}
	}
}

static void
push_auths(struct names *out, const char *cipher)
{
	for (unsigned i = 0; i < algs_n; i++) {
		char name[96];
		if (!is_plain_auth(&algs[i]) || (*cipher != '\0' && algs[i].kind == ALG_AH_GMAC))
			continue;
		snprintf(name, sizeof name, "%s%s", cipher, algs[i].name);
		names_push(out, name);
	}
}

#define K(kind) (1u << (kind))

static void
push_full(struct names *out)
{
	for (unsigned i = 0; i < algs_n; i++)
		if (is_plain_auth(&algs[i]) && algs[i].kind != ALG_AH_GMAC)
			push_ciphers(out, K(ALG_NULL) | K(ALG_CBC) | K(ALG_CTR), algs[i].name);
	push_ciphers(out, K(ALG_AEAD) | K(ALG_GMAC), "");
}

unsigned
transform_set(struct arena *a, const char *set, const char **at, unsigned max)
{
	static const char plain[] = "aes-cbc-128+hmac-sha1-96";
	struct names out = { a, at, 0, max };
	bool esp = strcmp(set, "@esp") == 0;
	if (strcmp(set, "@one") == 0 || strcmp(set, "@few") == 0)
		names_push(&out, plain);
	if (strcmp(set, "@few") == 0) {
		names_push(&out, "null+hmac-sha2-512-256");
		names_push(&out, "3des-cbc+hmac-md5-96");
		names_push(&out, "aes-ctr-128+hmac-sha2-384-192");
		names_push(&out, "aes-gcm-16-128");
	}
	if (esp || strcmp(set, "@ciphers") == 0)
		push_ciphers(&out, ~IV_TRAVELS, "hmac-sha1-96");
	if (strcmp(set, "@cbc") == 0)
		push_ciphers(&out, K(ALG_CBC), "hmac-sha1-96");
	if (strcmp(set, "@stream") == 0)
		push_ciphers(&out, K(ALG_CTR) | K(ALG_AEAD) | IV_TRAVELS, "hmac-sha1-96");
	if (strcmp(set, "@aead") == 0)
		push_ciphers(&out, K(ALG_AEAD) | K(ALG_GMAC), "");
	if (esp || strcmp(set, "@auths") == 0)
		push_auths(&out, "aes-cbc-128+");
	if (esp || strcmp(set, "@null") == 0)
		push_auths(&out, "null+");
	if (strcmp(set, "@ah") == 0)
		push_auths(&out, "");
	if (strcmp(set, "@esp-full") == 0)
		push_full(&out);
	return out.n;
}

/* --- keys ------------------------------------------------------------------------------------ */

static uint64_t
name_hash(const char *name, uint64_t seed)
{
	uint64_t h = 0xcbf29ce484222325u ^ seed; /* FNV-1a */
	for (; *name != '\0'; name++)
		h = (h ^ (uint8_t)*name) * 0x100000001b3u;
	return h;
}

static struct bytes
draw_key(struct arena *a, struct random_seeded *r, size_t n)
{
	uint8_t *key = arena_alloc(a, n + 1);
	r->random.fill(&r->random, key, n);
	return (struct bytes){ key, n };
}

void
transform_keys(struct arena *a, const struct transform *t, const char *name, uint64_t seed, unsigned which,
	       struct bytes *enc_key, struct bytes *auth_key)
{
	struct random_seeded r;
	random_seeded_init(&r, name_hash(name, seed) + which * 0x9e3779b97f4a7c15u + 1);
	*enc_key = draw_key(a, &r, t->enc_key_n);
	*auth_key = draw_key(a, &r, t->auth_key_n);
}

static size_t
put_algorithm(char *text, size_t cap, char flag, const struct alg *alg, struct bytes key)
{
	struct rd r = rd_of(key);
	int n = snprintf(text, cap, "-%c %s", flag, alg->setkey[0] != NULL ? alg->setkey[0] : alg->name);
	size_t at = n < 0 ? 0 : (size_t)n;
	if (key.n > 0 && at + 3 < cap)
		at += (size_t)snprintf(text + at, cap - at, " 0x");
	while (rd_left(&r) > 0 && at + 3 < cap)
		at += (size_t)snprintf(text + at, cap - at, "%02x", (unsigned)rd_uint(&r, 1));
	return at;
}

const char *
transform_setkey(struct arena *a, const char *name, uint64_t seed, unsigned which, struct err *e)
{
	struct transform t;
	if (!transform_parse(&t, name, e))
		return NULL;
	struct bytes enc_key, auth_key;
	transform_keys(a, &t, name, seed, which, &enc_key, &auth_key);
	char text[2600];
	size_t n = 0;
	text[0] = '\0';
	if (t.enc != NULL)
		n += put_algorithm(text, sizeof text, 'E', t.enc, enc_key);
	if (t.auth != NULL) {
		if (n > 0)
			text[n++] = ' ';
		put_algorithm(text + n, sizeof text - n, 'A', t.auth, auth_key);
	}
	return arena_strdup(a, text);
}
