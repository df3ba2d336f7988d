#include "runner/target/target_child.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "host/profile.h"
#include "runner/target/channel_agent.h"
#include "runner/target/channel_none.h"
#include "runner/target/console.h"
#include "runner/target/resolve.h"

#define HELLO_MS 15000
#define ENDING_MS 500 /* between the end of a stream and that of the process */
#define REFERENCE "reference/"

static void
child_close(struct target *t)
{
	struct child *c = t->impl;
	if (c == NULL)
		return;
	if (t->channel.impl != NULL)
		t->channel.ops->close(&t->channel);
	for (unsigned i = 0; i < t->links; i++)
		t->link[i].ops->close(&t->link[i]);
	if (c->stays && c->process.pid > 0)
		(void)kill(c->process.pid, SIGTERM);
	process_stop(&c->process);
	if (c->console >= 0)
		close(c->console);
	free(c);
	t->has_channel = false;
	t->links = 0;
	t->impl = NULL;
}

static bool
child_ended(struct target *t, char *how, size_t cap)
{
	struct child *c = t->impl;
	char status[100], tail[256];
	if (c == NULL || !process_has_ended(&c->process, ENDING_MS, status, sizeof status))
		return false;
	if (c->console >= 0)
		console_tail(c->console, tail, sizeof tail);
	snprintf(how, cap, "%s%s%s", status, c->console >= 0 ? "; its console ends: " : "",
		 c->console >= 0 ? tail : "");
	return true;
}

bool
child_target_new(struct target *t, const char *driver, const char *what, struct err *e)
{
	struct child *c = calloc(1, sizeof *c);
	memset(t, 0, sizeof *t);
	if (c == NULL)
		return fail_errno(e, "%s", what);
	c->what = what;
	c->console = -1;
	t->driver = driver;
	t->impl = c;
	t->close = child_close;
	t->ended = child_ended;
	child_without(t);
	return true;
}

void
child_without(struct target *t)
{
	t->channel = (struct channel){ .ops = &channel_none_ops };
	snprintf(t->os, sizeof t->os, "unknown");
}

/* --- who it is ------------------------------------------------------------------------------- */

/* Whose documented rules a system follows; a stack of a family's descent does as the family does. */
/* clang-format off */
static const struct { const char *os, *profile; } systems[] = {
	{ "linux", "linux" }, { "netbsd", "kame" }, { "freebsd", "kame" }, { "darwin", "kame" }, { "qnx", "kame" },
	{ "sunos", "solaris" }, { "solaris", "solaris" }, { "illumos", "solaris" }, { "kame", "kame" },
};
/* clang-format on */

/* Our own host in another process says whose rules it follows: "reference/kame". What it speaks is its system. */
static void
recognise(struct target *t)
{
	const struct channel_hello *hello = &t->channel.hello;
	bool ours = strncmp(hello->release, REFERENCE, strlen(REFERENCE)) == 0;
	memcpy(t->os, hello->os, sizeof t->os);
	memcpy(t->release, hello->release, sizeof t->release);
	for (size_t i = 0; i < sizeof systems / sizeof systems[0]; i++)
		if (strcmp(systems[i].os, hello->os) == 0)
			t->profile = systems[i].profile;
	if (!ours)
		return;
	const struct profile *p = profile_by_name(hello->release + strlen(REFERENCE));
	t->profile = p != NULL ? p->name : NULL;
	snprintf(t->os, sizeof t->os, "reference");
}

/* A simulator's clock: what it is set to passes at once. */
static void
child_pass(struct target *t, unsigned seconds)
{
	char text[16];
	struct err e;
	snprintf(text, sizeof text, "%u", seconds);
	(void)t->channel.ops->tunable_set(&t->channel, CHANNEL_CLOCK, text, &e);
}

static void
ask_clock(struct target *t)
{
	char value[32];
	struct err e;
	if ((t->channel.hello.features & CHAN_NAMES) != 0 &&
	    t->channel.ops->tunable_get(&t->channel, CHANNEL_CLOCK, value, sizeof value, &e))
		t->pass = child_pass;
}

bool
child_say_hello(struct target *t, const struct process_setup *s, unsigned timeout_ms, struct err *e)
{
	struct child *c = t->impl;
	char how[400];
	int stream;
	if (!process_start(&c->process, s, &stream, e))
		return false;
	/* Patience is for the hello; later replies come within milliseconds or never. */
	if (!channel_agent_open(&t->channel, stream, stream, timeout_ms ? timeout_ms : HELLO_MS, e)) {
		child_without(t);
		if (child_ended(t, how, sizeof how))
			(void)fail(e, ERR_DEAD, "before hello %s (%s) %s", c->what,
				   s->command != NULL ? s->command : s->program, how);
		return false;
	}
	t->has_channel = true;
	recognise(t);
	ask_clock(t);
	return true;
}

bool
child_find_station(struct target *t, const struct target_options *o, unsigned link, const char *name, unsigned ms,
		   struct err *e)
{
	t->net[link] = *target_net_of(o, link);
	return resolve_target(&t->link[link], &t->net[link], name, ms, e);
}
