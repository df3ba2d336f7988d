#include "runner/help/explain.h"

#include <stdio.h>
#include <string.h>

#include "reports/clause.h"
#include "reports/wrap.h"

/* Calls back for every case that decides an id; how many there were. */
static unsigned
deciders(const struct explain *x, const char *id, void (*each)(const struct suite *, const struct case_spec *))
{
	unsigned n = 0;
	for (const struct suite *s = x->choice.suites; s != NULL; s = s->next)
		for (const struct case_spec *c = s->cases; c != NULL; c = c->next)
			for (const struct word_list *w = c->decides; w != NULL; w = w->next)
				if (strcmp(w->word, id) == 0) {
					n++;
					each(s, c);
				}
	return n;
}

static void
print_decider(const struct suite *s, const struct case_spec *c)
{
	printf("  decided by %s/%s: %s\n", s->name, c->name, c->title);
}

static void
print_decider_briefly(const struct suite *s, const struct case_spec *c)
{
	printf("             %s/%s\n", s->name, c->name);
}

/* The first clause that a purpose names: "4303§2.1"; false: none. */
static bool
clause_of(const struct purpose *p, struct clause_name *c)
{
	const char *at = p->clause;
	struct clause_part part = { .doc = "" };
	if (p->requirement) {
		snprintf(c->document, sizeof c->document, "%.50s", p->group);
		snprintf(c->section, sizeof c->section, "%.50s", p->section);
		return true;
	}
	if (!clause_next(&at, &part) || part.doc[0] == '\0')
		return false;
	snprintf(c->document, sizeof c->document, "rfc%.50s", part.doc);
	snprintf(c->section, sizeof c->section, "%.59s", part.section);
	return true;
}

static void
print_address(const struct clause_name *c)
{
	char url[200];
	if (strncmp(c->document, "rfc", 3) != 0)
		return;
	clause_url(c->document + 3, c->section, url, sizeof url);
	if (url[0] != '\0')
		printf("  %s\n", url);
}

void
explain_purpose(struct explain *x, const struct purpose *p)
{
	const struct lore_subject subject = { NULL, p->id, NULL };
	struct clause_name c;
	bool known = clause_of(p, &c);
	printf("%s  %s  %s%s%s%s%s\n", p->id, p->level, p->group, p->requirement ? " " : "", p->section,
	       p->requirement ? ", testable by: " : "", p->testable);
	printf("  ");
	wrap_text(stdout, p->text, 2, 2, x->width);
	if (!p->requirement && p->clause[0] != '-')
		printf("  (RFC %s)\n", p->clause);
	if (deciders(x, p->id, print_decider) == 0)
		printf("  no case names it\n");
	if (known)
		explain_why(x, &c);
	explain_lore(x, &subject);
}

/* --- a clause -------------------------------------------------------------------------------- */

static bool
purpose_is_of(const struct purpose *p, const struct clause_name *c)
{
	const char *at = p->clause;
	struct clause_part part = { .doc = "" };
	if (p->requirement)
		return clause_name_covers(c, p->group, p->section);
	while (clause_next(&at, &part)) {
		char document[20];
		snprintf(document, sizeof document, "rfc%s", part.doc);
		if (part.doc[0] != '\0' && clause_name_covers(c, document, part.section))
			return true;
	}
	return false;
}

static void
print_rules(const struct explain *x, const struct clause_name *c)
{
	unsigned n = 0;
	for (size_t i = 0; i < x->purposes.n; i++) {
		const struct purpose *p = &x->purposes.v[i];
		if (!purpose_is_of(p, c))
			continue;
		if (n++ == 0)
			explain_heading("What it asks, and which cases decide it");
		printf("  %-10s ", p->level);
		wrap_text(stdout, p->text, 13, 13, x->width);
		printf("             [%s]\n", p->id);
		if (deciders(x, p->id, print_decider_briefly) == 0)
			printf("             no case names it%s\n",
			       strcmp(p->testable, "untestable") == 0 ? ", it cannot be tested from outside" : "");
	}
}

static bool
case_is_of(const struct suite *s, const struct case_spec *k, const struct clause_name *c)
{
	const struct clause *all = k->clauses != NULL ? k->clauses : s->clauses;
	while (all != NULL && !clause_name_holds(all, c))
		all = all->next;
	return all != NULL;
}

static void
print_cases(const struct explain *x, const struct clause_name *c)
{
	unsigned n = 0;
	for (const struct suite *s = x->choice.suites; s != NULL; s = s->next)
		for (const struct case_spec *k = s->cases; k != NULL; k = k->next) {
			if (!case_is_of(s, k, c))
				continue;
			if (n++ == 0)
				explain_heading("Cases of this clause");
			int at = printf("  %-6s %s/%s: ", level_names[k->level], s->name, k->name);
			wrap_text(stdout, k->title, (unsigned)at, 9, x->width);
		}
}

/* Whether any case or purpose names it or one below it. */
static bool
is_known(const struct explain *x, const struct clause_name *c)
{
	for (size_t i = 0; i < x->purposes.n; i++)
		if (purpose_is_of(&x->purposes.v[i], c))
			return true;
	for (const struct suite *s = x->choice.suites; s != NULL; s = s->next)
		for (const struct case_spec *k = s->cases; k != NULL; k = k->next)
			if (case_is_of(s, k, c))
				return true;
	return false;
}

bool
explain_clause(struct explain *x, const struct clause_name *c)
{
	const struct lore_subject subject = { NULL, NULL, c };
	bool rfc = strncmp(c->document, "rfc", 3) == 0;
	const char *title = rfc ? clause_title(c->document + 3) : "";
	if (!is_known(x, c))
		return false;
	if (rfc)
		printf("RFC %s %s", c->document + 3, c->section);
	else
		printf(c->section[0] >= '0' && c->section[0] <= '9' ? "%s(%s)" : "%s %s", c->document, c->section);
	printf("%s%s\n", title[0] != '\0' ? "  " : "", title);
	print_address(c);
	explain_why(x, c);
	print_rules(x, c);
	print_cases(x, c);
	explain_lore(x, &subject);
	return true;
}
