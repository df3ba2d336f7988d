/* A suite file as its author wrote it: the lines of one case or setup, for people. */
#ifndef ESPY_RUNNER_SUITE_SOURCE_H
#define ESPY_RUNNER_SUITE_SOURCE_H

#include <stdio.h>

#include "runner/suite.h"

struct source {
	char *text;  /* the lines, each ended by 0 */
	char **line; /* line[0] is the file's first */
	unsigned n;
};

/* A whole file; free *text, also after a failure. */
bool source_read(const char *file, char **text, size_t *n, struct err *e) MUST_USE;

bool source_open(struct source *s, const char *file, struct err *e) MUST_USE;
void source_close(struct source *s);

/* From this line (1 is the first) to the brace that closes it at the start of a line, or to the next case. */
void source_print(const struct source *s, unsigned from, FILE *out);
/* The line on which a setup of this name begins, 0 if there is none. */
unsigned source_find_setup(const struct source *s, const char *name);

#endif
