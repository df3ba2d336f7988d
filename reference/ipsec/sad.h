/*
 * The security association database, RFC 4301 4.4.2, with the lookup of 4.1. It owns its SAs.
 *
 * Unicast SAs are told apart by SPI, protocol and destination. SAs of a group (a multicast destination) by SPI and destination, and by
 * source too where the SA has one that is not the unspecified address: that is how manual configuration says which lookup an SA takes
 * part in (RFC 4301 4.1). Their protocol takes no part.
 */
#ifndef ESPY_IPSEC_SAD_H
#define ESPY_IPSEC_SAD_H

#include "ipsec/sa.h"
#include "ipsec/spd.h"

struct sad;

struct sad *sad_new(void); /* NULL only when memory is out */
void sad_free(struct sad *d);

/* How AH of every SA that is added from now on reads an IPv4 header; borrowed. */
void sad_set_ah(struct sad *d, const struct ah_rules *rules);

/* Takes over sa. ERR_REFUSED (os_errno EEXIST) if what tells it apart is taken; sa stays the caller's then. */
bool sad_add(struct sad *d, struct sa *sa, struct err *e) MUST_USE;

/* Files an SA that sa_complete() made mature: until then no outbound lookup finds it. False: out of memory, try again. */
bool sad_completed(struct sad *d, struct sa *sa) MUST_USE;

/* Exact: SPI, protocol, destination. NULL if none. Larval and dying ones included: the caller looks at state. Of a group's the first. */
struct sa *sad_find(const struct sad *d, uint32_t spi, uint8_t protocol, const struct addr *dst);

/* The same for a manager, who names a source too: it counts where it tells SAs apart. */
struct sa *sad_find_from(const struct sad *d, uint32_t spi, uint8_t protocol, const struct addr *src,
			 const struct addr *dst);

/*
 * Inbound, the longest match of RFC 4301 4.1: a group's SA of this source before one of all sources. Unicast: by SPI, protocol and
 * destination; a source mismatch does not matter.
 */
struct sa *sad_inbound(const struct sad *d, uint32_t spi, uint8_t protocol, const struct addr *src,
		       const struct addr *dst);

/* Outbound: the newest mature SA of protocol and mode from src to dst; reqid 0 means any. Dying ones only when no
 * mature one is there. */
struct sa *sad_outbound(const struct sad *d, uint8_t protocol, uint8_t mode, const struct addr *src,
			const struct addr *dst, uint32_t reqid);

/* The same among those that suit (all if NULL), about whatever the caller wants to tell the question. */
struct sa *sad_outbound_where(const struct sad *d, uint8_t protocol, uint8_t mode, const struct addr *src,
			      const struct addr *dst, uint32_t reqid,
			      bool (*suits)(const struct sa *sa, const void *about), const void *about);

/* sad_choose.c: the same for what a request says of algorithms and flows. */
struct sa *sad_outbound_suiting(const struct sad *d, const struct spd_request *r, const struct addr *src,
				const struct addr *dst, const struct flow *f);
/* The SA serves this flow from now on, and no other. */
void sad_bind(struct sa *sa, const struct flow *f);

/* Removes and closes. */
void sad_delete(struct sad *d, struct sa *sa);
/* protocol 0: all. Returns how many went. */
unsigned sad_flush(struct sad *d, uint8_t protocol);
unsigned sad_count(const struct sad *d);

/* Insertion order; pass NULL to start; NULL at the end. Deleting the SA just returned is allowed only after its
 * successor was fetched. */
struct sa *sad_next(const struct sad *d, const struct sa *after);

#endif
