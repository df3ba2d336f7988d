/* What has to change in a baseline to be true of a run: which lines go, which come. Comments and reasons of what stays stay. */
#ifndef ESPY_REPORTS_COMPARE_BASELINE_EDIT_H
#define ESPY_REPORTS_COMPARE_BASELINE_EDIT_H

#include "reports/compare/baseline.h"

struct baseline_insert {
	size_t before; /* index of a line; n: at the end */
	char *pattern, *why;
};

struct baseline_edit {
	bool *drop; /* by line */
	struct baseline_insert *in;
	size_t in_n, in_cap, dropped;
};

/*
 * Entries that no longer fail go, if the run had all of their combinations (reach: how many there are, by line); cases that fail and
 * have no entry come, by id, or by full id where other combinations of it have entries.
 */
bool baseline_edit_make(struct baseline_edit *x, const struct baseline *b, const json_t *cases, const unsigned *reach,
			struct err *e) MUST_USE;
void baseline_edit_free(struct baseline_edit *x);

/* "- FILE:12: id: no longer fails" and "+ id: why it fails". */
void baseline_edit_print(FILE *out, const struct baseline *b, const struct baseline_edit *x);
/* The whole new text. A comment goes with the last of its entries; what comes has a reason that is still wanted. */
void baseline_edit_write(FILE *out, const struct baseline *b, const struct baseline_edit *x);

#endif
