/* For tests that boot User-Mode Linux: which host processes are kernels of this test, told by the name of their initramfs. */
#ifndef ESPY_RUNNER_TARGET_TEST_UML_H
#define ESPY_RUNNER_TARGET_TEST_UML_H

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char initramfs[256]; /* a name of this test's own, which its kernels have on their command line */

static inline void
name_initramfs(void)
{
	char self[200], whole[300];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	self[n > 0 ? n : 0] = '\0';
	const char *tests = strstr(self, "/tests/"); /* in the build's own folder */
	snprintf(whole, sizeof whole, "%.*s/initramfs.cpio", (int)(tests != NULL ? tests - self : 0), self);
	const char *given = getenv("ESPY_INITRAMFS");
	char *real = realpath(given != NULL ? given : whole, NULL);
	snprintf(initramfs, sizeof initramfs, "/tmp/espy-test-%d.cpio", (int)getpid());
	unlink(initramfs);
	if (real != NULL)
		cr_assert(eq(int, symlink(real, initramfs), 0));
	free(real);
	setenv("ESPY_INITRAMFS", initramfs, 1);
}

static inline bool
is_ours(const char *pid)
{
	char path[300], line[4096];
	snprintf(path, sizeof path, "/proc/%s/cmdline", pid);
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, line, sizeof line);
	if (fd >= 0)
		close(fd);
	return n > 0 && memmem(line, (size_t)n, initramfs, strlen(initramfs)) != NULL;
}

/* Host processes that are part of a kernel of this test; kills them too. */
static inline unsigned
kernels(bool kill_them)
{
	unsigned n = 0;
	struct dirent *d;
	DIR *proc = opendir("/proc");
	while ((d = readdir(proc)) != NULL) {
		if (d->d_name[0] < '1' || d->d_name[0] > '9' || !is_ours(d->d_name))
			continue;
		n++;
		if (kill_them)
			(void)kill(atoi(d->d_name), SIGKILL);
	}
	closedir(proc);
	return n;
}

#endif
