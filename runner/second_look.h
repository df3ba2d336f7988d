/*
 * A case that fails is asked a second time at once, now with the target's counters read before and after: to know whether it fails
 * steadily, and which check the target says a packet did not pass, at no cost to the cases that pass.
 */
#ifndef ESPY_RUNNER_SECOND_LOOK_H
#define ESPY_RUNNER_SECOND_LOOK_H

#include "runner/engine.h"

struct second_look {
	struct evidence first, again;
};

/* As engine_run(). Returns the evidence of the outcome, which is valid until the next call. */
const struct evidence *second_look_run(struct second_look *l, struct engine *g, const struct plan_item *item,
				       struct outcome *o);
void second_look_free(struct second_look *l);

#endif
