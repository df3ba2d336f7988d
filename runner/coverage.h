/*
 * Which purposes and requirements are decided: by which cases, and in runs on which targets. An id is decided when a case
 * names it and, where runs were given, that case came to a verdict on one of their targets.
 */
#ifndef ESPY_RUNNER_COVERAGE_H
#define ESPY_RUNNER_COVERAGE_H

#include <jansson.h>

#include "reports/journal.h"
#include "reports/purposes.h"
#include "runner/suite.h"

struct coverage {
	json_t *by;      /* id: [case id, ..] */
	json_t *told;    /* case id: {target: null (a verdict) or why there is none} */
	json_t *targets; /* {target: true}, in the order of the runs */
};

struct covered {
	bool decided;
	json_t *by, *targets; /* arrays; freed by covered_free */
	char reason[400];     /* why undecided; "" */
};

void coverage_open(struct coverage *c, const struct suite *suites);
void coverage_add_run(struct coverage *c, const struct run_record *r);
void coverage_of(const struct coverage *c, const struct purpose *p, struct covered *d);
void covered_free(struct covered *d);
void coverage_close(struct coverage *c);

#endif
