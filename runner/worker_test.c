/* Workers: every case once, whoever runs it; a crash costs one case; a target that cannot start says why. */
#include "runner/excuses.h"
#include "runner/test_run.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static struct seen seen;
static struct err e;

static void
end(void)
{
	seen_free(&seen);
}

TestSuite(worker, .fini = end, .timeout = 60);

static const char many[] =
	"suite t \"t\"\n  for n in 1..60\ncase c MUST \"c\"\n{ > echo\n< echo-reply\n}\ncase d MUST \"d\"\n{ check $n != 7 }\n";

Test(worker, every_case_runs_once_whatever_the_number_of_workers)
{
	for (unsigned jobs = 1; jobs <= 3; jobs++) {
		const struct worker_setup setup = { .target = "reference", .seed = 1, .jobs = jobs };
		bool done[120] = { false };
		cr_assert(run_suite(many, setup, &seen, NULL, &e), "%s", e.text);
		cr_expect(eq(u32, count_events(&seen, "case", NULL), 120), "%u jobs", jobs);
		cr_expect(eq(u32, count_events(&seen, "case", "FAIL"), 1), "%u jobs", jobs);
		cr_expect(eq(u32, count_events(&seen, "ready", NULL), jobs), "%u jobs", jobs);
		for (unsigned i = 0; i < seen.n; i++) {
			if (strcmp(member(seen.event[i], "event"), "case") != 0)
				continue;
			json_int_t n = json_integer_value(json_object_get(seen.event[i], "n"));
			cr_assert(n >= 0 && n < 120 && !done[n], "case %d twice", (int)n);
			done[n] = true;
		}
		seen_free(&seen);
	}
}

Test(worker, events_say_what_a_report_needs)
{
	const struct worker_setup setup = { .target = "reference", .seed = 1, .jobs = 1 };
	cr_assert(
		run_suite(
			"suite t.x \"t\" rfc4303 2\n  for family in ipv6\ncase c SHOULD \"a claim\"\n  decides A-1\n{ > echo\n< nothing }\n"
			"case p MUST \"p\"\n{ alive }\n",
			setup, &seen, NULL, &e),
		"%s", e.text);
	const json_t *c = find_event(&seen, "case", "FAIL"), *p = find_event(&seen, "case", "PASS");
	cr_assert(c != NULL && p != NULL);
	cr_expect(eq(str, (char *)member(c, "full_id"), "t.x/c/ipv6"));
	cr_expect(eq(str, (char *)member(c, "level"), "SHOULD"));
	cr_expect(eq(str, (char *)member(c, "clause"), "RFC 4303 2"));
	cr_expect(eq(str, (char *)member(json_object_get(c, "step"), "text"), "< nothing }"));
	cr_expect(eq(u32, (unsigned)json_array_size(json_object_get(c, "exhibits")) > 2, 1));
	cr_expect(json_object_get(p, "exhibits") == NULL, "a case that passed needs no packets");
	cr_expect(eq(sz, strlen(member(c, "revision")), 16));
	cr_expect(ne(str, (char *)member(c, "revision"), (char *)member(p, "revision")));
	const json_t *target = json_object_get(find_event(&seen, "ready", NULL), "target");
	cr_expect(eq(str, (char *)member(target, "profile"), "rfc4301"));
	cr_expect(eq(str, (char *)member(target, "dialect"), "reference"));
}

Test(worker, fail_fast_begins_nothing_after_a_failure)
{
	const struct worker_setup setup = { .target = "reference", .seed = 1, .jobs = 1, .fail_fast = true };
	cr_assert(run_suite(many, setup, &seen, NULL, &e), "%s", e.text);
	cr_expect(eq(u32, count_events(&seen, "case", NULL), 67));
	cr_expect(eq(str, (char *)member(seen.event[seen.n - 1], "verdict"), "FAIL"));
}

Test(worker, a_failure_that_is_known_ends_no_run)
{
	static const char known[] = "# known\nt/d/7\n";
	struct excuses x = { .given = true, .day = "2026-11-22" };
	const struct worker_setup setup = {
		.target = "reference", .seed = 1, .jobs = 1, .fail_fast = true, .excuses = &x
	};
	cr_assert(baseline_parse(&x.list, "known", known, strlen(known), &e), "%s", e.text);
	cr_assert(run_suite(many, setup, &seen, NULL, &e), "%s", e.text);
	cr_expect(eq(u32, count_events(&seen, "case", NULL), 120));
	cr_expect(eq(u32, count_events(&seen, "case", "FAIL"), 1));
	excuses_close(&x);
}

Test(worker, a_target_that_cannot_start_says_why)
{
	static const struct {
		const char *target, *want;
	} rows[] = {
		{ "nonesuch", "target: want one of linux[:PATH], " },
		{ "reference:posix", "target reference:posix: profile: want " },
		{ "linux:/nonexistent", "target linux:/nonexistent: " },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct worker_setup setup = { .target = rows[i].target, .seed = 1, .jobs = 2 };
		cr_expect(not(run_suite(many, setup, &seen, NULL, &e)), "%s", rows[i].target);
		cr_expect(strncmp(e.text, rows[i].want, strlen(rows[i].want)) == 0, "want %s, got %s", rows[i].want,
			  e.text);
		cr_expect(eq(u32, seen.n, 0), "%s", rows[i].target);
	}
}

/* --- crashes --------------------------------------------------------------------------------- */

static int with_signal;
static unsigned crashes_left;

static pid_t
only_child(void)
{
	char path[100];
	int pid = 0;
	snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
	FILE *f = fopen(path, "r");
	if (f == NULL || fscanf(f, "%d", &pid) != 1)
		pid = 0;
	if (f != NULL)
		fclose(f);
	return pid;
}

/* Behind each case that passed comes one that takes its time, which `wait` does not on a reference: the worker is in it a tenth of a second
 * later. */
static void
crash_in_the_next(struct seen *s, const json_t *event)
{
	(void)s;
	if (strcmp(member(event, "event"), "case") != 0 || strstr(member(event, "id"), "before") == NULL ||
	    crashes_left == 0)
		return;
	crashes_left--;
	usleep(100000);
	pid_t worker = only_child();
	cr_assert(worker > 0, "no worker to be found");
	cr_assert(kill(worker, with_signal) == 0);
}

/* The example is a target whose clock nobody moves on: time passes. */
static const char *
example(void)
{
	static char spec[500];
	char self[400];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	self[n > 0 ? n : 0] = '\0';
	*strrchr(self, '/') = '\0';
	snprintf(spec, sizeof spec, "exec:%s/../../exec-target", self);
	return spec;
}

static const char sleeping[] =
	"suite t \"t\"\ncase before MUST \"b\"\n{ > echo\n< echo-reply\n}\ncase sleeps MUST \"s\"\n{ repeat 100000 {\n> echo\n< echo-reply\n}\n}\n"
	"case before_again MUST \"b\"\n{ > echo\n< echo-reply\n}\n"
	"case sleeps_again MUST \"s\"\n{ repeat 100000 {\n> echo\n< echo-reply\n}\n}\ncase after MUST \"a\"\n{ > echo\n< echo-reply\n}\n";

Test(worker, a_crash_costs_the_case_it_was_in)
{
	static const struct {
		int number;
		const char *reason;
	} rows[] = {
		{ SIGABRT, "espy itself crashed here: Aborted" },
		{ SIGSEGV, "espy itself crashed here: Segmentation fault" },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct worker_setup setup = { .target = example(), .seed = 1, .jobs = 1 };
		with_signal = rows[i].number;
		crashes_left = 2;
		seen.hook = crash_in_the_next;
		cr_assert(run_suite(sleeping, setup, &seen, NULL, &e), "%s", e.text);
		cr_expect(eq(u32, count_events(&seen, "case", "PASS"), 3));
		cr_expect(eq(u32, count_events(&seen, "case", "ERROR"), 2));
		cr_expect(eq(u32, count_events(&seen, "restart", NULL), 2));
		const json_t *lost = find_event(&seen, "case", "ERROR");
		cr_assert(lost != NULL);
		cr_expect(eq(str, (char *)member(lost, "id"), "t/sleeps"));
#ifndef __SANITIZE_ADDRESS__ /* which takes these signals and leaves with a status */
		cr_expect(eq(str, (char *)member(lost, "reason"), (char *)rows[i].reason));
#endif
		seen_free(&seen);
	}
}

/* --- ends ------------------------------------------------------------------------------------ */

static volatile int stop;

static void
stop_soon(struct seen *s, const json_t *event)
{
	(void)event;
	stop = s->n >= 3;
}

Test(worker, a_run_that_is_stopped_leaves_no_process_behind)
{
	const struct worker_setup setup = { .target = "reference", .seed = 1, .jobs = 2 };
	seen.hook = stop_soon;
	cr_expect(run_suite(sleeping, setup, &seen, &stop, &e), "%s", e.text);
	cr_expect(lt(u32, count_events(&seen, "case", NULL), 5));
	cr_expect(eq(int, only_child(), 0));
}

static void
take_note(int number)
{
	(void)number;
}

/* Nobody reads any more: a worker that is writing must end all the same, whatever handler of SIGTERM it was born with. */
Test(worker, a_full_disk_stops_the_run)
{
	static const char large[] =
		"suite t \"t\"\n  for n in 1..100\ncase c MUST \"c\"\n{ repeat 20 {\n> echo(size=1000)\n< echo-reply\n}\n}\n";
	const struct worker_setup setup = { .target = "reference", .seed = 1, .jobs = 2, .everything = true };
	struct sigaction sa = { .sa_handler = take_note };
	sigaction(SIGTERM, &sa, NULL);
	seen.stop_after = 5;
	cr_expect(not(run_suite(large, setup, &seen, NULL, &e)));
	cr_expect(eq(u32, seen.n, 5));
	cr_expect(eq(int, only_child(), 0));
}
