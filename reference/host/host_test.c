#include "host/test_world.h"

#include <errno.h>

Test(host, answers_an_echo_in_clear_with_the_same_data)
{
	struct world *w = world_open(NULL);
	for (unsigned i = 0; i < COUNT(places); i++)
		for (unsigned n = 0; n < 1400; n = n * 3 + 1) {
			const struct place *p = &places[i];
			struct bytes ask = echo(w, p->tester, p->target, 3, n);
			world_forget(w);
			input(w, 0, ask);
			cr_assert(eq(u32, w->frames, 1), "%s %u", p->id, n);
			expect_echo(p->id, heard(w, 0), p->tester, p->target);
			struct ip was, is;
			cr_assert(ip_parse(ask, &was) && ip_parse(heard(w, 0), &is));
			struct bytes sent = bytes_slice(was.all, was.header + 4, SIZE_MAX);
			struct bytes back = bytes_slice(is.all, is.header + 4, SIZE_MAX);
			cr_assert(bytes_equal(sent, back), "%s %u: identifier, sequence number, data", p->id, n);
		}
	world_close(w);
}

Test(host, answers_from_the_address_that_was_asked_and_on_its_link)
{
	struct world *w = world_open(NULL);
	for (unsigned i = 0; i < COUNT(places); i++) {
		const struct place *p = &places[i];
		struct {
			const char *asker, *asked;
			unsigned link;
		} rows[] = {
			{ p->tester, p->second, 0 },
			{ p->far, p->target2, 1 },
			{ p->away, p->target, 0 },
			{ p->far, p->target, 1 },
		};
		for (unsigned k = 0; k < COUNT(rows); k++) {
			world_forget(w);
			input(w, rows[k].link, echo(w, rows[k].asker, rows[k].asked, 1, 8));
			expect_echo(p->id, heard(w, 0), rows[k].asker, rows[k].asked);
			cr_assert(eq(u32, w->frame[0].link, rows[k].link), "%s row %u", p->id, k);
			struct rd r = rd_of((struct bytes){ w->frame[0].octets, 12 });
			cr_assert(bytes_equal(rd_take(&r, 6), BYTES_OF(tester_mac[rows[k].link])));
			cr_assert(bytes_equal(rd_take(&r, 6), BYTES_OF(target_mac[rows[k].link])));
		}
	}
	world_close(w);
}

Test(host, answers_a_multicast_echo_from_its_own_address_and_a_broadcast_not_at_all)
{
	struct world *w = world_open(NULL);
	input(w, 0, echo(w, places[1].tester, "ff02::1", 1, 8));
	expect("multicast", heard(w, 0), places[1].target, places[1].tester, "58 129/0");
	input(w, 0, echo(w, places[0].tester, "192.0.2.255", 1, 8));
	input(w, 0, echo(w, places[0].tester, "255.255.255.255", 1, 8));
	cr_assert(eq(u32, w->frames, 1));
	world_close(w);
}

Test(host, takes_nothing_from_a_source_that_can_be_none)
{
	struct world *w = world_open(NULL);
	static const struct {
		const char *src, *dst;
	} rows[] = {
		{ "224.0.0.1", "192.0.2.1" }, { "255.255.255.255", "192.0.2.1" }, { "192.0.2.255", "192.0.2.1" },
		{ "127.0.0.1", "192.0.2.1" }, { "::1", "2001:db8:1::1" },         { "ff02::1", "2001:db8:1::1" },
	};
	for (unsigned i = 0; i < COUNT(rows); i++) {
		input(w, 0, echo(w, rows[i].src, rows[i].dst, 1, 8));
		cr_assert(eq(u32, w->frames, 0), "from %s", rows[i].src);
	}
	world_close(w);
}

Test(host, answers_with_the_dscp_of_the_asker_and_without_its_ecn)
{
	struct world *w = world_open(NULL);
	for (unsigned i = 0; i < COUNT(places); i++) {
		struct ip ip;
		struct wr d = room(w);
		wr_bytes(&d, echo(w, places[i].tester, places[i].target, 1, 8));
		wr_patch(&d, 0, i == 0 ? 0x45bb : 0x6bb0, 2);
		cr_assert(ip_finish(&d));
		world_forget(w);
		input(w, 0, wr_done(&d));
		cr_assert(ip_parse(heard(w, 0), &ip), "%s", places[i].id);
		cr_assert(eq(u8, ip.tos, 0xb8), "%s", places[i].id);
	}
	world_close(w);
}

Test(host, gives_each_ip4_datagram_the_next_id)
{
	struct world *w = world_open(NULL);
	for (unsigned i = 0; i < 5; i++)
		input(w, 0, echo(w, places[0].tester, places[0].target, 1, 8));
	struct ip first, next;
	cr_assert(ip_parse(heard(w, 0), &first));
	for (uint16_t i = 1; i < 5; i++) {
		cr_assert(ip_parse(heard(w, i), &next));
		cr_assert(eq(u16, next.id, (uint16_t)(first.id + i)));
	}
	world_close(w);
}

Test(host, says_which_protocol_and_port_it_lacks)
{
	struct world *w = world_open(NULL);
	static const uint8_t data[64] = { 1, 2, 3 };
	for (unsigned i = 0; i < COUNT(places); i++) {
		const struct place *p = &places[i];
		world_forget(w);
		struct bytes strange = datagram(w, p->tester, p->target, 253, BYTES_OF(data));
		input(w, 0, strange);
		expect(p->id, heard(w, 0), p->target, p->tester, i == 0 ? "1 3/2" : "58 4/1");
		/*
		 * behind the ICMP header is what was sent; IPv6 points at the octet that named 253
		 */
		size_t quote = (i == 0 ? 20 : 40) + 8;
		cr_assert(bytes_equal(bytes_slice(heard(w, 0), quote, SIZE_MAX), strange), "%s", p->id);
		struct rd r = rd_of(bytes_slice(heard(w, 0), quote - 4, 4));
		cr_assert(eq(u64, rd_uint(&r, 4), i == 0 ? 0 : 6), "%s", p->id);
		input(w, 0, udp(w, p->tester, p->target, 5000, 7, BYTES_OF(data)));
		expect(p->id, heard(w, 1), p->target, p->tester, i == 0 ? "1 3/3" : "58 1/4");
		/* no next header is nothing to complain of (RFC 8200 4.7) */
		input(w, 0, datagram(w, p->tester, p->target, 59, BYTES_OF(data)));
		cr_assert(eq(u32, w->frames, 2), "%s", p->id);
	}
	world_close(w);
}

Test(host, quotes_no_more_than_an_error_may_hold)
{
	struct world *w = world_open(NULL);
	static const uint8_t data[1400];
	static const size_t limit[] = { 576, 1280 };
	for (unsigned i = 0; i < COUNT(places); i++) {
		world_forget(w);
		input(w, 0, udp(w, places[i].tester, places[i].target, 1, 2, BYTES_OF(data)));
		cr_assert(eq(sz, heard(w, 0).n, limit[i]), "%s", places[i].id);
	}
	world_close(w);
}

Test(host, answers_no_error_where_the_rfcs_forbid_it)
{
	struct world *w = world_open(NULL);
	static const uint8_t data[16], unreachable4[16] = { 3, 1 }, unreachable6[16] = { 1, 1 };
	const struct {
		const char *id;
		struct bytes d;
	} rows[] = {
		{ "about an error", datagram(w, places[0].tester, places[0].target, 1, BYTES_OF(unreachable4)) },
		{ "about an error", datagram(w, places[1].tester, places[1].target, 58, BYTES_OF(unreachable6)) },
		{ "to a broadcast", datagram(w, places[0].tester, "192.0.2.255", 253, BYTES_OF(data)) },
		{ "to a multicast", datagram(w, places[1].tester, "ff02::1", 253, BYTES_OF(data)) },
	};
	for (unsigned i = 0; i < COUNT(rows); i++) {
		input(w, 0, rows[i].d);
		cr_assert(eq(u32, w->frames, 0), "%s", rows[i].id);
	}
	static const char *const sources[] = { "0.0.0.0",         "127.0.0.1", "224.0.0.1",
					       "255.255.255.255", "240.0.0.1", "192.0.2.255" };
	for (unsigned i = 0; i < COUNT(sources); i++) {
		input(w, 0, datagram(w, sources[i], places[0].target, 253, BYTES_OF(data)));
		cr_assert(eq(u32, w->frames, 0), "from %s", sources[i]);
	}
	input(w, 0, datagram(w, "::", places[1].target, 253, BYTES_OF(data)));
	input(w, 0, datagram(w, "ff02::1", places[1].target, 253, BYTES_OF(data)));
	cr_assert(eq(u32, w->frames, 0));
	world_close(w);
}

Test(host, stays_silent_about_every_damaged_header_and_every_prefix)
{
	struct world *w = world_open(NULL);
	struct bytes good = echo(w, places[0].tester, places[0].target, 1, 8);
	for (size_t n = 0; n < good.n; n++)
		input(w, 0, bytes_slice(good, 0, n));
	cr_assert(eq(u32, w->frames, 0), "prefixes");
	for (size_t i = 0; i < 20; i++) {
		/* room() turns, so the good one is built again */
		input(w, 0, altered(w, echo(w, places[0].tester, places[0].target, 1, 8), i, 1));
		cr_assert(eq(u32, w->frames, 0), "octet %zu", i);
	}
	good = echo(w, places[1].tester, places[1].target, 1, 8);
	for (size_t n = 0; n < good.n; n++)
		input(w, 0, bytes_slice(good, 0, n));
	cr_assert(eq(u32, w->frames, 0), "prefixes of IPv6");
	/* an ICMP checksum that is wrong */
	input(w, 0, altered(w, echo(w, places[0].tester, places[0].target, 1, 8), 30, 1));
	input(w, 0, altered(w, echo(w, places[1].tester, places[1].target, 1, 8), 50, 1));
	cr_assert(eq(u32, w->frames, 0));
	cr_assert(eq(u64, counted(w, "drop.checksum"), 2));
	/* a source that cannot be one, in an echo, which would be no error */
	input(w, 0, echo(w, "224.0.0.1", places[0].target, 1, 8));
	input(w, 0, echo(w, "192.0.2.255", places[0].target, 1, 8));
	input(w, 0, echo(w, "ff02::9", places[1].target, 1, 8));
	cr_assert(eq(u32, w->frames, 0));
	world_close(w);
}

Test(host, ignores_what_ethernet_padding_adds)
{
	struct world *w = world_open(NULL);
	uint8_t padded[60] = { 0 };
	struct wr d = wr_of(padded, sizeof padded);
	wr_bytes(&d, echo(w, places[0].tester, places[0].target, 1, 0));
	wr_fill(&d, 0xee, wr_left(&d));
	input(w, 0, wr_done(&d));
	cr_assert(eq(sz, heard(w, 0).n, 28));
	world_close(w);
}

Test(host, hears_only_frames_for_its_own_mac)
{
	struct world *w = world_open(NULL);
	uint8_t frame[100];
	struct wr f = wr_of(frame, sizeof frame);
	wr_fill(&f, 0x02, 6);
	wr_bytes(&f, BYTES_OF(tester_mac[0]));
	wr_uint(&f, 0x0800, 2);
	wr_bytes(&f, echo(w, places[0].tester, places[0].target, 1, 8));
	host_input(w->h, 0, wr_done(&f), w->now);
	cr_assert(eq(u32, w->frames, 0));
	cr_assert(eq(u64, counted(w, "frames.foreign"), 1));
	for (size_t n = 0; n < ETHER_HEADER; n++)
		host_input(w->h, 0, bytes_slice(wr_done(&f), 0, n), w->now);
	host_input(w->h, 7, wr_done(&f), w->now);
	cr_assert(eq(u64, counted(w, "frames.foreign"), 2 + ETHER_HEADER));
	world_close(w);
}

Test(host, refuses_a_setup_that_lacks_something)
{
	struct err e = { 0 };
	struct host_setup s = { .profile = profile_by_name("rfc4301") };
	cr_assert(host_new(&s, &e) == NULL);
	cr_assert(eq(int, e.code, ERR_RANGE));
	cr_assert(profile_by_name("nobody's") == NULL);
	host_free(NULL);
}

Test(host, names_its_counters_and_settings)
{
	struct world *w = world_open(NULL);
	char text[4];
	cr_assert(eq(int, host_tunable_get(w->h, "no.such", text, sizeof text), -ENOENT));
	cr_assert(eq(int, host_tunable_set(w->h, "no.such", "1"), -ENOENT));
	cr_assert(eq(int, host_tunable_get(w->h, "mtu", text, sizeof text), -ENOSPC));
	static const char *const bad[] = { "", "x", "-1", "67", "65536", "1500 ", "99999999999999999999999" };
	for (unsigned i = 0; i < COUNT(bad); i++)
		cr_assert(eq(int, host_tunable_set(w->h, "mtu", bad[i]), -EINVAL), "\"%s\"", bad[i]);
	cr_assert(eq(u64, counted(w, "mtu"), 1500));
	cr_assert(zero(int, host_tunable_set(w->h, "mtu", "576")));
	cr_assert(eq(u64, counted(w, "mtu"), 576));
	for (unsigned v = ACCEPT + 1; v < VERDICT_N; v++) {
		char name[64];
		snprintf(name, sizeof name, "drop.%s", verdict_name((enum verdict)v));
		w->h->drops[v] = v;
		cr_assert(eq(u64, counted(w, name), v), "%s", name);
	}
	cr_assert(zero(int, host_tunable_set(w->h, "drop.replayed", "0")));
	cr_assert(eq(u64, counted(w, "drop.replayed"), 0));
	world_close(w);
}

Test(host, limits_its_errors_when_told_to)
{
	struct world *w = world_open(NULL);
	cr_assert(zero(int, host_tunable_set(w->h, "icmp.rate", "2")));
	for (unsigned i = 0; i < 5; i++)
		input(w, 0, datagram(w, places[0].tester, places[0].target, 253, BYTES_NONE));
	cr_assert(eq(u32, w->frames, 2));
	w->now++;
	input(w, 0, datagram(w, places[0].tester, places[0].target, 253, BYTES_NONE));
	cr_assert(eq(u32, w->frames, 3));
	world_close(w);
}
