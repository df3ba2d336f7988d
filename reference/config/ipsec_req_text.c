#include "config/ipsec_req_text.h"
#include "config/solaris_words.h"
#include "wire/text.h"

#include <stdio.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum { NEVER = 1, REQUIRED = 2, UNIQUE = 4, AUTH_ANY = 255 }; /* IPSEC_PREF_*, SADB_AALG_ANY */

static bool
take_prefs(struct parser *p, uint32_t *field)
{
	static const struct word prefs[] = {
		{ "never", NEVER }, { "required", REQUIRED }, { "unique", UNIQUE }, { "0", 0 }
	};
	uint32_t v;
	do {
		if (p->tok.kind == TOK_COMMA)
			lex_next(p);
		if (!take_word(p, prefs, COUNT(prefs), "a request", &v))
			return false;
		*field |= v;
	} while (p->tok.kind == TOK_COMMA);
	return true;
}

/* A name, "any", or a number, known or not. */
static bool
take_alg(struct parser *p, uint8_t use, uint8_t *field)
{
	const struct alg *a = solaris_alg(&p->tok, use);
	uint64_t v;
	if (token_is(&p->tok, "any") || a != NULL) {
		*field = a != NULL ? (uint8_t)a->pfkey[PF_SOLARIS] : use == ALG_AUTH ? AUTH_ANY : 0;
		lex_next(p);
		return true;
	}
	if (!take_number(p, "an algorithm", 0, 255, &v))
		return false;
	*field = (uint8_t)v;
	return true;
}

static bool
take_field(struct parser *p, struct ipsec_req_text *q)
{
	static const struct word fields[] = { { "ah", 0 },       { "esp", 1 },     { "self_encap", 2 },
					      { "auth_alg", 3 }, { "esp_alg", 4 }, { "esp_auth_alg", 5 } };
	uint32_t *const prefs[] = { &q->ah, &q->esp, &q->self_encap };
	uint8_t *const algs_of[] = { &q->auth_alg, &q->esp_alg, &q->esp_auth_alg };
	uint32_t field;
	bool equals = lex_split(p, '=');
	if (!take_word(p, fields, COUNT(fields), "a field", &field))
		return false;
	if (!equals || !lex_drop(p, '='))
		return want(p, "= and a value");
	return field < 3 ? take_prefs(p, prefs[field])
			 : take_alg(p, field == 4 ? ALG_ENC : ALG_AUTH, algs_of[field - 3]);
}

bool
ipsec_req_text_parse(struct ipsec_req_text *q, struct bytes text, const char *name, unsigned line, unsigned column,
		     struct err *e)
{
	struct parser p = parser_of(text, name, line, column, e);
	*q = (struct ipsec_req_text){ 0 };
	for (lex_next(&p); p.tok.kind != TOK_END;)
		if (!take_field(&p, q))
			return false;
	return true;
}

static void
print_prefs(struct text *t, const char *name, uint32_t v)
{
	static const struct word prefs[] = { { "never", NEVER }, { "required", REQUIRED }, { "unique", UNIQUE } };
	const char *before = "=";
	if (v == 0)
		return;
	text_add(t, "%s%s", t->n > 0 ? " " : "", name);
	for (size_t i = 0; i < COUNT(prefs); i++) {
		if ((v & prefs[i].value) == 0)
			continue;
		text_add(t, "%s%s", before, prefs[i].text);
		before = ",";
	}
}

static void
print_alg(struct text *t, const char *name, uint8_t use, uint8_t number)
{
	const struct alg *a = alg_by_pfkey(PF_SOLARIS, use, number);
	if (number == 0)
		return;
	text_add(t, " %s=", name);
	if (a != NULL)
		text_add(t, "%s", solaris_alg_name(a));
	else if (use == ALG_AUTH && number == AUTH_ANY)
		text_add(t, "any");
	else
		text_add(t, "%u", number);
}

size_t
ipsec_req_text_print(const struct ipsec_req_text *q, char *text, size_t cap)
{
	struct text t = text_of(text, cap);
	text_add(&t, "%s", ""); /* a request of nothing is a text, too */
	print_prefs(&t, "ah", q->ah);
	print_prefs(&t, "esp", q->esp);
	print_prefs(&t, "self_encap", q->self_encap);
	print_alg(&t, "auth_alg", ALG_AUTH, q->auth_alg);
	print_alg(&t, "esp_alg", ALG_ENC, q->esp_alg);
	print_alg(&t, "esp_auth_alg", ALG_AUTH, q->esp_auth_alg);
	return t.n;
}
