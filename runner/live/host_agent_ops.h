/* The operations of the agent protocol as calls of a channel: what espy-agent does with the sockets of its system. */
#ifndef ESPY_RUNNER_LIVE_HOST_AGENT_OPS_H
#define ESPY_RUNNER_LIVE_HOST_AGENT_OPS_H

#include "runner/agent/frame.h"
#include "runner/target/target.h"

struct served {
	bool open, bound;
	uint16_t handle, kind;
	int sock; /* the channel's; UDP: once bound */
	char user[64];
};

struct service {
	struct target *target;
	struct served sock[AGENT_SOCKETS_MAX];
	uint64_t passed; /* seconds that its clock was moved on */
	bool shutdown;
};

/* Performs a request: 0 or an errno, and the body of the reply. */
int service_perform(struct service *s, const struct frame *f, struct wr *body);
/* The hello, as a body. */
void service_hello(const struct service *s, struct wr *body);
/* Appends every event that is there. False: no memory. */
bool service_events(struct service *s, struct buffer *to);

#endif
