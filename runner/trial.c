#include "runner/trial.h"

#include <stdio.h>
#include <string.h>

#include "runner/stage.h"
#include "runner/transform.h"

#define TRIAL_SPI 0x5e17fff0

struct trial {
	const char *transform;
	char why[200]; /* empty: it is taken */
	struct trial *next;
};

/* An SA as a case would have it, from the tester to the target. */
static bool
trial_command(struct engine *g, const char *transform, struct setkey_command *c, struct err *e)
{
	struct transform t;
	if (!transform_parse(&t, transform, e))
		return false;
	*c = (struct setkey_command){ .verb = SETKEY_ADD };
	c->sa.spi = TRIAL_SPI;
	c->sa.protocol = t.enc != NULL ? 50 : 51;
	c->sa.mode = MODE_TRANSPORT;
	c->sa.src = addr_of(BYTES_OF(g->target->net[0].tester4));
	c->sa.dst = addr_of(BYTES_OF(g->target->net[0].target4));
	c->sa.enc = t.enc;
	c->sa.auth = t.auth;
	transform_keys(&g->trial_arena, &t, transform, g->seed, 0, &c->sa.enc_key, &c->sa.auth_key);
	return true;
}

static bool
tell(struct stage *s, const struct manager *m, const struct setkey_command *c, uint32_t *seq, struct err *e)
{
	uint8_t octets[4096];
	struct wr w = wr_of(octets, sizeof octets);
	*seq = ++s->g->pf_seq;
	return m->say(s, c, *seq, &w, e) && m->send(s->g, wr_done(&w), e);
}

static void
take_answer(const struct manager_answer *a, char *why, size_t cap)
{
	const char *name = names_name(pfkey_errnos_linux, (uint64_t)a->number);
	if (a->number != 0)
		snprintf(why, cap, "%s (errno %d)%s%s", name != NULL ? name : "?", a->number,
			 a->text[0] != '\0' ? ": " : "", a->text);
}

/* Asks, and takes the SA away again. False: nothing was learnt. */
static bool
attempt(struct engine *g, const struct manager *m, struct trial *t, struct err *e)
{
	struct stage s = { .g = g, .family = 4, .inner = 4 };
	struct channel *c = &g->target->channel;
	struct setkey_command command;
	struct channel_event ev;
	struct manager_answer a;
	uint32_t seq, gone;
	if (!trial_command(g, t->transform, &command, e) || !tell(&s, m, &command, &seq, e)) {
		if (e->code == ERR_UNSUPPORTED)
			snprintf(t->why, sizeof t->why, "%.190s", e->text);
		return e->code == ERR_UNSUPPORTED;
	}
	command.verb = SETKEY_DELETE;
	if (!tell(&s, m, &command, &gone, e) || !c->ops->sync(c, e))
		return false;
	while (c->ops->next_event(c, &ev, e))
		if (ev.sock == m->sock(g) && m->hear(g, ev.data, &a, e) && a.seq == seq)
			take_answer(&a, t->why, sizeof t->why);
	return e->code == ERR_NONE;
}

bool
trial_passes(struct engine *g, const struct manager *m, const char *transform, char *why, size_t cap)
{
	struct err e = { 0 };
	struct trial *t = g->trials;
	while (t != NULL && strcmp(t->transform, transform) != 0)
		t = t->next;
	if (t == NULL) {
		t = arena_alloc(&g->trial_arena, sizeof *t);
		t->transform = arena_strdup(&g->trial_arena, transform);
		if (!attempt(g, m, t, &e))
			return true;
		t->next = g->trials;
		g->trials = t;
	}
	if (t->why[0] != '\0')
		snprintf(why, cap, "the target does not take %s (tried by %s): %s", transform, m->name, t->why);
	return t->why[0] == '\0';
}
