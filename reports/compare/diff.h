/*
 * Two runs compared, case by case. What counts is what the target did; whether a baseline knew of it does not change the verdict, only
 * whether it is a regression. The result is one document, from which every output is made:
 *
 * {"schema":"espy-diff/1",
 *  "old":{"path","started","target":{..},"tool":{..},"seed","suites":{..},"complete":true,"torn":0,"summary":{"pass",..,"total"}}, "new":{..},
 *  "differs":[{"what":"target.release","old":"6.1.170","new":"6.1.176"}],
 *  "counts":{"broken","fixed","changed","new","skipped","gone","same","idle"},      combinations; idle: run in neither
 *  "known":N (of the broken ones, those that a baseline of NEW excuses), "regressions":N,
 *  "changes":[{"section":"broken","id":"esp.replay/duplicate","level":"MUST","clause":"RFC 4303 3.4.3",
 *    "before":"PASS","after":"FAIL" (or null: not there),"was":"why, before","why":"why, now","known":false,
 *    "case":"same|changed|unknown","causes":["case","target","tool","seed"],
 *    "combinations":["full id",..],"of":24,"values":{"family":["ipv4"]},
 *    "again":"espy run .." (or null: it did not fail)}]}
 *
 * Sections:  broken   passed, and now FAIL, INCONCLUSIVE or ERROR
 *            fixed    the other way round
 *            changed  did not pass and does not pass, with another verdict or for another reason
 *            new      was skipped or not there, and ran
 *            skipped  ran, and was skipped now;   gone: ran, and was not there
 * A regression is what broke and no baseline of NEW excuses; strict: also what is new and did not pass, and what is skipped or gone.
 */
#ifndef ESPY_REPORTS_COMPARE_DIFF_H
#define ESPY_REPORTS_COMPARE_DIFF_H

#include "reports/journal.h"

struct diff_side {
	const char *path;
	const struct run_record *run;
};

/* A new reference; NULL when memory is out. */
json_t *diff_make(const struct diff_side *before, const struct diff_side *after, bool strict);

/* quiet: the last line alone. */
void diff_print_text(FILE *out, const json_t *diff, bool quiet);
void diff_print_md(FILE *out, const json_t *diff);

/* What both say alike. */
struct diff_section {
	const char *name, *title;
};
extern const struct diff_section diff_sections[]; /* ends with a NULL name */
/* "the case changed; the target changed (release)", or what may be behind it when nothing did. */
void diff_print_causes(FILE *out, const json_t *diff, const json_t *change);
/* "2 broken, 1 fixed, .." */
void diff_print_counts(FILE *out, const json_t *diff);

#endif
