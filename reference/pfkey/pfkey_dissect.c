#include "pfkey/pfkey_dissect.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * Keys stand in the key extensions (RFC 2367 2.3.4). What private extensions and those of a number that nobody knows carry cannot be
 * judged, nor octets behind a key.
 */
static bool
is_secret(enum pfkey_ext kind, unsigned field)
{
	if (kind == EXT_KEY_AUTH || kind == EXT_KEY_ENCRYPT)
		return field == XKEY_KEY || field == XKEY_PAD;
	if (kind == EXT_X_KMPRIVATE)
		return field == XKM_DATA;
	if (kind == EXT_X_LOCAL_CREDENTIALS || kind == EXT_X_REMOTE_CREDENTIALS || kind == EXT_X_LOCAL_AUTH ||
	    kind == EXT_X_REMOTE_AUTH)
		return field >= X_BODY;
	return kind == EXT_UNKNOWN && field == X_BODY;
}

static void
mark_secrets(struct dissection *d, const struct pfkey_msg *m, unsigned ext, unsigned layer)
{
	const struct layout *lay = m->ext[ext].lay;
	for (unsigned f = 0; f < lay->n; f++) {
		struct dissect_row *r =
			is_secret(m->kind[ext], f) ? dissect_field(d, layer, lay->fields[f].name) : NULL;
		if (r != NULL)
			r->secret = true;
	}
}

static bool add_message(struct dissection *d, const struct dialect *dialect, struct bytes octets, bool swap,
			unsigned nested, struct dissect_place p, struct err *e);

/* X_PROMISC carries whole messages (RFC 2367 3.1.11); what is none may be anything. */
static void
add_inner(struct dissection *d, const struct pfkey_msg *m, unsigned nested, struct dissect_place p)
{
	size_t before = d->n;
	p.depth++;
	if (nested < 2 && add_message(d, m->dialect, m->inner, m->swapped, nested + 1, p, NULL))
		return;
	d->n = before;
	struct dissect_row *r = dissect_add(d, DISSECT_PAYLOAD, &p);
	if (r == NULL)
		return;
	r->bits = 8 * m->inner.n;
	r->secret = true;
	snprintf(r->value, sizeof r->value, "%zu octets that are no message", m->inner.n);
}

/* Rows of the octets from p on. */
static bool
add_message(struct dissection *d, const struct dialect *dialect, struct bytes octets, bool swap, unsigned nested,
	    struct dissect_place p, struct err *e)
{
	struct pfkey_msg *m = calloc(1, sizeof *m);
	if (m == NULL)
		return fail(e, ERR_IO, "out of memory");
	bool ok = pfkey_msg_parse(m, dialect, octets, swap, e);
	if (ok) {
		size_t end = p.at + octets.n;
		p.at += dissect_header(d, &m->base, &p);
		p.depth++;
		for (unsigned i = 0; i < m->n; i++) {
			p.layer++;
			/* Not what the fields take up: padding may follow. */
			size_t next = p.at + (size_t)m->ext[i].v[X_LEN].u * 8;
			(void)dissect_header(d, &m->ext[i], &p);
			mark_secrets(d, m, i, p.layer);
			p.at = next;
		}
		p.layer++;
		if (m->inner.n > 0 && p.at + m->inner.n <= end)
			add_inner(d, m, nested, p);
	}
	free(m);
	return ok;
}

struct dissection *
pfkey_dissect(const struct dialect *d, struct bytes octets, bool swap, struct err *e)
{
	struct dissection *x = dissect_new(octets);
	if (x == NULL) {
		fail(e, ERR_IO, "out of memory");
		return NULL;
	}
	struct dissect_place p = { .placed = true };
	if (add_message(x, d, octets, swap, 0, p, e) && !dissect_failed(x, e))
		return x;
	dissect_free(x);
	return NULL;
}
