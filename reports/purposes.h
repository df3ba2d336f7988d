/*
 * The lists of what can be decided: test purposes (suites/purposes.tsv) and requirements of RFCs (suites/requirements.tsv), each with
 * its level, where it belongs, and what it asks in our words. Cases name their ids with `decides`.
 */
#ifndef ESPY_REPORTS_PURPOSES_H
#define ESPY_REPORTS_PURPOSES_H

#include <stdbool.h>
#include <stddef.h>

#include "reports/tsv.h"
#include "wire/err.h"

struct purpose {
	const char *id, *level;
	const char *group;              /* "EO"; of a requirement its document: "RFC4303" */
	const char *section, *testable; /* of requirements; "" otherwise. testable: wire, pfkey, app, log, untestable */
	const char *clause;             /* of purposes: "4303§2.1"; "-": no RFC has it; "" of requirements */
	const char *text;               /* one sentence in our words */
	bool requirement;
};

#define PURPOSE_LISTS 2

struct purposes {
	struct tsv list[PURPOSE_LISTS];
	struct purpose *v; /* in the order of the files, purposes first */
	size_t n;
	const struct purpose **by_id; /* sorted */
};

/* Both lists of a folder. Errors name file and line: wrong columns, an id twice. */
bool purposes_load(struct purposes *p, const char *folder, struct err *e) MUST_USE;
void purposes_free(struct purposes *p);
const struct purpose *purposes_find(const struct purposes *p, const char *id);

#endif
