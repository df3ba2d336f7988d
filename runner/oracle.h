/*
 * The oracle: a reference host of the target's own profile, in this process, configured as the target is. What becomes of a packet is
 * asked of both, so that an author need not work it out for every mix of policies.
 */
#ifndef ESPY_RUNNER_ORACLE_H
#define ESPY_RUNNER_ORACLE_H

#include "runner/stage.h"

struct oracle;
void oracle_free(struct oracle *o); /* NULL allowed */

/* A stage on the oracle with the setkey blocks that the case has applied so far; made at the first question, owned by the engine. NULL
 * with e. */
struct stage *oracle_stage(struct stage *s, struct err *e);

#endif
