/* What espy check tells: a line a packet, then one for each SA, then the sums; as text or as JSON. */
#ifndef ESPY_RUNNER_OBSERVE_CHECK_REPORT_H
#define ESPY_RUNNER_OBSERVE_CHECK_REPORT_H

#include "runner/observe/capture.h"
#include "runner/observe/passive.h"
#include "runner/observe/trail.h"

struct check_report {
	const char *path, *policies; /* files that messages name; policies: NULL where there are none */
	bool json;
	bool all_sas; /* a line for each SA, whatever there is to tell of it; of JSON none otherwise */
	struct trail *trail;
	unsigned long ok, refused, cut, noted; /* of protected datagrams, and clear ones that policies refuse */
	unsigned long clear;                   /* that policies let pass */
	bool no_memory;                        /* for the numbers of an SA */
};

/* Will be told soon. */
void check_report_expect(const struct check_report *r, const struct passive_verdict *v);
/* In the order of the capture; tells nothing of clear datagrams that no policy refuses. */
void check_report_verdict(struct check_report *r, const struct passive_verdict *v);
/* On stderr: what somebody should know who reads only the verdicts. */
void check_report_aside(const struct check_report *r, const struct frame *f, const struct passive_verdict *v);
/* SAs and sums. */
void check_report_end(const struct check_report *r);

#endif
