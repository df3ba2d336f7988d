#include "config/setkey_parse.h"

#include <stdlib.h>

bool
key_store_open(struct key_store *k, size_t n, const char *name, struct err *e)
{
	*k = (struct key_store){ .octets = malloc(n + 1), .cap = n + 1 };
	return k->octets != NULL || fail_errno(e, "%s", name);
}

void
key_store_close(struct key_store *k)
{
	if (k->octets != NULL)
		explicit_bzero(k->octets, k->cap);
	free(k->octets);
}

struct parser
parser_of(struct bytes text, const char *name, unsigned line, unsigned column, struct err *e)
{
	return (struct parser){ .in = rd_of(text), .name = name, .line = line, .column = column, .e = e };
}

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

static bool
ends_word(const struct parser *p, uint8_t c)
{
	if (p->braces && (c == '{' || c == '}' || c == '(' || c == ')'))
		return true;
	return is_blank(c) || c == ';' || c == '/' || c == ',' || c == '[' || c == ']' || c == '"' || c == '#';
}

static void
lex_advance(struct parser *p)
{
	bool newline = rd_peek(&p->in, 0) == '\n';
	rd_skip(&p->in, 1);
	p->line += newline;
	p->column = newline ? 1 : p->column + 1;
}

/* Blanks and comments; true if there were any. */
static bool
lex_skip(struct parser *p)
{
	bool comment = false;
	size_t before = p->in.at;
	for (; rd_left(&p->in) > 0; lex_advance(p)) {
		uint8_t c = rd_peek(&p->in, 0);
		comment = (comment || c == '#') && c != '\n';
		if (!comment && !is_blank(c))
			break;
	}
	return p->in.at > before;
}

/* A string ends on its line: a forgotten quote is told where it opened, not at the end of the file. */
static void
lex_string(struct parser *p)
{
	lex_advance(p);
	size_t from = p->in.at;
	while (rd_left(&p->in) > 0 && rd_peek(&p->in, 0) != '"' && rd_peek(&p->in, 0) != '\n')
		lex_advance(p);
	p->tok.text = bytes_slice(p->in.in, from, p->in.at - from);
	p->tok.kind = rd_peek(&p->in, 0) == '"' ? TOK_STRING : TOK_BAD;
	if (p->tok.kind == TOK_STRING)
		lex_advance(p);
}

static void
lex_word(struct parser *p)
{
	size_t from = p->in.at;
	while (rd_left(&p->in) > 0 && !ends_word(p, rd_peek(&p->in, 0)))
		lex_advance(p);
	p->tok.text = bytes_slice(p->in.in, from, p->in.at - from);
	p->tok.kind = TOK_WORD;
}

void
lex_next(struct parser *p)
{
	static const struct {
		char c;
		enum token_kind kind;
	} marks[] = {
		{ ';', TOK_SEMI }, { '/', TOK_SLASH }, { ',', TOK_COMMA },  { '[', TOK_OPEN },   { ']', TOK_CLOSE },
		{ '(', TOK_OPEN }, { ')', TOK_CLOSE }, { '{', TOK_LBRACE }, { '}', TOK_RBRACE },
	};
	enum { PLAIN = 5 };
	size_t known = p->braces ? sizeof marks / sizeof marks[0] : PLAIN;
	bool apart = lex_skip(p);
	p->tok = (struct token){ .line = p->line, .column = p->column, .glued = !apart };
	if (rd_left(&p->in) == 0)
		return;
	uint8_t c = rd_peek(&p->in, 0);
	for (size_t i = 0; i < known; i++) {
		if (c != (uint8_t)marks[i].c)
			continue;
		p->tok.kind = marks[i].kind;
		p->tok.text = bytes_slice(p->in.in, p->in.at, 1);
		lex_advance(p);
		return;
	}
	if (c == '"')
		lex_string(p);
	else
		lex_word(p);
}

/* Words hold no newline, so going back is on one line. */
static void
lex_back(struct parser *p, size_t octets)
{
	p->in.at -= octets;
	p->column -= (unsigned)octets;
}

bool
lex_split(struct parser *p, char c)
{
	struct rd r = rd_of(p->tok.text);
	if (p->tok.kind != TOK_WORD)
		return false;
	while (rd_left(&r) > 0 && rd_peek(&r, 0) != (uint8_t)c)
		rd_skip(&r, 1);
	if (rd_left(&r) == 0)
		return false;
	lex_back(p, rd_left(&r));
	p->tok.text = bytes_slice(p->tok.text, 0, r.at);
	return true;
}

bool
lex_drop(struct parser *p, char c)
{
	struct rd r = rd_of(p->tok.text);
	if (p->tok.kind != TOK_WORD || rd_peek(&r, 0) != (uint8_t)c)
		return false;
	lex_back(p, p->tok.text.n - 1);
	lex_next(p);
	return true;
}

bool
token_is(const struct token *t, const char *word)
{
	return t->kind == TOK_WORD && bytes_equal(t->text, (struct bytes){ (const uint8_t *)word, strlen(word) });
}
