#include "runner/death.h"

#include <stdio.h>
#include <string.h>

bool
death_is_judged(const struct case_spec *spec)
{
	for (const struct word_list *w = spec->decides; w != NULL; w = w->next)
		if (strncmp(w->word, "RB-", 3) == 0 || strncmp(w->word, "RK-", 3) == 0)
			return true;
	return false;
}

/* What went to the target last, as far as it can kill: a packet, or a PF_KEY message. */
static const struct exhibit *
last_input(const struct evidence *ev)
{
	const struct exhibit *last = NULL;
	for (const struct exhibit *x = ev->first; x != NULL; x = x->next)
		if (x->kind == EV_FRAME_OUT || x->kind == EV_PFKEY_OUT || x->kind == EV_XFRM_OUT)
			last = x;
	return last;
}

static const char *
name_of(const struct exhibit *x)
{
	return x->kind == EV_FRAME_OUT ? "packet" : x->kind == EV_PFKEY_OUT ? "PF_KEY message" : "XFRM message";
}

void
death_judge(struct engine *g, const struct plan_item *item, const struct evidence *ev, struct outcome *o)
{
	struct target *t = g->target;
	char how[400];
	if (!g->dead || t->ended == NULL || !t->ended(t, how, sizeof how))
		return;
	snprintf(g->why_dead, sizeof g->why_dead, "it %.290s", how);
	const struct exhibit *last = last_input(ev);
	if (o->verdict != V_INCONCLUSIVE)
		return;
	bool judged = last != NULL && death_is_judged(item->spec);
	o->verdict = judged ? V_FAIL : V_INCONCLUSIVE;
	if (last != NULL && last->line != 0)
		snprintf(o->reason, sizeof o->reason, "the target died after the %s of line %u: it %.400s",
			 name_of(last), last->line, how);
	else
		snprintf(o->reason, sizeof o->reason, "the target died: it %.400s", how);
}
