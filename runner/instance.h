/* A target that is up, with an engine on it: what a worker has, and whoever asks a target something without a run. */
#ifndef ESPY_RUNNER_INSTANCE_H
#define ESPY_RUNNER_INSTANCE_H

#include "runner/engine.h"

struct instance_wish {
	const char *target;                 /* text of -t */
	const struct target_wishes *wishes; /* NULL: none */
	enum manager_wish manager;
	const char *dir; /* where consoles of kernels go, or NULL */
	unsigned worker;
	uint64_t seed;
};

struct instance {
	struct target target;
	struct engine engine;
	struct random source;
	struct random_pool pool;
	bool up;
};

/* Boots the target and asks it for its capabilities. To be closed after success. */
bool instance_open(struct instance *x, const struct instance_wish *w, struct err *e) MUST_USE;
void instance_close(struct instance *x); /* safe twice */

#endif
