/* `espy vectors`: runs vector files through the reference and counts. */
#ifndef ESPY_RUNNER_VECTORS_H
#define ESPY_RUNNER_VECTORS_H

#include <stdio.h>

#include "wire/err.h"

struct vectors_tally {
	unsigned passed, failed, skipped;
};

/* One file: a line to out per vector that failed or was skipped (verbose: per vector). False if it cannot be
 * read. */
bool vectors_run_file(const char *path, bool verbose, FILE *out, struct vectors_tally *t, struct err *e) MUST_USE;

/* The folder of vectors: $ESPY_VECTORS, ./vectors, or beside the executable; false if there is none. */
bool vectors_folder(char *path, size_t cap);

#endif
