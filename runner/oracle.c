#include "runner/oracle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct oracle {
	struct target target;
	struct engine engine;
	struct evidence evidence;
	struct outcome outcome;
	struct stage stage;
	bool opened; /* the engine */
	uint8_t store[STAGE_STORE];
};

static struct oracle *
oracle_new(const struct engine *g, struct err *e)
{
	const struct target_options options = { 0 };
	char spec[80];
	struct oracle *o = calloc(1, sizeof *o);
	if (o == NULL) {
		fail_errno(e, "the oracle");
		return NULL;
	}
	snprintf(spec, sizeof spec, "reference:%s", g->target->profile != NULL ? g->target->profile : "rfc4301");
	o->opened = target_open(&o->target, spec, &options, e) &&
		    engine_open(&o->engine, &o->target, g->seed, g->random, e);
	if (o->opened)
		return o;
	oracle_free(o);
	return NULL;
}

void
oracle_free(struct oracle *o)
{
	if (o == NULL)
		return;
	sad_free(o->stage.sad);
	evidence_free(&o->evidence);
	if (o->opened)
		engine_close(&o->engine);
	if (o->target.close != NULL)
		o->target.close(&o->target);
	free(o);
}

/* Packets have numbers of their own on each side, so both mirrors begin afresh; words mean what they mean on the target. */
static bool
stage_begin(struct oracle *o, const struct stage *s, struct err *e)
{
	sad_free(o->stage.sad);
	evidence_reset(&o->evidence);
	memset(&o->outcome, 0, sizeof o->outcome);
	o->stage = (struct stage){ .g = &o->engine,
				   .item = s->item,
				   .o = &o->outcome,
				   .arena = &o->evidence.arena,
				   .scratch = &o->engine.scratch,
				   .ev = &o->evidence,
				   .vars = s->vars,
				   .step = s->step,
				   .family = s->family,
				   .inner = s->inner,
				   .store = wr_of(o->store, sizeof o->store),
				   .sad = sad_new() };
	return o->stage.sad != NULL || fail(e, ERR_IO, "the oracle: out of memory");
}

static bool
apply(struct stage *o, const struct exhibit *block, const char *file, struct err *e)
{
	char refused[400];
	if (!setup_apply(o, block->text, file, block->line, refused, sizeof refused, e))
		return false;
	return refused[0] == '\0' || fail(e, ERR_UNSUPPORTED, "the reference cannot be configured so: %s", refused);
}

struct stage *
oracle_stage(struct stage *s, struct err *e)
{
	struct oracle *o = s->g->oracle;
	if (o == NULL)
		o = s->g->oracle = oracle_new(s->g, e);
	if (o == NULL || !stage_begin(o, s, e) || !setup_flush(&o->stage, e))
		return NULL;
	for (const struct exhibit *x = s->ev->first; x != NULL; x = x->next)
		if (x->kind == EV_SETKEY && !apply(&o->stage, x, s->item->suite->file, e))
			return NULL;
	if (!o->target.channel.ops->sync(&o->target.channel, e) || !tester_drain(&o->stage, e))
		return NULL;
	return &o->stage;
}
