/* What differs between two runs, for a terminal. */
#include <string.h>

#include "reports/compare/diff.h"
#include "reports/event.h"

#define VALUES_SHOWN 8
#define GROUPS_SHOWN 20 /* of sections that are seldom read: what ran for the first time and passed, what did not run */

static long
count(const json_t *o, const char *key)
{
	return event_whole(o, key);
}

/* --- the runs -------------------------------------------------------------------------------- */

static void
print_side(FILE *out, const char *label, const json_t *side)
{
	const json_t *target = json_object_get(side, "target"), *t = json_object_get(side, "summary");
	const json_t *seed = json_object_get(side, "seed");
	fprintf(out, "%s: ", label);
	put_printable(out, event_text(side, "path"), true);
	fputs(": ", out);
	put_printable(out, event_text(target, "name"), true);
	putc(' ', out);
	put_printable(out, event_text(target, "release"), true);
	if (json_is_integer(seed))
		fprintf(out, ", seed %lld", (long long)json_integer_value(seed));
	fputs(", ", out);
	put_printable(out, event_text(side, "started"), true);
	fprintf(out, ": %ld passed, %ld failed, %ld skipped", count(t, "pass") + count(t, "xpass"),
		count(t, "fail") + count(t, "xfail"), count(t, "skip"));
	if (count(t, "inconclusive") + count(t, "error") > 0)
		fprintf(out, ", %ld undecided", count(t, "inconclusive") + count(t, "error"));
	putc('\n', out);
	if (count(side, "torn") > 0)
		fprintf(out, "     its journal ends in half an event: the run broke off while it was written\n");
	if (!json_is_true(json_object_get(side, "complete")))
		fprintf(out, "     the run was cut short: what it did not come to counts as not there\n");
}

static void
print_differences(FILE *out, const json_t *diff)
{
	const json_t *row;
	size_t i;
	json_array_foreach(json_object_get(diff, "differs"), i, row) {
		fputs(i == 0 ? "Between them: " : "; ", out);
		put_printable(out, event_text(row, "what"), true);
		putc(' ', out);
		put_printable(out, event_text(row, "old"), true);
		fputs(" -> ", out);
		put_printable(out, event_text(row, "new"), true);
	}
	if (json_array_size(json_object_get(diff, "differs")) > 0)
		putc('\n', out);
}

/* --- one change ------------------------------------------------------------------------------ */

static void
print_verdicts(FILE *out, const json_t *change)
{
	const char *before = event_text(change, "before"), *after = event_text(change, "after");
	put_printable(out, before[0] != '\0' ? before : "(none)", true);
	fputs(" -> ", out);
	put_printable(out, after[0] != '\0' ? after : "(none)", true);
	if (json_is_true(json_object_get(change, "known")))
		fputs(" (known)", out);
}

static void
print_values(FILE *out, const json_t *change)
{
	json_t *values = json_object_get(change, "values"), *list;
	const char *name, *between = ": ";
	json_object_foreach(values, name, list) {
		const json_t *v;
		size_t i;
		fputs(between, out);
		put_printable(out, name, true);
		json_array_foreach(list, i, v) {
			if (i == VALUES_SHOWN)
				break;
			putc(' ', out);
			put_printable(out, json_string_value(v), true);
		}
		if (json_array_size(list) > VALUES_SHOWN)
			fprintf(out, " (and %zu more)", json_array_size(list) - VALUES_SHOWN);
		between = "; ";
	}
}

static void
print_combinations(FILE *out, const json_t *change)
{
	size_t n = json_array_size(json_object_get(change, "combinations"));
	if (n <= 1 && json_object_size(json_object_get(change, "values")) == 0)
		return;
	fprintf(out, "     %zu of %ld combinations", n, count(change, "of"));
	print_values(out, change);
	putc('\n', out);
}

static bool
has_cause(const json_t *change, const char *word)
{
	const json_t *w;
	size_t i;
	json_array_foreach(json_object_get(change, "causes"), i, w)
		if (json_is_string(w) && strcmp(json_string_value(w), word) == 0)
			return true;
	return false;
}

/* "release, manager" of "target.release", "target.manager". */
static void
print_members(FILE *out, const json_t *diff, const char *begin)
{
	const json_t *row;
	size_t i, n = strlen(begin);
	const char *between = "";
	json_array_foreach(json_object_get(diff, "differs"), i, row)
		if (strncmp(event_text(row, "what"), begin, n) == 0) {
			fputs(between, out);
			put_printable(out, event_text(row, "what") + n, true);
			between = ", ";
		}
}

void
diff_print_causes(FILE *out, const json_t *diff, const json_t *change)
{
	const char *between = "";
	if (has_cause(change, "case")) {
		fputs("the case changed", out);
		between = "; ";
	}
	if (has_cause(change, "target")) {
		fprintf(out, "%sthe target changed (", between);
		print_members(out, diff, "target.");
		fputs(")", out);
		between = "; ";
	}
	if (has_cause(change, "tool")) {
		fprintf(out, "%sespy changed", between);
		between = "; ";
	}
	if (*between == '\0' && strcmp(event_text(change, "case"), "unknown") == 0 &&
	    event_text(change, "before")[0] != '\0' && event_text(change, "after")[0] != '\0') {
		fputs("the target is the same; whether the case changed is not recorded", out);
		between = "; ";
	}
	if (*between == '\0')
		fputs(has_cause(change, "seed")
			      ? "only the seed differs"
			      : "nothing that is recorded differs: chance, or a target that changed in silence",
		      out);
}

static void
print_why(FILE *out, const char *before, const char *why)
{
	if (why[0] == '\0')
		return;
	fputs(before, out);
	put_printable(out, why, true);
}

static void
print_change(FILE *out, const json_t *diff, const json_t *change)
{
	const char *section = event_text(change, "section");
	bool changed = strcmp(section, "changed") == 0;
	print_verdicts(out, change);
	putc(' ', out);
	put_printable(out, event_text(change, "id"), true);
	putc(' ', out);
	put_printable(out, event_text(change, "level"), true);
	fputs(" [", out);
	put_printable(out, event_text(change, "clause"), true);
	putc(']', out);
	print_why(out,
		  changed                         ? "\n     was: "
		  : strcmp(section, "fixed") == 0 ? " was: "
						  : "",
		  event_text(change, "was"));
	print_why(out, changed ? "\n     now: " : " ", event_text(change, "why"));
	putc('\n', out);
	print_combinations(out, change);
	fputs("     ", out);
	diff_print_causes(out, diff, change);
	putc('\n', out);
	print_why(out, "     ", event_text(change, "again"));
	if (event_text(change, "again")[0] != '\0')
		putc('\n', out);
}

/* --- sections -------------------------------------------------------------------------------- */

/* What ran for the first time and passed, and what did not run: one line a case, and not all of them. */
static bool
is_quiet(const json_t *change)
{
	const char *section = event_text(change, "section");
	return strcmp(section, "gone") == 0 || strcmp(section, "skipped") == 0 ||
	       (strcmp(section, "new") == 0 && strcmp(event_text(change, "after"), "PASS") == 0);
}

static void
print_short(FILE *out, const json_t *change)
{
	print_verdicts(out, change);
	putc(' ', out);
	put_printable(out, event_text(change, "id"), true);
	size_t n = json_array_size(json_object_get(change, "combinations"));
	if (n > 1)
		fprintf(out, ", %zu combinations", n);
	print_why(out, ": ", event_text(change, "why"));
	putc('\n', out);
}

static void
print_section(FILE *out, const json_t *diff, const struct diff_section *s)
{
	const json_t *change;
	size_t i, shown = 0, left = 0;
	long n = count(json_object_get(diff, "counts"), s->name);
	if (n == 0)
		return;
	fprintf(out, "\n%s: %ld combination%s\n", s->title, n, n == 1 ? "" : "s");
	json_array_foreach(json_object_get(diff, "changes"), i, change) {
		if (strcmp(event_text(change, "section"), s->name) != 0)
			continue;
		if (!is_quiet(change))
			print_change(out, diff, change);
		else if (shown++ < GROUPS_SHOWN)
			print_short(out, change);
		else
			left++;
	}
	if (left > 0)
		fprintf(out, "and %zu more (--json has all)\n", left);
}

void
diff_print_counts(FILE *out, const json_t *diff)
{
	const json_t *c = json_object_get(diff, "counts");
	long known = count(diff, "known");
	fprintf(out, "%ld broken", count(c, "broken"));
	if (known > 0)
		fprintf(out, " (%ld known)", known);
	fprintf(out, ", %ld fixed, %ld changed, %ld new, %ld skipped now, %ld no longer run, %ld the same",
		count(c, "fixed"), count(c, "changed"), count(c, "new"), count(c, "skipped"), count(c, "gone"),
		count(c, "same"));
}

void
diff_print_text(FILE *out, const json_t *diff, bool quiet)
{
	if (!quiet) {
		print_side(out, "old", json_object_get(diff, "old"));
		print_side(out, "new", json_object_get(diff, "new"));
		print_differences(out, diff);
		for (const struct diff_section *s = diff_sections; s->name != NULL; s++)
			print_section(out, diff, s);
		putc('\n', out);
	}
	diff_print_counts(out, diff);
	putc('\n', out);
}
