#include "runner/help/explain.h"

#include <stdio.h>
#include <string.h>

#include "reports/wrap.h"
#include "runner/suite_source.h"

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
print_head(struct explain *x, const struct plan_item *it)
{
	struct arena *a = &x->choice.plan.arena;
	const struct clause *k = it->spec->clauses != NULL ? it->spec->clauses : it->suite->clauses;
	printf("%s\n  %s\n\nlevel:     %s\nclause:   ", it->id, it->spec->title, level_names[it->spec->level]);
	for (; k != NULL; k = k->next)
		printf(" %s%s", clause_print(a, k), k->next != NULL ? "," : "");
	printf("\nsuite:     %s, %s:%u\n", it->suite->title, it->suite->file, it->spec->at.line);
	print_words(&x->purposes, "decides:  ", it->spec->decides);
	print_words(&x->purposes, "profiles: ", case_profiles(it->suite, it->spec));
	print_words(&x->purposes, "needs:    ", it->spec->needs);
	if (it->spec->raw_transform)
		printf("           is run even where the target is known to deviate from a transform (uncalibrated)\n");
}

/* Distinct values of one parameter over the combinations; values of a parameter repeat, so each is printed at its first. */
static void
print_values(const struct plan *p, unsigned param, unsigned width)
{
	int column = printf("  %-10s", p->items[0].params[param].name);
	for (unsigned i = 0; i < p->n; i++) {
		const char *value = p->items[i].params[param].value;
		unsigned k = 0;
		while (k < i && strcmp(p->items[k].params[param].value, value) != 0)
			k++;
		if (k < i)
			continue;
		if (column + 1 + (int)strlen(value) > (int)width)
			column = printf("\n%12s", "") - 1;
		column += printf(" %s", value);
	}
	putchar('\n');
}

static void
print_params(const struct plan *p, unsigned width)
{
	if (p->n == 1 && p->items[0].params_n == 0)
		return;
	printf("\n%u combination%s:\n", p->n, p->n == 1 ? "" : "s");
	for (unsigned i = 0; i < p->items[0].params_n; i++)
		print_values(p, i, width);
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

/* What the purposes and requirements that it decides ask, in our words. */
static void
print_rules(const struct explain *x, const struct case_spec *c)
{
	bool any = false;
	for (const struct word_list *w = c->decides; w != NULL; w = w->next) {
		const struct purpose *p = purposes_find(&x->purposes, w->word);
		if (p == NULL)
			continue;
		if (!any)
			explain_heading("The rule");
		any = true;
		int at = printf("  %-6s ", p->level);
		wrap_text(stdout, p->text, (unsigned)at, 9, x->width);
	}
}

bool
explain_case(struct explain *x, struct err *e)
{
	const struct plan *p = &x->choice.plan;
	const struct plan_item *it = &p->items[0];
	const struct clause *k = it->spec->clauses != NULL ? it->spec->clauses : it->suite->clauses;
	const struct lore_subject subject = { it->id, NULL, NULL };
	struct clause_name c;
	print_head(x, it);
	print_rules(x, it->spec);
	if (k != NULL && clause_name_read(arena_printf(&x->choice.plan.arena, "%s/%s", k->document, k->section), &c))
		explain_why(x, &c);
	print_params(p, x->width);
	if (!print_steps(it, e))
		return false;
	if (!x->no_run)
		explain_exchange(x);
	explain_lore(x, &subject);
	if (x->dir != NULL)
		explain_outcomes(x);
	return true;
}
