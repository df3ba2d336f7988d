/* SAs and policies by PF_KEY: setkey commands to messages in the target's dialect. */
#include "runner/manager.h"

#include "runner/live/command.h"
#include "runner/stage.h"

static int
sock(const struct engine *g)
{
	return g->setup_sock;
}

static bool
open_sock(struct engine *g, struct err *e)
{
	struct channel *c = &g->target->channel;
	return c->ops->pfkey_open(c, &g->setup_sock, e);
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

/* A number that the target means otherwise does not say this algorithm: where another manager can, it shall. */
static bool
check_meant(const struct stage *s, const struct sa_spec *sa, struct err *e)
{
	const struct engine *g = s->g;
	if (g->fallback == NULL || sa->auth == NULL || s->item->spec->raw_transform ||
	    !(g->caps.not_meant >> (sa->auth - algs) & 1))
		return true;
	return fail(e, ERR_UNSUPPORTED, "%s: the number of PF_KEY means another truncation on this target",
		    sa->auth->name);
}

/* What stands beside the command itself. */
static bool
complete(struct stage *s, const struct setkey_command *c, struct pfkey_msg *m, struct err *e)
{
	bool sa = c->verb == SETKEY_ADD || c->verb == SETKEY_UPDATE;
	return !sa || (check_meant(s, &c->sa, e) && push_proxy(s, m, &c->sa, e));
}

static bool
say(struct stage *s, const struct setkey_command *c, uint32_t seq, struct wr *w, struct err *e)
{
	struct pfkey_msg m;
	if (!command_message(s->g->dialect, c, &s->store, &m, e) || !complete(s, c, &m, e))
		return false;
	hdr_set(&m.base, MSG_SEQ, seq);
	return pfkey_msg_put(&m, engine_swaps(s->g), w, e);
}

static bool
send_message(struct engine *g, struct bytes message, struct err *e)
{
	struct channel *c = &g->target->channel;
	return c->ops->pfkey_send(c, g->setup_sock, message, e);
}

static bool
hear(const struct engine *g, struct bytes octets, struct manager_answer *a, struct err *e)
{
	struct pfkey_msg m;
	if (!pfkey_msg_parse(&m, g->dialect, octets, engine_swaps(g), e))
		return err_prefix(e, "answer to a setkey command");
	*a = (struct manager_answer){ .seq = (uint32_t)m.base.v[MSG_SEQ].u, .number = (int)m.base.v[MSG_ERRNO].u };
	return true;
}

const struct manager manager_pfkey = {
	.name = "pfkey",
	.out = EV_PFKEY_OUT,
	.in = EV_PFKEY_IN,
	.sock = sock,
	.open = open_sock,
	.say = say,
	.send = send_message,
	.hear = hear,
};
