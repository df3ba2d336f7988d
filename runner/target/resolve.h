/* Which station has the target's address on a link: asked by ARP and Neighbor Discovery, as any host would. */
#ifndef ESPY_RUNNER_TARGET_RESOLVE_H
#define ESPY_RUNNER_TARGET_RESOLVE_H

#include "runner/target/target.h"

/* Fills l->target_mac from the first answer, asking again and again for ms. ERR_DEAD, naming `what` and the addresses: nobody answers. */
bool resolve_target(struct link *l, const struct target_net *net, const char *what, unsigned ms,
		    struct err *e) MUST_USE;

#endif
