/* Steps on the target itself: application sockets, tunables, counters. */
#include "runner/stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/layouts.h"

static struct named_sock *
app_named(struct stage *s, const char *name)
{
	for (unsigned i = 0; i < s->app_n; i++)
		if (strcmp(s->app[i].name, name) == 0)
			return &s->app[i];
	return NULL;
}

static bool
channel_has(struct stage *s, unsigned feature, const char *what)
{
	if (s->g->target->has_channel && (s->g->target->channel.hello.features & feature))
		return true;
	stage_decide(s, V_SKIP, "the target has no %s", what);
	return false;
}

static void
refused(struct stage *s, const struct err *e)
{
	if (e->code == ERR_UNSUPPORTED)
		stage_decide(s, V_SKIP, "%s", e->text);
	else if (e->code == ERR_REFUSED)
		stage_decide(s, V_FAIL, "the target refused: %s", e->text);
	else
		stage_error(s, e);
}

/* --- sockets --------------------------------------------------------------------------------- */

static void
app_open(struct stage *s, const struct step *st)
{
	struct channel *c = &s->g->target->channel;
	struct err e = { 0 };
	uint64_t port;
	if (s->app_n == STAGE_SOCKETS) {
		stage_decide(s, V_ERROR, "a case has at most %d application sockets", STAGE_SOCKETS);
		return;
	}
	struct named_sock *n = &s->app[s->app_n];
	*n = (struct named_sock){ .name = st->name };
	/* Bound to the address the policies speak of: a host with several picks its source by rules of its own (RFC 6724). */
	const struct target_net *net = &s->g->target->net[0];
	/* What takes ESP is where tunnels end. */
	uint8_t family = st->encap ? s->family : s->inner;
	static const uint8_t none[16];
	struct bytes local = family == 6 ? BYTES_OF(net->target6) : BYTES_OF(net->target4);
	if (st->anywhere)
		local = (struct bytes){ none, local.n };
	if (!expr_number_of(st->value, &s->vars, &port, &e)) {
		stage_error(s, &e);
		return;
	}
	struct addr at = addr_of(local);
	char text[48];
	stage_did(s, BYTES_NONE, "udp-open %s %s %u %s%s", st->name, addr_print(&at, text), (unsigned)(uint16_t)port,
		  st->user != NULL ? st->user : "-", st->encap ? " encap" : "");
	if (!c->ops->udp_open(c, family, local, (uint16_t)port, st->user, &n->sock, &e)) {
		refused(s, &e);
		return;
	}
	s->app_n++;
	if (st->encap && !c->ops->udp_encap(c, n->sock, &e))
		refused(s, &e);
	else
		app_policy_say(s, st, n->sock);
}

static struct bytes
octets_of(struct stage *s, const struct val *v)
{
	const char *text = val_print(s->arena, v);
	struct hdr h = hdr_of(&layout_esp); /* borrows the reader of hex octets */
	if (v->kind != VAL_OCTETS && strncmp(text, "0x", 2) == 0 && hdr_set_text(&h, ESP_IV, text, &s->store, NULL))
		return h.v[ESP_IV].b;
	return v->kind == VAL_OCTETS ? v->octets : (struct bytes){ (const uint8_t *)text, strlen(text) };
}

static bool
app_payload(struct stage *s, const struct step *st, struct bytes *data, struct err *e)
{
	struct val v;
	uint64_t n;
	if (st->size == NULL) {
		if (!expr_eval(st->value, &s->vars, &v, e))
			return false;
		*data = octets_of(s, &v);
		return true;
	}
	if (!expr_number_of(st->size, &s->vars, &n, e))
		return false;
	if (n > 65535)
		return fail(e, ERR_RANGE, "size: want at most 65535, got %llu", (unsigned long long)n);
	uint8_t *p = arena_alloc(s->arena, n + 1);
	memset(p, 'x', n);
	*data = (struct bytes){ p, n };
	return true;
}

static void
app_send(struct stage *s, const struct step *st)
{
	struct channel *c = &s->g->target->channel;
	struct named_sock *n = app_named(s, st->name);
	struct err e = { 0 };
	struct bytes data;
	struct val to;
	struct addr a;
	uint64_t port;
	if (n == NULL) {
		stage_decide(s, V_ERROR, "no application socket called '%s'", st->name);
		return;
	}
	if (!app_payload(s, st, &data, &e) || !expr_eval(st->value2, &s->vars, &to, &e) ||
	    !expr_number_of(st->value3, &s->vars, &port, &e) || !addr_parse(&a, val_print(s->arena, &to), &e)) {
		stage_error(s, &e);
		return;
	}
	char text[48];
	stage_did(s, data, "udp-send %s %s %u", n->name, addr_print(&a, text), (unsigned)(uint16_t)port);
	/* A refusal is the target's way to say that nothing leaves: the frames decide, the errno is side evidence. */
	if (!c->ops->udp_send(c, n->sock, addr_bytes(&a), (uint16_t)port, data, &e) || !c->ops->sync(c, &e)) {
		if (e.code != ERR_REFUSED)
			refused(s, &e);
		evidence_add(s->ev, EV_APP, st->at.line, 0, BYTES_NONE, e.text);
	}
}

static void
app_close(struct stage *s, const struct step *st)
{
	struct channel *c = &s->g->target->channel;
	struct named_sock *n = app_named(s, st->name);
	struct err e = { 0 };
	if (n == NULL) {
		stage_decide(s, V_ERROR, "no application socket called '%s'", st->name);
		return;
	}
	stage_did(s, BYTES_NONE, "close %s", n->name);
	if (!c->ops->sock_close(c, n->sock, &e))
		refused(s, &e);
	*n = s->app[--s->app_n];
}

static void
app_policy(struct stage *s, const struct step *st)
{
	const struct named_sock *n = app_named(s, st->name);
	if (n == NULL)
		stage_decide(s, V_ERROR, "no application socket called '%s'", st->name);
	else if (st->kind == STEP_APP_POLICY)
		app_policy_say(s, st, n->sock);
	else
		app_policy_ask(s, st, n->sock);
}

void
step_app(struct stage *s, const struct step *st)
{
	if (!channel_has(s, CHAN_SOCKETS, "application sockets to lend"))
		return;
	if (st->kind == STEP_APP_OPEN)
		app_open(s, st);
	else if (st->kind == STEP_APP_SEND)
		app_send(s, st);
	else if (st->kind == STEP_APP_POLICY || st->kind == STEP_APP_POLICY_IS)
		app_policy(s, st);
	else
		app_close(s, st);
}

/* --- delivery -------------------------------------------------------------------------------- */

/* What a socket received next. Frames are handled before the channel answers a sync, but the sentinel makes sure of it. */
static bool
next_delivery(struct stage *s, const struct named_sock *n, struct bytes *data, bool *some, struct err *e)
{
	struct channel *c = &s->g->target->channel;
	struct channel_event ev;
	*some = false;
	if (!tester_sentinel(s, 1, e) || !c->ops->sync(c, e))
		return false;
	e->code = ERR_NONE;
	while (c->ops->next_event(c, &ev, e)) {
		struct exhibit *x = evidence_add(s->ev, EV_APP, 0, (unsigned)ev.sock, ev.data, "delivered");
		x->line = 0;
	}
	for (struct exhibit *x = s->ev->first; x != NULL; x = x->next) {
		if (x->kind != EV_APP || x->line != 0 || x->link != (unsigned)n->sock)
			continue;
		x->line = s->step->at.line;
		*data = x->octets;
		*some = true;
		break;
	}
	return e->code == ERR_NONE;
}

void
step_deliver(struct stage *s, const struct step *st)
{
	struct named_sock *n = app_named(s, st->name);
	struct err e = { 0 };
	struct bytes data = BYTES_NONE;
	struct val want;
	bool some;
	if (n == NULL) {
		stage_decide(s, V_ERROR, "no application socket called '%s'", st->name);
		return;
	}
	if (!next_delivery(s, n, &data, &some, &e) ||
	    (st->value != NULL && !expr_eval(st->value, &s->vars, &want, &e))) {
		stage_error(s, &e);
		return;
	}
	if (st->value == NULL) {
		if (some)
			stage_decide(s, V_FAIL, "want nothing delivered to %s, got %zu octets", st->name, data.n);
		return;
	}
	struct bytes octets = octets_of(s, &want);
	if (!some)
		stage_decide(s, V_FAIL, "want %zu octets delivered to %s, got nothing (the sentinel came back)",
			     octets.n, st->name);
	else if (!bytes_equal(octets, data))
		stage_decide(s, V_FAIL, "want %zu octets delivered to %s, got %zu that differ", octets.n, st->name,
			     data.n);
}

/* --- tunables and counters ------------------------------------------------------------------- */

static void
no_tunable(struct stage *s, const struct step *st, const struct err *e)
{
	if (e->code == ERR_DEAD)
		stage_error(s, e);
	else
		stage_decide(s, V_SKIP, "tunable %s: %s", st->name, e->text);
}

void
step_tunable(struct stage *s, const struct step *st)
{
	struct channel *c = &s->g->target->channel;
	struct err e = { 0 };
	struct val v;
	if (!channel_has(s, CHAN_TUNABLES, "tunables to set"))
		return;
	if (s->tunables == STAGE_TUNABLES) {
		stage_decide(s, V_ERROR, "a case sets at most %d tunables", STAGE_TUNABLES);
		return;
	}
	char *was = s->tunable[s->tunables].was;
	if (!expr_eval(st->value, &s->vars, &v, &e)) {
		stage_error(s, &e);
		return;
	}
	if (!c->ops->tunable_get(c, st->name, was, sizeof s->tunable[0].was, &e)) {
		no_tunable(s, st, &e);
		return;
	}
	s->tunable[s->tunables++].name = st->name;
	/* Settings of several words are strings with variables inside. */
	const char *text = vars_substitute(&s->vars, val_print(s->arena, &v), s->item->suite->file, st->at.line, &e);
	if (text == NULL) {
		stage_error(s, &e);
		return;
	}
	stage_did(s, BYTES_NONE, "tunable %s %s", st->name, text);
	if (!c->ops->tunable_set(c, st->name, text, &e))
		no_tunable(s, st, &e);
}

/* tunable NAME == VALUE: what the target has there, counters among it. */
void
step_tunable_is(struct stage *s, const struct step *st)
{
	struct channel *c = &s->g->target->channel;
	struct err e = { 0 };
	char is[200];
	struct val v;
	if (!channel_has(s, CHAN_TUNABLES, "tunables to read"))
		return;
	if (!expr_eval(st->value, &s->vars, &v, &e)) {
		stage_error(s, &e);
		return;
	}
	if (!tester_sentinel(s, 1, &e) || !c->ops->tunable_get(c, st->name, is, sizeof is, &e)) {
		no_tunable(s, st, &e);
		return;
	}
	is[strcspn(is, "\n")] = '\0';
	const char *want = val_print(s->arena, &v);
	if (strcmp(is, want) != 0)
		stage_decide(s, V_FAIL, "tunable %s: want %s, got %s", st->name, want, is);
}
