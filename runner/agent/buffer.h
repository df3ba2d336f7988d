/*
 * A growing run of octets: appended at the end, consumed at the front. What it holds is read and written
 * through the cursors of wire/cursor.h.
 */
#ifndef ESPY_AGENT_BUFFER_H
#define ESPY_AGENT_BUFFER_H

#include <stdlib.h>

#include "wire/cursor.h"

struct buffer {
	uint8_t *p;
	size_t from, to, cap;
};

static inline struct bytes
buffer_held(const struct buffer *b)
{
	return (struct bytes){ b->p + b->from, b->to - b->from };
}

static inline size_t
buffer_size(const struct buffer *b)
{
	return b->to - b->from;
}

/* Room for n more octets at the end, not yet counted as held; NULL without memory. */
static inline uint8_t *
buffer_room(struct buffer *b, size_t n)
{
	if (b->from == b->to)
		b->from = b->to = 0;
	if (b->cap - b->to >= n)
		return b->p + b->to;
	if (b->from > 0) {
		memmove(b->p, b->p + b->from, b->to - b->from);
		b->to -= b->from;
		b->from = 0;
	}
	if (b->cap - b->to < n) {
		size_t cap = b->cap ? b->cap : 4096;
		while (cap - b->to < n)
			cap *= 2;
		uint8_t *p = realloc(b->p, cap);
		if (p == NULL)
			return NULL;
		b->p = p;
		b->cap = cap;
	}
	return b->p + b->to;
}

static inline void
buffer_added(struct buffer *b, size_t n)
{
	b->to += n;
}

static inline bool
buffer_add(struct buffer *b, struct bytes more)
{
	uint8_t *at = buffer_room(b, more.n);
	if (at == NULL)
		return false;
	struct wr w = wr_of(at, more.n);
	wr_bytes(&w, more);
	buffer_added(b, more.n);
	return true;
}

static inline void
buffer_drop(struct buffer *b, size_t n)
{
	b->from += n;
}

static inline void
buffer_free(struct buffer *b)
{
	free(b->p);
	*b = (struct buffer){ NULL, 0, 0, 0 };
}

#endif
