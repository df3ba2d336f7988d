#include "ipsec/compose.h"
#include "ipsec/chain.h"
#include "ipsec/ipcomp.h"
#include "ipsec/old.h"
#include "ipsec/stack.h"
#include "ipsec/udpencap.h"

/* A run of octets in clear and the layers found in it: the datagram, or the inside of an ESP or IPComp. */
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

/* The SA says that it is AH of 1995: the same octets, read by that layout. */
static void
open_ah_old(struct dissecting *x, unsigned i, struct sa *sa)
{
	uint8_t octets[AH_FRONT_MAX];
	struct wr front = wr_of(octets, sizeof octets);
	struct bytes packet = layer_octets(x, i);
	struct rd r = rd_of(packet);
	struct ah_opened o;
	enum verdict v = DROP_SHORT;
	if (stack_is_fragment(&x->d->packet, i))
		v = DROP_FRAGMENT;
	else if (stack_front(&x->d->packet, i, packet, &front))
		v = ah_old_open(sa, wr_done(&front), packet, &o);
	if (!hdr_get(&x->d->packet.layer[i], &layout_ah_old, &r, false, NULL))
		v = DROP_SHORT;
	note(x, i, sa, v);
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
	if (sa->spec.old) {
		open_ah_old(x, i, sa);
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

static void
fill_esp_old(struct hdr *h, uint32_t spi, const struct esp_opened *o)
{
	*h = hdr_of(&layout_esp_old);
	hdr_set(h, ESP_OLD_SPI, spi);
	hdr_set_bytes(h, ESP_OLD_IV, o->iv);
	hdr_set_bytes(h, ESP_OLD_PADDING, o->padding);
	hdr_set(h, ESP_OLD_PAD_LENGTH, o->pad_length);
	hdr_set(h, ESP_OLD_PAYLOAD_TYPE, o->next_header);
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
	enum verdict v = sa->spec.old ? esp_old_open(sa, packet, work, &o)
				      : esp_open(sa, packet, (uint32_t)(seq >> 32), work, &o);
	if (!note(x, i, sa, v))
		return true;
	x->d->hiding[i] = (struct hiding){ packet, { work, o.payload.n + o.pad_length + 2u } };
	size_t n = sa->spec.old ? o.payload.n : chain_payload_n(o.next_header, o.payload);
	if (sa->spec.old)
		fill_esp_old(h, sa->spec.spi, &o);
	else
		fill_esp(h, &o, o.payload.n - n);
	x->in = (struct region){ bytes_slice(o.payload, 0, n), p->n };
	/* What cannot be parsed stays payload. */
	*more = packet_parse_upper(p, o.next_header, x->in.octets, NULL);
	return true;
}

/* Decompresses what is behind the IPComp at the end of the stack and makes it the region. */
static bool
open_ipcomp(struct dissecting *x)
{
	struct packet *p = &x->d->packet;
	unsigned i = p->n - 1;
	const struct hdr *h = &p->layer[i];
	struct bytes packet = bytes_slice(x->in.octets, layer_at(x, i), hdr_size(h) + p->payload.n);
	struct sa *sa = find_sa(x, i, (uint32_t)h->v[IPCOMP_CPI].u, IPPROTO_IPCOMP_);
	struct ipcomp_opened o;
	enum verdict v = sa == NULL                ? DROP_NO_SA
			 : stack_is_fragment(p, i) ? DROP_FRAGMENT
						   : ipcomp_open(sa, packet, &x->work, &o);
	if (!note(x, i, sa, v))
		return false;
	x->d->hiding[i] = (struct hiding){ packet, o.payload };
	x->in = (struct region){ o.payload, p->n };
	p->payload = o.payload;
	return packet_parse_upper(p, o.next_header, x->in.octets, NULL);
}

static const struct layout *
last_layer(const struct dissecting *x)
{
	const struct packet *p = &x->d->packet;
	return p->n > x->in.first ? p->layer[p->n - 1].lay : NULL;
}

/* Each ESP inside another is shorter than it; what IPComp swells to comes on top. */
size_t
packet_dissect_room(const struct sad *sad, size_t datagram_n)
{
	const struct sa *sa = sad_next(sad, NULL);
	while (sa != NULL && sa->spec.protocol != IPPROTO_IPCOMP_)
		sa = sad_next(sad, sa);
	return 2 * datagram_n + (sa != NULL ? DATAGRAM_WORK : 0);
}

bool
packet_dissect(struct dissected *d, const struct sad *sad, struct bytes datagram, uint8_t *work, size_t work_n,
	       struct err *e)
{
	struct dissecting x = { .d = d, .sad = sad, .in = { datagram, 0 }, .work = wr_of(work, work_n), .e = e };
	d->verdict = ACCEPT;
	memset(d->sa, 0, sizeof d->sa);
	memset(d->hiding, 0, sizeof d->hiding);
	if (!packet_parse_ip(&d->packet, datagram, e))
		return false;
	bool more = true;
	while (more) {
		more = false;
		open_region(&x);
		find_in_udp(&x);
		if (last_layer(&x) == &layout_ipcomp)
			more = open_ipcomp(&x);
		else if (last_layer(&x) == &layout_esp && !open_esp(&x, &more))
			return false;
	}
	return true;
}
