/*
 * Datagrams of then with the addresses and keys of now. What was right stays right and what was wrong stays wrong: a checksum or an ICV is
 * computed anew only where computing it gives the octets of then. That is found out by putting the packet together again, and a packet that
 * cannot be put together octet for octet is not sent at all.
 */
#include "runner/encore/encore.h"

#include <stdio.h>
#include <string.h>

#include "wire/checksum.h"

#define DATAGRAM_MAX 70000

/* --- addresses and SPIs ---------------------------------------------------------------------- */

static bool
map_value(const struct encore_keys *k, struct hdr *h, unsigned field, struct arena *arena)
{
	struct addr a = addr_of(h->v[field].b);
	if (!address_map_apply(k->map, &a))
		return false;
	struct bytes b = addr_bytes(&a);
	struct wr w = wr_of(arena_alloc(arena, b.n), b.n);
	wr_bytes(&w, b);
	h->v[field].b = wr_done(&w);
	return true;
}

static bool
map_route(const struct encore_keys *k, struct hdr *h, struct arena *arena)
{
	struct rd r = rd_of(h->v[RH_ADDRESSES].b);
	struct wr w = wr_of(arena_alloc(arena, r.in.n + 1), r.in.n);
	bool changed = false;
	if (h->v[RH_TYPE].u != 0 && h->v[RH_TYPE].u != 2)
		return false;
	while (rd_left(&r) >= 16) {
		struct addr a = addr_of(rd_take(&r, 16));
		changed |= address_map_apply(k->map, &a);
		wr_bytes(&w, addr_bytes(&a));
	}
	wr_bytes(&w, rd_rest(&r));
	h->v[RH_ADDRESSES].b = wr_done(&w);
	return changed;
}

static int
spi_field(const struct layout *lay)
{
	return lay == &layout_esp       ? (int)ESP_SPI
	       : lay == &layout_ah      ? (int)AH_SPI
	       : lay == &layout_esp_old ? (int)ESP_OLD_SPI
	       : lay == &layout_ah_old  ? (int)AH_OLD_SPI
					: -1;
}

static bool
map_spi(const struct encore_keys *k, const struct packet *p, unsigned i, struct hdr *h)
{
	int field = spi_field(h->lay);
	struct addr src, dst;
	if (field < 0)
		return false;
	stack_addrs(p, i, &src, &dst);
	uint32_t then = (uint32_t)h->v[field].u;
	h->v[field].u = encore_keys_spi(k, then, (uint8_t)layout_protocol(h->lay), &dst);
	return h->v[field].u != then;
}

/*
 * The datagram that an ICMP error quotes: its addresses, its SPI where it is ESP or AH, and IPv4's checksum by what changed (RFC 1624).
 * A checksum further in, which covers the addresses too, stays: nobody who gets a quotation verifies it.
 */
static bool
map_quotation(const struct encore_keys *k, struct packet *p, struct arena *arena)
{
	struct rd r = rd_of(p->payload);
	unsigned version = rd_peek(&r, 0) >> 4;
	size_t at = version == 6 ? 8 : 12, n = version == 6 ? 16 : 4;
	size_t head = version == 6 ? 40 : 4 * (size_t)(rd_peek(&r, 0) & 15);
	uint8_t protocol = rd_peek(&r, version == 6 ? 6 : 9);
	rd_skip(&r, at);
	struct addr src = addr_of(rd_take(&r, n)), dst = addr_of(rd_take(&r, n)), then = dst;
	if (r.bad || (version != 4 && version != 6))
		return false;
	bool changed = address_map_apply(k->map, &src);
	changed |= address_map_apply(k->map, &dst);
	size_t cap = p->payload.n;
	struct wr w = wr_of(arena_alloc(arena, cap), cap), body = wr_of(wr_room(&w, cap), cap);
	struct wr ends;
	wr_bytes(&body, bytes_slice(p->payload, 0, at));
	ends = body;
	wr_bytes(&ends, addr_bytes(&src));
	wr_bytes(&ends, addr_bytes(&dst));
	wr_bytes(&ends, bytes_slice(p->payload, ends.n, SIZE_MAX));
	if (version == 4) {
		struct bytes before = bytes_slice(p->payload, 0, head);
		bool right = checksum_finish(checksum_add(0, before)) == 0;
		if (right && wr_patch(&ends, 10, 0, 2))
			(void)wr_patch(&ends, 10,
				       checksum_finish(checksum_add(0, bytes_slice(wr_done(&ends), 0, head))), 2);
	}
	struct rd spi = rd_of(bytes_slice(p->payload, head + (protocol == IPPROTO_AH_ ? 4 : 0), 4));
	uint32_t was = (uint32_t)rd_uint(&spi, 4);
	uint32_t is = encore_keys_spi(k, was, protocol, &then);
	if (!spi.bad && is != was && (protocol == IPPROTO_ESP_ || protocol == IPPROTO_AH_))
		changed |= wr_patch(&ends, head + (protocol == IPPROTO_AH_ ? 4 : 0), is, 4);
	p->payload = wr_done(&ends);
	return changed;
}

bool
encore_packet(const struct encore_keys *k, struct dissected *d, struct arena *arena)
{
	struct packet *p = &d->packet;
	struct packet was = *p; /* an SPI is looked up by the addresses of then */
	bool changed = false;
	for (unsigned i = 0; i < p->n; i++) {
		struct hdr *h = &p->layer[i];
		if (h->lay == &layout_ip4) {
			changed |= map_value(k, h, IP4_SRC, arena);
			changed |= map_value(k, h, IP4_DST, arena);
		} else if (h->lay == &layout_ip6) {
			changed |= map_value(k, h, IP6_SRC, arena);
			changed |= map_value(k, h, IP6_DST, arena);
		} else if (h->lay == &layout_rh) {
			changed |= map_route(k, h, arena);
		}
		changed |= map_spi(k, &was, i, h);
	}
	if (p->n > 0 && (p->layer[p->n - 1].lay == &layout_icmp4 || p->layer[p->n - 1].lay == &layout_icmp6))
		changed |= map_quotation(k, p, arena);
	return changed;
}

/* --- what is computed ------------------------------------------------------------------------ */

/* Fields of a layer that depend on addresses or keys, -1 ended. */
static const int *
dependent_fields(const struct layout *lay)
{
	static const int none[] = { -1 };
	static const struct {
		const struct layout *lay;
		int fields[3];
	} rows[] = {
		{ &layout_ip4, { IP4_CHECKSUM, -1, -1 } },
		{ &layout_udp, { UDP_CHECKSUM, -1, -1 } },
		{ &layout_tcp, { TCP_CHECKSUM, -1, -1 } },
		{ &layout_icmp4, { ICMPE_CHECKSUM, -1, -1 } },
		{ &layout_icmp6, { ICMPE_CHECKSUM, -1, -1 } },
		{ &layout_echo4, { ICMP_CHECKSUM, -1, -1 } },
		{ &layout_echo_reply4, { ICMP_CHECKSUM, -1, -1 } },
		{ &layout_echo6, { ICMP_CHECKSUM, -1, -1 } },
		{ &layout_echo_reply6, { ICMP_CHECKSUM, -1, -1 } },
		{ &layout_esp, { ESP_ICV, -1, -1 } },
		{ &layout_ah, { AH_ICV, -1, -1 } },
		{ &layout_ah_old, { AH_OLD_ICV, -1, -1 } },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (rows[i].lay == lay)
			return rows[i].fields;
	return none;
}

static bool
compose(const struct packet *p, struct sa *const sa[PACKET_LAYERS], struct random *rnd, struct arena *arena,
	struct bytes *out)
{
	struct wr w = wr_of(arena_alloc(arena, DATAGRAM_MAX), DATAGRAM_MAX);
	struct err e = { 0 };
	bool ok = packet_compose(p, sa, rnd, &w, NULL, &e);
	*out = wr_done(&w);
	return ok;
}

/* Ungives what, computed, is as it was. */
static void
release_fields(struct encore_keys *k, struct dissected *d, struct bytes datagram)
{
	for (unsigned i = d->packet.n; i > 0; i--) {
		struct hdr *h = &d->packet.layer[i - 1];
		for (const int *f = dependent_fields(h->lay); *f >= 0; f++) {
			struct arena scratch = { 0 };
			struct bytes again;
			uint32_t given = h->given;
			h->given &= ~(1u << *f);
			if (!compose(&d->packet, d->sa, k->random, &scratch, &again) || !bytes_equal(again, datagram))
				h->given = given;
			arena_free(&scratch);
		}
	}
}

/* The IV of GMAC in AH stands in front of its ICV, and a given ICV holds both. */
static bool
is_damaged_inside(enum verdict v)
{
	return v != ACCEPT && v != DROP_ICV && v != DROP_NO_SA && v != DROP_DUMMY;
}

static bool
refuse(char *why, size_t cap, const char *text)
{
	snprintf(why, cap, "%s", text);
	return false;
}

/* SAs of now for the layers that SAs of then opened. */
static bool
exchange_sas(const struct encore_keys *k, const struct sad *now, struct dissected *d)
{
	for (unsigned i = 0; i < d->packet.n; i++) {
		if (d->sa[i] == NULL)
			continue;
		struct sa *sa = encore_keys_now(k, now, d->sa[i]);
		if (sa == NULL)
			return false;
		sa->spec.ah_align8 = d->sa[i]->spec.ah_align8;
		d->sa[i] = sa;
	}
	return true;
}

bool
encore_rewrite(struct encore_keys *k, const struct sad *now, struct bytes datagram, struct arena *arena,
	       struct bytes *out, char *why, size_t cap)
{
	struct err e = { 0 };
	struct bytes again;
	*out = datagram;
	if (!k->rekey && address_map_is_identity(k->map))
		return true;
	struct dissected *d = arena_alloc(arena, sizeof *d), *mapped = arena_alloc(arena, sizeof *mapped);
	if (!encore_dissect(d, k->then, datagram, arena, &e))
		return refuse(why, cap, "its IP header cannot be read, so it cannot be re-addressed");
	*mapped = *d;
	if (!encore_packet(k, mapped, arena))
		return true;
	if (d->verdict == DROP_FRAGMENT)
		return refuse(why, cap, "a fragment of a protected datagram cannot be protected anew alone");
	if (k->rekey && is_damaged_inside(d->verdict)) {
		snprintf(why, cap, "authentic and damaged inside (%s): it cannot be protected by other keys",
			 verdict_name(d->verdict));
		return false;
	}
	if (!compose(&d->packet, d->sa, k->random, arena, &again) || !bytes_equal(again, datagram))
		return refuse(why, cap,
			      "it cannot be put together again octet for octet, so it cannot be re-addressed");
	release_fields(k, d, datagram);
	*mapped = *d;
	(void)encore_packet(k, mapped, arena);
	if (!exchange_sas(k, now, mapped))
		return refuse(why, cap, "an SA that protects it is not there now");
	return compose(&mapped->packet, mapped->sa, k->random, arena, out) ||
	       refuse(why, cap, "it cannot be put together with the addresses of now");
}
