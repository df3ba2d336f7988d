/*
 * A queue of records of any length in one piece of memory: frames and events wait here between the
 * host that makes them and the tester that asks. It grows to what was ever waiting and is not given
 * back, so a run allocates a few times at its beginning.
 */
#ifndef ESPY_RUNNER_OBSERVE_SPOOL_H
#define ESPY_RUNNER_OBSERVE_SPOOL_H

#include "wire/cursor.h"

struct spool {
	uint8_t *p;
	size_t cap, head, tail;
};

/*
 * Appends one record of two parts (the first may be empty). False: no memory; nothing was appended.
 */
bool spool_push(struct spool *s, struct bytes first, struct bytes rest);

/* Takes the oldest record off. It is valid until the next push. False: there is none. */
bool spool_pop(struct spool *s, struct bytes *record);

void spool_free(struct spool *s); /* safe twice */

#endif
