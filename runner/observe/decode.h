/*
 * One datagram or PF_KEY message field by field: where it stands, its octets, name, value, and the RFC clause that defines it. Everything
 * comes from the field tables, so a header that the suite language knows is annotated too.
 */
#ifndef ESPY_RUNNER_OBSERVE_DECODE_H
#define ESPY_RUNNER_OBSERVE_DECODE_H

#include <stdio.h>

#include "ipsec/compose.h"
#include "pfkey/pfkey.h"

/*
 * Prints the layers of a datagram; with SAs also what was behind the ESP and AH that they open, and the verdict. False: not an IP
 * datagram. *verdict: that of the AH and ESP layers, ACCEPT where there is none or no key for it.
 */
bool decode_datagram(FILE *out, const struct sad *sad, struct bytes datagram, enum verdict *verdict,
		     struct err *e) MUST_USE;

/* Base header, then extensions. False: the framing is broken. Keys are printed only with show_keys. */
bool decode_message(FILE *out, const struct dialect *d, struct bytes octets, bool show_keys, struct err *e) MUST_USE;

#endif
