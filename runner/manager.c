#include "runner/manager.h"

#include <stdio.h>
#include <string.h>

#include "runner/engine.h"
#include "runner/help/suggest.h"

static const char *const wishes[] = {
	[MANAGER_AUTO] = "auto", [MANAGER_PFKEY] = "pfkey", [MANAGER_XFRM] = "xfrm", [MANAGER_NONE] = "none"
};

const char *
managers_named(const struct engine *g)
{
	return g->fallback != NULL ? "pfkey, xfrm" : g->manager->name;
}

bool
manager_wish_parse(const char *word, enum manager_wish *wish, struct err *e)
{
	for (unsigned i = 0; i < sizeof wishes / sizeof wishes[0]; i++) {
		if (strcmp(word, wishes[i]) != 0)
			continue;
		*wish = (enum manager_wish)i;
		return true;
	}
	struct suggest near = { .given = word };
	char hint[100];
	for (unsigned i = 0; i < sizeof wishes / sizeof wishes[0]; i++)
		suggest_offer(&near, wishes[i]);
	suggest_print(&near, hint, sizeof hint);
	return fail(e, ERR_UNKNOWN, "manager: want auto, pfkey, xfrm or none, got '%s'%s", word, hint);
}

static bool
target_has(const struct target *t, unsigned feature)
{
	return t->has_channel && (t->channel.hello.features & feature) != 0;
}

/* An XFRM that cannot be opened is no reason to go without PF_KEY. */
static const struct manager *
try_fallback(struct engine *g)
{
	struct err e = { 0 };
	if (g->target->manager != MANAGER_AUTO || !target_has(g->target, CHAN_NETLINK))
		return NULL;
	return manager_xfrm.open(g, &e) ? &manager_xfrm : NULL;
}

/* Why the target's own PF_KEY cannot be had, in its own words. */
static void
ask_why(struct engine *g)
{
	struct channel *c = &g->target->channel;
	struct err e = { 0 };
	int sock;
	if (c->ops->pfkey_open(c, &sock, &e))
		(void)c->ops->sock_close(c, sock, &e);
	snprintf(g->why_none, sizeof g->why_none, "%.250s", e.text);
}

/* Of a target that nobody configures, or somebody by hand: what its dialect is does not matter. */
static bool
choose_silent(struct engine *g, const struct manager *m)
{
	g->manager = m;
	if (m == &manager_none && g->target->manager == MANAGER_NONE)
		snprintf(g->why_none, sizeof g->why_none, "--manager none");
	else if (m == &manager_none)
		ask_why(g);
	if (g->dialect == NULL)
		g->dialect = dialect_by_os("linux");
	return true;
}

bool
manager_choose(struct engine *g, struct err *e)
{
	const struct target *t = g->target;
	bool pfkey = target_has(t, CHAN_PFKEY), xfrm = target_has(t, CHAN_NETLINK);
	g->dialect = dialect_by_os(t->channel.hello.os);
	if (t->manager == MANAGER_MANUAL)
		return choose_silent(g, &manager_manual);
	if (t->manager == MANAGER_NONE || (t->manager == MANAGER_AUTO && !pfkey && !xfrm))
		return choose_silent(g, &manager_none);
	g->manager = t->manager == MANAGER_XFRM || (t->manager == MANAGER_AUTO && !pfkey && xfrm) ? &manager_xfrm
												  : &manager_pfkey;
	if (g->manager == &manager_xfrm && !xfrm)
		return fail(e, ERR_UNSUPPORTED, "target %s: no XFRM netlink to configure it with", t->name);
	if (g->manager == &manager_pfkey && !pfkey)
		return fail(e, ERR_UNSUPPORTED, "target %s: no PF_KEY to configure it with", t->name);
	if (g->dialect == NULL)
		return fail(e, ERR_UNSUPPORTED, "target %s: no PF_KEY dialect for %s", t->name, t->channel.hello.os);
	if (!g->manager->open(g, e))
		return false;
	if (g->manager == &manager_pfkey)
		g->fallback = try_fallback(g);
	return true;
}
