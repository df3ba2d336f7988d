/*
 * The plan of a run: every selected case times its matrix, in file order. Ids are names: "esp.replay/duplicate"; with
 * the values of its axes appended they are unique: "esp.replay/duplicate/ipv4/tunnel/aes-cbc-128+hmac-sha1-96".
 */
#ifndef ESPY_RUNNER_PLAN_H
#define ESPY_RUNNER_PLAN_H

#include "runner/suite.h"

struct param {
	const char *name, *value;
};

#define PLAN_PARAMS 10
struct plan_item {
	const struct suite *suite;
	const struct case_spec *spec;
	struct param params[PLAN_PARAMS];
	unsigned params_n;
	const char *id, *full_id;
	unsigned round; /* 1, 2, .. of a plan that is run several times; 0: once */
};

struct plan {
	struct arena arena;
	struct plan_item *items;
	unsigned n, cap;
	unsigned selectors_unused; /* selectors that matched nothing */
	const char *first_unused;
};

/*
 * Selectors: globs over id, full id, suite name, "rfc4303/3.4.3" (clause) or "profile/kame"; "!glob" takes out; none: everything.
 * levels: bit mask of enum level (0: all). params: "name=value" filters, NULL-terminated, may be NULL.
 */
struct selection {
	const char *const *selectors;
	unsigned selectors_n;
	unsigned levels;
	const char *const *params;
};

bool plan_make(struct plan *p, const struct suite *suites, const struct selection *sel, struct err *e) MUST_USE;
void plan_free(struct plan *p);

/* The clause a report prints: the case's first, or the suite's. "RFC 4303 3.4.3"; in the plan's or suite's arena. */
const char *case_clause(struct arena *a, const struct suite *s, const struct case_spec *c);
const char *clause_print(struct arena *a, const struct clause *c);

/* Loads every FILE, or every *.suite below each folder, in name order. The result is a list; free each with suite_free. */
bool suites_load(struct suite **list, const char *const *paths, unsigned n, struct err *e) MUST_USE;
void suites_free(struct suite *list);

#endif
