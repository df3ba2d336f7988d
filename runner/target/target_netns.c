/*
 * A network namespace of ip-netns(8) on this machine, that is the kernel we run on. Two pairs of virtual cards are made; the inside ends,
 * espy0 and espy1, get the target's addresses; an agent is started inside. The outside ends live in a namespace without a name that only
 * our packet sockets hold: when we are gone, however that came, the kernel takes it away, and with it both ends of both pairs.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runner/target/link_raw.h"
#include "runner/target/netns.h"
#include "runner/target/target_child.h"

#define STATION_MS 3000
#define BITS4 24
#define BITS6 64
#define SCRIPT 2048

/* A station of our own beside the card's: what is for it is not for the kernel there. */
static const uint8_t tester_macs[TARGET_LINKS][6] = { { 2, 0, 0, 0, 1, 2 }, { 2, 0, 0, 0, 2, 2 } };

/* --- ip(8) ----------------------------------------------------------------------------------- */

/* Runs `ip -batch -` (in a namespace, if one is named) on a script; what it complains of goes to our standard error. */
static bool
ip_batch(const char *netns, const char *script, struct err *e)
{
	int p[2], status = 0;
	if (pipe2(p, O_CLOEXEC) != 0)
		return fail_errno(e, "pipe");
	pid_t pid = fork();
	if (pid == 0) {
		dup2(p[0], STDIN_FILENO);
		if (netns != NULL)
			execlp("ip", "ip", "-n", netns, "-batch", "-", (char *)NULL);
		else
			execlp("ip", "ip", "-batch", "-", (char *)NULL);
		_exit(127);
	}
	close(p[0]);
	bool written = pid > 0 && write(p[1], script, strlen(script)) == (ssize_t)strlen(script);
	close(p[1]);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return fail(e, ERR_UNSUPPORTED, "there is no ip(8) here: apt-get install iproute2");
	return (written && WIFEXITED(status) && WEXITSTATUS(status) == 0) ||
	       fail(e, ERR_IO, "ip(8) refused to set up the namespace's cards (its words are above)");
}

struct script {
	char text[SCRIPT];
	size_t n;
};

static void PRINTF(2, 3) add(struct script *s, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(s->text + s->n, sizeof s->text - s->n, fmt, ap);
	va_end(ap);
	s->n += n > 0 && (size_t)n < sizeof s->text - s->n ? (size_t)n : 0;
}

/* --- outside --------------------------------------------------------------------------------- */

/* The pairs, and our ends as links. Run in the namespace without a name. */
static bool
pairs_open(struct target *t, const char *name, struct err *e)
{
	struct script s = { .n = 0 };
	for (unsigned i = 0; i < TARGET_LINKS; i++)
		add(&s,
		    "link add espy%u type veth peer name espy%u netns %s\n"
		    "link set espy%u addrgenmode none\nlink set espy%u up\n",
		    i, i, name, i, i);
	if (!ip_batch(NULL, s.text, e))
		return false;
	for (unsigned i = 0; i < TARGET_LINKS; i++) {
		char card[16];
		uint8_t unused[6];
		struct wr mac = wr_of(t->link[i].tester_mac, 6);
		snprintf(card, sizeof card, "espy%u", i);
		if (!link_raw_open(&t->link[i], card, unused, e))
			return false;
		t->links++;
		wr_bytes(&mac, BYTES_OF(tester_macs[i]));
	}
	return true;
}

static bool
outside_open(struct target *t, const char *name, struct err *e)
{
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (home < 0)
		return fail_errno(e, "own network namespace");
	if (unshare(CLONE_NEWNET) != 0) {
		(void)fail_errno(e, "a network namespace of our own (this target needs root)");
		close(home);
		return false;
	}
	bool ok = pairs_open(t, name, e);
	return netns_leave(home, ok ? e : NULL) && ok;
}

/* --- inside ---------------------------------------------------------------------------------- */

static void
add_address(struct script *s, unsigned card, int family, const uint8_t *address)
{
	char text[INET6_ADDRSTRLEN];
	inet_ntop(family, address, text, sizeof text);
	add(s, "address add %s/%d dev espy%u%s\n", text, family == AF_INET6 ? BITS6 : BITS4, card,
	    family == AF_INET6 ? " nodad" : "");
}

static void
add_neighbour(struct script *s, unsigned card, int family, const uint8_t *address)
{
	char text[INET6_ADDRSTRLEN];
	inet_ntop(family, address, text, sizeof text);
	add(s, "neighbour replace %s lladdr 02:00:00:00:%02x:02 nud permanent dev espy%u\n", text, card + 1, card);
}

static bool
inside_set_up(const struct target_options *o, struct err *e)
{
	struct script s = { .n = 0 };
	add(&s, "link set lo up\n");
	for (unsigned i = 0; i < TARGET_LINKS; i++) {
		const struct target_net *net = target_net_of(o, i);
		add(&s, "link set espy%u up\n", i);
		add_address(&s, i, AF_INET, net->target4);
		add_address(&s, i, AF_INET, net->second4);
		add_address(&s, i, AF_INET6, net->target6);
		add_address(&s, i, AF_INET6, net->second6);
		add_neighbour(&s, i, AF_INET, net->tester4);
		add_neighbour(&s, i, AF_INET6, net->tester6);
	}
	return ip_batch(o->argument, s.text, e);
}

/* As the agent has it when it is process 1 of a machine: see agent/machine.c. A kernel that lacks one of them is no worse a target. */
static void
set_tunables(struct target *t)
{
	static const struct {
		const char *name, *value;
	} all[] = {
		{ "net.ipv4.ip_forward", "1" },
		{ "net.ipv6.conf.all.forwarding", "1" },
		{ "net.ipv4.conf.all.rp_filter", "0" },
		{ "net.ipv4.conf.espy0.rp_filter", "0" },
		{ "net.ipv4.conf.espy1.rp_filter", "0" },
		{ "net.ipv4.conf.all.send_redirects", "0" },
		{ "net.ipv4.conf.espy0.send_redirects", "0" },
		{ "net.ipv4.conf.espy1.send_redirects", "0" },
		{ "net.ipv4.icmp_ratelimit", "0" },
		{ "net.ipv6.icmp.ratelimit", "0" },
	};
	struct err e;
	for (size_t i = 0; i < sizeof all / sizeof all[0] && (t->channel.hello.features & CHAN_TUNABLES) != 0; i++)
		(void)t->channel.ops->tunable_set(&t->channel, all[i].name, all[i].value, &e);
}

/* Beside the executable. */
static bool
find_agent(char *path, size_t cap, struct err *e)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	self[n > 0 ? n : 0] = '\0';
	char *slash = strrchr(self, '/');
	self[slash != NULL ? slash - self : 0] = '\0';
	const char *given = getenv("ESPY_AGENT");
	snprintf(path, cap, "%s%s", given != NULL ? given : self, given != NULL ? "" : "/espy-agent");
	return access(path, X_OK) == 0 || fail_errno(e, "%s (--agent or ESPY_AGENT names another)", path);
}

static bool
start_agent(struct target *t, const struct target_options *o, struct err *e)
{
	char path[PATH_MAX + 16];
	struct process_setup s = { .console = -1, .prefix = "agent", .netns = o->argument, .lent = { -1, -1 } };
	s.command = o->wishes != NULL ? o->wishes->agent : NULL;
	if (s.command == NULL && !find_agent(path, sizeof path, e))
		return false;
	s.program = s.command == NULL ? path : NULL;
	return child_say_hello(t, &s, o->timeout_ms, e);
}

static bool
stations_find(struct target *t, const struct target_options *o, struct err *e)
{
	static const char *const names[TARGET_LINKS] = { "espy0", "espy1" };
	for (unsigned i = 0; i < t->links; i++)
		if (!child_find_station(t, o, i, names[i], STATION_MS, e))
			return false;
	return true;
}

bool
target_netns_open(struct target *t, const struct target_options *o, struct err *e)
{
	int home;
	/* Whether it is there at all, in words that help. */
	if (!netns_enter(o->argument, &home, e) || !netns_leave(home, e) ||
	    !child_target_new(t, "netns", "the agent", e))
		return false;
	if (outside_open(t, o->argument, e) && inside_set_up(o, e) && start_agent(t, o, e)) {
		set_tunables(t);
		if (stations_find(t, o, e))
			return true;
	}
	t->close(t);
	return false;
}
