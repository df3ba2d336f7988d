/* What the files behind `espy explain` share: cmd_explain.c finds what was asked for, explain_*.c tell of it. */
#ifndef ESPY_RUNNER_HELP_EXPLAIN_H
#define ESPY_RUNNER_HELP_EXPLAIN_H

#include "reports/lore.h"
#include "reports/journal.h"
#include "runner/choice.h"
#include "runner/help/clause_name.h"

struct explain {
	struct choice choice;
	struct purposes purposes;
	struct lore lore;
	const char *dir; /* --run; NULL: none */
	struct run_record run;
	const char *ids[CHOICE_MAX];
	unsigned ids_n;
	bool no_run, show_keys;
	unsigned width; /* of text */
};

/* --- explain_case.c: one case, whose combinations are the plan ----------------------------------- */
bool explain_case(struct explain *x, struct err *e) MUST_USE;

/* --- explain_exchange.c: the first combination that the reference can be asked, run on it, packet by packet ---- */
void explain_exchange(struct explain *x);

/* --- explain_outcome.c: what became of it in --run ------------------------------------------------ */
void explain_outcomes(const struct explain *x);

/* --- explain_clause.c: a clause, a purpose or a requirement: what it asks, and which cases decide it -- */
/* False: nothing is known of the clause. */
bool explain_clause(struct explain *x, const struct clause_name *c);
void explain_purpose(struct explain *x, const struct purpose *p);

/* --- explain_lore.c: why it matters, what usually goes wrong, and what did ------------------------- */

/* One of them: of a case, of every case that decides a purpose, or of a clause. */
struct lore_subject {
	const char *case_id, *purpose;
	const struct clause_name *clause;
};
void explain_why(const struct explain *x, const struct clause_name *c);
void explain_lore(const struct explain *x, const struct lore_subject *s);

/* A heading with a blank line in front of it. */
void explain_heading(const char *text);

#endif
