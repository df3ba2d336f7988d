/* What a target says outside of its channel: a log in the run directory, whose end explains why it is gone. */
#ifndef ESPY_RUNNER_TARGET_CONSOLE_H
#define ESPY_RUNNER_TARGET_CONSOLE_H

#include "runner/target/target.h"

/* In the run directory, or in memory when there is none. -1 with e filled. */
int console_open(const struct target_options *o, struct err *e);

/* Its last words, on one line; "(empty)" for none. */
void console_tail(int console, char *text, size_t cap);

#endif
