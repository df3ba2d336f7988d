#include "runner/purposes.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/suggest.h"

#define COLUMNS 5

struct list {
	const char *file;
	unsigned columns;
	const char *header[COLUMNS];
	bool requirement;
};
static const struct list lists[] = {
	{ "purposes.tsv", 3, { "id", "level", "group" }, false },
	{ "requirements.tsv", 5, { "id", "level", "rfc", "section", "testable" }, true },
};

/* Cuts a line at its tabs, in place; how many cells there were. */
static unsigned
split(char *line, char **cell)
{
	unsigned n = 0;
	line[strcspn(line, "\r\n")] = '\0';
	for (char *at = line; at != NULL;) {
		char *text = strsep(&at, "\t");
		if (n < COLUMNS)
			cell[n] = text;
		n++;
	}
	return n;
}

static bool
push(struct purposes *p, const struct list *l, char *const *cell, struct err *e)
{
	if (p->n == p->cap) {
		size_t cap = p->cap > 0 ? p->cap * 2 : 1024;
		struct purpose *more = realloc(p->v, cap * sizeof *more);
		if (more == NULL)
			return fail_errno(e, "memory for a list of purposes");
		p->v = more;
		p->cap = cap;
	}
	p->v[p->n++] = (struct purpose){
		.id = arena_strdup(&p->arena, cell[0]),
		.level = arena_strdup(&p->arena, cell[1]),
		.group = arena_strdup(&p->arena, cell[2]),
		.section = l->columns > 3 ? arena_strdup(&p->arena, cell[3]) : "",
		.testable = l->columns > 4 ? arena_strdup(&p->arena, cell[4]) : "",
		.requirement = l->requirement,
	};
	return true;
}

static bool
take_line(struct purposes *p, const struct list *l, const char *path, unsigned number, char *line, struct err *e)
{
	char *cell[COLUMNS];
	unsigned n = split(line, cell);
	if (n != l->columns)
		return fail(e, ERR_SYNTAX, "%s:%u: want %u columns, got %u", path, number, l->columns, n);
	for (unsigned i = 0; i < n; i++) {
		if (cell[i][0] == '\0')
			return fail(e, ERR_SYNTAX, "%s:%u: %s: empty", path, number, l->header[i]);
		if (number == 1 && strcmp(cell[i], l->header[i]) != 0)
			return fail(e, ERR_SYNTAX, "%s:1: want column %s, got %s", path, l->header[i], cell[i]);
	}
	return number == 1 || push(p, l, cell, e);
}

static bool
read_list(struct purposes *p, const struct list *l, const char *folder, struct err *e)
{
	char path[PATH_MAX], *line = NULL;
	size_t cap = 0;
	unsigned number = 0;
	snprintf(path, sizeof path, "%.4000s/%s", folder, l->file);
	FILE *f = fopen(path, "re");
	if (f == NULL)
		return fail_errno(e, "%s", path);
	bool ok = true;
	while (ok && getline(&line, &cap, f) > 0)
		ok = take_line(p, l, path, ++number, line, e);
	if (ok && ferror(f))
		ok = fail_errno(e, "%s", path);
	else if (ok && number == 0)
		ok = fail(e, ERR_SYNTAX, "%s: empty", path);
	free(line);
	fclose(f);
	return ok;
}

static int
order(const void *a, const void *b)
{
	const struct purpose *const *x = a, *const *y = b;
	return strcmp((*x)->id, (*y)->id);
}

static bool
index_ids(struct purposes *p, const char *folder, struct err *e)
{
	p->by_id = calloc(p->n + 1, sizeof *p->by_id);
	if (p->by_id == NULL)
		return fail_errno(e, "memory for a list of purposes");
	for (size_t i = 0; i < p->n; i++)
		p->by_id[i] = &p->v[i];
	qsort(p->by_id, p->n, sizeof *p->by_id, order);
	for (size_t i = 1; i < p->n; i++)
		if (strcmp(p->by_id[i - 1]->id, p->by_id[i]->id) == 0)
			return fail(e, ERR_RANGE, "%s: %s is listed twice", folder, p->by_id[i]->id);
	return true;
}

bool
purposes_load(struct purposes *p, const char *folder, struct err *e)
{
	*p = (struct purposes){ 0 };
	bool ok = true;
	for (size_t i = 0; ok && i < sizeof lists / sizeof lists[0]; i++)
		ok = read_list(p, &lists[i], folder, e);
	ok = ok && index_ids(p, folder, e);
	if (!ok)
		purposes_free(p);
	return ok;
}

void
purposes_free(struct purposes *p)
{
	free(p->v);
	free(p->by_id);
	arena_free(&p->arena);
	*p = (struct purposes){ 0 };
}

const struct purpose *
purposes_find(const struct purposes *p, const char *id)
{
	const struct purpose key = { .id = id }, *at = &key;
	const struct purpose **found = p->n > 0 ? bsearch(&at, p->by_id, p->n, sizeof *p->by_id, order) : NULL;
	return found != NULL ? *found : NULL;
}

bool
purposes_unknown(const struct purposes *p, const char *id, struct err *e)
{
	struct suggest near = { .given = id };
	char hint[200];
	for (size_t i = 0; i < p->n; i++)
		suggest_offer(&near, p->v[i].id);
	suggest_print(&near, hint, sizeof hint);
	return fail(e, ERR_UNKNOWN, "%s is neither a purpose nor a requirement%s", id, hint);
}

static bool
check_case(const struct purposes *p, const struct suite *s, const struct case_spec *c, struct err *e)
{
	for (const struct word_list *w = c->decides; w != NULL; w = w->next)
		if (purposes_find(p, w->word) == NULL) {
			(void)purposes_unknown(p, w->word, e);
			return err_prefix(e, "%s:%u:%u: case %s", s->file, w->at.line, w->at.column, c->name);
		}
	return true;
}

bool
purposes_check(const struct purposes *p, const struct suite *suites, struct err *e)
{
	for (const struct suite *s = suites; s != NULL; s = s->next)
		for (const struct case_spec *c = s->cases; c != NULL; c = c->next)
			if (!check_case(p, s, c, e))
				return false;
	return true;
}
