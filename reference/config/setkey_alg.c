#include "config/setkey_parse.h"

#include <stdio.h>

#include "wire/text.h"

#define NAME_MAX_TEXT 32

/* Levenshtein's distance of two short names. */
static unsigned
distance(const char *a, const char *b)
{
	unsigned row[NAME_MAX_TEXT + 1];
	for (unsigned j = 0; j <= NAME_MAX_TEXT; j++)
		row[j] = j;
	for (unsigned i = 0; a[i] != '\0'; i++) {
		unsigned corner = row[0]++;
		for (unsigned j = 0; j < NAME_MAX_TEXT && b[j] != '\0'; j++) {
			unsigned best = corner + (a[i] != b[j]);
			corner = row[j + 1];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			row[j + 1] = corner + 1 < best ? corner + 1 : best;
		}
	}
	return row[strlen(b) < NAME_MAX_TEXT ? strlen(b) : NAME_MAX_TEXT];
}

static const char *
nearest_name(const char *name, uint8_t use)
{
	const char *best = NULL;
	unsigned best_distance = 0;
	for (const struct alg *a = algs; a < algs + algs_n; a++) {
		const char *names[] = { a->name, a->setkey[0], a->setkey[1], a->setkey[2] };
		for (unsigned i = 0; i < 4 && (a->use & use) != 0; i++) {
			unsigned d = names[i] != NULL ? distance(name, names[i]) : 0;
			if (names[i] == NULL || (best != NULL && d >= best_distance))
				continue;
			best = names[i];
			best_distance = d;
		}
	}
	return best;
}

static bool
take_alg(struct parser *p, uint8_t use, const struct alg **alg)
{
	char name[NAME_MAX_TEXT + 1], what[120];
	const char *kind = use == ALG_ENC ? "an encryption algorithm" : "an authentication algorithm";
	if (p->tok.kind != TOK_WORD || p->tok.text.n >= sizeof name)
		return want(p, kind);
	snprintf(name, sizeof name, "%.*s", (int)p->tok.text.n, (const char *)p->tok.text.p);
	*alg = alg_by_name(name, use);
	if (*alg == NULL) {
		snprintf(what, sizeof what, "%s (is it %s?)", kind, nearest_name(name, use));
		return want(p, what);
	}
	lex_next(p);
	return true;
}

/* "a key of 20, 28 or 36 octets for aes-gcm-16 (key then salt)" */
static void
describe_key(const struct alg *a, char *out, size_t cap)
{
	size_t size[64];
	struct text t = text_of(out, cap);
	unsigned n = alg_key_sizes(a, size, sizeof size / sizeof size[0]);
	text_add(&t, "a key of %zu", size[0]);
	if (a->key_step != 0)
		text_add(&t, " to %zu", size[n - 1]);
	for (unsigned i = 1; i < n && a->key_step == 0; i++)
		text_add(&t, "%s%zu", i + 1 < n ? ", " : " or ", size[i]);
	text_add(&t, " octets for %s%s", a->setkey[0], a->salt > 0 ? " (key then salt)" : "");
}

/* Appends the octets of "0x.." to the keys. Errors do not repeat the key: they end up in logs. */
static bool
decode_hex(struct parser *p)
{
	char got[60];
	struct rd r = rd_of(p->tok.text);
	rd_skip(&r, 2);
	if (rd_left(&r) % 2 != 0) {
		snprintf(got, sizeof got, "%zu of them", rd_left(&r));
		return want_got(p, ERR_SYNTAX, &p->tok, "an even number of hexadecimal digits", got);
	}
	while (rd_left(&r) > 0) {
		unsigned high = digit_of((uint8_t)rd_uint(&r, 1)), low = digit_of((uint8_t)rd_uint(&r, 1));
		if (high > 15 || low > 15) {
			snprintf(got, sizeof got, "something else at digit %zu", r.at - (high > 15 ? 3 : 2));
			return want_got(p, ERR_SYNTAX, &p->tok, "hexadecimal digits", got);
		}
		wr_uint(&p->keys, high << 4 | low, 1);
	}
	return true;
}

static bool
is_hex(const struct token *t)
{
	struct rd r = rd_of(t->text);
	return t->kind == TOK_WORD && rd_peek(&r, 0) == '0' && (rd_peek(&r, 1) | 0x20) == 'x';
}

static bool
take_key(struct parser *p, const struct alg **alg, struct bytes *key)
{
	const struct alg *a = *alg;
	char what[120], got[40];
	struct token at = p->tok;
	size_t from = p->keys.n;
	describe_key(a, what, sizeof what);
	*key = BYTES_NONE;
	if (at.kind != TOK_STRING && !is_hex(&at))
		return alg_key_fits(a, 0) || want(p, what);
	if (at.kind == TOK_STRING)
		wr_bytes(&p->keys, at.text);
	else if (!decode_hex(p))
		return false;
	*key = bytes_slice(wr_done(&p->keys), from, p->keys.n - from);
	*alg = alg_for_key(a, key->n);
	if (!alg_key_fits(*alg, key->n)) {
		snprintf(got, sizeof got, "%zu octets", key->n);
		return want_got(p, ERR_RANGE, &at, what, got);
	}
	lex_next(p);
	return true;
}

bool
setkey_parse_cipher(struct parser *p, struct sa_spec *sa)
{
	if (sa->enc != NULL)
		return want(p, "one -E");
	return take_alg(p, ALG_ENC, &sa->enc) && take_key(p, &sa->enc, &sa->enc_key);
}

bool
setkey_parse_integrity(struct parser *p, struct sa_spec *sa)
{
	if (sa->auth != NULL)
		return want(p, "one -A");
	return take_alg(p, ALG_AUTH, &sa->auth) && take_key(p, &sa->auth, &sa->auth_key);
}
