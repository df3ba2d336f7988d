/* Commands that repeat what a journal tells of, as a shell reads them: for terminals and pages alike. */
#ifndef ESPY_REPORTS_REPEAT_H
#define ESPY_REPORTS_REPEAT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "reports/journal.h"

/* As one word for a POSIX shell: in single quotes where it needs them. */
void repeat_word(FILE *out, const char *text);
/* All its words, as they were typed. */
void repeat_command_line(FILE *out, const json_t *argv);
/* Whether it is a capture that was sent again: then there is no case of a suite to run or to explain. */
bool repeat_is_replay(const struct run_record *r);
/* Of a replay its own command line. Else "espy run ID -t TARGET --seed N", with the suites and the manager of that run. id: a case's, with or without its parameters. */
void repeat_run(FILE *out, const struct run_record *r, const json_t *event, const char *id);
/* "espy explain ID" */
void repeat_explain(FILE *out, const struct run_record *r, const json_t *event);

#endif
