#include "runner/second_look.h"

#include <stdio.h>

#define PATIENCE_NS 500000000u /* a case that waits for lifetimes is not worth its time again */

/* Not where somebody types the configuration: he is asked once. */
static bool
is_worth_it(const struct engine *g, const struct outcome *o, uint64_t took)
{
	return o->verdict == V_FAIL && g->target->has_channel && !g->dead && took < PATIENCE_NS;
}

const struct evidence *
second_look_run(struct second_look *l, struct engine *g, const struct plan_item *item, struct outcome *o)
{
	struct outcome again;
	uint64_t began = clock_ns();
	engine_run(g, item, &l->first, o);
	if (!is_worth_it(g, o, clock_ns() - began))
		return &l->first;
	g->counting = true;
	engine_run(g, item, &l->again, &again);
	g->counting = false;
	if (again.verdict == V_FAIL && again.step == o->step) {
		*o = again;
		o->looks = LOOKS_STEADY;
		return &l->again;
	}
	o->looks = LOOKS_UNSTEADY;
	if (o->hints < OUTCOME_HINTS)
		snprintf(
			o->hint[o->hints++], sizeof o->hint[0],
			"Asked again at once, the case came to another end (%s%s): the target or the way to it is not steady.",
			verdict_words[again.verdict], again.verdict == V_FAIL ? " at another step" : "");
	return &l->first;
}

void
second_look_free(struct second_look *l)
{
	evidence_free(&l->first);
	evidence_free(&l->again);
}
