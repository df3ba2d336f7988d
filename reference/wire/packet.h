/*
 * A packet as a stack of headers and a payload: what the suite notation writes, what a dissected
 * frame is, what a failure prints. Headers that need keys (esp, ah) are filled by ipsec/dissect.c;
 * this module only walks, prints and compares.
 */
#ifndef ESPY_WIRE_PACKET_H
#define ESPY_WIRE_PACKET_H

#include "wire/layouts.h"

#define PACKET_LAYERS 24

struct packet {
	unsigned n;
	struct hdr layer[PACKET_LAYERS];
	struct bytes payload; /* after the last layer; borrowed */
	bool payload_given;   /* expecting: compare it */
};

/* Appends a header with nothing given and returns it; NULL when the stack is full. */
struct hdr *packet_push(struct packet *p, const struct layout *lay);

/*
 * Parses the layers of an IP datagram (or of what follows `protocol`) without keys: stops at esp
 * (spi and seq only are given; payload is what follows them) and walks through ah. Octets beyond
 * the IP length are left out. False only if the first header cannot be parsed; a later broken
 * header ends the walk and stays in payload. packet_parse_ip starts a new stack; packet_parse_upper
 * appends to the one there (what was found inside ESP) and replaces its payload. A UDP payload ends
 * where udp.length says, so TFC padding behind it is left out as well.
 */
bool packet_parse_ip(struct packet *p, struct bytes datagram, struct err *e) MUST_USE;
bool packet_parse_upper(struct packet *p, uint8_t protocol, struct bytes octets, struct err *e) MUST_USE;

/* "ip4(src=.., dst=..)/esp(spi=0x1001, seq=1)/udp(..)/"hello"", as hdr_print, with
 * snprintf's convention. */
size_t packet_print(const struct packet *p, char *text, size_t cap);

/* A payload as packet_print shows it: "text" or 0x.., cut with ".." behind 48 octets. */
size_t payload_print(struct bytes payload, char *text, size_t cap);

/* The names of the layers alone: "ip4/esp/echo-reply"; snprintf convention. */
size_t packet_shape(const struct packet *p, char *text, size_t cap);

struct packet_diff {
	unsigned n; /* differences found; the first max are in d */
	struct field_diff d[8];
	char shape[200]; /* "want ip4/esp, got ip4" when the stacks differ, else empty */
};

/*
 * Compares what `want` gives: the same layers in the same order, given fields equal, payload equal
 * if given. Returns true when they agree.
 */
bool packet_agree(const struct packet *want, const struct packet *got, struct packet_diff *d);

#endif
