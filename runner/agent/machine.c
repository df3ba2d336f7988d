#ifdef __linux__
#include "runner/agent/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "runner/agent/serve.h"

#define ADDRESS_PATIENCE_MS 2000
#define MODULES_FILE "/modules" /* one path a line, in the order to load */

/* To the console, where espy looks when the machine does not come up. */
static void
complain(const char *what, const char *which, int error)
{
	fprintf(stderr, "espy-agent: %s%s: %s\n", what, which, strerror(error));
}

static bool
set(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	bool ok = write(fd, value, strlen(value)) >= 0;
	close(fd);
	return ok;
}

static void
mount_all(void)
{
	static const struct {
		const char *type, *at;
	} mounts[] = {
		{ "proc", "/proc" },
		{ "sysfs", "/sys" },
		{ "devtmpfs", "/dev" },
	};
	for (size_t i = 0; i < sizeof mounts / sizeof mounts[0]; i++) {
		(void)mkdir(mounts[i].at, 0755);
		if (mount(mounts[i].type, mounts[i].at, mounts[i].type, 0, "") != 0 && errno != EBUSY)
			complain("mounting ", mounts[i].at, errno);
	}
}

static void
load_modules(void)
{
	char path[256];
	FILE *f = fopen(MODULES_FILE, "re");
	if (f == NULL)
		return;
	while (fgets(path, sizeof path, f) != NULL) {
		path[strcspn(path, "\n")] = '\0';
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		/* A kernel with the part built in answers EEXIST, or has no use for the file. */
		if (fd < 0 || (syscall(SYS_finit_module, fd, "", 0) != 0 && errno != EEXIST))
			complain("loading ", path, errno);
		if (fd >= 0)
			close(fd);
	}
	fclose(f);
}

/*
 * What arrives on the wire is handled in a soft interrupt, or later by ksoftirqd when the kernel is busy.
 * The agent's replies say that all which had happened is told, so ksoftirqd must not have to wait behind it.
 */
static void
hurry_softirqs(void)
{
	const struct sched_param first = { .sched_priority = 1 };
	char path[32], name[32];
	for (int pid = 2; pid < 100; pid++) {
		snprintf(path, sizeof path, "/proc/%d/comm", pid);
		FILE *f = fopen(path, "re");
		if (f == NULL)
			continue;
		bool is = fgets(name, sizeof name, f) != NULL && strncmp(name, "ksoftirqd/", 10) == 0;
		fclose(f);
		if (is && sched_setscheduler(pid, SCHED_FIFO, &first) != 0)
			complain("priority of ", "ksoftirqd", errno);
		if (is)
			return;
	}
}

static void
set_conf(const char *family, const char *interface, const char *name, const char *value)
{
	char path[128];
	snprintf(path, sizeof path, "/proc/sys/net/%s/conf/%s/%s", family, interface, name);
	(void)set(path, value);
}

/* A quiet interface: it says nothing on the wire that a case did not ask for. */
static void
quieten(const char *interface)
{
	static const struct {
		const char *family, *name, *value;
	} all[] = {
		{ "ipv6", "accept_dad", "0" },
		{ "ipv6", "dad_transmits", "0" },
		{ "ipv6", "router_solicitations", "0" },
		{ "ipv6", "autoconf", "0" },
		{ "ipv6", "accept_ra", "0" },
		{ "ipv6", "forwarding", "1" },
		{ "ipv4", "send_redirects", "0" },
		{ "ipv4", "rp_filter", "0" },
	};
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		set_conf(all[i].family, interface, all[i].name, all[i].value);
}

static void
set_tunables(void)
{
	static const struct {
		const char *path, *value;
	} all[] = {
		/* There is no modprobe: an algorithm that is not loaded must be refused at once. */
		{ "/proc/sys/kernel/modprobe", "" },
		{ "/proc/sys/net/ipv4/ip_forward", "1" },
		/* A conformance run provokes more ICMP errors in a second than a host sends in a day. */
		{ "/proc/sys/net/ipv4/icmp_ratelimit", "0" },
		{ "/proc/sys/net/ipv4/icmp_msgs_per_sec", "1000000" },
		{ "/proc/sys/net/ipv4/icmp_msgs_burst", "1000000" },
		{ "/proc/sys/net/ipv6/icmp/ratelimit", "0" },
		{ "/proc/sys/net/ipv6/mld_qrv", "1" },
	};
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		(void)set(all[i].path, *all[i].value ? all[i].value : "\n");
	quieten("all");
	quieten("default");
}

static void
use_address(char *words)
{
	char *rest = words, *interface = strsep(&rest, ","), *address = strsep(&rest, ",");
	if (address == NULL || rest == NULL) {
		complain("espy.address=", words, EINVAL);
		return;
	}
	quieten(interface);
	int error = machine_link_up(interface);
	if (error == 0)
		error = machine_address(interface, address, (unsigned)strtoul(rest, NULL, 10));
	if (error != 0)
		complain("address ", address, error);
}

/* In a second round, when all are added: waits until the address answers. */
static void
await_address(char *words)
{
	const struct timespec pause_a_little = { 0, 1000000 };
	char *rest = words, *address = (strsep(&rest, ","), strsep(&rest, ","));
	for (int i = 0; address != NULL && !machine_is_local(address); i++) {
		if (i == ADDRESS_PATIENCE_MS) {
			complain("waiting for ", address, ETIMEDOUT);
			return;
		}
		(void)nanosleep(&pause_a_little, NULL);
	}
}

static void
use_neighbour(char *words)
{
	char *rest = words, *interface = strsep(&rest, ","), *address = strsep(&rest, ",");
	int error = address == NULL || rest == NULL ? EINVAL : machine_neighbour(interface, address, rest);
	if (error != 0)
		complain("neighbour ", words, error);
}

static void
use_carrier(char *interface)
{
	set_conf("ipv6", interface, "disable_ipv6", "1");
	int error = machine_link_up(interface);
	if (error != 0)
		complain("carrier ", interface, error);
}

static char line[64] = "/dev/ttyS0";

static void
use_line(char *path)
{
	snprintf(line, sizeof line, "%s", path);
}

struct word {
	const char *name;
	void (*use)(char *);
};

static const struct word settings[] = {
	{ "espy.line=", use_line },
	{ "espy.address=", use_address },
	{ "espy.neighbour=", use_neighbour },
	{ "espy.carrier=", use_carrier },
};
static const struct word waits[] = { { "espy.address=", await_address } };

static void
read_command_line(const struct word *words, size_t n)
{
	char text[4096];
	FILE *f = fopen("/proc/cmdline", "re");
	if (f == NULL)
		return;
	char *at = fgets(text, sizeof text, f), *word;
	fclose(f);
	while (at != NULL && (word = strsep(&at, " \n")) != NULL)
		for (size_t i = 0; i < n; i++)
			if (strncmp(word, words[i].name, strlen(words[i].name)) == 0)
				words[i].use(word + strlen(words[i].name));
}

static int
open_line(void)
{
	struct termios t;
	int fd = open(line, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || tcgetattr(fd, &t) != 0) {
		complain("", line, errno);
		return -1;
	}
	cfmakeraw(&t);
	t.c_cflag |= CLOCAL | CREAD;
	t.c_cc[VMIN] = 1;
	t.c_cc[VTIME] = 0;
	if (tcsetattr(fd, TCSANOW, &t) != 0)
		complain("raw mode of ", line, errno);
	return fd;
}

/* Milliseconds since the kernel started, on the console: where the time of a slow boot went. */
static void
mark(const char *what)
{
	struct timespec t;
	clock_gettime(CLOCK_BOOTTIME, &t);
	fprintf(stderr, "espy-agent: %s at %ld ms\n", what, (long)t.tv_sec * 1000 + t.tv_nsec / 1000000);
}

void
machine_run(void)
{
	mount_all();
	mark("started");
	load_modules();
	mark("modules loaded");
	hurry_softirqs();
	set_tunables();
	(void)machine_link_up("lo");
	read_command_line(settings, sizeof settings / sizeof settings[0]);
	read_command_line(waits, sizeof waits / sizeof waits[0]);
	int fd = open_line();
	mark("ready");
	if (fd >= 0)
		(void)serve(fd, fd);
	sync();
	(void)reboot(RB_POWER_OFF);
	for (;;)
		(void)pause();
}
#endif
