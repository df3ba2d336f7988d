/* What `espy run` runs again: cases that did not pass in an earlier run, and each case several times. */
#ifndef ESPY_RUNNER_RERUN_H
#define ESPY_RUNNER_RERUN_H

#include "runner/plan.h"

/* Keeps of the plan what did not pass in the run of this folder (FAIL, INCONCLUSIVE, ERROR, XPASS). gone: how many of those are not
 * in the plan. */
bool plan_keep_failed(struct plan *p, const char *dir, unsigned *gone, struct err *e) MUST_USE;
/* The whole plan n times, one round after the other. */
bool plan_repeat(struct plan *p, unsigned n, struct err *e) MUST_USE;

#endif
