/*
 * Several runs side by side: targets across, suites down, and below them the cases that did not end alike. Made once, written in the
 * formats of a table like that of report.h.
 */
#ifndef ESPY_REPORTS_FORMATS_MATRIX_H
#define ESPY_REPORTS_FORMATS_MATRIX_H

#include "reports/formats/merge.h"

struct matrix_run {
	const struct run_source *source;
	char *label;          /* the target's name, and the directory's where two have the same */
	char *system;         /* "Linux 6.1.176" */
	char incomplete[400]; /* why; "" if it is whole */
};

/* Where a cell leads: the run's report.html, or its folder; to be escaped by url_path(). */
void matrix_link(const struct matrix_run *run, char *out, size_t cap);

struct matrix_row {
	const char *suite;
	struct tally *cells; /* one a run */
};

/* Case by case, those that ended in the same ways with the same combinations together. */
struct matrix_difference {
	const char *id, *level, *clause, *title;
	const char **verdicts; /* one a run; NULL: not there */
	json_t *full_ids;      /* array */
	bool unmet;            /* one of the verdicts is one to look at */
};

struct matrix {
	struct matrix_run *runs;
	size_t n;
	struct matrix_row *rows;
	size_t rows_n;
	struct matrix_difference *differences; /* those that are unmet somewhere first */
	size_t differences_n, unmet_n;
};

bool matrix_make(struct matrix *m, const struct run_source *v, size_t n, struct err *e) MUST_USE;
void matrix_free(struct matrix *m);

/* What a cell comes to, by its worst case. */
struct matrix_word {
	const char *symbol, *word, *css; /* "✗", "failed", "fail" */
};
const struct matrix_word *matrix_cell(const struct tally *t);
const struct matrix_word *matrix_verdict(const char *verdict); /* of a difference; NULL: not there */

struct matrix_format {
	const char *name, *file;
	bool (*render)(FILE *out, const struct matrix *m, struct err *e);
};
extern const struct matrix_format matrix_formats[]; /* ends with a NULL name */
const struct matrix_format *matrix_format_find(const char *name, struct err *e) MUST_USE;

bool matrix_write_file(const struct matrix_format *f, const char *path, const struct matrix *m,
		       struct err *e) MUST_USE; /* NULL or "-": standard output */

bool matrix_render_html(FILE *out, const struct matrix *m, struct err *e) MUST_USE;
bool matrix_render_json(FILE *out, const struct matrix *m, struct err *e) MUST_USE;
bool matrix_render_md(FILE *out, const struct matrix *m, struct err *e) MUST_USE;
bool matrix_render_text(FILE *out, const struct matrix *m, struct err *e) MUST_USE;

#endif
