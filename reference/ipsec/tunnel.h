/*
 * What tunnel mode puts in front, RFC 4301 5.1.2, and how the DS and ECN fields of both headers meet at its end, RFC 6040 4. All four
 * mixes of families. What an administrator may choose there is struct tunnel_rules; what one SA says for itself (sa_spec) comes first.
 */
#ifndef ESPY_IPSEC_TUNNEL_H
#define ESPY_IPSEC_TUNNEL_H

#include "ipsec/chain.h"
#include "ipsec/sa.h"

/* The DF bit of an outer IPv4 header, RFC 4301 5.1.2.1 note 4; the numbers of KAME's net.inet.ipsec.dfbit. */
enum tunnel_df { DF_CLEAR, DF_SET, DF_COPY };

/* The outer ECN field at the tunnel's entry. */
enum tunnel_ingress {
	INGRESS_NOT_ECT, /* RFC 6040 4.1 compatibility mode, RFC 3168 9.2.1.3 "forbidden", KAME's ecn=0 */
	INGRESS_COPY,    /* RFC 6040 4.1 normal mode, RFC 4301 5.1.2.1 */
	INGRESS_RFC3168, /* "allowed": copied, but CE becomes ECT(0); KAME's ecn=1, Linux */
};

/* The inner ECN field at the tunnel's end. */
enum tunnel_egress {
	EGRESS_RFC6040, /* figure 4 of 4.2: one table for every peer */
	EGRESS_CE_ONLY, /* RFC 4301 5.1.2.1 note 6: CE onto ECT, all else as it was */
	EGRESS_FULL,    /* RFC 3168 9.2.1.3 "allowed": the same, and CE on what cannot be marked is dropped */
	EGRESS_LIMITED, /* RFC 3168 9.2.1.3 "forbidden": no change, CE is dropped */
	EGRESS_IGNORED, /* no change whatever is outside */
	EGRESS_N
};

#define TUNNEL_DSCP_COPIED 64       /* beside all that 6 bits can say */
#define TUNNEL_FLOW_COPIED 0x100000 /* beside all that 20 bits can say */

struct tunnel_rules {
	uint8_t df;               /* enum tunnel_df */
	uint8_t ecn4, ecn6;       /* enum tunnel_ingress, by the family of the outer header */
	uint8_t egress_allowed;   /* enum tunnel_egress, where ingress is not INGRESS_NOT_ECT */
	uint8_t egress_forbidden; /* .. where it is */
	uint8_t dscp;             /* TUNNEL_DSCP_COPIED, or the outer DSCP of every packet (5.1.2) */
	uint8_t dscp_map
		[TUNNEL_DSCP_COPIED]; /* copied DSCPs of another domain (note 5): the new one + 1; 0: as it is */
	bool dscp_in;                 /* the outer DSCP replaces the inner one at the end (note 9, RFC 2983) */
	uint32_t flow;                /* TUNNEL_FLOW_COPIED (end systems, note 8), or the outer label */
	uint8_t ttl;                  /* constructed, note 2; 0: 64 */
};

/* What RFC 4301 and RFC 6040 have for those who choose nothing. */
#define TUNNEL_RFC4301                                                                                                 \
	{                                                                                                              \
		.df = DF_COPY, .ecn4 = INGRESS_COPY, .ecn6 = INGRESS_COPY, .dscp = TUNNEL_DSCP_COPIED                  \
	}
extern const struct tunnel_rules tunnel_rfc4301;

/* Octets of the outer header. */
size_t tunnel_header_n(uint8_t family);

/* Writes the outer header; length, protocol and checksum are left to chain_rewrite. Returns where it announces. */
size_t tunnel_header_put(const struct sa_spec *s, const struct tunnel_rules *rules, const struct chain *inner,
			 uint16_t ident, struct wr *out);

/* What is at the end of a tunnel: the outer DS field, and what is done with it. */
struct tunnel_exit {
	uint8_t dscp, ecn;
	uint8_t egress; /* enum tunnel_egress */
	bool dscp_in;
};
/* How an SA ends under these rules, in an outer header of this family. */
struct tunnel_exit tunnel_exit_of(const struct sa_spec *s, const struct tunnel_rules *rules, const struct chain *outer);

/* The inner ECN field that leaves the tunnel; false: the datagram must be dropped. */
bool tunnel_ecn(uint8_t egress, uint8_t outer, uint8_t inner, uint8_t *result);

/* Combinations that no tunnel entry makes: RFC 6040 4.2, "(!)" and "(!!!)" of figure 4, to be logged. */
enum tunnel_alarm { ALARM_NONE, ALARM_UNUSED, ALARM_DANGEROUS };
enum tunnel_alarm tunnel_ecn_alarm(uint8_t outer, uint8_t inner);

/* The inner datagram under next_header 4 or 41: judged, cut at its own length, its DS field set. Appends to out. *alarm may be set even
 * where the datagram is dropped. */
bool tunnel_inner_put(uint8_t next_header, struct bytes payload, const struct tunnel_exit *x, struct wr *out,
		      enum tunnel_alarm *alarm);

#endif
