/*
 * The lists of what can be decided: test purposes (suites/purposes.tsv) and requirements of RFCs (suites/requirements.tsv). Cases
 * name their ids with `decides`. Knows ids, levels and where they belong; the texts are the RFCs'.
 */
#ifndef ESPY_RUNNER_PURPOSES_H
#define ESPY_RUNNER_PURPOSES_H

#include "runner/suite.h"

struct purpose {
	const char *id, *level;
	const char *group;              /* "EO"; of a requirement its document: "RFC4303" */
	const char *section, *testable; /* of requirements; "" otherwise. testable: wire, pfkey, app, log, untestable */
	bool requirement;
};

struct purposes {
	struct arena arena;
	struct purpose *v; /* in the order of the files, purposes first */
	size_t n, cap;
	const struct purpose **by_id; /* sorted */
};

/* Both lists of a folder. Errors name file and line: wrong columns, an id twice. */
bool purposes_load(struct purposes *p, const char *folder, struct err *e) MUST_USE;
void purposes_free(struct purposes *p);
const struct purpose *purposes_find(const struct purposes *p, const char *id);

/* Whether every id that a case names is in a list: FILE:LINE:COLUMN of the first that is not. */
bool purposes_check(const struct purposes *p, const struct suite *suites, struct err *e) MUST_USE;
/* The error for an id that is in neither list, with near ones. */
bool purposes_unknown(const struct purposes *p, const char *id, struct err *e);

#endif
