/*
 * Where in a case's capture its configuration belongs: lines that begin with "#!" among the setkey text of sa.setkey, comments to
 * setkey(8) and instructions to `espy replay`:
 *
 *   #! frame N at US    what follows was done in front of frame N of packets.pcapng (from 1), US microseconds after the case began
 *   #! pfkey 0x..       a PF_KEY message that the case itself sent, in the target's own octets
 *   #! do WORDS [0x..]  what else it did on the target (runner/encore/do.c has the words)
 */
#ifndef ESPY_REPORTS_CASE_STEPS_H
#define ESPY_REPORTS_CASE_STEPS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct case_steps {
	unsigned frames, marked; /* seen so far; the frame of the last marker, 0: none yet */
	bool has_setup;
	long setup_socket; /* by which setkey text goes in: its messages are not the case's own */
};

/* For each exhibit of the case in order, before anything else is written of it; starts from zero. */
void case_steps_put(FILE *out, struct case_steps *s, const json_t *exhibit);

#endif
