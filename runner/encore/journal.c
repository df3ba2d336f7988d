#include "runner/encore/journal.h"

#include <stdlib.h>
#include <string.h>

#include "reports/journal.h"
#include "runner/case_event.h"
#include "runner/run_reports.h"
#include "runner/start_event.h"

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
start_of(const struct encore_journal *j, const struct engine *g)
{
	json_t *start = start_event(j->argc, j->argv, j->seed, start_event_target(g));
	json_object_set_new(start, "planned", json_integer(1));
	json_object_set_new(start, "jobs", json_integer(1));
	return start;
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
	bool ok = append_json(out, &record, start_of(j, g), e) &&
		  append(out, &record, case_event(g, &x->item, 0, 0, j->wall_s * 1000, &x->evidence, &x->outcome, true),
			 e) &&
		  append_json(out, &record,
			      json_pack("{s:s, s:f, s:b}", "event", "end", "wall_s", j->wall_s, "complete", 1), e);
	struct err closing;
	ok = journal_close(out, ok ? e : &closing) && ok;
	bool whole = ok && run_reports_write(&none, &record, j->dir, &wish, e);
	ok = ok && report_cases(&record, j->dir, whole ? e : &closing) && whole;
	run_free(&record);
	return ok;
}
