#include "runner/encore/journal.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "reports/journal.h"
#include "runner/case_event.h"
#include "runner/manager.h"
#include "runner/run_reports.h"

/* "replay/esp-transport.pcapng" of "pcaps/linux-6.1/esp-transport.pcapng" */
static void
name_case(struct encore *x)
{
	const char *slash = strrchr(x->recording.path, '/');
	const char *base = slash != NULL ? slash + 1 : x->recording.path;
	x->item.id = "replay/capture";
	x->item.full_id = arena_printf(&x->evidence.arena, "replay/%.300s", base);
}

static json_t *
start_event(const struct encore_journal *j, const struct engine *g)
{
	const struct target *t = g->target;
	char when[40];
	time_t now = time(NULL);
	struct tm tm;
	strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
	json_t *argv = json_array();
	json_array_append_new(argv, json_string("espy"));
	for (int i = 0; i < j->argc; i++)
		json_array_append_new(argv, journal_text(j->argv[i]));
	json_t *target = json_pack("{s:s, s:s, s:s, s:s, s:s}", "name", t->name, "driver", t->driver, "os", t->os,
				   "release", t->release, "manager", managers_named(g));
	return json_pack("{s:s, s:s, s:{s:s, s:s}, s:o, s:I, s:s, s:o, s:i, s:i}", "event", "start", "schema",
			 JOURNAL_SCHEMA, "tool", "name", "espy", "version", ESPY_VERSION, "argv", argv, "seed",
			 (json_int_t)j->seed, "started", when, "target", target, "planned", 1, "jobs", 1);
}

/* Takes line over. */
static bool
append(struct journal *out, struct run_record *r, char *line, struct err *e)
{
	bool ok = line != NULL && run_add(r, line, strlen(line), e) && journal_append(out, line, strlen(line), e);
	if (line == NULL)
		(void)fail(e, ERR_IO, "out of memory");
	free(line);
	return ok;
}

static bool
append_json(struct journal *out, struct run_record *r, json_t *event, struct err *e)
{
	char *line = json_dumps(event, JSON_COMPACT | JSON_REAL_PRECISION(9));
	json_decref(event);
	return append(out, r, line, e);
}

bool
encore_journal_write(const struct encore_journal *j, struct encore *x, const struct engine *g, struct err *e)
{
	static const struct run_reports none;
	const struct report_wish wish = { .folder = "" };
	struct run_record record = { 0 };
	struct journal *out = journal_open(j->dir, e);
	if (out == NULL)
		return false;
	name_case(x);
	bool ok = append_json(out, &record, start_event(j, g), e) &&
		  append(out, &record, case_event(g, &x->item, 0, 0, j->wall_s * 1000, &x->evidence, &x->outcome, true),
			 e) &&
		  append_json(out, &record,
			      json_pack("{s:s, s:f, s:b}", "event", "end", "wall_s", j->wall_s, "complete", 1), e);
	struct err closing;
	ok = journal_close(out, ok ? e : &closing) && ok;
	ok = ok && run_reports_write(&none, &record, j->dir, &wish, e) && report_cases(&record, j->dir, e);
	run_free(&record);
	return ok;
}
