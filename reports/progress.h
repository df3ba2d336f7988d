/* What progress.c (lines as they happen, the bar) and progress_end.c (what is said at the end) share. */
#ifndef ESPY_REPORTS_PROGRESS_H
#define ESPY_REPORTS_PROGRESS_H

#include <stdint.h>

#include "reports/colour.h"
#include "reports/event.h"
#include "reports/journal.h"

struct progress {
	FILE *results, *status;
	unsigned planned, verbose;
	bool quiet, colour, bar;
	bool drawn;                 /* a bar stands on the terminal's line */
	uint64_t began_ns, last_ns; /* monotonic; last: when status was written */
	struct tally tally;
};

/* "FAIL id MUST [clause] why  (file:line)" */
void progress_line(const struct progress *p, const json_t *event);
void progress_clear(struct progress *p);

#endif
