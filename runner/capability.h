/*
 * What a target can do: asked by SADB_REGISTER and, where one PF_KEY number stands for two truncations, by an exchange; what only XFRM
 * netlink can say, by a trial SA. A case that the target cannot be asked is SKIP with the reason the target gave.
 */
#ifndef ESPY_RUNNER_CAPABILITY_H
#define ESPY_RUNNER_CAPABILITY_H

#include "runner/engine.h"

/* Fills g->caps. */
bool capability_probe(struct engine *g, struct err *e) MUST_USE;

/* Whether g->fallback may configure this case: not one that speaks PF_KEY itself, its messages are about the SAs of the case. */
bool capability_falls_back(const struct engine *g, const struct plan_item *item);

/* Whether the target can be asked this case; else why has the reason. May try what it has not tried yet. */
bool capability_allows(struct engine *g, const struct plan_item *item, char *why, size_t cap);

#endif
