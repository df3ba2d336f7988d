#include "ipsec/compose.h"
#include "ipsec/chain.h"
#include "ipsec/stack.h"
#include "ipsec/udpencap.h"

/* A run of octets in clear and the layers found in it: the datagram, or the inside of an ESP. */
struct region {
	struct bytes octets;
	unsigned first; /* layer */
};

struct dissecting {
	struct dissected *d;
	const struct sad *sad;
	struct region in;
	struct wr work;
	struct err *e;
};

/* Where layer i begins in its region. */
static size_t
layer_at(const struct dissecting *x, unsigned i)
{
	size_t at = 0;
	for (unsigned j = x->in.first; j < i; j++)
		at += hdr_size(&x->d->packet.layer[j]);
	return at;
}

/* From layer i to the end of the IP headers around it. */
static struct bytes
layer_octets(const struct dissecting *x, unsigned i)
{
	size_t end = x->in.octets.n;
	for (unsigned j = x->in.first; j < i; j++) {
		const struct hdr *h = &x->d->packet.layer[j];
		size_t own = end;
		if (h->lay == &layout_ip4)
			own = layer_at(x, j) + (size_t)h->v[IP4_TOTAL_LENGTH].u;
		else if (h->lay == &layout_ip6)
			own = layer_at(x, j) + hdr_size(h) + (size_t)h->v[IP6_PAYLOAD_LENGTH].u;
		end = own < end ? own : end;
	}
	size_t at = layer_at(x, i);
	return bytes_slice(x->in.octets, at, end > at ? end - at : 0);
}

/* The first failure is the datagram's. */
static bool
note(struct dissecting *x, unsigned i, struct sa *sa, enum verdict v)
{
	if (v == ACCEPT)
		x->d->sa[i] = sa;
	else if (x->d->verdict == ACCEPT)
		x->d->verdict = v;
	return v == ACCEPT;
}

static struct sa *
find_sa(const struct dissecting *x, unsigned i, uint32_t spi, uint8_t protocol)
{
	struct addr src, dst;
	stack_addrs(&x->d->packet, i, &src, &dst);
	return sad_inbound(x->sad, spi, protocol, &src, &dst);
}

/* Parsing left ICV and padding together. */
static void
split_icv(struct hdr *h, const struct sa *sa)
{
	struct bytes all = h->v[AH_ICV].b;
	size_t n = sa->spec.auth->iv + seal_icv_len(sa->seal);
	hdr_set_bytes(h, AH_ICV, bytes_slice(all, 0, n));
	hdr_set_bytes(h, AH_PADDING, bytes_slice(all, n, SIZE_MAX));
}

static void
open_ah(struct dissecting *x, unsigned i)
{
	struct packet *p = &x->d->packet;
	struct hdr *h = &p->layer[i];
	uint32_t low = (uint32_t)h->v[AH_SEQ].u;
	struct sa *sa = find_sa(x, i, (uint32_t)h->v[AH_SPI].u, IPPROTO_AH_);
	if (sa == NULL || sa->seal == NULL) {
		note(x, i, NULL, sa == NULL ? DROP_NO_SA : DROP_SA_STATE);
		return;
	}
	uint8_t octets[AH_FRONT_MAX];
	struct wr front = wr_of(octets, sizeof octets);
	struct bytes packet = layer_octets(x, i);
	uint64_t seq = replay_infer(&sa->replay, low);
	struct ah_opened o;
	enum verdict v = DROP_HEADER;
	if (stack_is_fragment(p, i))
		v = DROP_FRAGMENT;
	else if (stack_front(p, i, packet, &front))
		v = ah_open(sa, wr_done(&front), packet, (uint32_t)(seq >> 32), &o);
	split_icv(h, sa);
	hdr_set(h, AH_SEQ, seq);
	note(x, i, sa, v);
}

/* The layers found last may hold AH anywhere. */
static void
open_region(struct dissecting *x)
{
	for (unsigned i = x->in.first; i < x->d->packet.n; i++)
		if (x->d->packet.layer[i].lay == &layout_ah)
			open_ah(x, i);
}

/* Makes ESP in UDP a layer. */
static void
find_in_udp(struct dissecting *x)
{
	struct packet *p = &x->d->packet;
	if (p->n == 0 || p->n >= PACKET_LAYERS || p->layer[p->n - 1].lay != &layout_udp ||
	    stack_is_fragment(p, p->n - 1))
		return;
	const struct hdr *udp = &p->layer[p->n - 1];
	struct addr src, dst;
	struct sa *sa;
	stack_addrs(p, p->n, &src, &dst);
	bool found = udpencap_is_esp(x->sad, &src, &dst, (uint16_t)udp->v[UDP_SPORT].u, (uint16_t)udp->v[UDP_DPORT].u,
				     p->payload, true, &sa);
	/* Too short for the head of ESP, it stays a payload. */
	if (found && !packet_parse_upper(p, IPPROTO_ESP_, p->payload, NULL))
		note(x, p->n - 1, NULL, DROP_SHORT);
}

static void
fill_esp(struct hdr *h, const struct esp_opened *o, size_t tfc)
{
	hdr_set(h, ESP_SEQ, o->seq);
	hdr_set_bytes(h, ESP_IV, o->iv);
	hdr_set(h, ESP_TFC, tfc);
	hdr_set_bytes(h, ESP_PADDING, o->padding);
	hdr_set(h, ESP_PAD_LENGTH, o->pad_length);
	hdr_set(h, ESP_NEXT_HEADER, o->next_header);
	hdr_set_bytes(h, ESP_ICV, o->icv);
}

/* Opens the ESP at the end of the stack and makes its inside the region. *more: new layers were found. */
static bool
open_esp(struct dissecting *x, bool *more)
{
	struct packet *p = &x->d->packet;
	unsigned i = p->n - 1;
	struct hdr *h = &p->layer[i];
	struct bytes packet = bytes_slice(x->in.octets, layer_at(x, i), hdr_size(h) + p->payload.n);
	struct sa *sa = find_sa(x, i, (uint32_t)h->v[ESP_SPI].u, IPPROTO_ESP_);
	if (sa == NULL || stack_is_fragment(p, i)) {
		note(x, i, NULL, sa == NULL ? DROP_NO_SA : DROP_FRAGMENT);
		return true;
	}
	uint8_t *work = wr_room(&x->work, packet.n);
	if (work == NULL)
		return fail(x->e, ERR_RANGE, "esp at layer %u: want %zu octets to work in, got %zu", i, packet.n,
			    x->work.cap - x->work.n);
	struct esp_opened o;
	uint64_t seq = replay_infer(&sa->replay, (uint32_t)h->v[ESP_SEQ].u);
	if (!note(x, i, sa, esp_open(sa, packet, (uint32_t)(seq >> 32), work, &o)))
		return true;
	size_t n = chain_payload_n(o.next_header, o.payload);
	fill_esp(h, &o, o.payload.n - n);
	x->in = (struct region){ bytes_slice(o.payload, 0, n), p->n };
	/* What cannot be parsed stays payload. */
	*more = packet_parse_upper(p, o.next_header, x->in.octets, NULL);
	return true;
}

bool
packet_dissect(struct dissected *d, const struct sad *sad, struct bytes datagram, uint8_t *work, size_t work_n,
	       struct err *e)
{
	struct dissecting x = { .d = d, .sad = sad, .in = { datagram, 0 }, .work = wr_of(work, work_n), .e = e };
	d->verdict = ACCEPT;
	memset(d->sa, 0, sizeof d->sa);
	if (!packet_parse_ip(&d->packet, datagram, e))
		return false;
	bool more = true;
	while (more) {
		more = false;
		open_region(&x);
		find_in_udp(&x);
		if (d->packet.n > x.in.first && d->packet.layer[d->packet.n - 1].lay == &layout_esp &&
		    !open_esp(&x, &more))
			return false;
	}
	return true;
}
