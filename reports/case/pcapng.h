/*
 * A pcapng section in memory (draft-ietf-opsawg-pcapng): interfaces of raw IP, packets with nanoseconds, direction and
 * comments. Integers are big-endian, which the section header says. Writes what it is told; knows nothing of cases.
 */
#ifndef ESPY_REPORTS_CASE_PCAPNG_H
#define ESPY_REPORTS_CASE_PCAPNG_H

#include <stdint.h>
#include <stdio.h>

#include "wire/cursor.h"

enum pcapng_direction { PCAPNG_UNKNOWN = 0, PCAPNG_INBOUND = 1, PCAPNG_OUTBOUND = 2 }; /* of epb_flags */

#define PCAPNG_COMMENTS 4
struct pcapng_packet {
	uint32_t interface;
	uint64_t ns; /* since 1970 */
	enum pcapng_direction direction;
	struct bytes octets;
	const char *comments[PCAPNG_COMMENTS]; /* UTF-8; NULL and "" are left out, and long ones are cut */
};

void pcapng_section(FILE *out, const char *application, const char *comment);
void pcapng_interface(FILE *out, const char *name);
void pcapng_packet(FILE *out, const struct pcapng_packet *p);

#endif
