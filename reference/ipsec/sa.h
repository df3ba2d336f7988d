/*
 * A security association, RFC 4301 4.4.2.1: plain data that everybody may read, made and destroyed here
 * because it owns keys and keyed contexts. It knows nothing of PF_KEY encodings; numbers that PF_KEY shares
 * (state, mode) have the same values there.
 */
#ifndef ESPY_IPSEC_SA_H
#define ESPY_IPSEC_SA_H

#include "crypto/seal.h"
#include "ipsec/addr.h"
#include "ipsec/replay.h"
#include "ipsec/selector.h"

enum sa_mode { MODE_ANY = 0, MODE_TRANSPORT = 1, MODE_TUNNEL = 2 };
enum sa_state { SA_LARVAL = 0, SA_MATURE = 1, SA_DYING = 2, SA_DEAD = 3 };

struct lifetime {
	uint32_t allocations; /* RFC 2367 2.3.2; on Linux: packets */
	uint64_t bytes;
	uint64_t addtime; /* limits: seconds; current: seconds since the epoch of the injected clock */
	uint64_t usetime; /* 0: not used yet / no limit */
};

/* ESP in UDP, RFC 3948; ports in host order, in the SA's own direction. */
struct encap {
	uint16_t sport, dport;
	bool udp;
	/* NAT-OA (RFC 3947 5.2): what the sender believes source and destination to be, and computed the checksums of transport mode
	 * with. Family 0: not known. */
	struct addr oai, oar;
	uint16_t frag; /* FreeBSD: the largest datagram that gets through, 0: not known; kept, not used */
};

/* What one SA says of its tunnel headers, beside the host's rules (ipsec/tunnel.h; RFC 4301 5.1.2, 8.1). */
struct sa_tunnel {
	bool df_given; /* df is the outer DF bit's rule, an enum tunnel_df */
	uint8_t df;
	bool no_ecn;     /* outer Not-ECT, and no mark comes in: RFC 3168 9.2.1.3 "forbidden" */
	bool decap_dscp; /* the outer DSCP replaces the inner one, RFC 4301 5.1.2.2 note 9 */
};

#define SA_KEY_MAX 520

/* What a manager asks for. Keys are borrowed. */
struct sa_spec {
	uint32_t spi;                   /* IPComp: the CPI */
	uint8_t protocol;               /* 50, 51 or 108 */
	uint8_t mode;                   /* enum sa_mode */
	struct addr src, dst;           /* outer addresses */
	const struct alg *enc, *auth;   /* NULL: none */
	struct bytes enc_key, auth_key; /* salt last */
	uint32_t replay;                /* window in packets, 0 off */
	bool esn;
	uint64_t seq; /* counter to start from: the first packet carries seq + 1 */
	/* The sender's counter may roll over to 0 (RFC 4303 3.3.3: only where the receiver has said that it does
	 * no anti-replay). Off by default, manual keys included: overflow is refused unless somebody asked; and
	 * with an implicit IV in any case (RFC 8750 7). */
	bool seq_cycle;
	uint32_t reqid;
	struct encap encap;
	struct lifetime hard, soft;
	uint32_t flags; /* as the dialect gave them, kept for GET */
	uint32_t tfc;   /* pad every tunnel packet's payload to this many octets, 0 off */
	bool old;       /* AH of RFC 1826, ESP of RFC 1827: without sequence numbers */
	uint8_t comp;   /* IPComp: the PF_KEY number of its algorithm (2 deflate), 0 none */
	/* AH on IPv4 padded to 8 octets against RFC 4302 3.3.3.2.1, to talk to Linux without its ALIGN4 flag. */
	bool ah_align8;
	struct sa_tunnel tunnel;
	/* The traffic it is for, RFC 4301 4.4.2.1; where nobody said (selects false) its SPD entry alone does. */
	bool selects;
	struct selector selector;
};

/*
 * What else of an IPv4 header the ICV of AH covers. All zero is RFC 4302 3.3.3.1.1.1: TOS and the fragment field are mutable and zeroed.
 * RFC 1826 systems included them, and KAME's can be told to (ipsec(4), ah_cleartos and ah_offsetmask).
 */
struct ah_rules {
	bool tos;             /* as it is */
	uint16_t offset_mask; /* these bits of flags and offset */
};

/* Which SAs a system has, where its documents differ from RFC 4301's; zero is what those have. */
struct sa_rules {
	bool old;         /* also those of RFC 1826 and 1827 */
	bool no_esn;      /* sequence numbers have 32 bits (RFC 2402 2.5, RFC 2406 2.2) */
	bool no_combined; /* a cipher does not authenticate (RFC 2406 2.7: one algorithm for each service) */
	bool no_tfc;      /* the payload ends where its protocol says (RFC 2406 has nothing of RFC 4303 2.7) */
};

/* False with the reason: what sa_open would take, but not such a system. */
bool sa_rules_allow(const struct sa_rules *rules, const struct sa_spec *spec, struct err *e) MUST_USE;

struct sa {
	struct sa_spec spec; /* enc_key and auth_key point into the SA's own storage */
	uint8_t state;       /* enum sa_state */
	struct seal *seal;   /* NULL while larval, and of IPComp */
	uint64_t seq;        /* last number sent */
	/* Last counter IV used. Apart from seq, because a given seq may repeat and an IV must never (RFC 4106
	 * 3.1, RFC 3686 3.1); it starts beside seq, so that a counter carried over a restart carries both. */
	uint64_t iv;
	struct replay replay;
	const struct ah_rules *ah; /* of the host that has the SA; NULL: RFC 4302 */
	struct lifetime current;
	/* RFC 4301 4.4.2.1: the smallest MTU that was reported on its path, in octets of the protected datagram, and the second in which
	 * that is forgotten. 0: none. */
	uint32_t pmtu;
	uint64_t pmtu_until;
	uint8_t *keys; /* octets of both; only as many as there are, since a million SAs are kept */
	size_t keys_n;
	bool bound;       /* it serves `flow` alone, whose packet was the first to need an SA of its own */
	struct flow flow; /* without a name */
	uint64_t last;    /* when the last packet was accounted, in seconds */
	struct {
		struct addr addr; /* family 0: none */
		uint16_t port;
	} moved;     /* where an encapsulated peer was last seen, if not where the SA has it */
	void *owner; /* the SAD's link, or the tester's note */
};

/*
 * Builds an SA in state mature. Refuses what the RFCs and the algorithm rows refuse, with ERR_RANGE and the
 * reason: no service at all (null and no integrity, RFC 4303 3.2), anti-replay without integrity (RFC
 * 4303 3.4.3), a cipher on AH, integrity beside a combined algorithm, a key that does not fit or is weak (RFC
 * 2405 3), SPI 0; of IPComp another algorithm than DEFLATE, and a well-known CPI of another (RFC 3173 3.3). SPIs 1 to 255
 * pass: manual keying may use them. In the SA an ESP spec.enc is never NULL
 * (none is the row of kind ALG_NULL) and a spec.auth of kind ALG_NULL becomes NULL.
 */
struct sa *sa_open(const struct sa_spec *spec, struct err *e);

/* A larval SA: an SPI and addresses, no keys (RFC 2367 3.1.1). */
struct sa *sa_open_larval(uint32_t spi, uint8_t protocol, const struct addr *src, const struct addr *dst,
			  struct err *e);

/*
 * Completes a larval SA (same SPI, protocol and destination), or changes the lifetimes of a mature or dying
 * one. Keys and algorithms never change: a spec without them (or with the same) is accepted then, another is
 * refused. On failure the SA is as it was.
 */
bool sa_complete(struct sa *sa, const struct sa_spec *spec, struct err *e) MUST_USE;

/* Wipes keys, frees; NULL allowed. */
void sa_close(struct sa *sa);

/*
 * Accounts one packet (RFC 4301 4.4.2.1) at time now. n is what the caller counts, here and everywhere in
 * espy the octets of the protected datagram. usetime is the first packet's time. *hard: a hard limit is now
 * reached (used >= limit); *soft: a soft one is, and the SA is still mature, so that a caller who makes it
 * dying hears of it once. The time since addtime counts only where somebody set current.addtime.
 */
void sa_account(struct sa *sa, size_t n, uint64_t now, bool *soft, bool *hard);

/*
 * The numbers of the next packet: the next sequence number unless seq is NULL, the next counter IV unless iv
 * is NULL. False when one of them would repeat (RFC 4303 3.3.3, RFC 4302 3.3.2, RFC 4106 3.1); then neither
 * moves. Here because every packet sent passes it.
 */
static inline bool sa_take_numbers(struct sa *sa, uint64_t *seq, uint64_t *iv) MUST_USE;

static inline bool
sa_take_numbers(struct sa *sa, uint64_t *seq, uint64_t *iv)
{
	uint64_t max = sa->spec.esn ? UINT64_MAX : UINT32_MAX;
	if (seq != NULL && sa->seq >= max && !sa->spec.seq_cycle)
		return false;
	if (iv != NULL && sa->iv == UINT64_MAX)
		return false;
	if (seq != NULL)
		*seq = sa->seq = sa->seq >= max ? 0 : sa->seq + 1;
	if (iv != NULL)
		*iv = ++sa->iv;
	return true;
}

#endif
