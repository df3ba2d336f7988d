/* Where the project's data are: suites, vectors. */
#ifndef ESPY_RUNNER_PATHS_H
#define ESPY_RUNNER_PATHS_H

#include <stddef.h>

#include "wire/err.h"

/*
 * Finds the folder `what` ("suites"): what the environment variable `env` says, ./what, ../what and ../share/espy/what beside the
 * executable, or the place of installation. A variable that is set and wrong is an error, not passed over.
 */
bool paths_find(char *out, size_t cap, const char *what, const char *env, struct err *e) MUST_USE;

#endif
