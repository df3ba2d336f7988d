#include "runner/choice.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "runner/paths.h"
#include "runner/suggest.h"

static bool
push(const char **list, unsigned *n, const char *value, struct err *e)
{
	if (*n == CHOICE_MAX)
		return fail(e, ERR_RANGE, "'%s': too many, want at most %d", value, CHOICE_MAX);
	list[(*n)++] = value;
	return true;
}

bool
choice_level(struct choice *c, const char *list, struct err *e)
{
	char copy[100], *save = NULL;
	if (strlen(list) >= sizeof copy)
		return fail(e, ERR_SYNTAX, "--level: want must, should, may or info, got '%.40s..'", list);
	strcpy(copy, list);
	for (char *w = strtok_r(copy, ",", &save); w != NULL; w = strtok_r(NULL, ",", &save)) {
		unsigned i = 0;
		while (i < CASE_LEVELS && strcasecmp(w, level_names[i]) != 0)
			i++;
		if (i == CASE_LEVELS)
			return fail(e, ERR_UNKNOWN, "--level: want must, should, may or info, got '%s'", w);
		c->levels |= 1u << i;
	}
	return true;
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

bool
choice_plan(struct choice *c, struct err *e)
{
	const struct selection sel = { c->selectors, c->selectors_n, c->levels, c->params };
	char hint[300];
	if (!plan_make(&c->plan, c->suites, &sel, e))
		return false;
	if (c->plan.selectors_unused == 0)
		return true;
	choice_suggest(c, c->plan.first_unused, hint, sizeof hint);
	return fail(e, ERR_UNKNOWN, "no case matches '%s'%s", c->plan.first_unused, hint);
}

bool
choice_purposes(const struct choice *c, struct purposes *p, struct err *e)
{
	char folder[1024], file[1100];
	for (unsigned i = 0; i < c->paths_n; i++) {
		snprintf(file, sizeof file, "%.1000s/purposes.tsv", c->paths[i]);
		if (access(file, F_OK) == 0)
			return purposes_load(p, c->paths[i], e);
	}
	*p = (struct purposes){ 0 };
	return paths_find(folder, sizeof folder, "suites", "ESPY_SUITES", e) && purposes_load(p, folder, e);
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
