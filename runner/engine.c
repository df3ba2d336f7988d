#include "runner/engine.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "runner/capability.h"
#include "runner/stage.h"
#include "runner/transform.h"

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
	if (e->code == ERR_DEAD)
		engine_died(s->g, e);
	stage_decide(s, e->code == ERR_DEAD ? V_INCONCLUSIVE : V_ERROR, "%s", e->text);
}

/* --- control steps --------------------------------------------------------------------------- */

#define LOOP_MAX 100000

static void
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

static void
step_repeat(struct stage *s, const struct step *st)
{
	struct err e = { 0 };
	uint64_t n;
	if (!expr_number_of(st->value, &s->vars, &n, &e) || n > LOOP_MAX) {
		stage_decide(s, V_ERROR, "repeat: want a number up to %d", LOOP_MAX);
		return;
	}
	for (uint64_t i = 0; i < n && !s->stop; i++)
		steps_run(s, st->body);
}

/* Draws `count` different numbers of a range in an order that the run's seed decides. */
static void
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

static void
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
static void
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

static void
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

static void
step_let(struct stage *s, const struct step *st)
{
	struct err e = { 0 };
	struct val v;
	if (expr_eval(st->value, &s->vars, &v, &e))
		vars_set(&s->vars, st->name, v);
	else
		stage_error(s, &e);
}

/* Real time passes: the one step that waits, for lifetimes that no event announces. Bounded. */
static void
step_wait(struct stage *s, const struct step *st)
{
	struct err e = { 0 };
	uint64_t seconds;
	if (!expr_number_of(st->value, &s->vars, &seconds, &e) || seconds > 120) {
		stage_decide(s, V_ERROR, "wait: want up to 120 seconds");
		return;
	}
	struct timespec ts = { (time_t)seconds, 0 };
	nanosleep(&ts, NULL);
}

static void
step_note(struct stage *s, const struct step *st)
{
	evidence_add(s->ev, EV_NOTE, st->at.line, 0, BYTES_NONE, st->name);
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
	[STEP_NOTE] = step_note,           [STEP_PFKEY_CLOSE] = step_pfkey_close,
	[STEP_CHECK] = step_check,
};
/* clang-format on */

void
steps_run(struct stage *s, const struct step *steps)
{
	for (const struct step *st = steps; st != NULL && !s->stop; st = st->next) {
		size_t store = s->store.n;
		s->step = st;
		s->o->want[0] = s->o->got[0] = '\0'; /* of this step, not of one before */
		step_functions[st->kind](s, st);
		s->store.n = store; /* what a step builds it uses itself */
		s->store.full = false;
	}
}

/* --- a case ---------------------------------------------------------------------------------- */

static const char *
address_text(struct stage *s, const uint8_t *octets, size_t n)
{
	struct addr a = addr_of((struct bytes){ octets, n });
	char text[48];
	return arena_strdup(s->arena, addr_print(&a, text));
}

static void
set_text(struct stage *s, const char *name, const char *text)
{
	vars_set(&s->vars, name, val_text(text));
}

/* The addresses of a link in one family, under names with a prefix and a suffix. */
static void
set_addresses(struct stage *s, const char *prefix, unsigned link, uint8_t family, const char *suffix)
{
	const struct target_net *net = &s->g->target->net[link];
	bool v6 = family == 6;
	set_text(s, arena_printf(s->arena, "%stester%s", prefix, suffix),
		 v6 ? address_text(s, net->tester6, 16) : address_text(s, net->tester4, 4));
	set_text(s, arena_printf(s->arena, "%starget%s", prefix, suffix),
		 v6 ? address_text(s, net->target6, 16) : address_text(s, net->target4, 4));
	if (link == 0)
		set_text(s, arena_printf(s->arena, "%ssecond%s", prefix, suffix),
			 v6 ? address_text(s, net->second6, 16) : address_text(s, net->second4, 4));
}

static const char *
param(const struct plan_item *item, const char *name)
{
	for (unsigned i = 0; i < item->params_n; i++)
		if (strcmp(item->params[i].name, name) == 0)
			return item->params[i].value;
	return NULL;
}

static uint8_t
family_of(const char *text, uint8_t otherwise)
{
	return text == NULL ? otherwise : strcmp(text, "ipv6") == 0 ? 6 : 4;
}

/* How the target's PF_KEY numbers the transform, and the octets of its keys. */
static void
set_numbers(struct stage *s, const struct transform *t)
{
	int enc = t->enc != NULL ? dialect_alg_number(s->g->dialect, t->enc) : 0;
	int auth = t->auth != NULL ? dialect_alg_number(s->g->dialect, t->auth) : 0;
	vars_set(&s->vars, "encrypt_id", val_number(enc > 0 ? (uint64_t)enc : 0));
	vars_set(&s->vars, "auth_id", val_number(auth > 0 ? (uint64_t)auth : 0));
	vars_set(&s->vars, "encrypt_key_len", val_number(t->enc_key_n));
	vars_set(&s->vars, "auth_key_len", val_number(t->auth_key_n));
}

/* What every case may use besides its own axes: espy-suite(5), "Variables". */
static bool
set_variables(struct stage *s, struct err *e)
{
	for (unsigned i = 0; i < s->item->params_n; i++)
		set_text(s, s->item->params[i].name, s->item->params[i].value);
	s->family = family_of(param(s->item, "family"), 4);
	s->inner = family_of(param(s->item, "inner"), s->family);
	set_addresses(s, "", 0, s->family, "");
	set_addresses(s, "inner_", 0, s->inner, "");
	set_addresses(s, "", 1, s->inner, "2");
	for (uint8_t f = 4; f <= 6; f += 2) {
		set_addresses(s, "", 0, f, f == 4 ? "_4" : "_6");
		set_addresses(s, "", 1, f, f == 4 ? "2_4" : "2_6");
	}
	set_text(s, "icmp", s->inner == 6 ? "icmp6" : "icmp");
	set_text(s, "plen", s->inner == 6 ? "128" : "32");
	const char *mode = param(s->item, "mode");
	bool tunnel = mode != NULL && strcmp(mode, "tunnel") == 0;
	const char *in = tunnel ? arena_printf(s->arena, "%s-%s", vars_get(&s->vars, "tester")->text,
					       vars_get(&s->vars, "target")->text)
				: "";
	const char *out = tunnel ? arena_printf(s->arena, "%s-%s", vars_get(&s->vars, "target")->text,
						vars_get(&s->vars, "tester")->text)
				 : "";
	set_text(s, "in", in);
	set_text(s, "out", out);
	const char *name = param(s->item, "transform");
	if (name == NULL)
		return true;
	const char *keys[2];
	for (unsigned i = 0; i < 2; i++) {
		keys[i] = transform_setkey(s->arena, name, s->g->seed, i, e);
		if (keys[i] == NULL)
			return false;
	}
	set_text(s, "transform_name", name);
	set_text(s, "keys_in", keys[0]);
	set_text(s, "keys_out", keys[1]);
	struct transform t;
	if (!transform_parse(&t, name, e))
		return false;
	const struct alg *icv = t.auth != NULL ? t.auth : t.enc;
	vars_set(&s->vars, "icv_len", val_number(icv->icv));
	set_numbers(s, &t);
	vars_set(&s->vars, "iv_len", val_number(t.enc != NULL ? t.enc->iv : 0));
	vars_set(&s->vars, "block", val_number(t.enc != NULL ? t.enc->block : 1));
	return true;
}

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
	if (!set_variables(s, &e)) {
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
	s->g->unsettled = true; /* until the case has passed with nothing on its way */
	if (!setup_flush(s, &e) || !flush_settled(s, &e) || !drop_events(s, &e) || !tester_drain(s, &e)) {
		stage_error(s, &e);
		return;
	}
	steps_run(s, setup_steps(s->item));
	steps_run(s, s->item->spec->steps);
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
	struct stage s = { .g = g, .item = item, .o = o, .arena = &evidence->arena, .ev = evidence };
	s.vars.arena = s.arena;
	s.store = wr_of(store, sizeof store);
	s.sad = sad_new();
	if (s.sad == NULL) {
		snprintf(o->reason, sizeof o->reason, "out of memory");
		o->verdict = V_ERROR;
		return;
	}
	run_steps(&s);
	restore(&s);
	if (o->verdict == V_PASS)
		g->unsettled = s.awaiting;
	soften(&s);
	replay_free(&s.model);
	sad_free(s.sad);
}
