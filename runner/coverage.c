#include "runner/coverage.h"

#include <stdio.h>
#include <string.h>

#include "reports/event.h"

/* The member of an object, made by `make` where it is missing. */
static json_t *
member(json_t *object, const char *key, json_t *(*make)(void))
{
	json_t *v = json_object_get(object, key);
	if (v != NULL)
		return v;
	json_object_set_new_nocheck(object, key, make());
	return json_object_get(object, key);
}

void
coverage_open(struct coverage *c, const struct suite *suites)
{
	*c = (struct coverage){ json_object(), json_object(), json_object() };
	for (const struct suite *s = suites; s != NULL; s = s->next)
		for (const struct case_spec *k = s->cases; k != NULL; k = k->next)
			for (const struct word_list *w = k->decides; w != NULL; w = w->next)
				json_array_append_new(member(c->by, w->word, json_array),
						      json_sprintf("%s/%s", s->name, k->name));
}

/* The first reason stays; a verdict replaces them all. A verdict is what says something of the target. */
void
coverage_add_run(struct coverage *c, const struct run_record *r)
{
	static const struct {
		const char *verdict, *how;
	} silent[] = {
		{ "SKIP", "only skipped" },
		{ "INCONCLUSIVE", "only inconclusive" },
		{ "ERROR", "only errors" },
	};
	const char *name = event_text(json_object_get(r->start, "target"), "name");
	const char *target = name[0] != '\0' ? name : "unnamed";
	const json_t *event;
	size_t i;
	json_object_set_new_nocheck(c->targets, target, json_true());
	json_array_foreach(r->cases, i, event) {
		json_t *told = member(c->told, event_text(event, "id"), json_object);
		const char *how = NULL;
		for (size_t k = 0; k < sizeof silent / sizeof silent[0]; k++)
			if (event_is(event, silent[k].verdict))
				how = silent[k].how;
		if (how == NULL)
			json_object_set_new_nocheck(told, target, json_null());
		else if (json_object_get(told, target) == NULL)
			json_object_set_new_nocheck(
				told, target, json_sprintf("%s on %s: %s", how, target, event_text(event, "reason")));
	}
}

/* What the cases of one id came to on one target: NULL is a verdict. */
static const char *
silence_on(const struct coverage *c, const json_t *by, const char *target)
{
	const char *why = NULL;
	const json_t *id;
	size_t i;
	json_array_foreach(by, i, id) {
		const json_t *said = json_object_get(json_object_get(c->told, json_string_value(id)), target);
		if (json_is_null(said))
			return NULL;
		if (why == NULL)
			why = json_string_value(said);
	}
	return why != NULL ? why : "not run";
}

static void
add_reason(struct covered *d, const char *why, const char *target)
{
	size_t n = strlen(d->reason);
	const char *between = n > 0 ? "; " : "";
	if (strcmp(why, "not run") == 0)
		snprintf(d->reason + n, sizeof d->reason - n, "%snot run on %s", between, target);
	else
		snprintf(d->reason + n, sizeof d->reason - n, "%s%s", between, why);
}

void
coverage_of(const struct coverage *c, const struct purpose *p, struct covered *d)
{
	json_t *by = json_object_get(c->by, p->id), *unused;
	const char *target;
	*d = (struct covered){ .by = by != NULL ? json_incref(by) : json_array(), .targets = json_array() };
	if (json_array_size(d->by) == 0) {
		bool cannot = strcmp(p->testable, "untestable") == 0;
		snprintf(d->reason, sizeof d->reason, "no case names it%s",
			 cannot ? " (cannot be tested from outside)" : "");
		return;
	}
	json_object_foreach(c->targets, target, unused) {
		const char *why = silence_on(c, d->by, target);
		if (why == NULL)
			json_array_append_new(d->targets, json_string(target));
		else
			add_reason(d, why, target);
	}
	(void)unused;
	d->decided = json_object_size(c->targets) == 0 || json_array_size(d->targets) > 0;
	if (d->decided)
		d->reason[0] = '\0';
}

void
covered_free(struct covered *d)
{
	json_decref(d->by);
	json_decref(d->targets);
}

void
coverage_close(struct coverage *c)
{
	json_decref(c->by);
	json_decref(c->told);
	json_decref(c->targets);
}
