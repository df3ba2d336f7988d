/* Frames of the agent protocol, put into and taken out of a run of octets. */
#ifndef ESPY_AGENT_FRAME_H
#define ESPY_AGENT_FRAME_H

#include "runner/agent/buffer.h"
#include "runner/agent/protocol.h"

struct frame {
	uint8_t op, tag;
	uint16_t handle;
	struct bytes body; /* borrowed from the run it was taken from */
};

enum frame_found { FRAME_WHOLE, FRAME_PARTIAL, FRAME_BAD };

/* The frame at the front of `held`, and how many octets of `held` it takes up. */
static inline enum frame_found
frame_take(struct bytes held, struct frame *f, size_t *used)
{
	struct rd r = rd_of(held);
	size_t length = (size_t)rd_uint(&r, 4);
	if (r.bad)
		return FRAME_PARTIAL;
	if (length < AGENT_LENGTH_MIN || length > AGENT_LENGTH_MAX)
		return FRAME_BAD;
	struct rd in = rd_sub(&r, length);
	if (r.bad)
		return FRAME_PARTIAL;
	f->op = (uint8_t)rd_uint(&in, 1);
	f->tag = (uint8_t)rd_uint(&in, 1);
	f->handle = (uint16_t)rd_uint(&in, 2);
	f->body = rd_rest(&in);
	*used = r.at;
	return FRAME_WHOLE;
}

/* Appends a frame whose body is first and then second. False without memory. */
static inline bool
frame_put(struct buffer *to, struct frame f, struct bytes first, struct bytes second)
{
	size_t length = AGENT_HEAD + first.n + second.n;
	uint8_t *at = buffer_room(to, 4 + length);
	if (at == NULL)
		return false;
	struct wr w = wr_of(at, 4 + length);
	wr_uint(&w, length, 4);
	wr_uint(&w, f.op, 1);
	wr_uint(&w, f.tag, 1);
	wr_uint(&w, f.handle, 2);
	wr_bytes(&w, first);
	wr_bytes(&w, second);
	buffer_added(to, w.n);
	return !w.full;
}

#endif
