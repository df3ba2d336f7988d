/*
 * The security association database, RFC 4301 4.4.2, with the lookup of 4.1. It owns its SAs. Larger scale and the
 * multicast longest match arrive behind the same functions.
 */
#ifndef ESPY_IPSEC_SAD_H
#define ESPY_IPSEC_SAD_H

#include "ipsec/sa.h"

struct sad;

struct sad *sad_new(void); /* NULL only when memory is out */
void sad_free(struct sad *d);

/* Takes over sa. ERR_REFUSED (os_errno EEXIST) if (spi, protocol, dst) is taken; sa stays the caller's then. */
bool sad_add(struct sad *d, struct sa *sa, struct err *e) MUST_USE;

/* Exact: SPI, protocol, destination. NULL if none. Larval and dying ones included: the caller looks at state. */
struct sa *sad_find(const struct sad *d, uint32_t spi, uint8_t protocol, const struct addr *dst);

/* Inbound, RFC 4301 4.1: unicast by SPI and protocol and destination; a source mismatch does not matter. */
struct sa *sad_inbound(const struct sad *d, uint32_t spi, uint8_t protocol, const struct addr *src,
		       const struct addr *dst);

/* Outbound: the newest mature SA of protocol and mode from src to dst; reqid 0 means any. Dying ones only when no
 * mature one is there. */
struct sa *sad_outbound(const struct sad *d, uint8_t protocol, uint8_t mode, const struct addr *src,
			const struct addr *dst, uint32_t reqid);

/* Removes and closes. */
void sad_delete(struct sad *d, struct sa *sa);
/* protocol 0: all. Returns how many went. */
unsigned sad_flush(struct sad *d, uint8_t protocol);
unsigned sad_count(const struct sad *d);

/* Insertion order; pass NULL to start; NULL at the end. Deleting the SA just returned is allowed only after its
 * successor was fetched. */
struct sa *sad_next(const struct sad *d, const struct sa *after);

#endif
