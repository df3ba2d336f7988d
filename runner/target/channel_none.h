/* The channel of a target that has none: nothing can be asked of it, and nothing ever comes. */
#ifndef ESPY_RUNNER_TARGET_CHANNEL_NONE_H
#define ESPY_RUNNER_TARGET_CHANNEL_NONE_H

#include "runner/target/channel.h"

/* Everything is ERR_UNSUPPORTED, and sync is done at once: for a target without an agent, or to build upon. */
extern const struct channel_ops channel_none_ops;

#endif
