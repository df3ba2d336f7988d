/*
 * Checksums that a sending kernel leaves to its network card: over a veth or tap nobody fills them in, and the frame arrives with the sum
 * of the pseudo-header where the checksum should be. A host must drop that (RFC 1122 4.1.3.4), and people must be told why.
 */
#ifndef ESPY_RUNNER_LIVE_OFFLOAD_H
#define ESPY_RUNNER_LIVE_OFFLOAD_H

#include "ipsec/addr.h"

/* Whether a frame has such a UDP or TCP checksum; src is whose. */
bool offload_partial(struct bytes frame, struct addr *src);

#endif
