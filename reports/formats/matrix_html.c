/*
 * The matrix as one HTML file: no network, no script. It wears the style sheet of report.html; every cell says by a sign and a word what
 * its colour says, and leads to the report of its run.
 */
#include <string.h>

#include "reports/event.h"
#include "reports/html/page.h"
#include "reports/formats/markdown.h"
#include "reports/formats/matrix.h"

static const char style[] =
	".matrix-wrap { overflow-x: auto; margin: 1rem 0 2rem; }\n"
	"table.matrix { border-collapse: collapse; background: var(--card); font-size: 0.9rem; }\n"
	".matrix th, .matrix td { border: 1px solid var(--line); padding: 0.3rem 0.6rem; text-align: left;\n"
	"\tvertical-align: top; }\n"
	".matrix thead th { background: var(--sunk); position: sticky; top: 0; }\n"
	".matrix tbody th { font-weight: 500; white-space: nowrap; }\n"
	".suites tbody th { position: sticky; left: 0; background: var(--card); }\n"
	".matrix small { color: var(--soft); display: block; font-weight: 400; }\n"
	".matrix td[class] a { color: inherit; text-decoration: none; display: block; white-space: nowrap; }\n"
	".matrix td[class] a:hover { text-decoration: underline; }\n"
	".m-fail { background: var(--fail-tint); color: var(--fail); }\n"
	".m-unclear { background: var(--unclear-tint); color: var(--unclear); }\n"
	".m-known { background: var(--known-tint); color: var(--known); }\n"
	".m-pass { background: var(--pass-tint); color: var(--pass); }\n"
	".m-skip, .m-none { background: var(--skip-tint); color: var(--skip); }\n"
	".matrix td details ul { margin-top: 0.3rem; }\n"
	".matrix-main { max-width: 96rem; margin: 0 auto; padding: 1rem 1.5rem 4rem; }\n"
	".matrix-main h2 { margin-top: 1.5rem; }\n"
	"@media print { .matrix thead th { position: static; } .matrix-wrap { overflow: visible; } }\n";

static void
put_head(FILE *out, const struct matrix *m)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
	      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n",
	      out);
	html_put(out, "<title>espy: %zu runs side by side</title>\n<style>\n", m->n);
	fputs(html_style_css, out);
	fputs(style, out);
	fputs("</style>\n</head>\n<body>\n", out);
	html_put(out,
		 "<header class=\"top\">\n<p class=\"brand\">espy <span>IPsec conformance</span></p>\n"
		 "<h1>%zu runs side by side</h1>\n",
		 m->n);
	html_put(out, "<p class=\"sentence\">%zu claim%s not alike, of which somebody should look at %zu.</p>\n",
		 m->differences_n, m->differences_n == 1 ? " is" : "s are", m->unmet_n);
	for (size_t i = 0; i < m->n; i++)
		if (m->runs[i].incomplete[0] != '\0')
			html_put(out, "<p class=\"alarm\"><strong>Incomplete</strong>: %s: %s.</p>\n", m->runs[i].label,
				 m->runs[i].incomplete);
	fputs("</header>\n<main class=\"matrix-main\">\n", out);
}

static void
put_link(FILE *out, const struct matrix_run *run)
{
	char link[4400];
	matrix_link(run, link, sizeof link);
	fputs("<a href=\"", out);
	url_path(out, link);
	fputs("\">", out);
}

/* --- suites by targets ----------------------------------------------------------------------- */

static void
put_column_heads(FILE *out, const struct matrix *m)
{
	for (size_t i = 0; i < m->n; i++) {
		const json_t *start = m->runs[i].source->record.start;
		fputs("<th scope=\"col\">", out);
		put_link(out, &m->runs[i]);
		html_put(out, "%s</a><small>%s</small><small>%s</small></th>", m->runs[i].label, m->runs[i].system,
			 event_text(start, "started"));
	}
}

static void
put_count(FILE *out, unsigned n, const char *word)
{
	if (n > 0)
		html_put(out, ", %u %s", n, word);
}

static void
put_cell(FILE *out, const struct matrix_run *run, const struct tally *t)
{
	const struct matrix_word *w = matrix_cell(t);
	html_put(out, "<td class=\"m-%s\">", w->css);
	if (t->total == 0) {
		html_put(out, "%s %s</td>", w->symbol, w->word);
		return;
	}
	put_link(out, run);
	html_put(out, "<b>%s %s</b><small>%u passed", w->symbol, w->word, t->pass + t->xpass);
	put_count(out, t->fail + t->xfail, "failed");
	put_count(out, t->skip, "skipped");
	put_count(out, t->inconclusive + t->error, "unclear");
	fputs("</small></a></td>", out);
}

static void
put_suites(FILE *out, const struct matrix *m)
{
	fputs("<h2>Suites</h2>\n<div class=\"matrix-wrap\" tabindex=\"0\" role=\"region\" aria-label=\"Suites\"><table class=\"matrix suites\">\n"
	      "<thead><tr><th scope=\"col\">Suite</th>",
	      out);
	put_column_heads(out, m);
	fputs("</tr></thead>\n<tbody>\n", out);
	for (size_t i = 0; i < m->rows_n; i++) {
		html_put(out, "<tr><th scope=\"row\">%s</th>", m->rows[i].suite);
		for (size_t k = 0; k < m->n; k++)
			put_cell(out, &m->runs[k], &m->rows[i].cells[k]);
		fputs("</tr>\n", out);
	}
	fputs("<tr><th scope=\"row\">all</th>", out);
	for (size_t k = 0; k < m->n; k++)
		put_cell(out, &m->runs[k], &m->runs[k].source->record.tally);
	fputs("</tr>\n</tbody></table></div>\n", out);
}

/* --- what is not alike ----------------------------------------------------------------------- */

static void
put_combinations(FILE *out, const json_t *full_ids)
{
	const json_t *id;
	size_t i;
	html_put(out, "<details><summary>%zu combination%s</summary><ul>", json_array_size(full_ids),
		 html_s(json_array_size(full_ids)));
	json_array_foreach(full_ids, i, id)
		html_put(out, "<li><code>%s</code></li>", json_string_value(id));
	fputs("</ul></details>", out);
}

static void
put_difference(FILE *out, const struct matrix *m, const struct matrix_difference *d)
{
	html_put(out, "<tr><th scope=\"row\"><code>%s</code><small>%s</small>", d->id, d->title);
	put_combinations(out, d->full_ids);
	html_put(out, "</th><td>%s<small>", d->level);
	html_clause(out, d->clause);
	fputs("</small></td>", out);
	for (size_t i = 0; i < m->n; i++) {
		const struct matrix_word *w = matrix_verdict(d->verdicts[i]);
		html_put(out, "<td class=\"m-%s\"><b>%s %s</b></td>", w->css, w->symbol, w->word);
	}
	fputs("</tr>\n", out);
}

static void
put_part(FILE *out, const struct matrix *m, const char *title, size_t from, size_t to)
{
	if (from == to)
		return;
	html_put(
		out,
		"<h2>%s</h2>\n<div class=\"matrix-wrap\" tabindex=\"0\" role=\"region\" aria-label=\"%s\"><table class=\"matrix\">\n"
		"<thead><tr><th scope=\"col\">Case</th><th scope=\"col\">Claim</th>",
		title, title);
	put_column_heads(out, m);
	fputs("</tr></thead>\n<tbody>\n", out);
	for (size_t i = from; i < to; i++)
		put_difference(out, m, &m->differences[i]);
	fputs("</tbody></table></div>\n", out);
}

bool
matrix_render_html(FILE *out, const struct matrix *m, struct err *e)
{
	(void)e;
	put_head(out, m);
	put_suites(out, m);
	put_part(out, m, "Not alike, and to be looked at", 0, m->unmet_n);
	put_part(out, m, "Passed by some; skipped, or not there, with others", m->unmet_n, m->differences_n);
	fputs("</main>\n</body>\n</html>\n", out);
	return true;
}
