/*
 * A link into the reference host: a frame sent is a call, and every answer is there when it
 * returns.
 */
#include "runner/target/target_reference.h"

static bool
mem_send(struct link *l, struct bytes frame, struct err *e)
{
	struct reference_end *end = l->impl;
	host_input(end->r->host, end->link, frame, reference_now(end->r));
	return reference_sound(end->r, e);
}

static long
mem_recv(struct link *l, uint8_t *buf, size_t cap, struct err *e)
{
	struct reference_end *end = l->impl;
	struct bytes frame;
	(void)reference_now(end->r); /* a timer may send too */
	if (!reference_sound(end->r, e))
		return -1;
	if (!spool_pop(&end->r->frames[end->link], &frame))
		return 0;
	if (frame.n > cap) {
		fail(e, ERR_SHORT, "link %u: a frame of %zu octets, room for %zu", end->link + 1, frame.n, cap);
		return -1;
	}
	struct wr w = wr_of(buf, cap);
	wr_bytes(&w, frame);
	return (long)w.n;
}

static int
mem_fd(const struct link *l)
{
	(void)l;
	return -1;
}

static void
mem_close(struct link *l)
{
	l->impl = NULL;
}

static const struct link_ops mem_ops = { mem_send, mem_recv, mem_fd, mem_close };

void
link_mem_open(struct link *l, struct reference *r, unsigned n)
{
	r->end[n] = (struct reference_end){ r, n };
	l->ops = &mem_ops;
	l->impl = &r->end[n];
}
