/* The reports that `espy run` leaves: those of every run directory, those asked for, and a CI's summary. */
#ifndef ESPY_RUNNER_RUN_REPORTS_H
#define ESPY_RUNNER_RUN_REPORTS_H

#include "reports/report.h"

#define RUN_REPORTS_MAX 16

struct run_reports {
	struct {
		const struct report_format *format;
		const char *path;
	} asked[RUN_REPORTS_MAX];
	unsigned n;
	bool streamed; /* one of them is standard output: people's lines go to stderr then */
};

/* "tap=results.tap", "ctrf=-" */
bool run_reports_ask(struct run_reports *r, const char *value, struct err *e) MUST_USE;
/*
 * All of them. What GitHub's step shows ($GITHUB_STEP_SUMMARY) is appended to. The first failure is reported, and the others are
 * written all the same.
 */
bool run_reports_write(const struct run_reports *r, const struct run_record *record, const char *dir,
		       const struct report_wish *w, struct err *e) MUST_USE;

#endif
