/* Somebody at a terminal who types what is printed into the target. */
#ifndef ESPY_RUNNER_TARGET_TARGET_MANUAL_H
#define ESPY_RUNNER_TARGET_TARGET_MANUAL_H

#include "runner/target/target.h"

/* Puts a command behind those to be typed; the channel's next sync shows them and waits for Enter. */
void target_manual_print(struct target *t, struct bytes command);

#endif
