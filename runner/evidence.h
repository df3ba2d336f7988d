/*
 * What happened in one case, in order: frames with their time, PF_KEY messages, the SAs and policies configured, counters.
 * It becomes the `case` event of the journal.
 */
#ifndef ESPY_RUNNER_EVIDENCE_H
#define ESPY_RUNNER_EVIDENCE_H

#include "runner/arena.h"
#include "wire/cursor.h"

enum evidence_kind {
	EV_FRAME_OUT,
	EV_FRAME_IN,
	EV_PFKEY_OUT,
	EV_PFKEY_IN,
	EV_SETKEY,
	EV_APP,
	EV_COUNTER,
	EV_NOTE,
	EV_XFRM_OUT,
	EV_XFRM_IN,
	EV_AUDIT,    /* a record of the target's audit log */
	EV_SENTINEL, /* it came back, or what stands in for it: everything sent before has been dealt with */
	EV_DO        /* what the case did on the target by its channel, so that it can be done again: encore/do.c */
};

struct exhibit {
	uint8_t kind;        /* enum evidence_kind */
	uint64_t t_ns;       /* since the case began */
	unsigned line;       /* of the step */
	unsigned link;       /* frames: 1 or 2; PF_KEY, XFRM: socket handle */
	struct bytes octets; /* frame or message */
	const char *text;    /* what it says, for people; setkey text with keys; "counter: before -> after" */
	struct exhibit *next;
};

struct evidence {
	struct arena arena;
	uint64_t began_ns;
	struct exhibit *first, *last;
};

uint64_t clock_ns(void); /* monotonic */
void evidence_reset(struct evidence *v);
void evidence_free(struct evidence *v);
/* Copies octets and text. */
struct exhibit *evidence_add(struct evidence *v, uint8_t kind, unsigned line, unsigned link, struct bytes octets,
			     const char *text);

#endif
