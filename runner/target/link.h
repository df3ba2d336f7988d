/*
 * A link carries Ethernet frames between the tester and one interface of the target. It knows nothing
 * of what is in them. Kinds: fd (one end of a SOCK_SEQPACKET pair, the other end is a virtual
 * machine's or a process's NIC), mem (the reference host in this process). One frame in, one frame out.
 */
#ifndef ESPY_RUNNER_TARGET_LINK_H
#define ESPY_RUNNER_TARGET_LINK_H

#include <stdint.h>

#include "wire/cursor.h"
#include "wire/err.h"

#define LINK_FRAME_MAX 65600 /* an IPv4 datagram of 65,535 octets and its Ethernet header */

struct link;

struct link_ops {
	bool (*send)(struct link *, struct bytes frame, struct err *e);
	/* Puts at most one frame in buf and returns its length, 0 if none is there now, -1 (e filled) when
	 * the link is dead. Never blocks. */
	long (*recv)(struct link *, uint8_t *buf, size_t cap, struct err *e);
	/* A descriptor that polls readable when recv would give something; -1 for a link that is
	 * synchronous: everything the target will ever answer is there when send returns. */
	int (*fd)(const struct link *);
	void (*close)(struct link *);
};

struct link {
	const struct link_ops *ops;
	uint8_t tester_mac[6], target_mac[6];
	void *impl;
};

/* Takes over fd, a connected SOCK_SEQPACKET (or SOCK_DGRAM) socket; sets it non-blocking. */
bool link_fd_open(struct link *l, int fd, struct err *e) MUST_USE;
/* Over a new pair of sockets of this type; *theirs is the other end, the caller's to hand over and to close, also after an error. */
bool link_fd_pair(struct link *l, int type, int *theirs, struct err *e) MUST_USE;

#endif
