/*
 * A header is described once, as a table of fields; that table builds, parses, prints and diffs it, and its
 * names are the vocabulary of the suite language. `given` carries the harness's main idea: when building, a
 * field not given is computed and a given one goes out exactly as written, wrong or not; when expecting, only
 * given fields are compared.
 *
 * This module refuses to know what a protocol means: meaning (lengths of variable parts, computed values) is
 * in the layout's two functions, one file per protocol (layouts.h).
 */
#ifndef ESPY_WIRE_FIELD_H
#define ESPY_WIRE_FIELD_H

#include "wire/cursor.h"
#include "wire/err.h"

enum field_kind {
	F_UINT,       /* printed in decimal */
	F_SEQ,        /* as F_UINT, but may be given 64 bits wide: the low ones travel (extended sequence numbers) */
	F_HEX,        /* printed as 0x.. */
	F_ENUM,       /* printed by name where `names` has one, else in decimal */
	F_FLAGS,      /* printed as name|name, the rest as 0x.. */
	F_IP4,        /* 4 octets, dotted quad, in value.b */
	F_IP6,        /* 16 octets, RFC 5952 text, in value.b; bits == 0: a list, addr|addr */
	F_MAC,        /* 6 octets, in value.b */
	F_BYTES,      /* octets in value.b, printed as hex; bits == 0: as many as the layout's var_len says */
	F_NET = 0x80, /* or-ed in: network order even in a host_order layout (PF_KEY spi, ports) */
};

struct name {
	uint64_t value;
	const char *name;
};

struct field {
	const char *name;         /* as in the suite language: lower_case, the RFC's word */
	uint16_t bits;            /* width; 0 for a variable part */
	uint8_t kind;             /* enum field_kind */
	const struct name *names; /* F_ENUM, F_FLAGS: ends with name == NULL */
	const char *clause;       /* "RFC 4302 2.1" */
};

/* Without F_NET. */
static inline enum field_kind
field_kind_of(const struct field *f)
{
	return (enum field_kind)(f->kind & ~F_NET);
}

/* In value.b rather than value.u. */
static inline bool
field_is_octets(const struct field *f)
{
	return field_kind_of(f) >= F_IP4;
}

struct value {
	uint64_t u;     /* F_UINT, F_SEQ, F_HEX, F_ENUM, F_FLAGS */
	struct bytes b; /* F_IP4, F_IP6, F_MAC, F_BYTES: borrowed */
};

#define HDR_MAX 32

struct hdr {
	const struct layout *lay;
	uint32_t given; /* bit i: field i was given (or parsed) */
	struct value v[HDR_MAX];
};

/* What a header's computed fields may depend on: what it carries and what carries it. */
struct build_ctx {
	struct bytes payload;  /* finished octets after this header */
	uint8_t next_header;   /* IP protocol number of what follows (59: nothing) */
	uint8_t family;        /* of the nearest IP header outside: 4, 6, or 0 */
	struct bytes src, dst; /* of that IP header, for pseudo-headers (final destination) */
};

struct layout {
	const char *name;  /* layer name in the notation: "ip4", "ah", "echo" */
	const char *title; /* "IP Authentication Header" */
	const char *clause;
	const struct field *fields;
	unsigned n;      /* number of fields, at most HDR_MAX */
	bool host_order; /* PF_KEY: integers in the order said to hdr_get/hdr_put */
	/* Octets of variable field i, from the fields before it; `left` octets remain. NULL: takes all. */
	size_t (*var_len)(const struct hdr *h, unsigned i, size_t left);
	/* Fills every field whose given bit is clear. May use `scratch` octets of its own in *h only through
	 * values it points at constant or caller memory. NULL: ungiven fields are zero / empty. */
	void (*compute)(struct hdr *h, const struct build_ctx *c);
	unsigned head; /* only the first `head` fields are on the wire in the clear (esp); 0: all of them */
};

/* A header with nothing given. */
struct hdr hdr_of(const struct layout *lay);

/* Index of a field by name, or -1. */
int layout_field(const struct layout *lay, const char *name);

/* Gives a field. */
void hdr_set(struct hdr *h, unsigned field, uint64_t u);
void hdr_set_bytes(struct hdr *h, unsigned field, struct bytes b);
static inline bool
hdr_given(const struct hdr *h, unsigned field)
{
	return h->given >> field & 1;
}

/* For compute functions: a value for a field that was not given; it stays "not given". */
static inline void
hdr_fill(struct hdr *h, unsigned field, uint64_t u)
{
	if (!hdr_given(h, field))
		h->v[field].u = u;
}

static inline void
hdr_fill_bytes(struct hdr *h, unsigned field, struct bytes b)
{
	if (!hdr_given(h, field))
		h->v[field].b = b;
}

/*
 * Gives a field from text as a suite writes it: decimal, 0x.., a name of the table, name|name, an address,
 * hex octets (0x.. or plain) for F_BYTES; octets are stored in `store` (borrowed by h). ERR_UNKNOWN, ERR_RANGE or
 * ERR_SYNTAX say field, want and got.
 */
bool hdr_set_text(struct hdr *h, unsigned field, const char *text, struct wr *store, struct err *e) MUST_USE;

/* Parses one header; fields are borrowed from the input and marked given. ERR_SHORT names the field at which it ended.
 * `swap` matters for host_order layouts only: true when the octets are in the other byte order. */
bool hdr_get(struct hdr *h, const struct layout *lay, struct rd *r, bool swap, struct err *e) MUST_USE;

/* Fills what was not given, by the layout's compute. */
void hdr_compute(struct hdr *h, const struct build_ctx *c);

/* Writes every field as it stands. Values wider than the field are cut; w->full if there is no room. */
void hdr_put(const struct hdr *h, struct wr *w, bool swap);

/* Octets hdr_put would write. */
size_t hdr_size(const struct hdr *h);

/* Text in the suite's notation: name(field=value, ..) with the given fields only. NUL-terminated, cut at cap;
 * returns the length it wanted, as snprintf. */
size_t hdr_print(const struct hdr *h, char *text, size_t cap);
size_t field_print(const struct field *f, const struct value *v, char *text, size_t cap);

/* The number behind a name (or digits); false if there is none. */
bool names_value(const struct name *names, const char *text, uint64_t *value);
const char *names_name(const struct name *names, uint64_t value); /* NULL if unnamed */

struct field_diff {
	const struct layout *lay;
	const struct field *field;
	unsigned layer;           /* which header of a packet, from 1; 0: not said */
	char want[100], got[100]; /* printed, cut with ".." */
};

/* Compares the fields given in want; fills up to max differences, returns how many there are. */
unsigned hdr_diff(const struct hdr *want, const struct hdr *got, struct field_diff *d, unsigned max);

/* "ah.seq: want 2, got 1  [RFC 4302 2.5]" */
size_t field_diff_print(const struct field_diff *d, char *text, size_t cap);

#endif
