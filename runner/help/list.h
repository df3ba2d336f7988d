/* espy list: which cases of a plan are shown (list_filter.c), and how (list_text.c, list_json.c). Private to these and cmd_list.c. */
#ifndef ESPY_RUNNER_HELP_LIST_H
#define ESPY_RUNNER_HELP_LIST_H

#include "runner/choice.h"

enum list_group { GROUP_SUITE, GROUP_CLAUSE, GROUP_LEVEL, GROUP_NEEDS, GROUP_PROFILE, LIST_GROUPS };
extern const char *const list_group_names[LIST_GROUPS];

#define LIST_FILTERS 32
struct list_filter {
	const char *needs[LIST_FILTERS], *clauses[LIST_FILTERS];
	unsigned needs_n, clauses_n;
};

/* "esn", or "none" for cases that need nothing; a feature that no case can need is an error. */
bool list_filter_needs(struct list_filter *f, const char *feature, struct err *e) MUST_USE;
/* "rfc4303/3.4.3", "RFC 4303 3.4.3": cases with this clause or one below it. */
bool list_filter_clause(struct list_filter *f, const char *clause, struct err *e) MUST_USE;
/* Leaves in the plan what passes. */
void list_filter_plan(const struct list_filter *f, struct plan *p);

/* How many items from this one on are of the same case: they stand together. */
unsigned list_combinations(const struct plan *p, unsigned from);

void list_text(struct choice *c, enum list_group by);
void list_ids(const struct choice *c); /* every suite and every case, one a line */
void list_json(struct choice *c);

#endif
