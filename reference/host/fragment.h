/* One datagram cut into fragments, one after the other. */
#ifndef ESPY_HOST_FRAGMENT_H
#define ESPY_HOST_FRAGMENT_H

#include "host/parts.h"
#include "ipsec/chain.h"

struct cutter {
	const struct ip *ip;
	struct chain_place front; /* IPv6: where the fragmentable part begins */
	struct bytes data;        /* the fragmentable part */
	uint32_t at, step, ident;
};

/* Into fragments of at most mtu octets. False: it may not be cut, or not so small. ip outlives c. */
bool cutter_open(struct host *h, const struct ip *ip, uint32_t mtu, struct cutter *c) MUST_USE;
bool cutter_done(const struct cutter *c);
/* Appends the next fragment; false when all are out. */
bool cutter_next(struct cutter *c, struct wr *w);

#endif
