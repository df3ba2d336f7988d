/* Path MTUs as they are reported, and what becomes of what is sent then. */
#include "host/fragment.h"
#include "host/test_world.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static const struct pmtu_rules rules = PMTU_RFC;

Test(pmtu, a_router_that_says_nothing_means_the_next_plateau)
{
	static const struct {
		uint32_t total, want;
	} rows[] = {
		{ 65536, 65535 }, { 1500, 1492 }, { 1492, 1006 }, { 576, 508 }, { 69, 68 }, { 68, 68 }, { 0, 68 }
	};
	for (size_t i = 0; i < COUNT(rows); i++)
		cr_assert(eq(u32, pmtu_guess(rows[i].total), rows[i].want), "%u", rows[i].total);
}

Test(pmtu, a_report_lowers_and_never_raises_and_has_a_floor)
{
	static const struct {
		const char *id, *dst;
		uint32_t reported[3], want;
	} rows[] = {
		{ "ip4", "192.0.2.2", { 1400 }, 1400 },
		{ "ip4, lower", "192.0.2.2", { 1400, 1300 }, 1300 },
		{ "ip4, raised", "192.0.2.2", { 1300, 1400 }, 1300 },
		{ "ip4, tiny", "192.0.2.2", { 68 }, 552 },
		{ "ip6", "2001:db8::2", { 1400, 1280 }, 1280 },
		{ "ip6, below the least", "2001:db8::2", { 1279 }, PMTU_NONE },
		{ "ip6, below the least later", "2001:db8::2", { 1400, 68 }, 1400 },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct pmtu_cache c = { .next = 0 };
		struct sa sa = { .spec.dst = at(rows[i].dst) };
		struct addr dst = at(rows[i].dst);
		for (unsigned k = 0; k < 3 && rows[i].reported[k] != 0; k++) {
			pmtu_report_path(&c, &rules, &dst, rows[i].reported[k], 1000);
			pmtu_report_sa(&sa, &rules, rows[i].reported[k], 1000);
		}
		cr_assert(eq(u32, pmtu_of_path(&c, &dst, 1000), rows[i].want), "%s", rows[i].id);
		cr_assert(eq(u32, pmtu_of_sa(&sa, 1000), rows[i].want), "%s", rows[i].id);
	}
}

Test(pmtu, a_report_is_forgotten_after_its_age_and_a_repeated_one_lives_on)
{
	static const char *const dsts[] = { "192.0.2.2", "2001:db8::2" };
	for (size_t i = 0; i < COUNT(dsts); i++) {
		struct pmtu_cache c = { .next = 0 };
		struct addr dst = at(dsts[i]);
		struct pmtu_rules forever = rules;
		pmtu_report_path(&c, &rules, &dst, 1400, 1000);
		cr_assert(eq(u32, pmtu_of_path(&c, &dst, 1599), 1400), "%s", dsts[i]);
		cr_assert(eq(u32, pmtu_of_path(&c, &dst, 1600), PMTU_NONE), "%s", dsts[i]);
		cr_assert(pmtu_report_path(&c, &rules, &dst, 1450, 1600), "%s: no more than the first hop's is known",
			  dsts[i]);
		cr_assert(not(pmtu_report_path(&c, &rules, &dst, 1450, 1700)), "%s", dsts[i]);
		cr_assert(eq(u32, pmtu_of_path(&c, &dst, 2299), 1450), "%s", dsts[i]);
		forever.age = 0;
		pmtu_report_path(&c, &forever, &dst, 1300, 2000);
		cr_assert(eq(u32, pmtu_of_path(&c, &dst, UINT64_MAX - 1), 1300), "%s", dsts[i]);
	}
}

Test(pmtu, the_oldest_path_gives_way)
{
	struct pmtu_cache c = { .next = 0 };
	struct addr dst = at("10.0.0.0");
	for (unsigned i = 0; i <= PMTU_PATHS; i++) {
		dst.o[3] = (uint8_t)i;
		pmtu_report_path(&c, &rules, &dst, 1400, 1000);
	}
	cr_assert(eq(u32, pmtu_of_path(&c, &dst, 1000), 1400));
	dst.o[3] = 0;
	cr_assert(eq(u32, pmtu_of_path(&c, &dst, 1000), PMTU_NONE));
	dst.o[3] = 1;
	cr_assert(eq(u32, pmtu_of_path(&c, &dst, 1000), 1400));
}

/* --- what fits ------------------------------------------------------------------------------------ */

static void
protect_all(struct world *w, const struct place *p, const uint8_t (*layers)[2], unsigned n, const char *enc)
{
	struct spd_entry e = policy(DIR_OUT, SPD_PROTECT, p->far, p->tester, SELECTOR_ANY);
	for (unsigned i = 0; i < n; i++) {
		bool tunnel = layers[i][1] == MODE_TUNNEL, esp = layers[i][0] == 50;
		const char *src = tunnel || i > 0 ? p->target : p->far;
		struct spd_request *r = request(&e, layers[i][0], layers[i][1], LEVEL_REQUIRE);
		add_sa(w, &(struct sa_row){ 0x2000 + i, layers[i][0], layers[i][1], esp ? enc : NULL, "hmac-sha1-96",
					    src, p->tester, 0, 0 });
		if (tunnel) {
			r->src = at(p->target);
			r->dst = at(p->tester);
		}
	}
	add_policy(w, &e);
}

/* The MTU of the Packet Too Big, RFC 1191 4, RFC 4443 3.2. */
static size_t
told(const struct world *w, unsigned i, uint8_t family)
{
	struct rd r = rd_of(bytes_slice(heard(w, i), family == 4 ? 24 : 44, 4));
	return (size_t)rd_uint(&r, 4);
}

static struct bytes
with_df(struct world *w, struct bytes d)
{
	struct wr out = room(w);
	wr_bytes(&out, d);
	wr_patch(&out, 6, 0x4000, 2);
	chain_checksum4(&out, 0);
	return wr_done(&out);
}

static struct bytes
transit(struct world *w, const struct place *p, size_t n)
{
	struct bytes d = echo(w, p->far, p->tester, 1, n - (strchr(p->far, ':') != NULL ? 48 : 28));
	return strchr(p->far, ':') != NULL ? d : with_df(w, d);
}

/* Transport mode between others is what a host in the wire does; here it shows that every sum is right. */
Test(pmtu, what_a_sender_is_told_is_exactly_what_fits)
{
	static const struct {
		const char *id;
		uint8_t layers[3][2];
		unsigned n;
		const char *enc;
	} rows[] = {
		{ "tunnel, blocks of 16", { { 50, MODE_TUNNEL } }, 1, "aes-cbc" },
		{ "tunnel, blocks of 8", { { 50, MODE_TUNNEL } }, 1, "3des-cbc" },
		{ "tunnel, no blocks", { { 50, MODE_TUNNEL } }, 1, "null" },
		{ "AH tunnel", { { 51, MODE_TUNNEL } }, 1, NULL },
		{ "transport", { { 50, MODE_TRANSPORT } }, 1, "aes-cbc" },
		{ "AH transport", { { 51, MODE_TRANSPORT } }, 1, NULL },
		{ "AH over an ESP tunnel", { { 50, MODE_TUNNEL }, { 51, MODE_TRANSPORT } }, 2, "aes-cbc" },
		{ "two tunnels", { { 50, MODE_TUNNEL }, { 51, MODE_TUNNEL } }, 2, "aes-cbc" },
	};
	for (unsigned f = 0; f < COUNT(places); f++)
		for (size_t i = 0; i < COUNT(rows); i++) {
			const struct place *p = &places[f];
			struct world *w = world_open(NULL);
			protect_all(w, p, rows[i].layers, rows[i].n, rows[i].enc);
			input(w, 1, transit(w, p, 1500));
			size_t mtu = told(w, 0, f == 0 ? 4 : 6);
			cr_assert(mtu > 1350 && mtu < 1500, "%s %s: %zu", p->id, rows[i].id, mtu);
			world_forget(w);
			input(w, 1, transit(w, p, mtu));
			cr_assert(eq(u32, w->frame[0].link, 0), "%s %s: %zu fit", p->id, rows[i].id, mtu);
			cr_assert(heard(w, 0).n <= 1500, "%s %s", p->id, rows[i].id);
			world_forget(w);
			input(w, 1, transit(w, p, mtu + 1));
			cr_assert(eq(u32, w->frame[0].link, 1), "%s %s: %zu do not", p->id, rows[i].id, mtu + 1);
			cr_assert(eq(sz, told(w, 0, f == 0 ? 4 : 6), mtu), "%s %s", p->id, rows[i].id);
			world_close(w);
		}
}

Test(pmtu, a_refusal_takes_no_sequence_number)
{
	for (unsigned f = 0; f < COUNT(places); f++) {
		static const uint8_t layers[1][2] = { { 50, MODE_TUNNEL } };
		const struct place *p = &places[f];
		struct world *w = world_open(NULL);
		protect_all(w, p, layers, 1, "aes-cbc");
		for (unsigned i = 0; i < 3; i++)
			input(w, 1, transit(w, p, 1500));
		world_forget(w);
		input(w, 1, transit(w, p, 200));
		struct rd r = rd_of(bytes_slice(heard(w, 0), (f == 0 ? 20u : 40u) + 4, 4));
		cr_assert(eq(u64, rd_uint(&r, 4), 1), "%s", p->id);
		world_close(w);
	}
}

Test(pmtu, ipv6_of_1280_octets_passes_however_little_the_tunnel_leaves)
{
	static const uint8_t layers[1][2] = { { 50, MODE_TUNNEL } };
	const struct place *p = &places[1];
	struct world *w = world_open(NULL);
	protect_all(w, p, layers, 1, "aes-cbc");
	sad_next(w->h->sad, NULL)->pmtu = 1280;
	sad_next(w->h->sad, NULL)->pmtu_until = UINT64_MAX;
	input(w, 1, transit(w, p, 1281));
	cr_assert(eq(sz, told(w, 0, 6), 1280));
	world_forget(w);
	input(w, 1, transit(w, p, 1280));
	cr_assert(eq(u32, w->frames, 2));
	for (unsigned i = 0; i < 2; i++) {
		cr_assert(eq(u32, w->frame[i].link, 0));
		cr_assert(heard(w, i).n <= 1280);
	}
	world_close(w);
}

/* --- cutting -------------------------------------------------------------------------------------- */

Test(pmtu, fragments_of_any_size_are_the_datagram_again)
{
	static uint8_t pieces[FRAMES][1600];
	for (unsigned f = 0; f < COUNT(places); f++)
		for (uint32_t mtu = 68 + 8 * f; mtu < 1400; mtu += 61) {
			struct world *w = world_open(NULL);
			struct bytes d = echo(w, places[f].tester, places[f].target, 1, 1000);
			struct ip ip, piece;
			struct cutter c;
			size_t sum = 0;
			cr_assert(ip_parse(d, &ip) && cutter_open(w->h, &ip, mtu, &c));
			for (unsigned n = 0; !cutter_done(&c); n++) {
				struct wr out = wr_of(pieces[n % FRAMES], sizeof pieces[0]);
				cr_assert(cutter_next(&c, &out) && out.n <= mtu, "%s, %u", places[f].id, mtu);
				cr_assert(ip_parse(wr_done(&out), &piece));
				sum += piece.all.n - (f == 0 ? 20 : 48);
			}
			cr_assert(eq(sz, sum, ip.all.n - (f == 0 ? 20 : 40)), "%s, %u", places[f].id, mtu);
			world_close(w);
		}
}
