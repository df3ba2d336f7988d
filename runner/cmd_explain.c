/* espy explain: what a case, a clause or a purpose asks, why, how it goes, and what usually goes wrong. */
#include <stdio.h>
#include <string.h>

#include "reports/formats/shown.h"
#include "reports/wrap.h"
#include "runner/commands.h"
#include "runner/decided.h"
#include "runner/help/explain.h"

enum { O_RUN, O_NO_RUN, O_KEYS, O_SUITES };

static const struct option_row rows[] = {
	[O_RUN] = { 0, "run", "DIR", "with its outcomes in this run" },
	[O_NO_RUN] = { 0, "no-run", NULL, "without running it on the reference to show its packets" },
	[O_KEYS] = { 0, "show-keys", NULL, "keys in configurations are shown" },
	[O_SUITES] = { 0, "suites", "PATH", "a suite file or a folder of them; may be repeated" },
	{ 0, NULL, NULL, NULL },
};

const struct options explain_options = {
	"espy explain ID|CLAUSE.. [--run DIR] [--no-run]",
	"Explains a case: claim, level, clauses, the rule in our words, why it matters, its parameters and steps, the\n"
	"packets of a run on the reference, common causes of failures and real bugs of the kind. ID is a case, a case with\n"
	"parameters, a purpose or requirement (SQ-09), or whatever espy run selects by; where that is more than one case,\n"
	"they are listed. CLAUSE is as rfc4303/3.4.3 or 'RFC 4303 3.4.3': what it asks and which cases decide it.\n"
	"Exit status: 0, 2 usage or an unknown ID.",
	rows,
};

/* --- finding --------------------------------------------------------------------------------- */

static bool
one_case(const struct plan *p)
{
	for (unsigned i = 1; i < p->n; i++)
		if (p->items[i].spec != p->items[0].spec)
			return false;
	return p->n > 0;
}

static void
print_cases(struct plan *p, const char *id)
{
	printf("%s:\n", id);
	for (unsigned i = 0; i < p->n; i++)
		if (i == 0 || p->items[i].spec != p->items[i - 1].spec)
			printf("  %-40s %-6s %-14s %s\n", p->items[i].id, level_names[p->items[i].spec->level],
			       case_clause(&p->arena, p->items[i].suite, p->items[i].spec), p->items[i].spec->title);
}

static bool
explain_unknown(struct explain *x, const char *id, struct err *e)
{
	char hint[300];
	choice_suggest(&x->choice, id, hint, sizeof hint);
	if (hint[0] == '\0')
		return purposes_unknown(&x->purposes, id, e) || err_prefix(e, "no case matches '%s', and", id);
	return fail(e, ERR_UNKNOWN, "no case matches '%s'%s", id, hint);
}

/* A purpose, a clause, a case or cases. */
static bool
explain(struct explain *x, const char *id, struct err *e)
{
	const struct selection sel = { &id, 1, 0, NULL };
	const struct purpose *known = purposes_find(&x->purposes, id);
	struct plan *p = &x->choice.plan;
	struct clause_name clause;
	if (known != NULL) {
		explain_purpose(x, known);
		return true;
	}
	plan_free(p);
	*p = (struct plan){ 0 };
	if (clause_name_read(id, &clause) && (strncmp(clause.document, "rfc", 3) == 0 || strchr(id, '(') != NULL))
		return explain_clause(x, &clause) ||
		       fail(e, ERR_UNKNOWN, "no case and no purpose names a clause '%s'", id);
	if (!plan_make(p, x->choice.suites, &sel, e))
		return false;
	if (p->n == 0)
		return explain_unknown(x, id, e);
	if (one_case(p))
		return explain_case(x, e);
	print_cases(p, id);
	return true;
}

/* --- the command ----------------------------------------------------------------------------- */

static bool
take_option(struct explain *x, int which, const char *value, struct err *e)
{
	switch (which) {
	case O_SUITES: return choice_suites(&x->choice, value, e);
	case O_NO_RUN: return x->no_run = true;
	case O_KEYS: return x->show_keys = true;
	default: x->dir = value; return true;
	}
}

static bool
take_operand(struct explain *x, const char *text, struct err *e)
{
	size_t n = strlen(text);
	if (n > 6 && strcmp(text + n - 6, ".suite") == 0)
		return choice_suites(&x->choice, text, e);
	if (x->ids_n == CHOICE_MAX)
		return fail(e, ERR_RANGE, "'%s': too many, want at most %d", text, CHOICE_MAX);
	x->ids[x->ids_n++] = text;
	return true;
}

static bool
explain_all(struct explain *x, struct err *e)
{
	if (x->ids_n == 0)
		return fail(e, ERR_SYNTAX, "want the ID of a case (espy list shows them) or a clause");
	if (!choice_load(&x->choice, e) || !choice_purposes(&x->choice, &x->purposes, e) ||
	    !choice_lore(&x->choice, &x->lore, e) || (x->dir != NULL && !run_read_shown(&x->run, x->dir, e)))
		return false;
	x->width = wrap_width(stdout);
	for (unsigned i = 0; i < x->ids_n; i++) {
		if (i > 0)
			putchar('\n');
		if (!explain(x, x->ids[i], e))
			return false;
	}
	return true;
}

int
cmd_explain(int argc, char **argv)
{
	static struct explain x;
	struct err e = { 0 };
	const char *value;
	bool ok = true;
	int which, first;
	x = (struct explain){ 0 };
	while (ok && (which = options_next(&explain_options, argc, argv, &value, &first)) >= 0)
		ok = take_option(&x, which, value, &e);
	if (ok && which != -1)
		return which == -3 ? 0 : 2;
	while (ok && first < argc)
		ok = take_operand(&x, argv[first++], &e);
	ok = ok && explain_all(&x, &e);
	if (!ok) {
		fflush(stdout);
		fprintf(stderr, "espy explain: %s\n", e.text);
	}
	run_free(&x.run);
	lore_free(&x.lore);
	purposes_free(&x.purposes);
	choice_free(&x.choice);
	return ok ? 0 : 2;
}
