/* Which transforms a manager's target takes, found by giving it an SA; each is tried once, when a case first asks. */
#ifndef ESPY_RUNNER_TRIAL_H
#define ESPY_RUNNER_TRIAL_H

#include "runner/manager.h"

/* Else why has the target's words. A transform that cannot be tried (the target died) is taken: the case itself will say so. */
bool trial_passes(struct engine *g, const struct manager *m, const char *transform, char *why, size_t cap);

#endif
