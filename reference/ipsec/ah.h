/*
 * AH, RFC 4302: the ICV covers the IP header and extension headers in front of AH with their mutable fields
 * zeroed or set to what the receiver will see (3.3.3.1, appendix A), AH itself with a zero ICV, and
 * everything behind. "front" below is the finished octets from the IP header up to AH, as sent or as
 * received.
 */
#ifndef ESPY_IPSEC_AH_H
#define ESPY_IPSEC_AH_H

#include "ipsec/esp.h"

#define AH_FRONT_MAX 4096

/* AH header octets for the SA: 12 + explicit IV + ICV + padding to 4 (IPv4) or 8 (IPv6) octets;
 * spec.ah_align8 pads to 8 in IPv4 too. */
size_t ah_header_len(const struct sa *sa, uint8_t family);

/*
 * Copies front to out (same length) with every mutable field as the ICV sees it. DROP_HEADER when an option
 * or extension header is malformed, unknown, or front is longer than AH_FRONT_MAX; then out is as it was.
 *
 * A fragment header that reassembly left in place is skipped (appendix A2): it is left out of out, the header
 * before it takes its next header, and the payload length is less by its 8 octets, as if reassembly had
 * removed it. out->n is then smaller than front.n. A real fragment is DROP_FRAGMENT in IPv6; in IPv4 the
 * flags and the offset are zeroed here and judged by whoever reads the IP header.
 *
 * Routing headers of type 0 and 2 appear as at the final destination. One of another type with no segments
 * left is immutable (RFC 8200 4.4: it is ignored there); with segments left nobody can predict it:
 * DROP_HEADER. An IPv4 source route that is not used up puts its last address in the destination.
 */
enum verdict ah_prepare_front(struct bytes front, struct wr *out);
/* The same by a host's own rules; NULL: RFC 4302. */
enum verdict ah_prepare_front_by(const struct ah_rules *rules, struct bytes front, struct wr *out);

/*
 * The mutability of each octet of front, for cases that flip every octet. mask must hold front.n characters.
 *
 *   'i'  immutable
 *   'm'  mutable: zeroed, or left out (fragment header)
 *   'p'  mutable but predictable
 *   's'  zeroed too, but it steers how the rest is read, so that a change may be refused for that: type and
 *        length of a mutable IPv4 option, pointer of a source route, offset of a fragment header
 *   'h'  the first octet of IPv6: high half immutable (version), low half mutable (traffic class)
 */
enum verdict ah_mutability(struct bytes front, char *mask);

/*
 * Appends the AH header and payload to out. front must be final (lengths, protocol 51, checksum). `given`
 * (layout_ah, may be NULL) as in esp_seal; a given icv has its own length, payload_len follows it unless
 * given. The icv of ALG_AH_GMAC is IV and tag together (RFC 4543 4). The tag is zero in its own computation,
 * the IV is not: RFC 4302 3.3.3 zeroes the ICV, which RFC 4543 calls the tag. Verdicts and what they leave
 * behind as in esp_seal, and those of ah_prepare_front.
 */
enum verdict ah_seal(struct sa *sa, const struct hdr *given, struct bytes front, uint8_t next_header,
		     struct bytes payload, struct wr *out);

struct ah_opened {
	uint64_t seq;
	uint8_t next_header;
	struct bytes iv, icv, padding, payload; /* borrowed from packet; iv of ALG_AH_GMAC only */
};

/* Verifies without touching state; packet is from the AH header on. payload_len must be exactly what the SA's
 * algorithm makes it (RFC 4302 3.3.3.2.1 prohibits more padding): else DROP_AH_LENGTH. */
enum verdict ah_open(const struct sa *sa, struct bytes front, struct bytes packet, uint32_t seq_hi,
		     struct ah_opened *o);

/* A receiver, RFC 4302 3.4: replay_check, payload len, ICV, replay_commit. DROP_SA_STATE as in esp_receive.
 */
enum verdict ah_receive(struct sa *sa, struct bytes front, struct bytes packet, struct ah_opened *o);

#endif
