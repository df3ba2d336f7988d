/*
 * The octets of a header from its table, and back. Fields that share an octet (version and ihl) are
 * read and written together, as one unit in network order; a unit of one field follows the layout's
 * byte order.
 */
#include "wire/field.h"

#include <assert.h>

static unsigned
wire_fields(const struct layout *lay)
{
	return lay->head != 0 ? lay->head : lay->n;
}

static uint64_t
mask_of(unsigned bits)
{
	return bits >= 64 ? UINT64_MAX : ((uint64_t)1 << bits) - 1;
}

/* The field after the unit that starts at i, and the unit's width. */
static unsigned
unit_end(const struct layout *lay, unsigned i, unsigned *bits)
{
	*bits = lay->fields[i++].bits;
	while (*bits % 8 != 0) {
		assert(i < wire_fields(lay) && !field_is_octets(&lay->fields[i]));
		*bits += lay->fields[i++].bits;
	}
	assert(*bits > 0 && *bits <= 64);
	return i;
}

/* Integers of a host_order layout are in our own order unless swapped; cursors speak network order.
 * */
static bool
is_little(const struct layout *lay, bool swap)
{
	bool ours = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
	return lay->host_order && ours != swap;
}

/* Bit fields have no order but the diagram's. */
static bool
is_reversed(const struct layout *lay, unsigned i, unsigned end, bool little)
{
	return little && end == i + 1 && (lay->fields[i].kind & F_NET) == 0;
}

static uint64_t
reverse(uint64_t v, unsigned bits)
{
	return __builtin_bswap64(v) >> (64 - bits);
}

struct hdr
hdr_of(const struct layout *lay)
{
	assert(lay->n <= HDR_MAX);
	return (struct hdr){ .lay = lay };
}

int
layout_field(const struct layout *lay, const char *name)
{
	for (unsigned i = 0; i < lay->n; i++) {
		if (strcmp(lay->fields[i].name, name) == 0)
			return (int)i;
	}
	return -1;
}

void
hdr_set(struct hdr *h, unsigned field, uint64_t u)
{
	assert(field < h->lay->n && !field_is_octets(&h->lay->fields[field]));
	h->v[field].u = u;
	h->given |= UINT32_C(1) << field;
}

void
hdr_set_bytes(struct hdr *h, unsigned field, struct bytes b)
{
	assert(field < h->lay->n && field_is_octets(&h->lay->fields[field]));
	h->v[field].b = b;
	h->given |= UINT32_C(1) << field;
}

/* Octets of octet field i when parsing. */
static size_t
octets_of(const struct hdr *h, unsigned i, size_t left)
{
	const struct layout *lay = h->lay;
	if (lay->fields[i].bits != 0)
		return lay->fields[i].bits / 8;
	return lay->var_len != NULL ? lay->var_len(h, i, left) : left;
}

static void
get_unit(struct hdr *h, unsigned i, unsigned end, unsigned bits, uint64_t unit, bool little)
{
	if (is_reversed(h->lay, i, end, little))
		unit = reverse(unit, bits);
	for (; i < end; i++) {
		bits -= h->lay->fields[i].bits;
		h->v[i].u = unit >> bits & mask_of(h->lay->fields[i].bits);
	}
}

bool
hdr_get(struct hdr *h, const struct layout *lay, struct rd *r, bool swap, struct err *e)
{
	assert(lay->n <= HDR_MAX);
	h->lay = lay;
	h->given = 0;
	memset(h->v, 0, lay->n * sizeof h->v[0]);
	bool little = is_little(lay, swap);
	for (unsigned i = 0, end; i < wire_fields(lay); i = end) {
		size_t left = rd_left(r), want;
		if (field_is_octets(&lay->fields[i])) {
			end = i + 1;
			want = octets_of(h, i, left);
			h->v[i].b = rd_take(r, want);
		} else {
			unsigned bits;
			end = unit_end(lay, i, &bits);
			want = bits / 8;
			get_unit(h, i, end, bits, rd_uint(r, bits / 8), little);
		}
		if (r->bad)
			return fail(e, ERR_SHORT, "%s.%s: want %zu octets, got %zu", lay->name, lay->fields[i].name,
				    want, left);
		h->given |= (uint32_t)(mask_of(end) & ~mask_of(i));
	}
	return true;
}

void
hdr_compute(struct hdr *h, const struct build_ctx *c)
{
	if (h->lay->compute != NULL)
		h->lay->compute(h, c);
}

/* A fixed width holds: short octets end in zeros, long ones are cut. */
static void
put_octets(const struct field *f, struct bytes b, struct wr *w)
{
	size_t width = f->bits != 0 ? f->bits / 8 : b.n;
	struct bytes head = bytes_slice(b, 0, width);
	wr_bytes(w, head);
	wr_fill(w, 0, width - head.n);
}

static uint64_t
put_unit(const struct hdr *h, unsigned i, unsigned end, unsigned bits, bool little)
{
	if (is_reversed(h->lay, i, end, little))
		return reverse(h->v[i].u, bits);
	uint64_t unit = h->v[i].u;
	while (++i < end)
		unit = unit << h->lay->fields[i].bits | (h->v[i].u & mask_of(h->lay->fields[i].bits));
	return unit;
}

void
hdr_put(const struct hdr *h, struct wr *w, bool swap)
{
	const struct layout *lay = h->lay;
	bool little = is_little(lay, swap);
	for (unsigned i = 0, end; i < wire_fields(lay); i = end) {
		if (field_is_octets(&lay->fields[i])) {
			end = i + 1;
			put_octets(&lay->fields[i], h->v[i].b, w);
			continue;
		}
		unsigned bits;
		end = unit_end(lay, i, &bits);
		wr_uint(w, put_unit(h, i, end, bits, little), bits / 8);
	}
}

size_t
hdr_size(const struct hdr *h)
{
	size_t bits = 0, octets = 0;
	for (unsigned i = 0; i < wire_fields(h->lay); i++) {
		bits += h->lay->fields[i].bits;
		if (h->lay->fields[i].bits == 0)
			octets += h->v[i].b.n;
	}
	return bits / 8 + octets;
}
