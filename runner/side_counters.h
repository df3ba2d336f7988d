/*
 * What a target counts of the packets it refuses, before a case and when it has failed: side evidence, never a verdict. What moved says
 * which check of RFC 4301 5.2 a packet did not pass.
 */
#ifndef ESPY_RUNNER_SIDE_COUNTERS_H
#define ESPY_RUNNER_SIDE_COUNTERS_H

#include "runner/target/channel.h"

#define SIDE_COUNTERS_MAX 4096

struct side_counters {
	bool known;                   /* this target has some, and they could be read */
	char text[SIDE_COUNTERS_MAX]; /* "name number" a line */
};

/* False only where the channel is dead (ERR_DEAD). */
bool side_counters_read(struct side_counters *s, struct channel *c, struct err *e) MUST_USE;

/*
 * The next counter that is higher in `now`: its line's name in name, how much higher in *by. *at is NULL to begin with. False behind the
 * last.
 */
bool side_counters_moved(const struct side_counters *before, const struct side_counters *now, const char **at,
			 char *name, size_t cap, unsigned long long *by);

/* What it means for a packet that a counter of this name has counted it, in our words; NULL: not known. */
const char *side_counters_meaning(const char *name);

#endif
