/* A host behind a socket, its clients by connections of their own and through the preloaded library. */
#include "runner/live/pfkey_server.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <linux/sockios.h>

#include "host/host.h"

#define RAN(claim) cr_assert(claim, "%s: %s", #claim, strerror(errno))

struct office {
	struct random_seeded random;
	struct host *host;
	struct pfkey_server *server;
	char dir[64], path[96];
	pid_t peer; /* the last one that opened a socket */
	unsigned closed;
	pthread_t thread;
	atomic_bool stop;
};

static void
no_frame(void *ctx, unsigned link, struct bytes frame)
{
	(void)ctx, (void)link, (void)frame;
}

static void
no_udp(void *ctx, int sock, const struct addr *from, uint16_t port, struct bytes data)
{
	(void)ctx, (void)sock, (void)from, (void)port, (void)data;
}

static void
on_pfkey(void *ctx, int sock, struct bytes msg)
{
	struct office *o = ctx;
	pfkey_server_deliver(o->server, sock, msg);
}

static int
on_open(void *ctx, pid_t pid)
{
	struct office *o = ctx;
	o->peer = pid;
	return host_pfkey_open_as(o->host, (uint32_t)pid);
}

static int
on_write(void *ctx, int sock, struct bytes msg)
{
	struct office *o = ctx;
	return host_pfkey_write(o->host, sock, msg, 1000);
}

static void
on_taken(void *ctx, int sock, size_t n)
{
	struct office *o = ctx;
	host_pfkey_taken(o->host, sock, n);
}

static void
on_close(void *ctx, int sock)
{
	struct office *o = ctx;
	o->closed++;
	host_pfkey_close(o->host, sock);
}

static void
office_open(struct office *o)
{
	struct err e = { 0 };
	struct host_setup s = { .profile = profile_by_name("linux"),
				.dialect = dialect_by_os("linux"),
				.random = &o->random.random,
				.links = 1,
				.send = no_frame,
				.pfkey_deliver = on_pfkey,
				.udp_deliver = no_udp,
				.ctx = o };
	memset(o, 0, sizeof *o);
	random_seeded_init(&o->random, 1);
	o->host = host_new(&s, &e);
	cr_assert(o->host != NULL, "%s", e.text);
	strcpy(o->dir, "/tmp/espy-pfkey-XXXXXX");
	RAN(mkdtemp(o->dir) != NULL);
	snprintf(o->path, sizeof o->path, "%s/s", o->dir);
	const struct pfkey_host h = {
		.open = on_open, .write = on_write, .taken = on_taken, .close = on_close, .ctx = o
	};
	o->server = pfkey_server_open(o->path, &h, &e);
	cr_assert(o->server != NULL, "%s", e.text);
}

static void
office_close(struct office *o)
{
	pfkey_server_close(o->server);
	host_free(o->host);
	rmdir(o->dir);
}

static int
client(const struct office *o)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	strcpy(at.sun_path, o->path);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	RAN(connect(fd, (struct sockaddr *)&at, sizeof at) == 0);
	return fd;
}

/* sadb_msg alone. */
struct head {
	uint8_t version, type, error, satype;
	uint16_t len, reserved;
	uint32_t seq, pid;
};
enum { GET = 5, REGISTER = 7, FLUSH = 9, ESP = 3 };

static struct head
head_of(uint8_t type, uint8_t satype, uint32_t seq)
{
	return (struct head){ .version = 2, .type = type, .satype = satype, .len = 2, .seq = seq, .pid = 77 };
}

static ssize_t
hear(int fd, struct head *h)
{
	uint8_t octets[4096];
	ssize_t n = recv(fd, octets, sizeof octets, MSG_DONTWAIT);
	memset(h, 0, sizeof *h);
	if (n >= (ssize_t)sizeof *h)
		memcpy(h, octets, sizeof *h);
	return n;
}

static bool
is_ready(const struct pfkey_server *s)
{
	struct pollfd p = { .fd = pfkey_server_fd(s), .events = POLLIN };
	return poll(&p, 1, 0) == 1;
}

Test(pfkey_server, answers_each_client_and_tells_the_host_who_it_is)
{
	struct office o;
	office_open(&o);
	cr_assert(not(is_ready(o.server)));
	int one = client(&o), two = client(&o);
	struct head ask = head_of(REGISTER, ESP, 5), got;
	cr_assert(is_ready(o.server));
	cr_assert(eq(int, (int)send(one, &ask, sizeof ask, 0), (int)sizeof ask));
	pfkey_server_run(o.server);
	cr_assert(eq(int, (int)o.peer, (int)getpid()));
	cr_assert(gt(long, hear(one, &got), (long)sizeof got));
	cr_assert(eq(u32, got.seq, 5));
	cr_assert(eq(u32, got.pid, 77));
	cr_assert(eq(u8, got.error, 0));
	cr_assert(lt(long, hear(two, &got), 0), "an answer to another socket");
	ask = head_of(FLUSH, 0, 6);
	cr_assert(eq(int, (int)send(one, &ask, sizeof ask, 0), (int)sizeof ask));
	pfkey_server_run(o.server);
	cr_assert(eq(long, hear(one, &got), (long)sizeof got));
	cr_assert(eq(long, hear(two, &got), (long)sizeof got));
	close(one);
	cr_assert(is_ready(o.server));
	pfkey_server_run(o.server);
	cr_assert(eq(uint, o.closed, 1));
	office_close(&o);
	cr_assert(eq(uint, o.closed, 2));
	close(two);
}

Test(pfkey_server, says_what_write_would_have_said)
{
	struct office o;
	struct head ask = head_of(FLUSH, 0, 9), got;
	office_open(&o);
	int fd = client(&o);
	ask.len = 3;
	cr_assert(eq(int, (int)send(fd, &ask, sizeof ask, 0), (int)sizeof ask));
	pfkey_server_run(o.server);
	cr_assert(eq(long, hear(fd, &got), (long)sizeof got));
	cr_assert(eq(u32, got.seq, 9));
	cr_assert(eq(u8, got.error, EMSGSIZE));
	close(fd);
	office_close(&o);
}

Test(pfkey_server, a_message_stays_on_its_connection_until_it_is_obeyed)
{
	struct office o;
	struct head ask = head_of(FLUSH, 0, 1), got;
	int left = 0;
	office_open(&o);
	int fd = client(&o);
	pfkey_server_run(o.server);
	cr_assert(eq(int, (int)send(fd, &ask, sizeof ask, 0), (int)sizeof ask));
	RAN(ioctl(fd, SIOCOUTQ, &left) == 0);
	cr_assert(gt(int, left, 0));
	pfkey_server_run(o.server);
	RAN(ioctl(fd, SIOCOUTQ, &left) == 0);
	cr_assert(zero(int, left));
	cr_assert(eq(long, hear(fd, &got), (long)sizeof got));
	close(fd);
	office_close(&o);
}

Test(pfkey_server, what_a_client_does_not_read_is_bounded_and_counted)
{
	struct office o;
	struct head ask = head_of(FLUSH, 0, 1), got;
	unsigned heard = 0, asked = 20000;
	office_open(&o);
	int asker = client(&o), idle = client(&o);
	pfkey_server_run(o.server);
	for (unsigned i = 0; i < asked; i++) {
		cr_assert(eq(int, (int)send(asker, &ask, sizeof ask, 0), (int)sizeof ask));
		pfkey_server_run(o.server);
		cr_assert(eq(long, hear(asker, &got), (long)sizeof got));
	}
	while (hear(idle, &got) > 0)
		heard++;
	cr_assert(gt(uint, heard, 0));
	cr_assert(eq(u64, pfkey_server_lost(o.server), asked - heard));
	cr_assert(lt(uint, heard, asked));
	cr_assert(eq(int, (int)send(asker, &ask, sizeof ask, 0), (int)sizeof ask));
	pfkey_server_run(o.server);
	cr_assert(eq(long, hear(idle, &got), (long)sizeof got), "there is room again");
	close(asker);
	close(idle);
	office_close(&o);
}

Test(pfkey_server, one_client_too_many_reads_the_end)
{
	struct office o;
	struct head got;
	int fd[80];
	unsigned ended = 0;
	office_open(&o);
	for (unsigned i = 0; i < 80; i++) {
		fd[i] = client(&o);
		pfkey_server_run(o.server);
	}
	for (unsigned i = 0; i < 80; i++)
		ended += hear(fd[i], &got) == 0;
	cr_assert(gt(uint, ended, 0));
	cr_assert(lt(uint, ended, 80));
	for (unsigned i = 0; i < 80; i++)
		close(fd[i]);
	pfkey_server_run(o.server);
	int again = client(&o);
	pfkey_server_run(o.server);
	cr_assert(lt(long, hear(again, &got), 0));
	close(again);
	office_close(&o);
}

Test(pfkey_server, takes_over_a_path_that_nobody_listens_on_and_no_other)
{
	struct office o;
	struct err e = { 0 };
	struct stat st;
	char file[96];
	office_open(&o);
	const struct pfkey_host h = { .ctx = &o };
	cr_assert(eq(ptr, pfkey_server_open(o.path, &h, &e), NULL), "a second listener");
	cr_assert(eq(int, e.os_errno, EADDRINUSE), "%s", e.text);
	snprintf(file, sizeof file, "%s/f", o.dir);
	close(open(file, O_CREAT | O_WRONLY, 0600));
	cr_assert(eq(ptr, pfkey_server_open(file, &h, &e), NULL), "over a file");
	cr_assert(zero(int, stat(file, &st)));
	unlink(file);
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	strcpy(at.sun_path, file);
	int dead = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	RAN(bind(dead, (struct sockaddr *)&at, sizeof at) == 0);
	close(dead);
	struct pfkey_server *s = pfkey_server_open(file, &h, &e);
	cr_assert(s != NULL, "%s", e.text);
	cr_assert(zero(int, stat(file, &st)), "others may connect");
	cr_assert(eq(u32, st.st_mode & 0777, 0600), "others may connect");
	pfkey_server_close(s);
	cr_assert(eq(int, stat(file, &st), -1), "the path stays behind");
	office_close(&o);
}

/* --- the library ------------------------------------------------------------------------------ */

static void *
serve(void *arg)
{
	struct office *o = arg;
	while (!atomic_load(&o->stop)) {
		struct pollfd p = { .fd = pfkey_server_fd(o->server), .events = POLLIN };
		if (poll(&p, 1, 5) > 0)
			pfkey_server_run(o->server);
	}
	return NULL;
}

struct library {
	void *handle;
	int (*socket)(int, int, int);
	int (*bind)(int, const struct sockaddr *, socklen_t);
	ssize_t (*write)(int, const void *, size_t);
	int (*setsockopt)(int, int, int, const void *, socklen_t);
};

/* Beside this program's folder: build/tests/runner/pfkey_server_test, build/libespy-pfkey.so. */
static struct library
library_open(void)
{
	char path[512] = "";
	struct library l;
	ssize_t n = readlink("/proc/self/exe", path, sizeof path - 40);
	RAN(n > 0);
	path[n] = '\0';
	*strrchr(path, '/') = '\0';
	strcat(path, "/../../../libespy-pfkey.so");
	l.handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	cr_assert(l.handle != NULL, "%s", dlerror());
	*(void **)&l.socket = dlsym(l.handle, "socket");
	*(void **)&l.bind = dlsym(l.handle, "bind");
	*(void **)&l.write = dlsym(l.handle, "write");
	*(void **)&l.setsockopt = dlsym(l.handle, "setsockopt");
	return l;
}

enum { PF_KEY_ = 15, LEVEL_IP = 0, LEVEL_UDP = 17 };

Test(pfkey_preload, a_write_returns_when_its_answer_is_there)
{
	struct office o;
	struct library l = library_open();
	office_open(&o);
	setenv("ESPY_PFKEY", o.path, 1);
	RAN(pthread_create(&o.thread, NULL, serve, &o) == 0);
	int fd = l.socket(PF_KEY_, SOCK_RAW, 2);
	RAN(fd >= 0);
	for (uint32_t seq = 1; seq < 200; seq++) {
		struct head ask = head_of(REGISTER, ESP, seq), got;
		cr_assert(eq(long, l.write(fd, &ask, sizeof ask), (long)sizeof ask));
		cr_assert(gt(long, hear(fd, &got), 0), "message %u", seq);
		cr_assert(eq(u32, got.seq, seq));
	}
	struct head runt = head_of(FLUSH, 0, 1);
	runt.len = 3;
	cr_assert(eq(long, l.write(fd, &runt, sizeof runt), -1));
	cr_assert(eq(int, errno, EMSGSIZE));
	cr_assert(eq(int, l.bind(fd, NULL, 0), -1));
	cr_assert(eq(int, errno, EOPNOTSUPP));
	close(fd);
	atomic_store(&o.stop, true);
	pthread_join(o.thread, NULL);
	office_close(&o);
	unsetenv("ESPY_PFKEY");
}

Test(pfkey_preload, errors_are_the_kernels)
{
	struct library l = library_open();
	static const struct {
		const char *id, *path;
		int type, protocol, error;
	} rows[] = {
		{ "datagram", "/nowhere", SOCK_DGRAM, 2, ESOCKTNOSUPPORT },
		{ "version 1", "/nowhere", SOCK_RAW, 1, EPROTONOSUPPORT },
		{ "nobody serves", "/nowhere/pfkey", SOCK_RAW, 2, ENOENT },
	};
	for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		setenv("ESPY_PFKEY", rows[i].path, 1);
		cr_assert(eq(int, l.socket(PF_KEY_, rows[i].type, rows[i].protocol), -1), "%s", rows[i].id);
		cr_assert(eq(int, errno, rows[i].error), "%s", rows[i].id);
	}
	unsetenv("ESPY_PFKEY");
	errno = 0;
	int fd = l.socket(PF_KEY_, SOCK_RAW, 1);
	cr_assert(eq(int, fd, -1), "the kernel takes no PF_KEY version 1");
	cr_assert(ne(int, errno, ENOENT));
}

Test(pfkey_preload, other_sockets_are_left_alone)
{
	struct library l = library_open();
	int pair[2], on = 1;
	char got[4] = "";
	setenv("ESPY_PFKEY", "/nowhere", 1);
	RAN(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0);
	cr_assert(eq(long, l.write(pair[0], "abc", 3), 3), "no sadb_msg, and no PF_KEY socket");
	cr_assert(eq(long, read(pair[1], got, 3), 3));
	cr_assert(eq(str, got, "abc"));
	int fd = l.socket(AF_INET, SOCK_DGRAM, 0);
	RAN(fd >= 0);
	RAN(l.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0);
	/* linux/ipsec.h: bypass for what goes out, and a demand that only a kernel could meet. */
	static const uint8_t bypass[16] = { 2, 0, 18, 0, 4, 0, 2 }, discard[16] = { 2, 0, 18, 0, 99, 0, 2 };
	RAN(l.setsockopt(fd, LEVEL_IP, 16, bypass, sizeof bypass) == 0);
	cr_assert(eq(int, l.setsockopt(fd, LEVEL_IP, 16, discard, sizeof discard), -1));
	RAN(l.setsockopt(fd, LEVEL_UDP, 100, &on, sizeof on) == 0);
	close(fd);
	close(pair[0]);
	close(pair[1]);
	unsetenv("ESPY_PFKEY");
}
