/*
 * A profile: the rules in which IPsec hosts differ, as one row of data. Code asks the row, never for its name. A new rule is a field
 * here with the clause or manual that says it, a value in the rows that differ from zero (profile.c), and a name in tunables.c where an
 * administrator of such a system can change it.
 */
#ifndef ESPY_HOST_PROFILE_H
#define ESPY_HOST_PROFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "host/pmtu.h"
#include "ipsec/bundle.h"
#include "ipsec/sa.h"
#include "ipsec/tunnel.h"

#define PROFILE_DIRS 2

/* What single sockets may say. Bits are 1 << enum socket_action (socket.h). */
struct profile_socket {
	bool sec_opt;   /* the API is IP_SEC_OPT of Solaris (ipsec(4P)) rather than IP_IPSEC_POLICY */
	uint8_t absent; /* actions that the API refuses: ipsec_set_policy(3) has discard and none for the SPD alone */
	uint8_t privileged; /* actions that an ordinary user may not ask for (KAME: bypass; Linux: any) */
	uint8_t refusal;    /* the errno that says so */
	bool spd_first;     /* an SPD entry wins over an ordinary user's socket (RFC 4301 4.4.1, KAME) */
};

/* ICMP errors for this host that nobody vouches for, RFC 4301 6.1.1. */
enum profile_icmp { ICMP_IGNORED, ICMP_ACCEPTED, ICMP_PMTU_ONLY };

/* Non-initial fragments on their way through, RFC 4301 7: what they say of ports. */
enum profile_fragments {
	FRAGMENTS_BLIND, /* nothing: entries without ports have them, as kernels do it */
	FRAGMENTS_UNBOUND, /* what their first fragment said, for BYPASS and DISCARD (7.4); SAs with ports do not have them (7.3) */
	FRAGMENTS_STATEFUL, /* the same for SAs (7.3) */
};

/* How policy is looked up and enforced, where systems have habits of their own. */
struct profile_policy {
	bool ranked;            /* bypass first, then AH with ESP, ESP, AH (ipsecconf(8), DESCRIPTION) */
	bool ike_bypassed;      /* UDP port 500, whatever the entries say (ipsecconf(8), OPERANDS) */
	bool transit_unchecked; /* the host's policy is not for what is forwarded (ipsecconf(8), DESCRIPTION) */
	uint8_t tunnel_miss; /* as spd_miss, for a tunnel interface with at least one entry (ipsecconf(8), DESCRIPTION) */
	uint8_t loopback;    /* enum loopback_rule (loopback.h) */
	bool echo_latched;   /* an echo reply is protected as its request was (ipsec(4P), icmp_accept_clear_messages) */
	bool clear_icmp; /* clear messages pass inbound policy: ipsec(4P), icmp_, igmp_ and pim_accept_clear_messages */
	bool clear_igmp, clear_pim;
	uint32_t
		log_interval; /* ms between two logged policy failures (ipsec(4P), ipsec_policy_log_interval); 0: all are */
};

#define LEVELS(level)                                                                                                  \
	{                                                                                                              \
		level, level, level, level                                                                             \
	}

struct profile {
	const char *name;               /* "rfc4301", "rfc2401", "solaris", "kame", "linux" */
	uint8_t spd_miss[2];            /* SPD_BYPASS or SPD_DISCARD when no entry matches, for IPv4 and for IPv6 */
	struct bundle_levels levels[2]; /* of IPv4 and of IPv6 */
	bool unique_outbound; /* unique binds SAs on output only, inbound it is require (ipsec_set_policy(3)) */
	bool ah_outer_only; /* AH of a tunnel, or around one, vouches for nothing that comes out of it (KAME ipsec(4), BUGS) */
	uint32_t
		unique_max; /* the largest number of unique that a manager may give; others become one of our own; 0: any may be given */
	struct ah_rules ah;
	bool strict_padding; /* inspect padding contents (RFC 4303 2.4 SHOULD) */
	uint8_t layers;      /* enum bundle_layers */
	bool source_checked; /* a transport mode SA takes datagrams of its own source only (RFC 4301 5.2 step 5) */
	uint8_t transit[PROFILE_DIRS]; /* directions asked in turn for what is forwarded; 0 ends */
	struct sa_rules sas; /* which SAs there are: RFC 1826 and 1827, ESN, combined algorithms, TFC padding */
	bool no_dummies; /* ESP's next header 59 is a protocol as any other (RFC 2406 2.6), not a dummy (RFC 4303 2.6) */
	uint8_t natt_move; /* enum natt_move: what a peer behind another port means (RFC 3947 7) */
	struct profile_socket socket;
	struct profile_policy policy;
	struct tunnel_rules tunnel;
	struct pmtu_rules pmtu;
	uint8_t icmp_clear; /* enum profile_icmp */
	bool icmp_tells_in_clear; /* an error about what came protected may leave unprotected (RFC 4301 leaves it to the SPD) */
	uint8_t fragments; /* enum profile_fragments */
	bool options_encapsulated; /* transport mode ESP puts an IPv4 header with options inside a new one (ipsec(4P), self-encapsulation) */
};

extern const struct profile profiles[];                  /* ends with name == NULL; profile.c says what each is for */
const struct profile *profile_by_name(const char *name); /* NULL if unknown */

#endif
