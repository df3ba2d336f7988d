#include <stdlib.h>
#include <string.h>

#include "reports/compare/flaky.h"
#include "reports/fold.h"
#include "reports/compare/known.h"
#include "reports/progress.h"
#include "reports/repeat.h"
#include "reports/report.h"

#define GROUPS_PER_CASE 3 /* different reasons shown of one case */
#define VALUES_SHOWN 8
#define SKIPS_SHOWN 10

/* Combinations of the case that were run at all: skipped ones say nothing. */
static size_t
combinations_run(const json_t *cases, const char *id)
{
	const json_t *event;
	size_t i, n = 0;
	json_array_foreach(cases, i, event)
		n += strcmp(event_text(event, "id"), id) == 0 && !event_is(event, "SKIP");
	return n;
}

static void
put_values(FILE *out, const json_t *events)
{
	json_t *params = json_object_get(json_array_get(events, 0), "params"), *unused;
	const char *name, *value, *between = " ";
	json_object_foreach(params, name, unused) {
		json_t *values = fold_values(events, name, "-");
		size_t n = 0;
		fputs(between, out);
		put_printable(out, name, true);
		json_object_foreach(values, value, unused) {
			if (n++ == VALUES_SHOWN)
				break;
			putc(' ', out);
			put_printable(out, value, true);
		}
		if (json_object_size(values) > VALUES_SHOWN)
			fprintf(out, " (and %zu more)", json_object_size(values) - VALUES_SHOWN);
		json_decref(values);
		between = "; ";
	}
	(void)unused;
}

/* Names of a journal stand in it, and what a shell takes in quotes a terminal may obey. */
static void
put_command(FILE *out, const struct run_record *r, const json_t *event, const char *id)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);
	if (f == NULL)
		return;
	if (id != NULL)
		repeat_run(f, r, event, id);
	else
		repeat_explain(f, r, event);
	if (fclose(f) == 0) {
		fputs("     ", out);
		put_printable(out, text, true);
		putc('\n', out);
	}
	free(text);
}

static void
put_commands(FILE *out, const struct run_record *r, const json_t *events)
{
	const json_t *event = json_array_get(events, 0);
	put_command(out, r, event, event_text(event, json_array_size(events) == 1 ? "full_id" : "id"));
	if (!repeat_is_replay(r))
		put_command(out, r, event, NULL);
}

static void
put_hints(FILE *out, const json_t *event)
{
	for (size_t i = 0; event_hint(event, i)[0] != '\0'; i++) {
		fputs("     perhaps: ", out);
		put_printable(out, event_hint(event, i), true);
		putc('\n', out);
	}
}

static void
put_group(const struct progress *p, const struct run_record *r, const json_t *events)
{
	FILE *out = p->results;
	const json_t *event = json_array_get(events, 0);
	size_t n = json_array_size(events), all = combinations_run(r->cases, event_text(event, "id"));
	const char *what = event_number(event, "round") >= 1 ? "runs of combinations" : "combinations";
	progress_line(p, event);
	if (n > 1) {
		if (n == all)
			fprintf(out, "     all %zu %s:", all, what);
		else
			fprintf(out, "     %zu of %zu %s:", n, all, what);
		put_values(out, events);
		putc('\n', out);
	}
	put_hints(out, event);
	put_commands(out, r, events);
}

static void
put_failures(const struct progress *p, const struct run_record *r)
{
	json_t *groups = fold_failures(r->cases), *shown = json_object(), *events;
	const char *key, *id;
	if (json_object_size(groups) > 0)
		fputs("\nNot met:\n", p->results);
	json_object_foreach(groups, key, events)
		if (names_seen(shown, event_text(json_array_get(events, 0), "id")) < GROUPS_PER_CASE)
			put_group(p, r, events);
	json_object_foreach(shown, id, events)
		if (json_integer_value(events) > GROUPS_PER_CASE) {
			fputs("     ", p->results);
			put_printable(p->results, id, true);
			fprintf(p->results, ": %lld more reasons, each for other combinations\n",
				(long long)json_integer_value(events) - GROUPS_PER_CASE);
		}
	json_decref(groups);
	json_decref(shown);
}

/* --- what was left out ----------------------------------------------------------------------- */

static void
put_sorted_skips(FILE *out, json_t *reasons)
{
	size_t n;
	struct fold_count *rows = fold_counts(reasons, &n);
	if (rows == NULL)
		return;
	fputs("\nSkipped:\n", out);
	for (size_t i = 0; i < n && i < SKIPS_SHOWN; i++) {
		fprintf(out, "%7u  ", rows[i].n);
		put_printable(out, rows[i].name, true);
		putc('\n', out);
	}
	unsigned rest = 0;
	for (size_t i = SKIPS_SHOWN; i < n; i++)
		rest += rows[i].n;
	if (n > SKIPS_SHOWN)
		fprintf(out, "%7u  for %zu other reasons\n", rest, n - SKIPS_SHOWN);
	free(rows);
}

static void
put_skips(FILE *out, const json_t *cases)
{
	json_t *reasons = json_object();
	const json_t *event;
	size_t i;
	json_array_foreach(cases, i, event)
		if (event_is(event, "SKIP")) {
			char reason[1200];
			fold_text(event, event_text(event, "reason"), reason, sizeof reason);
			(void)names_seen(reasons, reason[0] != '\0' ? reason : "no reason given");
		}
	if (json_object_size(reasons) > 0)
		put_sorted_skips(out, reasons);
	json_decref(reasons);
}

/* --- the last words -------------------------------------------------------------------------- */

static void
put_other(FILE *out, unsigned n, const char *word)
{
	if (n > 0)
		fprintf(out, ", %u %s", n, word);
}

static void
put_tally(FILE *out, const struct tally *t)
{
	fprintf(out, "%u passed, %u failed, %u skipped", t->pass, t->fail, t->skip);
	put_other(out, t->inconclusive, "inconclusive");
	put_other(out, t->error, "errored");
	put_other(out, t->xfail, "xfailed");
	put_other(out, t->xpass, "xpassed");
	putc('\n', out);
}

static void
put_circumstances(FILE *out, const struct run_record *r, const char *dir)
{
	putc('\n', out);
	if (r->restarts > 0)
		fprintf(out, "The target died and was started again: %u times\n", r->restarts);
	char why[400];
	if (report_incomplete(r, why, sizeof why))
		fprintf(out, "The run %s %s\n", strncmp(why, "cut short", 9) == 0 ? "was" : "is incomplete:", why);
	if (dir != NULL) {
		fputs("Report: ", out);
		put_printable(out, dir, true);
		fputs("/report.html; packets and SAs lie beside it\n", out);
	}
}

void
progress_end(struct progress *p, const struct run_record *r, const char *dir)
{
	progress_clear(p);
	if (!p->quiet) {
		put_failures(p, r);
		put_skips(p->results, r->cases);
		put_circumstances(p->results, r, dir);
	}
	known_print(p->results, r);
	flaky_print(p->results, r);
	put_tally(p->results, &r->tally);
	fflush(p->results);
}
