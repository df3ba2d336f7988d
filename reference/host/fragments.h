/*
 * Fragments on their way through, RFC 4301 7: the ports of a later one are those that the first one had, as long as that is remembered.
 * Fragments for this host are made whole first.
 */
#ifndef ESPY_HOST_FRAGMENTS_H
#define ESPY_HOST_FRAGMENTS_H

#include "host/reassembly.h"
#include "ipsec/spd.h"

#define FRAGMENTS_TRACKED 64 /* the oldest gives way */
#define FRAGMENTS_SECONDS 60 /* as long as reassembly would wait */

struct fragment_first {
	struct addr src, dst; /* family 0: free */
	uint8_t protocol;
	uint32_t id;
	struct secpath path; /* what came in clear says nothing of what came by an SA */
	uint16_t sport, dport;
	uint64_t until;
};

struct fragments {
	struct fragment_first first[FRAGMENTS_TRACKED];
	unsigned next;
};

struct host;

/* Remembers a first fragment. */
void fragments_note(struct fragments *t, struct bytes datagram, const struct secpath *path, uint64_t now);

/*
 * Before the SPD is asked: f gets the ports of its first fragment where they decide. False: they do, and nobody knows them, or an SA with
 * ports may not have it (RFC 4301 7.3); it is discarded, which is auditable. dirs: as in struct profile, 0 ends.
 */
bool fragments_flow(const struct host *h, const struct fragments *t, struct bytes datagram, const struct secpath *path,
		    const uint8_t *dirs, unsigned dirs_n, uint64_t now, struct flow *f);

#endif
