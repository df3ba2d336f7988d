/* Where the project's data are: suites, vectors. */
#ifndef ESPY_RUNNER_PATHS_H
#define ESPY_RUNNER_PATHS_H

#include <stddef.h>

#include "wire/err.h"

/*
 * Finds the folder `what` ("suites"): what the environment variable `env` says, ../share/espy/what beside the executable's folder (an
 * installation, wherever it was put), ./what, ../what (a build tree), or the DATADIR of the build. A variable that is set and wrong is an
 * error, not passed over.
 */
bool paths_find(char *out, size_t cap, const char *what, const char *env, struct err *e) MUST_USE;

/* The folder of the program itself; false, and "", where that cannot be known. */
bool paths_own_folder(char *out, size_t cap);

#endif
