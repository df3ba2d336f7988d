/*
 * Where keys stand in configuration text. This is no parser of its languages: text that none of them takes must lose its keys too, so it
 * looks at words and at what stands in front of them.
 */
#include "reports/redact.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/text.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define NUMBER_DIGITS 16 /* of the longest number that is no key */

/* Words that announce a key, and how many words (the algorithm's name) stand between. */
static const struct announcer {
	const char *word;
	unsigned between;
} announcers[] = {
	{ "-E", 1 },         /* setkey(8) */
	{ "-A", 1 },         /* setkey(8) */
	{ "-C", 1 },         /* setkey(8): none follows, as a rule */
	{ "authkey", 0 },    /* ipseckey(8) */
	{ "encrkey", 0 },    /* ipseckey(8) */
	{ "encryptkey", 0 }, /* ipseckey(8) */
	{ "enc", 1 },        /* ip-xfrm(8), this and the following */
	{ "auth", 1 },       { "auth-trunc", 1 }, { "aead", 1 }, { "comp", 1 },
};

struct token {
	size_t at, n; /* of all of it */
	char quote;   /* '"' or '\''; 0: a plain word */
	bool ends;    /* ';' or an option that follows: no key can */
	bool prose;   /* not configuration but a comment, or all of the text */
};

struct scan {
	const char *text;
	bool prose;
	size_t at;
	bool comment;
	unsigned to_go
		[2]; /* words to a key, 0: none is announced; in comments apart, as they may stand between a name and its key */
	redact_key_function *found;
	void *ctx;
};

static bool
is_quote(char c)
{
	return c == '"' || c == '\'';
}

static bool
is_between(char c)
{
	return isspace((unsigned char)c) || c == '\\' || c == ',' || c == '{' || c == '}';
}

/* Words of comments are words: they may hold keys as well. */
static const char *
skip_between(struct scan *s)
{
	const char *p = s->text + s->at;
	for (; *p == '#' || is_between(*p); p++)
		s->comment = *p == '#' || (s->comment && *p != '\n');
	return p;
}

static bool
token_next(struct scan *s, struct token *t)
{
	const char *p = skip_between(s), *end = p + 1;
	*t = (struct token){ .at = (size_t)(p - s->text), .prose = s->prose || s->comment };
	if (*p == '\0')
		return false;
	if (is_quote(*p)) {
		t->quote = *p;
		while (*end != '\0' && *end != '\n' && *end != *p)
			end++;
		end += *end == *p;
	} else if (*p != ';') {
		while (*end != '\0' && !is_between(*end) && *end != ';' && *end != '#' && !is_quote(*end))
			end++;
	}
	t->n = (size_t)(end - p);
	t->ends = *p == ';' || (*p == '-' && isalpha((unsigned char)p[1]));
	s->at = t->at + t->n;
	return true;
}

static size_t
hex_digits(const char *p, size_t n)
{
	size_t i = 0;
	while (i < n && digit_of((uint8_t)p[i]) < 16)
		i++;
	return i;
}

static bool
has_0x(const char *p, size_t n)
{
	return n >= 2 && p[0] == '0' && (p[1] == 'x' || p[1] == 'X');
}

/* A key of ipseckey(8) may say its length in bits behind a slash. */
static void
tell(const struct scan *s, const struct token *t)
{
	const char *p = s->text + t->at;
	size_t from = t->quote != 0, n = t->n - from - (t->n > 1 && t->quote != 0 && p[t->n - 1] == t->quote);
	size_t prefix = has_0x(p + from, n) ? 2 : 0;
	size_t digits = hex_digits(p + from + prefix, n - prefix), rest = n - prefix - digits;
	bool hex = prefix + digits > 0 && (rest == 0 || p[from + prefix + digits] == '/');
	if (prefix == 0 && t->quote == '"') /* setkey: the characters are the key */
		hex = false;
	if (hex)
		s->found(s->ctx, t->at + from + prefix, digits, false, (digits + 1) / 2, digits * 4);
	else
		s->found(s->ctx, t->at + from, n, true, n, n * 8);
}

/* How many words to go to a key: 0, this is not one of those words. */
static unsigned
announced(const char *word, const struct token *t)
{
	for (size_t i = 0; i < COUNT(announcers); i++)
		if (t->quote == 0 && strlen(announcers[i].word) == t->n && strncmp(word, announcers[i].word, t->n) == 0)
			return announcers[i].between + 1;
	return 0;
}

/* The name of an algorithm is never written so. */
static bool
cannot_be_name(const char *p, const struct token *t)
{
	return has_0x(p, t->n) || (t->quote == '"' && memchr(p, '(', t->n) == NULL);
}

/* Longer than a number can be, be it on its own or in a word ("key=0x..", "0x../128"). Of prose that may be an ICV or a payload. */
static void
tell_long_hex(const struct scan *s, const struct token *t)
{
	for (size_t i = 0; i < t->n && !s->prose;) {
		size_t n = hex_digits(s->text + t->at + i, t->n - i);
		if (n + t->prose > NUMBER_DIGITS)
			s->found(s->ctx, t->at + i, n, false, (n + 1) / 2, n * 4);
		i += n > 0 ? n : 1;
	}
}

/* In prose only what looks like a key is taken for one: "auth" is a word there. */
static bool
is_key(const struct scan *s, const struct token *t, unsigned to_go)
{
	bool sure = cannot_be_name(s->text + t->at, t);
	return to_go > 0 && !t->ends && (sure || (to_go == 1 && !t->prose));
}

static void
scan_token(struct scan *s, const struct token *t)
{
	unsigned again = announced(s->text + t->at, t), *to_go = &s->to_go[s->comment];
	if (!s->comment)
		s->to_go[1] = 0;
	if (again == 0 && is_key(s, t, *to_go)) {
		tell(s, t);
		*to_go = 0;
		return;
	}
	tell_long_hex(s, t);
	if (again > 0)
		*to_go = again;
	else
		*to_go = *to_go > 1 && !t->ends ? *to_go - 1 : 0;
}

void
redact_scan(const char *text, bool prose, redact_key_function *found, void *ctx)
{
	struct scan s = { .text = text, .prose = prose, .found = found, .ctx = ctx };
	for (struct token t; token_next(&s, &t);)
		scan_token(&s, &t);
}

/* --- without them -------------------------------------------------------------------------------- */

struct rewriting {
	const char *text;
	size_t done;
	FILE *out;
};

static void
rewrite(void *ctx, size_t at, size_t n, bool is_string, size_t octets, size_t bits)
{
	struct rewriting *w = ctx;
	fwrite(w->text + w->done, 1, at - w->done, w->out);
	if (is_string)
		fprintf(w->out, "<%zu-octet key>", octets);
	else
		fprintf(w->out, "<%zu-bit key>", bits);
	w->done = at + n;
}

char *
redact_marked(const char *text, bool prose)
{
	char *made = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&made, &n);
	if (out == NULL)
		return NULL;
	struct rewriting w = { .text = text, .out = out };
	redact_scan(text, prose, rewrite, &w);
	fputs(text + w.done, out);
	bool ok = ferror(out) == 0;
	if (fclose(out) == 0 && ok)
		return made;
	free(made);
	return NULL;
}

char *
redact_setkey(const char *text)
{
	return redact_marked(text, false);
}
