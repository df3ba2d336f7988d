/* The matrix as text, Markdown and JSON; report.html's sister is matrix_html.c. */
#include <string.h>

#include "reports/atomic_file.h"
#include "reports/event.h"
#include "reports/formats/markdown.h"
#include "reports/formats/matrix.h"
#include "reports/report.h"

#define OTHERS_SHOWN 12 /* differences between skipped and passed, where people read them */

const struct matrix_format matrix_formats[] = {
	{ "html", "matrix.html", matrix_render_html },
	{ "md", "matrix.md", matrix_render_md },
	{ "text", "matrix.txt", matrix_render_text },
	{ "json", "matrix.json", matrix_render_json },
	{ NULL, NULL, NULL },
};

const struct matrix_format *
matrix_format_find(const char *name, struct err *e)
{
	for (const struct matrix_format *f = matrix_formats; f->name != NULL; f++)
		if (strcmp(f->name, name) == 0)
			return f;
	(void)fail(e, ERR_UNKNOWN, "format '%.40s': a matrix of runs has html, md, text, json", name);
	return NULL;
}

bool
matrix_write_file(const struct matrix_format *f, const char *path, const struct matrix *m, struct err *e)
{
	struct report_file file;
	return report_file_begin(&file, path, e) && report_file_end(&file, f->render(file.a.out, m, e), 0666, e);
}

/* --- text ------------------------------------------------------------------------------------ */

/* Columns of a terminal: every character here is one wide. */
static size_t
width_of(const char *text)
{
	size_t n = 0;
	for (; *text != '\0'; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static void
put_padded(FILE *out, const char *text, size_t width)
{
	put_printable(out, text, true);
	for (size_t n = width_of(text); n < width; n++)
		putc(' ', out);
}

static void
cell_text(const struct tally *t, char *out, size_t cap)
{
	const struct matrix_word *w = matrix_cell(t);
	if (t->total == 0)
		snprintf(out, cap, "%s %s", w->symbol, w->word);
	else
		snprintf(out, cap, "%s %s %u/%u/%u", w->symbol, w->word, t->pass + t->xpass, t->fail + t->xfail,
			 t->skip);
}

static size_t
column_width(const struct matrix *m, size_t run)
{
	size_t width = width_of(m->runs[run].label), n = width_of(m->runs[run].system);
	char text[100];
	width = n > width ? n : width;
	for (size_t i = 0; i < m->rows_n; i++) {
		cell_text(&m->rows[i].cells[run], text, sizeof text);
		n = width_of(text);
		width = n > width ? n : width;
	}
	return width;
}

static size_t
first_width(const struct matrix *m)
{
	size_t width = strlen("suite");
	for (size_t i = 0; i < m->rows_n; i++) {
		size_t n = width_of(m->rows[i].suite);
		width = n > width ? n : width;
	}
	return width;
}

static void
put_columns(FILE *out, const struct matrix *m, size_t first, bool systems)
{
	put_padded(out, systems ? "" : "suite", first);
	for (size_t i = 0; i < m->n; i++) {
		fputs("  ", out);
		put_padded(out, systems ? m->runs[i].system : m->runs[i].label, i + 1 < m->n ? column_width(m, i) : 0);
	}
	putc('\n', out);
}

static void
put_table(FILE *out, const struct matrix *m)
{
	size_t first = first_width(m);
	char text[100];
	put_columns(out, m, first, false);
	put_columns(out, m, first, true);
	for (size_t i = 0; i < m->rows_n; i++) {
		put_padded(out, m->rows[i].suite, first);
		for (size_t k = 0; k < m->n; k++) {
			cell_text(&m->rows[i].cells[k], text, sizeof text);
			fputs("  ", out);
			put_padded(out, text, k + 1 < m->n ? column_width(m, k) : 0);
		}
		putc('\n', out);
	}
}

static void
put_difference(FILE *out, const struct matrix *m, const struct matrix_difference *d)
{
	put_printable(out, d->id, true);
	if (json_array_size(d->full_ids) > 1)
		fprintf(out, " (%zu combinations)", json_array_size(d->full_ids));
	fputs(":", out);
	for (size_t i = 0; i < m->n; i++) {
		const struct matrix_word *w = matrix_verdict(d->verdicts[i]);
		fprintf(out, "%s ", i > 0 ? "," : "");
		put_printable(out, m->runs[i].label, true);
		fprintf(out, " %s %s", w->symbol, w->word);
	}
	if (d->clause[0] != '\0') {
		fputs("  [", out);
		put_printable(out, d->clause, true);
		putc(']', out);
	}
	putc('\n', out);
}

bool
matrix_render_text(FILE *out, const struct matrix *m, struct err *e)
{
	(void)e;
	put_table(out, m);
	fputs("\nEach cell: what it comes to, and how many combinations passed/failed/were skipped.\n", out);
	for (size_t i = 0; i < m->n; i++)
		if (m->runs[i].incomplete[0] != '\0') {
			fputs("INCOMPLETE: ", out);
			put_printable(out, m->runs[i].label, true);
			fprintf(out, ": %s\n", m->runs[i].incomplete);
		}
	fprintf(out, "\nNot alike: %zu, of which somebody should look at %zu\n", m->differences_n, m->unmet_n);
	for (size_t i = 0; i < m->differences_n && i < m->unmet_n + OTHERS_SHOWN; i++)
		put_difference(out, m, &m->differences[i]);
	if (m->differences_n > m->unmet_n + OTHERS_SHOWN)
		fprintf(out, "and %zu more that one passed and another skipped or had not\n",
			m->differences_n - m->unmet_n - OTHERS_SHOWN);
	return true;
}

/* --- Markdown -------------------------------------------------------------------------------- */

static void
put_md_head(FILE *out, const struct matrix *m)
{
	fputs("| suite |", out);
	for (size_t i = 0; i < m->n; i++) {
		putc(' ', out);
		md_text(out, m->runs[i].label);
		if (m->runs[i].system[0] != '\0') {
			fputs("<br>", out);
			md_text(out, m->runs[i].system);
		}
		fputs(" |", out);
	}
	fputs("\n|---|", out);
	for (size_t i = 0; i < m->n; i++)
		fputs("---|", out);
	putc('\n', out);
}

static void
put_md_cell(FILE *out, const struct matrix_run *run, const struct tally *t)
{
	char text[100], link[4400];
	cell_text(t, text, sizeof text);
	matrix_link(run, link, sizeof link);
	fputs(" [", out);
	md_text(out, text);
	fputs("](", out);
	url_path(out, link);
	fputs(") |", out);
}

static void
put_md_difference(FILE *out, const struct matrix *m, const struct matrix_difference *d)
{
	fputs("- ", out);
	md_code(out, d->id);
	if (json_array_size(d->full_ids) > 1)
		fprintf(out, " (%zu combinations)", json_array_size(d->full_ids));
	for (size_t i = 0; i < m->n; i++) {
		const struct matrix_word *w = matrix_verdict(d->verdicts[i]);
		fputs(i == 0 ? ": " : ", ", out);
		md_text(out, m->runs[i].label);
		fprintf(out, " %s %s", w->symbol, w->word);
	}
	putc(' ', out);
	md_text(out, d->clause);
	putc('\n', out);
}

bool
matrix_render_md(FILE *out, const struct matrix *m, struct err *e)
{
	(void)e;
	fprintf(out, "## espy: %zu runs side by side\n\n", m->n);
	put_md_head(out, m);
	for (size_t i = 0; i < m->rows_n; i++) {
		fputs("| ", out);
		md_text(out, m->rows[i].suite);
		fputs(" |", out);
		for (size_t k = 0; k < m->n; k++)
			put_md_cell(out, &m->runs[k], &m->rows[i].cells[k]);
		putc('\n', out);
	}
	fputs("\nEach cell: what it comes to, and how many combinations passed/failed/were skipped.\n\n", out);
	for (size_t i = 0; i < m->n; i++)
		if (m->runs[i].incomplete[0] != '\0') {
			fputs("> **Incomplete:** ", out);
			md_text(out, m->runs[i].label);
			fputs(": ", out);
			md_text(out, m->runs[i].incomplete);
			fputs("\n\n", out);
		}
	fprintf(out, "### Not alike: %zu, of which somebody should look at %zu\n\n", m->differences_n, m->unmet_n);
	for (size_t i = 0; i < m->differences_n && i < m->unmet_n + OTHERS_SHOWN; i++)
		put_md_difference(out, m, &m->differences[i]);
	if (m->differences_n > m->unmet_n + OTHERS_SHOWN)
		fprintf(out, "\nand %zu more that one passed and another skipped or had not.\n",
			m->differences_n - m->unmet_n - OTHERS_SHOWN);
	return true;
}

/* --- JSON ------------------------------------------------------------------------------------ */

static json_t *
tally_json(const struct tally *t)
{
	return json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i}", "pass", (int)t->pass, "fail", (int)t->fail,
			 "inconclusive", (int)t->inconclusive, "skip", (int)t->skip, "error", (int)t->error, "xfail",
			 (int)t->xfail, "xpass", (int)t->xpass, "total", (int)t->total);
}

static json_t *
run_json(const struct matrix_run *run)
{
	static const char *const keys[] = { "target", "tool", "started", "seed" };
	const struct run_record *r = &run->source->record;
	json_t *o = json_pack("{s:o, s:o, s:o, s:o}", "dir", journal_text(run->source->dir), "label",
			      journal_text(run->label), "folder", journal_text(run->source->folder), "summary",
			      tally_json(&r->tally));
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		json_t *v = json_object_get(r->start, keys[i]);
		json_object_set_new(o, keys[i], v != NULL ? json_incref(v) : json_null());
	}
	json_object_set_new(o, "incomplete", run->incomplete[0] != '\0' ? journal_text(run->incomplete) : json_null());
	return o;
}

static json_t *
row_json(const struct matrix *m, const struct matrix_row *row)
{
	json_t *cells = json_array();
	for (size_t i = 0; i < m->n; i++) {
		json_t *cell = tally_json(&row->cells[i]);
		json_object_set_new(cell, "word", json_string(matrix_cell(&row->cells[i])->word));
		json_array_append_new(cells, cell);
	}
	return json_pack("{s:o, s:o}", "suite", journal_text(row->suite), "cells", cells);
}

static json_t *
difference_json(const struct matrix *m, const struct matrix_difference *d)
{
	json_t *verdicts = json_array();
	for (size_t i = 0; i < m->n; i++)
		json_array_append_new(verdicts, journal_text(d->verdicts[i]));
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:O}", "case", journal_text(d->id), "title", journal_text(d->title),
			 "level", journal_text(d->level), "clause", journal_text(d->clause), "verdicts", verdicts,
			 "combinations", d->full_ids);
}

bool
matrix_render_json(FILE *out, const struct matrix *m, struct err *e)
{
	json_t *runs = json_array(), *suites = json_array(), *differences = json_array();
	for (size_t i = 0; i < m->n; i++)
		json_array_append_new(runs, run_json(&m->runs[i]));
	for (size_t i = 0; i < m->rows_n; i++)
		json_array_append_new(suites, row_json(m, &m->rows[i]));
	for (size_t i = 0; i < m->differences_n; i++)
		json_array_append_new(differences, difference_json(m, &m->differences[i]));
	json_t *o = json_pack("{s:s, s:o, s:o, s:o}", "schema", "espy-matrix/1", "runs", runs, "suites", suites,
			      "differences", differences);
	bool ok = o != NULL && json_dumpf(o, out, JSON_INDENT(1) | JSON_REAL_PRECISION(9)) == 0;
	json_decref(o);
	putc('\n', out);
	return ok || fail(e, ERR_IO, "memory for it");
}
