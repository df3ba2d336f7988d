/* Steps that steer: loops, conditions, models, values, waiting. */
#include "runner/stage.h"

#include <string.h>
#include <time.h>

#include "runner/transform.h"

#define LOOP_MAX 100000

void
step_for(struct stage *s, const struct step *st)
{
	const struct axis *x = st->axis;
	for (unsigned i = 0; i < x->n && !s->stop; i++) {
		struct err e = { 0 };
		struct val v;
		uint64_t from, to;
		if (x->values[i]->kind == E_WORD && x->values[i]->text[0] == '@') {
			const char *names[512];
			unsigned n = transform_set(s->arena, x->values[i]->text, names, 512);
			for (unsigned k = 0; k < n && !s->stop; k++) {
				vars_set(&s->vars, x->name, val_text(names[k]));
				steps_run(s, st->body);
			}
			continue;
		}
		if (!expr_eval(x->values[i], &s->vars, &v, &e)) {
			stage_error(s, &e);
			return;
		}
		if (x->range_end[i] == NULL) {
			vars_set(&s->vars, x->name, v);
			steps_run(s, st->body);
			continue;
		}
		if (!val_to_number(&v, &from) || !expr_number_of(x->range_end[i], &s->vars, &to, &e) ||
		    to - from > LOOP_MAX) {
			stage_decide(s, V_ERROR, "for %s: want a range of at most %d numbers", x->name, LOOP_MAX);
			return;
		}
		for (uint64_t k = 0; k <= to - from && !s->stop; k++) {
			vars_set(&s->vars, x->name, val_number(from + k));
			steps_run(s, st->body);
		}
	}
}

void
step_repeat(struct stage *s, const struct step *st)
{
	struct err e = { 0 };
	uint64_t n;
	if (!expr_number_of(st->value, &s->vars, &n, &e) || n > LOOP_MAX) {
		stage_decide(s, V_ERROR, "repeat: want a number up to %d", LOOP_MAX);
		return;
	}
	if (st->otherwise != NULL)
		(void)step_pfkey_waits(s, st->otherwise); /* the socket listens from here on */
	for (uint64_t i = 0; i < n && !s->stop; i++) {
		steps_run(s, st->body);
		if (!s->stop && st->otherwise != NULL && step_pfkey_waits(s, st->otherwise))
			break;
	}
	if (!s->stop && st->otherwise != NULL)
		steps_run(s, st->otherwise);
}

/* Draws `count` different numbers of a range in an order that the run's seed decides. */
void
step_shuffle(struct stage *s, const struct step *st)
{
	struct err e = { 0 };
	uint64_t count, from, to;
	if (!expr_number_of(st->value, &s->vars, &count, &e) || !expr_number_of(st->value2, &s->vars, &from, &e) ||
	    !expr_number_of(st->value3, &s->vars, &to, &e) || to < from || to - from >= LOOP_MAX ||
	    count > to - from + 1) {
		stage_decide(s, V_ERROR,
			     "shuffle: want COUNT of FROM..TO, at most %d numbers, COUNT no more than there are",
			     LOOP_MAX);
		return;
	}
	uint64_t n = to - from + 1, *all = arena_alloc(s->arena, n * sizeof *all);
	struct random_seeded r;
	random_seeded_init(&r, s->g->seed + 1);
	for (uint64_t i = 0; i < n; i++)
		all[i] = from + i;
	for (uint64_t i = 0; i < count && !s->stop; i++) {
		uint8_t draw[8];
		r.random.fill(&r.random, draw, sizeof draw);
		struct rd rd = rd_of(BYTES_OF(draw));
		uint64_t k = i + rd_uint(&rd, 8) % (n - i), swap = all[i];
		all[i] = all[k];
		all[k] = swap;
		vars_set(&s->vars, st->name, val_number(all[i]));
		steps_run(s, st->body);
	}
}

void
step_if(struct stage *s, const struct step *st)
{
	struct condition_calls calls = { stage_question, s };
	struct err e = { 0 };
	bool yes;
	if (!condition_eval(st->condition, &s->vars, &calls, &yes, &e))
		stage_error(s, &e);
	else
		steps_run(s, yes ? st->body : st->otherwise);
}

static const char *
side_text(struct stage *s, const struct expr *x)
{
	struct val v;
	return x != NULL && expr_eval(x, &s->vars, &v, NULL) ? val_print(s->arena, &v) : "?";
}

/* What no field alone can say: a relation between things received. */
void
step_check(struct stage *s, const struct step *st)
{
	struct condition_calls calls = { stage_question, s };
	struct err e = { 0 };
	bool yes;
	for (const struct condition *c = st->condition; c != NULL && !s->stop; c = c->and_next) {
		struct condition one = *c;
		one.and_next = NULL;
		if (!condition_eval(&one, &s->vars, &calls, &yes, &e))
			stage_error(s, &e);
		else if (!yes && c->relation == REL_NONE)
			stage_decide(s, V_FAIL, "%s: %s(%s) is not so", st->text, c->left->text,
				     side_text(s, c->left->left));
		else if (!yes)
			stage_decide(s, V_FAIL, "%s: got %s and %s", st->text, side_text(s, c->left),
				     side_text(s, c->right));
	}
}

void
step_model(struct stage *s, const struct step *st)
{
	struct err e = { 0 };
	uint64_t window;
	if (strcmp(st->name, "replay") != 0) {
		stage_decide(s, V_ERROR, "no model called '%s'", st->name);
		return;
	}
	replay_free(&s->model);
	s->has_model =
		expr_number_of(st->value, &s->vars, &window, &e) && replay_init(&s->model, (uint32_t)window, false, &e);
	if (!s->has_model)
		stage_error(s, &e);
}

void
step_let(struct stage *s, const struct step *st)
{
	struct err e = { 0 };
	struct val v;
	if (expr_eval(st->value, &s->vars, &v, &e))
		vars_set(&s->vars, st->name, v);
	else
		stage_error(s, &e);
}

/* Time passes: the one step that waits, for lifetimes that no event announces. Bounded. A clock that can be moved on is. */
void
step_wait(struct stage *s, const struct step *st)
{
	struct err e = { 0 };
	uint64_t seconds;
	if (!expr_number_of(st->value, &s->vars, &seconds, &e) || seconds > 120) {
		stage_decide(s, V_ERROR, "wait: want up to 120 seconds");
		return;
	}
	stage_did(s, BYTES_NONE, "wait %u", (unsigned)seconds);
	if (s->g->target->pass != NULL) {
		s->g->target->pass(s->g->target, (unsigned)seconds);
		return;
	}
	struct timespec ts = { (time_t)seconds, 0 };
	nanosleep(&ts, NULL);
}

void
step_note(struct stage *s, const struct step *st)
{
	evidence_add(s->ev, EV_NOTE, st->at.line, 0, BYTES_NONE, st->name);
}
