#include <stdlib.h>
#include <string.h>

#include "reports/fold.h"
#include "reports/progress.h"

#define GROUPS_PER_CASE 3 /* different reasons shown of one case */
#define VALUES_SHOWN 8
#define SKIPS_SHOWN 10

/*
 * Groups are a JSON object by "verdict id why", in the order of the first of each: {"events":[..]}. A fault of one transform
 * or family so becomes one line, not hundreds.
 */
static json_t *
group_failures(const json_t *cases)
{
	json_t *groups = json_object(), *event;
	size_t i;
	json_array_foreach(cases, i, event) {
		char why[1200], folded[1200], *key;
		if (!event_unmet(event))
			continue;
		event_why(event, why, sizeof why);
		fold_text(event, why, folded, sizeof folded);
		if (asprintf(&key, "%s %s %s", event_text(event, "verdict"), event_text(event, "id"), folded) < 0)
			break;
		json_t *list = json_object_get(groups, key);
		if (list == NULL) {
			list = json_array();
			json_object_set_new_nocheck(groups, key, list);
		}
		json_array_append(list, event);
		free(key);
	}
	return groups;
}

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

/* Distinct values of one parameter over the group, in their order. */
static json_t *
values_of(const json_t *events, const char *name)
{
	json_t *seen = json_object();
	const json_t *event;
	size_t i;
	json_array_foreach(events, i, event) {
		const char *value = event_text(json_object_get(event, "params"), name);
		json_object_set_new_nocheck(seen, value[0] != '\0' ? value : "-", json_true());
	}
	return seen;
}

static void
put_values(FILE *out, const json_t *events)
{
	json_t *params = json_object_get(json_array_get(events, 0), "params"), *unused;
	const char *name, *value, *between = " ";
	json_object_foreach(params, name, unused) {
		json_t *values = values_of(events, name);
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

/* As one word for a shell. */
static void
put_word(FILE *out, const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-+=@,:/";
	if (text[0] != '\0' && text[strspn(text, plain)] == '\0') {
		fputs(text, out);
		return;
	}
	putc('\'', out);
	for (; *text != '\0'; text++)
		fputs(*text == '\'' ? "'\\''" : (char[]){ *text, '\0' }, out);
	putc('\'', out);
}

/* Suites of one's own were named on the command line; without them the ids mean nothing. */
static void
put_suites(FILE *out, const json_t *argv)
{
	const json_t *word;
	size_t i;
	bool next = false;
	json_array_foreach(argv, i, word) {
		const char *text = json_string_value(word);
		size_t n = text != NULL ? strlen(text) : 0;
		bool joined = n > 9 && strncmp(text, "--suites=", 9) == 0;
		bool file = n > 6 && strcmp(text + n - 6, ".suite") == 0;
		if (n > 0 && (joined || next || file)) {
			fputs(next ? " --suites " : " ", out);
			put_word(out, text);
		}
		next = n > 0 && strcmp(text, "--suites") == 0;
	}
}

static void
put_commands(FILE *out, const struct run_record *r, const json_t *events)
{
	const json_t *event = json_array_get(events, 0);
	const char *id = event_text(event, json_array_size(events) == 1 ? "full_id" : "id");
	const char *target = event_text(json_object_get(r->start, "target"), "name");
	fputs("     espy run ", out);
	put_word(out, id);
	if (target[0] != '\0' && strcmp(target, "linux") != 0) {
		fputs(" -t ", out);
		put_word(out, target);
	}
	const json_t *seed = json_object_get(r->start, "seed");
	if (json_is_integer(seed))
		fprintf(out, " --seed %lld", (long long)json_integer_value(seed));
	put_suites(out, json_object_get(r->start, "argv"));
	fputs("\n     espy explain ", out);
	put_word(out, event_text(event, "id"));
	put_suites(out, json_object_get(r->start, "argv"));
	putc('\n', out);
}

static void
put_group(const struct progress *p, const struct run_record *r, const json_t *events)
{
	FILE *out = p->results;
	const json_t *event = json_array_get(events, 0);
	size_t n = json_array_size(events), all = combinations_run(r->cases, event_text(event, "id"));
	progress_line(p, event);
	if (n > 1) {
		if (n == all)
			fprintf(out, "     all %zu combinations:", all);
		else
			fprintf(out, "     %zu of %zu combinations:", n, all);
		put_values(out, events);
		putc('\n', out);
	}
	put_commands(out, r, events);
}

static void
put_failures(const struct progress *p, const struct run_record *r)
{
	json_t *groups = group_failures(r->cases), *shown = json_object(), *events;
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

struct skip {
	const char *reason;
	unsigned n;
};

static int
most_first(const void *a, const void *b)
{
	const struct skip *x = a, *y = b;
	return x->n != y->n ? (x->n < y->n ? 1 : -1) : strcmp(x->reason, y->reason);
}

static void
put_sorted_skips(FILE *out, json_t *reasons)
{
	size_t n = 0, total = json_object_size(reasons);
	struct skip *rows = calloc(total + 1, sizeof *rows);
	const char *reason;
	json_t *count;
	if (rows == NULL)
		return;
	json_object_foreach(reasons, reason, count)
		rows[n++] = (struct skip){ reason, (unsigned)json_integer_value(count) };
	qsort(rows, n, sizeof *rows, most_first);
	fputs("\nSkipped:\n", out);
	for (size_t i = 0; i < n && i < SKIPS_SHOWN; i++) {
		fprintf(out, "%7u  ", rows[i].n);
		put_printable(out, rows[i].reason, true);
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
	if (!json_is_true(json_object_get(r->end, "complete")))
		fprintf(out, "The run was cut short: %u of %.0f cases have a verdict\n", r->tally.total,
			event_number(r->start, "planned"));
	if (dir != NULL) {
		fputs("Packets, SAs and reports: ", out);
		put_printable(out, dir, true);
		putc('\n', out);
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
	put_tally(p->results, &r->tally);
	fflush(p->results);
}
