/*
 * The sockets the agent lends: opened, bound, written to, and drained of whatever arrived. Knows errno
 * values and addresses; what the octets mean is the other side's business.
 */
#ifndef ESPY_AGENT_LENT_H
#define ESPY_AGENT_LENT_H

#include <poll.h>

#include "runner/agent/frame.h"

struct lent {
	uint16_t handle, kind;
	int fd;
	uint32_t uid; /* whose it is: every call on it is made by this user */
};

struct lending {
	struct lent sock[AGENT_SOCKETS_MAX];
	size_t n;
};

struct endpoint {
	struct bytes address;
	uint16_t port;
}; /* address: 0, 4 or 16 octets */

/* Each returns 0 or an errno of this system. */
int lent_open(struct lending *l, uint16_t handle, unsigned kind, unsigned protocol, uint32_t uid);
int lent_close(struct lending *l, uint16_t handle);
int lent_bind(struct lending *l, uint16_t handle, struct endpoint at);
int lent_connect(struct lending *l, uint16_t handle, struct endpoint to);
int lent_send(struct lending *l, uint16_t handle, struct bytes data);
int lent_sendto(struct lending *l, uint16_t handle, struct endpoint to, struct bytes data);
int lent_setsockopt(struct lending *l, uint16_t handle, int level, int name, struct bytes value);
/* `like` is what the value's room begins with: some options are asked by what they would answer. */
int lent_getsockopt(struct lending *l, uint16_t handle, int level, int name, struct bytes like, struct wr *value);
/* Whether this process can act as somebody else at all. */
bool lent_has_users(void);

/* Appends an event frame for everything that has arrived. False: out of memory. */
bool lent_drain(struct lending *l, struct buffer *to);
bool lent_drain_one(struct lending *l, uint16_t handle, struct buffer *to);

size_t lent_poll(const struct lending *l, struct pollfd *fds, size_t cap);
void lent_close_all(struct lending *l);

#endif
