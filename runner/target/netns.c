#include "runner/target/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NAMED "/run/netns/"

bool
netns_enter(const char *name, int *home, struct err *e)
{
	char path[300];
	int n = snprintf(path, sizeof path, NAMED "%s", name);
	if ((size_t)n >= sizeof path || name[0] == '\0' || strchr(name, '/') != NULL)
		return fail(e, ERR_RANGE, "network namespace '%s': no such name", name);
	*home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (*home < 0)
		return fail_errno(e, "own network namespace");
	int there = open(path, O_RDONLY | O_CLOEXEC);
	if (there >= 0 && setns(there, CLONE_NEWNET) == 0) {
		close(there);
		return true;
	}
	(void)fail_errno(e, "network namespace %s%s", name,
			 errno == ENOENT  ? " (`ip netns list` shows those that are there)"
			 : errno == EPERM ? " (only root goes there)"
					  : "");
	if (there >= 0)
		close(there);
	close(*home);
	return false;
}

bool
netns_leave(int home, struct err *e)
{
	bool ok = setns(home, CLONE_NEWNET) == 0 || fail_errno(e, "back to the own network namespace");
	close(home);
	return ok;
}
