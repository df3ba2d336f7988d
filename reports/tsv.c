#include "reports/tsv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reading {
	struct tsv *t;
	const char *path;
	const char *const *header;
	unsigned columns, number; /* of the line */
	struct err *e;
};

/* Cuts a line at its tabs, in place; how many cells there were. */
static unsigned
split(char *line, struct tsv_row *row)
{
	unsigned n = 0;
	line[strcspn(line, "\r\n")] = '\0';
	for (char *at = line; at != NULL;) {
		char *text = strsep(&at, "\t");
		if (n < TSV_COLUMNS)
			row->cell[n] = text;
		n++;
	}
	return n;
}

static bool
push(struct tsv *t, const struct tsv_row *row, struct err *e)
{
	if (t->n == t->cap) {
		size_t cap = t->cap > 0 ? t->cap * 2 : 512;
		struct tsv_row *more = realloc(t->v, cap * sizeof *more);
		if (more == NULL)
			return fail_errno(e, "memory for a list");
		t->v = more;
		t->cap = cap;
	}
	t->v[t->n++] = *row;
	return true;
}

static bool
take_line(struct reading *r, char *line)
{
	struct tsv_row row;
	unsigned n = split(line, &row);
	r->number++;
	if (n != r->columns)
		return fail(r->e, ERR_SYNTAX, "%s:%u: want %u columns, got %u", r->path, r->number, r->columns, n);
	for (unsigned i = 0; i < n; i++) {
		if (row.cell[i][0] == '\0')
			return fail(r->e, ERR_SYNTAX, "%s:%u: %s: empty", r->path, r->number, r->header[i]);
		if (r->number == 1 && strcmp(row.cell[i], r->header[i]) != 0)
			return fail(r->e, ERR_SYNTAX, "%s:1: want column %s, got %s", r->path, r->header[i],
				    row.cell[i]);
	}
	return r->number == 1 || push(r->t, &row, r->e);
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

bool
tsv_read(struct tsv *t, const char *path, const char *const header[TSV_COLUMNS], struct err *e)
{
	struct reading r = { .t = t, .path = path, .header = header, .e = e };
	*t = (struct tsv){ 0 };
	while (r.columns < TSV_COLUMNS && header[r.columns] != NULL)
		r.columns++;
	bool ok = read_text(path, &t->text, e);
	for (char *at = t->text; ok && at != NULL && *at != '\0';)
		ok = take_line(&r, strsep(&at, "\n"));
	if (!ok)
		tsv_free(t);
	return ok;
}

void
tsv_free(struct tsv *t)
{
	free(t->v);
	free(t->text);
	*t = (struct tsv){ 0 };
}
