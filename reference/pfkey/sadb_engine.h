/*
 * Inside the engine: what the files sadb_*.c share. A handler obeys one message and returns 0 or the errno of the error
 * reply, RFC 2367 3.1: base header alone, to the sender. Answers go out by sadb_send.
 */
#ifndef ESPY_PFKEY_SADB_ENGINE_H
#define ESPY_PFKEY_SADB_ENGINE_H

#include "pfkey/grammar.h"
#include "pfkey/parts.h"
#include "pfkey/sadb.h"

enum { SADB_SOCKETS = 64, SADB_LARVAL_SECONDS = 30, SADB_ACQUIRE_SECONDS = 30, SADB_PENDING = 256 };

struct sadb_socket {
	bool open, promiscuous;
	uint32_t pid;
	uint32_t registered; /* bit: SATYPE_* */
	uint32_t extended;   /* the same, by Solaris's extended REGISTER */
	size_t unread;       /* octets that wait in its receive buffer */
	uint64_t lost;       /* messages that did not fit */
};

/* What an ADD or UPDATE hung on an SA that struct sa does not hold. */
struct sadb_note;
/* An ACQUIRE without an answer yet; SADB_PENDING of them. */
struct sadb_pending;

struct sadb {
	struct sadb_setup setup;
	struct sadb_socket sockets[SADB_SOCKETS];
	uint32_t seq;   /* of messages that start here */
	uint32_t reqid; /* last one given to a "unique" request */
	struct sadb_note *notes;
	struct sadb_pending *pending;
	struct pfkey_msg asked, reply, kept; /* too large for small stacks */
	struct err refused;                  /* why the last write was; for whoever debugs a manager */
	uint8_t store[4096];                 /* octets that reply borrows */
	uint8_t out[PFKEY_MSG_MAX], wrapped[PFKEY_MSG_MAX + 16];
};

struct sadb_request {
	struct sadb *d;
	int sock;
	const struct pfkey_msg *m;
	uint64_t now;
	struct err err;
};

/* --- delivery: sadb.c ------------------------------------------------------------------------- */

/* TO_PLAIN: registered, but not for extended ACQUIREs; TO_EXTENDED: registered for those. */
enum sadb_audience { TO_ONE, TO_REGISTERED, TO_PLAIN, TO_EXTENDED, TO_ANY_REGISTERED, TO_ALL };

/* A reply to q with type, satype, seq and pid echoed, in d->reply. */
struct pfkey_msg *sadb_reply(const struct sadb_request *q);
/* A message that starts in the kernel: a fresh seq, pid 0. */
struct pfkey_msg *sadb_start(struct sadb *d, enum pfkey_type type, uint8_t satype);
/* The same in two steps: a seq may go out in more than one message. */
uint32_t sadb_next_seq(struct sadb *d);
struct pfkey_msg *sadb_begin(struct sadb *d, enum pfkey_type type, uint8_t satype, uint32_t seq);
/* Sends d->reply. sock matters to TO_ONE; TO_REGISTERED goes by the message's satype. 0, or ENOBUFS. */
int sadb_send(struct sadb *d, enum sadb_audience to, int sock);
/* One message of a dump to whoever asked for it; false: it was lost, and the dump ends without its last one. */
bool sadb_send_part(const struct sadb_request *q);
/* Whether any socket is registered for the type, in either way; whether one is by Solaris's extended REGISTER. */
bool sadb_is_registered(const struct sadb *d, uint8_t satype);
bool sadb_has_extended(const struct sadb *d, uint8_t satype);
/* One message to one socket, if its receive buffer has room. */
void sadb_deliver(struct sadb *d, int sock, struct bytes msg);

/* The end of a DUMP that has nothing to show: an error's base header (3.1 allows no other without SA), with the seq
 * of 0 that ends every dump (3.1.10). */
int sadb_send_nothing(struct sadb_request *q);
/* What was asked, clean, as the reply; extensions of the set only. False: too many. */
bool sadb_echo(struct sadb_request *q, ext_set kinds, bool keep_port);

/* --- SAs in messages: sadb_reply.c ------------------------------------------------------------ */

enum sadb_parts {
	PART_CURRENT = 1,
	PART_LIMITS = 2,
	PART_HARD = 4,
	PART_SOFT = 8,
	PART_PROXY = 16,
	PART_KEYS = 32,
	PART_NOTES = 64,
	PART_EXTRAS = 128
};
#define PARTS_ALL (PART_CURRENT | PART_LIMITS | PART_PROXY | PART_KEYS | PART_NOTES | PART_EXTRAS)

/* SA, addresses and parts of it into m, in the order of RFC 2367 3.6. 0, or ENOBUFS. */
int sadb_push_sa(struct sadb *d, struct pfkey_msg *m, const struct sa *sa, unsigned parts);

/* What managers hang on an SA beyond RFC 2367, kept as it came and shown again. */
#define SADB_KEPT_EXTRA                                                                                                \
	(EXT_BIT(EXT_X_KMPRIVATE) | EXT_BIT(EXT_X_SEC_CTX) | EXT_BIT(EXT_X_KM_COOKIE) | EXT_BIT(EXT_X_PAIR) |          \
	 EXT_BIT(EXT_X_INNER_DST) | EXT_BIT(EXT_X_NATT_LOC) | EXT_BIT(EXT_X_NATT_REM) | EXT_BIT(EXT_X_OUTER_SENS) |    \
	 EXT_BIT(EXT_X_LIFETIME_IDLE) | EXT_BIT(EXT_X_TAG) | EXT_BIT(EXT_X_TAP) | EXT_BIT(EXT_X_RDOMAIN) |             \
	 EXT_BIT(EXT_X_IFACE))

/* An extension as it was asked, with what must be zero zero: reserved fields, padding, ports. RFC 2367 2.1, 2.3.3. */
struct hdr sadb_clean_ext(const struct pfkey_msg *m, unsigned i, bool keep_port);

/* --- notes: sadb_note.c ----------------------------------------------------------------------- */

/* Keeps what m says beyond struct sa_spec; replaces an older note. 0, or an errno. */
int sadb_note_keep(struct sadb *d, const struct sa *sa, const struct pfkey_msg *m);
/* Whether m says nothing else than the note does (RFC 2367 3.1.2: a mature SA's identities are fixed). */
bool sadb_note_agrees(struct sadb *d, const struct sa *sa, const struct pfkey_msg *m);
/* The extensions kept for sa, as a message without SA; false if there are none. */
bool sadb_note_get(struct sadb *d, const struct sa *sa, struct pfkey_msg *kept);
void sadb_note_drop(struct sadb *d, const struct sa *sa);
void sadb_note_drop_all(struct sadb *d);

/* The only ways by which the engine removes SAs: their notes go with them. */
void sadb_remove(struct sadb *d, struct sa *sa);

/* Whether a limit was reached at now: the same rule for SAs and policies. */
bool sadb_is_over(const struct lifetime *used, const struct lifetime *limit, uint64_t now);

/* --- checks: sadb_check.c --------------------------------------------------------------------- */

/* What a refusal of ipsec/ is to a manager: ENOMEM, the errno that it names, or EINVAL. */
int sadb_errno_of(const struct err *e);
/* Never NULL. */
const struct sa_rules *sadb_rules(const struct sadb *d);
/* The SA that sa, address_src and address_dst name, or NULL: RFC 2367 3.1.2 wants type, spi and both addresses. */
struct sa *sadb_named(const struct sadb_request *q);
/* The whole of an ADD or UPDATE of a larval SA as a spec. 0, or EINVAL. */
int sadb_spec(struct sadb_request *q, struct sa_spec *spec);
/* What an UPDATE of a mature SA may not change, RFC 2367 3.1.2. 0, or EINVAL. */
int sadb_unchanged(struct sadb_request *q, const struct sa *sa);

/* --- ACQUIRE: sadb_acquire.c ------------------------------------------------------------------ */

/* An SA came: what waited for it, by seq or by path, does not wait any more. */
void sadb_acquire_answered(struct sadb *d, uint32_t seq, const struct sa *sa);
void sadb_acquire_tick(struct sadb *d, uint64_t now);
/* A FLUSH of that type: what was asked for before it is asked for anew. */
void sadb_acquire_forget(struct sadb *d, uint64_t satype);
void sadb_acquire_drop_all(struct sadb *d);
/* Which policy the unanswered ACQUIRE of that seq is for; 0: none. */
uint32_t sadb_acquire_policy(const struct sadb *d, uint32_t seq);
/* Solaris's x_eprop for all layers of an entry; false: no room. */
bool sadb_push_ecombs(struct sadb *d, struct pfkey_msg *m, const struct spd_entry *policy);

/* Combinations in order of preference, octets in w: sadb_proposal.c. */
void sadb_put_combs(const struct dialect *d, const struct spd_request *r, struct wr *w);
/* Extended ones for every layer of an entry; returns how many. */
unsigned sadb_put_ecombs(const struct dialect *d, const struct spd_entry *p, struct wr *w);

/* --- NAT mappings: sadb_natt.c ---------------------------------------------------------------- */

/* The ports of an UPDATE, where it says some. */
void sadb_update_ports(const struct pfkey_msg *m, struct sa *sa);

/* --- policies: sadb_spd.c --------------------------------------------------------------------- */

/* Entries whose lifetime is over: SPDEXPIRE, and they go. */
void sadb_spd_tick(struct sadb *d, uint64_t now);
/* All entries to whoever asked, in lookup order, seq counting down to 0; push puts one into a reply, 0 or an errno. */
int sadb_dump_policies(struct sadb_request *q,
		       int (*push)(struct sadb *d, struct pfkey_msg *m, const struct spd_entry *p));

/* --- handlers --------------------------------------------------------------------------------- */

int sadb_do_getspi(struct sadb_request *q);
int sadb_do_update(struct sadb_request *q);
int sadb_do_add(struct sadb_request *q);
int sadb_do_delete(struct sadb_request *q);
int sadb_do_get(struct sadb_request *q);
int sadb_do_flush(struct sadb_request *q);
int sadb_do_dump(struct sadb_request *q);
int sadb_do_register(struct sadb_request *q);
int sadb_do_acquire(struct sadb_request *q);
int sadb_do_expire(struct sadb_request *q);
int sadb_do_pchange(struct sadb_request *q);
int sadb_do_promisc(struct sadb_request *q);
int sadb_do_spdadd(struct sadb_request *q);
int sadb_do_spdupdate(struct sadb_request *q);
int sadb_do_spdsetidx(struct sadb_request *q);
int sadb_do_spddelete(struct sadb_request *q);
int sadb_do_spddelete2(struct sadb_request *q);
int sadb_do_spdget(struct sadb_request *q);
int sadb_do_spddump(struct sadb_request *q);
int sadb_do_spdflush(struct sadb_request *q);
int sadb_do_addflow(struct sadb_request *q);
int sadb_do_delflow(struct sadb_request *q);
int sadb_do_flowdump(struct sadb_request *q);
int sadb_do_askpolicy(struct sadb_request *q);
int sadb_do_grpspis(struct sadb_request *q);
int sadb_do_inverse_acquire(struct sadb_request *q);
int sadb_do_updatepair(struct sadb_request *q);
int sadb_do_delpair(struct sadb_request *q);

#endif
