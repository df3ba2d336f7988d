/*
 * A target that dies. As a rule a case then says nothing: INCONCLUSIVE, and a new instance goes on. But where a case is about robustness
 * (it decides a purpose of that level) and the target ended by itself after input of ours, its end is the answer: FAIL.
 */
#ifndef ESPY_RUNNER_DEATH_H
#define ESPY_RUNNER_DEATH_H

#include "runner/engine.h"

/* Whether a case decides purposes of robustness: ids RB-.. (packets) and RK-.. (PF_KEY). */
bool death_is_judged(const struct case_spec *spec);

/* The outcome of a case during which g became dead; rewrites o where it is more than INCONCLUSIVE, and says how the target ended. */
void death_judge(struct engine *g, const struct plan_item *item, const struct evidence *ev, struct outcome *o);

#endif
