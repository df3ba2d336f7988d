/* A bump between a system (inside) and its peer (outside). Neither has the bump's addresses: it has none. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "host/fragment.h"
#include "host/test_world.h"

#define SYSTEM 0x0200000000a1
#define PEER 0x0200000000b1
#define ROUTER 0x0200000000c1
#define EVERYBODY 0xffffffffffff

static const struct {
	const char *id, *system, *peer, *gate;
	uint8_t protocol; /* ICMP */
} pairs[] = {
	{ "ip4", "192.0.2.1", "192.0.2.2", "192.0.2.9", 1 },
	{ "ip6", "2001:db8:1::1", "2001:db8:1::2", "2001:db8:1::9", 58 },
};
#define EACH_PAIR(p) (unsigned p = 0; p < COUNT(pairs); p++)

static struct world *
bump_open(void)
{
	struct world *w = world_open(NULL);
	struct err e = { 0 };
	struct host_setup s = w->h->setup;
	s.bump = true;
	for (unsigned i = 0; i < 2; i++)
		s.link[i].n = 0;
	host_free(w->h);
	w->h = host_new(&s, &e);
	cr_assert(w->h != NULL, "%s", e.text);
	return w;
}

static void
set(struct world *w, const char *name, const char *value)
{
	cr_assert(zero(int, host_tunable_set(w->h, name, value)), "%s", name);
}

static void
frame(struct world *w, unsigned side, uint64_t dst, uint64_t src, uint16_t type, struct bytes payload)
{
	static uint8_t octets[ETHER_HEADER + DATAGRAM_ROOM];
	struct wr f = wr_of(octets, sizeof octets);
	wr_uint(&f, dst, 6);
	wr_uint(&f, src, 6);
	wr_uint(&f, type, 2);
	wr_bytes(&f, payload);
	host_input(w->h, side, wr_done(&f), w->now);
}

static uint16_t
ether_type(struct bytes d)
{
	struct rd r = rd_of(d);
	return rd_peek(&r, 0) >> 4 == 6 ? 0x86dd : 0x0800;
}

static void
from_system(struct world *w, struct bytes d)
{
	frame(w, BUMP_INSIDE, PEER, SYSTEM, ether_type(d), d);
}

static void
from_peer(struct world *w, struct bytes d)
{
	frame(w, BUMP_OUTSIDE, SYSTEM, PEER, ether_type(d), d);
}

/* Frame i left on that side, between those two. */
static void
left(const struct world *w, unsigned i, unsigned side, uint64_t dst, uint64_t src, const char *what)
{
	cr_assert(i < w->frames, "%s: want frame %u, got %u frames", what, i, w->frames);
	struct rd r = rd_of((struct bytes){ w->frame[i].octets, w->frame[i].n });
	cr_assert(eq(uint, w->frame[i].link, side), "%s", what);
	cr_assert(eq(u64, rd_uint(&r, 6), dst), "%s: to", what);
	cr_assert(eq(u64, rd_uint(&r, 6), src), "%s: from", what);
}

static void
same(struct bytes got, struct bytes want, const char *what)
{
	cr_assert(bytes_equal(got, want), "%s: %zu octets, want %zu", what, got.n, want.n);
}

static uint8_t
protocol_of(struct bytes d)
{
	struct ip ip;
	cr_assert(ip_parse(d, &ip));
	return ip.protocol;
}

/* AH or ESP both ways between the two, in transport mode; what is not of it is discarded. */
static void
protected_by(struct world *w, unsigned p, uint8_t protocol, struct sa *sa[2])
{
	const char *a = pairs[p].system, *b = pairs[p].peer;
	const char *enc = protocol == 50 ? "aes-cbc" : NULL;
	struct spd_entry out = policy(DIR_OUT, SPD_PROTECT, a, b, SELECTOR_ANY);
	struct spd_entry in = policy(DIR_IN, SPD_PROTECT, b, a, SELECTOR_ANY);
	request(&out, protocol, MODE_TRANSPORT, LEVEL_REQUIRE);
	request(&in, protocol, MODE_TRANSPORT, LEVEL_REQUIRE);
	add_policy(w, &out);
	add_policy(w, &in);
	sa[BUMP_OUTSIDE] =
		add_sa(w, &(struct sa_row){ 0x1001, protocol, MODE_TRANSPORT, enc, "hmac-sha1-96", a, b, 0, 32 });
	sa[BUMP_INSIDE] =
		add_sa(w, &(struct sa_row){ 0x1002, protocol, MODE_TRANSPORT, enc, "hmac-sha1-96", b, a, 0, 32 });
	from_system(w, echo(w, a, pairs[p].gate, 99, 0)); /* its address is learnt */
	set(w, "spd.miss", "0");
	world_forget(w);
}

static void
protected_pair(struct world *w, unsigned p, struct sa *sa[2])
{
	protected_by(w, p, 50, sa);
}

/* --- a bridge --------------------------------------------------------------------------------- */

Test(bump, what_is_not_ip_passes_as_it_is)
{
	static const uint8_t octets[46] = { 1, 2, 3 };
	static const struct {
		const char *id;
		uint16_t type;
		unsigned passes;
	} rows[] = {
		{ "ARP", 0x0806, 1 },
		{ "LLDP", 0x88cc, 1 },
		{ "802.3", 0x0026, 1 },
		{ "a VLAN's frame", 0x8100, 0 },
		{ "a provider's tag", 0x88a8, 0 },
		{ "PPPoE", 0x8864, 0 },
		{ "MPLS", 0x8847, 0 },
	};
	for (unsigned i = 0; i < COUNT(rows); i++)
		for (unsigned side = 0; side < BUMP_SIDES; side++) {
			struct world *w = bump_open();
			frame(w, side, EVERYBODY, SYSTEM, rows[i].type, BYTES_OF(octets));
			cr_assert(eq(uint, w->frames, rows[i].passes), "%s", rows[i].id);
			if (rows[i].passes) {
				left(w, 0, !side, EVERYBODY, SYSTEM, rows[i].id);
				same(heard(w, 0), BYTES_OF(octets), rows[i].id);
			}
			world_close(w);
		}
}

Test(bump, what_policy_bypasses_keeps_every_octet)
{
	for
		EACH_PAIR(p)
		{
			struct world *w = bump_open();
			set(w, "spd.miss", "1");
			struct bytes d = echo(w, pairs[p].system, pairs[p].peer, 1, 100);
			from_system(w, d);
			left(w, 0, BUMP_OUTSIDE, PEER, SYSTEM, pairs[p].id);
			same(heard(w, 0), d, pairs[p].id);
			d = echo(w, pairs[p].peer, pairs[p].system, 2, 100);
			from_peer(w, d);
			left(w, 1, BUMP_INSIDE, SYSTEM, PEER, pairs[p].id);
			same(heard(w, 1), d, pairs[p].id);
			world_close(w);
		}
}

Test(bump, neighbour_discovery_needs_no_policy)
{
	struct world *w = bump_open();
	uint8_t octets[IP6_HEADER + 24];
	for (unsigned hops = 254; hops < 256; hops++) {
		struct wr d = wr_of(octets, sizeof octets);
		struct addr src = at("fe80::1"), dst = at("ff02::1:ff00:2");
		ip_begin(&d, &(struct ip_head){ .src = &src, .dst = &dst, .protocol = 58, .ttl = (uint8_t)hops });
		wr_uint(&d, 135 << 8, 2);
		wr_fill(&d, 0, 22);
		cr_assert(ip_finish(&d));
		frame(w, BUMP_INSIDE, 0x3333ff000002, SYSTEM, 0x86dd, wr_done(&d));
		frame(w, BUMP_OUTSIDE, 0x3333ff000002, PEER, 0x86dd, wr_done(&d));
		/* From behind a router it is a datagram as any other. */
		cr_assert(eq(uint, w->frames, hops == 255 ? 2 : 0), "hop limit %u", hops);
	}
	world_close(w);
}

/* --- protection ------------------------------------------------------------------------------- */

static void
there_and_back(unsigned p, uint8_t protocol)
{
	struct world *w = bump_open();
	struct sa *sa[BUMP_SIDES];
	struct secpath path;
	protected_by(w, p, protocol, sa);
	struct bytes d = echo(w, pairs[p].system, pairs[p].peer, 1, 64);
	from_system(w, d);
	cr_assert(eq(uint, w->frames, 1), "%s protocol %u", pairs[p].id, protocol);
	left(w, 0, BUMP_OUTSIDE, PEER, SYSTEM, pairs[p].id);
	cr_assert(eq(u8, protocol_of(heard(w, 0)), protocol), "%s", pairs[p].id);
	same(opened(w, 0, &path), d, pairs[p].id);
	d = echo(w, pairs[p].peer, pairs[p].system, 2, 64);
	from_peer(w, protect(w, sa[BUMP_INSIDE], d));
	cr_assert(eq(uint, w->frames, 2), "%s protocol %u", pairs[p].id, protocol);
	left(w, 1, BUMP_INSIDE, SYSTEM, PEER, pairs[p].id);
	same(heard(w, 1), d, pairs[p].id);
	world_close(w);
}

Test(bump, protects_and_opens_as_the_system_would)
{
	for
		EACH_PAIR(p)
		{
			there_and_back(p, 50);
			there_and_back(p, 51);
		}
}

Test(bump, nothing_that_policy_protects_gets_in_or_out_in_clear)
{
	for
		EACH_PAIR(p)
		{
			struct world *w = bump_open();
			struct sa *sa[BUMP_SIDES];
			protected_pair(w, p, sa);
			from_peer(w, echo(w, pairs[p].peer, pairs[p].system, 1, 64));
			cr_assert(eq(uint, w->frames, 0), "%s: in clear", pairs[p].id);
			struct bytes esp = protect(w, sa[BUMP_INSIDE], echo(w, pairs[p].peer, pairs[p].system, 2, 64));
			from_peer(w, altered(w, esp, esp.n - 1, 1));
			cr_assert(eq(uint, w->frames, 0), "%s: forged", pairs[p].id);
			from_peer(w, esp);
			cr_assert(eq(uint, w->frames, 1), "%s", pairs[p].id);
			from_peer(w, esp);
			cr_assert(eq(uint, w->frames, 1), "%s: replayed", pairs[p].id);
			from_system(w, echo(w, pairs[p].system, pairs[p].gate, 3, 64));
			cr_assert(eq(uint, w->frames, 1), "%s: no entry names it", pairs[p].id);
			world_close(w);
		}
}

Test(bump, a_system_that_never_spoke_is_no_less_protected)
{
	for
		EACH_PAIR(p)
		{
			struct world *w = bump_open();
			from_peer(w, echo(w, pairs[p].peer, pairs[p].system, 1, 64));
			cr_assert(eq(uint, w->frames, 0), "%s", pairs[p].id);
			world_close(w);
		}
}

Test(bump, esp_of_others_is_theirs)
{
	static const uint8_t esp[40] = { 0, 0, 0x77, 1 };
	for
		EACH_PAIR(p)
		{
			struct world *w = bump_open();
			set(w, "spd.miss", "1");
			struct bytes d = datagram(w, pairs[p].peer, pairs[p].gate, 50, BYTES_OF(esp));
			from_peer(w, d);
			cr_assert(eq(uint, w->frames, 1), "%s", pairs[p].id);
			same(heard(w, 0), d, pairs[p].id);
			/* The system's own SAs are here, and this is none of them. */
			from_system(w, echo(w, pairs[p].system, pairs[p].peer, 1, 0));
			world_forget(w);
			from_peer(w, datagram(w, pairs[p].peer, pairs[p].system, 50, BYTES_OF(esp)));
			cr_assert(eq(uint, w->frames, 0), "%s", pairs[p].id);
			world_close(w);
		}
}

Test(bump, an_arp_request_teaches_whom_to_protect)
{
	static const uint8_t request[28] = { 0, 1, 8,    0,   6, 4, 0, 1,          2, 0, 0,
					     0, 0, 0xa1, 192, 0, 2, 1, [24] = 192, 0, 2, 2 };
	struct world *w = bump_open();
	struct addr system = at("192.0.2.1");
	frame(w, BUMP_OUTSIDE, EVERYBODY, PEER, 0x0806, BYTES_OF(request));
	cr_assert(not(host_is_local(w->h, &system)), "told from outside");
	frame(w, BUMP_INSIDE, EVERYBODY, SYSTEM, 0x0806, BYTES_OF(request));
	cr_assert(host_is_local(w->h, &system));
	world_close(w);
}

Test(bump, a_tunnel_goes_to_its_gate)
{
	for
		EACH_PAIR(p)
		{
			struct world *w = bump_open();
			struct secpath path;
			const char *far = p == 0 ? "203.0.113.9" : "2001:db8:3::9";
			struct spd_entry out = policy(DIR_OUT, SPD_PROTECT, pairs[p].system, far, SELECTOR_ANY);
			struct spd_request *r = request(&out, 50, MODE_TUNNEL, LEVEL_REQUIRE);
			r->src = at(pairs[p].system);
			r->dst = at(pairs[p].gate);
			add_policy(w, &out);
			add_sa(w, &(struct sa_row){ 0x2001, 50, MODE_TUNNEL, "aes-cbc", "hmac-sha1-96", pairs[p].system,
						    pairs[p].gate, 0, 32 });
			struct bytes d = echo(w, pairs[p].system, far, 1, 64);
			frame(w, BUMP_INSIDE, ROUTER, SYSTEM, ether_type(d), d);
			left(w, 0, BUMP_OUTSIDE, ROUTER, SYSTEM, "a gate that nobody heard is behind the router");
			set(w, "spd.miss", "1");
			struct bytes hello = echo(w, pairs[p].gate, pairs[p].system, 1, 0);
			frame(w, BUMP_OUTSIDE, SYSTEM, PEER, ether_type(hello), hello);
			world_forget(w);
			frame(w, BUMP_INSIDE, ROUTER, SYSTEM, ether_type(d), d);
			left(w, 0, BUMP_OUTSIDE, PEER, SYSTEM, pairs[p].id);
			same(opened(w, 0, &path), d, pairs[p].id);
			world_close(w);
		}
}

/* --- sizes ------------------------------------------------------------------------------------ */

/* A datagram of the system's in fragments, each in a frame. */
static void
in_fragments(struct world *w, struct bytes d, unsigned side, struct bytes part[8], unsigned *n)
{
	struct ip ip;
	struct cutter c;
	cr_assert(ip_parse(d, &ip));
	cr_assert(cutter_open(w->h, &ip, ip.family == 4 ? 576 : 1280, &c));
	for (*n = 0; !cutter_done(&c) && *n < 8; ++*n) {
		static uint8_t octets[BUMP_SIDES][8][2048];
		struct wr f = wr_of(octets[side][*n], sizeof octets[0][0]);
		cutter_next(&c, &f);
		part[*n] = wr_done(&f);
	}
}

Test(bump, fragments_of_the_system_leave_as_one_protected_datagram)
{
	for
		EACH_PAIR(p)
		{
			struct world *w = bump_open();
			struct sa *sa[BUMP_SIDES];
			struct secpath path;
			struct bytes part[8];
			unsigned n;
			protected_pair(w, p, sa);
			struct bytes d = echo(w, pairs[p].system, pairs[p].peer, 1, 1340);
			in_fragments(w, d, BUMP_INSIDE, part, &n);
			cr_assert(gt(uint, n, 1));
			for (unsigned i = 0; i < n; i++) {
				cr_assert(eq(uint, w->frames, 0), "%s: fragment %u", pairs[p].id, i);
				from_system(w, part[i]);
			}
			cr_assert(eq(uint, w->frames, 1), "%s", pairs[p].id);
			same(opened(w, 0, &path), d, pairs[p].id);
			world_close(w);
		}
}

Test(bump, fragments_from_outside_are_one_datagram_for_policy)
{
	for
		EACH_PAIR(p)
		{
			struct world *w = bump_open();
			struct sa *sa[BUMP_SIDES];
			struct bytes part[8];
			unsigned n;
			protected_pair(w, p, sa);
			struct bytes d = echo(w, pairs[p].peer, pairs[p].system, 1, 1340);
			in_fragments(w, d, BUMP_OUTSIDE, part, &n);
			for (unsigned i = 0; i < n; i++)
				from_peer(w, part[i]);
			cr_assert(eq(uint, w->frames, 0), "%s: in clear", pairs[p].id);
			d = echo(w, pairs[p].peer, pairs[p].system, 2, 1340);
			in_fragments(w, protect(w, sa[BUMP_INSIDE], d), BUMP_OUTSIDE, part, &n);
			for (unsigned i = 0; i < n; i++)
				from_peer(w, part[i]);
			cr_assert(eq(uint, w->frames, 1), "%s", pairs[p].id);
			same(heard(w, 0), d, pairs[p].id);
			world_close(w);
		}
}

/* RFC 8200 4.5: what routers act on is in front of every fragment. */
Test(bump, hop_by_hop_options_stay_in_front)
{
	struct world *w = bump_open();
	static uint8_t octets[3][2048];
	struct bytes part[8];
	unsigned n;
	set(w, "spd.miss", "1");
	struct bytes inner = echo(w, pairs[1].system, pairs[1].peer, 1, 1500);
	struct wr d = wr_of(octets[0], sizeof octets[0]);
	wr_bytes(&d, bytes_slice(inner, 0, IP6_HEADER));
	wr_uint(&d, 0x3a00010400000000, 8); /* ICMPv6 behind it; PadN */
	wr_bytes(&d, bytes_slice(inner, IP6_HEADER, SIZE_MAX));
	wr_patch(&d, 4, d.n - IP6_HEADER, 2);
	wr_patch(&d, 6, 0, 1);
	in_fragments(w, wr_done(&d), BUMP_INSIDE, part, &n);
	for (unsigned i = 0; i < n; i++)
		from_system(w, part[i]);
	cr_assert(eq(uint, w->frames, 2));
	for (unsigned i = 0; i < 2; i++) {
		struct rd r = rd_of(heard(w, i));
		cr_assert(eq(u8, rd_peek(&r, 6), 0), "hop-by-hop comes first");
		cr_assert(eq(u8, rd_peek(&r, IP6_HEADER), IPPROTO_FRAG), "and names the fragment header");
		cr_assert(eq(u8, rd_peek(&r, IP6_HEADER + 8), 58));
	}
	world_close(w);
}

/* Fragments of either side that look alike: what is outside does not complete what is inside. */
Test(bump, fragments_of_the_two_sides_do_not_mix)
{
	for
		EACH_PAIR(p)
		{
			struct world *w = bump_open();
			struct bytes mine[8], forged[8];
			unsigned n, m;
			set(w, "spd.miss", "1");
			struct bytes d = echo(w, pairs[p].system, pairs[p].peer, 1, 1400);
			in_fragments(w, d, BUMP_INSIDE, mine, &n);
			w->h->ident6--;
			in_fragments(w, d, BUMP_OUTSIDE, forged, &m);
			for (unsigned i = 0; i + 1 < n; i++)
				from_system(w, mine[i]);
			from_peer(w, forged[m - 1]);
			cr_assert(eq(uint, w->frames, 0), "%s", pairs[p].id);
			from_system(w, mine[n - 1]);
			cr_assert(eq(uint, w->frames, 1), "%s", pairs[p].id);
			world_close(w);
		}
}

static struct bytes
with_df(struct world *w, struct bytes d)
{
	struct wr c = room(w);
	wr_bytes(&c, d);
	wr_patch(&c, 6, 0x4000, 2);
	wr_patch(&c, 10, 0, 2);
	wr_patch(&c, 10, checksum_finish(checksum_add(0, bytes_slice(wr_done(&c), 0, IP4_HEADER))), 2);
	return wr_done(&c);
}

/* Frame i tells the system, in the peer's name, that so much would have fitted. */
static uint32_t
told_mtu(const struct world *w, unsigned i, unsigned p)
{
	struct ip ip;
	char src[48];
	left(w, i, BUMP_INSIDE, SYSTEM, PEER, pairs[p].id);
	cr_assert(ip_parse(heard(w, i), &ip));
	cr_assert(eq(u8, ip.protocol, pairs[p].protocol), "%s", pairs[p].id);
	cr_assert(eq(str, (char *)addr_print(&ip.src, src), (char *)pairs[p].peer));
	struct rd r = rd_of(bytes_slice(ip.all, ip.header, SIZE_MAX));
	cr_assert(eq(u16, (uint16_t)rd_uint(&r, 2), ip.family == 4 ? 0x0304 : 0x0200), "%s", pairs[p].id);
	rd_skip(&r, 2);
	return (uint32_t)rd_uint(&r, 4);
}

static struct bytes
insisting(struct world *w, unsigned p, uint16_t seq, size_t n)
{
	struct bytes d = echo(w, pairs[p].system, pairs[p].peer, seq, n);
	return p == 0 ? with_df(w, d) : d;
}

Test(bump, the_system_is_told_what_fits)
{
	for
		EACH_PAIR(p)
		{
			struct world *w = bump_open();
			struct sa *sa[BUMP_SIDES];
			struct ip ip;
			protected_pair(w, p, sa);
			from_system(w, insisting(w, p, 1, 1440));
			cr_assert(eq(uint, w->frames, 1), "%s", pairs[p].id);
			uint32_t mtu = told_mtu(w, 0, p);
			cr_assert(gt(u32, mtu, 1400), "%s: %u", pairs[p].id, mtu);
			cr_assert(lt(u32, mtu, 1500), "%s: %u", pairs[p].id, mtu);
			world_forget(w);
			size_t head = p == 0 ? IP4_HEADER + 8 : IP6_HEADER + 8;
			from_system(w, insisting(w, p, 2, mtu - head));
			cr_assert(eq(uint, w->frames, 1), "%s", pairs[p].id);
			cr_assert(ip_parse(heard(w, 0), &ip));
			cr_assert(eq(u8, ip.protocol, 50), "%s", pairs[p].id);
			cr_assert(le(sz, ip.all.n, 1500), "%s", pairs[p].id);
			world_forget(w);
			from_system(w, insisting(w, p, 3, mtu - head + 1));
			(void)told_mtu(w, 0, p);
			world_close(w);
		}
}

Test(bump, a_router_that_complains_of_esp_is_heard_by_the_bump)
{
	for
		EACH_PAIR(p)
		{
			struct world *w = bump_open();
			struct sa *sa[BUMP_SIDES];
			protected_pair(w, p, sa);
			from_system(w, insisting(w, p, 1, 1300));
			struct wr m = room(w);
			struct addr s = at(pairs[p].gate), t = at(pairs[p].system);
			ip_begin(&m,
				 &(struct ip_head){ .src = &s, .dst = &t, .protocol = pairs[p].protocol, .ttl = 64 });
			size_t at_icmp = m.n;
			wr_uint(&m, p == 0 ? 0x0304 : 0x0200, 2);
			wr_uint(&m, 0, 2);
			wr_uint(&m, 1300, 4);
			wr_bytes(&m, bytes_slice(heard(w, 0), 0, p == 0 ? 28 : 600));
			cr_assert(ip_finish(&m));
			ip_put_checksum(&m, &s, &t, pairs[p].protocol, at_icmp, at_icmp + 2, false);
			world_forget(w);
			from_peer(w, wr_done(&m));
			cr_assert(eq(uint, w->frames, 0), "%s: the system knows of no ESP", pairs[p].id);
			from_system(w, insisting(w, p, 2, 1300));
			cr_assert(le(u32, told_mtu(w, 0, p), 1300), "%s", pairs[p].id);
			world_close(w);
		}
}

/* --- IKE -------------------------------------------------------------------------------------- */

Test(bump, ike_passes_where_it_is_asked_to)
{
	static const uint8_t ike[32] = { 0, 0, 0, 0, 1 };
	static const struct {
		const char *value;
		uint16_t port;
		unsigned passes;
	} rows[] = { { "0", 500, 0 }, { "1", 500, 2 }, { "0", 4500, 0 }, { "1", 4500, 2 }, { "1", 501, 0 } };
	for (unsigned i = 0; i < COUNT(rows); i++)
		for
			EACH_PAIR(p)
			{
				struct world *w = bump_open();
				struct sa *sa[BUMP_SIDES];
				uint16_t port = rows[i].port;
				protected_pair(w, p, sa);
				w->h->set.bump_ike = rows[i].value[0] == '1';
				from_system(w, udp(w, pairs[p].system, pairs[p].gate, port, port, BYTES_OF(ike)));
				from_peer(w, udp(w, pairs[p].gate, pairs[p].system, port, port, BYTES_OF(ike)));
				cr_assert(eq(uint, w->frames, rows[i].passes), "%s port %u", pairs[p].id, port);
				world_close(w);
			}
}

Test(bump, esp_in_udp_is_taken_out_for_a_key_manager_inside)
{
	for
		EACH_PAIR(p)
		{
			struct world *w = bump_open();
			struct sa *sa[BUMP_SIDES];
			protected_pair(w, p, sa);
			struct sa *in = sad_find(w->h->sad, 0x1002, 50, &sa[BUMP_INSIDE]->spec.dst);
			cr_assert(in != NULL);
			in->spec.encap = (struct encap){ .udp = true, .sport = 4500, .dport = 4500 };
			sa[BUMP_INSIDE]->spec.encap = in->spec.encap;
			struct bytes d = echo(w, pairs[p].peer, pairs[p].system, 2, 64);
			from_peer(w, protect(w, sa[BUMP_INSIDE], d));
			cr_assert(eq(uint, w->frames, 1), "%s", pairs[p].id);
			same(heard(w, 0), d, pairs[p].id);
			world_close(w);
		}
}
