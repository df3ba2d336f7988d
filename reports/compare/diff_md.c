/* What differs between two runs, for a comment of a merge request or the summary of a job. */
#include <string.h>

#include "reports/compare/diff.h"
#include "reports/event.h"
#include "reports/formats/markdown.h"

#define ROWS_SHOWN 100 /* of a section; hosts cut what is much longer */

static void
put_verdict(FILE *out, const json_t *change, const char *key)
{
	const char *verdict = event_text(change, key);
	md_text(out, verdict[0] != '\0' ? verdict : "(none)");
}

static void
put_reasons(FILE *out, const json_t *change)
{
	const char *was = event_text(change, "was"), *why = event_text(change, "why");
	if (was[0] != '\0' && why[0] != '\0') {
		fputs("was: ", out);
		md_text(out, was);
		fputs("; now: ", out);
	}
	md_text(out, why[0] != '\0' ? why : was);
}

static void
put_row(FILE *out, const json_t *diff, const json_t *change)
{
	size_t n = json_array_size(json_object_get(change, "combinations"));
	fputs("| ", out);
	md_text(out, event_text(change, "id"));
	fputs(" | ", out);
	put_verdict(out, change, "before");
	fputs(" → ", out);
	put_verdict(out, change, "after");
	if (json_is_true(json_object_get(change, "known")))
		fputs(" (known)", out);
	fprintf(out, " | %zu of %.0f | ", n, event_number(change, "of"));
	diff_print_causes(out, diff, change);
	fputs(" | ", out);
	put_reasons(out, change);
	fputs(" |\n", out);
}

static void
put_section(FILE *out, const json_t *diff, const struct diff_section *s)
{
	const json_t *change;
	size_t i, rows = 0;
	double n = event_number(json_object_get(diff, "counts"), s->name);
	if (n < 1)
		return;
	fprintf(out, "\n### %s: %.0f combination%s\n\n", s->title, n, n < 2 ? "" : "s");
	fputs("| case | verdict | combinations | cause | why |\n|---|---|---|---|---|\n", out);
	json_array_foreach(json_object_get(diff, "changes"), i, change)
		if (strcmp(event_text(change, "section"), s->name) == 0 && rows++ < ROWS_SHOWN)
			put_row(out, diff, change);
	if (rows > ROWS_SHOWN)
		fprintf(out, "\nand %zu more cases\n", rows - ROWS_SHOWN);
}

static void
put_side(FILE *out, const char *label, const json_t *side)
{
	const json_t *target = json_object_get(side, "target"), *seed = json_object_get(side, "seed");
	fprintf(out, "- %s: ", label);
	md_text(out, event_text(side, "path"));
	fputs(", ", out);
	md_text(out, event_text(target, "name"));
	putc(' ', out);
	md_text(out, event_text(target, "release"));
	if (json_is_integer(seed))
		fprintf(out, ", seed %lld", (long long)json_integer_value(seed));
	if (!json_is_true(json_object_get(side, "complete")))
		fputs(", **cut short**", out);
	putc('\n', out);
}

void
diff_print_md(FILE *out, const json_t *diff)
{
	const json_t *row;
	size_t i;
	fputs("## espy diff: ", out);
	diff_print_counts(out, diff);
	fputs("\n\n", out);
	put_side(out, "old", json_object_get(diff, "old"));
	put_side(out, "new", json_object_get(diff, "new"));
	json_array_foreach(json_object_get(diff, "differs"), i, row) {
		fputs("- ", out);
		md_text(out, event_text(row, "what"));
		fputs(": ", out);
		md_text(out, event_text(row, "old"));
		fputs(" → ", out);
		md_text(out, event_text(row, "new"));
		putc('\n', out);
	}
	for (const struct diff_section *s = diff_sections; s->name != NULL; s++)
		put_section(out, diff, s);
}
