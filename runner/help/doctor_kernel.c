#include "runner/help/doctor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/netlink.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef PF_KEY_V2
#define PF_KEY_V2 2
#endif
#define FILES_LEAST 256

/* --- rights ------------------------------------------------------------------------------------ */

/* Whether such a socket can be had; its errno if not. */
static int
try_socket(int family, int type, int protocol)
{
	int fd = socket(family, type | SOCK_CLOEXEC, protocol);
	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

/* In a child, so that nothing of ours is anywhere else afterwards. */
static int
try_namespace(void)
{
	int status = 0;
	fflush(NULL);
	pid_t child = fork();
	if (child == 0)
		_exit(unshare(CLONE_NEWNET) == 0 ? 0 : errno > 255 ? 255 : errno);
	if (child < 0 || waitpid(child, &status, 0) < 0 || !WIFEXITED(status))
		return EAGAIN;
	return WEXITSTATUS(status);
}

static void
packet_sockets(struct doctor *d)
{
	char self[512], fix[700];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	int number = try_socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
	self[n > 0 ? n : 0] = '\0';
	snprintf(fix, sizeof fix, "setcap cap_net_raw+ep %s, or be root", self);
	if (number == 0)
		doctor_say(d, FINDING_OK, "packet sockets", NULL, "-t raw, -t manual, espy host");
	else
		doctor_say(d, FINDING_MISSING, "packet sockets", number == EPERM || number == EACCES ? fix : NULL,
			   "-t raw, -t manual and espy host need them: %s", strerror(number));
}

static void
namespaces(struct doctor *d)
{
	int number = try_namespace();
	char path[1024];
	if (number == 0 && geteuid() == 0 && doctor_find_program("ip", path, sizeof path))
		doctor_say(d, FINDING_OK, "namespaces", NULL, "-t netns:NAME, after `ip netns add NAME`");
	else if (number == 0)
		doctor_say(d, FINDING_MISSING, "namespaces",
			   geteuid() == 0 ? "apt-get install iproute2" : "sudo espy ..",
			   "-t netns needs root and ip(8)");
	else
		doctor_say(d, FINDING_MISSING, "namespaces",
			   number == EPERM ? "be root; in a container: --cap-add SYS_ADMIN --cap-add NET_ADMIN" : NULL,
			   "-t netns: a network namespace cannot be made: %s", strerror(number));
}

static void
open_files(struct doctor *d)
{
	struct rlimit r;
	if (getrlimit(RLIMIT_NOFILE, &r) != 0)
		return;
	if (r.rlim_cur >= FILES_LEAST)
		doctor_say(d, FINDING_OK, "open files", NULL, "%llu", (unsigned long long)r.rlim_cur);
	else
		doctor_say(d, FINDING_BROKEN, "open files", "ulimit -n 1024", "%llu: too few for targets in parallel",
			   (unsigned long long)r.rlim_cur);
}

void
doctor_rights(struct doctor *d)
{
	doctor_group(d, "Rights");
	if (geteuid() == 0)
		doctor_say(d, FINDING_OK, "root", NULL, "yes");
	else
		doctor_say(d, FINDING_NOTE, "root", NULL, "no: -t linux, qemu, exec and reference do not need it");
	packet_sockets(d);
	namespaces(d);
	open_files(d);
}

/* --- IPsec of this machine's kernel -------------------------------------------------------------- */

static bool
file_names(const char *path, const char *module)
{
	char line[1024], slash[64];
	bool found = false;
	FILE *f = fopen(path, "re");
	snprintf(slash, sizeof slash, "/%s.ko", module);
	while (f != NULL && !found && fgets(line, sizeof line, f) != NULL) {
		size_t n = strlen(module);
		line[strcspn(line, ":")] = '\0';
		found = strstr(line, slash) != NULL || (strncmp(line, module, n) == 0 && line[n] == ' ');
	}
	if (f != NULL)
		fclose(f);
	return found;
}

/* Loaded, built in, or to be loaded when it is asked for. */
static const char *
module_state(const char *module)
{
	struct utsname u;
	char path[512];
	if (uname(&u) != 0)
		return NULL;
	if (file_names("/proc/modules", module))
		return "loaded";
	snprintf(path, sizeof path, "/lib/modules/%.64s/modules.builtin", u.release);
	if (file_names(path, module))
		return "built in";
	snprintf(path, sizeof path, "/lib/modules/%.64s/modules.dep", u.release);
	return file_names(path, module) ? "a module, loaded on demand" : NULL;
}

static void
manager_socket(struct doctor *d, const char *name, int family, int protocol, const char *module)
{
	char fix[80];
	int number = try_socket(family, SOCK_RAW, protocol);
	snprintf(fix, sizeof fix, "modprobe %s", module);
	if (number == 0)
		doctor_say(d, FINDING_OK, name, NULL, "the socket can be opened");
	else if (number == EPERM || number == EACCES)
		doctor_say(d, FINDING_MISSING, name, "be root, or have CAP_NET_ADMIN", "%s", strerror(number));
	else
		doctor_say(d, FINDING_MISSING, name, module_state(module) != NULL ? fix : NULL,
			   "this kernel has none: %s%s", strerror(number),
			   module_state(module) != NULL ? "" : ", and no module for it");
}

/* What can be said without asking it. */
static void
protocols(struct doctor *d)
{
	static const char *const modules[] = { "esp4", "esp6", "ah4", "ah6", "ipcomp", "ipcomp6" };
	for (size_t i = 0; i < sizeof modules / sizeof modules[0]; i++) {
		const char *state = module_state(modules[i]);
		if (state != NULL)
			doctor_say(d, FINDING_OK, modules[i], NULL, "%s", state);
		else
			doctor_say(d, FINDING_NOTE, modules[i], NULL,
				   "no module of that name; built in or missing: root could tell");
	}
}

void
doctor_kernel(struct doctor *d)
{
	struct utsname u;
	char heading[200];
	snprintf(heading, sizeof heading, "IPsec of this kernel (only -t netns tests it)%s%s",
		 uname(&u) == 0 ? ", " : "", uname(&u) == 0 ? u.release : "");
	doctor_group(d, heading);
	manager_socket(d, "PF_KEY", AF_KEY, PF_KEY_V2, "af_key");
	manager_socket(d, "XFRM netlink", AF_NETLINK, NETLINK_XFRM, "xfrm_user");
	if (!doctor_xfrm(d))
		protocols(d);
}
