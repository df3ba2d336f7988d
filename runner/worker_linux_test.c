/* A real kernel that dies in the middle of a run: that case is not decided, the kernel comes back, the run goes on. */
#include "runner/test_run.h"
#include "runner/target/test_uml.h"

#include <fcntl.h>

#include "runner/target/target.h"

static struct seen seen;
static struct err e;
static unsigned deaths;

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
