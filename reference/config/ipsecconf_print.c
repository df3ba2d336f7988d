#include "config/ipsecconf.h"
#include "config/solaris_words.h"
#include "wire/text.h"

static void
print_end(struct text *t, const char *name, const char *port_name, const struct ipsecconf_end *end)
{
	char text[48];
	if (end->addr.family != 0)
		text_add(t, " %s %s/%u", name, addr_print(&end->addr, text), end->bits);
	if (end->port != SELECTOR_ANY)
		text_add(t, " %s %u", port_name, end->port);
}

static void
print_range(struct text *t, const char *name, uint32_t first, uint32_t last)
{
	if (first == SELECTOR_ANY)
		return;
	text_add(t, " %s %u", name, first);
	if (last > first)
		text_add(t, "-%u", last);
}

static void
print_pattern(struct text *t, const struct ipsecconf_entry *c)
{
	bool dir_here = c->dir != 0 && !c->directed;
	text_add(t, "{");
	print_end(t, c->directed ? "saddr" : "laddr", c->directed ? "sport" : "lport", &c->local);
	print_end(t, c->directed ? "daddr" : "raddr", c->directed ? "dport" : "rport", &c->remote);
	if (c->ulp != SELECTOR_ANY)
		text_add(t, " ulp %u", c->ulp);
	print_range(t, "type", c->type, c->type_last);
	print_range(t, "code", c->code, c->code_last);
	if (c->tunnel[0] != '\0')
		text_add(t, " tunnel %s negotiate %s", c->tunnel, c->mode == IPSECCONF_TUNNEL ? "tunnel" : "transport");
	if (dir_here)
		text_add(t, " dir %s", c->dir == DIR_IN ? "in" : "out");
	text_add(t, " }");
}

static void
print_alg(struct text *t, const char *name, const struct spd_alg *a)
{
	if (!a->wanted)
		return;
	text_add(t, " %s %s", name, a->alg != NULL ? solaris_alg_name(a->alg) : "any");
	if (a->min_bits == 0 && a->max_bits == 0)
		return;
	text_add(t, "(");
	if (a->min_bits != 0)
		text_add(t, "%u", a->min_bits);
	if (a->min_bits != a->max_bits)
		text_add(t, "..");
	if (a->max_bits != 0 && a->min_bits != a->max_bits)
		text_add(t, "%u", a->max_bits);
	text_add(t, ")");
}

static void
print_rule(struct text *t, const struct ipsecconf_entry *c, const struct ipsecconf_rule *r)
{
	static const char *const actions[] = { "ipsec", "bypass", "drop", "apply", "permit" };
	text_add(t, " %s {", actions[r->action]);
	print_alg(t, "auth_algs", &r->ah);
	print_alg(t, "encr_algs", &r->encr);
	print_alg(t, "encr_auth_algs", &r->encr_auth);
	if (r->unique)
		text_add(t, " sa unique");
	if (c->directed && r->action == IPSECCONF_BYPASS)
		text_add(t, " dir %s", c->dir == DIR_IN ? "in" : "out");
	text_add(t, " }");
}

size_t
ipsecconf_print(const struct ipsecconf_entry *c, char *text, size_t cap)
{
	struct text t = text_of(text, cap);
	print_pattern(&t, c);
	for (unsigned i = 0; i < c->n; i++) {
		if (i > 0)
			text_add(&t, " or");
		print_rule(&t, c, &c->rule[i]);
	}
	text_add(&t, "\n");
	return t.n;
}
