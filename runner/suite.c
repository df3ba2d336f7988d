#include "runner/suite.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/suite.tab.h"
#include "runner/suite.lex.h"
#include "runner/suite_tree.h"

const char *const level_names[CASE_LEVELS] = {
	[CASE_MUST] = "MUST", [CASE_SHOULD] = "SHOULD", [CASE_MAY] = "MAY", [CASE_INFO] = "INFO",
};

/* --- scanner's helpers ---------------------------------------------------------------------- */

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
bool
scan_string(struct scan *s, SUITE_YYSTYPE *v, const char *text, size_t n)
{
	char *out = arena_alloc(&s->suite->arena, n + 1);
	size_t w = 0;
	for (size_t i = 1; i + 1 < n; i++) {
		char c = text[i];
		if (c == '\\') {
			c = text[++i];
			unsigned hex;
			if (c == 'n')
				c = '\n';
			else if (c == 't')
				c = '\t';
			else if (c == 'x' && i + 3 < n && sscanf(text + i + 1, "%2x", &hex) == 1) {
				c = (char)hex;
				i += 2;
			}
		}
		out[w++] = c;
	}
	v->string.p = out;
	v->string.n = w;
	return true;
}

void
scan_raw_begin(struct scan *s)
{
	s->raw_n = 0;
	s->raw_line = s->line;
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
scan_raw_end(struct scan *s)
{
	return arena_strndup(&s->suite->arena, s->raw != NULL ? s->raw : "", s->raw_n);
}

void
scan_error(struct scan *s, const SUITE_YYLTYPE *at, const char *fmt, ...)
{
	if (s->errors++ > 0)
		return;
	char text[300];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	fail(s->err, ERR_SYNTAX, "%s:%d:%d: %s", s->suite->file, at->first_line, at->first_column, text);
}

/* --- the parser's hands on the suite itself -------------------------------------------------- */

#define APPEND(list, item)                                                                                   \
	do {                                                                                                 \
		__typeof__(&(list)) at_ = &(list);                                                           \
		while (*at_ != NULL)                                                                         \
			at_ = &(*at_)->next;                                                                 \
		*at_ = (item);                                                                               \
	} while (0)

void
suite_begin(struct suite *s, const char *name, const char *title, struct clause *c)
{
	s->name = name;
	s->title = title;
	s->clauses = c;
}

void
suite_add_axis(struct suite *s, struct axis *x)
{
	APPEND(s->axes, x);
}

void
suite_add_setup(struct suite *s, const char *name, struct step *steps)
{
	struct setup *u = arena_alloc(&s->arena, sizeof *u);
	u->name = name;
	u->steps = steps;
	APPEND(s->setups, u);
}

static struct case_spec *
last_case(struct suite *s)
{
	struct case_spec *c = s->cases;
	while (c != NULL && c->next != NULL)
		c = c->next;
	return c;
}

bool
suite_begin_case(struct suite *s, const char *name, const char *level, const char *title, struct place at)
{
	struct case_spec *c = arena_alloc(&s->arena, sizeof *c);
	c->name = name;
	c->title = title;
	c->at = at;
	APPEND(s->cases, c);
	for (unsigned i = 0; i < CASE_LEVELS; i++) {
		if (strcmp(level, level_names[i]) == 0) {
			c->level = (uint8_t)i;
			return true;
		}
	}
	return false;
}

void
suite_case_clause(struct suite *s, struct clause *c)
{
	APPEND(last_case(s)->clauses, c);
}

void
suite_case_decides(struct suite *s, struct word_list *w)
{
	APPEND(last_case(s)->decides, w);
}

void
suite_case_needs(struct suite *s, struct word_list *w)
{
	APPEND(last_case(s)->needs, w);
}

void
suite_case_when(struct suite *s, struct condition *c)
{
	struct case_spec *k = last_case(s);
	if (k->when != NULL)
		for (struct condition *x = c;; x = x->and_next)
			if (x->and_next == NULL) {
				x->and_next = k->when;
				break;
			}
	k->when = c;
}

void
suite_case_setup(struct suite *s, const char *name)
{
	last_case(s)->setup = name;
}

void
suite_case_uncalibrated(struct suite *s)
{
	last_case(s)->raw_transform = true;
}

void
suite_case_axis(struct suite *s, struct axis *x)
{
	APPEND(last_case(s)->axes, x);
}

void
suite_case_steps(struct suite *s, struct step *steps)
{
	last_case(s)->steps = steps;
}

/* --- whole files ----------------------------------------------------------------------------- */

struct suite *
suite_parse(const char *file, const char *text, size_t n, struct err *e)
{
	struct suite *s = calloc(1, sizeof *s);
	if (s == NULL) {
		fail(e, ERR_IO, "%s: out of memory", file);
		return NULL;
	}
	s->file = arena_strdup(&s->arena, file);
	struct scan scan = { .suite = s, .text = text, .text_n = n, .line = 1, .column = 1, .err = e };
	struct err local;
	if (e == NULL)
		scan.err = &local;
	yyscan_t scanner;
	if (suite_yylex_init_extra(&scan, &scanner) != 0) {
		suite_free(s);
		fail(e, ERR_IO, "%s: out of memory", file);
		return NULL;
	}
	/* A file whose last line has no end still ends it; an empty one has nothing to say. */
	char *buffer = arena_strndup(&s->arena, text, n + 1 > n ? n : 0);
	char *whole = arena_printf(&s->arena, "%s\n", buffer);
	suite_yy_scan_string(whole, scanner);
	int bad = suite_yyparse(&scan, scanner);
	suite_yylex_destroy(scanner);
	if (bad != 0 || scan.errors > 0) {
		if (scan.errors > 1)
			snprintf(scan.err->text + strlen(scan.err->text), sizeof scan.err->text - strlen(scan.err->text),
				 " (and %u more)", scan.errors - 1);
		suite_free(s);
		return NULL;
	}
	if (!suite_check(s, e)) {
		suite_free(s);
		return NULL;
	}
	return s;
}

struct suite *
suite_load(const char *file, struct err *e)
{
	FILE *f = fopen(file, "rb");
	if (f == NULL) {
		fail_errno(e, "%s", file);
		return NULL;
	}
	char *text = NULL;
	size_t n = 0, cap = 0, got;
	do {
		if (n + 65536 > cap) {
			cap = (n + 65536) * 2;
			char *more = realloc(text, cap);
			if (more == NULL)
				break;
			text = more;
		}
		got = fread(text + n, 1, 65536, f);
		n += got;
	} while (got > 0);
	bool ok = !ferror(f);
	if (!ok)
		fail_errno(e, "%s", file);
	fclose(f);
	struct suite *s = ok ? suite_parse(file, text, n, e) : NULL;
	free(text);
	return s;
}

void
suite_free(struct suite *s)
{
	if (s == NULL)
		return;
	struct arena a = s->arena;
	free(s);
	arena_free(&a);
}
