#include "runner/encore/encore.h"

#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "runner/manager.h"

#define LATE_MS 300 /* beyond the time that an answer took when it was captured: a target asks for a neighbour first */
#define PATIENT_MS 30000 /* for what came late in the capture */
#define IN_ALL_MS 60000  /* waited in one replay for what never comes */
#define PAUSE_MIN_NS 1000000u
#define NS 1000000000u

const char *const encore_words[ENCORE_N] = {
	[ENCORE_SENT] = "sent",       [ENCORE_SAME] = "same",   [ENCORE_DIFFERS] = "differs",
	[ENCORE_MISSING] = "missing", [ENCORE_EXTRA] = "extra", [ENCORE_SKIPPED] = "skipped",
	[ENCORE_ASIDE] = "aside",
};

/* Where the play is. */
struct play {
	struct encore *x;
	const struct sidecar_step *step; /* next */
	size_t at;                       /* next message */
	size_t first_answer;             /* of the group that is open */
	uint64_t last_ns;                /* of the message before */
	uint64_t waited_ns;              /* for answers that did not come at once */
	bool open;                       /* something was done since the last group was closed */
};

static bool
stopped(const struct encore *x)
{
	return x->stop != NULL && *x->stop != 0;
}

static void
skip(struct encore *x, unsigned long number, const char *why)
{
	x->count[ENCORE_SKIPPED]++;
	evidence_add(&x->evidence, EV_NOTE, 0, 0, BYTES_NONE,
		     arena_printf(&x->evidence.arena, "frame %lu: skipped: %s", number, why));
	x->tell(x->ctx, ENCORE_SKIPPED, number, why);
}

/* --- a group: messages and what came of them ------------------------------------------------- */

static size_t
wanted_now(const struct play *p)
{
	size_t n = 0;
	for (size_t i = p->first_answer; i < p->at; i++)
		n += p->x->recording.message[i].sender == BY_TARGET;
	return n;
}

static size_t
arrived(const struct stage *s)
{
	size_t n = 0;
	for (const struct frame *f = s->frames; f != NULL; f = f->next)
		n++;
	return n;
}

/* How long the last answer of the group took when it was captured. */
static unsigned
took_ms(const struct play *p)
{
	const struct recording *r = &p->x->recording;
	uint64_t asked = 0, took = 0;
	for (size_t i = p->first_answer; i < p->at; i++) {
		const struct message *m = &r->message[i];
		if (m->sender == BY_PEER)
			asked = m->ns;
		else if (m->sender == BY_TARGET && asked != 0 && m->ns > asked && m->ns - asked > took)
			took = m->ns - asked;
	}
	took /= 1000000;
	return took > PATIENT_MS ? PATIENT_MS : (unsigned)took;
}

/* Behind the sentinel nothing is on its way, but an answer that waits for a timer may not have begun it. */
static bool
wait_for_late(struct play *p, struct err *e)
{
	struct stage *s = &p->x->stage;
	unsigned took = took_ms(p);
	uint64_t began = clock_ns(), until = began + (took + LATE_MS) * 1000000ull;
	bool a = false, b = false;
	if (s->g->target->link[0].ops->fd(&s->g->target->link[0]) < 0 || p->waited_ns > IN_ALL_MS * 1000000ull)
		return true; /* synchronous: all answers are there */
	while (arrived(s) < wanted_now(p) && clock_ns() < until && !stopped(p->x)) {
		(void)tester_wait(s, 10);
		if (!tester_pump(s, &a, &b, e))
			return false;
	}
	p->waited_ns += clock_ns() - began;
	return true;
}

static void
gather(struct play *p, unsigned link, struct answers *a)
{
	struct encore *x = p->x;
	size_t cap = p->at - p->first_answer, got = arrived(&x->stage);
	struct frame *f;
	*a = (struct answers){ .then = arena_alloc(x->stage.scratch, (cap + 1) * sizeof *a->then),
			       .got = arena_alloc(x->stage.scratch, (got + 1) * sizeof *a->got) };
	for (size_t i = p->first_answer; i < p->at; i++) {
		const struct message *m = &x->recording.message[i];
		if (m->sender == BY_TARGET && m->link == link)
			a->then[a->then_n++] = m;
	}
	while (a->got_n < got && (f = tester_take(&x->stage, link)) != NULL)
		a->got[a->got_n++] = f->datagram;
}

static bool
close_group(struct play *p, struct err *e)
{
	struct encore *x = p->x;
	struct stage *s = &x->stage;
	if (p->open && (!tester_sentinel(s, 1, e) || !wait_for_late(p, e)))
		return false;
	if (p->open && s->g->target->links > 1 && !tester_sentinel(s, 2, e))
		return false;
	arena_reset(s->scratch);
	for (unsigned link = 1; link <= TARGET_LINKS; link++) {
		struct answers a;
		gather(p, link, &a);
		encore_pair(x, &a);
	}
	p->first_answer = p->at;
	p->open = false;
	return true;
}

/* --- what is done ---------------------------------------------------------------------------- */

/* What a tunnel carries, which an SA of PF_KEY on Linux has to be told where it is not its own family: the policies say it. */
static void
find_families(struct stage *s, const struct setkey_command *c)
{
	for (; c != NULL; c = c->next)
		for (unsigned i = 0; c->verb >= SETKEY_SPDADD && i < c->policy.n; i++) {
			const struct spd_request *r = &c->policy.request[i];
			if (r->mode != MODE_TUNNEL || r->src.family == 0 || c->policy.selector.src.family == 0)
				continue;
			s->family = r->src.family;
			s->inner = c->policy.selector.src.family;
			return;
		}
}

/* What the target gets, as a case's block is in its evidence, so that what is written of a replay can be replayed. */
static void
note_setkey(struct encore *x, const struct setkey_command *c, unsigned line)
{
	char one[8192], *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);
	for (; f != NULL && c != NULL; c = c->next) {
		one[0] = '\0';
		if (c->verb == SETKEY_ADD || c->verb == SETKEY_UPDATE)
			(void)setkey_print_sa(&c->sa, true, one, sizeof one);
		else if (c->verb == SETKEY_SPDADD || c->verb == SETKEY_SPDUPDATE)
			(void)setkey_print_policy(&c->policy, one, sizeof one);
		else if (c->verb == SETKEY_FLUSH || c->verb == SETKEY_SPDFLUSH)
			snprintf(one, sizeof one, "%sflush ;\n", c->verb == SETKEY_SPDFLUSH ? "spd" : "");
		fputs(one, f);
	}
	if (f != NULL && fclose(f) == 0)
		evidence_add(&x->evidence, EV_SETKEY, line, 0, BYTES_NONE, text);
	if (text != NULL)
		explicit_bzero(text, n);
	free(text);
}

/* By the manager of then where the target has it: Linux pads AH by what PF_KEY cannot say. */
static bool
apply_setkey(struct play *p, const struct sidecar_step *st, struct err *e)
{
	struct encore *x = p->x;
	struct stage *s = &x->stage;
	const struct setkey_command *now;
	char refused[400] = "";
	find_families(s, setkey_first(st->script));
	arena_reset(s->scratch);
	if (!encore_keys_commands(&x->keys, setkey_first(st->script), &now, e))
		return false;
	note_setkey(x, now, st->line);
	struct engine *g = s->g;
	if (g->manager == &manager_none)
		return encore_keys_mirror(s->sad, now, e);
	const struct manager *first = g->manager, *other = g->fallback;
	if (st->manager != NULL && other != NULL && strcmp(other->name, st->manager) == 0) {
		g->manager = other;
		g->fallback = first;
	}
	bool ok = setup_commands(s, now, x->sidecar.path, refused, sizeof refused, e);
	g->manager = first;
	g->fallback = other;
	if (!ok)
		return false;
	return refused[0] == '\0' || fail(e, ERR_REFUSED, "%s: %s", x->sidecar.path, refused);
}

static bool
do_step(struct play *p, const struct sidecar_step *st, struct err *e)
{
	struct encore *x = p->x;
	bool waits = st->kind == SIDECAR_DO && strncmp(st->words, "wait ", 5) == 0;
	p->open = true;
	x->waited |= waits;
	if (st->kind == SIDECAR_SETKEY)
		return apply_setkey(p, st, e);
	if (st->kind == SIDECAR_DO && strcmp(st->words, "uncalibrated") == 0)
		return x->spec.raw_transform = true;
	if (encore_do(&x->stage, &x->keys, st, e))
		return true;
	if (e->code == ERR_DEAD)
		return false;
	skip(x, st->frame, e->text);
	e->code = ERR_NONE;
	return true;
}

/* Steps that belong in front of this frame; what came before them is settled first. */
static bool
do_steps(struct play *p, unsigned long before, struct err *e)
{
	for (; p->step != NULL && p->step->frame <= before && !stopped(p->x); p->step = p->step->next) {
		if (p->first_answer < p->at && !close_group(p, e))
			return false;
		if (!do_step(p, p->step, e))
			return false;
	}
	return true;
}

/* Of the capture, behind this message. */
static double
pauses_left(const struct play *p, const struct message *m)
{
	const struct recording *r = &p->x->recording;
	uint64_t end = r->message[r->n - 1].ns;
	return end > m->ns ? (double)(end - m->ns) / NS : 0;
}

/* As long as it was. Espy's own captures hold its waits as steps, and what else lies between is its own work. */
static void
pause_as_then(struct play *p, const struct message *m)
{
	struct encore *x = p->x;
	struct target *t = x->stage.g->target;
	uint64_t gap = p->last_ns != 0 && m->ns > p->last_ns ? m->ns - p->last_ns : 0;
	bool pause = x->recorded_speed && !x->recording.own && !x->waited && gap >= PAUSE_MIN_NS;
	x->waited = false;
	if (!pause)
		return;
	if (t->pass != NULL) {
		t->pass(t, (unsigned)(gap / NS));
		return;
	}
	for (uint64_t until = clock_ns() + gap, now; (now = clock_ns()) < until && !stopped(x);) {
		uint64_t rest = until - now > 100000000u ? 100000000u : until - now;
		struct timespec ts = { 0, (long)rest };
		(void)nanosleep(&ts, NULL);
		x->tick(x->ctx, p->at, x->recording.n, pauses_left(p, m) + (double)(until - now) / NS);
	}
}

/* What it came to is known at once, so an answer is known to be this message's. A whole burst needs no more than one sentinel. */
static bool
settle(struct play *p, struct err *e)
{
	struct stage *s = &p->x->stage;
	return !p->x->recorded_speed || s->sentinel_covered || tester_sentinel(s, 1, e);
}

static bool
send_message(struct play *p, const struct message *m, struct err *e)
{
	struct encore *x = p->x;
	struct stage *s = &x->stage;
	struct bytes datagram;
	char why[300], shape[200];
	arena_reset(&x->work);
	if (m->link > s->g->target->links) {
		skip(x, m->number, "it goes to a second link, and the target has one");
		return true;
	}
	if (!encore_rewrite(&x->keys, s->sad, m->datagram, &x->work, &datagram, why, sizeof why)) {
		skip(x, m->number, why);
		return true;
	}
	pause_as_then(p, m);
	if (stopped(x))
		return true;
	p->open = true;
	if (!tester_send(s, m->link, datagram, 0, e))
		return false;
	struct dissected *d = arena_alloc(&x->work, sizeof *d);
	if (encore_dissect(d, x->keys.then, m->datagram, &x->work, &(struct err){ 0 }))
		packet_shape(&d->packet, shape, sizeof shape);
	else
		snprintf(shape, sizeof shape, "%zu octets", m->datagram.n);
	x->count[ENCORE_SENT]++;
	x->tell(x->ctx, ENCORE_SENT, m->number, shape);
	encore_sent(&x->compare, m->datagram);
	return settle(p, e);
}

static bool
play_message(struct play *p, struct err *e)
{
	const struct message *m = &p->x->recording.message[p->at];
	if (!do_steps(p, m->number, e))
		return false;
	/* A question behind answers begins a group of its own. */
	if (m->sender == BY_PEER && wanted_now(p) > 0 && !close_group(p, e))
		return false;
	p->at++;
	if (m->sender == BY_PEER && !send_message(p, m, e))
		return false;
	if (m->sender == BY_NOBODY)
		p->x->count[ENCORE_ASIDE]++; /* somebody else's */
	p->last_ns = m->ns;
	return true;
}

/* --- all of it ------------------------------------------------------------------------------- */

static bool
begin(struct encore *x, struct engine *g, struct err *e)
{
	static _Thread_local uint8_t store[STAGE_STORE];
	static struct suite suite = { .name = "replay" };
	struct stage *s = &x->stage;
	suite.file = x->recording.path;
	x->item.suite = &suite;
	x->spec = (struct case_spec){
		.name = "replay", .title = "a capture sent again", .level = CASE_MUST, .at = { 1, 1 }
	};
	x->item.spec = &x->spec;
	evidence_reset(&x->evidence);
	*s = (struct stage){ .g = g,
			     .item = &x->item,
			     .o = &x->outcome,
			     .arena = &x->evidence.arena,
			     .scratch = &g->scratch,
			     .ev = &x->evidence,
			     .all_families = true,
			     .family = 4,
			     .inner = 4,
			     .sad = sad_new() };
	s->vars.arena = s->arena;
	s->store = wr_of(store, sizeof store);
	x->compare = (struct encore_compare){ .keys = &x->keys, .now = s->sad, .arena = &x->work };
	if (s->sad == NULL)
		return fail(e, ERR_IO, "out of memory");
	return setup_flush(s, e) && (!g->target->has_channel || g->target->channel.ops->sync(&g->target->channel, e)) &&
	       tester_drain(s, e);
}

static bool
play_all(struct play *p, struct err *e)
{
	struct encore *x = p->x;
	while (p->at < x->recording.n && !stopped(x)) {
		x->tick(x->ctx, p->at, x->recording.n, 0);
		if (!play_message(p, e))
			return false;
	}
	return stopped(x) || (do_steps(p, ULONG_MAX, e) && close_group(p, e));
}

bool
encore_play(struct encore *x, struct engine *g, struct err *e)
{
	struct play p = { .x = x, .step = x->sidecar.first };
	bool ok = begin(x, g, e) && play_all(&p, e);
	if (ok || e->code != ERR_DEAD)
		encore_undo(&x->stage);
	sad_free(x->stage.sad);
	x->stage.sad = x->compare.now = NULL;
	return ok && !stopped(x);
}
