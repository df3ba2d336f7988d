#include "host/test_world.h"

static const uint8_t stranger[6] = { 2, 9, 9, 9, 9, 9 };
static const uint8_t broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

static struct world *
resolving_world(void)
{
	struct world *w = world_open(NULL);
	w->h->setup.resolve = true;
	host_tick(w->h, w->now);
	return w;
}

static void
frame_in(struct world *w, unsigned link, const uint8_t src[6], uint16_t type, struct bytes body)
{
	uint8_t octets[200];
	struct wr f = wr_of(octets, sizeof octets);
	wr_bytes(&f, BYTES_OF(target_mac[link]));
	wr_bytes(&f, (struct bytes){ src, 6 });
	wr_uint(&f, type, 2);
	wr_bytes(&f, body);
	host_input(w->h, link, wr_done(&f), w->now);
}

static void
arp_in(struct world *w, unsigned link, unsigned op, const char *sender, const char *target, const uint8_t mac[6])
{
	struct wr a = room(w);
	struct addr s = at(sender), t = at(target);
	wr_uint(&a, 0x000108000604, 6);
	wr_uint(&a, op, 2);
	wr_bytes(&a, (struct bytes){ mac, 6 });
	wr_bytes(&a, addr_bytes(&s));
	wr_fill(&a, 0, 6);
	wr_bytes(&a, addr_bytes(&t));
	frame_in(w, link, mac, 0x0806, wr_done(&a));
}

/* A solicitation (135) or an advertisement (136) about `about`; RFC 4861 4.3, 4.4. */
static void
nd_in(struct world *w, uint8_t type, uint32_t flags, const char *src, const char *about, const uint8_t mac[6],
      uint8_t hops)
{
	struct wr d = room(w);
	struct addr s = at(src), t = at("2001:db8:1::1"), who = at(about);
	ip_begin(&d, &(struct ip_head){ .src = &s, .dst = &t, .protocol = 58, .ttl = hops });
	wr_uint(&d, type, 1);
	wr_fill(&d, 0, 3);
	wr_uint(&d, flags, 4);
	wr_bytes(&d, addr_bytes(&who));
	wr_uint(&d, type == 135 ? 0x0101 : 0x0201, 2);
	wr_bytes(&d, (struct bytes){ mac, 6 });
	cr_assert(ip_finish(&d));
	ip_put_checksum(&d, &s, &t, 58, 40, 42, false);
	frame_in(w, 0, mac, 0x86dd, wr_done(&d));
}

static void
say(struct world *w, const char *to, size_t n)
{
	static int sock[2] = { -1, -1 };
	static const uint8_t octets[200];
	struct addr a = at(to);
	if (w->h->udp_next == 0)
		for (unsigned i = 0; i < 2; i++)
			sock[i] = host_udp_open(w->h, i == 0 ? 4 : 6, NULL, 0);
	cr_assert(zero(int, host_udp_send(w->h, sock[a.family == 6], &a, 9, (struct bytes){ octets, n }, w->now)));
}

static void
pass(struct world *w, unsigned seconds)
{
	for (; seconds > 0; seconds--)
		host_tick(w->h, ++w->now);
}

static void
expect_to(const struct world *w, unsigned i, const uint8_t mac[6], uint16_t type)
{
	cr_assert(i < w->frames, "want frame %u, got %u", i, w->frames);
	struct rd r = rd_of((struct bytes){ w->frame[i].octets, w->frame[i].n });
	cr_assert(bytes_equal(rd_take(&r, 6), (struct bytes){ mac, 6 }), "frame %u: destination", i);
	cr_assert(bytes_equal(rd_take(&r, 6), BYTES_OF(target_mac[w->frame[i].link])), "frame %u: source", i);
	cr_assert(eq(u64, rd_uint(&r, 2), type), "frame %u", i);
}

/* RFC 826; RFC 4861 4.3 and 7.2.2. */
Test(neighbours, an_unknown_one_is_asked_for_and_what_waited_follows_in_order)
{
	static const uint8_t group[6] = { 0x33, 0x33, 0xff, 0, 0, 2 };
	struct world *w = resolving_world();
	struct addr self = at("192.0.2.1"), tester = at("192.0.2.2"), self6 = at("2001:db8:1::1");
	say(w, "192.0.2.2", 1);
	say(w, "192.0.2.2", 2);
	cr_assert(eq(u32, w->frames, 1));
	expect_to(w, 0, broadcast, 0x0806);
	struct rd r = rd_of(heard(w, 0));
	cr_assert(eq(u64, rd_uint(&r, 8), 0x0001080006040001));
	cr_assert(bytes_equal(rd_take(&r, 6), BYTES_OF(target_mac[0])));
	cr_assert(bytes_equal(rd_take(&r, 4), addr_bytes(&self)));
	rd_skip(&r, 6);
	cr_assert(bytes_equal(rd_take(&r, 4), addr_bytes(&tester)));
	arp_in(w, 0, 2, "192.0.2.2", "192.0.2.1", stranger);
	cr_assert(eq(u32, w->frames, 3));
	for (unsigned i = 1; i < 3; i++) {
		expect_to(w, i, stranger, 0x0800);
		cr_assert(eq(sz, heard(w, i).n, 28 + i));
	}
	world_forget(w);
	say(w, "2001:db8:1::2", 1);
	cr_assert(eq(u32, w->frames, 1));
	expect_to(w, 0, group, 0x86dd);
	struct ip ip;
	cr_assert(ip_parse(heard(w, 0), &ip));
	cr_assert(addr_equal(&ip.src, &self6) && ip.ttl == 255);
	struct bytes message = bytes_slice(ip.all, 40, SIZE_MAX);
	cr_assert(zero(u16, ip_sum_upper(&ip, 58, message)));
	struct rd m = rd_of(message);
	cr_assert(eq(u64, rd_uint(&m, 2), 0x8700));
	rd_skip(&m, 22);
	cr_assert(eq(u64, rd_uint(&m, 2), 0x0101));
	cr_assert(bytes_equal(rd_take(&m, 6), BYTES_OF(target_mac[0])));
	nd_in(w, 136, 0x60000000, "2001:db8:1::2", "2001:db8:1::2", stranger, 254);
	cr_assert(eq(u32, w->frames, 1), "from behind a router");
	nd_in(w, 136, 0x40000000, "2001:db8:1::2", "2001:db8:1::2", stranger, 255);
	cr_assert(eq(u32, w->frames, 2));
	expect_to(w, 1, stranger, 0x86dd);
	world_close(w);
}

Test(neighbours, nobody_is_asked_more_than_three_times_nor_holds_more_than_eight)
{
	struct world *w = resolving_world();
	for (unsigned i = 0; i < 10; i++)
		say(w, "192.0.2.2", i);
	cr_assert(eq(u32, w->frames, 1));
	cr_assert(eq(u64, counted(w, "drop.no-neighbour"), 2));
	host_tick(w->h, w->now);
	cr_assert(eq(u32, w->frames, 1), "once a second");
	pass(w, 10);
	cr_assert(eq(u32, w->frames, 3));
	cr_assert(eq(u64, counted(w, "drop.no-neighbour"), 10));
	arp_in(w, 0, 2, "192.0.2.2", "192.0.2.1", stranger);
	cr_assert(eq(u32, w->frames, 3), "nothing waits any more");
	say(w, "192.0.2.2", 1);
	cr_assert(eq(u32, w->frames, 4));
	expect_to(w, 3, broadcast, 0x0806);
	world_close(w);
}

/* RFC 826 "Packet Reception": who asks for us is taken in; what others say to each other only updates. RFC 4861 7.2.3, 7.2.5. */
Test(neighbours, who_speaks_is_learnt_as_the_rfcs_say)
{
	static const struct {
		const char *id, *to;
		uint8_t nd;
		uint32_t flags;
		unsigned op;
		const char *sender, *target;
		bool learnt;
	} rows[] = {
		{ "asks for us", "192.0.2.2", 0, 0, 1, "192.0.2.2", "192.0.2.1", true },
		{ "asks for another", "192.0.2.2", 0, 0, 1, "192.0.2.2", "192.0.2.9", false },
		{ "answers unasked", "192.0.2.2", 0, 0, 2, "192.0.2.2", "192.0.2.1", false },
		{ "is from elsewhere", "203.0.113.2", 0, 0, 1, "203.0.113.2", "192.0.2.1", false },
		{ "solicits us", "2001:db8:1::2", 135, 0, 0, "2001:db8:1::2", "2001:db8:1::1", true },
		{ "solicits another", "2001:db8:1::2", 135, 0, 0, "2001:db8:1::2", "2001:db8:1::9", false },
		{ "advertises unasked", "2001:db8:1::2", 136, 0x20000000, 0, "2001:db8:1::2", "2001:db8:1::2", false },
	};
	for (unsigned i = 0; i < COUNT(rows); i++) {
		struct world *w = resolving_world();
		if (rows[i].nd != 0)
			nd_in(w, rows[i].nd, rows[i].flags, rows[i].sender, rows[i].target, stranger, 255);
		else
			arp_in(w, 0, rows[i].op, rows[i].sender, rows[i].target, stranger);
		world_forget(w);
		say(w, rows[i].to, 1);
		bool learnt =
			w->frames == 1 && bytes_equal((struct bytes){ w->frame[0].octets, 6 }, BYTES_OF(stranger));
		cr_assert(eq(int, learnt, rows[i].learnt), "%s", rows[i].id);
		world_close(w);
	}
}

Test(neighbours, a_known_one_that_moves_is_followed)
{
	static const uint8_t other[6] = { 2, 8, 8, 8, 8, 8 };
	struct world *w = resolving_world();
	arp_in(w, 0, 1, "192.0.2.2", "192.0.2.1", stranger);
	arp_in(w, 0, 1, "192.0.2.2", "192.0.2.2", other); /* it announces itself, RFC 5227 2.3 */
	nd_in(w, 135, 0, "2001:db8:1::2", "2001:db8:1::1", stranger, 255);
	nd_in(w, 136, 0, "2001:db8:1::2", "2001:db8:1::2", other, 255); /* without the override flag */
	world_forget(w);
	say(w, "192.0.2.2", 1);
	say(w, "2001:db8:1::2", 1);
	expect_to(w, 0, other, 0x0800);
	expect_to(w, 1, stranger, 0x86dd);
	nd_in(w, 136, 0x20000000, "2001:db8:1::2", "2001:db8:1::2", other, 255);
	say(w, "2001:db8:1::2", 1);
	expect_to(w, 2, other, 0x86dd);
	world_close(w);
}

/* RFC 4861 7.3: it is used while it is asked, and forgotten when it does not answer. */
Test(neighbours, one_that_was_silent_is_asked_at_its_address_and_forgotten)
{
	struct world *w = resolving_world();
	arp_in(w, 0, 1, "192.0.2.2", "192.0.2.1", stranger);
	pass(w, NEIGHBOUR_REACHABLE);
	world_forget(w);
	say(w, "192.0.2.2", 1);
	say(w, "192.0.2.2", 1);
	cr_assert(eq(u32, w->frames, 3));
	expect_to(w, 0, stranger, 0x0806);
	expect_to(w, 1, stranger, 0x0800);
	expect_to(w, 2, stranger, 0x0800);
	arp_in(w, 0, 2, "192.0.2.2", "192.0.2.1", stranger);
	pass(w, 5);
	cr_assert(eq(u32, w->frames, 3), "it answered");
	pass(w, NEIGHBOUR_REACHABLE);
	say(w, "192.0.2.2", 1);
	pass(w, 5);
	world_forget(w);
	say(w, "192.0.2.2", 1);
	cr_assert(eq(u32, w->frames, 1));
	expect_to(w, 0, broadcast, 0x0806);
	world_close(w);
}

Test(neighbours, the_table_is_bounded_and_the_quietest_gives_way)
{
	struct world *w = resolving_world();
	char text[48];
	arp_in(w, 0, 1, "192.0.2.2", "192.0.2.1", stranger);
	pass(w, 1);
	for (unsigned i = 0; i < NEIGHBOURS; i++) {
		snprintf(text, sizeof text, "192.0.2.%u", 100 + i);
		arp_in(w, 0, 1, text, "192.0.2.1", stranger);
		world_forget(w);
	}
	say(w, text, 1);
	expect_to(w, 0, stranger, 0x0800);
	say(w, "192.0.2.2", 1);
	expect_to(w, 1, broadcast, 0x0806);
	world_close(w);
}

/* RFC 5227 2.3; RFC 4861 7.2.6: unsolicited, to all nodes, overriding. */
Test(neighbours, a_host_announces_its_addresses)
{
	static const uint8_t all_nodes[6] = { 0x33, 0x33, 0, 0, 0, 1 };
	struct world *w = resolving_world();
	w->h->setup.link[0].n = 3;
	w->h->setup.link[1].n = 0;
	host_announce(w->h);
	cr_assert(eq(u32, w->frames, 3));
	for (unsigned i = 0; i < 2; i++) {
		struct addr own = w->h->setup.link[0].addr[i];
		expect_to(w, i, broadcast, 0x0806);
		struct rd r = rd_of(heard(w, i));
		cr_assert(eq(u64, rd_uint(&r, 8), 0x0001080006040001));
		cr_assert(bytes_equal(rd_take(&r, 6), BYTES_OF(target_mac[0])));
		cr_assert(bytes_equal(rd_take(&r, 4), addr_bytes(&own)));
		rd_skip(&r, 6);
		cr_assert(bytes_equal(rd_take(&r, 4), addr_bytes(&own)));
	}
	expect_to(w, 2, all_nodes, 0x86dd);
	struct rd r = rd_of(bytes_slice(heard(w, 2), 40, SIZE_MAX));
	cr_assert(eq(u64, rd_uint(&r, 2), 0x8800));
	rd_skip(&r, 2);
	cr_assert(eq(u64, rd_uint(&r, 4), 0xa0000000), "router, override, not solicited");
	world_close(w);
}

/* --- routes ---------------------------------------------------------------------------------- */

static void
add_route(struct world *w, const char *prefix, uint8_t bits, const char *next)
{
	w->h->setup.route[w->h->setup.routes++] = (struct route){ at(prefix), at(next), bits };
}

Test(neighbours, the_longest_prefix_decides_who_is_asked)
{
	struct world *w = resolving_world();
	add_route(w, "0.0.0.0", 0, "192.0.2.2");
	add_route(w, "203.0.113.0", 24, "198.51.100.2");
	add_route(w, "203.0.113.128", 25, "192.0.2.3");
	add_route(w, "198.51.0.0", 16, "192.0.2.3");
	add_route(w, "::", 0, "2001:db8:2::2");
	const struct {
		const char *to, *asked;
		unsigned link;
	} rows[] = {
		{ "100.64.0.1", "192.0.2.2", 0 },      { "203.0.113.1", "198.51.100.2", 1 },
		{ "203.0.113.129", "192.0.2.3", 0 },   { "198.51.7.1", "192.0.2.3", 0 },
		{ "198.51.100.7", "198.51.100.7", 1 },
	};
	for (unsigned i = 0; i < COUNT(rows); i++) {
		struct addr to = at(rows[i].to), want = at(rows[i].asked), hop;
		cr_assert(eq(u32, host_route(w->h, &to), rows[i].link), "%s", rows[i].to);
		cr_assert(host_next_hop(w->h, rows[i].link, &to, &hop) && addr_equal(&hop, &want), "%s", rows[i].to);
	}
	say(w, "2001:db8:77::1", 1);
	cr_assert(eq(u32, w->frames, 1));
	cr_assert(eq(u32, w->frame[0].link, 1));
	world_close(w);
}

/* RFC 1812 5.2.7.1, RFC 4861 7.2.2: code 0 without a route, address unreachable where nobody answers. */
Test(neighbours, senders_hear_of_what_cannot_be_forwarded)
{
	static const struct {
		const char *src, *dst;
		unsigned seconds;
		const char *error;
	} rows[] = {
		{ "192.0.2.2", "203.0.113.9", 0, "192.0.2.1>192.0.2.2 1 3/0" },
		{ "192.0.2.2", "198.51.100.9", 4, "192.0.2.1>192.0.2.2 1 3/1" },
		{ "2001:db8:1::2", "2001:db8:9::9", 0, "2001:db8:1::1>2001:db8:1::2 58 1/0" },
		{ "2001:db8:1::2", "2001:db8:2::9", 4, "2001:db8:1::1>2001:db8:1::2 58 1/3" },
	};
	for (unsigned i = 0; i < COUNT(rows); i++) {
		struct world *w = resolving_world();
		char text[200];
		arp_in(w, 0, 1, "192.0.2.2", "192.0.2.1", tester_mac[0]);
		nd_in(w, 135, 0, "2001:db8:1::2", "2001:db8:1::1", tester_mac[0], 255);
		world_forget(w);
		input(w, 0, echo(w, rows[i].src, rows[i].dst, 1, 8));
		pass(w, rows[i].seconds);
		cr_assert(ge(u32, w->frames, 1), "%s", rows[i].dst);
		cr_assert(eq(str, (char *)summary(heard(w, w->frames - 1), text), (char *)(uintptr_t)rows[i].error));
		world_close(w);
	}
}

Test(neighbours, nobody_hears_in_clear_of_what_came_protected)
{
	struct world *w = resolving_world();
	const struct place *p = &places[0];
	struct sa_row row = { 0x2001, 50, MODE_TUNNEL, "aes-gcm-16", NULL, p->tester, p->target, 0, 0 };
	struct sa *sa = add_sa(w, &row);
	static const char *const nowhere[] = { "203.0.113.9", "198.51.100.9" };
	arp_in(w, 0, 1, "192.0.2.2", "192.0.2.1", tester_mac[0]);
	world_forget(w);
	for (unsigned i = 0; i < 2; i++) {
		struct spd_entry in = policy(DIR_IN, SPD_PROTECT, "192.0.2.2", nowhere[i], SELECTOR_ANY);
		struct spd_request *r = request(&in, 50, MODE_TUNNEL, LEVEL_REQUIRE);
		r->src = at(p->tester);
		r->dst = at(p->target);
		add_policy(w, &in);
		input(w, 0, protect(w, sa, echo(w, "192.0.2.2", nowhere[i], 1, 8)));
	}
	pass(w, 5);
	cr_assert(eq(u64, counted(w, "drop.no-route"), 1));
	cr_assert(eq(u64, counted(w, "drop.no-neighbour"), 1));
	for (unsigned i = 0; i < w->frames; i++)
		cr_assert(eq(u32, w->frame[i].link, 1), "only the neighbour is asked for");
	world_close(w);
}
