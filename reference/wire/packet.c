#include "wire/packet.h"

#include "wire/text.h"

struct hdr *
packet_push(struct packet *p, const struct layout *lay)
{
	if (p->n >= PACKET_LAYERS)
		return NULL;
	struct hdr *h = &p->layer[p->n++];
	*h = hdr_of(lay);
	return h;
}

/* What a header says about the octets behind it: how many are its own. */
static struct rd
narrow(const struct hdr *h, struct rd *r)
{
	size_t left = rd_left(r), own = left, size = hdr_size(h), said;
	if (h->lay == &layout_ip4) {
		said = h->v[IP4_TOTAL_LENGTH].u;
		own = said > size ? said - size : 0;
	} else if (h->lay == &layout_ip6) {
		own = h->v[IP6_PAYLOAD_LENGTH].u;
	} else if (h->lay == &layout_udp) {
		said = h->v[UDP_LENGTH].u;
		own = said >= size ? said - size : left;
	}
	return rd_sub(r, own < left ? own : left);
}

/* Behind these headers octets cannot be read as headers: later fragments, ciphertext, compressed
 * data, an IPv4 header that is shorter than itself. */
static bool
is_opaque_behind(const struct hdr *h)
{
	if (h->lay == &layout_ip4)
		return h->v[IP4_OFFSET].u != 0 || h->v[IP4_IHL].u < 5;
	if (h->lay == &layout_frag)
		return h->v[FRAG_OFFSET].u != 0;
	return h->lay == &layout_esp || h->lay == &layout_esp_old || h->lay == &layout_ipcomp;
}

static const struct layout *
successor(const struct hdr *h, struct bytes rest)
{
	int next = layout_next_field(h->lay);
	if (next < 0 || is_opaque_behind(h))
		return NULL;
	return layout_for_protocol((uint8_t)h->v[next].u, rest);
}

/* Walks from a first layout on; false if that one cannot be parsed. A full stack leaves the rest as
 * payload. */
static bool
walk(struct packet *p, const struct layout *lay, struct bytes octets, struct err *e)
{
	struct rd r = rd_of(octets);
	bool first = true, ok = true;
	for (; lay != NULL && p->n < PACKET_LAYERS; first = false) {
		struct hdr *h = &p->layer[p->n];
		struct rd before = r;
		if (!hdr_get(h, lay, &r, false, first ? e : NULL)) {
			ok = !first;
			r = before;
			break;
		}
		p->n++;
		r = narrow(h, &r);
		lay = successor(h, r.in);
	}
	p->payload = rd_rest(&r);
	return ok;
}

bool
packet_parse_ip(struct packet *p, struct bytes datagram, struct err *e)
{
	p->n = 0;
	p->payload = datagram;
	p->payload_given = false;
	struct rd r = rd_of(datagram);
	unsigned version = rd_peek(&r, 0) >> 4;
	if (datagram.n == 0)
		return fail(e, ERR_SHORT, "ip: want a header, got 0 octets");
	if (version != 4 && version != 6)
		return fail(e, ERR_SYNTAX, "ip.version: want 4 or 6, got %u", version);
	return walk(p, version == 4 ? &layout_ip4 : &layout_ip6, datagram, e);
}

bool
packet_parse_upper(struct packet *p, uint8_t protocol, struct bytes octets, struct err *e)
{
	p->payload_given = false;
	return walk(p, layout_for_protocol(protocol, octets), octets, e);
}

static bool
is_printable(struct bytes b)
{
	struct rd r = rd_of(b);
	while (rd_left(&r) > 0) {
		uint64_t c = rd_uint(&r, 1);
		if (c < 0x20 || c > 0x7e)
			return false;
	}
	return true;
}

/* "text" where every octet (of all, not only of the shown) is printable, else hex; cut with "..".
 * */
static void
print_payload(struct text *t, struct bytes b)
{
	enum { SHOWN = 48 };
	struct bytes shown = bytes_slice(b, 0, SHOWN);
	if (is_printable(b)) {
		struct rd r = rd_of(shown);
		text_add(t, "\"");
		while (rd_left(&r) > 0) {
			char c = (char)rd_uint(&r, 1);
			text_add(t, c == '"' || c == '\\' ? "\\%c" : "%c", c);
		}
		text_add(t, "\"");
	} else {
		text_add_hex(t, shown);
	}
	if (b.n > SHOWN)
		text_add(t, "..");
}

size_t
payload_print(struct bytes payload, char *text, size_t cap)
{
	struct text t = text_of(text, cap);
	print_payload(&t, payload);
	return t.n;
}

size_t
packet_print(const struct packet *p, char *text, size_t cap)
{
	struct text t = text_of(text, cap);
	text_add(&t, "%s", "");
	for (unsigned i = 0; i < p->n; i++) {
		if (i > 0)
			text_add(&t, "/");
		bool room = t.n < cap;
		t.n += hdr_print(&p->layer[i], room ? text + t.n : NULL, room ? cap - t.n : 0);
	}
	if (p->payload.n > 0 || p->payload_given) {
		if (p->n > 0)
			text_add(&t, "/");
		print_payload(&t, p->payload);
	}
	return t.n;
}
