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

#define SPD_REQUESTS 4

struct spd_request {
	uint8_t protocol, mode, level;
	uint32_t reqid;       /* unique:N; 0 none */
	struct addr src, dst; /* tunnel ends */
};

struct spd_entry {
	struct selector selector;
	uint8_t dir, action;
	unsigned n; /* requests, applied first to last on output */
	struct spd_request request[SPD_REQUESTS];
	uint32_t priority;
	uint32_t id; /* given by spd_add */
	struct lifetime hard, current;
	struct spd_entry *next;
};

struct spd;
struct spd *spd_new(void);
void spd_free(struct spd *d);

/* Copies entry in. ERR_REFUSED with EEXIST when selectors and direction are there already. *added may be NULL. */
bool spd_add(struct spd *d, const struct spd_entry *entry, struct spd_entry **added, struct err *e) MUST_USE;
/* First match of a direction; NULL: none (the caller has the default). */
const struct spd_entry *spd_lookup(const struct spd *d, uint8_t dir, const struct flow *f);
struct spd_entry *spd_find(const struct spd *d, uint8_t dir, const struct selector *s);
struct spd_entry *spd_by_id(const struct spd *d, uint32_t id);
void spd_delete(struct spd *d, struct spd_entry *entry);
unsigned spd_flush(struct spd *d);
/* In lookup order; NULL starts and ends. */
struct spd_entry *spd_next(const struct spd *d, const struct spd_entry *after);

#endif
