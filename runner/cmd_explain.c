/* espy explain: what a case claims, how it asks, and what became of it. */
#include <stdio.h>
#include <string.h>

#include "reports/event.h"
#include "runner/choice.h"
#include "runner/commands.h"
#include "runner/decided.h"
#include "runner/options.h"
#include "runner/suite_source.h"

enum { O_RUN, O_SUITES };

static const struct option_row rows[] = {
	[O_RUN] = { 0, "run", "DIR", "with its outcomes in this run" },
	[O_SUITES] = { 0, "suites", "PATH", "a suite file or a folder of them; may be repeated" },
	{ 0, NULL, NULL, NULL },
};

const struct options explain_options = {
	"espy explain ID.. [--run DIR]",
	"Explains a case: claim, level, clauses, what it decides, its parameters and its steps as the suite has them. ID\n"
	"is a case, a case with parameters, a purpose or requirement (SQ-09), or whatever espy run selects by; where that\n"
	"is more than one case, they are listed. Exit status: 0, 2 usage or an unknown ID.",
	rows,
};

#define WIDTH 100

struct request {
	struct choice choice;
	struct purposes purposes;
	const char *dir;
	struct run_record run;
	const char *ids[CHOICE_MAX];
	unsigned ids_n;
};

/* --- one case -------------------------------------------------------------------------------- */

static void
print_words(const struct purposes *p, const char *label, const struct word_list *w)
{
	if (w == NULL)
		return;
	printf("%s", label);
	for (; w != NULL; w = w->next) {
		const struct purpose *known = purposes_find(p, w->word);
		printf(" %s", w->word);
		if (known != NULL)
			printf(" (%s)", known->level);
	}
	putchar('\n');
}

static void
print_head(struct request *q, const struct plan_item *it)
{
	struct arena *a = &q->choice.plan.arena;
	const struct clause *k = it->spec->clauses != NULL ? it->spec->clauses : it->suite->clauses;
	printf("%s\n  %s\n\nlevel:     %s\nclause:   ", it->id, it->spec->title, level_names[it->spec->level]);
	for (; k != NULL; k = k->next)
		printf(" %s%s", clause_print(a, k), k->next != NULL ? "," : "");
	printf("\nsuite:     %s, %s:%u\n", it->suite->title, it->suite->file, it->spec->at.line);
	print_words(&q->purposes, "decides:  ", it->spec->decides);
	print_words(&q->purposes, "profiles: ", case_profiles(it->suite, it->spec));
	print_words(&q->purposes, "needs:    ", it->spec->needs);
	if (it->spec->raw_transform)
		printf("           is run even where the target is known to deviate from a transform (uncalibrated)\n");
}

/* Distinct values of one parameter over the combinations; values of a parameter repeat, so each is printed at its first. */
static void
print_values(const struct plan *p, unsigned param)
{
	int column = printf("  %-10s", p->items[0].params[param].name);
	for (unsigned i = 0; i < p->n; i++) {
		const char *value = p->items[i].params[param].value;
		unsigned k = 0;
		while (k < i && strcmp(p->items[k].params[param].value, value) != 0)
			k++;
		if (k < i)
			continue;
		if (column + 1 + (int)strlen(value) > WIDTH)
			column = printf("\n%12s", "") - 1;
		column += printf(" %s", value);
	}
	putchar('\n');
}

static void
print_params(const struct plan *p)
{
	if (p->n == 1 && p->items[0].params_n == 0)
		return;
	printf("\n%u combination%s:\n", p->n, p->n == 1 ? "" : "s");
	for (unsigned i = 0; i < p->items[0].params_n; i++)
		print_values(p, i);
}

/* What the engine sets up first: the setup named, or the suite's default. */
static const char *
setup_of(const struct plan_item *it)
{
	const char *name = it->spec->setup != NULL ? it->spec->setup : "default";
	for (const struct setup *s = it->suite->setups; s != NULL; s = s->next)
		if (strcmp(s->name, name) == 0)
			return name;
	return NULL;
}

static bool
print_steps(const struct plan_item *it, struct err *e)
{
	struct source src;
	const char *setup = setup_of(it);
	if (!source_open(&src, it->suite->file, e))
		return false;
	unsigned from = setup != NULL ? source_find_setup(&src, setup) : 0;
	if (from > 0) {
		printf("\nFirst, the setup '%s' of the suite (%s:%u):\n", setup, it->suite->file, from);
		source_print(&src, from, stdout);
	}
	printf("\nThe case (%s:%u):\n", it->suite->file, it->spec->at.line);
	source_print(&src, it->spec->at.line, stdout);
	source_close(&src);
	return true;
}

/* --- what became of it ----------------------------------------------------------------------- */

static bool
in_plan(const struct plan *p, const char *full_id)
{
	for (unsigned i = 0; i < p->n; i++)
		if (strcmp(p->items[i].full_id, full_id) == 0)
			return true;
	return false;
}

static void
print_outcome(const struct request *q, const json_t *event, unsigned nth)
{
	char why[1200], path[1024];
	event_why(event, why, sizeof why);
	printf("  %s ", event_text(event, "verdict"));
	put_printable(stdout, event_text(event, "full_id"), true);
	printf("%s%s\n", why[0] != '\0' ? "  " : "", why);
	if (!event_unmet(event))
		return;
	case_path(event_text(event, "full_id"), nth, path, sizeof path);
	printf("       at ");
	put_printable(stdout, event_text(event, "file"), true);
	printf(":%ld, packets in %s/%s\n", event_line(event), q->dir, path);
}

static void
print_outcomes(const struct request *q)
{
	json_t *book = json_object();
	const json_t *event, *target = json_object_get(q->run.start, "target");
	struct tally t = { 0 };
	size_t i;
	printf("\nIn %s (", q->dir);
	put_printable(stdout, event_text(target, "name"), true);
	printf(" %s, %s):\n", event_text(target, "release"), event_text(q->run.start, "started"));
	json_array_foreach(q->run.cases, i, event) {
		const char *id = event_text(event, "full_id");
		unsigned *count = tally_of(&t, event_text(event, "verdict")), nth = names_seen(book, id);
		if (count == NULL || !in_plan(&q->choice.plan, id))
			continue;
		++*count;
		t.total++;
		if (!event_is(event, "PASS"))
			print_outcome(q, event, nth);
	}
	json_decref(book);
	printf("  %u of %u passed%s\n", t.pass, t.total, t.total == 0 ? ": it was not run" : "");
}

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

static void
print_purpose(const struct request *q, const struct purpose *p)
{
	unsigned n = 0;
	printf("%s  %s  %s%s%s%s%s\n", p->id, p->level, p->group, p->requirement ? " " : "", p->section,
	       p->requirement ? ", testable by: " : "", p->testable);
	for (const struct suite *s = q->choice.suites; s != NULL; s = s->next)
		for (const struct case_spec *c = s->cases; c != NULL; c = c->next)
			for (const struct word_list *w = c->decides; w != NULL; w = w->next)
				if (strcmp(w->word, p->id) == 0 && ++n)
					printf("  decided by %s/%s: %s\n", s->name, c->name, c->title);
	if (n == 0)
		printf("  no case names it\n");
}

static bool
explain_unknown(struct request *q, const char *id, struct err *e)
{
	char hint[300];
	choice_suggest(&q->choice, id, hint, sizeof hint);
	if (hint[0] == '\0')
		return purposes_unknown(&q->purposes, id, e) || err_prefix(e, "no case matches '%s', and", id);
	return fail(e, ERR_UNKNOWN, "no case matches '%s'%s", id, hint);
}

static bool
explain(struct request *q, const char *id, struct err *e)
{
	const struct selection sel = { &id, 1, 0, NULL };
	const struct purpose *known = purposes_find(&q->purposes, id);
	struct plan *p = &q->choice.plan;
	if (known != NULL) {
		print_purpose(q, known);
		return true;
	}
	plan_free(p);
	*p = (struct plan){ 0 };
	if (!plan_make(p, q->choice.suites, &sel, e))
		return false;
	if (p->n == 0)
		return explain_unknown(q, id, e);
	if (!one_case(p)) {
		print_cases(p, id);
		return true;
	}
	print_head(q, &p->items[0]);
	print_params(p);
	if (!print_steps(&p->items[0], e))
		return false;
	if (q->dir != NULL)
		print_outcomes(q);
	return true;
}

/* --- the command ----------------------------------------------------------------------------- */

static bool
take_option(struct request *q, int which, const char *value, struct err *e)
{
	if (which == O_SUITES)
		return choice_suites(&q->choice, value, e);
	q->dir = value;
	return true;
}

static bool
take_operand(struct request *q, const char *text, struct err *e)
{
	size_t n = strlen(text);
	if (n > 6 && strcmp(text + n - 6, ".suite") == 0)
		return choice_suites(&q->choice, text, e);
	if (q->ids_n == CHOICE_MAX)
		return fail(e, ERR_RANGE, "'%s': too many, want at most %d", text, CHOICE_MAX);
	q->ids[q->ids_n++] = text;
	return true;
}

static bool
explain_all(struct request *q, struct err *e)
{
	if (q->ids_n == 0)
		return fail(e, ERR_SYNTAX, "want the ID of a case (espy list shows them)");
	if (!choice_load(&q->choice, e) || !choice_purposes(&q->choice, &q->purposes, e) ||
	    (q->dir != NULL && !run_read(&q->run, q->dir, e)))
		return false;
	for (unsigned i = 0; i < q->ids_n; i++) {
		if (i > 0)
			putchar('\n');
		if (!explain(q, q->ids[i], e))
			return false;
	}
	return true;
}

int
cmd_explain(int argc, char **argv)
{
	struct request q = { 0 };
	struct err e = { 0 };
	const char *value;
	bool ok = true;
	int which, first;
	while (ok && (which = options_next(&explain_options, argc, argv, &value, &first)) >= 0)
		ok = take_option(&q, which, value, &e);
	if (ok && which != -1)
		return which == -3 ? 0 : 2;
	while (ok && first < argc)
		ok = take_operand(&q, argv[first++], &e);
	ok = ok && explain_all(&q, &e);
	if (!ok)
		fprintf(stderr, "espy explain: %s\n", e.text);
	run_free(&q.run);
	purposes_free(&q.purposes);
	choice_free(&q.choice);
	return ok ? 0 : 2;
}
