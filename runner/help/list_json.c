#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "runner/help/list.h"

static json_t *
words(const struct word_list *w)
{
	json_t *list = json_array();
	for (; w != NULL; w = w->next)
		json_array_append_new(list, json_string(w->word));
	return list;
}

static json_t *
clauses(struct arena *a, const struct clause *k)
{
	json_t *list = json_array();
	for (; k != NULL; k = k->next)
		json_array_append_new(list, json_string(clause_print(a, k)));
	return list;
}

/* {"family": ["ipv4", "ipv6"], ..}: the values over the combinations that are left, each once. */
static json_t *
params(const struct plan_item *it, unsigned n)
{
	json_t *all = json_object();
	for (unsigned k = 0; k < it->params_n; k++) {
		json_t *values = json_array(), *seen = json_object();
		for (unsigned i = 0; i < n; i++) {
			const char *value = it[i].params[k].value;
			if (json_object_get(seen, value) == NULL)
				json_array_append_new(values, json_string(value));
			json_object_set_new(seen, value, json_true());
		}
		json_decref(seen);
		json_object_set_new(all, it->params[k].name, values);
	}
	return all;
}

/* Seconds that the steps wait as they stand there; what a loop repeats is counted once. */
static unsigned
waits(const struct step *st)
{
	unsigned s = 0;
	for (; st != NULL; st = st->next) {
		if (st->kind == STEP_WAIT && st->value != NULL && st->value->kind == E_NUMBER)
			s += (unsigned)st->value->number;
		s += waits(st->body) + waits(st->otherwise);
	}
	return s;
}

static json_t *
case_json(struct arena *a, const struct plan_item *it, unsigned n)
{
	const struct clause *k = it->spec->clauses != NULL ? it->spec->clauses : it->suite->clauses;
	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:s, s:o, s:o, s:o, s:i, s:o, s:i, s:s, s:i}", "id", it->id,
			 "suite", it->suite->name, "level", level_names[it->spec->level], "clause",
			 case_clause(a, it->suite, it->spec), "clauses", clauses(a, k), "title", it->spec->title,
			 "decides", words(it->spec->decides), "profiles", words(case_profiles(it->suite, it->spec)),
			 "needs", words(it->spec->needs), "combinations", (int)n, "params", params(it, n), "wait_s",
			 (int)waits(it->spec->steps), "file", it->suite->file, "line", (int)it->spec->at.line);
}

void
list_json(struct choice *c)
{
	json_t *list = json_array(), *o;
	for (unsigned i = 0; i < c->plan.n; i += list_combinations(&c->plan, i))
		json_array_append_new(list,
				      case_json(&c->plan.arena, &c->plan.items[i], list_combinations(&c->plan, i)));
	o = json_pack("{s:s, s:o}", "schema", "espy-list/1", "cases", list);
	json_dumpf(o, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(o);
}
