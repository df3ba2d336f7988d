/*
 * The cases of a run as the page speaks of them: a claim is one case id with all its combinations. Also what a claim, a requirement or a
 * section of an RFC comes to: its standing.
 */
#ifndef ESPY_REPORTS_HTML_CLAIMS_H
#define ESPY_REPORTS_HTML_CLAIMS_H

#include <jansson.h>

#include "reports/journal.h"

/* The worst first: of several the first one counts, but for the last four, see cover.h. */
enum standing {
	ST_FAIL_MUST,
	ST_FAIL_SHOULD,
	ST_FAIL_OTHER, /* MAY, INFO: seen to differ, no departure */
	ST_UNCLEAR,    /* inconclusive, or an error of ours */
	ST_KNOWN,      /* XFAIL: the baseline lists it */
	ST_PARTLY,     /* of sections: some met, some undecided */
	ST_MET,
	ST_UNDECIDED, /* no verdict: skipped, or no case */
	ST_UNTESTABLE,
	ST_N
};

struct standing_row {
	const char *sign, *word, *css; /* "✗", "MUST not met", "fail" */
};
extern const struct standing_row standing_rows[ST_N];

enum severity { SEV_MUST, SEV_SHOULD, SEV_OTHER };
enum severity severity_of(const char *level); /* "MUST NOT" is a MUST */

struct claim {
	const char *id, *suite, *level, *clause, *title; /* of the first event; "" if it has none */
	char *anchor;                                    /* unique in the page */
	json_t *events;                                  /* array, in file order */
	struct tally tally;
	enum standing standing;
};

struct claims {
	struct claim *v;
	size_t n, cap;
	json_t *index; /* id: number in v */
};

/* False: out of memory. To be freed either way. */
bool claims_read(struct claims *c, const json_t *cases, struct err *e) MUST_USE;
void claims_free(struct claims *c);

#endif
