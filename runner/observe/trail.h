/*
 * What the packets of a capture say of each SA together: numbers that are missing, duplicates, packets behind the window, IVs used
 * twice under one key. Memory does not grow with the capture: duplicates are told apart within a window, IVs among the last million.
 */
#ifndef ESPY_RUNNER_OBSERVE_TRAIL_H
#define ESPY_RUNNER_OBSERVE_TRAIL_H

#include "ipsec/addr.h"
#include "ipsec/replay.h"

struct trail;

/* window: packets, as -r of an SA; a number below it can be told neither new nor old. */
struct trail *trail_new(uint32_t window, struct err *e);
void trail_free(struct trail *t);

/* One authentic AH or ESP packet. */
struct trail_packet {
	uint8_t protocol;
	uint32_t spi;
	struct addr src, dst;
	uint64_t seq;
	struct bytes iv; /* empty: the algorithm has none on the wire */
	uint64_t mark;   /* a digest of the octets: a packet seen twice is a duplicate and no IV used twice */
};

enum trail_note { TRAIL_NEW, TRAIL_DUPLICATE, TRAIL_LATE, TRAIL_IV_REUSED };
extern const char *const trail_notes[]; /* "", "duplicate", "late", "iv-reused" */

/* It will be added soon: what is remembered of its IV lies anywhere in memory, and is fetched meanwhile. */
void trail_expect(const struct trail *t, const struct trail_packet *p);

/* False: out of memory; *note is TRAIL_NEW then. */
bool trail_add(struct trail *t, const struct trail_packet *p, enum trail_note *note) MUST_USE;

struct trail_sa {
	uint8_t protocol;
	uint32_t spi;
	struct addr src, dst;
	uint64_t first, last; /* lowest and highest number */
	uint64_t packets, missing, duplicates, late, iv_reused;
};

/* In the order of their first packets, *at being NULL to begin with; false behind the last. */
bool trail_next(const struct trail *t, const void **at, struct trail_sa *s);

#endif
