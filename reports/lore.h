/*
 * What is known around the rules, for people who look at a failure: why a clause matters (suites/why.tsv), what goes wrong with it
 * (suites/faults.tsv: the faults that are planted to try the suites), and what went wrong in real stacks (suites/bugs.tsv).
 */
#ifndef ESPY_REPORTS_LORE_H
#define ESPY_REPORTS_LORE_H

#include "reports/tsv.h"

struct lore {
	struct tsv why, faults, bugs;
};

struct lore_fault {
	const char *id, *clause, *case_id, *text;
};
struct lore_bug {
	const char *id, *clause, *case_id, *stack, *reference, *text;
};

/* The three lists of a folder; one that is not there is empty. */
bool lore_load(struct lore *l, const char *folder, struct err *e) MUST_USE;
void lore_free(struct lore *l);

/* Clauses with a sentence: "RFC 4303 2.4"; i counts from 0; NULL at the end. */
const char *lore_why_clause(const struct lore *l, size_t i);
const char *lore_why_text(const struct lore *l, size_t i);
/* False: no more. */
bool lore_fault(const struct lore *l, size_t i, struct lore_fault *f);
bool lore_bug(const struct lore *l, size_t i, struct lore_bug *b);

#endif
