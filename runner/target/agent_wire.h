/*
 * The tester's end of what carries the agent protocol: a byte stream, or numbered chunks in Ethernet
 * frames (see agent/protocol.h). Never blocks longer than it is told. Knows nothing of the protocol's frames.
 */
#ifndef ESPY_RUNNER_TARGET_AGENT_WIRE_H
#define ESPY_RUNNER_TARGET_AGENT_WIRE_H

#include "runner/agent/buffer.h"
#include "wire/err.h"

struct agent_wire {
	int in, out;             /* the stream; may be equal */
	int frames;              /* the socket for chunks, or -1 */
	size_t chunk;            /* octets in one frame */
	uint32_t sent, received; /* chunks */
	struct buffer rx, tx;
};

bool agent_wire_open(struct agent_wire *w, int in, int out, struct err *e) MUST_USE;
bool agent_wire_move(struct agent_wire *w, int frames, size_t mtu, struct err *e) MUST_USE;

/*
 * Writes what tx holds, as far as the other side takes it, and reads into rx what has arrived. When neither
 * moved anything, waits for it, wait_ms at most. `moved` says whether an octet went either way.
 */
bool agent_wire_exchange(struct agent_wire *w, int wait_ms, bool *moved, struct err *e) MUST_USE;

int agent_wire_fd(const struct agent_wire *w);
void agent_wire_close(struct agent_wire *w);

#endif
