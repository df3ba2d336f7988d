/*
 * What a single socket says about its own traffic, for one direction (RFC 4301 4.4.1: applications may add to the SPD). Neutral of the
 * API that carries it: ipsec_set_policy(3) with IP_IPSEC_POLICY on KAME and Linux, IP_SEC_OPT on Solaris.
 */
#ifndef ESPY_IPSEC_SOCKET_POLICY_H
#define ESPY_IPSEC_SOCKET_POLICY_H

#include "ipsec/spd.h"

enum socket_action {
	SOCKET_ENTRUST, /* the SPD decides; every socket begins so */
	SOCKET_BYPASS,  /* no protection, whatever the SPD says */
	SOCKET_NONE,    /* no protection, as an SPD entry says it */
	SOCKET_DISCARD,
	SOCKET_PROTECT, /* by the requests */
	SOCKET_ACTIONS
};

struct socket_policy {
	uint8_t action; /* enum socket_action */
	unsigned n;     /* requests, applied first to last on output; of SOCKET_PROTECT only */
	struct spd_request request[SPD_REQUESTS];
};

#endif
