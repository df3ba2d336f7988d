/* The variables that every case has besides its own axes: espy-suite(5), VARIABLES. */
#include "runner/stage.h"

#include <string.h>

#include "runner/transform.h"

static const char *
address_text(struct stage *s, const uint8_t *octets, size_t n)
{
	struct addr a = addr_of((struct bytes){ octets, n });
	char text[48];
	return arena_strdup(s->arena, addr_print(&a, text));
}

static void
set_text(struct stage *s, const char *name, const char *text)
{
	vars_set(&s->vars, name, val_text(text));
}

/* The addresses of a link in one family, under names with a prefix and a suffix. */
static void
set_addresses(struct stage *s, const char *prefix, unsigned link, uint8_t family, const char *suffix)
{
	const struct target_net *net = &s->g->target->net[link];
	bool v6 = family == 6;
	set_text(s, arena_printf(s->arena, "%stester%s", prefix, suffix),
		 v6 ? address_text(s, net->tester6, 16) : address_text(s, net->tester4, 4));
	set_text(s, arena_printf(s->arena, "%starget%s", prefix, suffix),
		 v6 ? address_text(s, net->target6, 16) : address_text(s, net->target4, 4));
	if (link == 0)
		set_text(s, arena_printf(s->arena, "%ssecond%s", prefix, suffix),
			 v6 ? address_text(s, net->second6, 16) : address_text(s, net->second4, 4));
}

static const char *
param(const struct plan_item *item, const char *name)
{
	for (unsigned i = 0; i < item->params_n; i++)
		if (strcmp(item->params[i].name, name) == 0)
			return item->params[i].value;
	return NULL;
}

static uint8_t
family_of(const char *text, uint8_t otherwise)
{
	return text == NULL ? otherwise : strcmp(text, "ipv6") == 0 ? 6 : 4;
}

/* How the target's PF_KEY numbers the transform, and the octets of its keys. */
static void
set_numbers(struct stage *s, const struct transform *t)
{
	int enc = t->enc != NULL ? dialect_alg_number(s->g->dialect, t->enc) : 0;
	int auth = t->auth != NULL ? dialect_alg_number(s->g->dialect, t->auth) : 0;
	vars_set(&s->vars, "encrypt_id", val_number(enc > 0 ? (uint64_t)enc : 0));
	vars_set(&s->vars, "auth_id", val_number(auth > 0 ? (uint64_t)auth : 0));
	vars_set(&s->vars, "encrypt_key_len", val_number(t->enc_key_n));
	vars_set(&s->vars, "auth_key_len", val_number(t->auth_key_n));
}

/* What every case may use besides its own axes: espy-suite(5), "Variables". */
bool
stage_variables(struct stage *s, struct err *e)
{
	for (unsigned i = 0; i < s->item->params_n; i++)
		set_text(s, s->item->params[i].name, s->item->params[i].value);
	s->family = family_of(param(s->item, "family"), 4);
	s->inner = family_of(param(s->item, "inner"), s->family);
	set_addresses(s, "", 0, s->family, "");
	set_addresses(s, "inner_", 0, s->inner, "");
	set_addresses(s, "", 1, s->inner, "2");
	for (uint8_t f = 4; f <= 6; f += 2) {
		set_addresses(s, "", 0, f, f == 4 ? "_4" : "_6");
		set_addresses(s, "", 1, f, f == 4 ? "2_4" : "2_6");
	}
	set_text(s, "icmp", s->inner == 6 ? "icmp6" : "icmp");
	set_text(s, "plen", s->inner == 6 ? "128" : "32");
	const char *mode = param(s->item, "mode");
	bool tunnel = mode != NULL && strcmp(mode, "tunnel") == 0;
	const char *in = tunnel ? arena_printf(s->arena, "%s-%s", vars_get(&s->vars, "tester")->text,
					       vars_get(&s->vars, "target")->text)
				: "";
	const char *out = tunnel ? arena_printf(s->arena, "%s-%s", vars_get(&s->vars, "target")->text,
						vars_get(&s->vars, "tester")->text)
				 : "";
	set_text(s, "in", in);
	set_text(s, "out", out);
	const char *name = param(s->item, "transform");
	if (name == NULL)
		return true;
	const char *keys[2];
	for (unsigned i = 0; i < 2; i++) {
		keys[i] = transform_setkey(s->arena, name, s->g->seed, i, e);
		if (keys[i] == NULL)
			return false;
	}
	set_text(s, "transform_name", name);
	set_text(s, "keys_in", keys[0]);
	set_text(s, "keys_out", keys[1]);
	struct transform t;
	if (!transform_parse(&t, name, e))
		return false;
	const struct alg *icv = t.auth != NULL ? t.auth : t.enc;
	vars_set(&s->vars, "icv_len", val_number(icv->icv));
	set_numbers(s, &t);
	vars_set(&s->vars, "iv_len", val_number(t.enc != NULL ? t.enc->iv : 0));
	vars_set(&s->vars, "block", val_number(t.enc != NULL ? t.enc->block : 1));
	return true;
}
