/* espy run: the plan against a target, the journal as it happens, everything else made of it at the end. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "reports/event.h"
#include "reports/compare/known.h"
#include "reports/formats/shown.h"
#include "runner/cmd_run.h"
#include "runner/commands.h"
#include "runner/evidence.h"
#include "runner/rerun.h"
#include "runner/revision.h"
#include "runner/start_event.h"
#include "runner/worker.h"

static volatile int stop_signal;

static void
on_signal(int number)
{
	stop_signal = number;
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
	r->started = true;
	char hash[REVISION_TEXT];
	unsigned suites;
	revision_of_suites(r->choice.suites, &suites, hash);
	json_t *start = start_event(r->argc, r->argv, r->seed, json_incref(target));
	json_t *more = json_pack("{s:{s:i, s:s}, s:i, s:i, s:s, s:o*}", "suites", "n", (int)suites, "hash", hash,
				 "planned", (int)r->choice.plan.n, "jobs", (int)r->jobs, "keep",
				 r->keep_all ? "all" : "failed", "shard", shard_json(&r->shard));
	json_object_update(start, more);
	json_decref(more);
	return append_json(r, start);
}

static void
choose_baseline(struct run *r, const json_t *target)
{
	struct err e;
	if (!r->excuses.automatic)
		return;
	if (!excuses_choose(&r->excuses, event_text(target, "os"), event_text(target, "release"), &e) &&
	    !err_prefix(&e, "no list of known failures"))
		progress_note(r->progress, e.text);
	r->excuses.automatic = false;
}

/* As the worker said it, or with what the baseline knows of it; then event is what reports make of it. */
static bool
append_event(struct run *r, json_t *event, const char *line, size_t n)
{
	if (!excuses_mark(&r->excuses, event))
		return append(r, line, n);
	bool ok = append_json(r, json_incref(event));
	known_fold_case(event);
	return ok;
}

/* Keys stay in the journal. */
static void
show_case(struct run *r, const json_t *event)
{
	json_t *shown = event_shown(r->record.start, event, false);
	if (shown != NULL)
		progress_case(r->progress, shown);
	json_decref(shown);
}

static void
show_end(struct run *r)
{
	struct run_record shown;
	struct err e;
	if (!run_shown(&shown, &r->record, false, &e)) {
		fprintf(stderr, "espy: %s\n", e.text);
		return;
	}
	progress_end(r->progress, &shown, r->dir);
	run_free(&shown);
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
		choose_baseline(r, json_object_get(event, "target"));
		ok = r->started || append_start(r, json_object_get(event, "target"));
	} else {
		ok = append_event(r, event, line, n);
		if (strcmp(kind, "case") == 0)
			show_case(r, event);
		else if (strcmp(kind, "restart") == 0)
			progress_note(r->progress, "the target died and is started again");
	}
	json_decref(event);
	return ok;
}

/* --- the end --------------------------------------------------------------------------------- */

/* The lists of purposes and of what goes wrong are for their words alone: a report without them is still one. */
static bool
write_reports(struct run *r, struct err *e)
{
	struct err none;
	struct purposes purposes;
	struct lore lore;
	bool known = choice_purposes(&r->choice, &purposes, &none), told = choice_lore(&r->choice, &lore, &none);
	const struct report_wish wish = { .purposes = known ? &purposes : NULL, .lore = told ? &lore : NULL };
	bool ok = run_reports_write(&r->reports, &r->record, r->dir, &wish, e);
	ok = report_cases(&r->record, r->dir, ok ? e : &none) && ok; /* the evidence, wherever a report could not go */
	if (known)
		purposes_free(&purposes);
	if (told)
		lore_free(&lore);
	return ok;
}

/* A failure, or a known one that is none any more, of a level that counts. */
static bool
fell_short(const struct run *r)
{
	const json_t *event;
	size_t i;
	json_array_foreach(r->record.cases, i, event) {
		unsigned level = 0;
		while (level < CASE_LEVELS && strcmp(level_names[level], event_text(event, "level")) != 0)
			level++;
		bool counts = r->fail_on == 0 || level == CASE_LEVELS || (r->fail_on >> level & 1) != 0;
		if (counts && (event_is(event, "FAIL") || event_is(event, "XPASS")))
			return true;
	}
	return false;
}

static int
exit_status(const struct run *r)
{
	const struct tally *t = &r->record.tally;
	if (fell_short(r))
		return 1;
	if (t->error > 0)
		return 70;
	if (t->pass + t->xfail + t->fail + t->xpass == 0)
		return t->inconclusive > 0 ? 3 : 4;
	return t->inconclusive > 0 ? 3 : 0;
}

static int
finish(struct run *r, bool collected, const struct err *why)
{
	struct err e = { 0 };
	bool complete = collected && stop_signal == 0 && r->record.tally.total == r->choice.plan.n;
	double wall = (double)(clock_ns() - r->began_ns) / 1e9;
	if (r->excuses.given && r->started && r->journal_error.code == ERR_NONE)
		(void)append_json(r, excuses_end(&r->excuses, &r->choice, &r->record, complete));
	bool written =
		r->journal_error.code == ERR_NONE && r->started &&
		append_json(r, json_pack("{s:s, s:f, s:b}", "event", "end", "wall_s", wall, "complete", complete));
	bool closed = journal_close(r->journal, &e);
	r->journal = NULL;
	if (r->started && (!written || !closed || !write_reports(r, &e))) {
		fprintf(stderr, "espy: %s\n", r->journal_error.code != ERR_NONE ? r->journal_error.text : e.text);
		show_end(r);
		return 3;
	}
	if (r->record.tally.total > 0)
		show_end(r);
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
				      .everything = r->verbose > 0 || r->keep_all,
				      .fail_fast = r->fail_fast,
				      .excuses = r->excuses.given ? &r->excuses : NULL };
	r->journal = journal_open(r->dir, &e);
	if (r->journal == NULL) {
		fprintf(stderr, "espy: %s\n", e.text);
		return 3;
	}
	if (r->dir != NULL)
		report_cases_clear(r->dir);
	r->progress =
		progress_new(r->reports.streamed ? stderr : stdout, stderr, r->choice.plan.n, r->quiet, r->verbose);
	progress_set_colour(r->progress, r->colour);
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

/* What an earlier run left over, and how often. */
static bool
plan_again(struct run *r, struct err *e)
{
	struct choice *c = &r->choice;
	unsigned gone = 0, before = c->plan.n;
	if (r->failed != NULL && !plan_keep_failed(&c->plan, r->failed, &gone, e))
		return false;
	if (r->failed != NULL && c->plan.n == 0 && gone == 0 && before > 0)
		fprintf(stderr, "espy: %s: everything passed there\n", r->failed);
	if (gone > 0 && c->selectors_n + c->params_n + c->levels == 0)
		fprintf(stderr, "espy: %s: %u of the cases that did not pass there are not in these suites\n",
			r->failed, gone);
	shard_take(&r->shard, &c->plan);
	return plan_repeat(&c->plan, r->repeat, e);
}

static int
plan_and_execute(struct run *r)
{
	struct err e;
	struct choice *c = &r->choice;
	int status = 2;
	if (!choice_load(c, &e) || !choice_plan(c, &e) || !plan_again(r, &e)) {
		fprintf(stderr, "espy: %s\n", e.text);
	} else if (c->plan.n == 0) {
		fprintf(stderr, "espy: nothing to run: no case is left after selection\n");
		status = 4;
	} else {
		status = execute(r);
	}
	choice_free(c);
	excuses_close(&r->excuses);
	return status;
}

int
cmd_run(int argc, char **argv)
{
	static struct run r;
	int status = run_parse(&r, argc, argv);
	return status >= 0 ? status : plan_and_execute(&r);
}
