#include "runner/agent/serve.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "runner/agent/carrier.h"
#include "runner/agent/frame.h"
#include "runner/agent/lent.h"

#define OUT_ENOUGH (256u << 10) /* send before the batch is done: keeps memory bounded */

struct agent {
	struct carrier carrier;
	struct lending lent;
	struct buffer in, out, replies;
	struct carrier next; /* made by MOVE; takes effect behind its reply */
	bool moving;
	bool shutdown;
};

static bool
reply_put(struct agent *a, const struct frame *f, int error, struct bytes body)
{
	uint8_t status[4];
	struct wr w = wr_of(status, sizeof status);
	wr_uint(&w, (uint64_t)error, 4);
	if (error != 0) {
		const char *why = strerror(error);
		body = (struct bytes){ (const uint8_t *)why, strlen(why) };
	}
	struct frame r = { (uint8_t)(f->op | AGENT_REPLY), f->tag, f->handle, BYTES_NONE };
	return frame_put(&a->replies, r, wr_done(&w), body);
}

static unsigned
features(void)
{
	unsigned has = AGENT_HAS_SOCKETS | AGENT_HAS_FILES;
	struct lending try = { .n = 0 };
	if (lent_open(&try, 0, AGENT_KEY, 0, 0) == 0)
		has |= AGENT_HAS_PFKEY;
	if (lent_open(&try, 1, AGENT_NETLINK, 6, 0) == 0)
		has |= AGENT_HAS_NETLINK;
	lent_close_all(&try);
	if (lent_has_users())
		has |= AGENT_HAS_USERS;
#ifdef __linux__
	has |= AGENT_HAS_MOVE;
#endif
	return has;
}

static void
wr_name(struct wr *w, const char *name, bool lower)
{
	size_t n = strnlen(name, 255);
	wr_uint(w, n, 1);
	for (size_t i = 0; i < n; i++)
		wr_uint(w, (uint64_t)(lower ? tolower((unsigned char)name[i]) : (unsigned char)name[i]), 1);
}

static bool
is_big_endian(void)
{
	const uint16_t probe = 0x0102;
	struct rd r = rd_of((struct bytes){ (const uint8_t *)&probe, 2 });
	return rd_uint(&r, 1) == 1;
}

static int
do_hello(struct wr *body)
{
	struct utsname u;
	if (uname(&u) < 0)
		return errno;
	wr_bytes(body, (struct bytes){ (const uint8_t *)AGENT_MAGIC, 4 });
	wr_uint(body, AGENT_VERSION, 2);
	wr_uint(body, is_big_endian() ? AGENT_BIG : AGENT_LITTLE, 1);
	wr_uint(body, sizeof(long) * 8, 1);
	wr_uint(body, features(), 4);
	wr_name(body, u.sysname, true);
	wr_name(body, u.release, false);
	return 0;
}

static struct endpoint
rd_endpoint(struct rd *r)
{
	struct endpoint at = { BYTES_NONE, 0 };
	at.address = rd_take(r, (size_t)rd_uint(r, 1));
	at.port = (uint16_t)rd_uint(r, 2);
	return at;
}

/* A path as a C string; an empty or overlong one, or one with a zero octet, is none. */
static bool
path_of(struct bytes b, char *path, size_t cap)
{
	struct wr w = wr_of((uint8_t *)path, cap);
	wr_bytes(&w, b);
	wr_uint(&w, 0, 1);
	return !w.full && b.n > 0 && strlen(path) == b.n;
}

static int
do_read(struct bytes name, struct wr *body)
{
	char path[512];
	if (!path_of(name, path, sizeof path))
		return EINVAL;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return errno;
	ssize_t n = 1;
	while (n > 0 && body->n < AGENT_READ_MAX) {
		struct wr room = wr_of(body->p + body->n, AGENT_READ_MAX - body->n);
		n = read(fd, room.p, room.cap);
		if (n > 0)
			(void)wr_room(body, (size_t)n);
	}
	int error = n < 0 ? errno : 0;
	(void)close(fd);
	return error;
}

static int
do_write(struct rd *r)
{
	char path[512];
	struct bytes name = rd_take(r, (size_t)rd_uint(r, 2));
	struct bytes value = rd_rest(r);
	if (r->bad || !path_of(name, path, sizeof path))
		return EINVAL;
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return errno;
	ssize_t n = write(fd, value.p, value.n);
	int error = n < 0 ? errno : (size_t)n < value.n ? EIO : 0;
	if (close(fd) != 0 && error == 0)
		error = errno;
	return error;
}

static int
do_option(struct agent *a, const struct frame *f, struct rd *r, struct wr *body)
{
	int level = (int)rd_uint(r, 4);
	int name = (int)rd_uint(r, 4);
	if (f->op == AGENT_SETSOCKOPT)
		return r->bad ? EINVAL : lent_setsockopt(&a->lent, f->handle, level, name, rd_rest(r));
	size_t room = (size_t)rd_uint(r, 2);
	struct wr value = wr_of(body->p, room < body->cap ? room : body->cap);
	int error = r->bad ? EINVAL : lent_getsockopt(&a->lent, f->handle, level, name, rd_rest(r), &value);
	(void)wr_room(body, value.n);
	return error;
}

static int
do_open(struct agent *a, const struct frame *f, struct rd *r)
{
	unsigned kind = (unsigned)rd_uint(r, 2);
	unsigned protocol = (unsigned)rd_uint(r, 2);
	uint32_t uid = rd_left(r) > 0 ? (uint32_t)rd_uint(r, 4) : 0; /* ours */
	return r->bad ? EINVAL : lent_open(&a->lent, f->handle, kind, protocol, uid);
}

static int
do_addressed(struct agent *a, const struct frame *f, struct rd *r)
{
	struct endpoint at = rd_endpoint(r);
	if (r->bad)
		return EINVAL;
	if (f->op == AGENT_BIND)
		return lent_bind(&a->lent, f->handle, at);
	if (f->op == AGENT_CONNECT)
		return lent_connect(&a->lent, f->handle, at);
	return lent_sendto(&a->lent, f->handle, at, rd_rest(r));
}

static int
do_close(struct agent *a, const struct frame *f)
{
	/* What had arrived for it is an event that happened before the reply. */
	if (!lent_drain_one(&a->lent, f->handle, &a->out))
		return ENOMEM;
	return lent_close(&a->lent, f->handle);
}

static int
do_move(struct agent *a, struct bytes name)
{
	char interface[32];
	if (!path_of(name, interface, sizeof interface))
		return EINVAL;
	if (a->carrier.packet >= 0)
		return EALREADY;
	/* Ready to receive before the reply says so: the peer may send at once. */
	a->next = a->carrier;
	int error = carrier_move(&a->next, interface);
	a->moving = error == 0;
	return error;
}

static int
perform(struct agent *a, const struct frame *f, struct wr *body)
{
	struct rd r = rd_of(f->body);
	switch (f->op) {
	case AGENT_HELLO: return do_hello(body);
	case AGENT_OPEN: return do_open(a, f, &r);
	case AGENT_CLOSE: return do_close(a, f);
	case AGENT_BIND:
	case AGENT_CONNECT:
	case AGENT_SENDTO: return do_addressed(a, f, &r);
	case AGENT_SEND: return lent_send(&a->lent, f->handle, f->body);
	case AGENT_SETSOCKOPT:
	case AGENT_GETSOCKOPT: return do_option(a, f, &r, body);
	case AGENT_READ: return do_read(f->body, body);
	case AGENT_WRITE: return do_write(&r);
	case AGENT_SYNC: return 0;
	case AGENT_MOVE: return do_move(a, f->body);
	case AGENT_SHUTDOWN: a->shutdown = true; return 0;
	default: return ENOSYS;
	}
}

/* Events first: a reply says that everything which had happened is already on the stream. */
static bool
flush(struct agent *a)
{
	if (!lent_drain(&a->lent, &a->out) || !buffer_add(&a->out, buffer_held(&a->replies)))
		return false;
	a->replies.from = a->replies.to = 0;
	struct bytes all = buffer_held(&a->out);
	bool ok = all.n == 0 || carrier_write(&a->carrier, all);
	a->out.from = a->out.to = 0;
	return ok;
}

static bool
take_up_move(struct agent *a)
{
	bool ok = flush(a);
	a->carrier = a->next;
	a->moving = false;
	return ok;
}

/* Performs every whole frame held. */
static enum serve_end
requests(struct agent *a)
{
	static uint8_t room[AGENT_LENGTH_MAX];
	struct frame f;
	size_t used;
	enum frame_found found;
	while (!a->shutdown && (found = frame_take(buffer_held(&a->in), &f, &used)) != FRAME_PARTIAL) {
		struct wr body = wr_of(room, sizeof room);
		if (found == FRAME_BAD) {
			f = (struct frame){ 0, 0, 0, BYTES_NONE };
			(void)(reply_put(a, &f, EMSGSIZE, BYTES_NONE) && flush(a));
			return SERVE_BAD_FRAME;
		}
		int error = perform(a, &f, &body);
		if (!reply_put(a, &f, error, wr_done(&body)))
			return SERVE_BROKEN;
		buffer_drop(&a->in, used);
		if (buffer_size(&a->replies) + buffer_size(&a->out) > OUT_ENOUGH && !flush(a))
			return SERVE_BROKEN;
		if (a->moving && !take_up_move(a))
			return SERVE_BROKEN;
	}
	if (!flush(a))
		return SERVE_BROKEN;
	return a->shutdown ? SERVE_SHUTDOWN : SERVE_EOF;
}

/* Waits for something to do. After MOVE the stream says only one thing more: that the peer has gone. */
static enum serve_end
turn(struct agent *a, bool *more)
{
	struct pollfd fds[2 + AGENT_SOCKETS_MAX];
	fds[0] = (struct pollfd){ .fd = carrier_fd(&a->carrier), .events = POLLIN };
	fds[1] = (struct pollfd){ .fd = a->carrier.packet >= 0 ? a->carrier.in : -1, .events = POLLIN };
	size_t n = 2 + lent_poll(&a->lent, fds + 2, AGENT_SOCKETS_MAX);
	*more = false;
	if (poll(fds, (nfds_t)n, -1) < 0 && errno != EINTR)
		return SERVE_BROKEN;
	if (fds[1].revents != 0)
		return SERVE_EOF;
	if (fds[0].revents != 0 && carrier_read(&a->carrier, &a->in) == CARRIER_END)
		return SERVE_EOF;
	enum serve_end end = requests(a);
	*more = end == SERVE_EOF;
	return end;
}

static bool
greet(struct agent *a)
{
	uint8_t room[512];
	struct wr body = wr_of(room, sizeof room);
	struct frame f = { AGENT_HELLO, 0, 0, BYTES_NONE };
	int error = do_hello(&body);
	return reply_put(a, &f, error, wr_done(&body)) && flush(a);
}

enum serve_end
serve(int in, int out)
{
	struct agent a = { .lent = { .n = 0 } };
	enum serve_end end = SERVE_BROKEN;
	bool more = true;
	carrier_open(&a.carrier, in, out);
	if (greet(&a))
		while (more)
			end = turn(&a, &more);
	lent_close_all(&a.lent);
	if (a.carrier.packet >= 0)
		(void)close(a.carrier.packet);
	buffer_free(&a.in);
	buffer_free(&a.out);
	buffer_free(&a.replies);
	return end;
}
