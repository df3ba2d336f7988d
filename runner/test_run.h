/* A plan run by workers, its events collected, for the tests of worker.c. */
#ifndef ESPY_RUNNER_TEST_RUN_H
#define ESPY_RUNNER_TEST_RUN_H

#include <dirent.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "runner/worker.h"

#define EVENTS 600

struct seen {
	json_t *event[EVENTS];
	unsigned n;
	unsigned stop_after; /* events; 0: take all */
	void (*hook)(struct seen *, const json_t *event);
};

static inline const char *
member(const json_t *event, const char *key)
{
	const char *text = json_string_value(json_object_get(event, key));
	return text != NULL ? text : "";
}

static inline bool
collect_event(void *ctx, const char *line, size_t n)
{
	struct seen *s = ctx;
	cr_assert(s->n < EVENTS);
	s->event[s->n] = json_loadb(line, n, 0, NULL);
	cr_assert(s->event[s->n] != NULL, "not JSON: %.*s", (int)n, line);
	s->n++;
	if (s->hook != NULL)
		s->hook(s, s->event[s->n - 1]);
	return s->stop_after == 0 || s->n < s->stop_after;
}

static inline void
seen_free(struct seen *s)
{
	for (unsigned i = 0; i < s->n; i++)
		json_decref(s->event[i]);
	s->n = 0;
}

static inline unsigned
count_events(const struct seen *s, const char *kind, const char *verdict)
{
	unsigned n = 0;
	for (unsigned i = 0; i < s->n; i++)
		n += strcmp(member(s->event[i], "event"), kind) == 0 &&
		     (verdict == NULL || strcmp(member(s->event[i], "verdict"), verdict) == 0);
	return n;
}

static inline const json_t *
find_event(const struct seen *s, const char *kind, const char *verdict)
{
	for (unsigned i = 0; i < s->n; i++)
		if (strcmp(member(s->event[i], "event"), kind) == 0 &&
		    (verdict == NULL || strcmp(member(s->event[i], "verdict"), verdict) == 0))
			return s->event[i];
	return NULL;
}

/* Reads a suite and runs all of it. */
static inline bool
run_suite(const char *text, struct worker_setup setup, struct seen *seen, const volatile int *stop, struct err *e)
{
	static const volatile int go_on;
	const struct selection all = { 0 };
	struct plan plan = { 0 };
	struct suite *suite = suite_parse("t.suite", text, strlen(text), e);
	cr_assert(suite != NULL, "%s", e->text);
	cr_assert(plan_make(&plan, suite, &all, e), "%s", e->text);
	setup.plan = &plan;
	struct workers *w = workers_start(&setup, e);
	cr_assert(w != NULL, "%s", e->text);
	bool ok = workers_collect(w, collect_event, seen, stop != NULL ? stop : &go_on, e);
	workers_free(w);
	plan_free(&plan);
	suite_free(suite);
	return ok;
}

#endif
