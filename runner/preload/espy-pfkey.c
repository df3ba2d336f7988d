/*
 * libespy-pfkey.so: PF_KEY sockets of an unmodified program, answered by `espy host --pfkey SOCKET`. See README.md of this folder.
 *
 * socket(PF_KEY) becomes a connection to $ESPY_PFKEY, a real descriptor that polls, selects, reads and passes between processes as any
 * other. What would tell the two apart is here: errors, and that a write has been obeyed when it returns. A process may get its PF_KEY
 * socket from another one, so it is known by its name: the connection is bound to an abstract one that begins with BRAND.
 */
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <linux/sockios.h>

#define PF_KEY_V2_ 2
#define BRAND "espy-pfkey/"
#define NAMES 1000           /* tried for a connection; another process namespace may have the same process ids */
#define HEADER 16            /* sadb_msg */
#define UNIT 8               /* of sadb_msg_len */
#define OBEYED_WITHIN 100000 /* looks, 20 us apart */

#define REAL(name) ((__typeof__(&name))(uintptr_t)dlsym(RTLD_NEXT, #name))

static const char *
served_at(void)
{
	const char *path = getenv("ESPY_PFKEY");
	return path != NULL && path[0] != '\0' ? path : NULL;
}

/* --- which descriptors are PF_KEY's ----------------------------------------------------------- */

static bool
is_pfkey(int fd)
{
	struct sockaddr_un own = { .sun_family = AF_UNSPEC };
	socklen_t n = sizeof own;
	int before = errno;
	bool named = REAL(getsockname)(fd, (struct sockaddr *)&own, &n) == 0 && own.sun_family == AF_UNIX &&
		     n > offsetof(struct sockaddr_un, sun_path) + sizeof BRAND && own.sun_path[0] == '\0' &&
		     memcmp(own.sun_path + 1, BRAND, sizeof BRAND - 1) == 0;
	errno = before;
	return named;
}

static bool
brand(int fd)
{
	struct sockaddr_un own = { .sun_family = AF_UNIX };
	static unsigned turn;
	for (unsigned i = 0; i < NAMES; i++) {
		int n = snprintf(own.sun_path + 1, sizeof own.sun_path - 1, BRAND "%d/%u", (int)getpid(), turn++);
		socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n);
		if (REAL(bind)(fd, (const struct sockaddr *)&own, size) == 0)
			return true;
		if (errno != EADDRINUSE)
			return false;
	}
	return false;
}

static int
open_pfkey(const char *path, int flags)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof at.sun_path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(at.sun_path, path);
	int fd = REAL(socket)(AF_UNIX, SOCK_SEQPACKET | (flags & SOCK_CLOEXEC), 0);
	if (fd < 0)
		return -1;
	/* Connected while it still blocks: a listener that is busy is waited for. */
	bool ok = brand(fd) && REAL(connect)(fd, (const struct sockaddr *)&at, sizeof at) == 0;
	int on = 1;
	if (ok && (flags & SOCK_NONBLOCK) != 0)
		ok = ioctl(fd, FIONBIO, &on) == 0;
	if (ok)
		return fd;
	int why = errno;
	close(fd);
	errno = why;
	return -1;
}

int
socket(int domain, int type, int protocol)
{
	int flags = type & (SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (domain != PF_KEY || served_at() == NULL)
		return REAL(socket)(domain, type, protocol);
	if ((type & ~flags) != SOCK_RAW)
		errno = ESOCKTNOSUPPORT;
	else if (protocol != PF_KEY_V2_)
		errno = EPROTONOSUPPORT;
	else
		return open_pfkey(served_at(), flags);
	return -1;
}

/* --- what PF_KEY sockets do not do, as the kernel says it -------------------------------------- */

static int
unsupported(void)
{
	errno = EOPNOTSUPP;
	return -1;
}

int
bind(int fd, const struct sockaddr *at, socklen_t n)
{
	return is_pfkey(fd) ? unsupported() : REAL(bind)(fd, at, n);
}

int
connect(int fd, const struct sockaddr *at, socklen_t n)
{
	return is_pfkey(fd) ? unsupported() : REAL(connect)(fd, at, n);
}

int
getsockname(int fd, struct sockaddr *restrict at, socklen_t *restrict n)
{
	return is_pfkey(fd) ? unsupported() : REAL(getsockname)(fd, at, n);
}

int
getpeername(int fd, struct sockaddr *restrict at, socklen_t *restrict n)
{
	return is_pfkey(fd) ? unsupported() : REAL(getpeername)(fd, at, n);
}

/* --- writing ---------------------------------------------------------------------------------- */

static size_t
length_of(const struct msghdr *m)
{
	size_t n = 0;
	for (size_t i = 0; i < m->msg_iovlen; i++)
		n += m->msg_iov[i].iov_len;
	return n;
}

/* The first octets of a message, wherever its parts lie. */
static void
gather(const struct msghdr *m, uint8_t *to, size_t room)
{
	size_t done = 0;
	for (size_t i = 0; i < m->msg_iovlen && done < room; i++) {
		size_t n = m->msg_iov[i].iov_len < room - done ? m->msg_iov[i].iov_len : room - done;
		memcpy(to + done, m->msg_iov[i].iov_base, n);
		done += n;
	}
}

/* RFC 2367 2.3.1: a length that disagrees with sadb_msg_len is the write's own error, not a message's. */
static bool
is_whole(const struct msghdr *m)
{
	uint8_t head[HEADER];
	uint16_t units;
	size_t n = length_of(m);
	if (n < HEADER)
		return false;
	gather(m, head, sizeof head);
	memcpy(&units, head + 4, sizeof units);
	return (size_t)units * UNIT == n;
}

/* The server takes a message off the connection when it has been obeyed and answered. */
static void
wait_until_obeyed(int fd)
{
	const struct timespec pause = { .tv_nsec = 20000 };
	int left = 0;
	for (unsigned i = 0; i < OBEYED_WITHIN && ioctl(fd, SIOCOUTQ, &left) == 0 && left > 0; i++)
		nanosleep(&pause, NULL);
}

static ssize_t
pfkey_send(int fd, const struct msghdr *m, int flags)
{
	if (!is_whole(m)) {
		errno = EMSGSIZE;
		return -1;
	}
	ssize_t n = REAL(sendmsg)(fd, m, flags | MSG_NOSIGNAL);
	if (n > 0)
		wait_until_obeyed(fd);
	return n;
}

static ssize_t
pfkey_send_one(int fd, const void *octets, size_t n, int flags)
{
	struct iovec v = { .iov_base = (void *)(uintptr_t)octets, .iov_len = n };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };
	return pfkey_send(fd, &m, flags);
}

ssize_t
write(int fd, const void *octets, size_t n)
{
	return is_pfkey(fd) ? pfkey_send_one(fd, octets, n, 0) : REAL(write)(fd, octets, n);
}

ssize_t
writev(int fd, const struct iovec *v, int n)
{
	struct msghdr m = { .msg_iov = (struct iovec *)(uintptr_t)v, .msg_iovlen = (size_t)n };
	return n >= 0 && is_pfkey(fd) ? pfkey_send(fd, &m, 0) : REAL(writev)(fd, v, n);
}

ssize_t
send(int fd, const void *octets, size_t n, int flags)
{
	return is_pfkey(fd) ? pfkey_send_one(fd, octets, n, flags) : REAL(send)(fd, octets, n, flags);
}

ssize_t
sendto(int fd, const void *octets, size_t n, int flags, const struct sockaddr *to, socklen_t to_n)
{
	return is_pfkey(fd) ? pfkey_send_one(fd, octets, n, flags) : REAL(sendto)(fd, octets, n, flags, to, to_n);
}

ssize_t
sendmsg(int fd, const struct msghdr *m, int flags)
{
	return is_pfkey(fd) ? pfkey_send(fd, m, flags) : REAL(sendmsg)(fd, m, flags);
}

/* --- what key managers ask of their other sockets ---------------------------------------------- */

enum {
	UDP_ENCAP_ = 100,
	POLICY_BYPASS_ = 4,
	POLICY_TYPE_AT = 4
};                                                       /* linux/udp.h, linux/ipsec.h, struct sadb_x_policy */
enum { IP_IPSEC_POLICY_ = 16, IPV6_IPSEC_POLICY_ = 34 }; /* linux/in.h, linux/in6.h */

static bool
is_bypass(const void *policy, socklen_t n)
{
	uint16_t type;
	if (policy == NULL || n < POLICY_TYPE_AT + sizeof type)
		return false;
	memcpy(&type, (const uint8_t *)policy + POLICY_TYPE_AT, sizeof type);
	return type == POLICY_BYPASS_;
}

/*
 * IKE goes in clear, and ESP in UDP is taken out: the host behind $ESPY_PFKEY sees to both, in front of this kernel, which need not know
 * IPsec at all. Any other policy is a demand that nobody here would keep, so the kernel's answer stands.
 */
static bool
is_seen_to(int level, int name, const void *value, socklen_t n)
{
	if (served_at() == NULL)
		return false;
	if (level == IPPROTO_UDP)
		return name == UDP_ENCAP_;
	return ((level == IPPROTO_IP && name == IP_IPSEC_POLICY_) ||
		(level == IPPROTO_IPV6 && name == IPV6_IPSEC_POLICY_)) &&
	       is_bypass(value, n);
}

int
setsockopt(int fd, int level, int name, const void *value, socklen_t n)
{
	return is_seen_to(level, name, value, n) ? 0 : REAL(setsockopt)(fd, level, name, value, n);
}
