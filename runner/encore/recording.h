/*
 * A capture read whole, to be sent again: its datagrams in order, each with its time, who sent it, and on which link of the target. Who
 * is the tester's side, the peer, is told by the capture's own flags, by the user, or by who spoke first.
 */
#ifndef ESPY_RUNNER_ENCORE_RECORDING_H
#define ESPY_RUNNER_ENCORE_RECORDING_H

#include "ipsec/addr.h"
#include "runner/arena.h"

enum sender { BY_NOBODY, BY_PEER, BY_TARGET };

struct message {
	unsigned long number; /* of its frame, from 1 */
	uint64_t ns;          /* since 1970, or whenever the capture's clock began */
	struct bytes datagram;
	uint32_t missing; /* octets that the capture cut off */
	uint8_t sender;   /* enum sender; BY_NOBODY: it concerns neither side */
	uint8_t link;     /* of the target, from 1 */
};

#define RECORDING_ENDS 2 /* addresses that are the peer's, one of each family */

struct recording {
	struct arena arena;
	const char *path;
	struct message *message;
	size_t n, cap;
	unsigned long frames; /* also those that are not IP */
	bool flagged;         /* the capture says of every frame whether it came in or went out */
	bool own;             /* espy wrote it: addresses are those of target_nets */
	struct addr peer[RECORDING_ENDS], target[RECORDING_ENDS]; /* by family, 4 then 6; family 0: has none */
};

/* Reads all frames. ERR_SHORT: the file ends in the middle of one; ERR_RANGE: it is larger than is read at once. */
bool recording_read(struct recording *r, const char *path, struct err *e) MUST_USE;
/* Decides who sent what: by the peer's addresses where the user gave some, else by the flags, else by the first sender of a family. */
bool recording_orient(struct recording *r, const struct addr *peer, unsigned peers, struct err *e) MUST_USE;
void recording_free(struct recording *r);

/* recording_flags.c: what pcapng says of frame n (from 0) beside its octets, which libpcap does not tell. */
struct frame_flags {
	uint8_t direction; /* enum pcapng_direction */
	uint8_t link;      /* of espy's own comment; 0: none */
};
struct capture_flags {
	struct frame_flags *frame; /* in the arena */
	size_t n, cap;
	bool own;
};
/* Empty (and true) of a file that is no pcapng. What is damaged ends the walk: libpcap says so. */
bool capture_flags_read(struct capture_flags *f, struct arena *arena, const char *path, struct err *e) MUST_USE;

#endif
