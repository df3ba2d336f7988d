#include "runner/help/explain.h"

#include <stdio.h>
#include <string.h>

#include "reports/wrap.h"

#define SHOWN 12 /* of a clause as wide as a whole RFC there would be hundreds */

void
explain_heading(const char *text)
{
	printf("\n%s\n", text);
}

static bool
clause_named(const char *text, const struct clause_name *c)
{
	struct clause_name k;
	return clause_name_read(text, &k) && clause_name_covers(c, k.document, k.section);
}

/* The sentence of the clause, or of the nearest one above it. */
void
explain_why(const struct explain *x, const struct clause_name *c)
{
	const char *best = NULL, *name;
	size_t best_n = 0;
	for (size_t i = 0; (name = lore_why_clause(&x->lore, i)) != NULL; i++) {
		struct clause_name k;
		if (!clause_name_read(name, &k) || !clause_name_covers(&k, c->document, c->section))
			continue;
		if (best == NULL || strlen(k.section) >= best_n) {
			best = lore_why_text(&x->lore, i);
			best_n = strlen(k.section);
		}
	}
	if (best == NULL)
		return;
	explain_heading("Why it matters");
	printf("  ");
	wrap_text(stdout, best, 2, 2, x->width);
}

static bool
decides(const struct explain *x, const char *case_id, const char *purpose)
{
	for (const struct suite *s = x->choice.suites; s != NULL; s = s->next)
		for (const struct case_spec *c = s->cases; c != NULL; c = c->next) {
			size_t n = strlen(s->name);
			if (strncmp(case_id, s->name, n) != 0 || case_id[n] != '/' ||
			    strcmp(case_id + n + 1, c->name) != 0)
				continue;
			for (const struct word_list *w = c->decides; w != NULL; w = w->next)
				if (strcmp(w->word, purpose) == 0)
					return true;
		}
	return false;
}

static bool
is_about(const struct explain *x, const struct lore_subject *s, const char *case_id, const char *clause)
{
	if (s->case_id != NULL)
		return strcmp(s->case_id, case_id) == 0;
	if (s->purpose != NULL)
		return decides(x, case_id, s->purpose);
	return clause_named(clause, s->clause);
}

/* "(and 12 more)" where there is no end of them. */
static void
print_rest(unsigned n)
{
	if (n > SHOWN)
		printf("  (and %u more)\n", n - SHOWN);
}

static void
print_faults(const struct explain *x, const struct lore_subject *s)
{
	struct lore_fault f;
	unsigned n = 0;
	for (size_t i = 0; lore_fault(&x->lore, i, &f); i++) {
		if (!is_about(x, s, f.case_id, f.clause) || n++ >= SHOWN)
			continue;
		if (n == 1)
			explain_heading(
				"Common causes of a failure (each was planted into the reference and found by this)");
		printf("  - ");
		wrap_text(stdout, f.text, 4, 4, x->width);
		if (s->case_id == NULL)
			printf("    found by %s\n", f.case_id);
	}
	print_rest(n);
}

/* "CVE-2018-6916" somewhere in the reference has an address of its own. */
static void
print_reference(const char *reference)
{
	const char *cve = strstr(reference, "CVE-");
	printf("    (%s", reference);
	if (cve != NULL)
		printf("; https://www.cve.org/CVERecord?id=%.*s", (int)(4 + strspn(cve + 4, "0123456789-")), cve);
	printf(")\n");
}

static void
print_bugs(const struct explain *x, const struct lore_subject *s)
{
	struct lore_bug b;
	unsigned n = 0;
	for (size_t i = 0; lore_bug(&x->lore, i, &b); i++) {
		if (!is_about(x, s, b.case_id, b.clause) || n++ >= SHOWN)
			continue;
		if (n == 1)
			explain_heading("Real bugs of this kind");
		printf("  - ");
		int at = printf("%s: ", b.stack);
		wrap_text(stdout, b.text, 4 + (unsigned)at, 4, x->width);
		print_reference(b.reference);
	}
	print_rest(n);
}

void
explain_lore(const struct explain *x, const struct lore_subject *s)
{
	print_faults(x, s);
	print_bugs(x, s);
}
