/* Commands that repeat what a journal tells of, as a shell reads them: for terminals and pages alike. */
#ifndef ESPY_REPORTS_REPEAT_H
#define ESPY_REPORTS_REPEAT_H

#include <jansson.h>
#include <stdio.h>

#include "reports/journal.h"

/* As one word for a POSIX shell: in single quotes where it needs them. */
void repeat_word(FILE *out, const char *text);
/* "espy run ID -t TARGET --seed N", with the suites and the manager of that run. id: a case's, with or without its parameters. */
void repeat_run(FILE *out, const struct run_record *r, const json_t *event, const char *id);
/* "espy explain ID" */
void repeat_explain(FILE *out, const struct run_record *r, const json_t *event);

#endif
