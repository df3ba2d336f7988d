/* Whether the ids that cases name are in the lists of purposes and requirements. */
#ifndef ESPY_RUNNER_DECIDED_H
#define ESPY_RUNNER_DECIDED_H

#include "reports/purposes.h"
#include "runner/suite.h"

/* Whether every id that a case names is in a list: FILE:LINE:COLUMN of the first that is not. */
bool purposes_check(const struct purposes *p, const struct suite *suites, struct err *e) MUST_USE;
/* The error for an id that is in neither list, with near ones. */
bool purposes_unknown(const struct purposes *p, const char *id, struct err *e);

#endif
