/*
 * What became of a packet. A dropped packet is an answer, not an error: every reason has a name, and the names
 * are what reports and `espy check` print.
 */
#ifndef ESPY_IPSEC_VERDICT_H
#define ESPY_IPSEC_VERDICT_H

enum verdict {
	ACCEPT,
	DROP_SHORT,    /* no room for header, IV, trailer or ICV */
	DROP_NO_SA,    /* RFC 4303 3.4.2 */
	DROP_SA_STATE, /* larval, dying hard or dead */
	DROP_SEQ_ZERO, /* RFC 4303 3.4.3: never sent with anti-replay */
	DROP_OLD,      /* left of the window */
	DROP_REPLAYED,
	DROP_ICV,
	DROP_BLOCK,        /* ciphertext is no multiple of the block or of 4 octets */
	DROP_PAD_LENGTH,   /* pad length exceeds what was decrypted */
	DROP_PADDING,      /* contents are not 1, 2, 3, .. (SHOULD inspect, RFC 4303 2.4) */
	DROP_DUMMY,        /* next header 59: authentic, and discarded (RFC 4303 2.6) */
	DROP_AH_LENGTH,    /* payload len disagrees with the algorithm */
	DROP_MODE,         /* not the mode of the SA */
	DROP_INNER,        /* inner datagram malformed or of a family the SA does not carry */
	DROP_FRAGMENT,     /* a fragment offered to AH or ESP, RFC 4303 3.4.1 */
	DROP_HEADER,       /* IP header, option or extension header malformed */
	DROP_POLICY,       /* RFC 4301 5.2 step 4, or a discard entry */
	DROP_EXPIRED,      /* hard lifetime */
	DROP_SEQ_OVERFLOW, /* sender: the counter must not cycle, RFC 4303 3.3.3 */
	DROP_TOO_BIG,      /* sender: the datagram would not fit 65,535 octets */
	DROP_ENCAP,        /* UDP encapsulation asked for and missing, or the reverse */
	DROP_COMPRESSION,  /* IPComp: no stream of its algorithm, or one that swells beyond a datagram (RFC 3173 2.1) */
	DROP_INTERNAL,     /* libcrypto failed: our environment, not the packet */
	VERDICT_N
};

/* "ok", "no-sa", "replayed", ..: stable words for reports. */
const char *verdict_name(enum verdict v);

#endif
