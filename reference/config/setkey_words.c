#include "config/setkey_parse.h"

#include <inttypes.h>
#include <stdio.h>

#include "wire/text.h"

/* The token in hand in quotes, cut and with what a terminal should not see replaced. */
static void
token_print(const struct token *t, char *out, size_t cap)
{
	struct text text = text_of(out, cap);
	struct rd r = rd_of(t->text);
	if (t->kind == TOK_END) {
		text_add(&text, "the end of the text");
		return;
	}
	if (t->kind == TOK_BAD) {
		text_add(&text, "a string without its closing quote");
		return;
	}
	text_add(&text, t->kind == TOK_STRING ? "the string \"" : "\"");
	for (unsigned i = 0; i < 40 && rd_left(&r) > 0 && t->kind != TOK_STRING; i++) {
		uint8_t c = (uint8_t)rd_uint(&r, 1);
		text_add(&text, "%c", c >= 0x20 && c < 0x7f ? c : '?');
	}
	/* A string is a key as a rule: errors end up in logs, so only its length is told. */
	if (t->kind == TOK_STRING)
		text_add(&text, "..\" (%zu octets)", t->text.n);
	else
		text_add(&text, rd_left(&r) > 0 ? "..\"" : "\"");
}

bool
want_got(struct parser *p, enum err_code code, const struct token *at, const char *what, const char *got)
{
	return fail(p->e, code, "%s:%u:%u: want %s, got %s", p->name, at->line, at->column, what, got);
}

bool
want(struct parser *p, const char *what)
{
	char got[80];
	token_print(&p->tok, got, sizeof got);
	return want_got(p, p->tok.kind == TOK_END ? ERR_SHORT : ERR_SYNTAX, &p->tok, what, got);
}

const char *
word_of(const struct word *words, unsigned n, uint32_t value)
{
	for (unsigned i = 0; i < n; i++)
		if (words[i].value == value)
			return words[i].text;
	return NULL;
}

bool
take_kind(struct parser *p, enum token_kind kind, const char *what)
{
	if (p->tok.kind != kind)
		return want(p, what);
	lex_next(p);
	return true;
}

bool
take_word(struct parser *p, const struct word *words, unsigned n, const char *what, uint32_t *value)
{
	for (unsigned i = 0; i < n; i++) {
		if (!token_is(&p->tok, words[i].text))
			continue;
		*value = words[i].value;
		lex_next(p);
		return true;
	}
	char list[200];
	struct text t = text_of(list, sizeof list);
	text_add(&t, "%s (", what);
	for (unsigned i = 0; i < n; i++)
		text_add(&t, "%s%s", i > 0 ? ", " : "", words[i].text);
	text_add(&t, ")");
	return want(p, list);
}

/* False if the word is no number or does not fit 64 bits. */
static bool
number_of(struct bytes text, uint64_t *v)
{
	struct rd r = rd_of(text);
	unsigned base = 10;
	if (rd_peek(&r, 0) == '0' && (rd_peek(&r, 1) | 0x20) == 'x') {
		rd_skip(&r, 2);
		base = 16;
	}
	if (rd_left(&r) == 0)
		return false;
	for (*v = 0; rd_left(&r) > 0;) {
		unsigned digit = digit_of((uint8_t)rd_uint(&r, 1));
		if (digit >= base || *v > (UINT64_MAX - digit) / base)
			return false;
		*v = *v * base + digit;
	}
	return true;
}

bool
take_number(struct parser *p, const char *what, uint64_t low, uint64_t high, uint64_t *v)
{
	char range[160];
	if (p->tok.kind == TOK_WORD && number_of(p->tok.text, v) && *v >= low && *v <= high) {
		lex_next(p);
		return true;
	}
	snprintf(range, sizeof range, "%s (%" PRIu64 " to %" PRIu64 ")", what, low, high);
	return want(p, range);
}

uint8_t
take_family(struct parser *p)
{
	static const struct word options[] = { { "-4", 4 }, { "-6", 6 }, { "-4n", 4 }, { "-6n", 6 }, { "-n", 0 } };
	uint32_t family = 0;
	for (unsigned i = 0; i < sizeof options / sizeof options[0];) {
		if (!token_is(&p->tok, options[i].text)) {
			i++;
			continue;
		}
		family = options[i].value != 0 ? options[i].value : family;
		lex_next(p);
		i = 0;
	}
	return (uint8_t)family;
}

bool
take_address(struct parser *p, uint8_t family, struct addr *a)
{
	char text[48];
	const char *what = family == 4 ? "an IPv4 address" : family == 6 ? "an IPv6 address" : "a numeric address";
	if (p->tok.kind != TOK_WORD || p->tok.text.n >= sizeof text)
		return want(p, what);
	snprintf(text, sizeof text, "%.*s", (int)p->tok.text.n, (const char *)p->tok.text.p);
	if (!addr_parse(a, text, NULL) || (family != 0 && a->family != family))
		return want(p, what);
	lex_next(p);
	return true;
}

bool
take_port(struct parser *p, uint32_t *port, bool *given)
{
	uint64_t v = SELECTOR_ANY;
	*given = p->tok.kind == TOK_OPEN;
	if (!*given)
		return true;
	lex_next(p);
	if (token_is(&p->tok, "any"))
		lex_next(p);
	else if (!take_number(p, "a port or any", 0, UINT16_MAX, &v))
		return false;
	*port = (uint32_t)v;
	return take_kind(p, TOK_CLOSE, "]");
}
