/*
 * Several runs as one: shards that together are a run become one record. What each case needs of its own run (where its evidence lies,
 * the seed) goes with it as a member "run", which no journal has.
 */
#ifndef ESPY_REPORTS_FORMATS_MERGE_H
#define ESPY_REPORTS_FORMATS_MERGE_H

#include "reports/journal.h"

struct run_source {
	const char *dir; /* as it was given */
	struct run_record record;
	char *folder, *workspace; /* of the run as links see it, as struct report_wish has them */
	bool has_page;            /* report.html lies in it: what a matrix links to */
};

/* False, and why, in words that go behind "they are not one run: ": other targets, other suites, the same cases in two of them. */
bool runs_belong_together(const struct run_source *v, size_t n, char *why, size_t cap);

/*
 * A new record of all of them; the cases are shared with the sources, which go on living. Shards of one plan come in the order of the
 * plan, others one behind the other. What is missing or twice stands in the record (report_incomplete(), start.merged).
 * Error: the targets differ, since a record has one.
 */
bool runs_merge(struct run_record *whole, const struct run_source *v, size_t n, struct err *e) MUST_USE;

#endif
