/*
 * The reference host as a target in this process: what its link, channel and driver files share.
 * The host knows no clock, randomness or memory of ours; this is where it gets them.
 */
#ifndef ESPY_RUNNER_TARGET_TARGET_REFERENCE_H
#define ESPY_RUNNER_TARGET_TARGET_REFERENCE_H

#include "host/host.h"
#include "runner/observe/spool.h"
#include "runner/target/target.h"

#define REFERENCE_EVENT_MAX (PFKEY_MSG_MAX + 64)

struct reference {
	struct host *host;
	struct random source; /* the kernel's */
	struct random_pool pool;
	uint64_t epoch;                    /* add to the monotonic clock for seconds since 1970 that never jump */
	uint64_t ticked;                   /* the second for which timers ran */
	bool lost;                         /* no memory for a frame or event: whatever follows would be untrue */
	struct spool frames[TARGET_LINKS]; /* what the host sent and nobody took yet */
	struct spool events;
	struct reference_end {
		struct reference *r;
		unsigned link;
	} end[TARGET_LINKS];
	uint8_t event[REFERENCE_EVENT_MAX]; /* the one next_event gave last */
};

/* What stands behind "reference:". */
bool reference_argument(const char *argument, const struct profile **profile, const struct dialect **dialect,
			struct err *e);

/* Seconds, for every call into the host; runs its timers when a new second has begun. */
uint64_t reference_now(struct reference *r);

/* False, and why, once something was lost. */
bool reference_sound(const struct reference *r, struct err *e) MUST_USE;

/* link_mem.c: link `n` of the host; synchronous. Closing it leaves the host alone. */
void link_mem_open(struct link *l, struct reference *r, unsigned n);

/*
 * channel_call.c: the host's sockets and tunables as calls; synchronous. Closing it leaves the host
 * alone.
 */
void channel_call_open(struct channel *c, struct reference *r);

/* What the host's callbacks do with a PF_KEY message and a UDP datagram. */
void channel_call_pfkey(struct reference *r, int sock, struct bytes msg);
void channel_call_udp(struct reference *r, int sock, const struct addr *from, uint16_t port, struct bytes data);

#endif
