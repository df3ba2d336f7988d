/*
 * A list of known failures of one target, kept by people and checked by machines. A line names a case, or combinations of it by a
 * glob over its id with parameters; the comment above it is the reason, of all entries up to the next comment or blank line:
 *
 *   # Everything about the file, with a blank line behind.
 *
 *   # Padding octets are never looked at (RFC 4303 2.4). https://bugs.example/17
 *   esp.padding/contents
 *   esp.padding/length/ipv6/tunnel*  until 2027-01-01
 *   ? esp.replay/walk                # in some runs only
 *
 * An entry excuses FAIL, and nothing else. It is true as long as one of its combinations fails. '?' is never too much.
 */
#ifndef ESPY_REPORTS_COMPARE_BASELINE_H
#define ESPY_REPORTS_COMPARE_BASELINE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "reports/journal.h"

enum baseline_kind { BASELINE_BLANK, BASELINE_COMMENT, BASELINE_ENTRY };

struct baseline_line {
	uint8_t kind;     /* enum baseline_kind */
	char *text;       /* as written, without its end */
	char *pattern;    /* entries */
	char *reason;     /* "" if there is none */
	char until[11];   /* "2027-01-01", its last day; "": no end */
	bool sometimes;   /* fails in some runs only */
	unsigned literal; /* octets of the pattern in front of the first glob character */
};

struct baseline {
	char *file;
	struct baseline_line *line; /* line[0] is the file's first */
	size_t n, cap;
};

/* What became of an entry in a run. Combinations; of several entries that match each counts. */
struct baseline_fate {
	unsigned failed, passed, skipped, undecided; /* undecided: INCONCLUSIVE, ERROR */
	unsigned combinations;                       /* different ones: each counts once, however often it ran */
	const json_t *first; /* the first that failed, or was skipped or undecided when none failed; borrowed */
};

#define BASELINE_WANTED "reason wanted" /* how a reason begins that nobody has given yet */

bool baseline_read(struct baseline *b, const char *file, struct err *e) MUST_USE;
bool baseline_parse(struct baseline *b, const char *file, const char *text, size_t n, struct err *e) MUST_USE;
void baseline_free(struct baseline *b);

bool baseline_matches(const struct baseline_line *entry, const char *full_id);
/* Whether day ("2026-11-22") is behind its last one. */
bool baseline_expired(const struct baseline_line *entry, const char *day);
/* The entry that excuses a failure of this case on this day, or one that did and has expired; NULL: nobody knows of it. */
const struct baseline_line *baseline_find(const struct baseline *b, const char *full_id, const char *day);
unsigned baseline_number(const struct baseline *b, const struct baseline_line *entry); /* of its line, from 1 */

/* One for each line; those of comments stay empty. NULL when memory is out. free() it. */
struct baseline_fate *baseline_fates(const struct baseline *b, const json_t *cases);
/* Not '?', run, every combination that ran passed. */
bool baseline_over(const struct baseline_line *entry, const struct baseline_fate *fate);

#endif
