/*
 * Configuring the target for a case: setkey text to messages of a manager, all of a block written in one go, answers read behind one
 * barrier. The same SAs go into the tester's mirror.
 */
#include "runner/stage.h"

#include <stdio.h>
#include <string.h>

#include "runner/capability.h"
#include "runner/manager.h"

struct pending {
	const struct setkey_command *command;
	struct bytes message;
	uint32_t seq;
};

/* A block that is being configured, by one manager. */
struct block {
	const struct manager *manager;
	struct pending *p;
	unsigned n;
};

static bool
write_message(struct stage *s, const struct manager *m, struct bytes message, unsigned line, struct err *e)
{
	if (m->out != EV_NOTE) /* what somebody types stands in the setkey block */
		evidence_add(s->ev, m->out, line, (unsigned)m->sock(s->g), message, NULL);
	return m->send(s->g, message, e);
}

/* The message of one command, in scratch. */
static bool
say(struct stage *s, const struct manager *m, const struct setkey_command *c, struct pending *p, struct err *e)
{
	static _Thread_local uint8_t octets[PFKEY_MSG_MAX];
	struct wr w = wr_of(octets, sizeof octets);
	p->command = c;
	p->seq = ++s->g->pf_seq;
	if (!m->say(s, c, p->seq, &w, e))
		return false;
	uint8_t *copy = arena_alloc(s->scratch, w.n);
	struct wr to = wr_of(copy, w.n);
	wr_bytes(&to, wr_done(&w));
	p->message = wr_done(&to);
	return true;
}

bool
setup_command(struct stage *s, const struct setkey_command *c, struct err *e)
{
	struct pending p;
	return say(s, s->g->manager, c, &p, e) && write_message(s, s->g->manager, p.message, 0, e);
}

bool
setup_flush(struct stage *s, struct err *e)
{
	static const struct setkey_command all[] = { { .verb = SETKEY_FLUSH }, { .verb = SETKEY_SPDFLUSH } };
	for (size_t i = 0; i < 2 && s->g->manager != &manager_none; i++) {
		if (setup_command(s, &all[i], e))
			continue;
		/* No policies by this way: none of them can be left over. */
		if (all[i].verb != SETKEY_SPDFLUSH || e->code != ERR_UNSUPPORTED)
			return false;
		e->code = ERR_NONE;
	}
	sad_flush(s->sad, 0);
	s->sentinel_ready = false;
	return true;
}

/* --- the mirror ------------------------------------------------------------------------------ */

/* Keeps the mirror in step: the tester's end of every SA. */
static bool
mirror(struct stage *s, const struct manager *by, const struct setkey_command *c, struct err *e)
{
	if (c->verb == SETKEY_FLUSH) {
		sad_flush(s->sad, c->protocol);
		s->sentinel_ready = false;
	}
	/* A deleted SA stays usable here: a case may well send on one that the target has just deleted. */
	if (c->verb != SETKEY_ADD && c->verb != SETKEY_UPDATE)
		return true;
	/* UPDATE completes an SA that GETSPI began; one that is mature keeps keys and counters, RFC 2367 3.1.2. */
	if (c->verb == SETKEY_UPDATE &&
	    sad_find_from(s->sad, c->sa.spi, c->sa.protocol, &c->sa.src, &c->sa.dst) != NULL)
		return true;
	struct sa_spec spec = c->sa;
	spec.replay = 0; /* the tester judges numbers itself */
	spec.seq_cycle = true;
	spec.hard = spec.soft = (struct lifetime){ 0 };
	spec.ah_align8 = by == &manager_pfkey && s->g->caps.ah_align8 && !s->item->spec->raw_transform;
	struct sa *old = sad_find_from(s->sad, spec.spi, spec.protocol, &spec.src, &spec.dst);
	if (old != NULL)
		sad_delete(s->sad, old);
	struct sa *sa = sa_open(&spec, e);
	if (sa == NULL)
		return false;
	replay_commit(&sa->replay,
		      spec.seq); /* -seq: the number from which ESN's high half is inferred (RFC 4303 A2.2) */
	if (!sad_add(s->sad, sa, e)) {
		sa_close(sa);
		return false;
	}
	return true;
}

/* --- answers --------------------------------------------------------------------------------- */

/* Whose answers come on a socket; NULL: not a configuring one. */
static const struct manager *
manager_of(const struct engine *g, int sock)
{
	if (sock == g->manager->sock(g))
		return g->manager;
	return g->fallback != NULL && sock == g->fallback->sock(g) ? g->fallback : NULL;
}

/* Reads what the configuring sockets got; *bad is the command whose answer carries an errno. */
static bool
read_answers(struct stage *s, const struct block *b, const struct setkey_command **bad, struct manager_answer *why,
	     struct err *e)
{
	struct channel *c = &s->g->target->channel;
	struct channel_event ev;
	if (!c->ops->sync(c, e))
		return false;
	e->code = ERR_NONE;
	while (c->ops->next_event(c, &ev, e)) {
		struct manager_answer a;
		const struct manager *from = manager_of(s->g, ev.sock);
		if (from == NULL)
			continue;
		evidence_add(s->ev, from->in, 0, (unsigned)ev.sock, ev.data, NULL);
		if (!from->hear(s->g, ev.data, &a, e)) {
			if (e->code != ERR_NONE)
				return false;
			continue;
		}
		for (unsigned i = 0; i < b->n; i++) {
			if (a.seq != b->p[i].seq || a.number == 0 || *bad != NULL)
				continue;
			*bad = b->p[i].command;
			*why = a;
		}
	}
	return e->code == ERR_NONE;
}

static void
describe(const struct engine *g, const struct setkey_command *c, const struct manager_answer *why, char *text,
	 size_t cap)
{
	char what[160] = "";
	const char *name = names_name(dialect_errnos(g->dialect), (uint64_t)why->number);
	if (c->verb < SETKEY_SPDADD)
		setkey_print_sa(&c->sa, false, what, sizeof what);
	else
		setkey_print_policy(&c->policy, what, sizeof what);
	what[strcspn(what, "\n")] = '\0';
	snprintf(text, cap, "the target refused: %s: %s (errno %d)%s%s", what, name != NULL ? name : "?", why->number,
		 why->text[0] != '\0' ? ": " : "", why->text);
}

/* --- a block --------------------------------------------------------------------------------- */

#define PENDING_MAX 512

static bool
say_block(struct stage *s, struct block *b, const struct setkey_command *first, const char *file, struct err *e)
{
	b->n = 0;
	for (const struct setkey_command *c = first; c != NULL; c = c->next) {
		if (b->n == PENDING_MAX)
			return fail(e, ERR_RANGE, "%s:%u: more than %d commands in one block", file, c->line,
				    PENDING_MAX);
		if (!say(s, b->manager, c, &b->p[b->n], e))
			return false;
		b->n++;
	}
	return true;
}

/*
 * By the first manager, or by the other where the first cannot say all of the block. A case that speaks PF_KEY itself, or judges what its
 * numbers mean, is configured by PF_KEY alone: its messages are about these SAs.
 */
static bool
choose_and_say(struct stage *s, struct block *b, const struct setkey_command *first, const char *file, struct err *e)
{
	b->manager = s->g->manager;
	if (say_block(s, b, first, file, e))
		return true;
	if (e->code != ERR_UNSUPPORTED || !capability_falls_back(s->g, s->item))
		return false;
	evidence_add(s->ev, EV_NOTE, first->line, 0, BYTES_NONE,
		     arena_printf(s->arena, "configured by XFRM netlink: %s", e->text));
	b->manager = s->g->fallback;
	return say_block(s, b, first, file, e);
}

static bool
write_block(struct stage *s, const struct block *b, struct err *e)
{
	for (unsigned i = 0; i < b->n; i++)
		if (!write_message(s, b->manager, b->p[i].message, b->p[i].command->line, e) ||
		    !mirror(s, b->manager, b->p[i].command, e))
			return false;
	return true;
}

bool
setup_commands(struct stage *s, const struct setkey_command *first, const char *file, char *refused, size_t cap,
	       struct err *e)
{
	struct block b = { .p = arena_alloc(s->scratch, PENDING_MAX * sizeof *b.p) };
	const struct setkey_command *bad = NULL;
	struct manager_answer why;
	refused[0] = '\0';
	if (first == NULL)
		return true;
	bool ok = choose_and_say(s, &b, first, file, e);
	if (ok) {
		stage_did(s, BYTES_NONE, "manager %s", b.manager->name);
		ok = write_block(s, &b, e) && read_answers(s, &b, &bad, &why, e);
	} else if (e->code == ERR_UNSUPPORTED) {
		snprintf(refused, cap, "%s", e->text);
		ok = true;
	}
	if (ok && bad != NULL)
		describe(s->g, bad, &why, refused, cap);
	return ok;
}

bool
setup_apply(struct stage *s, const char *text, const char *file, unsigned line, char *refused, size_t cap,
	    struct err *e)
{
	struct setkey_script *script = setkey_parse(text, strlen(text), file, line, e);
	refused[0] = '\0';
	evidence_add(s->ev, EV_SETKEY, line, 0, BYTES_NONE, text);
	if (script == NULL)
		return false;
	bool ok = setup_commands(s, setkey_first(script), file, refused, cap, e);
	setkey_free(script);
	return ok;
}

void
step_setkey(struct stage *s, const struct step *st)
{
	struct err e = { 0 };
	char refused[400];
	const char *text = vars_substitute(&s->vars, st->raw, s->item->suite->file, st->raw_line, &e);
	setup_function *apply = st->name == NULL ? setup_apply : setup_solaris(st->name);
	if (text == NULL || !apply(s, text, s->item->suite->file, st->raw_line, refused, sizeof refused, &e)) {
		stage_error(s, &e);
		return;
	}
	if (refused[0] != '\0')
		stage_decide(s, V_SKIP, "%s", refused);
}
