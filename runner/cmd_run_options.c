/* espy run: its options, and what only makes sense together. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "runner/cmd_run.h"
#include "runner/commands.h"

#define REPEAT_MAX 10000

enum {
	O_TARGET,
	O_AGENT,
	O_TESTER,
	O_ADDRESS,
	O_YES,
	O_MANAGER,
	O_JOBS,
	O_OUT,
	O_KEEP,
	O_REPORT,
	O_SHARD,
	O_SEED,
	O_LEVEL,
	O_PARAM,
	O_SUITES,
	O_FAIL_FAST,
	O_BASELINE,
	O_FAILED,
	O_REPEAT,
	O_FAIL_ON,
	O_COLOUR,
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
	[O_KEEP] = { 0, "keep", "WHAT", "cases/ with packets of the cases that failed (default), or of all that ran" },
	[O_REPORT] = { 0, "report", "FORMAT=FILE",
		       "also this one: html, junit, tap, ctrf, md, text, json; - is standard output; may be repeated" },
	[O_SHARD] = { 0, "shard", "I/N", "every Nth case from the Ith on; espy report merges the directories" },
	[O_SEED] = { 0, "seed", "N", "of keys and shuffles (default: drawn, and printed in run.json)" },
	[O_LEVEL] = { 0, "level", "LIST", "only these: must,should,may,info" },
	[O_PARAM] = { 0, "params", "NAME=GLOB", "only combinations with this value; may be repeated" },
	[O_SUITES] = { 0, "suites", "PATH", "a suite file or a folder of them; may be repeated" },
	[O_FAIL_FAST] = { 0, "fail-fast", NULL, "stop after the first case that fails" },
	[O_BASELINE] = { 0, "baseline", "FILE",
			 "known failures: those are XFAIL, and one that no longer fails is XPASS; auto: the list of espy's own" },
	[O_FAILED] = { 0, "failed", "RUNDIR", "only what did not pass in that run" },
	[O_REPEAT] = { 0, "repeat", "N", "each case N times; those that do not always end alike are named" },
	[O_FAIL_ON] = { 0, "fail-on", "LIST", "levels whose failures make the exit status 1 (default: must,should)" },
	[O_COLOUR] = { 0, "color", "WHEN",
		       "auto (default: on a terminal, as NO_COLOR and CLICOLOR_FORCE say), always, never" },
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

static bool
parse_number(const char *option, const char *text, uint64_t max, uint64_t *n)
{
	char *end;
	errno = 0;
	*n = strtoull(text, &end, 0);
	if (*text >= '0' && *text <= '9' && *end == '\0' && errno == 0 && *n <= max)
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
	case O_KEEP:
		r->keep_all = strcmp(value, "all") == 0;
		return r->keep_all || strcmp(value, "failed") == 0 ||
		       fail(&e, ERR_UNKNOWN, "--keep: want failed or all, got '%s'", value) || complain(&e);
	case O_REPORT: return run_reports_ask(&r->reports, value, &e) || complain(&e);
	case O_SHARD: return shard_parse(value, &r->shard, &e) || complain(&e);
	case O_LEVEL: return choice_level(&r->choice, value, &e) || complain(&e);
	case O_PARAM: return choice_param(&r->choice, value, &e) || complain(&e);
	case O_SUITES: return choice_suites(&r->choice, value, &e) || complain(&e);
	case O_COLOUR: return colour_wish_parse(value, &r->colour, &e) || complain(&e);
	case O_VERBOSE: r->verbose++; return true;
	case O_QUIET: r->quiet = true; return true;
	case O_FAIL_FAST: r->fail_fast = true; return true;
	case O_BASELINE: return excuses_open(&r->excuses, value, &e) || complain(&e);
	case O_FAILED: r->failed = value; return true;
	case O_FAIL_ON: return levels_parse(&r->fail_on, value, &e) || err_prefix(&e, "--fail-on") || complain(&e);
	case O_REPEAT:
		if (!parse_number("--repeat", value, REPEAT_MAX, &n))
			return false;
		r->repeat = (unsigned)n;
		return true;
	case O_SEED: return parse_number("--seed", value, INT64_MAX, &r->seed); /* as JSON has it */
	case O_JOBS:
		if (!parse_number("--jobs", value, 64, &n))
			return false;
		r->jobs = (unsigned)n;
		return true;
	default: return false;
	}
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
	if (r->excuses.automatic && r->fail_fast)
		return fail(&e, ERR_SYNTAX,
			    "--baseline auto: --fail-fast has to know the list from the start: want a file") ||
		       complain(&e);
	if (single && !reference && r->jobs > 1)
		return fail(&e, ERR_RANGE, "-j %u: %s is there once", r->jobs, r->target) || complain(&e);
	if (r->jobs == 0)
		r->jobs = single ? 1 : (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
	return true;
}

int
run_parse(struct run *r, int argc, char **argv)
{
	const char *value;
	int which, first;
	r->argc = argc;
	r->argv = argv;
	r->target = "linux";
	r->dir = "espy-run";
	struct timespec ts;
	clock_gettime(CLOCK_REALTIME, &ts);
	r->seed = (uint64_t)ts.tv_nsec * 2654435761u ^ (uint64_t)ts.tv_sec;
	r->seed &= 0xffffffff; /* short enough to type again */
	while ((which = options_next(&run_options, argc, argv, &value, &first)) >= 0)
		if (!take_option(r, which, value))
			return 2;
	if (which != -1)
		return which == -3 ? 0 : 2;
	for (; first < argc; first++) {
		struct err e;
		if (!choice_operand(&r->choice, argv[first], &e) && !complain(&e))
			return 2;
	}
	return settle_target(r) ? -1 : 2;
}
