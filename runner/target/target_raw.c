/*
 * Whatever answers on an interface: a device, another machine, a virtual one. An agent there, started by any command whose standard input
 * and output reach it, configures it; without one only what needs no configuration can be asked.
 */
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

#include "runner/target/link_raw.h"
#include "runner/target/target_child.h"

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

/* Whether an address is this machine's own, on whatever interface: its kernel would then answer what is for the tester. */
static bool
is_taken(const struct ifaddrs *all, const struct target_net *net)
{
	for (const struct ifaddrs *at = all; at != NULL; at = at->ifa_next) {
		union {
			const struct sockaddr *any;
			const struct sockaddr_in *four;
			const struct sockaddr_in6 *six;
		} a = { at->ifa_addr };
		if (a.any == NULL)
			continue;
		if (a.any->sa_family == AF_INET && memcmp(&a.four->sin_addr, net->tester4, sizeof net->tester4) == 0)
			return true;
		if (a.any->sa_family == AF_INET6 && memcmp(&a.six->sin6_addr, net->tester6, sizeof net->tester6) == 0)
			return true;
	}
	return false;
}

/*
 * The tester speaks with the card's own MAC address, which every network lets through; but as a station of its own where the kernel here
 * would believe itself meant.
 */
static void
stand_apart(struct target *t, const struct target_options *o)
{
	struct ifaddrs *all = NULL;
	if (getifaddrs(&all) != 0)
		return;
	for (unsigned i = 0; i < t->links; i++) {
		uint8_t mac[6] = { 2, 0, 0, 0, (uint8_t)(i + 1), 2 };
		struct wr w = wr_of(t->link[i].tester_mac, 6);
		if (is_taken(all, target_net_of(o, i)))
			wr_bytes(&w, BYTES_OF(mac));
	}
	freeifaddrs(all);
}

bool
raw_stations_find(struct target *t, const struct target_options *o, const char *interfaces, struct err *e)
{
	char name[TARGET_LINKS][32];
	unsigned n;
	if (!names_split(interfaces, name, &n, e))
		return false;
	stand_apart(t, o);
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
