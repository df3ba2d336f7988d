/*
 * Frames of a capture judged by several threads, each with SAs of its own, and given back in the order of the capture. What depends on
 * its order (fragments, extended sequence numbers, AH) is marked serial and left to whoever takes the batch.
 */
#ifndef ESPY_RUNNER_OBSERVE_CHECK_POOL_H
#define ESPY_RUNNER_OBSERVE_CHECK_POOL_H

#include "runner/observe/capture.h"
#include "runner/observe/passive.h"

#define BATCH_FRAMES 256

struct batch {
	unsigned n;
	struct batch_frame {
		struct frame frame; /* its octets are the batch's */
		bool serial;
		struct passive_verdict verdict; /* unless serial */
	} frame[BATCH_FRAMES];
	struct wr octets, inner;
	bool done;
	struct batch *next;
};

struct pool;

/* Takes over `n` judges, one for each thread; n may be 0: then everything must be serial. */
struct pool *pool_new(struct passive *const *judges, unsigned n, struct err *e);
void pool_free(struct pool *p); /* NULL allowed */

/* A batch to fill; NULL while all are under way: take one first. */
struct batch *pool_empty(struct pool *p);
/* False: the batch has no room for this frame. */
bool batch_add(struct batch *b, const struct frame *f, bool serial);
void pool_submit(struct pool *p, struct batch *b);
/* The oldest batch submitted, once it is judged; NULL: none is under way. Give it back when it has been read. */
struct batch *pool_take(struct pool *p);
void pool_give_back(struct pool *p, struct batch *b);

#endif
