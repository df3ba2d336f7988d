/*
 * The anti-replay window, RFC 4303 3.4.3 and appendix A (RFC 4302 alike). Any size; sequence numbers are 64 bits
 * here, without ESN the high half stays zero. State changes only in replay_commit, after the ICV holds.
 */
#ifndef ESPY_IPSEC_REPLAY_H
#define ESPY_IPSEC_REPLAY_H

#include "ipsec/verdict.h"
#include "wire/err.h"

#include <stdint.h>

struct replay {
	uint32_t window; /* W in packets; 0: anti-replay off */
	bool esn;
	uint64_t top;   /* highest authenticated number; 0: none yet */
	uint64_t *bits; /* ring of at least ceil(W/64)+1 words, a power of two, owned */
	uint32_t words;
};

bool replay_init(struct replay *r, uint32_t window, bool esn, struct err *e) MUST_USE;
void replay_free(struct replay *r); /* safe twice */

/*
 * The full number behind the 32 bits on the wire (RFC 4303 A2.2); without ESN the same number. Where the pseudo-code of
 * A2.3 would say subspace -1 (nothing or little received yet, a number near 2^32) this says 0, so that a first packet
 * after a gap of up to 2^32 - 1 is still found (3.4.3).
 */
uint64_t replay_infer(const struct replay *r, uint32_t low);

/* const: a check cannot move the window. Zero is DROP_SEQ_ZERO only where anti-replay is on. */
enum verdict replay_check(const struct replay *r, uint64_t seq);

/* Marks seq as seen and slides the window. */
void replay_commit(struct replay *r, uint64_t seq);

#endif
