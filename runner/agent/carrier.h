/*
 * What carries the protocol's octets: a byte stream (pipe, serial line, ssh), or after MOVE numbered
 * chunks in Ethernet frames of an interface nobody else uses, which are many times faster than an
 * emulated serial line. Knows nothing of frames of the protocol.
 */
#ifndef ESPY_AGENT_CARRIER_H
#define ESPY_AGENT_CARRIER_H

#include "runner/agent/buffer.h"

struct carrier {
	int in, out; /* the stream */
	int packet;  /* the packet socket, or -1 */
	unsigned ifindex;
	size_t chunk; /* octets that fit in one frame */
	uint32_t sent, received;
};

enum carrier_state { CARRIER_MORE, CARRIER_IDLE, CARRIER_END };

void carrier_open(struct carrier *c, int in, int out);
/* 0, or the errno that says why the interface cannot carry. */
int carrier_move(struct carrier *c, const char *interface);
/* Appends what has arrived. May block when poll() did not say there is something. */
enum carrier_state carrier_read(struct carrier *c, struct buffer *to);
bool carrier_write(struct carrier *c, struct bytes octets);
int carrier_fd(const struct carrier *c);

#endif
