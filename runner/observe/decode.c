#include "runner/observe/decode.h"

#include "ipsec/dissect.h"
#include "pfkey/pfkey_dissect.h"

#include <stdlib.h>
#include <string.h>

#define SHOWN 8 /* octets of a field in the second column */

/* Of what was opened on the wire only what hid it is left. */
static bool
has_place(const struct dissect_row *r)
{
	return r->placed && !r->opened;
}

/* "0" or "0.4": octet, and bit where a field does not begin with one. */
static void
put_place(FILE *out, const struct dissect_row *r)
{
	char text[24] = "";
	if (has_place(r) && r->bit % 8 == 0)
		snprintf(text, sizeof text, "%zu", r->bit / 8);
	else if (has_place(r))
		snprintf(text, sizeof text, "%zu.%zu", r->bit / 8, r->bit % 8);
	fprintf(out, "  %6s  ", text);
}

/* The octets that a field touches. */
static void
put_octets(FILE *out, const struct dissection *d, const struct dissect_row *r)
{
	char text[2 * SHOWN + 3] = "";
	size_t n = 0;
	if (has_place(r) && r->bits > 0) {
		size_t from = r->bit / 8, to = (r->bit + r->bits + 7) / 8;
		struct rd at = rd_of(bytes_slice(d->buffer[r->buffer].octets, from, to - from));
		for (unsigned k = 0; k < SHOWN && rd_left(&at) > 0; k++)
			n += (size_t)snprintf(text + n, sizeof text - n, "%02x", (unsigned)rd_uint(&at, 1));
		if (rd_left(&at) > 0)
			snprintf(text + n, sizeof text - n, "..");
	}
	fprintf(out, "%-*s  ", 2 * SHOWN + 2, text);
}

static void
put_field(FILE *out, const struct dissection *d, const struct dissect_row *r)
{
	put_place(out, r);
	put_octets(out, d, r);
	fprintf(out, "%-15s %-28s %s\n", r->name, r->value, r->clause != NULL ? r->clause : "");
	if (r->wrong)
		fprintf(out, "          wrong: %s\n", r->note);
}

static void
put_payload(FILE *out, const struct dissection *d, const struct dissect_row *r)
{
	fprintf(out, "payload: %zu octets\n", r->bits / 8);
	put_place(out, r);
	put_octets(out, d, r);
	fprintf(out, "%s\n", r->value);
}

static void
put_title(FILE *out, const struct dissect_row *r)
{
	fprintf(out, "%s: %s%s%s\n", r->header, r->title, r->clause != NULL ? ", " : "",
		r->clause != NULL ? r->clause : "");
}

static void
put_row(FILE *out, const struct dissection *d, const struct dissect_row *r)
{
	switch (r->kind) {
	case DISSECT_LAYER: put_title(out, r); break;
	case DISSECT_FIELD: put_field(out, d, r); break;
	case DISSECT_PAYLOAD: put_payload(out, d, r); break;
	default: break; /* the ciphertext: what was in it follows */
	}
}

bool
decode_datagram(FILE *out, const struct sad *sad, struct bytes datagram, enum verdict *verdict, struct err *e)
{
	struct dissection *d = dissect_datagram(sad, datagram, e);
	if (d == NULL)
		return false;
	for (size_t i = 0; i < d->n; i++)
		put_row(out, d, &d->row[i]);
	if (d->verdict_text != NULL)
		fprintf(out, "verdict: %s\n", d->verdict_text);
	*verdict = d->verdict;
	dissect_free(d);
	return true;
}

/* --- messages -------------------------------------------------------------------------------- */

/* Whether the extension whose title this is holds a key: then none of it is shown. */
static bool
holds_key(const struct dissection *d, size_t title)
{
	bool secret = d->row[title].secret;
	for (size_t i = title + 1; i < d->n && d->row[i].layer == d->row[title].layer; i++)
		secret = secret || d->row[i].secret;
	return secret;
}

static void
put_hidden(FILE *out, const struct dissect_row *r)
{
	if (r->kind == DISSECT_LAYER)
		put_title(out, r);
	fprintf(out, "  %6zu  %zu octets, not shown (--show-keys)\n", r->bit / 8, r->bits / 8);
}

static void
put_rows(FILE *out, const struct dissection *d, bool show_keys)
{
	for (size_t i = 0; i < d->n; i++) {
		if (show_keys || !holds_key(d, i)) {
			put_row(out, d, &d->row[i]);
			continue;
		}
		put_hidden(out, &d->row[i]);
		while (i + 1 < d->n && d->row[i + 1].layer == d->row[i].layer)
			i++;
	}
}

static bool
put_line(FILE *out, const struct dialect *d, struct bytes octets, bool show_keys, struct err *e)
{
	struct pfkey_msg *m = calloc(1, sizeof *m);
	char line[4096];
	if (m == NULL)
		return fail(e, ERR_IO, "out of memory");
	bool ok = pfkey_msg_parse(m, d, octets, false, e);
	if (ok) {
		pfkey_msg_print(m, show_keys, line, sizeof line);
		fprintf(out, "%s\n", line);
	}
	free(m);
	return ok;
}

bool
decode_message(FILE *out, const struct dialect *d, struct bytes octets, bool show_keys, struct err *e)
{
	struct dissection *x = pfkey_dissect(d, octets, false, e);
	bool ok = x != NULL && put_line(out, d, octets, show_keys, e);
	if (ok)
		put_rows(out, x, show_keys);
	dissect_free(x);
	return ok;
}
