/*
 * Whole IP datagrams through one SA: where AH or ESP goes (RFC 4303 3.1, 4302 3.1), what a tunnel's outer header
 * says (RFC 4301 5.1.2), UDP encapsulation (RFC 3948), and back. Policy is not here.
 */
#ifndef ESPY_IPSEC_DATAGRAM_H
#define ESPY_IPSEC_DATAGRAM_H

#include "ipsec/ah.h"
#include "ipsec/sad.h"

/* Protects one datagram; appends the result to out. Transport mode puts the header after hop-by-hop, routing and fragment
 * headers; tunnel mode builds the outer header (DSCP and ECN copied, DF copied from IPv4, ttl 64, id from ident). */
enum verdict datagram_protect(struct sa *sa, struct bytes datagram, uint16_t ident, struct random *rnd, struct wr *out);

struct datagram_result {
	enum verdict verdict;
	struct sa *sa; /* found, or NULL */
	uint32_t spi;
	uint64_t seq;
	uint8_t protocol; /* 50, 51, or 0: the datagram was not protected */
	uint8_t pad_length;
	bool soft, hard; /* this packet reached a limit of the SA's lifetime, which is now dying or dead */
};

enum datagram_flags {
	DG_STRICT_PADDING = 1, /* padding contents are judged */
	DG_NO_STATE = 2,       /* verify only: no window moves, no accounting (passive check) */
	DG_NO_REPLAY = 4,
};

/*
 * Removes one layer of AH or ESP (ESP in UDP too, where the SA says so) and appends to out the datagram as it was before
 * protection: transport mode gets its header back (protocol, lengths, checksum), tunnel mode gives the inner datagram cut at
 * its own length (TFC padding dropped). work must hold datagram.n octets. Verdict ACCEPT with protocol 0 and an
 * untouched copy for unprotected datagrams. RFC 6040 4.2 decides ECN in tunnel mode.
 */
void datagram_unprotect(const struct sad *sad, struct bytes datagram, unsigned flags, uint64_t now, uint8_t *work,
			struct wr *out, struct datagram_result *r);

#endif
