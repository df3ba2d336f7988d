/* What the scanner of the suite language does with what it recognised: places, texts, strings, raw blocks, complaints. */
#include "runner/suite_parse.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/revision.h"
#include "runner/suite.tab.h"

void
scan_locate(struct scan *s, SUITE_YYLTYPE *at, const char *text, size_t n)
{
	at->first_line = (int)s->line;
	at->first_column = (int)s->column;
	for (size_t i = 0; i < n; i++) {
		if (text[i] == '\n') {
			s->line++;
			s->column = 1;
		} else {
			s->column++;
		}
	}
	s->offset += n;
	at->last_line = (int)s->line;
	at->last_column = (int)s->column;
}

int
scan_keyword(struct scan *s, SUITE_YYSTYPE *v, const char *text, int token)
{
	v->text = arena_strdup(&s->suite->arena, text);
	return token;
}

const char *
scan_text(struct scan *s, const char *text, size_t n)
{
	return arena_strndup(&s->suite->arena, text, n);
}

/* Takes the quotes off and resolves \n \t \\ \" \xHH. */
void
scan_string(struct scan *s, SUITE_YYSTYPE *v, const char *text, size_t n)
{
	char *out = arena_alloc(&s->suite->arena, n + 1);
	size_t w = 0;
	for (size_t i = 1; i + 1 < n; i++) {
		char c = text[i];
		if (c == '\\') {
			c = text[++i];
			const char hex[] = { text[i + 1], i + 2 < n ? text[i + 2] : '\0', '\0' };
			if (c == 'n')
				c = '\n';
			else if (c == 't')
				c = '\t';
			else if (c == 'x' && isxdigit((unsigned char)hex[0]) && isxdigit((unsigned char)hex[1])) {
				c = (char)strtoul(hex, NULL, 16);
				i += 2;
			}
		}
		out[w++] = c;
	}
	v->string.p = out;
	v->string.n = w;
}

void
scan_raw_begin(struct scan *s, const SUITE_YYLTYPE *at, const char *language)
{
	s->raw_name = language;
	s->raw_n = 0;
	s->raw_depth = 0;
	s->raw_line = s->line;
	s->raw_column = (unsigned)at->first_column;
}

void
scan_raw_more(struct scan *s, const char *text, size_t n)
{
	if (s->raw_n + n > s->raw_cap) {
		size_t cap = (s->raw_n + n) * 2;
		char *more = arena_alloc(&s->suite->arena, cap);
		if (s->raw_n > 0)
			memcpy(more, s->raw, s->raw_n);
		s->raw = more;
		s->raw_cap = cap;
	}
	memcpy(s->raw + s->raw_n, text, n);
	s->raw_n += n;
}

const char *
scan_raw_end(struct scan *s, SUITE_YYLTYPE *at)
{
	at->first_line = (int)s->raw_line;
	at->first_column = (int)s->raw_column;
	return arena_strndup(&s->suite->arena, s->raw != NULL ? s->raw : "", s->raw_n);
}

static const char *
text_at(struct scan *s, int line, int column)
{
	const char *end = s->text + s->text_n;
	if (s->mark == NULL || (unsigned)line < s->mark_line) {
		s->mark = s->text;
		s->mark_line = 1;
	}
	for (; s->mark_line < (unsigned)line && s->mark < end; s->mark++)
		s->mark_line += *s->mark == '\n';
	return end - s->mark < column - 1 ? end : s->mark + column - 1;
}

uint64_t
scan_digest(struct scan *s, const SUITE_YYLTYPE *at)
{
	const char *first = text_at(s, at->first_line, at->first_column);
	const char *last = text_at(s, at->last_line, at->last_column);
	return revision_text(first, (size_t)(last - first));
}

static void
note_error(struct scan *s, struct place at, const char *fmt, va_list ap)
{
	char text[300];
	if (s->errors++ > 0)
		return;
	vsnprintf(text, sizeof text, fmt, ap);
	fail(s->err, ERR_SYNTAX, "%s:%u:%u: %s", s->suite->file, at.line, at.column, text);
}

void
scan_complain(struct scan *s, struct place at, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	note_error(s, at, fmt, ap);
	va_end(ap);
}

void
scan_error(struct scan *s, const SUITE_YYLTYPE *at, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	note_error(s, (struct place){ (unsigned)at->first_line, (unsigned)at->first_column }, fmt, ap);
	va_end(ap);
}

void
scan_bad(struct scan *s, const SUITE_YYLTYPE *at, char c)
{
	if (isprint((unsigned char)c))
		scan_error(s, at, "want a step or a value, got the character '%c'", c);
	else
		scan_error(s, at, "want a step or a value, got the octet 0x%02x", (unsigned)(unsigned char)c);
}
