/* The lists of faults, bugs and reasons that `espy explain` shows, held against the suites. */
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "reports/lore.h"
#include "runner/help/clause_name.h"
#include "runner/plan.h"

static struct suite *suites;
static struct lore lore;

static void
begin(void)
{
	static const char *const folder[] = { "suites" };
	struct err e;
	cr_assert(suites_load(&suites, folder, 1, &e), "%s", e.text);
	cr_assert(lore_load(&lore, "suites", &e), "%s", e.text);
}

static void
end(void)
{
	lore_free(&lore);
	suites_free(suites);
}

TestSuite(lore, .init = begin, .fini = end);

/* Vectors and programs of unit tests judge what no packet shows. */
static bool
case_exists(const char *id)
{
	if (strcmp(id, "vectors") == 0 || strncmp(id, "unit ", 5) == 0)
		return true;
	for (const struct suite *s = suites; s != NULL; s = s->next)
		for (const struct case_spec *c = s->cases; c != NULL; c = c->next) {
			char name[200];
			snprintf(name, sizeof name, "%s/%s", s->name, c->name);
			if (strcmp(name, id) == 0)
				return true;
		}
	return false;
}

Test(lore, every_fault_and_bug_names_a_case_that_there_is)
{
	struct lore_fault f;
	struct lore_bug b;
	size_t faults = 0, bugs = 0;
	for (; lore_fault(&lore, faults, &f); faults++)
		cr_expect(case_exists(f.case_id), "faults.tsv: %s: no case %s", f.id, f.case_id);
	for (; lore_bug(&lore, bugs, &b); bugs++)
		cr_expect(case_exists(b.case_id), "bugs.tsv: %s: no case %s", b.id, b.case_id);
	cr_assert(gt(sz, faults, 300));
	cr_assert(gt(sz, bugs, 100));
}

Test(lore, a_bug_and_the_fault_of_its_id_are_found_by_the_same_case)
{
	struct lore_fault f;
	struct lore_bug b;
	for (size_t i = 0; lore_bug(&lore, i, &b); i++) {
		bool any = false, same = false;
		for (size_t k = 0; lore_fault(&lore, k, &f); k++)
			if (strcmp(f.id, b.id) == 0) {
				any = true;
				same |= strcmp(f.case_id, b.case_id) == 0;
			}
		cr_expect(any == false || same, "bugs.tsv: %s: %s does not find the fault of this id", b.id, b.case_id);
	}
}

Test(lore, clauses_can_be_read)
{
	struct clause_name c;
	struct lore_bug b;
	const char *why;
	for (size_t i = 0; (why = lore_why_clause(&lore, i)) != NULL; i++)
		cr_expect(clause_name_read(why, &c), "why.tsv: %s", why);
	for (size_t i = 0; lore_bug(&lore, i, &b); i++)
		cr_expect(strncmp(b.clause, "RFC ", 4) != 0 || clause_name_read(b.clause, &c), "bugs.tsv: %s: %s", b.id,
			  b.clause);
}

static bool
has_reason(const struct clause *k)
{
	const char *why;
	for (size_t i = 0; (why = lore_why_clause(&lore, i)) != NULL; i++) {
		struct clause_name c;
		if (clause_name_read(why, &c) && clause_name_covers(&c, k->document, k->section))
			return true;
	}
	return false;
}

Test(lore, the_clauses_of_the_protocols_have_a_reason)
{
	static const char *const documents[] = { "rfc4301", "rfc4302", "rfc4303", "rfc2367", "rfc3948", "setkey" };
	for (const struct suite *s = suites; s != NULL; s = s->next)
		for (const struct case_spec *c = s->cases; c != NULL; c = c->next) {
			const struct clause *k = c->clauses != NULL ? c->clauses : s->clauses;
			for (size_t i = 0; k != NULL && i < sizeof documents / sizeof documents[0]; i++)
				cr_expect(strcmp(k->document, documents[i]) != 0 || has_reason(k), "%s/%s: %s %s",
					  s->name, c->name, k->document, k->section);
		}
}
