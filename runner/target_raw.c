/*
 * Whatever answers on an interface: a device, another machine, a virtual one. An agent there, started by any command whose standard input
 * and output reach it, configures it; without one only what needs no configuration can be asked.
 */
#include <stdio.h>

#include "runner/link_raw.h"
#include "runner/target_child.h"

#define STATION_MS 3000

static bool
names_split(const char *interfaces, char name[TARGET_LINKS][32], unsigned *n, struct err *e)
{
	*n = 0;
	for (const char *at = interfaces; at != NULL; (*n)++) {
		size_t length = strcspn(at, ",");
		if (*n == TARGET_LINKS)
			return fail(e, ERR_RANGE, "%s: want at most %d interfaces", interfaces, TARGET_LINKS);
		if (length == 0 || length >= sizeof name[0])
			return fail(e, ERR_SYNTAX, "%s: want INTERFACE or INTERFACE,INTERFACE2", interfaces);
		snprintf(name[*n], sizeof name[0], "%.*s", (int)length, at);
		at = at[length] == ',' ? at + length + 1 : NULL;
	}
	return true;
}

bool
raw_links_open(struct target *t, const char *interfaces, struct err *e)
{
	char name[TARGET_LINKS][32];
	unsigned n;
	if (!names_split(interfaces, name, &n, e))
		return false;
	for (unsigned i = 0; i < n; i++) {
		if (!link_raw_open(&t->link[i], name[i], t->link[i].tester_mac, e))
			return false;
		t->links++;
	}
	return true;
}

bool
raw_stations_find(struct target *t, const struct target_options *o, const char *interfaces, struct err *e)
{
	char name[TARGET_LINKS][32];
	unsigned n;
	if (!names_split(interfaces, name, &n, e))
		return false;
	for (unsigned i = 0; i < t->links; i++)
		if (!child_find_station(t, o, i, name[i], STATION_MS, e))
			return false;
	return true;
}

static bool
start_agent(struct target *t, const struct target_options *o, struct err *e)
{
	struct process_setup s = { .console = -1, .prefix = "agent", .lent = { -1, -1 } };
	s.command = o->wishes != NULL ? o->wishes->agent : NULL;
	return s.command == NULL || child_say_hello(t, &s, o->timeout_ms, e);
}

bool
target_raw_open(struct target *t, const struct target_options *o, struct err *e)
{
	if (!child_target_new(t, "raw", "the agent", e))
		return false;
	if (raw_links_open(t, o->argument, e) && start_agent(t, o, e) && raw_stations_find(t, o, o->argument, e))
		return true;
	t->close(t);
	return false;
}
