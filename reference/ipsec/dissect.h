/*
 * One datagram as people look at it: a list of rows, header by header and field by field, each with its place among the octets, its value
 * and the clause that defines it; with SAs also what ESP and IPComp hid, as further runs of octets whose rows say where they stand in
 * them. Everything comes from the field tables. What a row looks like is the business of who shows it: `espy decode` (a line of text),
 * report.html (a table beside a dump). Messages of PF_KEY become the same rows in pfkey/pfkey_dissect.h.
 */
#ifndef ESPY_IPSEC_DISSECT_H
#define ESPY_IPSEC_DISSECT_H

#include "ipsec/compose.h"

enum dissect_kind {
	DISSECT_LAYER, /* a header or an extension begins: name, title, clause, and the octets that it has in the clear */
	DISSECT_FIELD,   /* one of its fields */
	DISSECT_PAYLOAD, /* what follows the last header: value */
	DISSECT_HIDDEN,  /* value says what is not told apart here: the octets that ESP keeps from who has no key */
};

struct dissect_row {
	uint8_t kind;   /* enum dissect_kind */
	uint8_t layer;  /* number of the header or extension, outermost first */
	uint8_t depth;  /* how far in: a header is one deeper than what carries it, extensions are all one deep */
	uint8_t buffer; /* whose octets: 0 those that were given, n what was opened n-th */
	bool placed;    /* bit and bits say where in them */
	bool opened;    /* came to light by the keys of an SA */
	bool secret;    /* octets of a key: not to be shown unless asked for; value has them */
	bool wrong;     /* note says what it should have been */
	size_t bit, bits;
	const char *header; /* name of the header in the notation: "ip4", "esp"; of extensions "sa", "key_encrypt" */
	const char *name;   /* of the field; NULL where the row is no field */
	const char *title;  /* of a layer: "IP Encapsulating Security Payload" */
	const char *clause; /* "RFC 4303 2.1", or NULL */
	char value[200];
	char note[80];
};

/* A run of octets that rows point into. */
struct dissect_buffer {
	struct bytes octets;
	uint8_t layer; /* that hid them */
	char title[80];
};

#define DISSECT_BUFFERS 8

struct dissection {
	struct dissect_row *row;
	size_t n;
	unsigned buffers; /* at least 1 */
	struct dissect_buffer buffer[DISSECT_BUFFERS];
	enum verdict verdict;     /* of the AH and ESP layers, ACCEPT where there is none or no key for it */
	const char *verdict_text; /* "ok", "no key", "icv", ..; NULL: neither AH nor ESP */
	size_t cap;               /* rest: its own */
	bool failed;
	struct dissected *parts; /* the headers behind the rows; NULL of a message */
	uint8_t *work;
};

/*
 * NULL: no IP datagram, or out of memory. It borrows the octets, and the SAs of sad (NULL: none), which it does not change; freed with
 * dissect_free.
 */
struct dissection *dissect_datagram(const struct sad *sad, struct bytes datagram, struct err *e) MUST_USE;
void dissect_free(struct dissection *d); /* NULL is fine */

/*
 * Short notation for people, "esp(spi=0x1001, seq=2)/echo": names of the headers from the outermost IP header on, with the fields that tell one
 * packet of a case from another. snprintf convention.
 */
size_t dissect_brief(const struct dissection *d, char *text, size_t cap);

/* The first row of a field by the name that differences use, "esp.seq"; layer < 0: in any layer. NULL: not there. */
const struct dissect_row *dissect_find(const struct dissection *d, const char *field, int layer);

/* --- for those who make rows --------------------------------------------------------------------- */

/* Rows are made from here on: of header `layer`, whose octets begin at octet `at` of `buffer`, if they are anywhere. */
struct dissect_place {
	uint8_t layer, depth, buffer;
	bool placed, opened;
	size_t at;
};

struct dissection *dissect_new(struct bytes octets);
/* Number of the new run of octets; 0 where there is no room for one more: then its rows have no place. */
unsigned dissect_buffer(struct dissection *d, struct bytes octets, unsigned layer, const char *title);
/* A row at p with nothing else; NULL when memory is out, which dissect_failed() tells at the end. */
struct dissect_row *dissect_add(struct dissection *d, enum dissect_kind kind, const struct dissect_place *p);
/*
 * A header's title and all its fields that were there. Where only the first fields are in the clear (ESP) the others are `opened` and have
 * no place yet. Returns the octets that it has in the clear.
 */
size_t dissect_header(struct dissection *d, const struct hdr *h, const struct dissect_place *p);
/* The row of a field among those of a layer; NULL: not there. */
struct dissect_row *dissect_field(struct dissection *d, unsigned layer, const char *name);
bool dissect_failed(const struct dissection *d, struct err *e); /* out of memory */

#endif
