#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/help/list.h"

#define ID_COLUMN 44

const char *const list_group_names[LIST_GROUPS] = { "suite", "clause", "level", "needs", "profile" };

/* A case under one heading; a case with two clauses stands under both. */
struct entry {
	const char *heading;
	unsigned at; /* first item in the plan */
};

struct listing {
	struct choice *c;
	struct entry *v;
	size_t n, cap;
};

static void
add(struct listing *l, const char *heading, unsigned at)
{
	if (l->n == l->cap) {
		size_t cap = l->cap > 0 ? l->cap * 2 : 1024;
		struct entry *more = realloc(l->v, cap * sizeof *more);
		if (more == NULL)
			return;
		l->v = more;
		l->cap = cap;
	}
	l->v[l->n++] = (struct entry){ heading, at };
}

static void
add_words(struct listing *l, const struct word_list *w, const char *without, unsigned at)
{
	if (w == NULL)
		add(l, without, at);
	for (; w != NULL; w = w->next)
		add(l, w->word, at);
}

static void
add_clauses(struct listing *l, const struct clause *k, unsigned at)
{
	if (k == NULL)
		add(l, "no clause", at);
	for (; k != NULL; k = k->next)
		add(l, clause_print(&l->c->plan.arena, k), at);
}

static const char *
suite_heading(struct arena *a, const struct suite *s)
{
	if (s->clauses == NULL)
		return arena_printf(a, "%s  %s  %s", s->name, s->title, s->file);
	return arena_printf(a, "%s  %s [%s]  %s", s->name, s->title, clause_print(a, s->clauses), s->file);
}

static void
add_case(struct listing *l, enum list_group by, unsigned at)
{
	const struct plan_item *it = &l->c->plan.items[at];
	switch (by) {
	case GROUP_CLAUSE:
		add_clauses(l, it->spec->clauses != NULL ? it->spec->clauses : it->suite->clauses, at);
		break;
	case GROUP_LEVEL: add(l, level_names[it->spec->level], at); break;
	case GROUP_NEEDS: add_words(l, it->spec->needs, "needs nothing", at); break;
	case GROUP_PROFILE: add_words(l, case_profiles(it->suite, it->spec), "every profile", at); break;
	default: add(l, suite_heading(&l->c->plan.arena, it->suite), at); break;
	}
}

/* As people count: 3.4.10 behind 3.4.9; under one heading in the order of the suites. */
static int
by_heading(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = strverscmp(x->heading, y->heading);
	return order != 0 ? order : x->at < y->at ? -1 : x->at > y->at;
}

/* Levels have an order of their own. */
static int
by_level(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	unsigned at[2] = { 0, 0 };
	while (at[0] < CASE_LEVELS && strcmp(level_names[at[0]], x->heading) != 0)
		at[0]++;
	while (at[1] < CASE_LEVELS && strcmp(level_names[at[1]], y->heading) != 0)
		at[1]++;
	return at[0] != at[1] ? (at[0] < at[1] ? -1 : 1) : x->at < y->at ? -1 : x->at > y->at;
}

static size_t
under_heading(const struct listing *l, size_t from, int *width)
{
	size_t n = from;
	*width = 0;
	for (; n < l->n && strcmp(l->v[n].heading, l->v[from].heading) == 0; n++) {
		size_t id = strlen(l->c->plan.items[l->v[n].at].id);
		if ((int)id > *width)
			*width = id < ID_COLUMN ? (int)id : ID_COLUMN;
	}
	return n - from;
}

static void
print_group(const struct listing *l, size_t from, size_t n, int width, bool counted)
{
	struct plan *p = &l->c->plan;
	printf(counted ? "%s%s  %zu case%s\n" : "%s%s\n", from > 0 ? "\n" : "", l->v[from].heading, n,
	       n == 1 ? "" : "s");
	for (size_t i = from; i < from + n; i++) {
		const struct plan_item *it = &p->items[l->v[i].at];
		printf("  %-*s  %-6s  %-14s  %5u  %s\n", width, it->id, level_names[it->spec->level],
		       case_clause(&p->arena, it->suite, it->spec), list_combinations(p, l->v[i].at), it->spec->title);
	}
}

void
list_text(struct choice *c, enum list_group by)
{
	struct listing l = { .c = c };
	const struct suite *last = NULL;
	unsigned cases = 0, suites = 0;
	int width;
	for (unsigned i = 0; i < c->plan.n; i += list_combinations(&c->plan, i), cases++) {
		add_case(&l, by, i);
		suites += c->plan.items[i].suite != last;
		last = c->plan.items[i].suite;
	}
	if (by != GROUP_SUITE && l.n > 0)
		qsort(l.v, l.n, sizeof *l.v, by == GROUP_LEVEL ? by_level : by_heading);
	for (size_t i = 0, n; i < l.n; i += n) {
		n = under_heading(&l, i, &width);
		print_group(&l, i, n, width, by != GROUP_SUITE);
	}
	printf("\n%u cases, %u combinations, %u suites\n", cases, c->plan.n, suites);
	free(l.v);
}

void
list_ids(const struct choice *c)
{
	const struct suite *last = NULL;
	for (unsigned i = 0; i < c->plan.n; i += list_combinations(&c->plan, i)) {
		const struct plan_item *it = &c->plan.items[i];
		if (it->suite != last)
			puts(it->suite->name);
		last = it->suite;
		puts(it->id);
	}
}
