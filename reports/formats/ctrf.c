/*
 * The Common Test Report Format (ctrf.io), specVersion 0.0.0: what it has no word for stands in `extra`. Its times are whole
 * milliseconds; the exact ones are in extra.wall_ms.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "reports/event.h"
#include "reports/compare/known.h"
#include "reports/report.h"

/* Its five statuses; rawStatus keeps ours. What could not be decided is neither passed nor failed. */
static const struct {
	const char *verdict, *status;
} statuses[] = {
	{ "PASS", "passed" },   { "FAIL", "failed" }, { "XPASS", "failed" },       { "SKIP", "skipped" },
	{ "XFAIL", "skipped" }, { "ERROR", "other" }, { "INCONCLUSIVE", "other" },
};

struct sums {
	unsigned passed, failed, skipped, other;
};

static const char *
status_of(const json_t *event)
{
	for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
		if (event_is(event, statuses[i].verdict))
			return statuses[i].status;
	return "other";
}

static void
add_up(struct sums *s, const char *status)
{
	s->passed += strcmp(status, "passed") == 0;
	s->failed += strcmp(status, "failed") == 0;
	s->skipped += strcmp(status, "skipped") == 0;
	s->other += strcmp(status, "other") == 0;
}

static json_int_t
whole_ms(double ms)
{
	return ms > 0 && ms < 1e15 ? (json_int_t)(ms + 0.5) : 0;
}

static json_int_t
began_ms(const struct run_record *r)
{
	struct tm tm = { 0 };
	const char *end = strptime(event_text(r->start, "started"), "%Y-%m-%dT%H:%M:%S", &tm);
	time_t t = end != NULL ? timegm(&tm) : 0;
	return t > 0 ? (json_int_t)t * 1000 : 0;
}

/* --- a test ---------------------------------------------------------------------------------- */

static void
set_text(json_t *o, const char *name, const char *text)
{
	if (text[0] != '\0')
		json_object_set_new(o, name, journal_text(text));
}

static void
set_copy(json_t *o, const char *name, json_t *v)
{
	if (v != NULL && !json_is_null(v))
		json_object_set(o, name, v);
}

static void
attach(json_t *list, const struct report_wish *w, const json_t *event, unsigned nth, const char *file, const char *type)
{
	char path[4400];
	report_evidence(w, event, nth, file, path, sizeof path);
	json_array_append_new(
		list, json_pack("{s:s, s:s, s:o}", "name", file, "contentType", type, "path", journal_text(path)));
}

static json_t *
attachments(const struct report_wish *w, const json_t *event, unsigned nth)
{
	json_t *list = json_array();
	attach(list, w, event, nth, "packets.pcapng", "application/x-pcapng");
	if (event_has_exhibit(event, "setkey") || event_has_exhibit(event, "pfkey-out"))
		attach(list, w, event, nth, "sa.setkey", "text/plain");
	attach(list, w, event, nth, "plain.pcapng", "application/x-pcapng");
	return list;
}

static json_t *
trace(const struct run_record *r, const json_t *event)
{
	char *text = NULL, *again = report_again(r, event);
	size_t n, i;
	const json_t *d;
	FILE *f = open_memstream(&text, &n);
	if (f == NULL) {
		free(again);
		return json_null();
	}
	json_array_foreach(json_object_get(event, "diff"), i, d)
		fprintf(f, "%s: want %s, got %s  [%s]\n", event_text(d, "field"), event_text(d, "want"),
			event_text(d, "got"), event_text(d, "clause"));
	if (event_text(event, "want")[0] != '\0' || event_text(event, "got")[0] != '\0')
		fprintf(f, "want: %s\ngot: %s\n", event_text(event, "want"), event_text(event, "got"));
	for (i = 0; event_hint(event, i)[0] != '\0'; i++)
		fprintf(f, "perhaps: %s\n", event_hint(event, i));
	if (event_text(json_object_get(event, "step"), "text")[0] != '\0')
		fprintf(f, "step: %s\n", event_text(json_object_get(event, "step"), "text"));
	fprintf(f, "at: %s:%ld\nagain: %s\n", event_text(event, "file"), event_line(event), again != NULL ? again : "");
	fclose(f);
	free(again);
	json_t *j = journal_text(text);
	free(text);
	return j;
}

static json_t *
extra(const struct run_record *r, const json_t *event)
{
	char seed[30];
	json_t *o = json_object();
	report_seed(r, event, seed, sizeof seed);
	set_text(o, "clause", event_text(event, "clause"));
	set_text(o, "level", event_text(event, "level"));
	set_copy(o, "params", json_object_get(event, "params"));
	set_copy(o, "decides", json_object_get(event, "decides"));
	set_text(o, "title", event_text(event, "title"));
	set_text(o, "case", event_text(event, "id"));
	set_text(o, "seed", seed);
	json_object_set_new(o, "wall_ms", json_real(event_number(event, "wall_ms")));
	return o;
}

static json_t *
suite_path(const json_t *event)
{
	return json_pack("[o]", journal_text(event_suite(event)));
}

static json_t *
test_of(const struct run_record *r, const struct report_wish *w, const json_t *event, unsigned nth)
{
	char why[1200];
	json_t *t = json_pack("{s:o, s:s, s:I, s:o, s:o}", "name", journal_text(event_text(event, "full_id")), "status",
			      status_of(event), "duration", whole_ms(event_number(event, "wall_ms")), "rawStatus",
			      journal_text(event_text(event, "verdict")), "suite", suite_path(event));
	set_text(t, "filePath", event_text(event, "file"));
	if (event_line(event) > 0)
		json_object_set_new(t, "line", json_integer(event_line(event)));
	if (json_is_object(json_object_get(event, "params")))
		set_copy(t, "parameters", json_object_get(event, "params"));
	known_why(event, why, sizeof why);
	if (!event_is(event, "PASS"))
		set_text(t, "message", why);
	if (event_unmet(event) || event_is(event, "XFAIL"))
		json_object_set_new(t, "trace", trace(r, event));
	if (report_keeps(r, event))
		json_object_set_new(t, "attachments", attachments(w, event, nth));
	json_object_set_new(t, "extra", extra(r, event));
	return t;
}

/* --- the whole ------------------------------------------------------------------------------- */

/* Readers look at tests alone: a run that was cut short must not look whole to them. */
static json_t *
test_of_run(const char *why)
{
	return json_pack("{s:s, s:s, s:i, s:s, s:[s], s:o}", "name", "every planned case has a verdict", "status",
			 "failed", "duration", 0, "rawStatus", "ERROR", "suite", "the run itself", "message",
			 journal_text(why));
}

static json_t *
tests(const struct run_record *r, const struct report_wish *w, struct sums *s, json_t *suites)
{
	json_t *list = json_array(), *book = json_object();
	const json_t *event;
	size_t i;
	json_array_foreach(r->cases, i, event) {
		unsigned nth = names_seen(book, event_text(event, "full_id"));
		add_up(s, status_of(event));
		(void)names_seen(suites, event_text(event, "suite"));
		json_array_append_new(list, test_of(r, w, event, nth));
	}
	json_decref(book);
	return list;
}

static json_t *
environment(const struct run_record *r)
{
	const json_t *target = json_object_get(r->start, "target");
	json_t *o = json_object(), *more = json_object();
	set_text(o, "appName", event_text(target, "name"));
	set_text(o, "appVersion", event_text(target, "release"));
	set_text(o, "osPlatform", event_text(target, "os"));
	set_copy(more, "target", json_object_get(r->start, "target"));
	set_copy(more, "seed", json_object_get(r->start, "seed"));
	set_copy(more, "argv", json_object_get(r->start, "argv"));
	json_object_set_new(o, "extra", more);
	return o;
}

static json_t *
summary(const struct run_record *r, const struct sums *s, const json_t *suites)
{
	json_int_t began = began_ms(r), took = whole_ms(event_number(r->end, "wall_s") * 1000);
	return json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:I, s:I, s:I}", "tests",
			 (int)(s->passed + s->failed + s->skipped + s->other), "passed", (int)s->passed, "failed",
			 (int)s->failed, "skipped", (int)s->skipped, "pending", 0, "other", (int)s->other, "suites",
			 (int)json_object_size(suites), "start", began, "stop", began + took, "duration", took);
}

static json_t *
results(const struct run_record *r, const struct report_wish *w)
{
	char why[400];
	struct sums s = { 0 };
	json_t *suites = json_object(), *list = tests(r, w, &s, suites);
	bool incomplete = report_incomplete(r, why, sizeof why);
	if (incomplete) {
		json_array_insert_new(list, 0, test_of_run(why));
		(void)names_seen(suites, "the run itself");
		s.failed++;
	}
	const char *version = event_text(json_object_get(r->start, "tool"), "version");
	json_t *o = json_pack("{s:{s:s}, s:o, s:o, s:o, s:{s:b}}", "tool", "name", "espy", "summary",
			      summary(r, &s, suites), "tests", list, "environment", environment(r), "extra", "complete",
			      !incomplete);
	set_text(json_object_get(o, "tool"), "version", version);
	json_decref(suites);
	return o;
}

bool
report_render_ctrf(FILE *out, const struct run_record *r, const struct report_wish *w, struct err *e)
{
	json_t *o = json_pack("{s:s, s:s, s:s, s:o}", "reportFormat", "CTRF", "specVersion", "0.0.0", "generatedBy",
			      "espy", "results", results(r, w));
	bool ok = o != NULL && json_dumpf(o, out, JSON_INDENT(1) | JSON_REAL_PRECISION(9)) == 0;
	json_decref(o);
	fputc('\n', out);
	return ok || fail(e, ERR_IO, "memory for it");
}
