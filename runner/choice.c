#include "runner/choice.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "runner/paths.h"
#include "runner/help/suggest.h"

static bool
push(const char **list, unsigned *n, const char *value, struct err *e)
{
	if (*n == CHOICE_MAX)
		return fail(e, ERR_RANGE, "'%s': too many, want at most %d", value, CHOICE_MAX);
	list[(*n)++] = value;
	return true;
}

static bool
unknown_level(const char *given, struct err *e)
{
	struct suggest near = { .given = given };
	char hint[100];
	for (unsigned i = 0; i < CASE_LEVELS; i++)
		suggest_offer(&near, level_names[i]);
	suggest_print(&near, hint, sizeof hint);
	return fail(e, ERR_UNKNOWN, "want must, should, may or info, got '%s'%s", given, hint);
}

bool
levels_parse(unsigned *levels, const char *list, struct err *e)
{
	char copy[100], *save = NULL;
	if (strlen(list) >= sizeof copy)
		return fail(e, ERR_SYNTAX, "want must, should, may or info, got '%.40s..'", list);
	strcpy(copy, list);
	for (char *w = strtok_r(copy, ",", &save); w != NULL; w = strtok_r(NULL, ",", &save)) {
		unsigned i = 0;
		while (i < CASE_LEVELS && strcasecmp(w, level_names[i]) != 0)
			i++;
		if (i == CASE_LEVELS)
			return unknown_level(w, e);
		*levels |= 1u << i;
	}
	return true;
}

bool
choice_level(struct choice *c, const char *list, struct err *e)
{
	return levels_parse(&c->levels, list, e) || err_prefix(e, "--level");
}

bool
choice_param(struct choice *c, const char *filter, struct err *e)
{
	return push(c->params, &c->params_n, filter, e);
}

bool
choice_suites(struct choice *c, const char *path, struct err *e)
{
	return push(c->paths, &c->paths_n, path, e);
}

bool
choice_operand(struct choice *c, const char *text, struct err *e)
{
	size_t n = strlen(text);
	if (n > 6 && strcmp(text + n - 6, ".suite") == 0)
		return choice_suites(c, text, e);
	return push(c->selectors, &c->selectors_n, text, e);
}

bool
choice_load(struct choice *c, struct err *e)
{
	if (c->paths_n == 0) {
		if (!paths_find(c->found, sizeof c->found, "suites", "ESPY_SUITES", e))
			return false;
		c->paths[c->paths_n++] = c->found;
	}
	return suites_load(&c->suites, c->paths, c->paths_n, e);
}

static bool
axis_called(const struct axis *x, const char *name, size_t n, struct suggest *near)
{
	for (; x != NULL; x = x->next) {
		if (strlen(x->name) == n && strncmp(x->name, name, n) == 0)
			return true;
		suggest_offer(near, x->name);
	}
	return false;
}

/* A parameter that no case has would leave nothing, as one with a value that none has: but that is a slip. */
static bool
check_param(const struct choice *c, const char *filter, struct err *e)
{
	char name[64], hint[200];
	struct suggest near = { .given = name };
	size_t n = strcspn(filter, "=");
	snprintf(name, sizeof name, "%.*s", (int)(n < sizeof name ? n : sizeof name - 1), filter);
	for (const struct suite *s = c->suites; s != NULL; s = s->next) {
		if (axis_called(s->axes, filter, n, &near))
			return true;
		for (const struct case_spec *k = s->cases; k != NULL; k = k->next)
			if (axis_called(k->axes, filter, n, &near))
				return true;
	}
	suggest_print(&near, hint, sizeof hint);
	return fail(e, ERR_UNKNOWN, "--params: no case has a parameter '%s'%s", name, hint);
}

bool
choice_plan(struct choice *c, struct err *e)
{
	const struct selection sel = { c->selectors, c->selectors_n, c->levels, c->params };
	char hint[300];
	for (unsigned i = 0; i < c->params_n; i++)
		if (!check_param(c, c->params[i], e))
			return false;
	if (!plan_make(&c->plan, c->suites, &sel, e))
		return false;
	if (c->plan.selectors_unused == 0)
		return true;
	choice_suggest(c, c->plan.first_unused, hint, sizeof hint);
	return fail(e, ERR_UNKNOWN, "no case matches '%s'%s", c->plan.first_unused, hint);
}

/* The folder that has the lists: of the first path that has them, or of the project. */
static const char *
lists_folder(const struct choice *c, char *folder, size_t cap, struct err *e)
{
	char file[1100];
	for (unsigned i = 0; i < c->paths_n; i++) {
		snprintf(file, sizeof file, "%.1000s/purposes.tsv", c->paths[i]);
		if (access(file, F_OK) == 0)
			return c->paths[i];
	}
	return paths_find(folder, cap, "suites", "ESPY_SUITES", e) ? folder : NULL;
}

bool
choice_purposes(const struct choice *c, struct purposes *p, struct err *e)
{
	char room[1024];
	const char *folder = lists_folder(c, room, sizeof room, e);
	*p = (struct purposes){ 0 };
	return folder != NULL && purposes_load(p, folder, e);
}

bool
choice_lore(const struct choice *c, struct lore *l, struct err *e)
{
	char room[1024];
	const char *folder = lists_folder(c, room, sizeof room, e);
	*l = (struct lore){ 0 };
	return folder != NULL && lore_load(l, folder, e);
}

static void
offer_clauses(struct suggest *near, struct arena *a, const struct clause *k)
{
	for (; k != NULL; k = k->next)
		suggest_offer(near, arena_printf(a, "%s/%s", k->document, k->section));
}

static void
offer_profiles_of(struct suggest *near, struct arena *a, const struct word_list *w)
{
	for (; w != NULL; w = w->next)
		suggest_offer(near, arena_printf(a, "profile/%s", w->word));
}

/* What a selector may be beside a case: "rfc4303/3.4.3", "profile/kame". */
static void
offer_others(const struct choice *c, struct suggest *near, struct arena *a)
{
	for (const struct suite *s = c->suites; s != NULL; s = s->next) {
		offer_clauses(near, a, s->clauses);
		offer_profiles_of(near, a, s->profiles);
		for (const struct case_spec *k = s->cases; k != NULL; k = k->next) {
			offer_clauses(near, a, k->clauses);
			offer_profiles_of(near, a, k->profiles);
		}
	}
}

/* Of "esp.pading/every": cases whose names begin so, of suites whose names are near. */
static void
offer_beginnings(const struct choice *c, struct suggest *near, struct arena *a)
{
	const char *slash = strchr(near->given, '/');
	const char *front = arena_printf(a, "%.*s", (int)(slash - near->given), near->given);
	for (const struct suite *s = c->suites; s != NULL; s = s->next)
		for (const struct case_spec *k = s->cases; suggest_distance(front, s->name) <= 1 && k != NULL;
		     k = k->next)
			if (strncmp(k->name, slash + 1, strlen(slash + 1)) == 0 && near->n < SUGGESTIONS)
				near->name[near->n++] = arena_printf(a, "%s/%s", s->name, k->name);
}

/* Ids are offered whole, and by their second half for those who forgot the first. */
void
choice_suggest(const struct choice *c, const char *given, char *out, size_t cap)
{
	struct arena a = { 0 };
	struct suggest near = { .given = given };
	const char *slash = strchr(given, '/');
	for (const struct suite *s = c->suites; s != NULL; s = s->next) {
		suggest_offer(&near, s->name);
		for (const struct case_spec *k = s->cases; k != NULL; k = k->next) {
			const char *id = arena_printf(&a, "%s/%s", s->name, k->name);
			bool half = slash == NULL && suggest_distance(given, k->name) <= 1;
			suggest_offer(&near, id);
			if (half && near.n < SUGGESTIONS) {
				near.name[near.n] = id;
				near.distance[near.n++] = 1;
			}
		}
	}
	if (near.n == 0 && slash != NULL)
		offer_beginnings(c, &near, &a);
	if (near.n == 0)
		offer_others(c, &near, &a);
	suggest_print(&near, out, cap);
	arena_free(&a);
}

void
choice_free(struct choice *c)
{
	plan_free(&c->plan);
	suites_free(c->suites);
	c->suites = NULL;
}
