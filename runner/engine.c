#include "runner/engine.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "runner/capability.h"
#include "runner/death.h"
#include "runner/diagnose.h"
#include "runner/stage.h"

const char *const verdict_words[V_N] = {
	[V_PASS] = "PASS", [V_FAIL] = "FAIL", [V_INCONCLUSIVE] = "INCONCLUSIVE", [V_SKIP] = "SKIP", [V_ERROR] = "ERROR",
};

bool
engine_swaps(const struct engine *g)
{
	bool we_are_big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
	return g->target->channel.hello.big_endian != we_are_big;
}

void
stage_decide(struct stage *s, enum outcome_verdict v, const char *fmt, ...)
{
	if (s->stop)
		return;
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(s->o->reason, sizeof s->o->reason, fmt, ap);
	va_end(ap);
	s->o->verdict = (uint8_t)v;
	s->o->step = s->step;
	s->stop = true;
}

static void
engine_died(struct engine *g, const struct err *e)
{
	g->dead = true;
	snprintf(g->why_dead, sizeof g->why_dead, "%.290s", e->text);
}

void
stage_error(struct stage *s, const struct err *e)
{
	bool environment = e->code == ERR_DEAD || e->code == ERR_IO;
	if (e->code == ERR_DEAD)
		engine_died(s->g, e);
	stage_decide(s, environment ? V_INCONCLUSIVE : V_ERROR, "%s", e->text);
}

void
stage_did(struct stage *s, struct bytes octets, const char *fmt, ...)
{
	char text[600];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	evidence_add(s->ev, EV_DO, s->step != NULL ? s->step->at.line : 0, 0, octets, text);
}

typedef void step_function(struct stage *, const struct step *);
/* clang-format off */
static step_function *const step_functions[] = {
	[STEP_SETKEY] = step_setkey,       [STEP_SEND] = step_send,
	[STEP_EXPECT] = step_expect,       [STEP_PFKEY_SEND] = step_pfkey_send,
	[STEP_PFKEY_EXPECT] = step_pfkey_expect, [STEP_APP_OPEN] = step_app,
	[STEP_APP_SEND] = step_app,        [STEP_APP_CLOSE] = step_app,
	[STEP_DELIVER] = step_deliver,     [STEP_TUNABLE] = step_tunable,
	[STEP_WAIT] = step_wait,           [STEP_FOR] = step_for,
	[STEP_REPEAT] = step_repeat,       [STEP_SHUFFLE] = step_shuffle,
	[STEP_MODEL] = step_model,         [STEP_ANY] = step_any,
	[STEP_IF] = step_if,               [STEP_AUDIT] = step_audit,
	[STEP_LET] = step_let,             [STEP_ALIVE] = step_alive,
	[STEP_TUNABLE_IS] = step_tunable_is,
	[STEP_NOTE] = step_note,           [STEP_PFKEY_CLOSE] = step_pfkey_close,
	[STEP_APP_POLICY] = step_app,      [STEP_APP_POLICY_IS] = step_app,
	[STEP_CHECK] = step_check,         [STEP_PREDICT] = step_predict,
};
/* clang-format on */

void
steps_run(struct stage *s, const struct step *steps)
{
	for (const struct step *st = steps; st != NULL && !s->stop; st = st->next) {
		size_t store = s->store.n;
		s->step = st;
		arena_reset(s->scratch);
		s->o->want[0] = s->o->got[0] = '\0'; /* of this step, not of one before */
		step_functions[st->kind](s, st);
		s->store.n = store; /* what a step builds it uses itself */
		s->store.full = false;
	}
}

/* --- a case ---------------------------------------------------------------------------------- */

static const struct step *
setup_steps(const struct plan_item *item)
{
	const char *want = item->spec->setup != NULL ? item->spec->setup : "default";
	for (const struct setup *u = item->suite->setups; u != NULL; u = u->next)
		if (strcmp(u->name, want) == 0)
			return u->steps;
	return NULL;
}

static void
restore(struct stage *s)
{
	struct channel *c = &s->g->target->channel;
	struct err e = { 0 };
	if (!s->g->dead && !audit_end(s, &e))
		engine_died(s->g, &e);
	/* Backwards, so that one set twice gets the value from before the first. One that cannot be put back would falsify what follows:
	 * a fresh target is better. */
	while (s->tunables > 0 && !s->g->dead) {
		s->tunables--;
		if (c->ops->tunable_set(c, s->tunable[s->tunables].name, s->tunable[s->tunables].was, &e))
			continue;
		(void)err_prefix(&e, "tunable not put back");
		engine_died(s->g, &e);
	}
	for (unsigned i = 0; i < s->app_n && !s->g->dead; i++)
		(void)c->ops->sock_close(c, s->app[i].sock, &e);
	for (unsigned i = 0; i < s->pf_n && !s->g->dead; i++) {
		bool keep = s->pf[i].name[0] == '\0' && !s->pf[i].dirty;
		if (keep)
			continue;
		(void)c->ops->sock_close(c, s->pf[i].sock, &e);
		if (s->pf[i].name[0] == '\0')
			s->g->case_sock = -1;
	}
}

/* Forgets events of the case before. */
static bool
drop_events(struct stage *s, struct err *e)
{
	struct channel *c = &s->g->target->channel;
	struct channel_event ev;
	e->code = ERR_NONE;
	while (c->ops->next_event(c, &ev, e))
		;
	return e->code == ERR_NONE;
}

/* Frames have a path of their own: one that is sent before any setkey block would overtake the flush. */
static bool
flush_settled(struct stage *s, struct err *e)
{
	struct channel *c = &s->g->target->channel;
	const struct step *first = setup_steps(s->item);
	if (first == NULL)
		first = s->item->spec->steps;
	return (first != NULL && first->kind == STEP_SETKEY) || c->ops->sync(c, e);
}

static void
run_steps(struct stage *s)
{
	struct err e = { 0 };
	char why[300];
	if (!stage_variables(s, &e)) {
		stage_error(s, &e);
		return;
	}
	if (!capability_allows(s->g, s->item, why, sizeof why)) {
		stage_decide(s, V_SKIP, "%s", why);
		return;
	}
	/* A case that ended early leaves answers on their way: they must not be taken for this one's. */
	if (s->g->unsettled && !tester_sentinel(s, 1, &e)) {
		stage_error(s, &e);
		return;
	}
	diagnose_begin(s);
	s->g->unsettled = true; /* until the case has passed with nothing on its way */
	if (!setup_flush(s, &e) || !flush_settled(s, &e) || !drop_events(s, &e) || !tester_drain(s, &e)) {
		stage_error(s, &e);
		return;
	}
	if (s->item->spec->raw_transform)
		stage_did(s, BYTES_NONE, "uncalibrated");
	steps_run(s, setup_steps(s->item));
	steps_run(s, s->item->spec->steps);
}

/*
 * A case that failed may have stopped before it took all answers. They belong to its capture, or a replay of it would seem to be answered
 * more than it was; and the next case need not begin behind a sentinel then.
 */
static void
take_the_rest(struct stage *s)
{
	struct err e = { 0 };
	if (s->o->verdict != V_FAIL || s->g->dead)
		return;
	s->step = NULL;
	if (tester_sentinel(s, 1, &e))
		s->g->unsettled = false;
	else
		engine_died(s->g, &e);
}

/* MAY and INFO claims describe a choice: what the target chose is reported, not failed. */
static void
soften(struct stage *s)
{
	bool open = s->item->spec->level == CASE_MAY || s->item->spec->level == CASE_INFO;
	if (!open || s->o->verdict != V_FAIL)
		return;
	char why[sizeof s->o->reason];
	snprintf(why, sizeof why, "%s", s->o->reason);
	s->o->verdict = V_PASS;
	snprintf(s->o->reason, sizeof s->o->reason, "observed: %.570s", why);
}

void
engine_run(struct engine *g, const struct plan_item *item, struct evidence *evidence, struct outcome *o)
{
	static _Thread_local uint8_t store[STAGE_STORE];
	memset(o, 0, sizeof *o);
	evidence_reset(evidence);
	struct stage s = {
		.g = g, .item = item, .o = o, .arena = &evidence->arena, .scratch = &g->scratch, .ev = evidence
	};
	s.vars.arena = s.arena;
	s.store = wr_of(store, sizeof store);
	s.sad = sad_new();
	if (s.sad == NULL) {
		snprintf(o->reason, sizeof o->reason, "out of memory");
		o->verdict = V_ERROR;
		return;
	}
	run_steps(&s);
	diagnose(&s);
	take_the_rest(&s);
	restore(&s);
	death_judge(g, item, evidence, o);
	if (o->verdict == V_PASS)
		g->unsettled = s.awaiting;
	soften(&s);
	replay_free(&s.model);
	sad_free(s.sad);
}
