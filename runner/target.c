#include "runner/target.h"

#include <stdio.h>
#include <string.h>

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

static const struct driver {
	const char *name;
	bool (*open)(struct target *, const struct target_options *, struct err *);
} drivers[] = {
	{ "linux", target_linux_open },
	{ "reference", target_reference_open },
};

/* By the text in front of the colon. */
static const struct driver *
driver_of(const char *spec, struct err *e)
{
	size_t n = strcspn(spec, ":");
	for (size_t i = 0; i < sizeof drivers / sizeof drivers[0]; i++)
		if (strlen(drivers[i].name) == n && strncmp(drivers[i].name, spec, n) == 0)
			return &drivers[i];
	fail(e, ERR_UNKNOWN, "target: want linux, linux:PATH or reference, got '%s'", spec);
	return NULL;
}

bool
target_known(const char *spec, struct err *e)
{
	return driver_of(spec, e) != NULL;
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
