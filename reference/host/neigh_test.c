#include "host/test_world.h"

static void
frame_in(struct world *w, unsigned link, const uint8_t dst[6], const uint8_t src[6], uint16_t type, struct bytes body)
{
	uint8_t octets[200];
	struct wr f = wr_of(octets, sizeof octets);
	wr_bytes(&f, (struct bytes){ dst, 6 });
	wr_bytes(&f, (struct bytes){ src, 6 });
	wr_uint(&f, type, 2);
	wr_bytes(&f, body);
	host_input(w->h, link, wr_done(&f), w->now);
}

static const uint8_t broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
static const uint8_t solicited[6] = { 0x33, 0x33, 0xff, 0, 0, 1 };

static struct bytes
arp(struct world *w, unsigned op, const char *sender, const char *target)
{
	struct wr a = room(w);
	struct addr s = at(sender), t = at(target);
	wr_uint(&a, 0x000108000604, 6);
	wr_uint(&a, op, 2);
	wr_bytes(&a, BYTES_OF(tester_mac[0]));
	wr_bytes(&a, addr_bytes(&s));
	wr_fill(&a, 0, 6);
	wr_bytes(&a, addr_bytes(&t));
	return wr_done(&a);
}

Test(neigh, answers_arp_for_the_addresses_of_the_link)
{
	struct world *w = world_open(NULL);
	const struct {
		const char *target;
		unsigned op, frames;
	} rows[] = {
		{ "192.0.2.1", 1, 1 },    { "192.0.2.11", 1, 1 }, { "192.0.2.99", 1, 0 },
		{ "198.51.100.1", 1, 0 }, { "192.0.2.1", 2, 0 },
	};
	for (unsigned i = 0; i < COUNT(rows); i++) {
		world_forget(w);
		struct bytes ask = arp(w, rows[i].op, places[0].tester, rows[i].target);
		for (size_t n = 0; n < ask.n; n++)
			frame_in(w, 0, broadcast, tester_mac[0], 0x0806, bytes_slice(ask, 0, n));
		frame_in(w, 0, broadcast, tester_mac[0], 0x0806, ask);
		cr_assert(eq(u32, w->frames, rows[i].frames), "%s", rows[i].target);
		if (rows[i].frames == 0)
			continue;
		struct rd r = rd_of(heard(w, 0));
		struct addr target = at(rows[i].target), tester = at(places[0].tester);
		cr_assert(eq(u64, rd_uint(&r, 8), 0x0001080006040002));
		cr_assert(bytes_equal(rd_take(&r, 6), BYTES_OF(target_mac[0])));
		cr_assert(bytes_equal(rd_take(&r, 4), addr_bytes(&target)));
		cr_assert(bytes_equal(rd_take(&r, 6), BYTES_OF(tester_mac[0])));
		cr_assert(bytes_equal(rd_take(&r, 4), addr_bytes(&tester)));
		cr_assert(zero(sz, rd_left(&r)));
	}
	world_close(w);
}

/* A solicitation, RFC 4861 4.3, with a hop limit. */
static struct bytes
solicitation(struct world *w, const char *src, const char *dst, const char *target, uint8_t hops)
{
	struct wr d = room(w);
	struct addr s = at(src), t = at(dst), who = at(target);
	ip_begin(&d, &(struct ip_head){ .src = &s, .dst = &t, .protocol = 58, .ttl = hops });
	wr_uint(&d, 135, 1);
	wr_fill(&d, 0, 7);
	wr_bytes(&d, addr_bytes(&who));
	cr_assert(ip_finish(&d));
	ip_put_checksum(&d, &s, &t, 58, 40, 42, false);
	return wr_done(&d);
}

Test(neigh, advertises_itself_to_who_solicits)
{
	struct world *w = world_open("rfc4301"); /* whose policy would pass nothing */
	const struct {
		const char *id, *src, *dst, *target;
		uint8_t hops;
		const char *to;
	} rows[] = {
		{ "unicast", "2001:db8:1::2", "2001:db8:1::1", "2001:db8:1::1", 255, "2001:db8:1::2" },
		{ "solicited node", "2001:db8:1::2", "ff02::1:ff00:1", "2001:db8:1::1", 255, "2001:db8:1::2" },
		{ "duplicate address detection", "::", "ff02::1:ff00:1", "2001:db8:1::1", 255, "ff02::1" },
		{ "somebody else", "2001:db8:1::2", "ff02::1:ff00:1", "2001:db8:9::1", 255, NULL },
		{ "from behind a router", "2001:db8:1::2", "2001:db8:1::1", "2001:db8:1::1", 254, NULL },
	};
	for (unsigned i = 0; i < COUNT(rows); i++) {
		world_forget(w);
		frame_in(w, 0, solicited, tester_mac[0], 0x86dd,
			 solicitation(w, rows[i].src, rows[i].dst, rows[i].target, rows[i].hops));
		cr_assert(eq(u32, w->frames, rows[i].to != NULL ? 1 : 0), "%s", rows[i].id);
		if (rows[i].to == NULL)
			continue;
		struct ip ip;
		struct addr to = at(rows[i].to), target = at(rows[i].target);
		cr_assert(ip_parse(heard(w, 0), &ip), "%s", rows[i].id);
		cr_assert(eq(u8, ip.ttl, 255), "%s", rows[i].id);
		cr_assert(addr_equal(&ip.dst, &to) && addr_equal(&ip.src, &target), "%s", rows[i].id);
		struct bytes message = bytes_slice(ip.all, 40, SIZE_MAX);
		cr_assert(zero(u16, ip_sum_upper(&ip, 58, message)), "%s", rows[i].id);
		struct rd r = rd_of(message);
		cr_assert(eq(u64, rd_uint(&r, 2), 0x8800), "%s", rows[i].id);
		rd_skip(&r, 2);
		cr_assert(eq(u64, rd_uint(&r, 4), i == 2 ? 0xa0000000 : 0xe0000000), "%s", rows[i].id);
		cr_assert(bytes_equal(rd_take(&r, 16), addr_bytes(&target)), "%s", rows[i].id);
		cr_assert(eq(u64, rd_uint(&r, 2), 0x0201), "%s", rows[i].id);
		cr_assert(bytes_equal(rd_take(&r, 6), BYTES_OF(target_mac[0])), "%s", rows[i].id);
		cr_assert(zero(sz, rd_left(&r)), "%s", rows[i].id);
	}
	world_close(w);
}

Test(neigh, does_not_hear_a_damaged_solicitation_or_one_by_an_sa)
{
	struct world *w = world_open(NULL);
	const struct place *p = &places[1];
	struct sa_row row = { 0x2001, 50, MODE_TUNNEL, "aes-gcm-16", NULL, p->tester, p->target, 0, 0 };
	struct sa *sa = add_sa(w, &row);
	struct bytes ask = solicitation(w, p->tester, p->target, p->target, 255);
	for (size_t i = 40; i < ask.n; i++)
		input(w, 0, altered(w, solicitation(w, p->tester, p->target, p->target, 255), i, 4));
	input(w, 0, protect(w, sa, solicitation(w, p->tester, p->target, p->target, 255)));
	cr_assert(eq(u32, w->frames, 0));
	input(w, 0, solicitation(w, p->tester, p->target, p->target, 255));
	cr_assert(eq(u32, w->frames, 1));
	world_close(w);
}

Test(neigh, answers_to_whoever_spoke_last_and_to_all_before)
{
	static const uint8_t mac[6] = { 2, 9, 9, 9, 9, 9 };
	struct world *w = world_open(NULL);
	struct addr tester = at(places[0].tester);
	int s = host_udp_open(w->h, 4, NULL, 7);
	cr_assert(zero(int, host_udp_send(w->h, s, &tester, 9, BYTES_NONE, w->now)));
	frame_in(w, 0, target_mac[0], mac, 0x0800, echo(w, places[0].tester, places[0].target, 1, 8));
	/* a group address is nobody's */
	frame_in(w, 0, target_mac[0], broadcast, 0x0800, echo(w, places[0].tester, places[0].target, 1, 8));
	cr_assert(bytes_equal((struct bytes){ w->frame[0].octets, 6 }, BYTES_OF(broadcast)));
	cr_assert(bytes_equal((struct bytes){ w->frame[1].octets, 6 }, BYTES_OF(mac)));
	cr_assert(bytes_equal((struct bytes){ w->frame[2].octets, 6 }, BYTES_OF(mac)));
	world_close(w);
}
