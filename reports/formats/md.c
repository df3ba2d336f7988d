/*
 * Markdown as GitHub reads it: numbers in a table, then what was not met, folded. Inside <pre> no Markdown is read, so only HTML has to be
 * escaped there; everywhere else each character that Markdown could take for itself is.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "reports/event.h"
#include "reports/fold.h"
#include "reports/html/text.h"
#include "reports/compare/known.h"
#include "reports/formats/markdown.h"
#include "reports/report.h"

#define ROOM 1000000 /* GitHub takes 1 MiB in a step's summary, and refuses the whole of what is longer */
#define COMBINATIONS_SHOWN 20
#define SKIPS_SHOWN 10

/* --- numbers --------------------------------------------------------------------------------- */

static void
put_title(FILE *out, const struct run_record *r)
{
	static const char *const keys[] = { "os", "release" };
	const json_t *target = json_object_get(r->start, "target");
	const struct tally *t = &r->tally;
	unsigned bad = t->fail + t->inconclusive + t->error + t->xpass;
	char why[400];
	bool whole = !report_incomplete(r, why, sizeof why);
	fprintf(out, "## %s espy: ", bad == 0 && whole && t->pass > 0 ? "✅" : "❌");
	md_text(out, event_text(target, "name"));
	for (size_t i = 0; i < 2; i++)
		if (event_text(target, keys[i])[0] != '\0') {
			fputs(i == 0 ? " (" : " ", out);
			md_text(out, event_text(target, keys[i]));
		}
	fprintf(out, "%s: %u passed, %u failed\n\n", event_text(target, "os")[0] != '\0' ? ")" : "", t->pass, t->fail);
	if (whole)
		return;
	fputs("> [!WARNING]\n> **Incomplete:** ", out);
	md_text(out, why);
	fputs("\n\n", out);
}

static void
put_summary(FILE *out, const struct run_record *r)
{
	const struct tally *t = &r->tally;
	fputs("| | passed | failed | inconclusive | error | skipped | known departures | known, but passed | total |\n"
	      "|---|--:|--:|--:|--:|--:|--:|--:|--:|\n",
	      out);
	fprintf(out, "| **cases** | %u | %u | %u | %u | %u | %u | %u | %u |\n", t->pass, t->fail, t->inconclusive,
		t->error, t->skip, t->xfail, t->xpass, t->total);
	if (json_is_number(json_object_get(r->end, "wall_s")))
		fprintf(out, "\nIn %.0f s.\n", event_number(r->end, "wall_s"));
}

/* --- what was not met ------------------------------------------------------------------------ */

static void
put_line(FILE *out, const char *label, const char *text)
{
	if (text[0] != '\0')
		html_put(out, "%s%s\n", label, text);
}

static void
put_differences(FILE *out, const json_t *event)
{
	const json_t *d;
	size_t i;
	json_array_foreach(json_object_get(event, "diff"), i, d)
		html_put(out, "%s: want %s, got %s  [%s]\n", event_text(d, "field"), event_text(d, "want"),
			 event_text(d, "got"), event_text(d, "clause"));
	put_line(out, "want  ", event_text(event, "want"));
	put_line(out, "got   ", event_text(event, "got"));
	if (json_array_size(json_object_get(event, "diff")) == 0)
		put_line(out, "why   ", event_text(event, "reason"));
	for (i = 0; event_hint(event, i)[0] != '\0'; i++)
		put_line(out, "perhaps ", event_hint(event, i));
	put_line(out, "step  ", event_text(json_object_get(event, "step"), "text"));
	if (event_text(event, "file")[0] != '\0') {
		html_put(out, "at    %s", event_text(event, "file"));
		fprintf(out, ":%ld\n", event_line(event));
	}
}

static void
put_combinations(FILE *out, const json_t *events)
{
	const json_t *event;
	size_t i, n = json_array_size(events);
	json_array_foreach(events, i, event) {
		if (i == COMBINATIONS_SHOWN)
			break;
		html_put(out, "case  %s\n", event_text(event, "full_id"));
	}
	if (n > COMBINATIONS_SHOWN)
		fprintf(out, "      and %zu more combinations\n", n - COMBINATIONS_SHOWN);
}

static void
put_repeat(FILE *out, const struct run_record *r, const json_t *event)
{
	char *again = report_again(r, event);
	put_line(out, "again ", again != NULL ? again : "");
	free(again);
}

/* HTML on one line: behind an empty one Markdown would be read again. */
static void
put_flat(FILE *out, const char *text)
{
	while (*text != '\0') {
		size_t n = strcspn(text, "\n\r");
		char *line = strndup(text, n);
		html_text(out, line != NULL ? line : "");
		free(line);
		text += n;
		if (*text != '\0') {
			putc(' ', out);
			text++;
		}
	}
}

static void
put_group(FILE *out, const struct run_record *r, const json_t *events)
{
	const json_t *event = json_array_get(events, 0);
	char why[1200];
	event_why(event, why, sizeof why);
	html_put(out, "<details><summary><b>%s</b> ", event_text(event, "verdict"));
	put_flat(out, event_text(event, "level"));
	putc(' ', out);
	put_flat(out, event_text(event, "clause"));
	fputs(": <code>", out);
	put_flat(out, event_text(event, "id"));
	fputs("</code>", out);
	if (json_array_size(events) > 1)
		fprintf(out, " (%zu combinations)", json_array_size(events));
	html_put(out, ": %s</summary>\n\n<pre>\n%s\n", why, event_text(event, "title"));
	put_differences(out, event);
	put_combinations(out, events);
	put_repeat(out, r, event);
	fputs("</pre>\n</details>\n\n", out);
}

/* One group as it will stand in the file; NULL: out of memory. To be freed. */
static char *
group_text(const struct run_record *r, const json_t *events, size_t *n)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, n);
	if (f == NULL)
		return NULL;
	put_group(f, r, events);
	fclose(f);
	return text;
}

static void
put_unmet(FILE *out, const struct run_record *r, size_t room)
{
	json_t *groups = fold_failures(r->cases), *events;
	const char *key;
	size_t left = json_object_size(groups), n;
	bool full = false;
	if (left > 0)
		fputs("\n### Not met\n\n", out);
	json_object_foreach(groups, key, events) {
		char *text = group_text(r, events, &n);
		full = full || text == NULL || (size_t)ftello(out) + n > room;
		if (!full)
			fputs(text, out);
		left -= !full;
		free(text);
	}
	if (left > 0)
		fprintf(out,
			"**%zu more are not shown here: the text would be too long.** The other reports have them.\n",
			left);
	json_decref(groups);
}

/* --- what was left out ----------------------------------------------------------------------- */

static void
put_skips(FILE *out, const struct run_record *r)
{
	json_t *reasons = json_object(), *count;
	const json_t *event;
	const char *reason;
	size_t i, shown = 0;
	json_array_foreach(r->cases, i, event) {
		char folded[1200], why[1200];
		if (!event_is(event, "SKIP") && !event_is(event, "XFAIL"))
			continue;
		known_why(event, why, sizeof why);
		fold_text(event, why, folded, sizeof folded);
		(void)names_seen(reasons, folded[0] != '\0' ? folded : "no reason given");
	}
	if (json_object_size(reasons) > 0)
		html_put(out, "<details><summary>Skipped or known: %u</summary>\n\n<pre>\n",
			 r->tally.skip + r->tally.xfail);
	json_object_foreach(reasons, reason, count)
		if (shown++ < SKIPS_SHOWN)
			html_put(out, "%u  %s\n", (unsigned)json_integer_value(count), reason);
	if (shown > SKIPS_SHOWN)
		fprintf(out, "and %zu other reasons\n", shown - SKIPS_SHOWN);
	if (shown > 0)
		fputs("</pre>\n</details>\n", out);
	json_decref(reasons);
}

/* What comes last is written first, to know its length. */
bool
report_render_md(FILE *out, const struct run_record *r, const struct report_wish *w, struct err *e)
{
	size_t room = w->room > 0 ? w->room : ROOM, n;
	char *skips = NULL;
	FILE *f = open_memstream(&skips, &n);
	if (f == NULL)
		return fail_errno(e, "memory for it");
	put_skips(f, r);
	fclose(f);
	put_title(out, r);
	put_summary(out, r);
	put_unmet(out, r, room > n + 400 ? room - n - 400 : 0);
	fprintf(out, "\n%s", skips);
	free(skips);
	return true;
}
