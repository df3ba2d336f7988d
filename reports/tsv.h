/* A list as a file of lines with tabs: the first line names the columns, no cell is empty. */
#ifndef ESPY_REPORTS_TSV_H
#define ESPY_REPORTS_TSV_H

#include <stdbool.h>
#include <stddef.h>

#include "wire/err.h"

#define TSV_COLUMNS 6

struct tsv_row {
	const char *cell[TSV_COLUMNS];
};

struct tsv {
	char *text; /* the file, cut into cells */
	struct tsv_row *v;
	size_t n, cap;
};

/* header: what the columns are called, NULL behind the last. Errors name file and line; then there is nothing to free. */
bool tsv_read(struct tsv *t, const char *path, const char *const header[TSV_COLUMNS], struct err *e) MUST_USE;
void tsv_free(struct tsv *t);

#endif
