/*
 * A profile: the rules in which IPsec hosts differ, as one row of data. Code asks the row, never for its name. A new rule is a field
 * here with the clause or manual that says it, a value in the rows that differ from zero (profile.c), and a name in tunables.c where an
 * administrator of such a system can change it.
 */
#ifndef ESPY_HOST_PROFILE_H
#define ESPY_HOST_PROFILE_H

#include <stdbool.h>
#include <stdint.h>

/* AH and ESP layers of an inbound datagram beyond those that its SPD entry asks for. */
enum profile_layers {
	LAYERS_EXACT,          /* none: the SAs are those of the entry (RFC 4301 5.2 step 5) */
	LAYERS_TRANSPORT_MORE, /* transport mode ones pass, as on Linux */
	LAYERS_MORE,           /* all pass, as on KAME */
};

#define PROFILE_DIRS 2

struct profile {
	const char *name;    /* "rfc4301", "rfc2401", "solaris", "kame", "linux" */
	uint8_t spd_miss;    /* SPD_BYPASS or SPD_DISCARD when no entry matches */
	bool strict_padding; /* inspect padding contents (RFC 4303 2.4 SHOULD) */
	uint8_t layers;      /* enum profile_layers */
	bool source_checked; /* a transport mode SA takes datagrams of its own source only (RFC 4301 5.2 step 5) */
	uint8_t transit[PROFILE_DIRS]; /* directions asked in turn for what is forwarded; 0 ends */
};

extern const struct profile profiles[];                  /* ends with name == NULL; profile.c says what each is for */
const struct profile *profile_by_name(const char *name); /* NULL if unknown */

#endif
