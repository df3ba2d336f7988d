/*
 * A link on a real interface: frames in by libpcap in immediate mode (any other mode waits out its timeout), frames out by libnet. It
 * sees every frame that arrives on the interface, whatever its MAC address, and none that this machine sends.
 */
#ifndef ESPY_RUNNER_TARGET_LINK_RAW_H
#define ESPY_RUNNER_TARGET_LINK_RAW_H

#include "runner/target/link.h"

/* Needs the right to open packet sockets (CAP_NET_RAW). mac gets the interface's address. */
bool link_raw_open(struct link *l, const char *interface, uint8_t mac[6], struct err *e) MUST_USE;

/*
 * The same in a network namespace of ip-netns(8): its sockets stay there, the calling thread comes back. NULL: this one.
 */
bool link_raw_open_in(struct link *l, const char *netns, const char *interface, uint8_t mac[6], struct err *e) MUST_USE;

/* The interface's MTU, which bounds the datagram in a frame; 0: not known. */
unsigned link_raw_mtu(const char *interface);

#endif
