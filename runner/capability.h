/*
 * What a target can do: asked by SADB_REGISTER and, where one PF_KEY number stands for two truncations, by an exchange. A case
 * that the target cannot be asked is SKIP with the reason the target gave.
 */
#ifndef ESPY_RUNNER_CAPABILITY_H
#define ESPY_RUNNER_CAPABILITY_H

#include "runner/engine.h"

/* Fills g->caps. */
bool capability_probe(struct engine *g, struct err *e) MUST_USE;

/* Whether the target can be asked this case; else why has the reason. */
bool capability_allows(const struct engine *g, const struct plan_item *item, char *why, size_t cap);

#endif
