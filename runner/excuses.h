/*
 * A baseline at work in a run: which failures it excuses as they happen, and at the end which of its entries no longer fail. An entry
 * is only judged by a run that had all of its combinations: one that selected a part of them says nothing about it.
 */
#ifndef ESPY_RUNNER_EXCUSES_H
#define ESPY_RUNNER_EXCUSES_H

#include "reports/compare/baseline.h"
#include "runner/choice.h"

struct excuses {
	struct baseline list;
	bool given;     /* else everything below does nothing */
	bool automatic; /* to be given when it is known what the target is */
	char day[11];
};

/* "auto" waits for excuses_choose. */
bool excuses_open(struct excuses *x, const char *file, struct err *e) MUST_USE;
/* Of "auto": the list that the project has for this target, baselines/linux-6.1.txt of the suites. False with a sentence about it when
 * there is none, or it cannot be read. */
bool excuses_choose(struct excuses *x, const char *os, const char *release, struct err *e) MUST_USE;
void excuses_close(struct excuses *x);

/* Whether a failure of this case does not count. */
bool excuses_cover(const struct excuses *x, const char *full_id);
/* Puts `known` into a case event that failed and has an entry; false: the event stays as it was. */
bool excuses_mark(const struct excuses *x, json_t *event);
/* The `baseline` event of a run (reports/compare/known.h). complete: every planned case has a verdict. */
json_t *excuses_end(const struct excuses *x, const struct choice *c, const struct run_record *r, bool complete);

/* How many combinations of a plan each line of the list names; free() it, NULL when memory is out. */
unsigned *baseline_reach(const struct baseline *b, const struct plan *p);

#endif
