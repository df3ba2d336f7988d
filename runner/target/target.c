#include "runner/target/target.h"

#include <stdio.h>
#include <string.h>

#include "runner/help/suggest.h"

#define DOC6(link, host)                                                                                               \
	{                                                                                                              \
		0x20, 0x01, 0x0d, 0xb8, 0, link, 0, 0, 0, 0, 0, 0, 0, 0, 0, host                                       \
	}

/* RFC 5737 and RFC 3849: addresses that belong to nobody. */
const struct target_net target_nets[TARGET_LINKS] = {
	{ .tester4 = { 192, 0, 2, 2 },
	  .target4 = { 192, 0, 2, 1 },
	  .second4 = { 192, 0, 2, 11 },
	  .tester6 = DOC6(1, 2),
	  .target6 = DOC6(1, 1),
	  .second6 = DOC6(1, 0x11) },
	{ .tester4 = { 198, 51, 100, 2 },
	  .target4 = { 198, 51, 100, 1 },
	  .second4 = { 198, 51, 100, 11 },
	  .tester6 = DOC6(2, 2),
	  .target6 = DOC6(2, 1),
	  .second6 = DOC6(2, 0x11) },
};

enum argument { MAY_HAVE, MUST_HAVE };

/* clang-format off */
static const struct driver {
	const char *name, *form; /* form: as a complaint shows it */
	enum argument argument;
	bool single; /* an interface or a device is there once */
	bool (*open)(struct target *, const struct target_options *, struct err *);
} drivers[] = {
	{ "linux",     "linux[:PATH]",               MAY_HAVE,  false, target_linux_open },
	{ "reference", "reference[:PROFILE[/OS]]",   MAY_HAVE,  true,  target_reference_open },
	{ "qemu",      "qemu:KERNEL[,INITRD]",       MUST_HAVE, false, target_qemu_open },
	{ "exec",      "exec:COMMAND",               MUST_HAVE, false, target_exec_open },
	{ "netns",     "netns:NAME",                 MUST_HAVE, true,  target_netns_open },
	{ "raw",       "raw:INTERFACE[,INTERFACE2]", MUST_HAVE, true,  target_raw_open },
	{ "manual",    "manual:INTERFACE[,INTERFACE2]", MUST_HAVE, true, target_manual_open },
};
/* clang-format on */

#define DRIVERS (sizeof drivers / sizeof drivers[0])

/* By the text in front of the colon; NULL: none. */
static const struct driver *
driver_named(const char *spec)
{
	size_t n = strcspn(spec, ":");
	for (size_t i = 0; i < DRIVERS; i++)
		if (strlen(drivers[i].name) == n && strncmp(drivers[i].name, spec, n) == 0)
			return &drivers[i];
	return NULL;
}

static const struct driver *
driver_of(const char *spec, struct err *e)
{
	const struct driver *d = driver_named(spec);
	char all[300] = "";
	size_t n = strcspn(spec, ":"), used = 0;
	if (d != NULL && (d->argument != MUST_HAVE || (spec[n] == ':' && spec[n + 1] != '\0')))
		return d;
	if (d != NULL) {
		(void)fail(e, ERR_SYNTAX, "target: want %s, got '%s'", d->form, spec);
		return NULL;
	}
	char word[32], hint[100];
	struct suggest near = { .given = word };
	snprintf(word, sizeof word, "%.*s", (int)(n < sizeof word ? n : 0), spec);
	for (size_t i = 0; i < DRIVERS; i++) {
		used += (size_t)snprintf(all + used, sizeof all - used, "%s%s", i > 0 ? ", " : "", drivers[i].form);
		suggest_offer(&near, drivers[i].name);
	}
	suggest_print(&near, hint, sizeof hint);
	(void)fail(e, ERR_UNKNOWN, "target: want one of %s; got '%s'%s", all, spec, hint);
	return NULL;
}

const char *
target_form(size_t i)
{
	return i < DRIVERS ? drivers[i].form : NULL;
}

bool
target_known(const char *spec, struct err *e)
{
	return driver_of(spec, e) != NULL;
}

bool
target_is_single(const char *spec)
{
	const struct driver *d = driver_named(spec);
	return d != NULL && d->single;
}

const struct target_net *
target_net_of(const struct target_options *o, unsigned link)
{
	return o->wishes != NULL && o->wishes->has_net ? &o->wishes->net[link] : &target_nets[link];
}

bool
target_open(struct target *t, const char *spec, const struct target_options *o, struct err *e)
{
	const struct driver *driver = driver_of(spec, e);
	size_t n = strcspn(spec, ":");
	struct target_options with = *o;
	if (driver == NULL)
		return false;
	with.argument = spec[n] == ':' ? spec + n + 1 : NULL;
	memset(t, 0, sizeof *t);
	if (!driver->open(t, &with, e))
		return err_prefix(e, "target %s", spec);
	snprintf(t->name, sizeof t->name, "%s", spec);
	return true;
}
