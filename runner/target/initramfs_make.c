#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "runner/agent/modules_list.h" /* made of modules.list: `modules_list`, its text */
#include "runner/target/initramfs.h"
#include "runner/paths.h"

#define MODULES_ROOT "/usr/lib/uml/modules"

static int made = -1; /* kept until the process ends: a target that is started again boots from it again */

static int
is_version(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

/* The newest there is: the package holds one. */
static bool
find_modules(char *out, size_t cap, struct err *e)
{
	struct dirent **list = NULL;
	int n = scandir(MODULES_ROOT, &list, is_version, versionsort);
	if (n > 0)
		snprintf(out, cap, MODULES_ROOT "/%s", list[n - 1]->d_name);
	for (int i = 0; i < n; i++)
		free(list[i]);
	free(list);
	return n > 0 || fail(e, ERR_UNSUPPORTED, MODULES_ROOT ": no modules there: apt-get install user-mode-linux");
}

static bool
find_agent(char *out, size_t cap, struct err *e)
{
	char self[PATH_MAX];
	if (!paths_own_folder(self, sizeof self))
		return fail(e, ERR_UNSUPPORTED,
			    "/proc/self/exe: cannot tell where espy is, and so not where espy-agent is");
	snprintf(out, cap, "%s/espy-agent", self);
	return access(out, R_OK) == 0 ||
	       fail(e, ERR_UNSUPPORTED, "%s: %s: it belongs beside espy, and the Linux target boots it", out,
		    strerror(errno));
}

static bool
write_to(int fd, const struct initramfs *parts, struct err *e)
{
	int own = dup(fd);
	FILE *out = own >= 0 ? fdopen(own, "wb") : NULL;
	if (out == NULL) {
		if (own >= 0)
			close(own);
		return fail_errno(e, "initial file system");
	}
	bool ok = initramfs_write(out, parts, e);
	return (fclose(out) == 0 || (ok && fail_errno(e, "initial file system"))) && ok;
}

bool
initramfs_make(char *path, size_t cap, struct err *e)
{
	char agent[PATH_MAX + 16], modules[512];
	struct initramfs parts = { .agent = agent, .list = modules_list, .modules = modules };
	if (made < 0) {
		if (!find_modules(modules, sizeof modules, e) || !find_agent(agent, sizeof agent, e))
			return false;
		int fd = memfd_create("espy-initramfs", MFD_CLOEXEC);
		if (fd < 0)
			return fail_errno(e, "initial file system");
		if (!write_to(fd, &parts, e)) {
			close(fd);
			return err_prefix(e, "initial file system of the Linux target");
		}
		made = fd;
	}
	snprintf(path, cap, "/proc/self/fd/%d", made);
	return true;
}

int
initramfs_fd(void)
{
	return made;
}
