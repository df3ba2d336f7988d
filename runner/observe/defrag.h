/*
 * Whole datagrams from captured fragments: a receiver reassembles before AH and ESP (RFC 4303 3.4.1, RFC
 * 4302 3.4.1), so who judges a capture has to as well. The work is the host's reassembly; here its input is
 * found in octets.
 */
#ifndef ESPY_RUNNER_OBSERVE_DEFRAG_H
#define ESPY_RUNNER_OBSERVE_DEFRAG_H

#include "host/reassembly.h"

/* Offers a fragment seen in this frame; *whole is valid until the next call. REASSEMBLY_LOST for what cannot
 * be read. */
enum reassembly_result defrag_add(struct reassembly *r, struct bytes fragment, unsigned frame, struct bytes *whole);

/* Takes out a datagram that never became whole; false: there is none left. *frame is that of its first
 * fragment seen. */
bool defrag_left(struct reassembly *r, uint8_t *protocol, unsigned *frame);

#endif
