/* Cases that ran several times (espy run --repeat) and did not always end alike. */
#ifndef ESPY_REPORTS_COMPARE_FLAKY_H
#define ESPY_REPORTS_COMPARE_FLAKY_H

#include "reports/journal.h"

/* "Flaky: not met in 3 of 20 runs: FULL_ID: why", a line each. Nothing where every case ended alike. */
void flaky_print(FILE *out, const struct run_record *r);

#endif
