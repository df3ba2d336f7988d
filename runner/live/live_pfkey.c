/* PF_KEY of the live host: for other processes by pfkey_server.h, and for its own configuration. */
#include "runner/live/live.h"

#include <poll.h>

#include "runner/live/pfkey_server.h"

static int
open_sock(void *ctx, pid_t pid)
{
	struct live *v = ctx;
	(void)pid; /* the host numbers its sockets itself */
	return host_pfkey_open(v->host);
}

static int
write_message(void *ctx, int sock, struct bytes msg)
{
	struct live *v = ctx;
	return host_pfkey_write(v->host, sock, msg, live_now(v));
}

static void
taken(void *ctx, int sock, size_t n)
{
	struct live *v = ctx;
	host_pfkey_taken(v->host, sock, n);
}

static void
close_sock(void *ctx, int sock)
{
	struct live *v = ctx;
	host_pfkey_close(v->host, sock);
}

bool
live_pfkey_listen(struct live *v, const char *path, struct err *e)
{
	const struct pfkey_host h = { open_sock, write_message, taken, close_sock, v };
	v->served = pfkey_server_open(path, &h, e);
	return v->served != NULL;
}

void
live_pfkey_close(struct live *v)
{
	pfkey_server_close(v->served);
	v->served = NULL;
}

static void
note_answer(struct live *v, struct bytes msg)
{
	struct pfkey_msg m;
	struct err e = { 0 };
	if (pfkey_msg_parse(&m, v->setup.dialect, msg, false, &e))
		v->config_errno = (int)m.base.v[MSG_ERRNO].u;
	host_pfkey_taken(v->host, v->config_sock, msg.n);
}

void
live_pfkey_deliver(struct live *v, int sock, struct bytes msg)
{
	if (sock == v->config_sock)
		note_answer(v, msg);
	else if (v->served != NULL)
		pfkey_server_deliver(v->served, sock, msg);
}

uint64_t
live_pfkey_lost(const struct live *v)
{
	return v->served != NULL ? pfkey_server_lost(v->served) : 0;
}

unsigned
live_pfkey_poll(const struct live *v, struct pollfd *p)
{
	if (v->served == NULL)
		return 0;
	*p = (struct pollfd){ .fd = pfkey_server_fd(v->served), .events = POLLIN };
	return 1;
}

void
live_pfkey_run(struct live *v)
{
	if (v->served != NULL)
		pfkey_server_run(v->served);
}
