/*
 * Keys that must not be used. It knows the lists of RFC 2405 4.1 and RFC 2451 2.3, and nothing of
 * contexts or SAs.
 */
#ifndef ESPY_CRYPTO_WEAK_H
#define ESPY_CRYPTO_WEAK_H

#include <stdbool.h>

#include "wire/cursor.h"

/* A DES key among the 4 weak and 12 semi-weak ones of FIPS 74. */
bool weak_des(struct bytes key);

/*
 * Three DES keys that come to one: K1 = K2 or K2 = K3. Their own weak keys are no concern (RFC 2451
 * 2.3).
 */
bool weak_3des(struct bytes key);

#endif
