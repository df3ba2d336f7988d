/*
 * IPComp, RFC 3173, with DEFLATE (RFC 2394): from payload to IPComp header with compressed octets and back. An IPComp association is a
 * struct sa of protocol 108 whose spi is the CPI. It knows the octets behind one IP header; whether compression pays, and where the header
 * goes, is the business of datagram_*.c.
 */
#ifndef ESPY_IPSEC_IPCOMP_H
#define ESPY_IPSEC_IPCOMP_H

#include "ipsec/sa.h"
#include "ipsec/verdict.h"
#include "wire/layouts.h"

#define IPCOMP_HEADER 4

/* Payloads shorter than this are not tried (RFC 3173 2.2 leaves the number to the implementation; KAME and Linux have this one). */
#define IPCOMP_LEAST 90

enum { IPCOMP_DEFLATE = 2 }; /* IPCOMP transform identifier, PF_KEY number and well-known CPI alike (RFC 3173 3.3) */

/* CPIs, RFC 3173 3.3: below WELL_KNOWN_END they name their algorithm; between MIN and MAX they are negotiated, so that GETSPI may choose
 * them; above that they are for private use. */
enum { CPI_WELL_KNOWN_END = 64, CPI_MIN = 256, CPI_MAX = 61439 };

/*
 * Appends the IPComp header and the compressed payload. `given` (layout_ipcomp, may be NULL) as in esp_seal. DROP_TOO_BIG: it does not fit
 * what is left of out, which a sender makes as small as the payload is, so that it stops where compression does not pay (RFC 3173 2.2).
 */
enum verdict ipcomp_seal(const struct sa *sa, const struct hdr *given, uint8_t next_header, struct bytes payload,
			 struct wr *out);

struct ipcomp_opened {
	uint8_t next_header;
	struct bytes payload; /* in the octets of work */
};

/*
 * Opens one IPComp packet (from its header on); the payload goes to work, and a stream that is longer than what is left there, or none at
 * all, is DROP_COMPRESSION. Flags are ignored (RFC 3173 3.3), and so are octets behind the end of the stream.
 */
enum verdict ipcomp_open(const struct sa *sa, struct bytes packet, struct wr *work, struct ipcomp_opened *o);

#endif
