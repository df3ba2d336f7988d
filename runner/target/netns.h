/* Going into a network namespace of ip-netns(8) and coming back: what is opened in between stays there. */
#ifndef ESPY_RUNNER_TARGET_NETNS_H
#define ESPY_RUNNER_TARGET_NETNS_H

#include "wire/err.h"

/* Moves the calling thread. *home is where netns_leave goes back to. */
bool netns_enter(const char *name, int *home, struct err *e) MUST_USE;
/* Closes home. */
bool netns_leave(int home, struct err *e) MUST_USE;

#endif
