/* A real kernel that dies in the middle of a run: that case is not decided, the kernel comes back, the run goes on. */
#include "runner/test_run.h"

#include <fcntl.h>

#include "runner/target.h"

static struct seen seen;
static struct err e;
static char initramfs[256]; /* a name of this test's own, which its kernels have on their command line */
static unsigned deaths;

static void
name_initramfs(void)
{
	char self[200], whole[300];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	self[n > 0 ? n : 0] = '\0';
	*strrchr(self, '/') = '\0';
	snprintf(whole, sizeof whole, "%s/../../initramfs.cpio", self);
	const char *given = getenv("ESPY_INITRAMFS");
	char *real = realpath(given != NULL ? given : whole, NULL);
	snprintf(initramfs, sizeof initramfs, "/tmp/espy-worker-%d.cpio", (int)getpid());
	unlink(initramfs);
	if (real != NULL)
		cr_assert(eq(int, symlink(real, initramfs), 0));
	free(real);
	setenv("ESPY_INITRAMFS", initramfs, 1);
}

static bool
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
static unsigned
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

static void
begin(void)
{
	struct target t = { 0 };
	const struct target_options plain = { 0 };
	name_initramfs();
	if (!target_open(&t, "linux", &plain, &e)) {
		unlink(initramfs);
		if (e.code == ERR_UNSUPPORTED)
			cr_skip_test("%s", e.text);
		cr_fatal("%s", e.text);
	}
	t.close(&t);
}

static void
end(void)
{
	unlink(initramfs);
	seen_free(&seen);
}

TestSuite(worker_linux, .init = begin, .fini = end, .timeout = 120);

static void
kill_after_the_first(struct seen *s, const json_t *event)
{
	(void)s;
	if (strcmp(member(event, "id"), "t/first") != 0)
		return;
	usleep(200000);
	deaths += kernels(true) > 0;
}

Test(worker_linux, a_kernel_that_dies_is_started_again)
{
	static const char text[] =
		"suite t \"t\"\ncase first MUST \"f\"\n{ > echo\n< echo-reply\n}\ncase dies MUST \"d\"\n{ wait 1\n> echo\n< echo-reply\n}\n"
		"case goes_on MUST \"g\"\n{ > echo\n< echo-reply\n< nothing\n}\n";
	const struct worker_setup setup = { .target = "linux", .seed = 1, .jobs = 1 };
	seen.hook = kill_after_the_first;
	cr_assert(run_suite(text, setup, &seen, NULL, &e), "%s", e.text);
	cr_assert(eq(u32, deaths, 1), "no kernel was found to kill");
	cr_expect(eq(u32, count_events(&seen, "case", "PASS"), 2));
	const json_t *lost = find_event(&seen, "case", "INCONCLUSIVE"), *restart = find_event(&seen, "restart", NULL);
	cr_assert(lost != NULL && restart != NULL);
	cr_expect(eq(str, (char *)member(lost, "id"), "t/dies"));
	cr_expect(eq(str, (char *)member(restart, "reason"), (char *)member(lost, "reason")));
	cr_expect(eq(str, (char *)member(seen.event[seen.n - 1], "id"), "t/goes_on"));
	cr_expect(eq(u32, kernels(false), 0), "a kernel was left behind");
}
