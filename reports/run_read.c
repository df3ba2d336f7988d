#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "reports/event.h"
#include "reports/journal.h"
#include "reports/compare/known.h"

struct verdict_row {
	const char *word;
	size_t offset;
};
#define ROW(word, member)                                                                                              \
	{                                                                                                              \
		word, offsetof(struct tally, member)                                                                   \
	}
static const struct verdict_row verdict_rows[] = {
	ROW("PASS", pass),   ROW("FAIL", fail),   ROW("INCONCLUSIVE", inconclusive),
	ROW("SKIP", skip),   ROW("ERROR", error), ROW("XFAIL", xfail),
	ROW("XPASS", xpass),
};

unsigned *
tally_of(struct tally *t, const char *verdict)
{
	for (size_t i = 0; i < sizeof verdict_rows / sizeof verdict_rows[0]; i++)
		if (strcmp(verdict_rows[i].word, verdict) == 0)
			return (unsigned *)(void *)((char *)t + verdict_rows[i].offset);
	return NULL;
}

static bool
need_text(const json_t *event, const char *key, struct err *e)
{
	if (event_text(event, key)[0] != '\0')
		return true;
	return fail(e, ERR_SYNTAX, "case event: %s: want a text, got %s", key,
		    json_object_get(event, key) == NULL ? "nothing" : "something else");
}

static bool
add_case(struct run_record *r, json_t *event, struct err *e)
{
	const char *verdict = event_text(event, "verdict");
	if (!need_text(event, "id", e) || !need_text(event, "full_id", e) || !need_text(event, "verdict", e))
		return false;
	unsigned *count = tally_of(&r->tally, verdict);
	if (count == NULL)
		return fail(e, ERR_UNKNOWN,
			    "case %s: verdict: want PASS, FAIL, INCONCLUSIVE, SKIP, ERROR, XFAIL or XPASS, "
			    "got %s",
			    event_text(event, "full_id"), verdict);
	json_object_del(event, "run"); /* run_merge()'s own word, no journal's */
	known_fold_case(event);
	count = tally_of(&r->tally, event_text(event, "verdict"));
	if (r->cases == NULL)
		r->cases = json_array();
	if (json_array_append(r->cases, event) != 0)
		return fail_errno(e, "memory for an event");
	++*count;
	r->tally.total++;
	return true;
}

static bool
keep_once(json_t **place, json_t *event, struct err *e)
{
	if (*place != NULL)
		return fail(e, ERR_SYNTAX, "a second %s event: a journal holds one run", event_text(event, "event"));
	*place = json_incref(event);
	return true;
}

/* What another version means by its events is not guessed. */
static bool
keep_start(struct run_record *r, json_t *event, struct err *e)
{
	const char *schema = event_text(event, "schema");
	if (strcmp(schema, JOURNAL_SCHEMA) != 0)
		return fail(e, ERR_UNSUPPORTED, "schema: want %s, got %.80s", JOURNAL_SCHEMA,
			    schema[0] != '\0' ? schema : "none");
	return keep_once(&r->start, event, e);
}

/* An event of a kind not known here is of a newer espy and not our business. */
static bool
add_event(struct run_record *r, json_t *event, struct err *e)
{
	const char *kind = event_text(event, "event");
	if (strcmp(kind, "start") == 0)
		return keep_start(r, event, e);
	if (strcmp(kind, "case") == 0)
		return add_case(r, event, e);
	if (strcmp(kind, "end") == 0)
		return keep_once(&r->end, event, e);
	if (strcmp(kind, "baseline") == 0)
		known_fold_run(r, event);
	if (strcmp(kind, "restart") == 0)
		r->restarts++;
	return kind[0] != '\0' || fail(e, ERR_SYNTAX, "want an object with a text 'event', got none");
}

bool
run_add(struct run_record *r, const char *line, size_t n, struct err *e)
{
	json_error_t why;
	json_t *event = json_loadb(line, n, JSON_ALLOW_NUL, &why);
	if (event == NULL)
		return fail(e, ERR_SYNTAX, "column %d: %s", why.column, why.text);
	bool ok = add_event(r, event, e);
	json_decref(event);
	return ok;
}

/* Only the last line can lack its end, and only a whole event is taken from such a one. */
static bool
add_line(struct run_record *r, const char *line, size_t n, struct err *e)
{
	bool whole = line[n - 1] == '\n';
	if (run_add(r, line, whole ? n - 1 : n, e))
		return true;
	if (whole)
		return false;
	r->torn++;
	return true;
}

/* It quotes what could not be read, and whoever prints it must not have a terminal steered by that. */
static void
make_printable(struct err *e)
{
	char raw[sizeof e->text];
	memcpy(raw, e->text, sizeof raw);
	FILE *f = fmemopen(e->text, sizeof e->text, "w");
	if (f == NULL)
		return;
	put_printable(f, raw, true);
	fclose(f);
	e->text[sizeof e->text - 1] = '\0';
	trim_cut_sequence(e->text);
}

bool
run_read(struct run_record *r, const char *dir, struct err *e)
{
	char path[PATH_MAX], *line = NULL;
	size_t cap = 0;
	struct stat st;
	*r = (struct run_record){ 0 };
	bool file = stat(dir, &st) == 0 && !S_ISDIR(st.st_mode);
	int used = snprintf(path, sizeof path, file ? "%s" : "%s/events.jsonl", dir);
	FILE *f = used > 0 && (size_t)used < sizeof path ? fopen(path, "re") : NULL;
	if (f == NULL)
		return fail_errno(e, file ? "%.200s" : "%.200s/events.jsonl", dir);
	bool ok = true;
	unsigned long number = 0;
	for (ssize_t n; ok && (n = getline(&line, &cap, f)) > 0;) {
		number++;
		ok = add_line(r, line, (size_t)n, e) || err_prefix(e, "%s:%lu", path, number);
	}
	if (ok && ferror(f))
		ok = fail_errno(e, "%s", path);
	free(line);
	fclose(f);
	if (!ok) {
		make_printable(e);
		run_free(r);
	}
	return ok;
}

void
run_free(struct run_record *r)
{
	json_decref(r->start);
	json_decref(r->cases);
	json_decref(r->end);
	json_decref(r->baseline);
	*r = (struct run_record){ 0 };
}
