/* What the commands that look at suites share: where the suites are, which cases were asked for, and what was meant instead. */
#ifndef ESPY_RUNNER_CHOICE_H
#define ESPY_RUNNER_CHOICE_H

#include "runner/plan.h"
#include "reports/lore.h"
#include "reports/purposes.h"

#define CHOICE_MAX 256

struct choice {
	const char *selectors[CHOICE_MAX], *params[CHOICE_MAX + 1], *paths[CHOICE_MAX];
	unsigned selectors_n, params_n, paths_n, levels;
	char found[1024];
	struct suite *suites;
	struct plan plan;
};

/* "must,should" as a bit mask of enum level, added to what is there. */
bool levels_parse(unsigned *levels, const char *list, struct err *e) MUST_USE;
bool choice_level(struct choice *c, const char *list, struct err *e) MUST_USE;
bool choice_param(struct choice *c, const char *filter, struct err *e) MUST_USE;
bool choice_suites(struct choice *c, const char *path, struct err *e) MUST_USE;
/* A suite file joins the paths, anything else the selectors. */
bool choice_operand(struct choice *c, const char *text, struct err *e) MUST_USE;

/* Reads the suites: of the paths given, or of the folder paths_find() finds. */
bool choice_load(struct choice *c, struct err *e) MUST_USE;
/* After choice_load. A selector that matches nothing is an error that offers near names. */
bool choice_plan(struct choice *c, struct err *e) MUST_USE;
/* The lists that belong to the suites: of the first path that has them, or of the project. */
bool choice_purposes(const struct choice *c, struct purposes *p, struct err *e) MUST_USE;
bool choice_lore(const struct choice *c, struct lore *l, struct err *e) MUST_USE; /* likewise */
/* ": did you mean ..?" among suites and cases. */
void choice_suggest(const struct choice *c, const char *given, char *out, size_t cap);
void choice_free(struct choice *c);

#endif
