/* What the agent channel offers beyond channel.h to the drivers that build one. */
#ifndef ESPY_RUNNER_TARGET_CHANNEL_AGENT_H
#define ESPY_RUNNER_TARGET_CHANNEL_AGENT_H

#include "runner/target/channel.h"

#define CHANNEL_AGENT_MTU 1500

/*
 * Moves an open agent channel from its byte stream to Ethernet frames on fd, a SOCK_SEQPACKET socket whose
 * other end is `interface` of the target: much faster than a serial line. The stream stays open; its end
 * still ends the agent. fd stays the caller's, to be closed after the channel. False with ERR_REFUSED: the
 * agent cannot, and the channel works as before.
 */
bool channel_agent_move(struct channel *c, int fd, const char *interface, struct err *e) MUST_USE;

#endif
