/* espy list: the cases there are. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "runner/choice.h"
#include "runner/commands.h"
#include "runner/options.h"

enum { O_LEVEL, O_PARAM, O_SUITES, O_JSON };

static const struct option_row rows[] = {
	[O_LEVEL] = { 0, "level", "LIST", "only these: must,should,may,info" },
	[O_PARAM] = { 0, "params", "NAME=GLOB", "only combinations with this value; may be repeated" },
	[O_SUITES] = { 0, "suites", "PATH", "a suite file or a folder of them; may be repeated" },
	[O_JSON] = { 0, "json", NULL, "as {cases[{id, suite, level, clause, title, combinations, ..}]}" },
	{ 0, NULL, NULL, NULL },
};

const struct options list_options = {
	"espy list [SELECTOR..] [--json]",
	"Lists cases by suite: id, level, clause, number of combinations of parameters, title. A SELECTOR is what\n"
	"espy run takes. Exit status: 0, 2 usage or a selector that matches nothing, 4 nothing is left.",
	rows,
};

#define ID_COLUMN 44

/* Items of one case stand together in a plan. */
static unsigned
combinations(const struct plan *p, unsigned from)
{
	unsigned n = from;
	while (n < p->n && p->items[n].spec == p->items[from].spec)
		n++;
	return n - from;
}

static int
id_width(const struct plan *p, unsigned from)
{
	size_t widest = 0;
	for (unsigned i = from; i < p->n && p->items[i].suite == p->items[from].suite; i++)
		if (strlen(p->items[i].id) > widest)
			widest = strlen(p->items[i].id);
	return widest < ID_COLUMN ? (int)widest : ID_COLUMN;
}

static void
print_suite(struct arena *a, const struct suite *s, bool first)
{
	printf("%s%s  %s", first ? "" : "\n", s->name, s->title);
	if (s->clauses != NULL)
		printf(" [%s]", clause_print(a, s->clauses));
	printf("  %s\n", s->file);
}

static void
print_text(struct choice *c)
{
	const struct plan *p = &c->plan;
	const struct suite *last = NULL;
	unsigned cases = 0, suites = 0;
	int width = 0;
	for (unsigned i = 0; i < p->n; i += combinations(p, i)) {
		const struct plan_item *it = &p->items[i];
		if (it->suite != last) {
			print_suite(&c->plan.arena, it->suite, last == NULL);
			width = id_width(p, i);
			last = it->suite;
			suites++;
		}
		printf("  %-*s  %-6s  %-14s  %5u  %s\n", width, it->id, level_names[it->spec->level],
		       case_clause(&c->plan.arena, it->suite, it->spec), combinations(p, i), it->spec->title);
		cases++;
	}
	printf("\n%u cases, %u combinations, %u suites\n", cases, p->n, suites);
}

static json_t *
words(const struct word_list *w)
{
	json_t *list = json_array();
	for (; w != NULL; w = w->next)
		json_array_append_new(list, json_string(w->word));
	return list;
}

static json_t *
case_json(struct arena *a, const struct plan_item *it, unsigned n)
{
	json_t *clauses = json_array();
	for (const struct clause *k = it->spec->clauses; k != NULL; k = k->next)
		json_array_append_new(clauses, json_string(clause_print(a, k)));
	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:s, s:o, s:o, s:o, s:i, s:s, s:i}", "id", it->id, "suite",
			 it->suite->name, "level", level_names[it->spec->level], "clause",
			 case_clause(a, it->suite, it->spec), "clauses", clauses, "title", it->spec->title, "decides",
			 words(it->spec->decides), "profiles", words(case_profiles(it->suite, it->spec)), "needs",
			 words(it->spec->needs), "combinations", (int)n, "file", it->suite->file, "line",
			 (int)it->spec->at.line);
}

static void
print_json(struct choice *c)
{
	json_t *list = json_array(), *o;
	for (unsigned i = 0; i < c->plan.n; i += combinations(&c->plan, i))
		json_array_append_new(list, case_json(&c->plan.arena, &c->plan.items[i], combinations(&c->plan, i)));
	o = json_pack("{s:s, s:o}", "schema", "espy-list/1", "cases", list);
	json_dumpf(o, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(o);
}

static bool
take_option(struct choice *c, int which, const char *value, bool *json, struct err *e)
{
	switch (which) {
	case O_LEVEL: return choice_level(c, value, e);
	case O_PARAM: return choice_param(c, value, e);
	case O_SUITES: return choice_suites(c, value, e);
	default: return *json = true;
	}
}

static int
list(struct choice *c, bool json, struct err *e)
{
	if (!choice_load(c, e) || !choice_plan(c, e))
		return 2;
	if (json)
		print_json(c);
	else if (c->plan.n > 0)
		print_text(c);
	if (c->plan.n > 0)
		return 0;
	(void)fail(e, ERR_NONE, "no case is left after selection");
	return 4;
}

int
cmd_list(int argc, char **argv)
{
	struct choice c = { 0 };
	struct err e = { 0 };
	const char *value;
	bool json = false, ok = true;
	int which, first, status = 2;
	while (ok && (which = options_next(&list_options, argc, argv, &value, &first)) >= 0)
		ok = take_option(&c, which, value, &json, &e);
	if (ok && which != -1)
		return which == -3 ? 0 : 2;
	while (ok && first < argc)
		ok = choice_operand(&c, argv[first++], &e);
	if (ok)
		status = list(&c, json, &e);
	if (status != 0)
		fprintf(stderr, "espy list: %s\n", e.text);
	choice_free(&c);
	return status;
}
