/*
 * One PF_KEY message as people look at it: the rows of ipsec/dissect.h, base header, then extensions. Octets of keys are marked as secret,
 * and so is everything that could be one.
 */
#ifndef ESPY_PFKEY_PFKEY_DISSECT_H
#define ESPY_PFKEY_PFKEY_DISSECT_H

#include "ipsec/dissect.h"
#include "pfkey/pfkey.h"

/* NULL: the framing is broken. swap: the message is of the other byte order. */
struct dissection *pfkey_dissect(const struct dialect *d, struct bytes octets, bool swap, struct err *e) MUST_USE;

#endif
