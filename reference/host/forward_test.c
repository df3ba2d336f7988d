#include "host/test_world.h"

#include "ipsec/chain.h"

Test(forward, carries_between_the_links_with_one_hop_less)
{
	struct world *w = world_open(NULL);
	for (unsigned i = 0; i < COUNT(places); i++) {
		const struct place *p = &places[i];
		struct {
			unsigned in, out;
			const char *src, *dst;
		} rows[] = {
			{ 0, 1, p->tester, p->far },
			{ 1, 0, p->far, p->tester },
			{ 1, 0, p->far, p->away },
		};
		for (unsigned k = 0; k < COUNT(rows); k++) {
			struct bytes d = echo(w, rows[k].src, rows[k].dst, 1, 40);
			struct ip was, is;
			world_forget(w);
			input(w, rows[k].in, d);
			cr_assert(eq(u32, w->frames, 1), "%s row %u", p->id, k);
			cr_assert(eq(u32, w->frame[0].link, rows[k].out), "%s row %u", p->id, k);
			cr_assert(ip_parse(heard(w, 0), &is) && ip_parse(d, &was), "%s row %u", p->id, k);
			cr_assert(eq(u8, is.ttl, 63), "%s row %u", p->id, k);
			cr_assert(eq(u16, is.id, was.id), "%s row %u", p->id, k);
			cr_assert(bytes_equal(bytes_slice(is.all, is.header, SIZE_MAX),
					      bytes_slice(was.all, was.header, SIZE_MAX)),
				  "%s row %u", p->id, k);
		}
	}
	world_close(w);
}

/* d with another octet, its IPv4 checksum made right again. */
static struct bytes
changed(struct world *w, struct bytes d, size_t where, uint8_t x)
{
	struct wr copy = room(w);
	wr_bytes(&copy, altered(w, d, where, x));
	if (rd_peek(&(struct rd){ d, 0, false }, 0) >> 4 == 4)
		chain_checksum4(&copy, 0);
	return wr_done(&copy);
}

static struct bytes
last_hop(struct world *w, struct bytes d)
{
	return changed(w, d, rd_peek(&(struct rd){ d, 0, false }, 0) >> 4 == 4 ? 8 : 7, 64 ^ 1);
}

Test(forward, ends_at_the_last_hop_with_time_exceeded)
{
	struct world *w = world_open(NULL);
	for (unsigned i = 0; i < COUNT(places); i++) {
		const struct place *p = &places[i];
		world_forget(w);
		input(w, 0, last_hop(w, echo(w, p->tester, p->far, 1, 8)));
		cr_assert(eq(u32, w->frames, 1), "%s", p->id);
		expect(p->id, heard(w, 0), p->target, p->tester, i == 0 ? "1 11/0" : "58 3/0");
		/* hop limit 0 has no hop left either */
		world_forget(w);
		input(w, 0, changed(w, last_hop(w, echo(w, p->tester, p->far, 1, 8)), i == 0 ? 8 : 7, 1));
		cr_assert(eq(u32, w->frames, 1), "%s", p->id);
	}
	world_close(w);
}

Test(forward, is_silent_about_errors_and_later_fragments)
{
	struct world *w = world_open(NULL);
	static const uint8_t types4[] = { 3, 4, 5, 11, 12 }, types6[] = { 1, 2, 3, 4, 100, 127, 137 };
	for (unsigned i = 0; i < COUNT(types4) + COUNT(types6); i++) {
		bool v4 = i < COUNT(types4);
		uint8_t message[16] = { v4 ? types4[i] : types6[i - COUNT(types4)] };
		const struct place *p = &places[v4 ? 0 : 1];
		input(w, 0, last_hop(w, datagram(w, p->tester, p->far, v4 ? 1 : 58, BYTES_OF(message))));
		cr_assert(eq(u32, w->frames, 0), "%s type %u", p->id, message[0]);
	}
	/* offset 8 */
	input(w, 0, last_hop(w, changed(w, echo(w, places[0].tester, places[0].far, 1, 8), 7, 1)));
	cr_assert(eq(u32, w->frames, 0));
	/* a first fragment is answered */
	input(w, 0, last_hop(w, changed(w, echo(w, places[0].tester, places[0].far, 1, 8), 6, 0x20)));
	cr_assert(eq(u32, w->frames, 1));
	world_close(w);
}

Test(forward, cuts_a_fragment_into_fragments_of_the_same_whole)
{
	struct world *w = world_open(NULL);
	struct ip ip;
	cr_assert(zero(int, host_tunable_set(w->h, "mtu", "576")));
	/*
	 * offset 80, more to come; with record route, which stays with the first, and a security
	 * option, which is copied
	 */
	struct wr d = room(w);
	struct bytes plain = echo(w, places[0].tester, places[0].far, 1, 1000);
	static const uint8_t options[] = { 7, 7, 4, 0, 0, 0, 0, 130, 4, 0, 0, 0 };
	wr_bytes(&d, bytes_slice(plain, 0, 20));
	wr_bytes(&d, BYTES_OF(options));
	wr_bytes(&d, bytes_slice(plain, 20, SIZE_MAX));
	wr_patch(&d, 0, 0x48, 1);
	wr_patch(&d, 6, 0x2000 | 10, 2);
	cr_assert(ip_finish(&d));
	input(w, 0, wr_done(&d));
	cr_assert(eq(u32, w->frames, 2));
	cr_assert(ip_parse(heard(w, 0), &ip));
	cr_assert(eq(u32, ip.offset, 80));
	cr_assert(ip.mf && ip.header == 32);
	uint32_t next = ip.offset + (uint32_t)(ip.all.n - ip.header);
	cr_assert(ip_parse(heard(w, 1), &ip));
	cr_assert(eq(u32, ip.offset, next));
	cr_assert(ip.mf && ip.header == 24, "the copied option is 4 octets");
	struct rd r = rd_of(bytes_slice(ip.all, 20, 4));
	cr_assert(eq(u64, rd_uint(&r, 4), 0x82040000));
	world_close(w);
}

Test(forward, is_off_for_a_host)
{
	struct world *w = world_open(NULL);
	cr_assert(zero(int, host_tunable_set(w->h, "forward", "0")));
	for (unsigned i = 0; i < COUNT(places); i++)
		input(w, 0, echo(w, places[i].tester, places[i].far, 1, 8));
	cr_assert(eq(u32, w->frames, 0));
	world_close(w);
}

/*
 * A gateway: what link 2 sends to `away` goes by a tunnel on link 1, and what comes by it goes to
 * link 2.
 */
struct gateway {
	struct world *w;
	struct sa *in, *out;
};

static struct gateway
gateway_open(const struct place *p, uint8_t transit)
{
	struct gateway g = { .w = world_open(NULL) };
	struct sa_row in = { 0x5001, 50, MODE_TUNNEL, "aes-cbc", "hmac-sha1-96", p->tester, p->target, 0, 32 };
	struct sa_row out = { 0x5002, 50, MODE_TUNNEL, "aes-cbc", "hmac-sha1-96", p->target, p->tester, 0, 0 };
	g.in = add_sa(g.w, &in);
	g.out = add_sa(g.w, &out);
	struct spd_entry e = policy(DIR_OUT, SPD_PROTECT, p->far, p->away, SELECTOR_ANY);
	struct spd_request *r = request(&e, 50, MODE_TUNNEL, LEVEL_REQUIRE);
	r->src = at(p->target);
	r->dst = at(p->tester);
	add_policy(g.w, &e);
	e = policy(transit, SPD_PROTECT, p->away, p->far, SELECTOR_ANY);
	r = request(&e, 50, MODE_TUNNEL, LEVEL_REQUIRE);
	r->src = at(p->tester);
	r->dst = at(p->target);
	add_policy(g.w, &e);
	return g;
}

Test(forward, passes_a_tunnel_in_both_directions)
{
	static const uint8_t dirs[] = { DIR_FWD, DIR_IN };
	for (unsigned i = 0; i < COUNT(places); i++)
		for (unsigned k = 0; k < COUNT(dirs); k++) {
			const struct place *p = &places[i];
			struct gateway g = gateway_open(p, dirs[k]);
			struct secpath path;
			struct ip ip;
			input(g.w, 1, echo(g.w, p->far, p->away, 1, 50));
			cr_assert(eq(u32, g.w->frames, 1), "%s", p->id);
			cr_assert(eq(u32, g.w->frame[0].link, 0), "%s", p->id);
			cr_assert(ip_parse(opened(g.w, 0, &path), &ip), "%s", p->id);
			cr_assert(eq(u32, path.n, 1), "%s", p->id);
			cr_assert(eq(u8, ip.ttl, 63), "%s", p->id);
			world_forget(g.w);
			input(g.w, 0, protect(g.w, g.in, echo(g.w, p->away, p->far, 1, 50)));
			cr_assert(eq(u32, g.w->frames, 1), "%s", p->id);
			cr_assert(eq(u32, g.w->frame[0].link, 1), "%s", p->id);
			cr_assert(ip_parse(heard(g.w, 0), &ip), "%s", p->id);
			cr_assert(eq(u8, ip.ttl, 63), "%s", p->id);
			/* in clear it may not pass */
			world_forget(g.w);
			input(g.w, 0, echo(g.w, p->away, p->far, 1, 50));
			cr_assert(eq(u32, g.w->frames, 0), "%s", p->id);
			world_close(g.w);
		}
}

Test(forward, tells_the_sender_what_would_fit_and_that_much_fits)
{
	for (unsigned i = 0; i < COUNT(places); i++) {
		const struct place *p = &places[i];
		struct gateway g = gateway_open(p, DIR_FWD);
		size_t head = i == 0 ? 28 : 48;
		struct bytes d = echo(g.w, p->far, p->away, 1, 1500 - head);
		if (i == 0)
			d = changed(g.w, d, 6, 0x40);
		input(g.w, 1, d);
		cr_assert(eq(u32, g.w->frames, 1), "%s", p->id);
		expect(p->id, heard(g.w, 0), p->target2, p->far, i == 0 ? "1 3/4" : "58 2/0");
		struct rd r = rd_of(bytes_slice(heard(g.w, 0), head - 4, 4));
		size_t mtu = (size_t)rd_uint(&r, 4);
		cr_assert(mtu > 1400 && mtu < 1500, "%s: %zu", p->id, mtu);
		world_forget(g.w);
		d = echo(g.w, p->far, p->away, 1, mtu - head);
		input(g.w, 1, d);
		cr_assert(eq(u32, g.w->frames, 1), "%s: %zu octets leave in one piece", p->id, mtu);
		cr_assert(heard(g.w, 0).n <= 1500, "%s", p->id);
		world_close(g.w);
	}
}

Test(forward, reports_a_discarded_datagram_when_told_to)
{
	struct world *w = world_open(NULL);
	for (unsigned i = 0; i < COUNT(places); i++) {
		const struct place *p = &places[i];
		struct spd_entry e = policy(DIR_OUT, SPD_DISCARD, p->tester, p->far, SELECTOR_ANY);
		add_policy(w, &e);
		for (unsigned on = 0; on < 2; on++) {
			world_forget(w);
			cr_assert(zero(int, host_tunable_set(w->h, "icmp.prohibited", on ? "1" : "0")));
			input(w, 0, echo(w, p->tester, p->far, 1, 8));
			cr_assert(eq(u32, w->frames, on), "%s", p->id);
			if (on)
				expect(p->id, heard(w, 0), p->target, p->tester, i == 0 ? "1 3/13" : "58 1/1");
		}
	}
	world_close(w);
}

Test(forward, fragments_of_what_it_sends_come_together_again)
{
	static const char *const mtus[] = { "1500", "1280", "600" };
	for (unsigned i = 0; i < COUNT(places); i++)
		for (unsigned m = 0; m < COUNT(mtus); m++)
			for (unsigned esp = 0; esp < 2; esp++) {
				const struct place *p = &places[i];
				struct world *w = world_open(NULL), *peer = world_open(NULL);
				struct sa_row row = { 0x5002,       50,   MODE_TRANSPORT,
						      "aes-gcm-16", NULL, p->target,
						      p->tester,    0,    0 };
				(void)add_sa(w, &row);
				struct spd_entry e = policy(DIR_OUT, SPD_PROTECT, p->target, p->tester, SELECTOR_ANY);
				request(&e, 50, MODE_TRANSPORT, LEVEL_REQUIRE);
				if (esp)
					add_policy(w, &e);
				cr_assert(zero(int, host_tunable_set(w->h, "mtu", mtus[m])));
				int sock = host_udp_open(w->h, i == 0 ? 4 : 6, NULL, 4000);
				static uint8_t data[5000];
				struct addr to = at(p->tester);
				cr_assert(zero(int, host_udp_send(w->h, sock, &to, 7, BYTES_OF(data), w->now)));
				cr_assert(w->frames >= 4, "%s", p->id);
				/* another host's reassembly is the judge */
				struct bytes whole = BYTES_NONE;
				for (unsigned k = 0; k < w->frames; k++) {
					size_t limit = i == 1 && m == 2 ? 1280 : strtoul(mtus[m], NULL, 10);
					cr_assert(heard(w, k).n <= limit, "%s: frame %u", p->id, k);
					struct ip ip;
					cr_assert(ip_parse(heard(w, k), &ip));
					peer->h->setup.link[0].addr[i == 0 ? 0 : 2] = to;
					struct arrival a = { .now = 1 };
					bool last = k + 1 == w->frames;
					cr_assert(eq(int, local_step(peer->h, &a, &ip, &whole), last), "%s: frame %u",
						  p->id, k);
				}
				struct ip ip;
				cr_assert(ip_parse(whole, &ip), "%s", p->id);
				uint32_t used = w->h->ident6;
				cr_assert(eq(u32, used, i == 1 ? 1 : 0), "%s: one identification a datagram", p->id);
				cr_assert(eq(u8, ip.protocol, esp ? 50 : 17), "%s", p->id);
				cr_assert(esp ? ip.all.n > 5000 : ip.all.n == 5008 + ip.header, "%s", p->id);
				if (!esp)
					cr_assert(zero(
						u16, ip_sum_upper(&ip, 17, bytes_slice(ip.all, ip.header, SIZE_MAX))));
				world_close(w);
				world_close(peer);
			}
}

Test(forward, does_not_pass_on_what_belongs_to_its_link)
{
	struct world *w = world_open(NULL);
	uint8_t octets[200];
	struct wr frame = wr_of(octets, sizeof octets);
	wr_fill(&frame, 0xff, 6);
	wr_bytes(&frame, BYTES_OF(tester_mac[0]));
	wr_uint(&frame, 0x0800, 2);
	wr_bytes(&frame, echo(w, places[0].tester, places[0].far, 1, 8));
	host_input(w->h, 0, wr_done(&frame), w->now);
	cr_assert(eq(u32, w->frames, 0), "a frame to everybody is for nobody to pass on (RFC 1812 5.3.4)");
	static const struct {
		const char *src, *dst;
	} rows[] = {
		{ "fe80::1", "2001:db8:2::2" },  { "2001:db8:1::2", "fe80::5" }, { "2001:db8:1::2", "ff0e::5" },
		{ "127.0.0.1", "198.51.100.2" }, { "192.0.2.2", "127.0.0.1" },   { "192.0.2.2", "224.0.0.9" },
		{ "0.0.0.0", "198.51.100.2" },   { "::", "2001:db8:2::2" },
	};
	for (unsigned i = 0; i < COUNT(rows); i++) {
		input(w, 0, echo(w, rows[i].src, rows[i].dst, 1, 8));
		cr_assert(eq(u32, w->frames, 0), "%s to %s", rows[i].src, rows[i].dst);
	}
	world_close(w);
}
