#include "runner/decode.h"

#include "ipsec/stack.h"

#include <stdlib.h>
#include <string.h>

#define SHOWN 8 /* octets of a field in the second column */
#define NOWHERE SIZE_MAX

/* --- one field ------------------------------------------------------------------------------- */

static size_t
field_bits(const struct hdr *h, unsigned i)
{
	const struct field *f = &h->lay->fields[i];
	return f->bits != 0 ? f->bits : field_is_octets(f) ? h->v[i].b.n * 8 : 0;
}

/* "0" or "0.4": octet, and bit where a field does not begin with one. */
static void
put_place(FILE *out, size_t bit)
{
	char text[24];
	if (bit % 8 == 0)
		snprintf(text, sizeof text, "%zu", bit / 8);
	else
		snprintf(text, sizeof text, "%zu.%zu", bit / 8, bit % 8);
	fprintf(out, "  %6s  ", bit == NOWHERE ? "" : text);
}

/* The octets that a field touches. */
static void
put_octets(FILE *out, struct bytes whole, size_t bit, size_t bits)
{
	char text[2 * SHOWN + 3];
	size_t n = 0;
	text[0] = '\0';
	if (bit != NOWHERE && bits > 0) {
		size_t from = bit / 8, to = (bit + bits + 7) / 8;
		struct rd r = rd_of(bytes_slice(whole, from, to - from));
		for (unsigned k = 0; k < SHOWN && rd_left(&r) > 0; k++)
			n += (size_t)snprintf(text + n, sizeof text - n, "%02x", (unsigned)rd_uint(&r, 1));
		if (rd_left(&r) > 0)
			snprintf(text + n, sizeof text - n, "..");
	}
	fprintf(out, "%-*s  ", 2 * SHOWN + 2, text);
}

static void
put_field(FILE *out, const struct hdr *h, unsigned i, struct bytes whole, size_t bit)
{
	const struct field *f = &h->lay->fields[i];
	char value[200];
	field_print(f, &h->v[i], value, sizeof value);
	put_place(out, bit);
	put_octets(out, whole, bit, field_bits(h, i));
	fprintf(out, "%-15s %-28s %s\n", f->name, value, f->clause != NULL ? f->clause : "");
}

/* --- headers --------------------------------------------------------------------------------- */

static void
put_title(FILE *out, const struct layout *lay)
{
	fprintf(out, "%s: %s%s%s\n", lay->name, lay->title != NULL ? lay->title : lay->name,
		lay->clause != NULL ? ", " : "", lay->clause != NULL ? lay->clause : "");
}

/*
 * All fields that were there. `at`: octets in front of the header, NOWHERE for one that only decryption brought to light. Of ESP the
 * first fields are in the clear; the rest has no octets of its own to show. Returns the octets in the clear.
 */
static size_t
put_header(FILE *out, const struct hdr *h, struct bytes whole, size_t at)
{
	size_t bit = 0;
	put_title(out, h->lay);
	for (unsigned i = 0; i < h->lay->n; i++) {
		bool clear = h->lay->head == 0 || i < h->lay->head;
		bool empty = h->lay->fields[i].bits == 0 && field_is_octets(&h->lay->fields[i]) && h->v[i].b.n == 0;
		if (hdr_given(h, i) && !empty)
			put_field(out, h, i, whole, at == NOWHERE || !clear ? NOWHERE : at * 8 + bit);
		if (clear)
			bit += field_bits(h, i);
	}
	return bit / 8;
}

/* What a checksum should have been, where that can be known: everything behind the header lies in the clear. */
static void
put_wrong_checksum(FILE *out, const struct packet *p, unsigned i, struct bytes behind)
{
	struct hdr h = p->layer[i];
	int field = layout_field(h.lay, "checksum");
	struct build_ctx c = { .payload = behind, .next_header = IPPROTO_NONE_ };
	struct addr src, dst;
	if (field < 0 || (h.lay == &layout_udp && h.v[field].u == 0))
		return;
	c.family = stack_addrs(p, i, &src, &dst);
	c.src = addr_bytes(&src);
	c.dst = addr_bytes(&dst);
	h.given &= ~(1u << field);
	hdr_compute(&h, &c);
	if (h.v[field].u != p->layer[i].v[field].u)
		fprintf(out, "          wrong: %s.checksum: want 0x%x, got 0x%x\n", h.lay->name, (unsigned)h.v[field].u,
			(unsigned)p->layer[i].v[field].u);
}

static void
put_payload(FILE *out, struct bytes payload, struct bytes whole, size_t at)
{
	char value[200];
	if (payload.n == 0)
		return;
	payload_print(payload, value, sizeof value);
	fprintf(out, "payload: %zu octets\n", payload.n);
	put_place(out, at == NOWHERE ? NOWHERE : at * 8);
	put_octets(out, whole, at == NOWHERE ? NOWHERE : at * 8, payload.n * 8);
	fprintf(out, "%s\n", value);
}

/* --- datagrams ------------------------------------------------------------------------------- */

static const char *
verdict_text(const struct dissected *d)
{
	bool opened = false, closed = false;
	for (unsigned i = 0; i < d->packet.n; i++) {
		const struct layout *lay = d->packet.layer[i].lay;
		if (lay != &layout_esp && lay != &layout_ah)
			continue;
		opened = opened || d->sa[i] != NULL;
		closed = closed || d->sa[i] == NULL;
	}
	if (!opened && !closed)
		return NULL;
	if (d->verdict != ACCEPT)
		return verdict_name(d->verdict);
	return closed ? "no key" : "ok";
}

bool
decode_datagram(FILE *out, const struct sad *sad, struct bytes datagram, enum verdict *verdict, struct err *e)
{
	size_t work_n = 2 * datagram.n + 65600, at = 0;
	struct dissected *d = calloc(1, sizeof *d);
	uint8_t *work = malloc(work_n);
	bool ok = d != NULL && work != NULL;
	if (!ok)
		fail(e, ERR_IO, "out of memory");
	ok = ok && packet_dissect(d, sad, datagram, work, work_n, e);
	for (unsigned i = 0; ok && i < d->packet.n; i++) {
		const struct hdr *h = &d->packet.layer[i];
		size_t n = put_header(out, h, datagram, at);
		if (at != NOWHERE)
			put_wrong_checksum(out, &d->packet, i, bytes_slice(datagram, at + n, SIZE_MAX));
		/* What an SA opened is no longer where it stands on the wire. */
		bool hidden = h->lay->head != 0 && d->sa[i] != NULL;
		at = at == NOWHERE || hidden ? NOWHERE : at + n;
	}
	if (ok) {
		const char *text = verdict_text(d);
		put_payload(out, d->packet.payload, datagram, at);
		if (text != NULL)
			fprintf(out, "verdict: %s\n", text);
		*verdict = d->verdict;
	}
	free(work);
	free(d);
	return ok;
}

/* --- messages -------------------------------------------------------------------------------- */

bool
decode_message(FILE *out, const struct dialect *d, struct bytes octets, bool show_keys, struct err *e)
{
	struct pfkey_msg *m = calloc(1, sizeof *m);
	bool ok = m != NULL;
	char line[4096];
	if (!ok)
		fail(e, ERR_IO, "out of memory");
	ok = ok && pfkey_msg_parse(m, d, octets, false, e);
	if (ok) {
		pfkey_msg_print(m, show_keys, line, sizeof line);
		fprintf(out, "%s\n", line);
		size_t at = put_header(out, &m->base, octets, 0);
		for (unsigned i = 0; i < m->n; i++) {
			bool key = m->kind[i] == EXT_KEY_AUTH || m->kind[i] == EXT_KEY_ENCRYPT;
			if (key && !show_keys) {
				put_title(out, m->ext[i].lay);
				fprintf(out, "  %6zu  %zu octets, not shown (--show-keys)\n", at, hdr_size(&m->ext[i]));
				at += hdr_size(&m->ext[i]);
				continue;
			}
			at += put_header(out, &m->ext[i], octets, at);
		}
	}
	free(m);
	return ok;
}
