/*
 * Workers: child processes, each with a target instance of its own, that take cases off one shared counter and write
 * events to the parent, one line each. A worker that crashes costs the case it was in, nothing else.
 */
#ifndef ESPY_RUNNER_WORKER_H
#define ESPY_RUNNER_WORKER_H

#include "runner/plan.h"
#include "runner/target/target.h"
#include "wire/err.h"

struct excuses;

struct worker_setup {
	const struct plan *plan;
	const char *target;                 /* text of -t */
	const char *dir;                    /* of the run, or NULL */
	const struct target_wishes *wishes; /* NULL: none */
	enum manager_wish manager;
	uint64_t seed;
	unsigned jobs;
	bool everything;               /* exhibits also of cases that passed */
	bool fail_fast;                /* no case begins after one has failed */
	const struct excuses *excuses; /* NULL: no failure is known, and each ends a fail_fast run */
};

struct workers;

/* Starts them. on_line gets every event line, in the order of arrival; it returns false to stop the run (full disk). */
struct workers *workers_start(const struct worker_setup *s, struct err *e);

/* Runs until every worker is done, or until *stop becomes non-zero (a signal). False with e when no worker could say anything: the
 * target did not come up. `lost` counts cases that a crash swallowed; their events have been made. */
bool workers_collect(struct workers *w, bool (*on_line)(void *ctx, const char *line, size_t n), void *ctx,
		     const volatile int *stop, struct err *e) MUST_USE;
void workers_free(struct workers *w);

#endif
