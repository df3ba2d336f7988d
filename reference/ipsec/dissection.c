/* The list of rows: made, read, thrown away. What the rows of a datagram are is dissect_rows.c's business. */
#include "ipsec/dissect.h"

#include <stdio.h>
#include <stdlib.h>

struct dissection *
dissect_new(struct bytes octets)
{
	struct dissection *d = calloc(1, sizeof *d);
	if (d == NULL)
		return NULL;
	d->buffers = 1;
	d->buffer[0].octets = octets;
	return d;
}

void
dissect_free(struct dissection *d)
{
	if (d == NULL)
		return;
	free(d->parts);
	free(d->work);
	free(d->row);
	free(d);
}

bool
dissect_failed(const struct dissection *d, struct err *e)
{
	return d->failed && !fail(e, ERR_IO, "out of memory");
}

unsigned
dissect_buffer(struct dissection *d, struct bytes octets, unsigned layer, const char *title)
{
	if (d->buffers >= DISSECT_BUFFERS)
		return 0;
	struct dissect_buffer *b = &d->buffer[d->buffers];
	b->octets = octets;
	b->layer = (uint8_t)layer;
	snprintf(b->title, sizeof b->title, "%s", title);
	return d->buffers++;
}

struct dissect_row *
dissect_add(struct dissection *d, enum dissect_kind kind, const struct dissect_place *p)
{
	if (d->n == d->cap) {
		size_t cap = d->cap > 0 ? 2 * d->cap : 64;
		struct dissect_row *more = realloc(d->row, cap * sizeof *more);
		if (more == NULL) {
			d->failed = true;
			return NULL;
		}
		d->row = more;
		d->cap = cap;
	}
	struct dissect_row *r = &d->row[d->n++];
	*r = (struct dissect_row){
		.kind = (uint8_t)kind,
		.layer = p->layer,
		.depth = p->depth,
		.buffer = p->buffer,
		.placed = p->placed,
		.opened = p->opened,
		.bit = 8 * p->at,
	};
	return r;
}

/* --- headers --------------------------------------------------------------------------------- */

static size_t
field_bits(const struct hdr *h, unsigned i)
{
	const struct field *f = &h->lay->fields[i];
	return f->bits != 0 ? f->bits : field_is_octets(f) ? h->v[i].b.n * 8 : 0;
}

static bool
is_clear(const struct layout *lay, unsigned i)
{
	return lay->head == 0 || i < lay->head;
}

static void
add_field(struct dissection *d, const struct hdr *h, unsigned i, const struct dissect_place *p, size_t bit)
{
	const struct field *f = &h->lay->fields[i];
	struct dissect_row *r = dissect_add(d, DISSECT_FIELD, p);
	if (r == NULL)
		return;
	r->header = h->lay->name;
	r->name = f->name;
	r->clause = f->clause;
	r->placed = p->placed && is_clear(h->lay, i);
	r->opened = p->opened || !is_clear(h->lay, i);
	r->bit += bit;
	r->bits = field_bits(h, i);
	field_print(f, &h->v[i], r->value, sizeof r->value);
}

static void
add_title(struct dissection *d, const struct hdr *h, const struct dissect_place *p)
{
	struct dissect_row *r = dissect_add(d, DISSECT_LAYER, p);
	if (r == NULL)
		return;
	r->header = h->lay->name;
	r->title = h->lay->title != NULL ? h->lay->title : h->lay->name;
	r->clause = h->lay->clause;
	r->bits = 8 * hdr_size(h);
}

size_t
dissect_header(struct dissection *d, const struct hdr *h, const struct dissect_place *p)
{
	size_t bit = 0;
	add_title(d, h, p);
	for (unsigned i = 0; i < h->lay->n; i++) {
		bool empty = h->lay->fields[i].bits == 0 && field_is_octets(&h->lay->fields[i]) && h->v[i].b.n == 0;
		if (hdr_given(h, i) && !empty)
			add_field(d, h, i, p, bit);
		if (is_clear(h->lay, i))
			bit += field_bits(h, i);
	}
	return bit / 8;
}

/* --- reading --------------------------------------------------------------------------------- */

struct dissect_row *
dissect_field(struct dissection *d, unsigned layer, const char *name)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->row[i].kind == DISSECT_FIELD && d->row[i].layer == layer && strcmp(d->row[i].name, name) == 0)
			return &d->row[i];
	return NULL;
}

static bool
is_named(const struct dissect_row *r, const char *field)
{
	size_t n = r->header != NULL ? strlen(r->header) : 0;
	return r->kind == DISSECT_FIELD && strncmp(field, r->header, n) == 0 && field[n] == '.' &&
	       strcmp(field + n + 1, r->name) == 0;
}

const struct dissect_row *
dissect_find(const struct dissection *d, const char *field, int layer)
{
	bool payload = strcmp(field, "payload.octets") == 0; /* as packet_agree calls it */
	for (size_t i = 0; i < d->n; i++) {
		const struct dissect_row *r = &d->row[i];
		if (payload ? r->kind == DISSECT_PAYLOAD : is_named(r, field) && (layer < 0 || r->layer == layer))
			return r;
	}
	return NULL;
}
