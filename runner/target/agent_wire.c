#include "runner/target/agent_wire.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runner/agent/protocol.h"

#define READ_AT_ONCE 65536
#define FRAMES_AT_ONCE 16

static bool
set_nonblocking(int fd, struct err *e)
{
	int flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
		return fail_errno(e, "agent: descriptor %d", fd);
	return true;
}

bool
agent_wire_open(struct agent_wire *w, int in, int out, struct err *e)
{
	*w = (struct agent_wire){ .in = in, .out = out, .frames = -1 };
	return set_nonblocking(in, e) && set_nonblocking(out, e);
}

bool
agent_wire_move(struct agent_wire *w, int frames, size_t mtu, struct err *e)
{
	if (!set_nonblocking(frames, e))
		return false;
	w->frames = frames;
	w->chunk = mtu - AGENT_CHUNK_HEAD;
	w->sent = w->received = 0;
	return true;
}

int
agent_wire_fd(const struct agent_wire *w)
{
	return w->frames >= 0 ? w->frames : w->in;
}

void
agent_wire_close(struct agent_wire *w)
{
	close(w->in);
	if (w->out != w->in)
		close(w->out);
	buffer_free(&w->rx);
	buffer_free(&w->tx);
}

static bool
would_block(void)
{
	return errno == EAGAIN || errno == EINTR;
}

static bool
gone(struct err *e)
{
	return fail(e, ERR_DEAD, "espy-agent closed the connection");
}

/* send() where it is a socket, so that a closed one is an errno and not a signal. */
static ssize_t
write_quietly(int fd, struct bytes b)
{
	ssize_t n = send(fd, b.p, b.n, MSG_NOSIGNAL);
	return n < 0 && errno == ENOTSOCK ? write(fd, b.p, b.n) : n;
}

static bool
stream_write(struct agent_wire *w, bool *moved, struct err *e)
{
	ssize_t n = write_quietly(w->out, buffer_held(&w->tx));
	if (n < 0 && would_block())
		return true;
	if (n <= 0)
		return gone(e);
	buffer_drop(&w->tx, (size_t)n);
	*moved = true;
	return true;
}

static bool
frames_write(struct agent_wire *w, bool *moved, struct err *e)
{
	static const uint8_t ends[12] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02, 0, 0, 0, 0, 0x02 };
	uint8_t frame[2048];
	while (buffer_size(&w->tx) > 0) {
		struct bytes octets = bytes_slice(buffer_held(&w->tx), 0, w->chunk);
		struct wr out = wr_of(frame, sizeof frame);
		wr_bytes(&out, BYTES_OF(ends));
		wr_uint(&out, AGENT_ETHERTYPE, 2);
		wr_uint(&out, w->sent, 4);
		wr_uint(&out, octets.n, 2);
		wr_bytes(&out, octets);
		if (send(w->frames, frame, out.n, MSG_NOSIGNAL) < 0)
			return would_block() || gone(e);
		buffer_drop(&w->tx, octets.n);
		w->sent++;
		*moved = true;
	}
	return true;
}

static bool
stream_read(struct agent_wire *w, bool *moved, struct err *e)
{
	uint8_t *at = buffer_room(&w->rx, READ_AT_ONCE);
	if (at == NULL)
		return fail_errno(e, "agent: receiving");
	ssize_t n = read(w->in, at, READ_AT_ONCE);
	if (n < 0 && would_block())
		return true;
	if (n <= 0)
		return gone(e);
	buffer_added(&w->rx, (size_t)n);
	*moved = true;
	return true;
}

/* Frames of other ethertypes are the target's own noise on this wire, and not ours to judge. */
static bool
chunk_take(struct agent_wire *w, struct bytes frame, struct err *e)
{
	struct rd r = rd_of(frame);
	rd_skip(&r, 12);
	if (rd_uint(&r, 2) != AGENT_ETHERTYPE)
		return true;
	uint32_t number = (uint32_t)rd_uint(&r, 4);
	struct bytes octets = rd_take(&r, (size_t)rd_uint(&r, 2));
	if (r.bad)
		return fail(e, ERR_DEAD, "espy-agent: a chunk of %zu octets ended early", frame.n);
	if (number != w->received)
		return fail(e, ERR_DEAD, "espy-agent: chunk want %u, got %u: a frame was lost", (unsigned)w->received,
			    (unsigned)number);
	w->received++;
	return buffer_add(&w->rx, octets) || fail_errno(e, "agent: receiving");
}

static bool
frames_read(struct agent_wire *w, bool *moved, struct err *e)
{
	uint8_t frame[2048];
	for (unsigned i = 0; i < FRAMES_AT_ONCE; i++) {
		ssize_t n = recv(w->frames, frame, sizeof frame, 0);
		if (n < 0 && would_block())
			return true;
		if (n <= 0)
			return gone(e);
		*moved = true;
		if (!chunk_take(w, (struct bytes){ frame, (size_t)n }, e))
			return false;
	}
	return true;
}

static bool
move_octets(struct agent_wire *w, bool *moved, struct err *e)
{
	bool framed = w->frames >= 0, more;
	bool (*const reads)(struct agent_wire *, bool *, struct err *) = framed ? frames_read : stream_read;
	if (buffer_size(&w->tx) == 0 || (framed ? frames_write(w, moved, e) : stream_write(w, moved, e)))
		return reads(w, moved, e);
	/* It takes nothing any more; what it said before is still to be heard. */
	do
		more = false;
	while (reads(w, &more, NULL) && more);
	return false;
}

bool
agent_wire_exchange(struct agent_wire *w, int wait_ms, bool *moved, struct err *e)
{
	*moved = false;
	if (!move_octets(w, moved, e))
		return false;
	if (*moved || wait_ms == 0)
		return true;
	short unsent = buffer_size(&w->tx) > 0 ? POLLOUT : 0;
	struct pollfd p[2] = { { .fd = agent_wire_fd(w), .events = POLLIN } };
	p[1] = (struct pollfd){ .fd = unsent ? w->frames >= 0 ? w->frames : w->out : -1, .events = unsent };
	if (poll(p, 2, wait_ms) < 0 && errno != EINTR)
		return fail_errno(e, "agent: waiting");
	return move_octets(w, moved, e);
}
