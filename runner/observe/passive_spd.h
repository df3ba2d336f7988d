/*
 * Policies of a file, and whether a datagram that somebody captured obeys them.
 *
 * An observer does not know which way a datagram goes for the host whose policies these are. The first entry of direction out that matches
 * it and the first of direction in are asked, where there are any: it is refused when all that were asked refuse it. Entries of fwd and
 * of tunnel interfaces take no part. What no entry names may pass. Level "default" is require, SAs beyond those that an entry asks for
 * are as wrong as those that are missing (RFC 4301 5.2 step 5), but who sends may leave a datagram uncompressed.
 */
#ifndef ESPY_RUNNER_OBSERVE_PASSIVE_SPD_H
#define ESPY_RUNNER_OBSERVE_PASSIVE_SPD_H

#include "ipsec/spd.h"

struct passive_spd;

/* A file of policies: setkey, ipsecconf or ip xfrm, by its first words; SAs in it play no part. NULL with what is wrong, and where. */
struct passive_spd *passive_spd_load(const char *path, struct err *e);
void passive_spd_free(struct passive_spd *s); /* NULL allowed */

/*
 * The line of the entry that refuses a datagram which came by these SAs, outermost first; 0: it may pass. One struct serves any number
 * of threads.
 */
unsigned passive_spd_refuses(const struct passive_spd *s, const struct flow *f, struct sa *const *path, unsigned n);

#endif
