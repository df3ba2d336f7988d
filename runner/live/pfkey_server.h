/*
 * PF_KEY on a Unix socket: a listener of SOCK_SEQPACKET, and every connection is one PF_KEY socket of a host. One message, one packet,
 * both ways, as on the kernel's own; what a client does not read is bounded by its socket, and what no longer fits is lost and counted.
 *
 * A write to a kernel has been obeyed when write(2) returns. So that a client can have the same (runner/preload/), a message is
 * obeyed, and its answers delivered, before it is taken off the connection: SIOCOUTQ of the client is 0 from then on.
 */
#ifndef ESPY_RUNNER_LIVE_PFKEY_SERVER_H
#define ESPY_RUNNER_LIVE_PFKEY_SERVER_H

#include <stdint.h>
#include <sys/types.h>

#include "wire/cursor.h"
#include "wire/err.h"

/* The host behind it. open: a handle, or negative when there are too many; pid is the client's (RFC 2367 2.3.1, sadb_msg_pid). */
struct pfkey_host {
	int (*open)(void *ctx, pid_t pid);
	int (*write)(void *ctx, int sock,
		     struct bytes msg); /* 0, or an errno that is no answer's: the client gets its header with it */
	void (*taken)(void *ctx, int sock, size_t n); /* a message of n octets left the host's hands */
	void (*close)(void *ctx, int sock);
	void *ctx;
};

struct pfkey_server;

/* Listens at path, which must not be there yet, or be a socket that nobody listens on any more. NULL with e filled. */
struct pfkey_server *pfkey_server_open(const char *path, const struct pfkey_host *host, struct err *e);
/* Closes every connection and removes the path; NULL allowed. */
void pfkey_server_close(struct pfkey_server *s);

/* Polls readable when pfkey_server_run has something to do. */
int pfkey_server_fd(const struct pfkey_server *s);
/* Takes connections and obeys what their clients have written, one message each in turn until none is left. */
void pfkey_server_run(struct pfkey_server *s);

/* The host's delivery callback: msg to the client of sock. Not for calls about sockets that `open` has not returned yet. */
void pfkey_server_deliver(struct pfkey_server *s, int sock, struct bytes msg);
/* Messages that a client's queue had no room for. */
uint64_t pfkey_server_lost(const struct pfkey_server *s);

#endif
