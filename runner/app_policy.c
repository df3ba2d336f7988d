/*
 * Policies of the target's application sockets: `app s policy "in bypass"`. A word says by which API: `policy` is
 * ipsec_set_policy(3) with the socket option of KAME and Linux, `ip_sec_opt` Solaris's (app_sec_opt.c).
 */
#include "runner/stage.h"

#include <stdio.h>
#include <string.h>

#include "config/socket_text.h"

enum { TEXT_MAX = 600, VALUE_MAX = 1024 };

static const char *const apis[] = { "policy", "ip_sec_opt" };

bool
app_policy_knows(const char *api)
{
	for (size_t i = 0; i < sizeof apis / sizeof apis[0]; i++)
		if (strcmp(apis[i], api) == 0)
			return true;
	return false;
}

/* The text with variables replaced, read. */
static bool
read_text(struct stage *s, const char *text, struct place at, struct socket_text *p, struct err *e)
{
	const char *file = s->item->suite->file;
	const char *whole = vars_substitute(&s->vars, text, file, at.line, e);
	struct bytes b = { (const uint8_t *)whole, whole != NULL ? strlen(whole) : 0 };
	return whole != NULL && socket_text_parse(p, b, file, at.line, 1, e);
}

void
app_policy_did(struct stage *s, int sock, struct bytes value)
{
	for (unsigned i = 0; i < s->app_n; i++)
		if (s->app[i].sock == sock)
			stage_did(s, value, "udp-policy %s %u", s->app[i].name, s->inner);
}

static bool
say_one(struct stage *s, const struct socket_said *said, int sock, struct err *e)
{
	struct channel *c = &s->g->target->channel;
	uint8_t room[VALUE_MAX];
	struct wr w = wr_of(room, sizeof room);
	struct socket_text p;
	struct bytes value;
	if (strcmp(said->api, "ip_sec_opt") == 0)
		return app_sec_opt_say(s, said, sock, e);
	if (!read_text(s, said->text, said->at, &p, e) ||
	    !pfkey_socket_put(s->g->dialect, p.dir, &p.policy, engine_swaps(s->g), &w, e) ||
	    !alter_message(s, said->mods, wr_done(&w), &value, e))
		return false;
	app_policy_did(s, sock, value);
	return c->ops->policy_set(c, sock, s->inner, value, e);
}

/* Whether the refusal is one that the step names; it may name none. */
static bool
errno_is_wanted(struct stage *s, const struct step *st, int number)
{
	const struct name *known = dialect_errnos(s->g->dialect);
	for (const struct word_list *w = st->errnos; w != NULL; w = w->next)
		for (const struct name *n = known; n->name != NULL; n++)
			if (strcmp(n->name, w->word) == 0 && (int)n->value == number)
				return true;
	return st->errnos == NULL;
}

static void
judge_refusal(struct stage *s, const struct step *st, const struct socket_said *said, const struct err *e)
{
	evidence_add(s->ev, EV_APP, st->at.line, 0, BYTES_NONE, e->text);
	if (!st->refused)
		stage_decide(s, V_FAIL, "the target refused the policy \"%s\": %s", said->text, e->text);
	else if (!errno_is_wanted(s, st, e->os_errno))
		stage_decide(s, V_FAIL, "the target refused the policy \"%s\" with another error: %s", said->text,
			     e->text);
}

/* In their order, up to the first that is refused. */
void
app_policy_say(struct stage *s, const struct step *st, int sock)
{
	const struct socket_said *said = st->said;
	struct err e = { 0 };
	while (said != NULL && say_one(s, said, sock, &e))
		said = said->next;
	if (said == NULL && st->refused)
		stage_decide(s, V_FAIL, "the target took what it should refuse");
	else if (said != NULL && e.code == ERR_REFUSED)
		judge_refusal(s, st, said, &e);
	else if (said != NULL && e.code == ERR_UNSUPPORTED)
		stage_decide(s, V_SKIP, "%s", e.text);
	else if (said != NULL)
		stage_error(s, &e);
}

/* What the target's socket says for a direction. */
static bool
ask_one(struct stage *s, uint8_t dir, int sock, struct socket_text *got, struct err *e)
{
	static const struct socket_policy nothing = { .action = SOCKET_ENTRUST };
	struct channel *c = &s->g->target->channel;
	uint8_t question[VALUE_MAX], value[VALUE_MAX];
	struct wr like = wr_of(question, sizeof question), w = wr_of(value, sizeof value);
	bool swap = engine_swaps(s->g);
	return pfkey_socket_put(s->g->dialect, dir, &nothing, swap, &like, e) &&
	       c->ops->policy_get(c, sock, s->inner, wr_done(&like), &w, e) &&
	       pfkey_socket_get(s->g->dialect, wr_done(&w), swap, &got->dir, &got->policy, e);
}

/* A target that has no such question is not to blame (Linux: ENOPROTOOPT). */
void
app_policy_ask(struct stage *s, const struct step *st, int sock)
{
	char want[TEXT_MAX], have[TEXT_MAX];
	struct socket_text wanted, got;
	struct val v;
	struct err e = { 0 };
	uint8_t dir = strcmp(st->direction, "in") == 0 ? DIR_IN : DIR_OUT;
	if (st->said != NULL && strcmp(st->said->api, "ip_sec_opt") == 0) {
		app_sec_opt_ask(s, st, sock);
		return;
	}
	if (!expr_eval(st->value, &s->vars, &v, &e) || !read_text(s, val_print(s->arena, &v), st->at, &wanted, &e)) {
		stage_error(s, &e);
		return;
	}
	if (!ask_one(s, dir, sock, &got, &e)) {
		if (e.code == ERR_REFUSED || e.code == ERR_UNSUPPORTED)
			stage_decide(s, V_SKIP, "the target does not tell the policy of a socket: %s", e.text);
		else
			stage_error(s, &e);
		return;
	}
	(void)socket_text_print(wanted.dir, &wanted.policy, want, sizeof want);
	(void)socket_text_print(got.dir, &got.policy, have, sizeof have);
	if (strcmp(want, have) != 0)
		stage_decide(s, V_FAIL, "the policy of %s: want \"%s\", got \"%s\"", st->name, want, have);
}
