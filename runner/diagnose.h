/*
 * Why a case may have failed, in words for whoever runs the target: hints, never verdicts. A packet that could not be opened is tried
 * under what people confuse (the other direction's keys, another transform of the same key length, ESN, another SPI); a missing answer is
 * held against what the target counted.
 */
#ifndef ESPY_RUNNER_DIAGNOSE_H
#define ESPY_RUNNER_DIAGNOSE_H

#include "runner/stage.h"

/* Before the first step. */
void diagnose_begin(struct stage *s);

/* The packet that decided, whose octets live as long as the stage's evidence. */
void diagnose_packet(struct stage *s, struct bytes datagram);

/* After a FAIL: fills the outcome's hints, and puts counters that moved into the evidence. */
void diagnose(struct stage *s);

#endif
