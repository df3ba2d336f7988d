#include "reports/lore.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

static bool
load(struct tsv *t, const char *folder, const char *name, const char *const header[TSV_COLUMNS], struct err *e)
{
	char path[PATH_MAX];
	snprintf(path, sizeof path, "%.4000s/%s", folder, name);
	*t = (struct tsv){ 0 };
	return access(path, F_OK) != 0 || tsv_read(t, path, header, e);
}

bool
lore_load(struct lore *l, const char *folder, struct err *e)
{
	static const char *const why[TSV_COLUMNS] = { "clause", "why" };
	static const char *const faults[TSV_COLUMNS] = { "id", "clause", "case", "fault" };
	static const char *const bugs[TSV_COLUMNS] = { "id", "clause", "case", "stack", "reference", "bug" };
	*l = (struct lore){ 0 };
	bool ok = load(&l->why, folder, "why.tsv", why, e) && load(&l->faults, folder, "faults.tsv", faults, e) &&
		  load(&l->bugs, folder, "bugs.tsv", bugs, e);
	if (!ok)
		lore_free(l);
	return ok;
}

void
lore_free(struct lore *l)
{
	tsv_free(&l->why);
	tsv_free(&l->faults);
	tsv_free(&l->bugs);
}

const char *
lore_why_clause(const struct lore *l, size_t i)
{
	return i < l->why.n ? l->why.v[i].cell[0] : NULL;
}

const char *
lore_why_text(const struct lore *l, size_t i)
{
	return i < l->why.n ? l->why.v[i].cell[1] : NULL;
}

bool
lore_fault(const struct lore *l, size_t i, struct lore_fault *f)
{
	if (i >= l->faults.n)
		return false;
	const char *const *c = l->faults.v[i].cell;
	*f = (struct lore_fault){ .id = c[0], .clause = c[1], .case_id = c[2], .text = c[3] };
	return true;
}

bool
lore_bug(const struct lore *l, size_t i, struct lore_bug *b)
{
	if (i >= l->bugs.n)
		return false;
	const char *const *c = l->bugs.v[i].cell;
	*b = (struct lore_bug){
		.id = c[0], .clause = c[1], .case_id = c[2], .stack = c[3], .reference = c[4], .text = c[5]
	};
	return true;
}
