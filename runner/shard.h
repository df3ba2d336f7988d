/*
 * `espy run --shard I/N`: every Nth case of the plan, so that N machines share a run and each has some of every suite. What makes a
 * shard is the plan alone: the same suites, selectors and N give the same shards everywhere.
 */
#ifndef ESPY_RUNNER_SHARD_H
#define ESPY_RUNNER_SHARD_H

#include <jansson.h>

#include "runner/plan.h"

struct shard {
	unsigned index, of; /* from 1; of 0: the whole plan */
	unsigned cases;     /* of the whole plan */
	uint64_t plan;      /* its digest: shards of one run agree on it */
};

/* "2/4" */
bool shard_parse(const char *text, struct shard *s, struct err *e) MUST_USE;
/* Leaves only the shard's cases in the plan, in their order. */
void shard_take(struct shard *s, struct plan *p);
/* {"index":2,"of":4,"cases":6855,"plan":"91a4f.."} for the start event; NULL of the whole plan. */
json_t *shard_json(const struct shard *s);

#endif
