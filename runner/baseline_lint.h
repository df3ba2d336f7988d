/* What is wrong with a baseline: by itself, against the suites, and against a run. */
#ifndef ESPY_RUNNER_BASELINE_LINT_H
#define ESPY_RUNNER_BASELINE_LINT_H

#include "reports/compare/baseline.h"
#include "runner/choice.h"

/* Prints "FILE:LINE: .." for each finding and returns how many. choice: the whole plan; run: NULL, or what must agree with the list. */
unsigned baseline_lint(FILE *out, const struct baseline *b, const struct choice *c, const struct run_record *run,
		       const char *day);

#endif
