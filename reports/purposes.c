#include "reports/purposes.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct list {
	const char *file;
	const char *header[TSV_COLUMNS];
	bool requirement;
};
static const struct list lists[PURPOSE_LISTS] = {
	{ "purposes.tsv", { "id", "level", "group", "rfc", "text" }, false },
	{ "requirements.tsv", { "id", "level", "rfc", "section", "testable", "text" }, true },
};

static struct purpose
purpose_of(const struct list *l, const struct tsv_row *row)
{
	const char *const *cell = row->cell;
	return (struct purpose){
		.id = cell[0],
		.level = cell[1],
		.group = cell[2],
		.section = l->requirement ? cell[3] : "",
		.testable = l->requirement ? cell[4] : "",
		.clause = l->requirement ? "" : cell[3],
		.text = cell[l->requirement ? 5 : 4],
		.requirement = l->requirement,
	};
}

static bool
read_list(struct purposes *p, unsigned which, const char *folder, struct err *e)
{
	char path[PATH_MAX];
	struct tsv *t = &p->list[which];
	snprintf(path, sizeof path, "%.4000s/%s", folder, lists[which].file);
	if (!tsv_read(t, path, lists[which].header, e))
		return false;
	struct purpose *more = realloc(p->v, (p->n + t->n + 1) * sizeof *more);
	if (more == NULL)
		return fail_errno(e, "memory for a list of purposes");
	p->v = more;
	for (size_t i = 0; i < t->n; i++)
		p->v[p->n++] = purpose_of(&lists[which], &t->v[i]);
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
		tsv_free(&p->list[i]);
	*p = (struct purposes){ 0 };
}

const struct purpose *
purposes_find(const struct purposes *p, const char *id)
{
	const struct purpose key = { .id = id }, *at = &key;
	const struct purpose **found = p->n > 0 ? bsearch(&at, p->by_id, p->n, sizeof *p->by_id, order) : NULL;
	return found != NULL ? *found : NULL;
}
