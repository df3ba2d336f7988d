/*
 * Known failures in a journal. The journal says what happened: a failure that a baseline excuses stays FAIL there, with a member `known`,
 * and the `baseline` event at the end of the run says which entries no longer fail. Whoever reads a run sees XFAIL and XPASS.
 *
 * "known":{"entry":"esp.padding/contents","file":"suites/baselines/x.txt","line":12,"reason":"..","until":"2027-01-01","sometimes":true,
 *  "expired":true}                                (until, sometimes, expired: where they hold; what has expired stays FAIL)
 * {"event":"baseline","file":"..","entries":79,"known":137,
 *  "xpass":[{"entry","line","reason","cases":["full id",..]}],      no longer fails: every combination ran, and passed
 *  "unused":[{"entry","line","why"}], "expired":[{"entry","line","until"}]}
 */
#ifndef ESPY_REPORTS_COMPARE_KNOWN_H
#define ESPY_REPORTS_COMPARE_KNOWN_H

#include "reports/journal.h"

/* What the target did, whatever a baseline says of it. */
bool event_failed(const json_t *event); /* FAIL, XFAIL */
bool event_passed(const json_t *event); /* PASS, XPASS */
/* The verdict likewise: "FAIL" of an XFAIL. Borrowed. */
const char *event_observed(const json_t *event);

/* As event_why(); of an XFAIL why it is known, if the baseline says so: what stands where a report says why a case was passed over. */
void known_why(const json_t *event, char *out, size_t cap);

/* FAIL to XFAIL, where the event says that it is known. */
void known_fold_case(json_t *event);
/* PASS to XPASS for the cases of entries that no longer fail, in the tally too. Keeps the event in r->baseline. */
void known_fold_run(struct run_record *r, json_t *baseline);

/* "Baseline FILE: 137 known failures by 79 entries", and a line for each entry that somebody should look at. Nothing without one. */
void known_print(FILE *out, const struct run_record *r);

#endif
