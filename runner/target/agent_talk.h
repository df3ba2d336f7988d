/*
 * A conversation with espy-agent: requests are numbered, sent in order and may be pipelined; replies come in
 * order; events are queued as they come. Knows frames and patience, not what the operations mean.
 */
#ifndef ESPY_RUNNER_TARGET_AGENT_TALK_H
#define ESPY_RUNNER_TARGET_AGENT_TALK_H

#include "runner/agent/frame.h"
#include "runner/target/agent_wire.h"

#define ASKED_MAX 128 /* requests without a reply yet; less than tags, and a power of two */

struct asked {
	uint8_t tag;
	/* nobody waits for this reply: an error in it comes from the next sync */
	bool late;
	char what[96];
};

struct agent_talk {
	struct agent_wire wire;
	unsigned timeout_ms; /* patience with a far side that moves nothing */
	struct asked asked[ASKED_MAX];
	unsigned n_asked, n_answered; /* ever; their difference is outstanding */
	size_t in_flight;
	struct buffer queue, reply; /* events; the body of the last reply somebody waits for */
	size_t taken;               /* octets at the front of the queue lent by agent_talk_event */
	struct err refused, late;   /* of what is waited for; of the rest */
	struct err dead;            /* once set, every call fails with it */
};

struct agent_request {
	enum agent_op op;
	int sock; /* 0: about none */
	bool late;
	struct bytes head, tail; /* the body in two parts */
};

struct agent_event {
	int sock;
	uint64_t when_ns;
	struct bytes body; /* valid until the next call */
};

/* Waits for the hello, which is then the reply. Owns in and out, also on failure. */
bool agent_talk_open(struct agent_talk *a, int in, int out, unsigned timeout_ms, struct err *e) MUST_USE;
void agent_talk_close(struct agent_talk *a);

/* Puts a request behind those not yet sent; the text says, for an error, what it asks to do. */
bool agent_talk_ask(struct agent_talk *a, struct agent_request r, struct err *e, const char *fmt, ...)
	PRINTF(4, 5) MUST_USE;
/* Waits until everything asked is answered. Fails with the first refusal of a request that was not late. */
bool agent_talk_answered(struct agent_talk *a, struct err *e) MUST_USE;
/* True when no late request was refused since the last call. */
bool agent_talk_late(struct agent_talk *a, struct err *e) MUST_USE;
/* Sends and receives what can be without waiting. */
bool agent_talk_turn(struct agent_talk *a, struct err *e);
/* The oldest event, taken off the queue. Never blocks; false with ERR_NONE: there is none. */
bool agent_talk_event(struct agent_talk *a, struct agent_event *ev, struct err *e);

#endif
