/*
 * The security policy database, RFC 4301 4.4.1: ordered entries, first match wins; a lower priority value comes
 * first, entries of one priority keep the order in which they were added.
 */
#ifndef ESPY_IPSEC_SPD_H
#define ESPY_IPSEC_SPD_H

#include "ipsec/sa.h"
#include "ipsec/selector.h"

enum spd_dir { DIR_IN = 1, DIR_OUT = 2, DIR_FWD = 3 };                /* PF_KEY's numbers */
enum spd_action { SPD_DISCARD = 0, SPD_BYPASS = 1, SPD_PROTECT = 2 }; /* PF_KEY: discard, none, ipsec */
enum spd_level { LEVEL_DEFAULT = 0, LEVEL_USE = 1, LEVEL_REQUIRE = 2, LEVEL_UNIQUE = 3 };

/* A host or tunnel interface may have an SPD of its own (RFC 4301 4.4.1); table 0 is the host's. Entries file under both in dir. */
#define SPD_DIR(table, dir) ((uint8_t)((table) << 2 | (dir)))
#define SPD_TABLES 32

#define SPD_REQUESTS 8

/* What is asked of one of an SA's two algorithms. All zero: nothing, not even that it has one. */
struct spd_alg {
	bool wanted;
	const struct alg *alg;       /* NULL: whichever */
	uint16_t min_bits, max_bits; /* length of its key without the salt; 0: no limit */
};

/*
 * Requests with one number of alternative are a bundle; of several bundles a sender takes the first for which there are SAs, a receiver
 * any (ipsecconf(8), "or"). Protocol 0 is the bundle without protection.
 */
struct spd_request {
	uint8_t protocol, mode, level;
	uint8_t alternative;
	bool per_flow;        /* an SA of it serves one flow only (ipsecconf(8), sa unique) */
	uint32_t reqid;       /* unique:N; 0 none */
	struct addr src, dst; /* tunnel ends */
	struct spd_alg enc, auth;
};

struct spd_entry {
	struct selector selector;
	uint8_t dir; /* enum spd_dir, with its table by SPD_DIR */
	uint8_t action;
	uint8_t pfp;  /* enum selector_pfp: what an SA made for a packet has from the packet */
	bool vacant;  /* a place without a policy yet: SPDSETIDX */
	bool passive; /* nobody is asked for an SA that is missing: OpenBSD's USE and DONTACQ */
	unsigned n;   /* requests, applied first to last on output */
	struct spd_request request[SPD_REQUESTS];
	uint32_t priority;
	uint32_t id; /* given by spd_add */
	struct lifetime hard, current;
};

/* spd_request.c: whether an SA's algorithms are what the request asks for. */
bool spd_request_suits(const struct spd_request *r, const struct sa *sa);
/* Whether somebody asked for more than KAME's PF_KEY can say of a request. */
bool spd_request_is_plain(const struct spd_request *r);

struct spd;
struct spd *spd_new(void);    /* NULL only when memory is out */
void spd_free(struct spd *d); /* NULL allowed */

/*
 * Copies entry in. ERR_REFUSED with EEXIST when selectors and direction are there already, ERR_RANGE for selectors that mean nothing.
 * *added may be NULL. Selectors, direction and priority of an entry stay what they were when it was added.
 */
bool spd_add(struct spd *d, const struct spd_entry *entry, struct spd_entry **added, struct err *e) MUST_USE;
/* First match of a direction; NULL: none (the caller has the default). What it costs hardly depends on how many entries there are. */
const struct spd_entry *spd_lookup(const struct spd *d, uint8_t dir, const struct flow *f);
/* The entry of exactly these selectors, however they are written, and the one of an id; NULL: none. Both hold until it is deleted. */
struct spd_entry *spd_find(const struct spd *d, uint8_t dir, const struct selector *s);
struct spd_entry *spd_by_id(const struct spd *d, uint32_t id);
void spd_delete(struct spd *d, struct spd_entry *entry);
/* All of them, of every table and direction. Returns how many went. */
unsigned spd_flush(struct spd *d);
/* In lookup order; NULL starts and ends. An entry may be deleted once its successor was fetched. */
struct spd_entry *spd_next(const struct spd *d, const struct spd_entry *after);

#endif
