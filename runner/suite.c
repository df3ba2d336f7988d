#include "runner/suite.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/suite.tab.h"
#include "runner/suite.lex.h"
#include "runner/revision.h"
#include "runner/suite_source.h"
#include "runner/suite_tree.h"

const char *const level_names[CASE_LEVELS] = {
	[CASE_MUST] = "MUST",
	[CASE_SHOULD] = "SHOULD",
	[CASE_MAY] = "MAY",
	[CASE_INFO] = "INFO",
};

/* --- the parser's hands on the suite itself -------------------------------------------------- */

#define APPEND(list, item)                                                                                             \
	do {                                                                                                           \
		__typeof__(&(list)) at_ = &(list);                                                                     \
		while (*at_ != NULL)                                                                                   \
			at_ = &(*at_)->next;                                                                           \
		*at_ = (item);                                                                                         \
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
suite_add_setup(struct suite *s, const char *name, struct step *steps, uint64_t digest, struct place at)
{
	struct setup *u = arena_alloc(&s->arena, sizeof *u);
	u->name = name;
	u->steps = steps;
	u->digest = digest;
	u->at = at;
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
suite_profiles(struct suite *s, struct word_list *w)
{
	APPEND(s->profiles, w);
}

void
suite_case_profiles(struct suite *s, struct word_list *w)
{
	APPEND(last_case(s)->profiles, w);
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
suite_case_steps(struct suite *s, struct step *steps, uint64_t digest)
{
	struct case_spec *c = last_case(s);
	c->steps = steps;
	c->digest = digest;
}

const struct word_list *
case_profiles(const struct suite *s, const struct case_spec *c)
{
	return c->profiles != NULL ? c->profiles : s->profiles;
}

/* --- whole files ----------------------------------------------------------------------------- */

struct suite *
suite_parse(const char *file, const char *text, size_t n, struct err *e)
{
	struct suite *s = calloc(1, sizeof *s);
	if (s == NULL || n >= INT_MAX) {
		fail(e, ERR_IO, "%s: out of memory", file);
		free(s);
		return NULL;
	}
	s->file = arena_strdup(&s->arena, file);
	s->digest = revision_text(text, n);
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
	/* A file whose last line has no end still ends it. */
	bool open_end = n > 0 && text[n - 1] != '\n';
	char *whole = arena_alloc(&s->arena, n + 1);
	memcpy(whole, text, n);
	whole[n] = '\n';
	suite_yy_scan_bytes(whole, (int)n + open_end, scanner);
	int bad = suite_yyparse(&scan, scanner);
	suite_yylex_destroy(scanner);
	if (bad != 0 || scan.errors > 0) {
		if (scan.errors > 1)
			snprintf(scan.err->text + strlen(scan.err->text),
				 sizeof scan.err->text - strlen(scan.err->text), " (and %u more)", scan.errors - 1);
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
	char *text = NULL;
	size_t n = 0;
	struct suite *s = source_read(file, &text, &n, e) ? suite_parse(file, text, n, e) : NULL;
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
