#include "reports/html/case.h"

#include <stdlib.h>
#include <string.h>

#include "reports/clause.h"
#include "reports/event.h"
#include "reports/formats/markdown.h"
#include "reports/html/text.h"
#include "reports/html/view.h"
#include "reports/repeat.h"

/* --- small things -------------------------------------------------------------------------------- */

void
html_clause(FILE *out, const char *clause)
{
	struct clause_part part = { 0 };
	const char *between = "";
	char url[200];
	if (strstr(clause, " page ") != NULL) { /* RFC 792 has no numbers */
		const char *at = clause;
		bool known = clause_next(&at, &part);
		clause_url(known ? part.doc : "", "", url, sizeof url);
		html_put(out, url[0] != '\0' ? "<a href=\"%s\">%s</a>" : "%s%s", url, clause);
		return;
	}
	for (const char *at = clause; clause_next(&at, &part); between = ", ") {
		clause_url(part.doc, part.section, url, sizeof url);
		fputs(between, out);
		if (url[0] != '\0')
			html_put(out, "<a href=\"%s\">RFC %s%s%s</a>", url, part.doc,
				 part.section[0] != '\0' ? " " : "", part.section);
		else
			html_put(out, "%s", part.section);
	}
}

/* What a writer of text writes, as a string of its own; NULL: out of memory. */
struct made {
	char *text;
	size_t n;
	FILE *to;
};

static bool
make_begin(struct made *m)
{
	*m = (struct made){ 0 };
	m->to = open_memstream(&m->text, &m->n);
	return m->to != NULL;
}

static char *
make_end(struct made *m)
{
	if (fclose(m->to) == 0)
		return m->text;
	free(m->text);
	return NULL;
}

/* --- want and got -------------------------------------------------------------------------------- */

static void
put_pair(const struct view *v, const char *name, const char *css, const char *text)
{
	html_put(v->out, "<dt>%s</dt><dd class=\"%s\"><code>", name, css);
	view_text(v, text);
	fputs("</code></dd>\n", v->out);
}

static void
put_step(const struct view *v)
{
	const json_t *step = json_object_get(v->event, "step");
	const char *text = event_text(step, "text"), *file = event_text(v->event, "file");
	long line = event_line(v->event);
	if (text[0] == '\0' && file[0] == '\0')
		return;
	fputs("<dt>Step</dt><dd>", v->out);
	if (text[0] != '\0') {
		fputs("<code>", v->out);
		view_text(v, text);
		fputs("</code> ", v->out);
	}
	html_put(v->out, "<small>%s", file);
	if (line > 0)
		fprintf(v->out, ":%ld", line);
	fputs("</small></dd>\n", v->out);
}

static void
put_differences(const struct view *v)
{
	const json_t *list = json_object_get(v->event, "diff"), *d;
	size_t i;
	if (json_array_size(list) == 0)
		return;
	fputs("<table class=\"case-diff\"><thead><tr><th scope=\"col\">Field</th><th scope=\"col\">Want</th><th scope=\"col\">Got</th>"
	      "<th scope=\"col\">Clause</th></tr></thead><tbody>\n",
	      v->out);
	json_array_foreach(list, i, d) {
		fputs("<tr><th scope=\"row\"><code>", v->out);
		view_text(v, event_text(d, "field"));
		fputs("</code></th><td class=\"want\"><code>", v->out);
		view_text(v, event_text(d, "want"));
		fputs("</code></td><td class=\"got\"><code>", v->out);
		view_text(v, event_text(d, "got"));
		fputs("</code></td><td>", v->out);
		html_clause(v->out, event_text(d, "clause"));
		fputs("</td></tr>\n", v->out);
	}
	fputs("</tbody></table>\n", v->out);
}

static void
put_hints(const struct view *v)
{
	const json_t *list = json_object_get(v->event, "hints"), *hint;
	size_t i;
	if (json_array_size(list) == 0)
		return;
	fputs("<ul class=\"case-hints\">\n", v->out);
	json_array_foreach(list, i, hint) {
		fputs("<li>", v->out);
		view_text(v, json_is_string(hint) ? json_string_value(hint) : "");
		fputs("</li>\n", v->out);
	}
	fputs("</ul>\n", v->out);
}

/* The reason is nothing but both in one sentence: "want nothing, got ip4/echo-reply". */
static bool
repeats(const char *reason, const char *want, const char *got)
{
	return want[0] != '\0' && got[0] != '\0' && strncmp(reason, "want ", 5) == 0 && strstr(reason, want) != NULL;
}

static void
put_verdict(const struct view *v)
{
	const char *want = event_text(v->event, "want"), *got = event_text(v->event, "got");
	const char *reason = event_text(v->event, "reason");
	bool fields = json_array_size(json_object_get(v->event, "diff")) > 0;
	fputs("<dl class=\"case-facts\">\n", v->out);
	if (reason[0] != '\0' && !fields && !repeats(reason, want, got))
		put_pair(v, "Reason", "why-not", reason);
	put_step(v);
	if (want[0] != '\0')
		put_pair(v, "Want", "want", want);
	if (got[0] != '\0')
		put_pair(v, "Got", "got", got);
	fputs("</dl>\n", v->out);
	put_differences(v);
	put_hints(v);
}

/* --- again --------------------------------------------------------------------------------------- */

/* How often the full id came before, as in the names of folders. */
static unsigned
nth_of(const struct run_record *r, const json_t *event)
{
	const char *id = event_text(event, "full_id");
	const json_t *other;
	unsigned n = 0;
	size_t i;
	json_array_foreach(r->cases, i, other) {
		if (other == event)
			break;
		n += strcmp(event_text(other, "full_id"), id) == 0;
	}
	return n;
}

static void
evidence_path(const struct view *v, const char *file, char *out, size_t cap)
{
	report_evidence(v->h->wish, v->event, nth_of(v->h->run, v->event), file, out, cap);
}

static void
put_link(const struct view *v, const char *file, const char *about, const char *between)
{
	char path[2000];
	evidence_path(v, file, path, sizeof path);
	fprintf(v->out, "%s<a href=\"", between);
	url_path(v->out, path);
	html_put(v->out, "\">%s</a> <small>%s</small>", file, about);
}

static bool
has_frames(const json_t *event)
{
	return event_has_exhibit(event, "frame-out") || event_has_exhibit(event, "frame-in");
}

static void
put_files(const struct view *v)
{
	bool setkey = event_has_exhibit(v->event, "setkey") || event_has_exhibit(v->event, "pfkey-out");
	if (!has_frames(v->event) && !setkey)
		return;
	fputs("<p class=\"case-files\">", v->out);
	if (has_frames(v->event)) {
		put_link(v, "packets.pcapng", "as on the wire", "");
		put_link(v, "plain.pcapng", "decrypted", " ");
	}
	if (setkey)
		put_link(v, "sa.setkey", "with the keys", has_frames(v->event) ? " " : "");
	fputs("</p>\n", v->out);
}

static void
write_replay(const struct view *v, FILE *to)
{
	const char *target = event_text(json_object_get(v->h->run->start, "target"), "name");
	char path[2000];
	fputs("espy replay ", to);
	evidence_path(v, "packets.pcapng", path, sizeof path);
	repeat_word(to, path);
	if (event_has_exhibit(v->event, "setkey") || event_has_exhibit(v->event, "pfkey-out")) {
		fputs(" --sa ", to);
		evidence_path(v, "sa.setkey", path, sizeof path);
		repeat_word(to, path);
	}
	/* Whom somebody configured by hand is not asked to be configured again. */
	bool typed = strncmp(target, "manual:", 7) == 0;
	char raw[200];
	snprintf(raw, sizeof raw, "raw:%s", typed ? target + 7 : "");
	fputs(" -t ", to);
	repeat_word(to, typed ? raw : target[0] != '\0' ? target : "linux");
	if (typed)
		fputs(" --manager none", to);
}

enum command { RUN, REPLAY, EXPLAIN };

static void
put_command(const struct view *v, enum command which, const char *about)
{
	struct made m;
	if (!make_begin(&m))
		return;
	if (which == RUN)
		repeat_run(m.to, v->h->run, v->event, event_text(v->event, "full_id"));
	else if (which == REPLAY)
		write_replay(v, m.to);
	else
		repeat_explain(m.to, v->h->run, v->event);
	char *text = make_end(&m);
	html_put(v->out, "<li><span>%s</span> <code id=\"x%u-c%d\">%s</code>", about, v->id, (int)which,
		 text != NULL ? text : "");
	html_put(
		v->out,
		"<button type=\"button\" class=\"copy\" data-copy=\"x%u-c%d\" aria-label=\"Copy the command: %s\">Copy</button></li>\n",
		v->id, (int)which, about);
	free(text);
}

static void
put_again(const struct view *v)
{
	fputs("<h4>Again</h4>\n<ul class=\"case-again\">\n", v->out);
	put_command(v, RUN, "this case");
	if (has_frames(v->event) && !event_is(v->event, "SKIP"))
		put_command(v, REPLAY, "these packets");
	if (!repeat_is_replay(v->h->run))
		put_command(v, EXPLAIN, "what it asks");
	fputs("</ul>\n", v->out);
	put_files(v);
}

/* --- the case ------------------------------------------------------------------------------------ */

void
html_case(FILE *out, struct html *h, const json_t *event)
{
	struct view v;
	fputs("<div class=\"case\">\n", out);
	if (view_open(&v, out, h, event)) {
		put_verdict(&v);
		if (v.n > 0) {
			fputs("<h4>Exchange</h4>\n", out);
			view_chart(&v);
			view_exhibits(&v);
		}
		view_configuration(&v);
		put_again(&v);
	} else {
		fputs("<p>Out of memory.</p>\n", out);
	}
	view_close(&v);
	fputs("</div>\n", out);
}
