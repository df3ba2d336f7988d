/*
 * The neighbours of each link: ARP (RFC 826) and Neighbor Discovery (RFC 4861) asked for next hops that are not known, what waits for
 * their answers, and what is learnt from those of others. Only where the setup says that the host resolves (host_setup.resolve); else a
 * neighbour is whoever spoke last.
 */
#ifndef ESPY_HOST_NEIGHBOURS_H
#define ESPY_HOST_NEIGHBOURS_H

#include "host/host.h"

#define NEIGHBOURS 64       /* a link; the one that was silent longest gives way */
#define NEIGHBOUR_WAITING 8 /* frames for one; the oldest gives way (RFC 4861 7.2.2) */
#define NEIGHBOUR_TRIES 3   /* RFC 4861 10: MAX_MULTICAST_SOLICIT, MAX_UNICAST_SOLICIT; one a second (RETRANS_TIMER) */
#define NEIGHBOUR_REACHABLE 30 /* seconds, RFC 4861 10: REACHABLE_TIME */

/* A frame without its destination. */
struct waiting {
	struct waiting *next;
	unsigned link;
	bool inside; /* it came protected: what tells of it must not leave in clear */
	bool routed; /* there was a route, but nobody at its end */
	size_t n;
	uint8_t frame[];
};

struct neighbour {
	struct addr addr; /* family 0: free */
	bool known;
	uint8_t mac[6];
	unsigned tries; /* solicitations since it last spoke */
	uint64_t confirmed, asked;
	struct waiting *waiting; /* oldest first */
	unsigned held;
};

struct neighbours {
	uint64_t now; /* of the last frame or tick */
	struct neighbour of[HOST_LINKS][NEIGHBOURS];
	struct neighbour *pending; /* whom the frame that is being written waits for */
	bool nowhere;              /* there is no route for it */
	bool inside;               /* what is forwarded now came protected */
	struct waiting *lost;      /* given up: their senders are told when no datagram is under way */
};

/* Appends the MAC address of the next hop towards dst; false: the frame has to wait, or has nowhere to go (neighbour_hold). */
bool neighbour_put(struct host *h, unsigned link, const struct addr *dst, struct wr *w);
/* Takes a frame for which neighbour_put said false. */
void neighbour_hold(struct host *h, unsigned link, struct bytes frame);

/* How an address is learnt. */
enum neighbour_news {
	NEWS_ASKS,    /* it asked us for ours: it is taken in */
	NEWS_ANSWERS, /* it answered: only where it was asked for */
	NEWS_KEEPS,   /* the same, but a known address stays (no override flag, RFC 4861 7.2.5) */
};
void neighbour_heard(struct host *h, unsigned link, const struct addr *a, struct bytes mac, enum neighbour_news news);

void neighbour_tick(struct host *h, uint64_t now);
/* Tells senders of what was given up (RFC 4861 7.2.2, RFC 1812 5.2.7.1). */
void neighbour_settle(struct host *h, uint64_t now);
void neighbour_forget(struct host *h); /* all */

#endif
