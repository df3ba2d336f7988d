/*
 * Policies of application sockets by IP_SEC_OPT of Solaris: `app s ip_sec_opt "esp=required esp_alg=aes"`, and what getsockopt() says:
 * `app s ip_sec_opt both == ".."`.
 */
#include "runner/stage.h"

#include <string.h>

#include "config/ipsec_req_text.h"
#include "host/ipsec_req.h"

static bool
read_text(struct stage *s, const char *text, struct place at, struct ipsec_req_text *q, struct err *e)
{
	const char *file = s->item->suite->file;
	const char *whole = vars_substitute(&s->vars, text, file, at.line, e);
	struct bytes b = { (const uint8_t *)whole, whole != NULL ? strlen(whole) : 0 };
	return whole != NULL && ipsec_req_text_parse(q, b, file, at.line, 1, e);
}

bool
app_sec_opt_say(struct stage *s, const struct socket_said *said, int sock, struct err *e)
{
	struct channel *c = &s->g->target->channel;
	uint8_t room[IPSEC_REQ_OCTETS];
	struct wr w = wr_of(room, sizeof room);
	struct ipsec_req_text t;
	struct bytes value;
	if (!read_text(s, said->text, said->at, &t, e))
		return false;
	ipsec_req_put(&(struct ipsec_req){ t.ah, t.esp, t.self_encap, t.auth_alg, t.esp_alg, t.esp_auth_alg },
		      engine_swaps(s->g), &w);
	if (!alter_message(s, said->mods, wr_done(&w), &value, e))
		return false;
	app_policy_did(s, sock, value);
	return c->ops->policy_set(c, sock, s->inner, value, e);
}

void
app_sec_opt_ask(struct stage *s, const struct step *st, int sock)
{
	struct channel *c = &s->g->target->channel;
	uint8_t room[IPSEC_REQ_OCTETS];
	char want[200], have[200];
	struct wr w = wr_of(room, sizeof room);
	struct ipsec_req_text wanted;
	struct ipsec_req got;
	struct val v;
	struct err e = { 0 };
	if (!expr_eval(st->value, &s->vars, &v, &e) || !read_text(s, val_print(s->arena, &v), st->at, &wanted, &e) ||
	    !c->ops->policy_get(c, sock, s->inner, BYTES_NONE, &w, &e) ||
	    !ipsec_req_get(&got, wr_done(&w), engine_swaps(s->g), &e)) {
		stage_error(s, &e);
		return;
	}
	struct ipsec_req_text is = { got.ah, got.esp, got.self_encap, got.auth_alg, got.esp_alg, got.esp_auth_alg };
	(void)ipsec_req_text_print(&wanted, want, sizeof want);
	(void)ipsec_req_text_print(&is, have, sizeof have);
	if (strcmp(want, have) != 0)
		stage_decide(s, V_FAIL, "IP_SEC_OPT of %s: want \"%s\", got \"%s\"", st->name, want, have);
}
