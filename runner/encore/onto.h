/*
 * A capture's frames onto an interface, as they are and as fast as the kernel takes them: batches of sendmmsg(2) behind
 * PACKET_QDISC_BYPASS. There is no target and nothing is looked at.
 */
#ifndef ESPY_RUNNER_ENCORE_ONTO_H
#define ESPY_RUNNER_ENCORE_ONTO_H

#include <stdbool.h>

#include "wire/err.h"

struct onto_wish {
	const char *path, *interface;
	unsigned long loop;
	bool recorded; /* with the capture's pauses */
	bool quiet;
	const volatile int *stop;
};

/* Prints what it sent. 0, or the exit status with e: 2 the capture, 3 the interface. */
int encore_onto(const struct onto_wish *w, struct err *e);

#endif
