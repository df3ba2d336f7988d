/*
 * A child process that belongs to a target: an agent, or a whole stack. Its standard input and output are one end of a stream socket,
 * ours is the other. It gets a closed stream when we are done with it, a moment to go, and then a signal; it does not outlive us.
 */
#ifndef ESPY_RUNNER_TARGET_PROCESS_H
#define ESPY_RUNNER_TARGET_PROCESS_H

#include <sys/types.h>

#include "wire/err.h"

#define PROCESS_VARIABLES 4
#define PROCESS_LENT 2

struct process_setup {
	const char *command; /* for sh -c; */
	const char *program; /* or the path of one program, without arguments */
	const char *netns;   /* where it runs, a name of ip-netns(8); NULL: here */
	int console; /* what it says on its standard error goes there; -1: to ours, with `prefix` ahead of each line */
	const char *prefix;
	int lent[PROCESS_LENT]; /* descriptors it inherits, as 3, 4, ..; -1 ends */
	struct {
		const char *name, *value;
	} variable[PROCESS_VARIABLES]; /* of its environment; a NULL name ends */
};

struct process {
	pid_t pid;       /* 0: none, or reaped */
	pid_t forwarder; /* of its standard error; 0: none */
	int status;      /* as of waitpid(2), once reaped */
	bool ended;
};

/* *stream is our end of its input and output, for the caller to close. */
bool process_start(struct process *p, const struct process_setup *s, int *stream, struct err *e) MUST_USE;

/* Whether it has ended by itself, within ms; then `how` says so: "ended with exit status 3", "was killed by signal 11 (..)". */
bool process_has_ended(struct process *p, unsigned ms, char *how, size_t cap);

/* After its stream was closed: waits a little, then insists. Safe twice. */
void process_stop(struct process *p);

#endif
