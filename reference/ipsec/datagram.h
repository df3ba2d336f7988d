/*
 * Whole IP datagrams through one SA: where AH or ESP goes (RFC 4303 3.1, 4302 3.1), what a tunnel's outer header
 * says (RFC 4301 5.1.2), UDP encapsulation (RFC 3948), IPComp (RFC 3173), and back. Policy is not here.
 */
#ifndef ESPY_IPSEC_DATAGRAM_H
#define ESPY_IPSEC_DATAGRAM_H

#include "ipsec/ah.h"
#include "ipsec/sad.h"
#include "ipsec/tunnel.h"

/* Protects one datagram; appends the result to out. Transport mode puts the header after hop-by-hop, routing and fragment
 * headers; tunnel mode builds the outer header (DSCP and ECN copied, DF copied from IPv4, ttl 64, id from ident). A datagram
 * that IPComp would not make smaller goes out without IPComp header (RFC 3173 2.2), from a tunnel as IP in IP. */
enum verdict datagram_protect(struct sa *sa, struct bytes datagram, uint16_t ident, struct random *rnd, struct wr *out);
/* The same under rules of a tunnel's header that are not those of RFC 4301. */
enum verdict datagram_protect_by(struct sa *sa, const struct tunnel_rules *rules, struct bytes datagram, uint16_t ident,
				 struct random *rnd, struct wr *out);

/*
 * What protection by an SA makes of datagrams like one of them, without making it: how many octets each length becomes. RFC 4301 8.2.1
 * wants the largest that still fits.
 */
struct datagram_growth {
	const struct sa *sa;
	size_t head_n; /* octets in front of what is protected: kept ones in transport mode, new ones in tunnel mode */
	size_t udp_n;
	bool tunnel;
	uint8_t family;
};
/* ACCEPT, or why the SA will not protect it. */
enum verdict datagram_growth_of(const struct sa *sa, struct bytes datagram, struct datagram_growth *g);
/* The same for an SA that is applied to what another one made. */
struct datagram_growth datagram_growth_behind(const struct datagram_growth *inner, const struct sa *sa);
size_t datagram_grown(const struct datagram_growth *g, size_t n);

#define DATAGRAM_WORK (65535 + 40) /* IPv6 does not count its header */

struct datagram_result {
	enum verdict verdict;
	struct sa *sa; /* found, or NULL */
	uint32_t spi;
	uint64_t seq;
	uint8_t protocol; /* 50, 51, 108, or 0: the datagram was not protected */
	uint8_t pad_length;
	struct bytes iv, icv;        /* as received, borrowed; empty where there is none or it was not opened */
	enum tunnel_alarm ecn_alarm; /* the ECN fields of a tunnel that no entry makes so */
	bool soft, hard;             /* this packet reached a limit of the SA's lifetime, which is now dying or dead */
};

enum datagram_flags {
	DG_STRICT_PADDING = 1, /* padding contents are judged */
	DG_NO_STATE = 2,       /* verify only: no window moves, no accounting (passive check) */
	DG_NO_REPLAY = 4,
	DG_NO_DUMMIES = 64, /* next header 59 is no dummy packet (RFC 2406 2.6) */
	DG_IN_UDP =
		8, /* it came to a UDP socket that takes ESP, and is some (RFC 3948 2.1): whatever ports and SPI it has */
};

/*
 * Removes one layer of AH, ESP (ESP in UDP too, where the SA says so) or IPComp and appends to out the datagram as it was before
 * protection: transport mode gets its header back (protocol, lengths, checksum), tunnel mode gives the inner datagram cut at
 * its own length (TFC padding dropped). work must hold datagram.n octets, and DATAGRAM_WORK where sad has IPComp. Verdict ACCEPT with
 * protocol 0 and an untouched copy for unprotected datagrams. IP in IP between the ends of an IPComp tunnel is what that tunnel did not
 * compress (protocol 108). RFC 6040 4.2 decides ECN in tunnel mode.
 */
void datagram_unprotect(const struct sad *sad, struct bytes datagram, unsigned flags, uint64_t now, uint8_t *work,
			struct wr *out, struct datagram_result *r);
/* The same under other rules for the end of a tunnel. */
void datagram_unprotect_by(const struct sad *sad, const struct tunnel_rules *rules, struct bytes datagram,
			   unsigned flags, uint64_t now, uint8_t *work, struct wr *out, struct datagram_result *r);

#endif
