/*
 * Captures made elsewhere, pcap and pcapng, frame by frame as IP datagrams. It knows link layers (raw IP,
 * Ethernet with VLAN tags, Linux cooked, loopback), and nothing of what is inside a datagram.
 */
#ifndef ESPY_RUNNER_OBSERVE_CAPTURE_H
#define ESPY_RUNNER_OBSERVE_CAPTURE_H

#include "wire/cursor.h"
#include "wire/err.h"

struct capture;

struct frame {
	unsigned long number;      /* from 1, as every tool counts */
	struct bytes datagram;     /* from the IP header on, valid until the next call; empty: not IP */
	uint32_t captured, length; /* octets in the file, octets there were */
	uint64_t ns;               /* when, since 1970; to the microsecond */
};

/* NULL with a message that names the file: not a capture, or a link layer that is not read here. */
struct capture *capture_open(const char *path, struct err *e);
void capture_close(struct capture *c);

enum capture_next { CAPTURE_FRAME, CAPTURE_END, CAPTURE_BAD };

/* CAPTURE_BAD: the file ends in the middle or is damaged; e names file and frame. */
enum capture_next capture_next(struct capture *c, struct frame *f, struct err *e);

#endif
