/* espy run: the plan against a target, the journal as it happens, everything else made of it at the end. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "reports/journal.h"
#include "runner/choice.h"
#include "runner/commands.h"
#include "runner/evidence.h"
#include "runner/manager.h"
#include "runner/options.h"
#include "runner/target.h"
#include "runner/worker.h"

enum {
	O_TARGET,
	O_AGENT,
	O_TESTER,
	O_ADDRESS,
	O_YES,
	O_MANAGER,
	O_JOBS,
	O_OUT,
	O_SEED,
	O_LEVEL,
	O_PARAM,
	O_SUITES,
	O_FAIL_FAST,
	O_VERBOSE,
	O_QUIET
};

static const struct option_row rows[] = {
	[O_TARGET] = { 't', "target", "TARGET",
		       "linux (default), reference, qemu:KERNEL[,INITRD], exec:CMD, netns:NAME, raw:IFACE[,IFACE2], manual:IFACE" },
	[O_AGENT] = { 0, "agent", "CMD", "whose standard input and output are an agent: 'ssh root@host espy-agent'" },
	[O_TESTER] = { 0, "tester", "ADDR", "ours on link 1, 2=ADDR on link 2; may be repeated" },
	[O_ADDRESS] = { 0, "target-address", "ADDR",
			"the target's, likewise; the second of a family is its second address" },
	[O_YES] = { 0, "yes", NULL, "-t manual: do not wait for Enter" },
	[O_MANAGER] = { 0, "manager", "NAME",
			"what configures it: auto (default; PF_KEY, XFRM for the rest), pfkey, xfrm, none" },
	[O_JOBS] = { 'j', "jobs", "N", "target instances in parallel (default: processors; 1 on reference)" },
	[O_OUT] = { 'o', "output", "DIR", "run directory (default: espy-run)" },
	[O_SEED] = { 0, "seed", "N", "of keys and shuffles (default: drawn, and printed in run.json)" },
	[O_LEVEL] = { 0, "level", "LIST", "only these: must,should,may,info" },
	[O_PARAM] = { 0, "params", "NAME=GLOB", "only combinations with this value; may be repeated" },
	[O_SUITES] = { 0, "suites", "PATH", "a suite file or a folder of them; may be repeated" },
	[O_FAIL_FAST] = { 0, "fail-fast", NULL, "stop after the first case that fails" },
	[O_VERBOSE] = { 'v', "verbose", NULL, "a line for every case, and its packets in the journal" },
	[O_QUIET] = { 'q', "quiet", NULL, "no progress" },
	{ 0, NULL, NULL, NULL },
};

const struct options run_options = {
	"espy run [SELECTOR..] [-t TARGET] [-j N] [-o DIR]",
	"Runs cases against a target. A SELECTOR is a glob over case ids (esp.replay, 'esp.*/dup*'), a full id with\n"
	"its parameters, a clause (rfc4303/3.4.3), or a suite file; !GLOB takes out. Exit status: 0 the target met what\n"
	"was asked, 1 it fell short, 2 usage, 3 environment, 4 nothing ran, 70 a bug of espy.",
	rows,
};

struct run {
	struct choice choice;
	unsigned jobs, verbose;
	bool quiet, fail_fast;
	const char *target, *dir;
	struct target_wishes wishes;
	enum manager_wish manager;
	uint64_t seed;
	int argc;
	char **argv;

	struct journal *journal;
	struct run_record record;
	struct progress *progress;
	bool started;
	struct err journal_error; /* the disk is full: nothing already written is lost */
	uint64_t began_ns;
};

static volatile int stop_signal;

static void
on_signal(int number)
{
	stop_signal = number;
}

/* --- options --------------------------------------------------------------------------------- */

static bool
parse_number(const char *option, const char *text, uint64_t max, uint64_t *n)
{
	char *end;
	*n = strtoull(text, &end, 0);
	if (*text != '\0' && *text != '-' && *end == '\0' && *n <= max)
		return true;
	fprintf(stderr, "espy run: %s: want a number up to %llu, got '%s'\n", option, (unsigned long long)max, text);
	return false;
}

static bool
complain(const struct err *e)
{
	fprintf(stderr, "espy run: %s\n", e->text);
	return false;
}

static bool
take_option(struct run *r, int which, const char *value)
{
	struct err e;
	uint64_t n;
	switch (which) {
	case O_TARGET: r->target = value; return target_known(value, &e) || complain(&e);
	case O_AGENT: r->wishes.agent = value; return true;
	case O_TESTER: return target_wish_tester(&r->wishes, value, &e) || complain(&e);
	case O_ADDRESS: return target_wish_target(&r->wishes, value, &e) || complain(&e);
	case O_YES: r->wishes.yes = true; return true;
	case O_MANAGER: return manager_wish_parse(value, &r->manager, &e) || complain(&e);
	case O_OUT: r->dir = value; return true;
	case O_LEVEL: return choice_level(&r->choice, value, &e) || complain(&e);
	case O_PARAM: return choice_param(&r->choice, value, &e) || complain(&e);
	case O_SUITES: return choice_suites(&r->choice, value, &e) || complain(&e);
	case O_VERBOSE: r->verbose++; return true;
	case O_QUIET: r->quiet = true; return true;
	case O_FAIL_FAST: r->fail_fast = true; return true;
	case O_SEED: return parse_number("--seed", value, UINT64_MAX, &r->seed);
	case O_JOBS:
		if (!parse_number("--jobs", value, 64, &n))
			return false;
		r->jobs = (unsigned)n;
		return true;
	default: return false;
	}
}

/* --- the journal ----------------------------------------------------------------------------- */

static bool
append(struct run *r, const char *line, size_t n)
{
	struct err e;
	if (!run_add(&r->record, line, n, &e)) {
		fprintf(stderr, "espy: an event of our own cannot be read: %s\n", e.text);
		return true;
	}
	return journal_append(r->journal, line, n, &r->journal_error);
}

static bool
append_json(struct run *r, json_t *event)
{
	char *line = json_dumps(event, JSON_COMPACT | JSON_REAL_PRECISION(9));
	bool ok = line != NULL && append(r, line, strlen(line));
	free(line);
	json_decref(event);
	return ok;
}

static bool
append_start(struct run *r, json_t *target)
{
	char when[40];
	time_t now = time(NULL);
	struct tm tm;
	strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
	json_t *argv = json_array();
	json_array_append_new(argv, json_string("espy"));
	for (int i = 0; i < r->argc; i++)
		json_array_append_new(argv, journal_text(r->argv[i]));
	r->started = true;
	return append_json(r, json_pack("{s:s, s:s, s:{s:s, s:s}, s:o, s:I, s:s, s:O, s:i, s:i}", "event", "start",
					"schema", "espy-events/1", "tool", "name", "espy", "version", ESPY_VERSION,
					"argv", argv, "seed", (json_int_t)r->seed, "started", when, "target", target,
					"planned", (int)r->choice.plan.n, "jobs", (int)r->jobs));
}

static bool
on_line(void *ctx, const char *line, size_t n)
{
	struct run *r = ctx;
	json_t *event = json_loadb(line, n, 0, NULL);
	const char *kind = json_string_value(json_object_get(event, "event"));
	bool ok = true;
	if (kind == NULL) {
		progress_note(r->progress, "a worker said something unreadable");
	} else if (strcmp(kind, "ready") == 0) {
		ok = r->started || append_start(r, json_object_get(event, "target"));
	} else {
		ok = append(r, line, n);
		if (strcmp(kind, "case") == 0)
			progress_case(r->progress, event);
		else if (strcmp(kind, "restart") == 0)
			progress_note(r->progress, "the target died and is started again");
	}
	json_decref(event);
	return ok;
}

/* --- the end --------------------------------------------------------------------------------- */

static bool
write_reports(struct run *r, struct err *e)
{
	return report_run_json(&r->record, r->dir, e) && report_junit(&r->record, r->dir, e) &&
	       report_cases(&r->record, r->dir, e);
}

static int
exit_status(const struct run *r)
{
	const struct tally *t = &r->record.tally;
	if (t->fail > 0 || t->xpass > 0)
		return 1;
	if (t->error > 0)
		return 70;
	if (t->pass + t->xfail == 0)
		return t->inconclusive > 0 ? 3 : 4;
	return t->inconclusive > 0 ? 3 : 0;
}

static int
finish(struct run *r, bool collected, const struct err *why)
{
	struct err e;
	bool complete = collected && stop_signal == 0 && r->record.tally.total == r->choice.plan.n;
	double wall = (double)(clock_ns() - r->began_ns) / 1e9;
	bool written =
		r->journal_error.code == ERR_NONE && r->started &&
		append_json(r, json_pack("{s:s, s:f, s:b}", "event", "end", "wall_s", wall, "complete", complete));
	bool closed = journal_close(r->journal, &e);
	r->journal = NULL;
	if (r->started && (!written || !closed || !write_reports(r, &e))) {
		fprintf(stderr, "espy: %s\n", r->journal_error.code != ERR_NONE ? r->journal_error.text : e.text);
		progress_end(r->progress, &r->record, r->dir);
		return 3;
	}
	if (r->record.tally.total > 0)
		progress_end(r->progress, &r->record, r->dir);
	if (stop_signal != 0) {
		fprintf(stderr, "espy: stopped by signal %d after %u of %u cases\n", stop_signal, r->record.tally.total,
			r->choice.plan.n);
		return 128 + stop_signal;
	}
	if (!collected) {
		fprintf(stderr, "espy: %s\n", r->journal_error.code != ERR_NONE ? r->journal_error.text : why->text);
		return 3;
	}
	return exit_status(r);
}

static int
execute(struct run *r)
{
	struct err e = { 0 };
	struct worker_setup setup = { .plan = &r->choice.plan,
				      .target = r->target,
				      .manager = r->manager,
				      .wishes = &r->wishes,
				      .dir = r->dir,
				      .seed = r->seed,
				      .jobs = r->jobs,
				      .everything = r->verbose > 0,
				      .fail_fast = r->fail_fast };
	r->journal = journal_open(r->dir, &e);
	if (r->journal == NULL) {
		fprintf(stderr, "espy: %s\n", e.text);
		return 3;
	}
	r->progress = progress_new(stdout, stderr, r->choice.plan.n, r->quiet, r->verbose);
	struct sigaction sa = { .sa_handler = on_signal };
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	r->began_ns = clock_ns();
	struct workers *w = workers_start(&setup, &e);
	bool collected = w != NULL && workers_collect(w, on_line, r, &stop_signal, &e);
	workers_free(w);
	int status = finish(r, collected, &e);
	progress_free(r->progress);
	run_free(&r->record);
	return status;
}

static int
plan_and_execute(struct run *r)
{
	struct err e;
	struct choice *c = &r->choice;
	int status = 2;
	if (!choice_load(c, &e) || !choice_plan(c, &e)) {
		fprintf(stderr, "espy: %s\n", e.text);
	} else if (c->plan.n == 0) {
		fprintf(stderr, "espy: nothing to run: no case is left after selection\n");
		status = 4;
	} else {
		status = execute(r);
	}
	choice_free(c);
	return status;
}

/* What only makes sense together. */
static bool
settle_target(struct run *r)
{
	struct err e;
	bool single = target_is_single(r->target), reference = strncmp(r->target, "reference", 9) == 0;
	bool lends = strncmp(r->target, "raw:", 4) == 0 || strncmp(r->target, "netns:", 6) == 0;
	if (r->wishes.agent != NULL && !lends)
		return fail(&e, ERR_SYNTAX, "--agent goes with -t raw:.. and -t netns:.., not with %s", r->target) ||
		       complain(&e);
	if (single && !reference && r->jobs > 1)
		return fail(&e, ERR_RANGE, "-j %u: %s is there once", r->jobs, r->target) || complain(&e);
	if (r->jobs == 0)
		r->jobs = single ? 1 : (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
	return true;
}

int
cmd_run(int argc, char **argv)
{
	static struct run r;
	const char *value;
	int which, first;
	r.argc = argc;
	r.argv = argv;
	r.target = "linux";
	r.dir = "espy-run";
	struct timespec ts;
	clock_gettime(CLOCK_REALTIME, &ts);
	r.seed = (uint64_t)ts.tv_nsec * 2654435761u ^ (uint64_t)ts.tv_sec;
	r.seed &= 0xffffffff; /* short enough to type again */
	while ((which = options_next(&run_options, argc, argv, &value, &first)) >= 0)
		if (!take_option(&r, which, value))
			return 2;
	if (which != -1)
		return which == -3 ? 0 : 2;
	for (; first < argc; first++) {
		struct err e;
		if (!choice_operand(&r.choice, argv[first], &e) && !complain(&e))
			return 2;
	}
	if (!settle_target(&r))
		return 2;
	return plan_and_execute(&r);
}
