#include "runner/target/link.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define SEND_PATIENCE_MS 2000 /* a target that takes no frame for that long is stuck */

struct link_fd {
	int fd;
	bool dgram;
};

static bool
link_fd_send(struct link *l, struct bytes frame, struct err *e)
{
	const struct link_fd *f = l->impl;
	struct pollfd p = { .fd = f->fd, .events = POLLOUT };
	for (;;) {
		if (send(f->fd, frame.p, frame.n, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
			return true;
		if (errno == EPIPE || errno == ECONNRESET || errno == ECONNREFUSED)
			return fail(e, ERR_DEAD, "link: the target closed it");
		if (errno != EAGAIN && errno != EINTR)
			return fail_errno(e, "link: sending a frame of %zu octets", frame.n);
		if (errno == EAGAIN && poll(&p, 1, SEND_PATIENCE_MS) == 0)
			return fail(e, ERR_DEAD, "link: the target took no frame for %d ms", SEND_PATIENCE_MS);
	}
}

static long
link_fd_recv(struct link *l, uint8_t *buf, size_t cap, struct err *e)
{
	const struct link_fd *f = l->impl;
	ssize_t n = recv(f->fd, buf, cap, MSG_DONTWAIT | MSG_TRUNC);
	if (n > 0 && (size_t)n > cap) {
		(void)fail(e, ERR_RANGE, "link: a frame of %zd octets, want at most %zu", n, cap);
		return -1;
	}
	if (n > 0 || (n == 0 && f->dgram))
		return n;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n == 0 || errno == ECONNRESET || errno == ECONNREFUSED)
		(void)fail(e, ERR_DEAD, "link: the target closed it");
	else
		(void)fail_errno(e, "link: receiving");
	return -1;
}

static int
link_fd_fd(const struct link *l)
{
	const struct link_fd *f = l->impl;
	return f->fd;
}

static void
link_fd_close(struct link *l)
{
	struct link_fd *f = l->impl;
	if (f == NULL)
		return;
	close(f->fd);
	free(f);
	l->impl = NULL;
}

static const struct link_ops link_fd_ops = {
	.send = link_fd_send,
	.recv = link_fd_recv,
	.fd = link_fd_fd,
	.close = link_fd_close,
};

bool
link_fd_open(struct link *l, int fd, struct err *e)
{
	int type = 0;
	socklen_t n = sizeof type;
	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n) != 0)
		return fail_errno(e, "link: descriptor %d", fd);
	if (type != SOCK_SEQPACKET && type != SOCK_DGRAM)
		return fail(e, ERR_UNSUPPORTED, "link: descriptor %d does not keep frames apart", fd);
	int flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
		return fail_errno(e, "link: descriptor %d", fd);
	struct link_fd *f = malloc(sizeof *f);
	if (f == NULL)
		return fail_errno(e, "link");
	*f = (struct link_fd){ fd, type == SOCK_DGRAM };
	l->ops = &link_fd_ops;
	l->impl = f;
	return true;
}

bool
link_fd_pair(struct link *l, int type, int *theirs, struct err *e)
{
	int ends[2];
	if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends) != 0)
		return fail_errno(e, "socketpair");
	*theirs = ends[1];
	if (link_fd_open(l, ends[0], e))
		return true;
	close(ends[0]);
	return false;
}
