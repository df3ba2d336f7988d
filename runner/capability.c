#include "runner/capability.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "runner/oracle.h"
#include "runner/manager.h"
#include "runner/transform.h"
#include "runner/trial.h"

/* --- asking ---------------------------------------------------------------------------------- */

static bool
ask(struct engine *g, int sock, uint8_t satype, struct capabilities *caps, struct err *e)
{
	static uint8_t octets[PFKEY_MSG_MAX];
	struct channel *c = &g->target->channel;
	struct pfkey_msg m;
	struct channel_event ev;
	struct wr w = wr_of(octets, sizeof octets);
	uint32_t seq = ++g->pf_seq;
	pfkey_msg_init(&m, g->dialect, PFKEY_REGISTER, satype);
	hdr_set(&m.base, MSG_SEQ, seq);
	if (!pfkey_msg_put(&m, engine_swaps(g), &w, e) || !c->ops->pfkey_send(c, sock, wr_done(&w), e) ||
	    !c->ops->sync(c, e))
		return false;
	e->code = ERR_NONE;
	bool answered = false;
	while (c->ops->next_event(c, &ev, e)) {
		if (ev.sock != sock)
			continue;
		if (!pfkey_msg_parse(&m, g->dialect, ev.data, engine_swaps(g), e))
			return err_prefix(e, "answer to SADB_REGISTER");
		if (m.base.v[MSG_SEQ].u != seq || m.base.v[MSG_ERRNO].u != 0)
			continue;
		answered = true;
		if (satype == SATYPE_AH) {
			caps->auth_ah_n = pfkey_supported(&m, EXT_SUPPORTED_AUTH, caps->auth_ah, CAP_ALGS);
			continue;
		}
		caps->auth_esp_n = pfkey_supported(&m, EXT_SUPPORTED_AUTH, caps->auth_esp, CAP_ALGS);
		caps->enc_n = pfkey_supported(&m, EXT_SUPPORTED_ENCRYPT, caps->enc, CAP_ALGS);
	}
	if (e->code != ERR_NONE)
		return false;
	return answered || fail(e, ERR_REFUSED, "SADB_REGISTER for satype %u was not answered", satype);
}

/* --- calibrating ----------------------------------------------------------------------------- */

static const char calibration[] =
	"suite calibrate \"what the target means where a number does not say it\"\n"
	"case esp INFO \"an echo comes back under this transform\"\n"
	"{\n"
	"  setkey {\n"
	"    add $tester $target esp 0x1001 -m transport $keys_in ;\n"
	"    add $target $tester esp 0x1002 -m transport $keys_out ;\n"
	"    spdadd $tester $target icmp -P in ipsec esp/transport//require ;\n"
	"    spdadd $target $tester icmp -P out ipsec esp/transport//require ;\n"
	"  }\n"
	"  alive\n"
	"}\n"
	"case ah INFO \"an echo comes back under AH with an ICV that is no multiple of 8 octets\"\n"
	"{\n"
	"  setkey {\n"
	"    add $tester $target ah 0x1001 -m transport $keys_in ;\n"
	"    add $target $tester ah 0x1002 -m transport $keys_out ;\n"
	"    spdadd $tester $target icmp -P in ipsec ah/transport//require ;\n"
	"    spdadd $target $tester icmp -P out ipsec ah/transport//require ;\n"
	"  }\n"
	"  alive\n"
	"}\n";

static bool
shares_number(const struct engine *g, unsigned i)
{
	int number = dialect_alg_number(g->dialect, &algs[i]);
	for (unsigned k = 0; k < algs_n; k++)
		if (k != i && algs[k].use == algs[i].use && algs[k].icv != algs[i].icv && number >= 0 &&
		    dialect_alg_number(g->dialect, &algs[k]) == number && algs[k].icv > 0 && algs[i].icv > 0 &&
		    algs[k].kind == ALG_HMAC && algs[i].kind == ALG_HMAC)
			return true;
	return false;
}

static bool
echo_comes_back(struct engine *g, const struct suite *suite, const struct case_spec *spec, const char *transform)
{
	struct evidence evidence = { 0 };
	struct outcome o;
	struct plan_item item = { .suite = suite,
				  .spec = spec,
				  .id = "calibrate",
				  .full_id = "calibrate",
				  .params = { { "transform", transform } },
				  .params_n = 1 };
	engine_run(g, &item, &evidence, &o);
	evidence_free(&evidence);
	return o.verdict == V_PASS;
}

static bool
calibrate(struct engine *g, struct err *e)
{
	assert(algs_n <= 64); /* bits of not_meant */
	struct suite *suite = suite_parse("(calibration)", calibration, sizeof calibration - 1, e);
	if (suite == NULL)
		return false;
	const struct case_spec *esp = suite->cases, *ah = suite->cases->next;
	uint64_t not_meant = 0;
	for (unsigned i = 0; i < algs_n; i++) {
		char name[80];
		snprintf(name, sizeof name, "aes-cbc-128+%s", algs[i].name);
		if (algs[i].use == ALG_AUTH && shares_number(g, i) && !echo_comes_back(g, suite, esp, name))
			not_meant |= 1ull << i;
	}
	g->caps.not_meant = not_meant;
	if (!echo_comes_back(g, suite, ah, "hmac-sha2-512-256")) {
		g->caps.ah_align8 = true;
		g->caps.ah_align8 = echo_comes_back(g, suite, ah, "hmac-sha2-512-256");
	}
	suite_free(suite);
	/* A target that is gone refuses everything: nothing was learnt. */
	return !g->dead || fail(e, ERR_DEAD, "while calibrating: %s", g->why_dead);
}

bool
capability_probe(struct engine *g, struct err *e)
{
	struct channel *c = &g->target->channel;
	int sock;
	if (!(c->hello.features & CHAN_PFKEY))
		return true;
	if (!c->ops->pfkey_open(c, &sock, e))
		return false;
	if (!ask(g, sock, SATYPE_ESP, &g->caps, e) || !ask(g, sock, SATYPE_AH, &g->caps, e))
		return false;
	if (!c->ops->sock_close(c, sock, e))
		return false;
	g->caps.known = true;
	return g->manager != &manager_pfkey || calibrate(g, e);
}

/* --- deciding -------------------------------------------------------------------------------- */

static bool
registered(const struct engine *g, const struct alg *a, size_t key_n, const struct pfkey_alg *rows, unsigned n,
	   char *why, size_t cap)
{
	int number = dialect_alg_number(g->dialect, a);
	if (number < 0) {
		snprintf(why, cap, "PF_KEY of %s has no number for %s", g->dialect->name, a->name);
		return false;
	}
	for (unsigned i = 0; i < n; i++) {
		if (rows[i].id != number)
			continue;
		if (a->kind == ALG_NULL || (key_n * 8 >= rows[i].minbits && key_n * 8 <= rows[i].maxbits))
			return true;
		snprintf(why, cap, "the target registers %s with keys of %u to %u bits, not %zu (SADB_REGISTER)",
			 a->name, rows[i].minbits, rows[i].maxbits, key_n * 8);
		return false;
	}
	if (a->kind == ALG_NULL) /* no row need say that nothing can be had */
		return true;
	snprintf(why, cap, "the target does not register %s (SADB_REGISTER)", a->name);
	return false;
}

/* Whether PF_KEY can say it and the target means the same by it. */
static bool
pfkey_allows(const struct engine *g, const struct plan_item *item, const char *name, char *why, size_t cap)
{
	struct transform t;
	struct err e;
	if (!transform_parse(&t, name, &e))
		return true; /* the case itself will say so */
	bool ah = t.enc == NULL;
	if (t.enc != NULL && !registered(g, t.enc, t.enc_key_n, g->caps.enc, g->caps.enc_n, why, cap))
		return false;
	if (t.auth == NULL)
		return true;
	if (!registered(g, t.auth, t.auth_key_n, ah ? g->caps.auth_ah : g->caps.auth_esp,
			ah ? g->caps.auth_ah_n : g->caps.auth_esp_n, why, cap))
		return false;
	unsigned i = (unsigned)(t.auth - algs);
	if (item->spec->raw_transform || !(g->caps.not_meant >> i & 1))
		return true;
	snprintf(
		why, cap,
		"the target means another truncation by the number of %s (found by an exchange; alg/icv_length judges it)",
		t.auth->name);
	return false;
}

static bool
steps_speak_pfkey(const struct step *steps)
{
	for (const struct step *st = steps; st != NULL; st = st->next)
		if (st->kind == STEP_PFKEY_SEND || st->kind == STEP_PFKEY_EXPECT || steps_speak_pfkey(st->body) ||
		    steps_speak_pfkey(st->otherwise))
			return true;
	return false;
}

static bool
speaks_pfkey(const struct plan_item *item)
{
	const char *want = item->spec->setup != NULL ? item->spec->setup : "default";
	for (const struct setup *u = item->suite->setups; u != NULL; u = u->next)
		if (strcmp(u->name, want) == 0 && steps_speak_pfkey(u->steps))
			return true;
	return steps_speak_pfkey(item->spec->steps);
}

bool
capability_falls_back(const struct engine *g, const struct plan_item *item)
{
	return g->fallback != NULL && !speaks_pfkey(item);
}

static bool
transform_allowed(struct engine *g, const struct plan_item *item, const char *name, char *why, size_t cap)
{
	if (g->manager->silent)
		return true;
	if (g->manager != &manager_pfkey)
		return trial_passes(g, g->manager, name, why, cap);
	return pfkey_allows(g, item, name, why, cap) ||
	       (capability_falls_back(g, item) && trial_passes(g, g->fallback, name, why, cap));
}

/* ESN, combined modes: by PF_KEY's dialect, or by XFRM, which can say both. */
static bool
can_say(const struct engine *g, const struct plan_item *item, bool by_pfkey)
{
	return g->manager != &manager_pfkey || by_pfkey || capability_falls_back(g, item);
}

static bool
need_met(const struct engine *g, const struct plan_item *item, const char *need)
{
	const struct target *t = g->target;
	if (strcmp(need, "link2") == 0)
		return t->links > 1;
	if (strcmp(need, "sockets") == 0)
		return t->has_channel && (t->channel.hello.features & CHAN_SOCKETS) != 0;
	if (strcmp(need, "tunables") == 0)
		return t->has_channel && (t->channel.hello.features & CHAN_TUNABLES) != 0;
	if (strcmp(need, "esn") == 0)
		return can_say(g, item, g->dialect->flag_esn != 0);
	if (strcmp(need, "aead") == 0)
		return can_say(g, item, g->dialect->aead);
	return strcmp(need, g->target->os) == 0;
}

/* Whether steps, or those inside them, are of a kind. */
static bool
steps_hold(const struct step *steps, bool (*is)(const struct step *))
{
	for (const struct step *st = steps; st != NULL; st = st->next)
		if (is(st) || steps_hold(st->body, is) || steps_hold(st->otherwise, is))
			return true;
	return false;
}

static bool
is_setkey(const struct step *st)
{
	return st->kind == STEP_SETKEY;
}

static bool
is_app(const struct step *st)
{
	return st->kind == STEP_APP_OPEN;
}

static bool
is_tunable(const struct step *st)
{
	return st->kind == STEP_TUNABLE || st->kind == STEP_TUNABLE_IS;
}

static bool
is_predict(const struct step *st)
{
	return st->kind == STEP_PREDICT;
}

static bool
item_holds(const struct plan_item *item, bool (*is)(const struct step *))
{
	const char *want = item->spec->setup != NULL ? item->spec->setup : "default";
	for (const struct setup *u = item->suite->setups; u != NULL; u = u->next)
		if (strcmp(u->name, want) == 0 && steps_hold(u->steps, is))
			return true;
	return steps_hold(item->spec->steps, is);
}

static bool
lends(const struct engine *g, unsigned feature)
{
	return g->target->has_channel && (g->target->channel.hello.features & feature) != 0;
}

/* What a target without a manager, or without a channel, cannot be asked. One that is typed into has no sockets either. */
static bool
silent_allows(const struct engine *g, const struct plan_item *item, char *why, size_t cap)
{
	bool types = g->manager == &manager_manual;
	const char *who = types ? "nobody types that: " : "";
	if (!types && (item_holds(item, is_setkey) || speaks_pfkey(item)))
		snprintf(why, cap, "needs SAs or policies, and nothing configures this target: %s", g->why_none);
	else if (types && speaks_pfkey(item))
		snprintf(why, cap, "%sspeaks PF_KEY", who);
	else if (item_holds(item, is_app) && !lends(g, CHAN_SOCKETS))
		snprintf(why, cap, "%sneeds an application's socket on the target", who);
	else if (item_holds(item, is_tunable) && !lends(g, CHAN_TUNABLES))
		snprintf(why, cap, "%sneeds a tunable of the target", who);
	else if (item_holds(item, is_predict))
		snprintf(why, cap, "predicts by what PF_KEY said, which this target did not");
	else
		return true;
	return false;
}

/* A rule of some system's manual binds those that say they follow it. */
static bool
profile_fits(const struct engine *g, const struct plan_item *item, char *why, size_t cap)
{
	const struct word_list *all = case_profiles(item->suite, item->spec);
	const char *own = g->target->profile != NULL ? g->target->profile : "none";
	for (const struct word_list *w = all; w != NULL; w = w->next)
		if (strcmp(w->word, own) == 0)
			return true;
	if (all != NULL)
		snprintf(why, cap, "a rule of profile %s%s; this target follows %s", all->word,
			 all->next != NULL ? " and others" : "", own);
	return all == NULL;
}

bool
capability_allows(struct engine *g, const struct plan_item *item, char *why, size_t cap)
{
	if (!profile_fits(g, item, why, cap))
		return false;
	if (g->manager->silent && !silent_allows(g, item, why, cap))
		return false;
	if (g->manager != &manager_pfkey && speaks_pfkey(item)) {
		snprintf(why, cap, "speaks PF_KEY, and this target is configured by %s", g->manager->name);
		return false;
	}
	for (const struct word_list *w = item->spec->needs; w != NULL; w = w->next) {
		if (need_met(g, item, w->word))
			continue;
		snprintf(why, cap, "needs %s, which this target and manager have not", w->word);
		return false;
	}
	for (unsigned i = 0; i < item->params_n; i++)
		if (strcmp(item->params[i].name, "transform") == 0 &&
		    !transform_allowed(g, item, item->params[i].value, why, cap))
			return false;
	return true;
}

bool
engine_open(struct engine *g, struct target *t, uint64_t seed, struct random *random, struct err *e)
{
	memset(g, 0, sizeof *g);
	g->target = t;
	g->seed = seed;
	g->random = random;
	g->case_sock = -1;
	g->setup_sock = -1;
	g->xfrm_sock = g->audit_sock = -1;
	if (manager_choose(g, e) && sentinel_open(g, e) && capability_probe(g, e))
		return true;
	engine_close(g);
	return false;
}

void
engine_close(struct engine *g)
{
	oracle_free(g->oracle);
	g->oracle = NULL;
	sentinel_close(g);
	arena_free(&g->scratch);
	arena_free(&g->trial_arena);
	g->trials = NULL;
	g->target = NULL;
}
