#include "runner/live/pfkey_server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define CLIENTS 64
#define MESSAGE_MAX (65535 * 8) /* sadb_msg_len is 16 bits of 8 octets each */
#define QUEUE_MAX (4 << 20)     /* of a client, octets as the kernel counts them; its own limit may be lower */
#define TURNS 64                /* rounds of one call: a client that writes without end does not keep frames waiting */

struct client {
	int fd; /* -1: free */
	int sock;
};

struct pfkey_server {
	struct pfkey_host host;
	struct client client[CLIENTS];
	int listener, poll;
	bool bound;
	uint64_t lost;
	struct sockaddr_un at;
	uint8_t message[MESSAGE_MAX];
};

static bool
watch(struct pfkey_server *s, int fd, uint32_t tag)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.u32 = tag };
	return epoll_ctl(s->poll, EPOLL_CTL_ADD, fd, &ev) == 0;
}

/* --- connections ------------------------------------------------------------------------------ */

static struct client *
free_client(struct pfkey_server *s)
{
	for (unsigned i = 0; i < CLIENTS; i++)
		if (s->client[i].fd < 0)
			return &s->client[i];
	return NULL;
}

static void
hang_up(struct pfkey_server *s, struct client *c)
{
	close(c->fd);
	c->fd = -1;
	s->host.close(s->host.ctx, c->sock);
}

static pid_t
peer_of(int fd)
{
	struct ucred who = { .pid = 0 };
	socklen_t n = sizeof who;
	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) == 0 ? who.pid : 0;
}

/* A privileged process may have more room than others; whoever cannot has what the system gives. */
static void
widen(int fd)
{
	int n = QUEUE_MAX;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &n, sizeof n) != 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &n, sizeof n);
}

/* One too many is closed at once: its client reads the end of it. */
static bool
take_client(struct pfkey_server *s)
{
	int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return false;
	struct client *c = free_client(s);
	int sock = c != NULL ? s->host.open(s->host.ctx, peer_of(fd)) : -1;
	if (sock < 0) {
		close(fd);
		return true;
	}
	widen(fd);
	*c = (struct client){ .fd = fd, .sock = sock };
	if (!watch(s, fd, (uint32_t)(c - s->client)))
		hang_up(s, c);
	return true;
}

/* --- messages --------------------------------------------------------------------------------- */

static void
tell(struct pfkey_server *s, const struct client *c, struct bytes msg)
{
	if (send(c->fd, msg.p, msg.n, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)msg.n)
		s->lost++;
}

/* What write() would have said: the base header comes back with the number in it. */
static void
refuse(struct pfkey_server *s, const struct client *c, struct bytes msg, int number)
{
	uint8_t base[16];
	struct wr w = wr_of(base, sizeof base);
	wr_bytes(&w, bytes_slice(msg, 0, sizeof base));
	wr_fill(&w, 0, sizeof base - w.n);
	(void)wr_patch(&w, 2, (uint64_t)number, 1); /* sadb_msg_errno */
	tell(s, c, wr_done(&w));
}

/* One message: looked at, obeyed, and only then taken. False: there is none, or the client has gone. */
static bool
serve(struct pfkey_server *s, struct client *c)
{
	ssize_t n = c->fd < 0 ? -1 : recv(c->fd, s->message, sizeof s->message, MSG_PEEK | MSG_DONTWAIT);
	if (c->fd < 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return false;
	if (n <= 0) {
		hang_up(s, c);
		return false;
	}
	struct bytes msg = { s->message, (size_t)n };
	int number = s->host.write(s->host.ctx, c->sock, msg);
	if (number != 0)
		refuse(s, c, msg, number);
	uint8_t taken;
	(void)!recv(c->fd, &taken, sizeof taken, MSG_DONTWAIT);
	return true;
}

void
pfkey_server_run(struct pfkey_server *s)
{
	bool more = true;
	for (unsigned turn = 0; turn < TURNS && more; turn++) {
		more = take_client(s);
		for (unsigned i = 0; i < CLIENTS; i++)
			more = serve(s, &s->client[i]) || more;
	}
}

void
pfkey_server_deliver(struct pfkey_server *s, int sock, struct bytes msg)
{
	for (unsigned i = 0; i < CLIENTS; i++) {
		const struct client *c = &s->client[i];
		if (c->fd < 0 || c->sock != sock)
			continue;
		tell(s, c, msg);
		s->host.taken(s->host.ctx, sock, msg.n);
	}
}

uint64_t
pfkey_server_lost(const struct pfkey_server *s)
{
	return s->lost;
}

int
pfkey_server_fd(const struct pfkey_server *s)
{
	return s->poll;
}

/* --- the listener ----------------------------------------------------------------------------- */

static bool
name_it(struct pfkey_server *s, const char *path, struct err *e)
{
	s->at.sun_family = AF_UNIX;
	if (path[0] == '\0' || strlen(path) >= sizeof s->at.sun_path)
		return fail(e, ERR_RANGE, "%s: want a path of 1 to %zu octets for a socket, got %zu", path,
			    sizeof s->at.sun_path - 1, strlen(path));
	strcpy(s->at.sun_path, path);
	return true;
}

/* What a listener that was killed left behind stands in the way of the next one; one that lives does not give way. */
static bool
is_left_behind(const struct sockaddr_un *at)
{
	struct stat st;
	if (lstat(at->sun_path, &st) != 0 || !S_ISSOCK(st.st_mode))
		return false;
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	bool dead = fd >= 0 && connect(fd, (const struct sockaddr *)at, sizeof *at) != 0 && errno == ECONNREFUSED;
	if (fd >= 0)
		close(fd);
	return dead;
}

/* Whoever may configure IPsec may connect: its owner, as with a kernel's PF_KEY. */
static bool
bind_there(struct pfkey_server *s)
{
	mode_t mask = umask(0177);
	s->bound = bind(s->listener, (const struct sockaddr *)&s->at, sizeof s->at) == 0;
	int why = errno;
	umask(mask);
	errno = why;
	return s->bound;
}

static bool
listen_there(struct pfkey_server *s, struct err *e)
{
	const char *path = s->at.sun_path;
	s->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	s->poll = epoll_create1(EPOLL_CLOEXEC);
	if (s->listener < 0 || s->poll < 0)
		return fail_errno(e, "%s", path);
	if (is_left_behind(&s->at))
		unlink(path);
	if (!bind_there(s) || listen(s->listener, CLIENTS) != 0 || !watch(s, s->listener, CLIENTS))
		return fail_errno(e, "%s", path);
	return true;
}

struct pfkey_server *
pfkey_server_open(const char *path, const struct pfkey_host *host, struct err *e)
{
	struct pfkey_server *s = calloc(1, sizeof *s);
	if (s == NULL) {
		fail_errno(e, "%s", path);
		return NULL;
	}
	s->host = *host;
	s->listener = s->poll = -1;
	for (unsigned i = 0; i < CLIENTS; i++)
		s->client[i].fd = -1;
	if (name_it(s, path, e) && listen_there(s, e))
		return s;
	pfkey_server_close(s);
	return NULL;
}

void
pfkey_server_close(struct pfkey_server *s)
{
	if (s == NULL)
		return;
	for (unsigned i = 0; i < CLIENTS; i++)
		if (s->client[i].fd >= 0)
			hang_up(s, &s->client[i]);
	if (s->poll >= 0)
		close(s->poll);
	if (s->listener >= 0)
		close(s->listener);
	if (s->bound)
		unlink(s->at.sun_path);
	free(s);
}
