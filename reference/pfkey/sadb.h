/*
 * The kernel side of PF_KEY: an engine that owns a SAD and an SPD and serves any number of PF_KEY sockets, RFC 2367
 * with KAME's policy messages. Memory in, memory out: messages arrive by sadb_write, leave by the deliver
 * callback; time (seconds) and SPIs are drawn from arguments. SAs are added and removed through the engine only: it
 * keeps notes on them. Errno numbers are Linux's. Not for calls from within deliver.
 */
#ifndef ESPY_PFKEY_SADB_H
#define ESPY_PFKEY_SADB_H

#include "ipsec/esp.h"
#include "ipsec/sad.h"
#include "ipsec/spd.h"
#include "pfkey/pfkey.h"

struct sadb;

/* What an administrator may set; 0: the default. */
struct sadb_settings {
	uint32_t rcvbuf;  /* octets of a socket's receive buffer; by default there is no limit */
	uint32_t larval;  /* seconds for which a larval SA waits to be completed (RFC 2367 3.1.1); 30 */
	uint32_t acquire; /* and an ACQUIRE to be answered; 30 */
};

struct sadb_setup {
	const struct dialect *dialect;
	struct sad *sad; /* borrowed: the host forwards with the same ones */
	struct spd *spd;
	uint32_t unique_max;   /* largest number that a manager may give a "unique" request; 0: any */
	struct random *random; /* SPIs of GETSPI */
	void (*deliver)(void *ctx, int sock, struct bytes msg); /* one message to one socket */
	void *ctx;
	const struct sadb_settings *settings; /* looked at whenever they matter; NULL: as documented there */
	uint64_t *lost;                       /* counts messages that did not fit one; may be NULL */
	const struct sa_rules *rules;         /* which SAs there can be; NULL: RFC 4301's */
};

/* The setup is copied; what it points at outlives the engine. NULL with e filled: out of memory. */
struct sadb *sadb_new(const struct sadb_setup *s, struct err *e);
void sadb_free(struct sadb *d);              /* NULL allowed; SAD and SPD are left as they are */
int sadb_open(struct sadb *d, uint32_t pid); /* a socket handle; -1 when there are too many */
void sadb_close(struct sadb *d, int sock);
/* Somebody read a message of n octets from a socket: its receive buffer has room again. */
void sadb_taken(struct sadb *d, int sock, size_t n);

/*
 * One write(): the message is obeyed and every answer delivered before this returns. 0, or the errno of the write
 * itself (EMSGSIZE when sadb_msg_len disagrees). Other refusals are error replies to the sender, RFC 2367 1.4, 2.1.
 */
int sadb_write(struct sadb *d, int sock, struct bytes msg, uint64_t now);

/*
 * "unique" without a number, or with one that no manager may give, gets one of ours (KAME: "range violation of reqid, kernel will update
 * it").
 */
void sadb_number_requests(struct sadb *d, struct spd_request *request, unsigned n);

/*
 * The host needs an SA: ACQUIRE to the sockets registered for its type, once per need until it is answered, given up
 * or too old (sadb_settings.acquire), and for no more than 256 needs at a time. Ports and protocol of the session are taken from the policy's selector: a copy narrowed to the flow
 * says more than the policy itself.
 */
void sadb_acquire(struct sadb *d, const struct spd_entry *policy, const struct spd_request *r, const struct addr *src,
		  const struct addr *dst, uint64_t now);
/* Traffic met a place in the SPD that waits for its policy: SPDACQUIRE. Call it before the entry's use is counted. */
void sadb_spdacquire(struct sadb *d, const struct spd_entry *policy, uint64_t now);
/* A lifetime ran out: EXPIRE with current and soft or hard. Hard ones remove the SA: it is gone on return. */
void sadb_expire(struct sadb *d, struct sa *sa, bool hard);
/* An authentic packet of sa came out of UDP from another place than the SA has (RFC 3947 7): X_NAT_T_NEW_MAPPING. */
void sadb_new_mapping(struct sadb *d, const struct sa *sa, const struct addr *addr, uint16_t port);
/* Runs timers: addtime/usetime limits, larval SAs (RFC 2367 3.1.1). */
void sadb_tick(struct sadb *d, uint64_t now);

#endif
