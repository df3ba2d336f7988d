#include "runner/encore/encore.h"

#include <stdio.h>
#include <string.h>

/* --- numbers that go on ---------------------------------------------------------------------- */

static int
seq_field(const struct layout *lay)
{
	return lay == &layout_esp ? (int)ESP_SEQ : lay == &layout_ah ? (int)AH_SEQ : -1;
}

static struct follow *
follow_entry(struct encore_compare *c, uint32_t spi, uint8_t protocol, const struct addr *dst)
{
	for (unsigned k = 0; k < c->follows; k++)
		if (c->follow[k].spi == spi && c->follow[k].protocol == protocol && addr_equal(&c->follow[k].dst, dst))
			return &c->follow[k];
	struct follow *f = &c->follow[c->follows < FOLLOWS ? c->follows++ : FOLLOWS - 1];
	*f = (struct follow){ .spi = spi, .protocol = protocol, .dst = *dst };
	return f;
}

/* The SA of layer i, by the names of then; where it began is known of an SA whose first number the capture has. */
static struct follow *
follow_of(struct encore_compare *c, const struct packet *p, unsigned i)
{
	const struct hdr *h = &p->layer[i];
	uint8_t protocol = (uint8_t)layout_protocol(h->lay);
	uint32_t spi = (uint32_t)h->v[h->lay == &layout_esp ? (unsigned)ESP_SPI : (unsigned)AH_SPI].u;
	uint64_t seq = h->v[seq_field(h->lay)].u;
	struct addr src, dst;
	stack_addrs(p, i, &src, &dst);
	const struct sa *sa = sad_inbound(c->keys->then, spi, protocol, &src, &dst);
	struct follow *f = follow_entry(c, spi, protocol, &dst);
	if (f->known || f->seen || sa == NULL || seq > sa->spec.seq + 1)
		return f;
	f->then = sa->spec.seq;
	f->now = f->now > f->then ? f->now : f->then; /* what came unasked has used numbers */
	f->known = true;
	return f;
}

/* --- what may differ ------------------------------------------------------------------------- */

static void
ungive(struct hdr *h, unsigned field)
{
	h->given &= ~(1u << field);
}

/* A value that each sender chooses, but not whether there is one. */
static void
ungive_if_both(struct hdr *want, const struct hdr *got, unsigned field)
{
	if (got != NULL && want->v[field].u != 0 && got->v[field].u != 0)
		ungive(want, field);
}

static bool
is_random_padding(const struct hdr *h)
{
	return !esp_padding_default(h->v[ESP_PADDING].b);
}

static void
loosen_esp(struct hdr *want, const struct hdr *got)
{
	ungive(want, ESP_IV);
	ungive(want, ESP_ICV);
	if (got != NULL && is_random_padding(want) && is_random_padding(got))
		ungive(want, ESP_PADDING);
}

/* TCP chooses where its numbers begin (RFC 9293 3.4.1), and its options carry a clock (RFC 7323 3.2). */
static void
loosen_tcp(struct hdr *want)
{
	ungive(want, TCP_SEQ);
	ungive(want, TCP_ACK);
	ungive(want, TCP_CHECKSUM);
	ungive(want, TCP_OPTIONS);
	ungive(want, TCP_PADDING);
}

/* A source labels its flows as it likes, or not at all (RFC 6437 3); a label of the peer's in an answer was copied. */
static bool
is_our_flow(const struct encore_compare *c, uint64_t label)
{
	for (unsigned i = 0; i < c->flows; i++)
		if (c->flow[i] == label)
			return true;
	return false;
}

static void
loosen(const struct encore_compare *c, struct hdr *want, const struct hdr *got)
{
	const struct layout *lay = want->lay;
	if (lay == &layout_ip4) {
		ungive(want, IP4_ID);
		ungive(want, IP4_CHECKSUM);
	} else if (lay == &layout_ip6) {
		if (!is_our_flow(c, want->v[IP6_FLOW].u) && (got == NULL || !is_our_flow(c, got->v[IP6_FLOW].u)))
			ungive(want, IP6_FLOW);
	} else if (lay == &layout_frag) {
		ungive(want, FRAG_ID);
	} else if (lay == &layout_esp) {
		loosen_esp(want, got);
	} else if (lay == &layout_esp_old) {
		ungive(want, ESP_OLD_IV);
		ungive(want, ESP_OLD_PADDING);
	} else if (lay == &layout_ah) {
		ungive(want, AH_ICV);
		ungive(want,
		       AH_PADDING); /* RFC 4302 3.3.3.2.1: its contents are arbitrary; its length is in payload_len */
	} else if (lay == &layout_ah_old) {
		ungive(want, AH_OLD_ICV);
	} else if (lay == &layout_udp) {
		ungive_if_both(want, got, UDP_CHECKSUM);
	} else if (lay == &layout_tcp) {
		loosen_tcp(want);
	} else if (lay == &layout_icmp4 || lay == &layout_icmp6) {
		ungive(want, ICMPE_CHECKSUM);
	} else if (layout_field(lay, "checksum") >= 0) {
		ungive(want, (unsigned)layout_field(lay, "checksum")); /* of echoes: it follows the addresses */
	}
}

/* A later fragment of what is protected. */
static bool
is_protected_rest(const struct hdr *h)
{
	uint64_t next = h->lay == &layout_ip4 && h->v[IP4_OFFSET].u > 0     ? h->v[IP4_PROTOCOL].u
			: h->lay == &layout_frag && h->v[FRAG_OFFSET].u > 0 ? h->v[FRAG_NEXT_HEADER].u
									    : 0;
	return next == IPPROTO_ESP_ || next == IPPROTO_AH_ || next == IPPROTO_IPCOMP_;
}

/* IKE's numbers and keys are new each time (RFC 7296 2.6); what stands behind four zero octets on its second port too (RFC 3948 2.1). */
static bool
is_ike(const struct hdr *h)
{
	return h->lay == &layout_udp && (h->v[UDP_SPORT].u == 500 || h->v[UDP_SPORT].u == 4500);
}

/* Where SAs do not open a layer, octets behind it say nothing; their number is in the headers. */
static bool
is_closed(const struct dissected *d)
{
	for (unsigned i = 0; i < d->packet.n; i++) {
		const struct hdr *h = &d->packet.layer[i];
		if ((h->lay == &layout_esp && d->sa[i] == NULL) || is_protected_rest(h) ||
		    (is_ike(h) && i + 1 == d->packet.n))
			return true;
	}
	return false;
}

/* A quoted IPv4 header is one that its sender chose an identification for, and the checksum covers it. */
static void
blank_quotation(struct packet *p, struct arena *arena)
{
	const struct layout *lay = p->n > 0 ? p->layer[p->n - 1].lay : NULL;
	struct rd r = rd_of(p->payload);
	if ((lay != &layout_icmp4 && lay != &layout_icmp6) || rd_peek(&r, 0) >> 4 != 4 || p->payload.n < 20)
		return;
	struct wr w = wr_of(arena_alloc(arena, p->payload.n), p->payload.n);
	wr_bytes(&w, p->payload);
	(void)wr_patch(&w, 4, 0, 2);
	(void)wr_patch(&w, 10, 0, 2);
	p->payload = wr_done(&w);
}

/* --- the comparison -------------------------------------------------------------------------- */

/* What the datagram of then would be from the same target now. */
static void
expect_of(struct encore_compare *c, const struct dissected *then, const struct dissected *got, struct dissected *want)
{
	*want = *then;
	for (unsigned i = 0; i < then->packet.n; i++) {
		struct hdr *h = &want->packet.layer[i];
		int seq = seq_field(h->lay);
		if (seq >= 0) {
			const struct follow *f = follow_of(c, &then->packet, i);
			if (f->known && !c->any_number)
				h->v[seq].u = f->now + (h->v[seq].u - f->then);
			else
				ungive(h, (unsigned)seq);
		}
		bool alike = i < got->packet.n && got->packet.layer[i].lay == h->lay;
		loosen(c, h, alike ? &got->packet.layer[i] : NULL);
	}
	(void)encore_packet(c->keys, want, c->arena);
	want->packet.payload_given = !is_closed(then) && !is_closed(got);
}

bool
encore_same(struct encore_compare *c, struct bytes then, struct bytes got, struct packet_diff *diff)
{
	struct dissected *was = arena_alloc(c->arena, sizeof *was), *is = arena_alloc(c->arena, sizeof *is),
			 *want = arena_alloc(c->arena, sizeof *want);
	struct err e = { 0 };
	*diff = (struct packet_diff){ 0 };
	if (!encore_dissect(was, c->keys->then, then, c->arena, &e) || !encore_dissect(is, c->now, got, c->arena, &e)) {
		bool same = bytes_equal(then, got);
		if (!same)
			snprintf(diff->shape, sizeof diff->shape, "no IP datagram: %.150s", e.text);
		return same;
	}
	expect_of(c, was, is, want);
	blank_quotation(&want->packet, c->arena);
	blank_quotation(&is->packet, c->arena);
	if (was->verdict != is->verdict && was->verdict == ACCEPT) {
		snprintf(diff->shape, sizeof diff->shape, "it cannot be opened now: %s", verdict_name(is->verdict));
		return false;
	}
	if (!packet_agree(&want->packet, &is->packet, diff))
		return false;
	if (was->verdict == is->verdict || is_closed(was))
		return true;
	snprintf(diff->shape, sizeof diff->shape, "verdict: want %s, got %s", verdict_name(was->verdict),
		 verdict_name(is->verdict));
	return false;
}

/* RFC 4303 A2.2: the high half of an extended number is inferred from those before. */
static void
commit(const struct dissected *d)
{
	for (unsigned i = 0; i < d->packet.n; i++)
		if (d->sa[i] != NULL && seq_field(d->packet.layer[i].lay) >= 0)
			replay_commit(&d->sa[i]->replay, d->packet.layer[i].v[seq_field(d->packet.layer[i].lay)].u);
}

/* The SA of now is that of then by place: both packets have the same layers, or nothing can be said. */
static void
follow_pair(struct encore_compare *c, const struct dissected *then, const struct dissected *got)
{
	for (unsigned i = 0; i < then->packet.n; i++) {
		int seq = seq_field(then->packet.layer[i].lay);
		if (seq < 0)
			continue;
		struct follow *f = follow_of(c, &then->packet, i);
		f->then = then->packet.layer[i].v[seq].u;
		f->seen = true;
		if (got == NULL || i >= got->packet.n || got->packet.layer[i].lay != then->packet.layer[i].lay)
			continue;
		f->now = got->packet.layer[i].v[seq].u;
		f->known = true;
	}
}

/* One that nobody expected has used a number of its SA. */
static void
follow_extra(struct encore_compare *c, const struct dissected *got)
{
	for (unsigned i = 0; i < got->packet.n; i++) {
		int seq = seq_field(got->packet.layer[i].lay);
		if (seq < 0 || got->sa[i] == NULL)
			continue;
		const struct sa *sa = sad_next(c->keys->then, NULL);
		while (sa != NULL && encore_keys_now(c->keys, c->now, sa) != got->sa[i])
			sa = sad_next(c->keys->then, sa);
		if (sa != NULL)
			follow_entry(c, sa->spec.spi, sa->spec.protocol, &sa->spec.dst)->now =
				got->packet.layer[i].v[seq].u;
	}
}

void
encore_sent(struct encore_compare *c, struct bytes datagram)
{
	struct dissected *d = arena_alloc(c->arena, sizeof *d);
	if (!encore_dissect(d, c->keys->then, datagram, c->arena, &(struct err){ 0 }))
		return;
	for (unsigned i = 0; i < d->packet.n; i++) {
		const struct hdr *h = &d->packet.layer[i];
		uint64_t label = h->lay == &layout_ip6 ? h->v[IP6_FLOW].u : 0;
		if (label != 0 && !is_our_flow(c, label) && c->flows < FOLLOWS)
			c->flow[c->flows++] = label;
	}
	commit(d);
}

void
encore_follow(struct encore_compare *c, const struct bytes *then, const struct bytes *got)
{
	struct dissected *was = arena_alloc(c->arena, sizeof *was), *is = arena_alloc(c->arena, sizeof *is);
	struct err e = { 0 };
	bool has_then = then != NULL && encore_dissect(was, c->keys->then, *then, c->arena, &e);
	bool has_got = got != NULL && encore_dissect(is, c->now, *got, c->arena, &e);
	if (has_then) {
		commit(was);
		follow_pair(c, was, has_got ? is : NULL);
	} else if (has_got) {
		follow_extra(c, is);
	}
	if (has_got)
		commit(is);
}
