/* action {properties} [or action {properties}], ipsecconf(8) OPERANDS. */
#include "config/ipsecconf_parse.h"

#include <stdio.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum { AUTH_ALGS, ENCR_ALGS, ENCR_AUTH_ALGS, SA, DIR };

static struct ipsecconf_rule *
last_rule(struct ipsecconf_entry *c)
{
	return &c->rule[c->n - 1];
}

static bool
take_bits(struct parser *p, struct bytes digits, const struct token *at, uint16_t *bits)
{
	uint64_t v = 0;
	for (struct rd r = rd_of(digits); rd_left(&r) > 0;) {
		unsigned digit = digit_of((uint8_t)rd_uint(&r, 1));
		if (digit > 9 || v > 4096)
			return want_got(p, ERR_SYNTAX, at, "a key length in bits: N, N.., ..N or N..N", "another word");
		v = v * 10 + digit;
	}
	*bits = (uint16_t)v;
	return true;
}

/* Octets of a word in front of "..", and behind it; without dots both are the word. */
static void
halve(struct bytes word, struct bytes *low, struct bytes *high)
{
	struct rd r = rd_of(word);
	while (rd_left(&r) > 0 && rd_peek(&r, 0) != '.')
		rd_skip(&r, 1);
	*low = bytes_slice(word, 0, r.at);
	bool range = rd_left(&r) >= 2 && rd_peek(&r, 1) == '.';
	*high = range ? bytes_slice(word, r.at + 2, SIZE_MAX) : rd_left(&r) == 0 ? *low : word;
}

/* [(N), (N..), (..N), (N..N)] */
static bool
take_key_length(struct parser *p, struct spd_alg *a)
{
	struct bytes low, high;
	if (p->tok.kind != TOK_OPEN)
		return true;
	lex_next(p);
	struct token at = p->tok;
	if (at.kind != TOK_WORD)
		return want(p, "a key length in bits: N, N.., ..N or N..N");
	halve(at.text, &low, &high);
	if (!take_bits(p, low, &at, &a->min_bits) || !take_bits(p, high, &at, &a->max_bits))
		return false;
	if (a->max_bits != 0 && a->max_bits < a->min_bits)
		return want_got(p, ERR_RANGE, &at, "a range of key lengths upwards", "one downwards");
	lex_next(p);
	return take_kind(p, TOK_CLOSE, ")");
}

static bool
take_alg(struct parser *p, struct spd_alg *a, uint8_t use)
{
	const char *what = use == ALG_ENC ? "any or an encryption algorithm (aes, 3des, blowfish, null, ..)"
					  : "any or an authentication algorithm (md5, sha1, sha256, ..)";
	a->wanted = true;
	if (!token_means(&p->tok, "any") && (a->alg = solaris_alg(&p->tok, use)) == NULL)
		return want(p, what);
	lex_next(p);
	return take_key_length(p, a);
}

static bool
take_algs(struct parser *p, struct ipsecconf_entry *c, unsigned id, uint32_t *said)
{
	struct ipsecconf_rule *r = last_rule(c);
	struct spd_alg *a = id == AUTH_ALGS ? &r->ah : id == ENCR_ALGS ? &r->encr : &r->encr_auth;
	(void)said;
	return take_alg(p, a, id == ENCR_ALGS ? ALG_ENC : ALG_AUTH);
}

static bool
take_sa(struct parser *p, struct ipsecconf_entry *c, unsigned id, uint32_t *said)
{
	static const struct word words[] = { { "shared", 0 }, { "unique", 1 } };
	uint32_t v;
	(void)id, (void)said;
	if (!take_word(p, words, COUNT(words), "an attribute of the SA", &v))
		return false;
	last_rule(c)->unique = v != 0;
	return true;
}

static bool
take_dir(struct parser *p, struct ipsecconf_entry *c, unsigned id, uint32_t *said)
{
	static const struct word words[] = { { "in", DIR_IN }, { "out", DIR_OUT } };
	uint32_t v;
	struct token at = p->tok;
	(void)id, (void)said;
	if (!take_word(p, words, COUNT(words), "a direction", &v))
		return false;
	if (c->dir != 0)
		return want_got(p, ERR_SYNTAX, &at, "one direction", "another in the pattern");
	c->dir = (uint8_t)v;
	return true;
}

/* Who may say what: the older actions go with source and destination, and say the direction themselves. */
static bool
check_rule(struct parser *p, const struct token *at, struct ipsecconf_entry *c, uint32_t said)
{
	const struct ipsecconf_rule *r = last_rule(c);
	bool old = r->action == IPSECCONF_APPLY || r->action == IPSECCONF_PERMIT;
	bool protects = old || r->action == IPSECCONF_IPSEC;
	uint8_t own = r->action == IPSECCONF_APPLY ? DIR_OUT : DIR_IN;
	if (protects && (said & (1u << AUTH_ALGS | 1u << ENCR_ALGS | 1u << ENCR_AUTH_ALGS)) == 0)
		return want_got(p, ERR_SYNTAX, at, "auth_algs, encr_algs or encr_auth_algs", "none of them");
	if (!protects && (said & ~(1u << DIR)) != 0)
		return want_got(p, ERR_SYNTAX, at, "bypass and drop without algorithms", "some");
	if (c->directed && (r->action == IPSECCONF_IPSEC || r->action == IPSECCONF_DROP))
		return want_got(p, ERR_SYNTAX, at, "local and remote beside ipsec or drop", "source and destination");
	if (!c->directed && old && (c->local.addr.family != 0 || c->remote.addr.family != 0))
		return want_got(p, ERR_SYNTAX, at, "source and destination beside apply or permit", "local and remote");
	if (old && c->dir != 0 && c->dir != own)
		return want_got(p, ERR_SYNTAX, at, own == DIR_OUT ? "dir out beside apply" : "dir in beside permit",
				"the other");
	if (c->directed && !old && c->dir == 0)
		return want_got(p, ERR_SYNTAX, at, "dir beside bypass of source and destination", "none");
	c->dir = old ? own : c->dir;
	c->directed = c->directed || old;
	return true;
}

static bool
take_rule(struct parser *p, struct ipsecconf_entry *c, unsigned *line)
{
	static const struct word actions[] = {
		{ "ipsec", IPSECCONF_IPSEC }, { "bypass", IPSECCONF_BYPASS }, { "pass", IPSECCONF_BYPASS },
		{ "drop", IPSECCONF_DROP },   { "apply", IPSECCONF_APPLY },   { "permit", IPSECCONF_PERMIT },
	};
	static const struct pair pairs[] = {
		{ "auth_algs", AUTH_ALGS, take_algs },
		{ "encr_algs", ENCR_ALGS, take_algs },
		{ "encr_auth_algs", ENCR_AUTH_ALGS, take_algs },
		{ "sa", SA, take_sa },
		{ "dir", DIR, take_dir },
	};
	uint32_t action, said = 0;
	struct token at = p->tok;
	if (at.kind != TOK_END && at.line != *line)
		return want_got(p, ERR_SYNTAX, &at, "the action on the line of the brace before", "a new line");
	if (!take_word(p, actions, COUNT(actions), "an action", &action))
		return false;
	c->rule[c->n++].action = (uint8_t)action;
	if (!ipsecconf_take_pairs(p, c, pairs, COUNT(pairs), &said, "a property") || !check_rule(p, &at, c, said))
		return false;
	*line = p->tok.line;
	return take_kind(p, TOK_RBRACE, "}");
}

bool
ipsecconf_take_rules(struct parser *p, struct ipsecconf_entry *c, unsigned *line)
{
	*line = p->tok.line;
	if (!take_kind(p, TOK_RBRACE, "}") || !take_rule(p, c, line))
		return false;
	while (token_is(&p->tok, "or")) {
		if (p->tok.line != *line)
			return want_got(p, ERR_SYNTAX, &p->tok, "or on the line of the brace before", "a new line");
		if (c->n == IPSECCONF_ALTERNATIVES || c->rule[0].action == IPSECCONF_APPLY ||
		    c->rule[0].action == IPSECCONF_PERMIT)
			return want(p, "a new entry: at most 4 rules, and one of apply or permit");
		lex_next(p);
		if (!take_rule(p, c, line))
			return false;
	}
	return true;
}
