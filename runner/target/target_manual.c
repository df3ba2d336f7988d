/*
 * A device without an agent: links as on raw, and in place of a channel somebody who types. What a case wants configured is printed in the
 * words of setkey(8), then Enter is waited for; the packets tell whether it was done.
 */
#include "runner/target/target_manual.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "runner/agent/buffer.h"
#include "runner/target/channel_none.h"
#include "runner/target/target_child.h"

struct manual {
	struct buffer text; /* to be typed */
	bool empty;         /* nothing was configured since the last flush: another would be a nuisance */
	bool yes;
};

static struct manual typist; /* there is one terminal */

static bool
is_flush(struct bytes command)
{
	static const char flush[] = "flush ;\n", spdflush[] = "spdflush ;\n";
	return bytes_equal(command, (struct bytes){ (const uint8_t *)flush, sizeof flush - 1 }) ||
	       bytes_equal(command, (struct bytes){ (const uint8_t *)spdflush, sizeof spdflush - 1 });
}

void
target_manual_print(struct target *t, struct bytes command)
{
	(void)t;
	if (is_flush(command) && typist.empty)
		return;
	typist.empty = false;
	(void)!buffer_add(&typist.text, command);
}

/* Asked before anything begins. */
static bool
somebody_is_there(struct err *e)
{
	int fd = typist.yes ? -1 : open("/dev/tty", O_RDWR | O_CLOEXEC);
	if (fd >= 0)
		close(fd);
	return typist.yes || fd >= 0 ||
	       fail(e, ERR_UNSUPPORTED, "there is no terminal at which somebody presses Enter: --yes goes on without");
}

/* The terminal, not standard input: a run may be fed by a script, and a person answers all the same. */
static bool
wait_for_enter(struct err *e)
{
	char octet = 0;
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return fail(e, ERR_DEAD, "the terminal has gone");
	dprintf(fd, "-- typed in? [Enter] ");
	ssize_t n;
	while ((n = read(fd, &octet, 1)) != 0 && octet != '\n')
		if (n < 0 && errno != EINTR)
			break;
	close(fd);
	return octet == '\n' || fail(e, ERR_DEAD, "the terminal has gone");
}

static bool
only_flushes(struct bytes text)
{
	static const char both[] = "flush ;\nspdflush ;\n";
	return bytes_equal(text, (struct bytes){ (const uint8_t *)both, sizeof both - 1 });
}

static bool
manual_sync(struct channel *c, struct err *e)
{
	struct bytes text = buffer_held(&typist.text);
	(void)c;
	if (text.n == 0)
		return true;
	typist.empty = only_flushes(text);
	fprintf(stderr, "%.*s", (int)text.n, (const char *)text.p);
	buffer_drop(&typist.text, text.n);
	return typist.yes || wait_for_enter(e);
}

bool
target_manual_open(struct target *t, const struct target_options *o, struct err *e)
{
	static struct channel_ops ops;
	if (!child_target_new(t, "manual", "nobody", e))
		return false;
	ops = channel_none_ops;
	ops.sync = manual_sync;
	t->channel.ops = &ops;
	t->channel.impl = &typist;
	t->manager = MANAGER_MANUAL;
	typist.yes = o->wishes != NULL && o->wishes->yes;
	typist.empty = false;
	if (somebody_is_there(e) && raw_links_open(t, o->argument, e) && raw_stations_find(t, o, o->argument, e))
		return true;
	t->close(t);
	return false;
}
