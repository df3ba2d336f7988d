/* PF_KEY steps: write a message, judge what a socket receives. */
#include "runner/stage.h"

#include <stdio.h>
#include <string.h>

/* --- sockets --------------------------------------------------------------------------------- */

/* Answers to the sentinel's SAs come on every socket and are no case's business. */
static void
keep_message(struct stage *s, const struct channel_event *ev)
{
	static _Thread_local struct pfkey_msg m;
	if (!pfkey_msg_parse(&m, s->g->dialect, ev->data, engine_swaps(s->g), NULL) || !sentinel_message(&m))
		evidence_add(s->ev, EV_PFKEY_IN, 0, (unsigned)ev->sock, ev->data, NULL);
}

/* What the unnamed socket got before this case mentioned it (answers to its own emptying of SAD and SPD among it) is not its
 * business. */
static bool
forget_earlier(struct stage *s, int sock, struct err *e)
{
	struct channel *c = &s->g->target->channel;
	struct channel_event ev;
	if (!c->ops->sync(c, e))
		return false;
	e->code = ERR_NONE;
	while (c->ops->next_event(c, &ev, e))
		if (ev.sock != sock)
			keep_message(s, &ev);
	for (struct exhibit *x = s->ev->first; x != NULL; x = x->next)
		if (x->kind == EV_PFKEY_IN && x->link == (unsigned)sock && x->line == 0)
			x->line = s->step->at.line;
	return e->code == ERR_NONE;
}

/* The unnamed socket outlives the case; a named one is opened at its first mention and closed with the case. */
static bool
socket_for(struct stage *s, const char *name, struct named_sock **sock, struct err *e)
{
	struct channel *c = &s->g->target->channel;
	const char *key = name != NULL ? name : "";
	for (unsigned i = 0; i < s->pf_n; i++) {
		if (strcmp(s->pf[i].name, key) == 0) {
			*sock = &s->pf[i];
			return true;
		}
	}
	if (s->pf_n == STAGE_SOCKETS)
		return fail(e, ERR_RANGE, "a case has at most %d PF_KEY sockets", STAGE_SOCKETS);
	if (s->g->target->has_channel == false || !(c->hello.features & CHAN_PFKEY))
		return fail(e, ERR_UNSUPPORTED, "the target has no PF_KEY");
	struct named_sock *n = &s->pf[s->pf_n];
	*n = (struct named_sock){ .name = key };
	if (name == NULL && s->g->case_sock >= 0) {
		n->sock = s->g->case_sock;
		if (!forget_earlier(s, n->sock, e))
			return false;
	} else if (!c->ops->pfkey_open(c, &n->sock, e)) {
		return false;
	}
	if (name == NULL)
		s->g->case_sock = n->sock;
	s->pf_n++;
	*sock = n;
	return true;
}

void
step_pfkey_send(struct stage *s, const struct step *st)
{
	static _Thread_local uint8_t octets[PFKEY_MSG_MAX];
	struct err e = { 0 };
	struct named_sock *sock;
	struct wr w = wr_of(octets, sizeof octets);
	struct resolved_msg *r = arena_alloc(s->scratch, sizeof *r);
	struct channel *c = &s->g->target->channel;
	struct bytes out;
	if (!socket_for(s, st->name, &sock, &e) || !notation_message(s, st->packet, TO_TARGET, r, &e) ||
	    !pfkey_msg_put(&r->msg, engine_swaps(s->g), &w, &e) ||
	    !alter_message(s, st->packet->mods, wr_done(&w), &out, &e)) {
		if (e.code == ERR_UNSUPPORTED)
			stage_decide(s, V_SKIP, "%s", e.text);
		else
			stage_error(s, &e);
		return;
	}
	enum pfkey_type type = pfkey_msg_type(&r->msg);
	sock->dirty |= type == PFKEY_REGISTER || type == PFKEY_X_PROMISC;
	s->last_pf_seq = (uint32_t)r->msg.base.v[MSG_SEQ].u;
	s->last_write_errno = 0;
	evidence_add(s->ev, EV_PFKEY_OUT, st->at.line, (unsigned)sock->sock, out, NULL);
	if (c->ops->pfkey_send(c, sock->sock, out, &e) && c->ops->sync(c, &e))
		return;
	if (e.code == ERR_REFUSED)
		s->last_write_errno = e.os_errno;
	else
		stage_error(s, &e);
}

bool
pfkey_registers(struct stage *s, bool auth, const struct val *number, bool *result, struct err *e)
{
	const struct capabilities *c = &s->g->caps;
	bool ah = stage_protocol(s) == 51;
	const struct pfkey_alg *rows = auth ? (ah ? c->auth_ah : c->auth_esp) : c->enc;
	unsigned rows_n = auth ? (ah ? c->auth_ah_n : c->auth_esp_n) : c->enc_n;
	uint64_t id;
	if (!c->known || !val_to_number(number, &id))
		return fail(e, ERR_SYNTAX, "want the number of an algorithm, and a target that answers SADB_REGISTER");
	*result = false;
	for (unsigned i = 0; i < rows_n; i++)
		*result |= rows[i].id == id;
	return true;
}

/* --- what a socket got ----------------------------------------------------------------------- */

/* Messages of all sockets into the evidence, marked by line 0: no step has taken them. The channel is synced first, so that "none" is
 * a fact. */
static bool
take_messages(struct stage *s, struct err *e)
{
	struct channel *c = &s->g->target->channel;
	struct channel_event ev;
	if (!c->ops->sync(c, e))
		return false;
	e->code = ERR_NONE;
	while (c->ops->next_event(c, &ev, e))
		keep_message(s, &ev);
	return e->code == ERR_NONE;
}

static struct exhibit *
first_untaken(struct stage *s, int sock)
{
	for (struct exhibit *x = s->ev->first; x != NULL; x = x->next)
		if (x->kind == EV_PFKEY_IN && x->link == (unsigned)sock && x->line == 0)
			return x;
	return NULL;
}

static bool
next_message(struct stage *s, int sock, struct bytes *octets, struct err *e)
{
	octets->n = 0;
	if (!take_messages(s, e))
		return false;
	struct exhibit *x = first_untaken(s, sock);
	if (x != NULL) {
		x->line = s->step->at.line;
		*octets = x->octets;
	}
	return true;
}

static void
say_difference(struct stage *s, const struct field_diff *d)
{
	char line[300];
	field_diff_print(d, line, sizeof line);
	s->o->diff.d[0] = *d;
	s->o->diff.n = 1;
	stage_decide(s, V_FAIL, "%s", line);
}

static bool
headers_agree(struct stage *s, const struct resolved_msg *want, const struct pfkey_msg *got)
{
	struct field_diff d;
	if (hdr_diff(&want->msg.base, &got->base, &d, 1) > 0) {
		say_difference(s, &d);
		return false;
	}
	if (want->is_refusal && got->base.v[MSG_ERRNO].u == 0) {
		stage_decide(s, V_FAIL, "pfkey.errno: want an error, got 0");
		return false;
	}
	for (unsigned i = 0; i < want->msg.n; i++) {
		const struct hdr *h = pfkey_msg_get(got, want->msg.kind[i]);
		if (h == NULL) {
			stage_decide(s, V_FAIL, "want the extension %s, got a message without it",
				     pfkey_ext_name(want->msg.kind[i]));
			return false;
		}
		/* Only what was written is compared: widths of an address follow the family that came. */
		struct hdr w = want->msg.ext[i];
		w.lay = h->lay;
		if (hdr_diff(&w, h, &d, 1) > 0) {
			say_difference(s, &d);
			return false;
		}
	}
	return true;
}

static const struct hdr *
header_at(const struct resolved_msg *want, const struct pfkey_msg *got, unsigned layer)
{
	return layer == 0 ? &got->base : pfkey_msg_get(got, want->msg.kind[layer - 1]);
}

static bool
choices_agree(struct stage *s, const struct resolved_msg *want, const struct pfkey_msg *got)
{
	for (unsigned i = 0; i < want->wanted.either_n; i++) {
		const struct alternatives *a = &want->wanted.either[i];
		struct field_diff d;
		if (alternatives_hold(a, header_at(want, got, a->layer), &d))
			continue;
		say_difference(s, &d);
		return false;
	}
	return true;
}

static void
compare_message(struct stage *s, const struct step *st, const struct resolved_msg *want, const struct pfkey_msg *got)
{
	if (!headers_agree(s, want, got) || !choices_agree(s, want, got))
		return;
	for (unsigned i = 0; i < st->without_n; i++) {
		int kind = notation_extension(s, st->without[i]);
		if (kind < 0) {
			stage_decide(s, V_ERROR, "without %s: no PF_KEY extension", st->without[i]);
			return;
		}
		if (pfkey_msg_get(got, (enum pfkey_ext)kind) == NULL)
			continue;
		stage_decide(s, V_FAIL, "want no extension %s, got one", st->without[i]);
		return;
	}
	for (unsigned i = 0; i < want->wanted.binds; i++)
		wanted_bind(s, &want->wanted.bind[i], header_at(want, got, want->wanted.bind[i].layer));
}

static void
judge_message(struct stage *s, const struct step *st, const struct resolved_msg *want, struct bytes octets)
{
	struct err e = { 0 };
	struct pfkey_msg *got = arena_alloc(s->scratch, sizeof *got);
	if (pfkey_msg_parse(got, s->g->dialect, octets, engine_swaps(s->g), &e)) {
		compare_message(s, st, want, got);
		if (s->stop)
			pfkey_msg_print(got, false, s->o->got, sizeof s->o->got);
	} else {
		stage_decide(s, V_FAIL, "a message that cannot be read arrived: %s", e.text);
	}
	if (s->stop)
		pfkey_msg_print(&want->msg, false, s->o->want, sizeof s->o->want);
}

static void
judge_write(struct stage *s, const struct resolved_msg *want)
{
	const struct name *errnos = dialect_errnos(s->g->dialect);
	const char *w = names_name(errnos, want->write_errno);
	const char *g = names_name(errnos, (uint64_t)s->last_write_errno);
	if ((uint64_t)s->last_write_errno != want->write_errno)
		stage_decide(s, V_FAIL, "write: want errno %s, got %s", w != NULL ? w : "?",
			     s->last_write_errno == 0 ? "0"
			     : g != NULL              ? g
						      : "?");
	s->last_write_errno = 0;
}

/* Whether the message wanted is an error reply that this errno could be. */
static bool
wants_errno(const struct resolved_msg *want, uint64_t number)
{
	if (want->is_refusal)
		return true;
	for (unsigned i = 0; i < want->wanted.either_n; i++) {
		const struct alternatives *a = &want->wanted.either[i];
		for (unsigned k = 0; a->layer == 0 && a->field == MSG_ERRNO && k < a->n; k++)
			if (a->value[k].u == number)
				return true;
	}
	return hdr_given(&want->msg.base, MSG_ERRNO) && want->msg.base.v[MSG_ERRNO].u == number;
}

void
step_pfkey_close(struct stage *s, const struct step *st)
{
	struct channel *c = &s->g->target->channel;
	struct err e = { 0 };
	unsigned i = 0;
	while (i < s->pf_n && strcmp(s->pf[i].name, st->name) != 0)
		i++;
	if (i == s->pf_n)
		stage_decide(s, V_ERROR, "no PF_KEY socket called '%s'", st->name);
	else if (!forget_earlier(s, s->pf[i].sock, &e) || !c->ops->sock_close(c, s->pf[i].sock, &e))
		stage_error(s, &e); /* unread messages must not wait for the next socket with this number */
	else
		s->pf[i] = s->pf[--s->pf_n];
}

/* Whether the socket of an expectation has a message that no step has taken. */
bool
step_pfkey_waits(struct stage *s, const struct step *st)
{
	struct err e = { 0 };
	struct named_sock *sock;
	s->step = st;
	if (!socket_for(s, st->name, &sock, &e) || !take_messages(s, &e)) {
		stage_error(s, &e);
		return false;
	}
	return first_untaken(s, sock->sock) != NULL;
}

void
step_pfkey_expect(struct stage *s, const struct step *st)
{
	struct err e = { 0 };
	struct named_sock *sock;
	struct bytes octets;
	struct resolved_msg *want = arena_alloc(s->scratch, sizeof *want);
	if (!socket_for(s, st->name, &sock, &e) ||
	    (st->want != WANT_NOTHING && !notation_message(s, st->packet, FROM_TARGET, want, &e))) {
		if (e.code == ERR_UNSUPPORTED)
			stage_decide(s, V_SKIP, "%s", e.text);
		else
			stage_error(s, &e);
		return;
	}
	if (want->is_write) {
		judge_write(s, want);
		return;
	}
	/* A refused write() is an answer too, where an error reply was wanted: RFC 2367 1.6. */
	if (s->last_write_errno != 0 && st->want != WANT_NOTHING && wants_errno(want, (uint64_t)s->last_write_errno)) {
		s->last_write_errno = 0;
		return;
	}
	if (s->last_write_errno != 0 && st->want != WANT_NOTHING) {
		const char *g = names_name(dialect_errnos(s->g->dialect), (uint64_t)s->last_write_errno);
		stage_decide(s, V_FAIL, "want a message, got errno %s from write()", g != NULL ? g : "?");
		return;
	}
	if (!next_message(s, sock->sock, &octets, &e)) {
		stage_error(s, &e);
		return;
	}
	if (st->want == WANT_NOTHING) {
		struct pfkey_msg *got = arena_alloc(s->scratch, sizeof *got);
		if (octets.n == 0)
			return;
		if (pfkey_msg_parse(got, s->g->dialect, octets, engine_swaps(s->g), &e))
			pfkey_msg_print(got, false, s->o->got, sizeof s->o->got);
		stage_decide(s, V_FAIL, "want no message, got %.500s", s->o->got);
	} else if (octets.n == 0) {
		pfkey_msg_print(&want->msg, false, s->o->want, sizeof s->o->want);
		snprintf(s->o->got, sizeof s->o->got, "no message");
		stage_decide(s, V_FAIL, "want %s, got no message (the channel is in step)", s->o->want);
	} else {
		judge_message(s, st, want, octets);
	}
}
