#include "host/test_world.h"

#include <errno.h>

#include "wire/checksum.h"

#define KEEP 4
static const uint8_t keepalive[] = { 0xff };
static const uint8_t marked[] = { 0, 0, 0, 0, 1, 2, 3, 4, 5 };

/* The host's and the tester's copy of an SA in UDP. */
static struct sa *
add_encapsulated(struct world *w, uint32_t spi, const char *src, const char *dst, uint16_t sport, uint16_t dport)
{
	const struct sa_row row = { spi, 50, MODE_TRANSPORT, "aes-cbc", "hmac-sha1-96", src, dst, 0, 32 };
	struct addr to = at(dst);
	struct sa *ours = add_sa(w, &row), *theirs = sad_find(w->h->sad, spi, 50, &to);
	ours->spec.encap = theirs->spec.encap = (struct encap){ .sport = sport, .dport = dport, .udp = true };
	return ours;
}

static int
open_encap(struct world *w, uint8_t family, uint16_t port)
{
	int sock = host_udp_open(w->h, family, NULL, port);
	cr_assert(sock >= 0);
	cr_assert(zero(int, host_udp_encap(w->h, sock, true)));
	return sock;
}

Test(natt, an_encapsulating_socket_takes_esp_and_another_does_not)
{
	for (unsigned i = 0; i < COUNT(places); i++) {
		struct world *w = world_open(NULL);
		const struct place *p = &places[i];
		struct sa *in = add_encapsulated(w, 0x1001, p->tester, p->target, 4500, 4500);
		struct bytes sealed = protect(w, in, udp(w, p->tester, p->target, 9, 7, BYTES_OF(marked)));
		int sink = host_udp_open(w->h, i == 0 ? 4 : 6, NULL, 7);
		int ike = host_udp_open(w->h, i == 0 ? 4 : 6, NULL, 4500);
		input(w, 0, sealed);
		cr_assert(eq(int, w->udp.sock, ike), "%s: a socket as any other", p->id);
		cr_assert(zero(int, host_udp_encap(w->h, ike, true)));
		input(w, 0, sealed);
		cr_assert(eq(int, w->udp.sock, sink), "%s: what was inside", p->id);
		cr_assert(eq(u32, w->delivered, 2));
		input(w, 0, sealed);
		cr_assert(eq(u32, w->delivered, 2), "%s: a replay", p->id);
		cr_assert(eq(u64, counted(w, "drop.replayed"), 1));
		world_close(w);
	}
}

Test(natt, keepalives_and_runts_vanish_and_marked_datagrams_are_delivered)
{
	static const uint8_t runts[][7] = {
		{ 0xfe }, { 0xff, 0xff }, { 0, 0, 0 }, { 0, 0, 0x10, 1 }, { 1, 2, 3, 4, 5, 6, 7 }
	};
	static const size_t sizes[] = { 1, 2, 3, 4, 7 };
	for (unsigned i = 0; i < COUNT(places); i++) {
		struct world *w = world_open(NULL);
		const struct place *p = &places[i];
		int ike = open_encap(w, i == 0 ? 4 : 6, 4500);
		input(w, 0, udp(w, p->tester, p->target, 61000, 4500, BYTES_OF(keepalive)));
		cr_assert(eq(u64, counted(w, "natt.keepalives"), 1), "%s", p->id);
		input(w, 0, udp(w, p->tester, p->target, 61000, 4500, BYTES_NONE));
		for (unsigned k = 0; k < COUNT(sizes); k++)
			input(w, 0, udp(w, p->tester, p->target, 61000, 4500, (struct bytes){ runts[k], sizes[k] }));
		cr_assert(eq(u64, counted(w, "drop.short"), 1 + COUNT(sizes)), "%s", p->id);
		cr_assert(zero(u32, w->delivered), "%s", p->id);
		input(w, 0, udp(w, p->tester, p->target, 61000, 4500, BYTES_OF(marked)));
		cr_assert(eq(int, w->udp.sock, ike), "%s", p->id);
		cr_assert(bytes_equal((struct bytes){ w->udp.octets, w->udp.n }, BYTES_OF(marked)), "%s", p->id);
		cr_assert(zero(u32, w->frames), "%s: nothing is answered", p->id);
		world_close(w);
	}
}

Test(natt, a_wrong_udp_checksum_is_no_esp)
{
	struct world *w = world_open(NULL);
	const struct place *p = &places[0];
	struct sa *in = add_encapsulated(w, 0x1001, p->tester, p->target, 4500, 4500);
	open_encap(w, 4, 4500);
	struct bytes sealed = protect(w, in, echo(w, p->tester, p->target, 1, 20));
	input(w, 0, altered(w, sealed, IP4_HEADER + 7, 1));
	cr_assert(zero(u32, w->frames));
	cr_assert(eq(u64, counted(w, "drop.checksum"), 1));
	input(w, 0, sealed);
	cr_assert(eq(u32, w->frames, 1));
	world_close(w);
}

/* The peer is 10.1.2.3, and the NAT makes it the tester. */
static struct bytes
through_nat(struct world *w, struct sa *in, struct bytes d)
{
	struct bytes sealed = protect(w, in, d);
	struct wr out = wr_of(w->said[KEEP - 1], sizeof w->said[0]);
	wr_bytes(&out, sealed);
	for (unsigned i = 0; i < 4; i++)
		wr_patch(&out, 12 + i, at("192.0.2.2").o[i], 1);
	wr_patch(&out, 10, 0, 2);
	wr_patch(&out, 10, checksum_finish(checksum_add(0, bytes_slice(wr_done(&out), 0, IP4_HEADER))), 2);
	return wr_done(&out);
}

Test(natt, checksums_of_transport_mode_fit_the_translated_address)
{
	const struct place *p = &places[0];
	for (unsigned known = 0; known < 2; known++)
		for (unsigned broken = 0; broken < 2; broken++) {
			struct world *w = world_open(NULL);
			struct sa *in = add_encapsulated(w, 0x1001, p->tester, p->target, 4500, 4500);
			struct addr to = at(p->target);
			if (known)
				sad_find(w->h->sad, 0x1001, 50, &to)->spec.encap.oai = at("10.1.2.3");
			open_encap(w, 4, 4500);
			int sink = host_udp_open(w->h, 4, NULL, 7);
			struct bytes d = udp(w, "10.1.2.3", p->target, 9, 7, BYTES_OF(marked));
			if (broken)
				d = altered(w, d, IP4_HEADER + 6, 0x55);
			input(w, 0, through_nat(w, in, d));
			/* rule 1 keeps a wrong sum wrong, rule 2 computes a new one: RFC 3948 3.1.2 */
			bool delivered = !known || !broken;
			cr_assert(eq(u32, w->delivered, delivered), "known %u broken %u", known, broken);
			cr_assert(w->udp.sock == sink || !delivered);
			world_close(w);
		}
}

Test(natt, the_key_manager_hears_once_of_each_new_port)
{
	const struct place *p = &places[0];
	static const uint16_t ports[] = { 4500, 5000, 5000, 5001, 4500, 5001 };
	static const unsigned heard_by_then[] = { 0, 1, 1, 2, 2, 3 };
	struct world *w = world_open("linux");
	struct sa *in = add_encapsulated(w, 0x1001, p->tester, p->target, 4500, 4500);
	open_encap(w, 4, 4500);
	int km = host_pfkey_open(w->h);
	static const uint8_t registration[] = { 2, 7, 0, 3, 2, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0 };
	cr_assert(zero(int, host_pfkey_write(w->h, km, BYTES_OF(registration), w->now)));
	unsigned before = w->pfkey;
	for (unsigned i = 0; i < COUNT(ports); i++) {
		in->spec.encap.sport = ports[i];
		struct bytes sealed = protect(w, in, echo(w, p->tester, p->target, 1, 20));
		input(w, 0, altered(w, sealed, sealed.n - 1, 1));
		input(w, 0, sealed);
		cr_assert(eq(u32, w->pfkey - before, heard_by_then[i]), "packet %u", i);
	}
	world_close(w);
}

Test(natt, answers_follow_the_peer_where_the_profile_says_so)
{
	static const struct {
		const char *profile;
		uint16_t port;
	} rows[] = { { "solaris", 5000 }, { "linux", 4500 }, { "kame", 4500 } };
	const struct place *p = &places[0];
	for (unsigned i = 0; i < COUNT(rows); i++) {
		struct world *w = world_open(rows[i].profile);
		struct addr to = at(p->tester);
		struct sa *in = add_encapsulated(w, 0x1001, p->tester, p->target, 4500, 4500);
		add_encapsulated(w, 0x1002, p->target, p->tester, 4500, 4500);
		add_encapsulated(w, 0x1003, p->target, p->tester, 4500, 10001);
		open_encap(w, 4, 4500);
		in->spec.encap.sport = 5000;
		input(w, 0, protect(w, in, echo(w, p->tester, p->target, 1, 20)));
		cr_assert(eq(u16, sad_find(w->h->sad, 0x1002, 50, &to)->spec.encap.dport, rows[i].port), "%s",
			  rows[i].profile);
		cr_assert(eq(u16, sad_find(w->h->sad, 0x1003, 50, &to)->spec.encap.dport, 10001), "%s: a neighbour",
			  rows[i].profile);
		world_close(w);
	}
}

Test(natt, keepalives_go_out_after_silence_one_a_way)
{
	for (unsigned i = 0; i < COUNT(places); i++) {
		struct world *w = world_open(NULL);
		const struct place *p = &places[i];
		add_encapsulated(w, 0x1001, p->tester, p->target, 4500, 4500);
		struct addr to = at(p->tester);
		for (unsigned k = 0; k < 3; k++) {
			add_encapsulated(w, 0x2000 + k, p->target, p->tester, 4500, k == 2 ? 10001 : 4500);
			sad_find(w->h->sad, 0x2000 + k, 50, &to)->current.addtime = w->now;
		}
		input(w, 0, echo(w, p->tester, p->target, 1, 20)); /* where the tester is */
		world_forget(w);
		host_tick(w->h, w->now + 1000);
		cr_assert(zero(u32, w->frames), "%s: nobody asked for them", p->id);
		cr_assert(zero(int, host_tunable_set(w->h, "natt.keepalive", "20")));
		host_tick(w->h, w->now + 19);
		cr_assert(zero(u32, w->frames), "%s: too early", p->id);
		host_tick(w->h, w->now + 20);
		cr_assert(eq(u32, w->frames, 2), "%s: a way each, not an SA each", p->id);
		struct ip ip;
		struct udp_head u;
		cr_assert(ip_parse(heard(w, 0), &ip));
		cr_assert(udp_read(&ip, bytes_slice(ip.all, ip.header, SIZE_MAX), &u));
		cr_assert(u.summed && u.sport == 4500 && u.dport == 4500 && bytes_equal(u.payload, BYTES_OF(keepalive)),
			  "%s", p->id);
		host_tick(w->h, w->now + 39);
		cr_assert(eq(u32, w->frames, 2), "%s", p->id);
		host_tick(w->h, w->now + 40);
		cr_assert(eq(u32, w->frames, 4), "%s", p->id);
		world_close(w);
	}
}
