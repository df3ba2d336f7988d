#include "reports/purposes.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS 6

struct list {
	const char *file;
	unsigned columns;
	const char *header[COLUMNS];
	bool requirement;
};
static const struct list lists[PURPOSE_LISTS] = {
	{ "purposes.tsv", 5, { "id", "level", "group", "rfc", "text" }, false },
	{ "requirements.tsv", 6, { "id", "level", "rfc", "section", "testable", "text" }, true },
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
		.id = cell[0],
		.level = cell[1],
		.group = cell[2],
		.section = l->requirement ? cell[3] : "",
		.testable = l->requirement ? cell[4] : "",
		.clause = l->requirement ? "" : cell[3],
		.text = cell[l->columns - 1],
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

/* The whole file in *text, for the caller to free() also after an error. */
static bool
read_text(const char *path, char **text, struct err *e)
{
	size_t cap = 0;
	FILE *f = fopen(path, "re");
	if (f == NULL)
		return fail_errno(e, "%s", path);
	ssize_t n = getdelim(text, &cap, '\0', f);
	bool ok = ferror(f) ? fail_errno(e, "%s", path) : n > 0 || fail(e, ERR_SYNTAX, "%s: empty", path);
	fclose(f);
	return ok;
}

static bool
read_list(struct purposes *p, unsigned which, const char *folder, struct err *e)
{
	char path[PATH_MAX];
	unsigned number = 0;
	snprintf(path, sizeof path, "%.4000s/%s", folder, lists[which].file);
	if (!read_text(path, &p->file[which], e))
		return false;
	for (char *at = p->file[which]; at != NULL && *at != '\0';) {
		char *line = strsep(&at, "\n");
		if (!take_line(p, &lists[which], path, ++number, line, e))
			return false;
	}
	return true;
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
	for (unsigned i = 0; ok && i < PURPOSE_LISTS; i++)
		ok = read_list(p, i, folder, e);
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
	for (unsigned i = 0; i < PURPOSE_LISTS; i++)
		free(p->file[i]);
	*p = (struct purposes){ 0 };
}

const struct purpose *
purposes_find(const struct purposes *p, const char *id)
{
	const struct purpose key = { .id = id }, *at = &key;
	const struct purpose **found = p->n > 0 ? bsearch(&at, p->by_id, p->n, sizeof *p->by_id, order) : NULL;
	return found != NULL ? *found : NULL;
}
