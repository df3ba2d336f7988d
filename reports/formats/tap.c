/*
 * TAP version 14, flat: a test point a case, so that readers of version 13 and 12, which skip what is indented, see each of them. What a
 * point needs to be understood is its YAML diagnostic; strings in it are double-quoted, which YAML and the subset of it that TAP's
 * Perl readers know both take.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "reports/event.h"
#include "reports/compare/known.h"
#include "reports/report.h"

/* --- the one place where text is escaped ----------------------------------------------------- */

/* In a description, '#' would begin a directive and '\' an escape. */
static void
put_description(FILE *out, const char *text)
{
	for (const char *p = text; *p != '\0'; p++) {
		unsigned char c = (unsigned char)*p, next = (unsigned char)p[1];
		if (c == '#' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c == 0xc2 && next >= 0x80 && next < 0xa0)
			fprintf(out, "\\\\x%02x", (unsigned char)*++p);
		else if (c < 0x20 || c == 0x7f)
			fprintf(out, "\\\\x%02x", c);
		else
			putc(c, out);
	}
}

/* What YAML calls not printable (C1, line separators, U+FFFE and U+FFFF, a byte order mark) as an escape; 0: goes as it is. */
static unsigned
unprintable(const char *p)
{
	static const struct {
		const char *octets;
		unsigned code;
	} rows[] = { { "\xe2\x80\xa8", 0x2028 },
		     { "\xe2\x80\xa9", 0x2029 },
		     { "\xef\xbb\xbf", 0xfeff },
		     { "\xef\xbf\xbe", 0xfffe },
		     { "\xef\xbf\xbf", 0xffff } };
	if ((unsigned char)p[0] == 0xc2 && (unsigned char)p[1] >= 0x80 && (unsigned char)p[1] < 0xa0)
		return (unsigned char)p[1];
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (strncmp(p, rows[i].octets, 3) == 0)
			return rows[i].code;
	return 0;
}

static void
put_string(FILE *out, const char *text)
{
	putc('"', out);
	for (const char *p = text; *p != '\0'; p++) {
		unsigned char c = (unsigned char)*p;
		unsigned code = unprintable(p);
		if (code != 0) {
			fprintf(out, "\\u%04x", code);
			p += code < 0x100 ? 1 : 2;
		} else if (c == '"' || c == '\\') {
			fprintf(out, "\\%c", c);
		} else if (c == '\n') {
			fputs("\\n", out);
		} else if (c < 0x20 || c == 0x7f) {
			fprintf(out, "\\x%02x", c);
		} else {
			putc(c, out);
		}
	}
	putc('"', out);
}

/* --- a test point ---------------------------------------------------------------------------- */

static void
put_member(FILE *out, const char *name, const char *text)
{
	if (text[0] == '\0')
		return;
	fprintf(out, "  %s: ", name);
	put_string(out, text);
	putc('\n', out);
}

static void
put_diff(FILE *out, const json_t *diff)
{
	static const char *const keys[] = { "field", "expected", "got", "clause" };
	static const char *const from[] = { "field", "want", "got", "clause" };
	const json_t *d;
	size_t i;
	if (json_array_size(diff) == 0)
		return;
	fputs("  diff:\n", out);
	json_array_foreach(diff, i, d)
		for (size_t k = 0; k < 4; k++) {
			fprintf(out, "    %s %s: ", k == 0 ? "-" : " ", keys[k]);
			put_string(out, event_text(d, from[k]));
			putc('\n', out);
		}
}

static void
put_hints(FILE *out, const json_t *event)
{
	for (size_t i = 0; event_hint(event, i)[0] != '\0'; i++) {
		fputs(i == 0 ? "  perhaps:\n    - " : "    - ", out);
		put_string(out, event_hint(event, i));
		putc('\n', out);
	}
}

static void
put_place(FILE *out, const json_t *event)
{
	if (event_text(event, "file")[0] == '\0')
		return;
	fputs("  at:\n    file: ", out);
	put_string(out, event_text(event, "file"));
	fprintf(out, "\n    line: %ld\n", event_line(event));
}

static void
put_repeat(FILE *out, const struct run_record *r, const json_t *event)
{
	char seed[30], *again = report_again(r, event);
	report_seed(r, event, seed, sizeof seed);
	if (seed[0] != '\0')
		fprintf(out, "  seed: %s\n", seed);
	put_member(out, "again", again != NULL ? again : "");
	free(again);
}

static void
put_diagnostic(FILE *out, const struct run_record *r, const struct report_wish *w, const json_t *event, unsigned nth)
{
	const json_t *first = json_array_get(json_object_get(event, "diff"), 0);
	char why[1200], pcap[4400];
	event_why(event, why, sizeof why);
	fputs("  ---\n", out);
	put_member(out, "message", why);
	put_member(out, "verdict", event_text(event, "verdict"));
	put_member(out, "level", event_text(event, "level"));
	put_member(out, "clause", event_text(event, "clause"));
	put_member(out, "expected", event_text(first != NULL ? first : event, "want"));
	put_member(out, "got", event_text(first != NULL ? first : event, "got"));
	put_diff(out, json_object_get(event, "diff"));
	put_hints(out, event);
	put_member(out, "step", event_text(json_object_get(event, "step"), "text"));
	put_place(out, event);
	put_repeat(out, r, event);
	if (report_keeps(r, event)) {
		report_evidence(w, event, nth, "packets.pcapng", pcap, sizeof pcap);
		put_member(out, "pcap", pcap);
	}
	fputs("  ...\n", out);
}

/* XPASS is not ok: readers would pass over a TODO that works. */
static void
put_point(FILE *out, const json_t *event, unsigned number)
{
	bool skip = event_is(event, "SKIP"), todo = event_is(event, "XFAIL");
	char why[1200];
	fprintf(out, "%sok %u - ", skip || event_is(event, "PASS") ? "" : "not ", number);
	put_description(out, event_text(event, "full_id"));
	if (skip || todo) {
		known_why(event, why, sizeof why);
		fprintf(out, " # %s ", skip ? "SKIP" : "TODO");
		put_description(out, why);
	}
	putc('\n', out);
}

/* --- the whole ------------------------------------------------------------------------------- */

static void
put_head(FILE *out, const struct run_record *r)
{
	static const char *const keys[] = { "name", "os", "release" };
	const json_t *target = json_object_get(r->start, "target");
	fputs("# target:", out);
	for (size_t i = 0; i < 3; i++) {
		putc(' ', out);
		put_printable(out, event_text(target, keys[i]), true);
	}
	putc('\n', out);
}

/* The plan stands in front: with what was planned a run that was cut short fails also for who passes over "Bail out!". */
static void
put_plan(FILE *out, const struct run_record *r, bool incomplete)
{
	double planned = event_number(r->start, "planned");
	unsigned n = r->tally.total;
	if (incomplete && planned > n && planned < 1e9)
		n = (unsigned)planned;
	fprintf(out, "TAP version 14\n1..%u%s\n", n, n == 0 ? " # no case was run" : "");
}

bool
report_render_tap(FILE *out, const struct run_record *r, const struct report_wish *w, struct err *e)
{
	char why[400];
	json_t *book = json_object();
	const json_t *event;
	size_t i;
	(void)e;
	bool incomplete = report_incomplete(r, why, sizeof why);
	put_plan(out, r, incomplete);
	put_head(out, r);
	json_array_foreach(r->cases, i, event) {
		unsigned nth = names_seen(book, event_text(event, "full_id"));
		put_point(out, event, (unsigned)i + 1);
		if (event_unmet(event) || event_is(event, "XFAIL"))
			put_diagnostic(out, r, w, event, nth);
	}
	if (incomplete) {
		fputs("Bail out! ", out);
		put_printable(out, why, true);
		putc('\n', out);
	}
	json_decref(book);
	return true;
}
