/*
 * The vocabulary of a parsed suite: a misspelt layer, field, message, extension or alteration is found before anything is sent, with
 * file, line and column.
 */
#include <stdio.h>
#include <string.h>

#include "host/profile.h"
#include "runner/help/offers.h"
#include "runner/stage.h"

struct check {
	const struct suite *s;
	struct err *e;
	unsigned errors;
};

/* near: what was meant perhaps, with the name given already; NULL: nobody knows. Only the first error is told. */
static void
complain(struct check *c, struct place at, const char *what, const char *name, const char *where,
	 const struct suggest *near)
{
	char hint[200] = "";
	if (c->errors++ > 0)
		return;
	if (near != NULL)
		suggest_print(near, hint, sizeof hint);
	fail(c->e, ERR_UNKNOWN, "%s:%u:%u: no %s '%s'%s%s%s", c->s->file, at.line, at.column, what, name,
	     where[0] != '\0' ? " in " : "", where, hint);
}

/* What has one list of words. */
static void
complain_of(struct check *c, struct place at, const char *what, const char *name, const char *where,
	    void (*offer)(struct suggest *))
{
	struct suggest near = { .given = name };
	offer(&near);
	complain(c, at, what, name, where, &near);
}

static void
complain_of_field(struct check *c, const struct arg *g, const char *layer)
{
	struct suggest near = { .given = g->name };
	offer_fields(&near, layer);
	complain(c, g->at, "field", g->name, layer, &near);
}

static void
check_packet(struct check *c, const struct packet_spec *p)
{
	for (const struct layer_spec *l = p->layers; l != NULL; l = l->next) {
		if (l->quoted != NULL)
			check_packet(c, &(struct packet_spec){ .layers = l->quoted });
		if (l->name == NULL || l->quoted != NULL)
			continue;
		if (!notation_knows_layer(l->name)) {
			complain_of(c, l->at, "layer", l->name, "", offer_layers);
			continue;
		}
		for (const struct arg *g = l->args; g != NULL; g = g->next)
			if (g->name != NULL && !notation_knows_field(l->name, g->name))
				complain_of_field(c, g, l->name);
	}
	for (const struct mod *m = p->mods; m != NULL; m = m->next)
		if (!alter_knows(m->name))
			complain_of(c, m->at, "alteration", m->name, "", offer_alterations);
}

static bool
extension_has(int kind, const char *field)
{
	for (uint8_t family = 4; family <= 6; family += 2) {
		const struct layout *lay = pfkey_ext_layout(&dialect_linux, (enum pfkey_ext)kind, family);
		if (lay != NULL && layout_field(lay, field) >= 0)
			return true;
		lay = pfkey_ext_layout(&dialect_openbsd, (enum pfkey_ext)kind, family);
		if (lay != NULL && layout_field(lay, field) >= 0)
			return true;
	}
	return false;
}

/* A field of a message's base (kind -1) or of an extension. */
static void
complain_of_header(struct check *c, const struct arg *g, const struct layout *base, int kind, const char *where)
{
	struct suggest near = { .given = g->name != NULL ? g->name : "(no name)" };
	offer_layout(&near, base);
	if (kind >= 0)
		offer_extension_fields(&near, kind);
	complain(c, g->at, "field", near.given, where, &near);
}

static void
check_message(struct check *c, const struct packet_spec *p)
{
	const struct layer_spec *l = p->layers;
	bool write = l->name != NULL && strcmp(l->name, "write") == 0;
	if (!write && (l->name == NULL || pfkey_type_by_name(l->name) < 0)) {
		complain_of(c, l->at, "PF_KEY message", l->name != NULL ? l->name : "..", "", offer_messages);
		return;
	}
	for (const struct arg *g = l->args; g != NULL; g = g->next)
		if (g->name == NULL || layout_field(&layout_pfkey_base, g->name) < 0)
			complain_of_header(c, g, &layout_pfkey_base, -1, l->name);
	for (const struct mod *m = p->mods; m != NULL; m = m->next)
		if (!alter_knows_message(m->name))
			complain_of(c, m->at, "alteration of a message", m->name, "", offer_message_alterations);
	for (l = l->next; l != NULL; l = l->next) {
		if (l->name != NULL && strcmp(l->name, "rest") == 0)
			continue;
		int kind = l->name != NULL ? pfkey_ext_by_name(l->name) : -1;
		if (kind < 0) {
			complain_of(c, l->at, "PF_KEY extension", l->name != NULL ? l->name : "..", "",
				    offer_extensions);
			continue;
		}
		for (const struct arg *g = l->args; g != NULL; g = g->next)
			if (g->name == NULL || !extension_has(kind, g->name))
				complain_of_header(c, g, NULL, kind, l->name);
	}
	for (const struct word_list *w = p->without; w != NULL; w = w->next)
		if (w->word[0] != '$' && pfkey_ext_by_name(w->word) < 0)
			complain_of(c, w->at, "PF_KEY extension", w->word, "", offer_extensions);
}

static void
check_condition(struct check *c, const struct condition *k)
{
	for (; k != NULL; k = k->and_next)
		if (k->relation == REL_NONE && !stage_knows_question(k->left->text))
			complain_of(c, k->left->at, "question", k->left->text, "", offer_questions);
}

static void
check_said(struct check *c, const struct socket_said *p)
{
	if (!app_policy_knows(p->api))
		complain(c, p->at, "socket option", p->api, "", NULL);
	for (const struct mod *m = p->mods; m != NULL; m = m->next)
		if (!alter_knows_message(m->name))
			complain_of(c, m->at, "alteration of a policy", m->name, "", offer_message_alterations);
}

static void
check_audit(struct check *c, const struct step *st)
{
	if (!audit_knows_word(st->name))
		complain_of(c, st->at, "counter or auditable event", st->name, "", offer_audit_words);
	for (const struct arg *g = st->fields; g != NULL; g = g->next)
		if (g->name == NULL || !audit_knows_field(g->name))
			complain(c, g->at, "field", g->name != NULL ? g->name : "(no name)", "audit", NULL);
}

/* RFC 4301 9: a system may do without auditing, and no RFC names a counter. */
static bool
judges_audit(const struct step *steps)
{
	for (const struct step *st = steps; st != NULL; st = st->next)
		if ((st->kind == STEP_AUDIT && (st->raw != NULL || st->fields != NULL)) || judges_audit(st->body) ||
		    judges_audit(st->otherwise))
			return true;
	return false;
}

static void
check_steps(struct check *c, const struct step *st)
{
	for (; st != NULL; st = st->next) {
		check_condition(c, st->condition);
		bool message = st->kind == STEP_PFKEY_SEND || st->kind == STEP_PFKEY_EXPECT;
		if (st->packet != NULL && message)
			check_message(c, st->packet);
		else if (st->packet != NULL)
			check_packet(c, st->packet);
		if (st->kind == STEP_AUDIT)
			check_audit(c, st);
		for (const struct socket_said *p = st->said; p != NULL; p = p->next)
			check_said(c, p);
		for (unsigned i = 0; i < st->without_n; i++)
			if (st->without[i][0] != '$' && pfkey_ext_by_name(st->without[i]) < 0)
				complain_of(c, st->at, "PF_KEY extension", st->without[i], "", offer_extensions);
		check_steps(c, st->body);
		check_steps(c, st->otherwise);
	}
}

const char *const case_features[] = {
	"link2", "sockets", "tunables", "esn", "aead", "nat-t", "linux", "reference", NULL
};

static void
check_profiles(struct check *c, const struct word_list *w)
{
	for (; w != NULL; w = w->next)
		if (profile_by_name(w->word) == NULL)
			complain_of(c, w->at, "profile", w->word, "", offer_profiles);
}

static void
check_need(struct check *c, const struct case_spec *k, const struct word_list *w)
{
	struct suggest near = { .given = w->word };
	for (size_t i = 0; case_features[i] != NULL; i++) {
		if (strcmp(w->word, case_features[i]) == 0)
			return;
		suggest_offer(&near, case_features[i]);
	}
	complain(c, w->at, "feature", w->word, k->name, &near);
}

static void
complain_of_setup(struct check *c, const struct case_spec *k)
{
	struct suggest near = { .given = k->setup };
	for (const struct setup *u = c->s->setups; u != NULL; u = u->next)
		suggest_offer(&near, u->name);
	complain(c, k->at, "setup", k->setup, k->name, &near);
}

static void
check_case(struct check *c, const struct case_spec *k)
{
	bool setup = k->setup == NULL || strcmp(k->setup, "none") == 0;
	for (const struct setup *u = c->s->setups; u != NULL && !setup; u = u->next)
		setup = strcmp(u->name, k->setup) == 0;
	if (!setup)
		complain_of_setup(c, k);
	for (const struct word_list *w = k->needs; w != NULL; w = w->next)
		check_need(c, k, w);
	for (const struct case_spec *o = c->s->cases; o != k; o = o->next)
		if (strcmp(o->name, k->name) == 0 && c->errors++ == 0)
			fail(c->e, ERR_RANGE, "%s:%u:%u: case %s is already there at line %u", c->s->file, k->at.line,
			     k->at.column, k->name, o->at.line);
	check_profiles(c, k->profiles);
	check_condition(c, k->when);
	check_steps(c, k->steps);
	if (k->level == CASE_MUST && judges_audit(k->steps) && c->errors++ == 0)
		fail(c->e, ERR_RANGE, "%s:%u:%u: case %s judges counters or audit records: want SHOULD, MAY or INFO",
		     c->s->file, k->at.line, k->at.column, k->name);
}

static void
check_setups(struct check *c)
{
	for (const struct setup *u = c->s->setups; u != NULL; u = u->next) {
		for (const struct setup *o = c->s->setups; o != u; o = o->next)
			if (strcmp(o->name, u->name) == 0 && c->errors++ == 0)
				fail(c->e, ERR_RANGE, "%s:%u:%u: setup %s is already there at line %u", c->s->file,
				     u->at.line, u->at.column, u->name, o->at.line);
		check_steps(c, u->steps);
	}
}

bool
suite_check(const struct suite *s, struct err *e)
{
	struct check c = { s, e, 0 };
	check_profiles(&c, s->profiles);
	check_setups(&c);
	for (const struct case_spec *k = s->cases; k != NULL; k = k->next)
		check_case(&c, k);
	if (c.errors > 1 && e != NULL) {
		size_t n = strlen(e->text);
		snprintf(e->text + n, sizeof e->text - n, " (and %u more)", c.errors - 1);
	}
	return c.errors == 0;
}
