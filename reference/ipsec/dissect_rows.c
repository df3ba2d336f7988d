/* The rows of one datagram: where each header and field stands, in the clear or behind what an SA opened. */
#include "ipsec/dissect.h"
#include "ipsec/stack.h"
#include "wire/text.h"

#include <stdio.h>
#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* --- what an SA opened ------------------------------------------------------------------------- */

static void
place(struct dissect_row *r, unsigned buffer, size_t at, size_t octets)
{
	if (r == NULL)
		return;
	r->placed = true;
	r->buffer = (uint8_t)buffer;
	r->bit = 8 * at;
	r->bits = 8 * octets;
}

static void
add_ciphertext(struct dissection *d, const struct dissect_place *p, size_t at, size_t octets)
{
	struct dissect_row *r = dissect_add(d, DISSECT_HIDDEN, p);
	if (r == NULL)
		return;
	place(r, p->buffer, at, octets);
	r->header = d->parts->packet.layer[p->layer].lay->name;
	snprintf(r->value, sizeof r->value, "%zu octets that hide what follows", octets);
}

/*
 * Fields of ESP that decryption brought to light, at their places: IV and ICV around the ciphertext, the trailer at the end of what was in
 * it (RFC 4303 2, RFC 1827 and 1829).
 */
static void
place_trailer(struct dissection *d, unsigned layer, unsigned buffer, size_t clear_n)
{
	struct dissect_row *padding = dissect_field(d, layer, "padding"), *tfc = dissect_field(d, layer, "tfc");
	struct dissect_row *next = dissect_field(d, layer, "next_header");
	size_t pad_n = padding != NULL ? padding->bits / 8 : 0, end = clear_n - 2;
	const struct hdr *h = &d->parts->packet.layer[layer];
	size_t tfc_n = h->lay == &layout_esp ? (size_t)h->v[ESP_TFC].u : 0;
	place(dissect_field(d, layer, "pad_length"), buffer, end, 1);
	place(next != NULL ? next : dissect_field(d, layer, "payload_type"), buffer, end + 1, 1);
	place(padding, buffer, end - pad_n, pad_n);
	if (tfc_n > 0)
		place(tfc, buffer, end - pad_n - tfc_n, tfc_n);
}

static void
place_esp(struct dissection *d, const struct dissect_place *p, size_t head, unsigned buffer)
{
	const struct hiding *o = &d->parts->hiding[p->layer];
	struct dissect_row *iv = dissect_field(d, p->layer, "iv"), *icv = dissect_field(d, p->layer, "icv");
	size_t iv_n = iv != NULL ? iv->bits / 8 : 0, icv_n = icv != NULL ? icv->bits / 8 : 0;
	if (p->placed) {
		place(iv, p->buffer, p->at + head, iv_n);
		place(icv, p->buffer, p->at + o->sealed.n - icv_n, icv_n);
		add_ciphertext(d, p, p->at + head + iv_n, o->clear.n);
	}
	if (buffer != 0)
		place_trailer(d, p->layer, buffer, o->clear.n);
}

/* The SA opened it: what follows stands in octets of its own. */
static struct dissect_place
go_inside(struct dissection *d, const struct dissect_place *p, size_t head)
{
	const struct hdr *h = &d->parts->packet.layer[p->layer];
	const struct hiding *o = &d->parts->hiding[p->layer];
	bool esp = h->lay != &layout_ipcomp;
	char title[60];
	snprintf(title, sizeof title, "%s 0x%x, %s", h->lay->name, (unsigned)d->parts->sa[p->layer]->spec.spi,
		 esp ? "decrypted" : "decompressed");
	unsigned buffer = dissect_buffer(d, o->clear, p->layer, title);
	if (esp)
		place_esp(d, p, head, buffer);
	else if (p->placed)
		add_ciphertext(d, p, p->at + head, o->sealed.n - head);
	return (struct dissect_place){ .buffer = (uint8_t)buffer, .placed = buffer != 0, .opened = true };
}

/* --- checksums ----------------------------------------------------------------------------------- */

/* Inside ESP in UDP the sum of transport mode may be of the addresses before a NAT (RFC 3948 3.1.2). */
static bool
is_behind_nat(const struct packet *p, unsigned layer)
{
	for (unsigned i = 0; i + 1 < layer; i++)
		if (p->layer[i].lay == &layout_udp && p->layer[i + 1].lay->head != 0)
			return true;
	return false;
}

/* What a checksum should have been, where that can be known: everything behind the header is there. */
static void
check_sum(struct dissection *d, unsigned layer, struct bytes behind)
{
	const struct packet *p = &d->parts->packet;
	struct hdr h = p->layer[layer];
	int field = layout_field(h.lay, "checksum");
	struct build_ctx c = { .payload = behind, .next_header = IPPROTO_NONE_ };
	struct dissect_row *row = dissect_field(d, layer, "checksum");
	struct addr src, dst;
	if (field < 0 || row == NULL || (h.lay == &layout_udp && h.v[field].u == 0))
		return;
	if (h.lay != &layout_ip4 && (stack_is_fragment(p, layer) || is_behind_nat(p, layer)))
		return;
	c.family = stack_addrs(p, layer, &src, &dst);
	c.src = addr_bytes(&src);
	c.dst = addr_bytes(&dst);
	h.given &= ~(1u << field);
	hdr_compute(&h, &c);
	row->wrong = h.v[field].u != p->layer[layer].v[field].u;
	if (row->wrong)
		snprintf(row->note, sizeof row->note, "%s.checksum: want 0x%x, got 0x%x", h.lay->name,
			 (unsigned)h.v[field].u, (unsigned)p->layer[layer].v[field].u);
}

/* Where the octets end that the last headers speak of: before TFC padding, before a trailer. */
static size_t
end_of(const struct dissection *d, const struct dissect_place *p, size_t payload_at)
{
	const struct packet *k = &d->parts->packet;
	return p->buffer == d->buffers - 1 && k->n > 0 && d->parts->hiding[k->n - 1].clear.n == 0
		       ? payload_at + k->payload.n
		       : d->buffer[p->buffer].octets.n;
}

/* --- the datagram -------------------------------------------------------------------------------- */

static void
add_payload(struct dissection *d, const struct dissect_place *p)
{
	struct bytes payload = d->parts->packet.payload;
	struct dissect_row *r = payload.n > 0 ? dissect_add(d, DISSECT_PAYLOAD, p) : NULL;
	if (r == NULL)
		return;
	r->bits = 8 * payload.n;
	payload_print(payload, r->value, sizeof r->value);
}

static void
add_rows(struct dissection *d)
{
	const struct packet *k = &d->parts->packet;
	struct dissect_place p = { .placed = true };
	struct dissect_place at[PACKET_LAYERS];
	size_t behind[PACKET_LAYERS];
	for (unsigned i = 0; i < k->n; i++) {
		p.layer = p.depth = (uint8_t)i;
		at[i] = p;
		size_t n = dissect_header(d, &k->layer[i], &p);
		behind[i] = p.at + n;
		if (d->parts->hiding[i].clear.n > 0)
			p = go_inside(d, &p, n);
		else
			p.at += n;
	}
	p.layer = p.depth = (uint8_t)k->n;
	add_payload(d, &p);
	for (unsigned i = 0; i < k->n; i++)
		if (at[i].placed)
			check_sum(d, i,
				  bytes_slice(d->buffer[at[i].buffer].octets, behind[i],
					      end_of(d, &at[i], p.at) - behind[i]));
}

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

static bool
dissect_into(struct dissection *d, const struct sad *sad, struct err *e)
{
	size_t work_n = packet_dissect_room(sad, d->buffer[0].octets.n);
	d->parts = calloc(1, sizeof *d->parts);
	d->work = malloc(work_n + 1);
	if (d->parts == NULL || d->work == NULL)
		return fail(e, ERR_IO, "out of memory");
	if (!packet_dissect(d->parts, sad, d->buffer[0].octets, d->work, work_n, e))
		return false;
	add_rows(d);
	d->verdict = d->parts->verdict;
	d->verdict_text = verdict_text(d->parts);
	return !dissect_failed(d, e);
}

struct dissection *
dissect_datagram(const struct sad *sad, struct bytes datagram, struct err *e)
{
	struct dissection *d = dissect_new(datagram);
	struct sad *none = sad == NULL ? sad_new() : NULL;
	bool ok = d != NULL && (sad != NULL || none != NULL);
	if (!ok)
		fail(e, ERR_IO, "out of memory");
	ok = ok && dissect_into(d, sad != NULL ? sad : none, e);
	sad_free(none);
	if (ok)
		return d;
	dissect_free(d);
	return NULL;
}

/* --- in short ------------------------------------------------------------------------------------ */

/* What tells one packet of a case from another. */
static const struct brief {
	const char *header, *field[4];
} briefs[] = {
	{ "esp", { "spi", "seq" } },
	{ "ah", { "spi", "seq" } },
	{ "esp-old", { "spi" } },
	{ "ah-old", { "spi" } },
	{ "ipcomp", { "cpi" } },
	{ "udp", { "sport", "dport" } },
	{ "tcp", { "sport", "dport", "flags" } },
	{ "icmp4", { "type", "code" } },
	{ "icmp6", { "type", "code" } },
	{ "frag", { "offset", "m", "id" } },
};

static void
brief_fields(struct text *t, const struct hdr *h, const char *const *names, size_t n)
{
	const char *sep = "(";
	char value[80];
	for (size_t k = 0; k < n && names[k] != NULL; k++) {
		int i = layout_field(h->lay, names[k]);
		if (i < 0 || !hdr_given(h, (unsigned)i))
			continue;
		field_print(&h->lay->fields[i], &h->v[i], value, sizeof value);
		text_add(t, "%s%s=%s", sep, names[k], value);
		sep = ", ";
	}
	if (*sep == ',')
		text_add(t, ")");
}

/* The outermost IP header is whatever the chart's arrow says, unless it is a fragment's. */
static bool
brief_ip(struct text *t, const struct hdr *h, unsigned layer)
{
	static const char *const ends[] = { "src", "dst" }, *const piece[] = { "offset", "flags", "id" };
	bool v4 = h->lay == &layout_ip4;
	if (!v4 && h->lay != &layout_ip6)
		return false;
	bool fragment = v4 && (h->v[IP4_OFFSET].u != 0 || (h->v[IP4_FLAGS].u & 1) != 0);
	if (layer == 0 && !fragment)
		return true;
	text_add(t, "%s%s", t->n > 0 ? "/" : "", h->lay->name);
	if (layer > 0)
		brief_fields(t, h, ends, COUNT(ends));
	else
		brief_fields(t, h, piece, COUNT(piece));
	return true;
}

size_t
dissect_brief(const struct dissection *d, char *text, size_t cap)
{
	const struct packet *p = d->parts != NULL ? &d->parts->packet : NULL;
	struct text t = text_of(text, cap);
	for (unsigned i = 0; p != NULL && i < p->n; i++) {
		const struct hdr *h = &p->layer[i];
		if (brief_ip(&t, h, i))
			continue;
		text_add(&t, "%s%s", t.n > 0 ? "/" : "", h->lay->name);
		for (size_t k = 0; k < COUNT(briefs); k++)
			if (strcmp(briefs[k].header, h->lay->name) == 0)
				brief_fields(&t, h, briefs[k].field, COUNT(briefs[k].field));
	}
	if (t.n == 0 && p != NULL && p->n > 0)
		text_add(&t, "%s", p->layer[0].lay->name);
	if (p != NULL && p->payload.n > 0)
		text_add(&t, "/%zu octets", p->payload.n);
	return t.n;
}
