#include "runner/agent/lent.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#ifdef __linux__
#include <linux/netlink.h>
#endif

#define DATAGRAM_MAX 65536

#ifndef PF_KEY
#define PF_KEY (-1)
#endif
#ifndef AF_NETLINK
#define AF_NETLINK (-1)
#endif

struct kind {
	int domain, type, protocol;
}; /* protocol -1: the request says it */

/* clang-format off */
static const struct kind kinds[AGENT_KINDS] = {
	[AGENT_KEY]     = { PF_KEY,     SOCK_RAW,   2 },   /* PF_KEY_V2 */
	[AGENT_UDP4]    = { AF_INET,    SOCK_DGRAM, IPPROTO_UDP },
	[AGENT_UDP6]    = { AF_INET6,   SOCK_DGRAM, IPPROTO_UDP },
	[AGENT_RAW4]    = { AF_INET,    SOCK_RAW,   -1 },
	[AGENT_RAW6]    = { AF_INET6,   SOCK_RAW,   -1 },
	[AGENT_NETLINK] = { AF_NETLINK, SOCK_RAW,   -1 },
};
/* clang-format on */

static struct lent *
lent_find(struct lending *l, uint16_t handle)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->sock[i].handle == handle)
			return &l->sock[i];
	return NULL;
}

/* A burst of PF_KEY answers (a dump) must fit: lost ones would read as silence of the kernel. */
static void
receive_plenty(int fd)
{
	int size = 4 << 20;
#ifdef SO_RCVBUFFORCE
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) == 0)
		return;
#endif
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
}

/*
 * An ordinary user is one without the rights of ours: kernels look at the effective user of each call (Linux drops CAP_NET_ADMIN with
 * it), KAME at that of socket().
 */
static bool
act_as(uint32_t uid)
{
	return uid == 0 || seteuid((uid_t)uid) == 0;
}

static void
act_as_ourselves(uint32_t uid)
{
	if (uid != 0)
		(void)!seteuid(0);
}

bool
lent_has_users(void)
{
	return geteuid() == 0;
}

int
lent_open(struct lending *l, uint16_t handle, unsigned kind, unsigned protocol, uint32_t uid)
{
	if (kind == 0 || kind >= AGENT_KINDS)
		return EPROTONOSUPPORT;
	if (lent_find(l, handle) != NULL)
		return EEXIST;
	if (l->n == AGENT_SOCKETS_MAX)
		return EMFILE;
	const struct kind *k = &kinds[kind];
	int one = 1;
	if (!act_as(uid))
		return errno;
	int fd = socket(k->domain, k->type, k->protocol < 0 ? (int)protocol : k->protocol), error = errno;
	act_as_ourselves(uid);
	if (fd < 0)
		return error;
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	(void)fcntl(fd, F_SETFL, O_NONBLOCK);
	receive_plenty(fd);
	if (k->domain == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
	if (k->type == SOCK_DGRAM)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	l->sock[l->n++] = (struct lent){ handle, (uint16_t)kind, fd, uid };
	return 0;
}

int
lent_close(struct lending *l, uint16_t handle)
{
	struct lent *s = lent_find(l, handle);
	if (s == NULL)
		return EBADF;
	(void)close(s->fd);
	*s = l->sock[--l->n];
	return 0;
}

void
lent_close_all(struct lending *l)
{
	while (l->n > 0)
		(void)lent_close(l, l->sock[0].handle);
}

struct address {
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} u;
	socklen_t n;
};

/* An address of the socket's own family; no octets mean any. */
static bool
address_of(const struct lent *s, struct endpoint at, struct address *a)
{
	memset(a, 0, sizeof *a);
	bool six = kinds[s->kind].domain == AF_INET6;
	struct wr w = wr_of(six ? (uint8_t *)&a->u.in6.sin6_addr : (uint8_t *)&a->u.in.sin_addr, six ? 16 : 4);
	if (!six && kinds[s->kind].domain != AF_INET)
		return false;
	if (at.address.n != 0 && at.address.n != w.cap)
		return false;
	wr_bytes(&w, at.address);
	if (six) {
		a->u.in6.sin6_family = AF_INET6;
		a->u.in6.sin6_port = htons(at.port);
		a->n = sizeof a->u.in6;
	} else {
		a->u.in.sin_family = AF_INET;
		a->u.in.sin_port = htons(at.port);
		a->n = sizeof a->u.in;
	}
	return true;
}

int
lent_bind(struct lending *l, uint16_t handle, struct endpoint at)
{
	struct lent *s = lent_find(l, handle);
	struct address a;
	if (s == NULL)
		return EBADF;
	if (!address_of(s, at, &a))
		return EAFNOSUPPORT;
	return bind(s->fd, &a.u.any, a.n) == 0 ? 0 : errno;
}

int
lent_connect(struct lending *l, uint16_t handle, struct endpoint to)
{
	struct lent *s = lent_find(l, handle);
	struct address a;
	if (s == NULL)
		return EBADF;
	if (!address_of(s, to, &a))
		return EAFNOSUPPORT;
	return connect(s->fd, &a.u.any, a.n) == 0 ? 0 : errno;
}

int
lent_send(struct lending *l, uint16_t handle, struct bytes data)
{
	struct lent *s = lent_find(l, handle);
	if (s == NULL)
		return EBADF;
	return send(s->fd, data.p, data.n, 0) >= 0 ? 0 : errno;
}

int
lent_sendto(struct lending *l, uint16_t handle, struct endpoint to, struct bytes data)
{
	struct lent *s = lent_find(l, handle);
	struct address a;
	if (s == NULL)
		return EBADF;
	if (!address_of(s, to, &a))
		return EAFNOSUPPORT;
	if (!act_as(s->uid))
		return errno;
	int error = sendto(s->fd, data.p, data.n, 0, &a.u.any, a.n) >= 0 ? 0 : errno;
	act_as_ourselves(s->uid);
	return error;
}

int
lent_setsockopt(struct lending *l, uint16_t handle, int level, int name, struct bytes value)
{
	struct lent *s = lent_find(l, handle);
	if (s == NULL)
		return EBADF;
	if (!act_as(s->uid))
		return errno;
	int error = setsockopt(s->fd, level, name, value.p, (socklen_t)value.n) == 0 ? 0 : errno;
	act_as_ourselves(s->uid);
	return error;
}

int
lent_getsockopt(struct lending *l, uint16_t handle, int level, int name, struct bytes like, struct wr *value)
{
	struct lent *s = lent_find(l, handle);
	socklen_t n = (socklen_t)wr_left(value);
	struct wr room = wr_of(value->p, value->cap);
	if (s == NULL)
		return EBADF;
	wr_bytes(&room, like);
	if (room.full)
		return EINVAL;
	if (!act_as(s->uid))
		return errno;
	int error = getsockopt(s->fd, level, name, value->p, &n) == 0 ? 0 : errno;
	act_as_ourselves(s->uid);
	if (error == 0)
		(void)wr_room(value, n);
	return error;
}

static bool
put_event(const struct lent *s, const struct address *a, struct bytes data, struct buffer *to)
{
	uint8_t head[19];
	struct wr w = wr_of(head, sizeof head);
	uint16_t port = 0;
	if (a->u.any.sa_family == AF_INET6 && a->n >= sizeof a->u.in6) {
		wr_uint(&w, 16, 1);
		wr_bytes(&w, (struct bytes){ (const uint8_t *)&a->u.in6.sin6_addr, 16 });
		port = ntohs(a->u.in6.sin6_port);
	} else if (a->u.any.sa_family == AF_INET && a->n >= sizeof a->u.in) {
		wr_uint(&w, 4, 1);
		wr_bytes(&w, (struct bytes){ (const uint8_t *)&a->u.in.sin_addr, 4 });
		port = ntohs(a->u.in.sin_port);
	} else {
		wr_uint(&w, 0, 1);
	}
	wr_uint(&w, port, 2);
	return frame_put(to, (struct frame){ AGENT_EVENT, 0, s->handle, BYTES_NONE }, wr_done(&w), data);
}

static bool
put_trouble(const struct lent *s, int error, struct buffer *to)
{
	uint8_t body[4];
	struct wr w = wr_of(body, sizeof body);
	wr_uint(&w, (uint64_t)error, 4);
	const char *why = strerror(error);
	return frame_put(to, (struct frame){ AGENT_TROUBLE, 0, s->handle, BYTES_NONE }, wr_done(&w),
			 (struct bytes){ (const uint8_t *)why, strlen(why) });
}

#ifdef __linux__
/* One system call for several datagrams: in a virtual machine the calls are what costs. */
enum { AT_ONCE = 8 };

static int
receive_some(int fd, struct bytes *data, struct address *from)
{
	static uint8_t room[AT_ONCE][DATAGRAM_MAX];
	struct mmsghdr m[AT_ONCE];
	struct iovec iov[AT_ONCE];
	memset(m, 0, sizeof m);
	for (size_t i = 0; i < AT_ONCE; i++) {
		iov[i] = (struct iovec){ room[i], DATAGRAM_MAX };
		memset(&from[i], 0, sizeof from[i]);
		m[i].msg_hdr = (struct msghdr){
			.msg_iov = &iov[i], .msg_iovlen = 1, .msg_name = &from[i].u, .msg_namelen = sizeof from[i].u
		};
	}
	int n = recvmmsg(fd, m, AT_ONCE, MSG_DONTWAIT, NULL);
	for (int i = 0; i < n; i++) {
		data[i] = (struct bytes){ room[i], m[i].msg_len };
		from[i].n = m[i].msg_hdr.msg_namelen;
	}
	return n;
}
#else
enum { AT_ONCE = 1 };

static int
receive_some(int fd, struct bytes *data, struct address *from)
{
	static uint8_t room[DATAGRAM_MAX];
	memset(from, 0, sizeof *from);
	from->n = sizeof from->u;
	ssize_t n = recvfrom(fd, room, sizeof room, 0, &from->u.any, &from->n);
	if (n < 0)
		return -1;
	*data = (struct bytes){ room, (size_t)n };
	return 1;
}
#endif

static bool
drain(struct lent *s, struct buffer *to)
{
	struct bytes data[AT_ONCE];
	struct address from[AT_ONCE];
	int n, troubles = 0;
	while ((n = receive_some(s->fd, data, from)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return true;
		if (n < 0) {
			/* Reading an error clears it; one that stays is told once per drain. */
			if (!put_trouble(s, errno, to))
				return false;
			if (++troubles > 1)
				return true;
		}
		for (int i = 0; i < n; i++)
			if (!put_event(s, &from[i], data[i], to))
				return false;
#ifdef __linux__
		if (n > 0 && n < AT_ONCE)
			return true;
#endif
	}
	return true;
}

bool
lent_drain_one(struct lending *l, uint16_t handle, struct buffer *to)
{
	struct lent *s = lent_find(l, handle);
	return s == NULL || drain(s, to);
}

/* Asking which sockets have something is one system call; asking each of a few is no more. */
enum { FEW = 2 };

bool
lent_drain(struct lending *l, struct buffer *to)
{
	struct pollfd fds[AGENT_SOCKETS_MAX];
	size_t n = lent_poll(l, fds, AGENT_SOCKETS_MAX);
	bool ask = n > FEW && poll(fds, (nfds_t)n, 0) >= 0;
	for (size_t i = 0; i < n; i++)
		if ((!ask || fds[i].revents != 0) && !drain(&l->sock[i], to))
			return false;
	return true;
}

size_t
lent_poll(const struct lending *l, struct pollfd *fds, size_t cap)
{
	size_t n = l->n < cap ? l->n : cap;
	for (size_t i = 0; i < n; i++)
		fds[i] = (struct pollfd){ .fd = l->sock[i].fd, .events = POLLIN };
	return n;
}
