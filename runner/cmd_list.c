/* espy list: the cases there are. */
#include <stdio.h>
#include <string.h>

#include "runner/commands.h"
#include "runner/help/list.h"
#include "runner/help/suggest.h"

enum { O_LEVEL, O_PARAM, O_CLAUSE, O_NEEDS, O_BY, O_SUITES, O_IDS, O_JSON };

static const struct option_row rows[] = {
	[O_LEVEL] = { 0, "level", "LIST", "only these: must,should,may,info" },
	[O_PARAM] = { 0, "params", "NAME=GLOB", "only combinations with this value; may be repeated" },
	[O_CLAUSE] = { 0, "clause", "CLAUSE",
		       "only cases of this clause or one below it ('RFC 4303 3.4'); may be repeated" },
	[O_NEEDS] = { 0, "needs", "FEATURE",
		      "only cases that need it (esn, aead, sockets, ..), or none; may be repeated" },
	[O_BY] = { 0, "by", "GROUP", "grouped by suite (default), clause, level, needs or profile" },
	[O_SUITES] = { 0, "suites", "PATH", "a suite file or a folder of them; may be repeated" },
	[O_IDS] = { 0, "ids", NULL, "names of suites and cases alone, one a line" },
	[O_JSON] = { 0, "json", NULL, "as {cases[{id, suite, level, clause, title, decides, needs, params, ..}]}" },
	{ 0, NULL, NULL, NULL },
};

const struct options list_options = {
	"espy list [SELECTOR..] [--clause CLAUSE] [--level LIST] [--needs FEATURE] [--by GROUP] [--json]",
	"Lists cases: id, level, clause, number of combinations of parameters, title. A SELECTOR is what espy run\n"
	"takes. Exit status: 0, 2 usage or a selector that matches nothing, 4 nothing is left.",
	rows,
};

struct wish {
	struct choice choice;
	struct list_filter filter;
	enum list_group by;
	bool json, ids;
};

/* Items of one case stand together in a plan. */
unsigned
list_combinations(const struct plan *p, unsigned from)
{
	unsigned n = from;
	while (n < p->n && p->items[n].spec == p->items[from].spec)
		n++;
	return n - from;
}

static bool
take_group(const char *value, enum list_group *by, struct err *e)
{
	struct suggest near = { .given = value };
	char hint[100];
	for (unsigned i = 0; i < LIST_GROUPS; i++) {
		if (strcmp(value, list_group_names[i]) == 0) {
			*by = (enum list_group)i;
			return true;
		}
		suggest_offer(&near, list_group_names[i]);
	}
	suggest_print(&near, hint, sizeof hint);
	return fail(e, ERR_UNKNOWN, "--by: want suite, clause, level, needs or profile, got '%s'%s", value, hint);
}

static bool
take_option(struct wish *w, int which, const char *value, struct err *e)
{
	switch (which) {
	case O_LEVEL: return choice_level(&w->choice, value, e);
	case O_PARAM: return choice_param(&w->choice, value, e);
	case O_SUITES: return choice_suites(&w->choice, value, e);
	case O_CLAUSE: return list_filter_clause(&w->filter, value, e);
	case O_NEEDS: return list_filter_needs(&w->filter, value, e);
	case O_BY: return take_group(value, &w->by, e);
	case O_IDS: return w->ids = true;
	default: return w->json = true;
	}
}

static int
list(struct wish *w, struct err *e)
{
	struct choice *c = &w->choice;
	if (!choice_load(c, e) || !choice_plan(c, e))
		return 2;
	list_filter_plan(&w->filter, &c->plan);
	if (w->json)
		list_json(c);
	else if (w->ids)
		list_ids(c);
	else if (c->plan.n > 0)
		list_text(c, w->by);
	if (c->plan.n > 0)
		return 0;
	(void)fail(e, ERR_NONE, "no case is left after selection");
	return 4;
}

int
cmd_list(int argc, char **argv)
{
	static struct wish w;
	struct err e = { 0 };
	const char *value;
	bool ok = true;
	int which, first, status = 2;
	w = (struct wish){ 0 };
	while (ok && (which = options_next(&list_options, argc, argv, &value, &first)) >= 0)
		ok = take_option(&w, which, value, &e);
	if (ok && which != -1)
		return which == -3 ? 0 : 2;
	while (ok && first < argc)
		ok = choice_operand(&w.choice, argv[first++], &e);
	if (ok)
		status = list(&w, &e);
	if (status != 0)
		fprintf(stderr, "espy list: %s\n", e.text);
	choice_free(&w.choice);
	return status;
}
