/*
 * Configuring the target for a case: setkey text to PF_KEY messages in the target's dialect, all written in one go, answers read
 * behind one barrier. The same SAs go into the tester's mirror.
 */
#include "runner/stage.h"

#include <stdio.h>
#include <string.h>

#include "config/setkey.h"

bool
setup_write(struct stage *s, struct pfkey_msg *m, unsigned line, struct err *e)
{
	static _Thread_local uint8_t octets[PFKEY_MSG_MAX];
	struct wr w = wr_of(octets, sizeof octets);
	struct channel *c = &s->g->target->channel;
	hdr_set(&m->base, MSG_SEQ, ++s->g->pf_seq);
	if (!pfkey_msg_put(m, engine_swaps(s->g), &w, e))
		return false;
	evidence_add(s->ev, EV_PFKEY_OUT, line, (unsigned)s->g->setup_sock, wr_done(&w), NULL);
	return c->ops->pfkey_send(c, s->g->setup_sock, wr_done(&w), e);
}

bool
setup_flush(struct stage *s, struct err *e)
{
	static const enum pfkey_type types[] = { PFKEY_FLUSH, PFKEY_X_SPDFLUSH };
	for (size_t i = 0; i < 2; i++) {
		struct pfkey_msg m;
		pfkey_msg_init(&m, s->g->dialect, types[i], SATYPE_UNSPEC);
		if (!setup_write(s, &m, 0, e))
			return false;
	}
	sad_flush(s->sad, 0);
	s->sentinel_ready = false;
	return true;
}

/* --- one command ----------------------------------------------------------------------------- */

static uint8_t
satype_of(uint8_t protocol)
{
	return protocol == 51    ? SATYPE_AH
	       : protocol == 108 ? SATYPE_IPCOMP
	       : protocol == 0   ? SATYPE_UNSPEC
				 : SATYPE_ESP;
}

/*
 * A tunnel for datagrams of the other IP version: a proxy address of any host in that version says so (RFC 2367 2.3.3). Linux takes the
 * version of what its SA may carry from there, and else from the tunnel's ends.
 */
static bool
push_proxy(const struct stage *s, struct pfkey_msg *m, const struct sa_spec *sa, struct err *e)
{
	static const struct addr any4 = { .family = 4 }, any6 = { .family = 6 }; /* the message borrows it */
	if (sa->mode != MODE_TUNNEL || s->inner == s->family || sa->src.family != s->family)
		return true;
	return pfkey_msg_push_address(m, EXT_ADDRESS_PROXY, s->inner == 6 ? &any6 : &any4, 0, 0, 0, e);
}

static bool
command_message(struct stage *s, const struct setkey_command *c, struct pfkey_msg *m, struct err *e)
{
	static const enum pfkey_type type[] = {
		[SETKEY_ADD] = PFKEY_ADD,
		[SETKEY_UPDATE] = PFKEY_UPDATE,
		[SETKEY_GET] = PFKEY_GET,
		[SETKEY_DELETE] = PFKEY_DELETE,
		[SETKEY_DELETEALL] = PFKEY_DELETE,
		[SETKEY_FLUSH] = PFKEY_FLUSH,
		[SETKEY_DUMP] = PFKEY_DUMP,
		[SETKEY_SPDADD] = PFKEY_X_SPDADD,
		[SETKEY_SPDUPDATE] = PFKEY_X_SPDUPDATE,
		[SETKEY_SPDDELETE] = PFKEY_X_SPDDELETE,
		[SETKEY_SPDFLUSH] = PFKEY_X_SPDFLUSH,
		[SETKEY_SPDDUMP] = PFKEY_X_SPDDUMP,
	};
	bool policy = c->verb >= SETKEY_SPDADD;
	pfkey_msg_init(m, s->g->dialect, type[c->verb], policy ? SATYPE_UNSPEC : satype_of(c->protocol));
	switch (c->verb) {
	case SETKEY_ADD:
	case SETKEY_UPDATE:
		m->base.v[MSG_SATYPE].u = satype_of(c->sa.protocol);
		return pfkey_msg_from_sa(m, &c->sa, &s->store, e) && push_proxy(s, m, &c->sa, e);
	case SETKEY_GET:
	case SETKEY_DELETE:
		m->base.v[MSG_SATYPE].u = satype_of(c->sa.protocol);
		return pfkey_msg_name_sa(m, c->sa.spi, &c->sa.src, &c->sa.dst, e);
	case SETKEY_SPDADD:
	case SETKEY_SPDUPDATE:
	case SETKEY_SPDDELETE: return pfkey_msg_from_policy(m, &c->policy, &s->store, e);
	case SETKEY_FLUSH:
	case SETKEY_SPDFLUSH:
	case SETKEY_DUMP:
	case SETKEY_SPDDUMP: return true;
	default: return fail(e, ERR_UNSUPPORTED, "deleteall has no one message: name each SA");
	}
}

/* Keeps the mirror in step: the tester's end of every SA. */
static bool
mirror(struct stage *s, const struct setkey_command *c, struct err *e)
{
	if (c->verb == SETKEY_FLUSH) {
		sad_flush(s->sad, c->protocol);
		s->sentinel_ready = false;
	}
	/* A deleted SA stays usable here: a case may well send on one that the target has just deleted. */
	if (c->verb != SETKEY_ADD && c->verb != SETKEY_UPDATE)
		return true;
	/* UPDATE completes an SA that GETSPI began; one that is mature keeps keys and counters, RFC 2367 3.1.2. */
	if (c->verb == SETKEY_UPDATE && sad_find(s->sad, c->sa.spi, c->sa.protocol, &c->sa.dst) != NULL)
		return true;
	struct sa_spec spec = c->sa;
	spec.replay = 0; /* the tester judges numbers itself */
	spec.seq_cycle = true;
	spec.hard = spec.soft = (struct lifetime){ 0 };
	spec.ah_align8 = s->g->caps.ah_align8 && !s->item->spec->raw_transform;
	struct sa *old = sad_find(s->sad, spec.spi, spec.protocol, &spec.dst);
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

struct pending {
	uint32_t seq;
	const struct setkey_command *command;
};

/* Reads what the configuring socket got; *bad is the command whose answer carries an errno. */
static bool
read_answers(struct stage *s, const struct pending *p, unsigned n, const struct setkey_command **bad, int *number,
	     struct err *e)
{
	struct channel *c = &s->g->target->channel;
	struct channel_event ev;
	if (!c->ops->sync(c, e))
		return false;
	e->code = ERR_NONE;
	while (c->ops->next_event(c, &ev, e)) {
		struct pfkey_msg m;
		if (ev.sock != s->g->setup_sock)
			continue;
		evidence_add(s->ev, EV_PFKEY_IN, 0, (unsigned)ev.sock, ev.data, NULL);
		if (!pfkey_msg_parse(&m, s->g->dialect, ev.data, engine_swaps(s->g), e))
			return err_prefix(e, "answer to a setkey command");
		for (unsigned i = 0; i < n; i++) {
			if (m.base.v[MSG_SEQ].u != p[i].seq || m.base.v[MSG_ERRNO].u == 0 || *bad != NULL)
				continue;
			*bad = p[i].command;
			*number = (int)m.base.v[MSG_ERRNO].u;
		}
	}
	return e->code == ERR_NONE;
}

static void
describe(const struct setkey_command *c, int number, char *text, size_t cap)
{
	char what[160] = "";
	const char *name = names_name(pfkey_errnos_linux, (uint64_t)number);
	if (c->verb < SETKEY_SPDADD)
		setkey_print_sa(&c->sa, false, what, sizeof what);
	else
		setkey_print_policy(&c->policy, what, sizeof what);
	what[strcspn(what, "\n")] = '\0';
	snprintf(text, cap, "the target refused: %s: %s (errno %d)", what, name != NULL ? name : "?", number);
}

#define PENDING_MAX 512

bool
setup_apply(struct stage *s, const char *text, const char *file, unsigned line, char *refused, size_t cap,
	    struct err *e)
{
	struct setkey_script *script = setkey_parse(text, strlen(text), file, line, e);
	struct pending *p = arena_alloc(s->scratch, PENDING_MAX * sizeof *p);
	unsigned n = 0;
	bool ok = script != NULL;
	refused[0] = '\0';
	evidence_add(s->ev, EV_SETKEY, line, 0, BYTES_NONE, text);
	for (const struct setkey_command *c = ok ? setkey_first(script) : NULL; ok && c != NULL; c = c->next) {
		struct pfkey_msg m;
		ok = n < PENDING_MAX ||
		     fail(e, ERR_RANGE, "%s:%u: more than %d commands in one block", file, c->line, PENDING_MAX);
		ok = ok && command_message(s, c, &m, e);
		if (!ok && e->code == ERR_UNSUPPORTED) {
			snprintf(refused, cap, "%s", e->text);
			break;
		}
		ok = ok && setup_write(s, &m, c->line, e) && mirror(s, c, e);
		if (ok)
			p[n++] = (struct pending){ s->g->pf_seq, c };
	}
	const struct setkey_command *bad = NULL;
	int number = 0;
	if (ok || refused[0] != '\0')
		ok = read_answers(s, p, n, &bad, &number, e);
	if (ok && bad != NULL && refused[0] == '\0')
		describe(bad, number, refused, cap);
	setkey_free(script);
	return ok;
}

void
step_setkey(struct stage *s, const struct step *st)
{
	struct err e = { 0 };
	char refused[400];
	const char *text = vars_substitute(&s->vars, st->raw, s->item->suite->file, st->raw_line, &e);
	if (text == NULL || !setup_apply(s, text, s->item->suite->file, st->raw_line, refused, sizeof refused, &e)) {
		stage_error(s, &e);
		return;
	}
	if (refused[0] != '\0')
		stage_decide(s, V_SKIP, "%s", refused);
}
