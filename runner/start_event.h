/* What the `start` event of a journal (reports/journal.h) says of any run, be it of suites or of a capture. */
#ifndef ESPY_RUNNER_START_EVENT_H
#define ESPY_RUNNER_START_EVENT_H

#include <jansson.h>

#include "runner/engine.h"

/* Its member "target": also by whose dialect and in which byte order the octets of PF_KEY are to be read. */
json_t *start_event_target(const struct engine *g);

/* Without what only one kind of run has; the time is now. Takes `target` over. */
json_t *start_event(int argc, char *const *argv, uint64_t seed, json_t *target);

#endif
