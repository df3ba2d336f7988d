#include "runner/plan.h"

#include <ctype.h>
#include <dirent.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "runner/transform.h"
#include "runner/vars.h"

#define AXIS_VALUES 512
#define AXES 8

struct expanded {
	const char *name;
	const char *values[AXIS_VALUES];
	unsigned n;
};

static bool
expand_value(struct plan *p, struct expanded *x, const struct suite *s, const struct expr *v, const struct expr *end,
	     struct err *e)
{
	if (end != NULL) {
		if (v->kind != E_NUMBER || end->kind != E_NUMBER || end->number < v->number ||
		    end->number - v->number >= AXIS_VALUES - x->n)
			return fail(e, ERR_RANGE, "%s:%u:%u: for %s: want a range of at most %d numbers", s->file,
				    v->at.line, v->at.column, x->name, AXIS_VALUES);
		for (uint64_t i = v->number; i <= end->number; i++)
			x->values[x->n++] = arena_printf(&p->arena, "%llu", (unsigned long long)i);
		return true;
	}
	if (v->kind != E_WORD && v->kind != E_NUMBER && v->kind != E_STRING)
		return fail(e, ERR_SYNTAX, "%s:%u:%u: for %s: want a word, a number, a string or a set", s->file,
			    v->at.line, v->at.column, x->name);
	if (v->kind == E_WORD && v->text[0] == '@') {
		unsigned n = transform_set(&p->arena, v->text, x->values + x->n, AXIS_VALUES - x->n);
		if (n == 0)
			return fail(e, ERR_UNKNOWN, "%s:%u:%u: for %s: no set called '%s'", s->file, v->at.line,
				    v->at.column, x->name, v->text);
		x->n += n;
		return x->n < AXIS_VALUES ||
		       fail(e, ERR_RANGE, "%s:%u: for %s: too many values", s->file, v->at.line, x->name);
	}
	if (x->n == AXIS_VALUES)
		return fail(e, ERR_RANGE, "%s:%u: for %s: too many values", s->file, v->at.line, x->name);
	x->values[x->n++] = v->text;
	return true;
}

/* Suite axes first, a case's own axis of the same name in its place, then the case's further ones. */
static bool
collect_axes(const struct suite *s, const struct case_spec *c, const struct axis **axes, unsigned *n, struct err *e)
{
	const struct axis *const lists[] = { s->axes, c->axes };
	*n = 0;
	for (unsigned l = 0; l < 2; l++) {
		for (const struct axis *x = lists[l]; x != NULL; x = x->next) {
			unsigned i = 0;
			while (i < *n && strcmp(axes[i]->name, x->name) != 0)
				i++;
			if (i == AXES)
				return fail(e, ERR_RANGE, "%s:%u:%u: case %s: at most %d axes", s->file, x->at.line,
					    x->at.column, c->name, AXES);
			axes[i] = x;
			*n += i == *n;
		}
	}
	return true;
}

/* A page of a manual: `clause setkey 8`, `clause ipsec 4P`. */
static bool
is_manual_page(const struct clause *c)
{
	return c->section[0] >= '1' && c->section[0] <= '9' && strchr(c->section, '.') == NULL;
}

const char *
clause_print(struct arena *a, const struct clause *c)
{
	if (strncasecmp(c->document, "rfc", 3) != 0 && is_manual_page(c))
		return arena_printf(a, "%s(%s)", c->document, c->section);
	if (strncasecmp(c->document, "rfc", 3) != 0)
		return arena_printf(a, "%s %s", c->document, c->section);
	return arena_printf(a, "RFC %s %s", c->document + 3, c->section);
}

const char *
case_clause(struct arena *a, const struct suite *s, const struct case_spec *c)
{
	const struct clause *k = c->clauses != NULL ? c->clauses : s->clauses;
	return k != NULL ? clause_print(a, k) : "";
}

/* --- selection ------------------------------------------------------------------------------- */

static bool
clause_matches(const struct clause *c, const char *glob)
{
	char text[80];
	for (; c != NULL; c = c->next) {
		snprintf(text, sizeof text, "%s/%s", c->document, c->section);
		if (fnmatch(glob, text, FNM_CASEFOLD) == 0)
			return true;
	}
	return false;
}

/* "profile/kame" */
static bool
profile_matches(const struct plan_item *it, const char *glob)
{
	char text[80];
	for (const struct word_list *w = case_profiles(it->suite, it->spec); w != NULL; w = w->next) {
		snprintf(text, sizeof text, "profile/%s", w->word);
		if (fnmatch(glob, text, 0) == 0)
			return true;
	}
	return false;
}

static bool
selector_matches(const char *glob, const struct plan_item *it)
{
	char wide[300];
	snprintf(wide, sizeof wide, "%s/*", glob);
	return fnmatch(glob, it->id, 0) == 0 || fnmatch(glob, it->full_id, 0) == 0 ||
	       fnmatch(wide, it->full_id, 0) == 0 || fnmatch(glob, it->suite->name, 0) == 0 ||
	       strcmp(glob, it->suite->file) == 0 || profile_matches(it, glob) ||
	       clause_matches(it->spec->clauses, glob) ||
	       (it->spec->clauses == NULL && clause_matches(it->suite->clauses, glob));
}

static bool
param_filter(const struct plan_item *it, const char *filter)
{
	const char *eq = strchr(filter, '=');
	size_t n = eq != NULL ? (size_t)(eq - filter) : strlen(filter);
	for (unsigned i = 0; i < it->params_n; i++)
		if (strlen(it->params[i].name) == n && strncmp(it->params[i].name, filter, n) == 0)
			return eq == NULL || fnmatch(eq + 1, it->params[i].value, 0) == 0;
	return false;
}

static bool
selected(const struct plan_item *it, const struct selection *sel, bool *used)
{
	bool any = false, in = false, taken_out = false;
	for (unsigned i = 0; i < sel->selectors_n; i++) {
		bool out = sel->selectors[i][0] == '!';
		bool hit = selector_matches(sel->selectors[i] + out, it);
		used[i] |= hit;
		taken_out |= out && hit;
		any |= !out;
		in |= !out && hit;
	}
	if (taken_out || (any && !in) || (sel->levels != 0 && !(sel->levels >> it->spec->level & 1)))
		return false;
	for (unsigned i = 0; sel->params != NULL && sel->params[i] != NULL; i++)
		if (!param_filter(it, sel->params[i]))
			return false;
	return true;
}

/* --- the matrix ------------------------------------------------------------------------------ */

static bool
item_wanted(struct plan *p, const struct plan_item *it, bool *wanted, struct err *e)
{
	struct vars v = { &p->arena, NULL };
	for (unsigned i = 0; i < it->params_n; i++)
		vars_set(&v, it->params[i].name, val_text(it->params[i].value));
	*wanted = true;
	if (it->spec->when == NULL || condition_eval(it->spec->when, &v, NULL, wanted, e))
		return true;
	return err_prefix(e, "%s: case %s", it->suite->file, it->spec->name);
}

static void
item_name(struct plan *p, struct plan_item *it)
{
	it->id = arena_printf(&p->arena, "%s/%s", it->suite->name, it->spec->name);
	it->full_id = it->id;
	for (unsigned i = 0; i < it->params_n; i++)
		it->full_id = arena_printf(&p->arena, "%s/%s", it->full_id, it->params[i].value);
}

static bool
plan_push(struct plan *p, const struct plan_item *it, struct err *e)
{
	if (p->n == p->cap) {
		unsigned cap = p->cap != 0 ? p->cap * 2 : 1024;
		struct plan_item *more = realloc(p->items, cap * sizeof *more);
		if (more == NULL)
			return fail(e, ERR_IO, "out of memory");
		p->items = more;
		p->cap = cap;
	}
	p->items[p->n++] = *it;
	return true;
}

static bool
plan_case(struct plan *p, const struct suite *s, const struct case_spec *c, const struct selection *sel, bool *used,
	  struct err *e)
{
	const struct axis *axes[AXES];
	struct expanded *x = arena_alloc(&p->arena, AXES * sizeof *x);
	unsigned n, at[AXES] = { 0 };
	if (!collect_axes(s, c, axes, &n, e))
		return false;
	for (unsigned i = 0; i < n; i++) {
		x[i].name = axes[i]->name;
		for (unsigned k = 0; k < axes[i]->n; k++)
			if (!expand_value(p, &x[i], s, axes[i]->values[k], axes[i]->range_end[k], e))
				return false;
	}
	for (;;) {
		struct plan_item it = { .suite = s, .spec = c };
		for (unsigned i = 0; i < n; i++)
			it.params[it.params_n++] = (struct param){ x[i].name, x[i].values[at[i]] };
		item_name(p, &it);
		bool wanted;
		if (!item_wanted(p, &it, &wanted, e))
			return false;
		if (wanted && selected(&it, sel, used) && !plan_push(p, &it, e))
			return false;
		unsigned i = n;
		while (i > 0 && ++at[i - 1] == x[i - 1].n)
			at[--i] = 0;
		if (i == 0)
			return true;
	}
}

bool
plan_make(struct plan *p, const struct suite *suites, const struct selection *sel, struct err *e)
{
	bool *used = arena_alloc(&p->arena, sel->selectors_n + 1);
	for (const struct suite *s = suites; s != NULL; s = s->next)
		for (const struct case_spec *c = s->cases; c != NULL; c = c->next)
			if (!plan_case(p, s, c, sel, used, e))
				return false;
	for (unsigned i = 0; i < sel->selectors_n; i++) {
		if (used[i])
			continue;
		if (p->selectors_unused++ == 0)
			p->first_unused = sel->selectors[i];
	}
	return true;
}

void
plan_free(struct plan *p)
{
	free(p->items);
	p->items = NULL;
	p->n = p->cap = 0;
	arena_free(&p->arena);
}

/* --- files ----------------------------------------------------------------------------------- */

static bool
load_one(struct suite ***tail, const char *file, struct err *e)
{
	struct suite *s = suite_load(file, e);
	if (s == NULL)
		return false;
	**tail = s;
	*tail = &s->next;
	return true;
}

static int
is_suite(const struct dirent *d)
{
	size_t n = strlen(d->d_name);
	return n > 6 && strcmp(d->d_name + n - 6, ".suite") == 0;
}

static bool
load_folder(struct suite ***tail, const char *folder, struct err *e)
{
	struct dirent **names;
	int n = scandir(folder, &names, is_suite, alphasort);
	if (n < 0)
		return fail_errno(e, "%s", folder);
	bool ok = true;
	for (int i = 0; i < n; i++) {
		char path[1024];
		snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name);
		ok = ok && load_one(tail, path, e);
		free(names[i]);
	}
	free(names);
	return ok;
}

bool
suites_load(struct suite **list, const char *const *paths, unsigned n, struct err *e)
{
	*list = NULL;
	struct suite **tail = list;
	for (unsigned i = 0; i < n; i++) {
		struct stat st;
		if (stat(paths[i], &st) != 0)
			return fail_errno(e, "%s", paths[i]);
		bool ok = S_ISDIR(st.st_mode) ? load_folder(&tail, paths[i], e) : load_one(&tail, paths[i], e);
		if (!ok)
			return false;
	}
	for (const struct suite *s = *list; s != NULL; s = s->next)
		for (const struct suite *o = s->next; o != NULL; o = o->next)
			if (strcmp(s->name, o->name) == 0)
				return fail(e, ERR_RANGE, "%s: suite %s is already in %s", o->file, o->name, s->file);
	return true;
}

void
suites_free(struct suite *list)
{
	while (list != NULL) {
		struct suite *s = list;
		list = list->next;
		suite_free(s);
	}
}
