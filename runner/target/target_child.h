/* What the drivers have in common whose target, or its agent, is a process of ours that speaks the agent protocol. */
#ifndef ESPY_RUNNER_TARGET_TARGET_CHILD_H
#define ESPY_RUNNER_TARGET_TARGET_CHILD_H

#include "runner/target/process.h"
#include "runner/target/target.h"

struct child {
	struct process process;
	const char *what; /* "the agent", "the target": of errors */
	int console;      /* -1: its words are on our standard error */
	bool stays;       /* it does not go when its standard input ends, and is told to */
};

/* All parts of a target that it does not have yet: the struct child is its impl. */
bool child_target_new(struct target *t, const char *driver, const char *what, struct err *e) MUST_USE;

/* Starts the process, waits for its hello and takes over what that says: t->channel, os, release, profile. */
bool child_say_hello(struct target *t, const struct process_setup *s, unsigned timeout_ms, struct err *e) MUST_USE;

/* The target has no agent. */
void child_without(struct target *t);

/* The addresses of link `link` (from 0), and who has the target's; the link must be open. */
bool child_find_station(struct target *t, const struct target_options *o, unsigned link, const char *name, unsigned ms,
			struct err *e) MUST_USE;

/* target_raw.c: links on interfaces of this namespace, "eth1" or "eth1,eth2"; who answers there is not asked yet. */
bool raw_links_open(struct target *t, const char *interfaces, struct err *e) MUST_USE;
bool raw_stations_find(struct target *t, const struct target_options *o, const char *interfaces,
		       struct err *e) MUST_USE;

#endif
