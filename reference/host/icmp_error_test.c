/* ICMP errors that arrive for the host: which change something, and which are counted and no more. */
#include "host/test_world.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

/* An error from somebody on the way, which quotes a datagram. */
static struct bytes
error_about(struct world *w, const char *src, const char *dst, uint8_t type, uint8_t code, uint32_t rest,
	    struct bytes quoted)
{
	struct wr d = room(w);
	struct addr s = at(src), t = at(dst);
	uint8_t protocol = s.family == 4 ? 1 : 58;
	ip_begin(&d, &(struct ip_head){ .src = &s, .dst = &t, .protocol = protocol, .ttl = 64, .id = 3 });
	size_t header = d.n;
	wr_uint(&d, type, 1);
	wr_uint(&d, code, 1);
	wr_uint(&d, 0, 2);
	wr_uint(&d, rest, 4);
	wr_bytes(&d, quoted);
	cr_assert(ip_finish(&d));
	ip_put_checksum(&d, &s, &t, protocol, header, header + 2, false);
	return wr_done(&d);
}

static struct bytes
too_big(struct world *w, const struct place *p, const char *from, uint32_t mtu, struct bytes quoted)
{
	bool v4 = strchr(from, ':') == NULL;
	return error_about(w, from, p->target, v4 ? 3 : 2, v4 ? 4 : 0, mtu, quoted);
}

static const char *const routers[] = { "192.0.2.254", "2001:db8:1::fe" };

/* A datagram of `protocol` whose first octets are the SPI, as far as an error quotes it. */
static struct bytes
quoted_by_spi(struct world *w, const char *src, const char *dst, uint8_t protocol, uint32_t spi)
{
	uint8_t octets[16];
	struct wr p = wr_of(octets, sizeof octets);
	wr_fill(&p, 0, protocol == 51 ? 4 : 0);
	wr_uint(&p, spi, 4);
	wr_uint(&p, 1, 4);
	return datagram(w, src, dst, protocol, wr_done(&p));
}

static struct world *
open_with_sa(const struct place *p)
{
	struct world *w = world_open(NULL);
	add_sa(w, &(struct sa_row){ 0x2001, 50, MODE_TRANSPORT, "null", "hmac-sha1-96", p->target, p->tester, 0, 0 });
	struct spd_entry e = policy(DIR_OUT, SPD_PROTECT, p->target, p->tester, 17);
	request(&e, 50, MODE_TRANSPORT, LEVEL_REQUIRE);
	add_policy(w, &e);
	return w;
}

Test(icmp_error, a_report_about_an_sa_is_that_sas_alone)
{
	for (unsigned f = 0; f < COUNT(places); f++) {
		const struct place *p = &places[f];
		struct world *w = open_with_sa(p);
		struct sa *sa = sad_next(w->h->sad, NULL);
		struct addr tester = at(p->tester);
		input(w, 0, too_big(w, p, routers[f], 1300, quoted_by_spi(w, p->target, p->tester, 50, 0x2001)));
		cr_assert(eq(u32, pmtu_of_sa(sa, w->now), 1300), "%s", p->id);
		cr_assert(eq(u32, pmtu_of_path(&w->h->pmtu, &tester, w->now), PMTU_NONE), "%s", p->id);
		cr_assert(eq(u64, counted(w, "pmtu.sa"), 1), "%s", p->id);
		world_close(w);
	}
}

Test(icmp_error, what_the_host_did_not_send_changes_nothing)
{
	for (unsigned f = 0; f < COUNT(places); f++) {
		const struct place *p = &places[f];
		const struct {
			const char *id, *src, *dst;
			uint8_t protocol;
			uint32_t spi;
		} rows[] = {
			{ "another SPI", p->target, p->tester, 50, 0x2002 },
			{ "another destination", p->target, p->away, 50, 0x2001 },
			{ "another source of ours", p->second, p->tester, 50, 0x2001 },
			{ "a source that is not ours", p->away, p->tester, 50, 0x2001 },
			{ "another protocol", p->target, p->tester, 51, 0x2001 },
		};
		for (size_t i = 0; i < COUNT(rows); i++) {
			struct world *w = open_with_sa(p);
			struct bytes q = quoted_by_spi(w, rows[i].src, rows[i].dst, rows[i].protocol, rows[i].spi);
			input(w, 0, too_big(w, p, routers[f], 1300, q));
			cr_assert(eq(u32, pmtu_of_sa(sad_next(w->h->sad, NULL), w->now), PMTU_NONE), "%s %s", p->id,
				  rows[i].id);
			cr_assert(eq(u64, counted(w, "icmp.forged"), 1), "%s %s", p->id, rows[i].id);
			world_close(w);
		}
	}
}

Test(icmp_error, every_prefix_of_a_report_is_harmless)
{
	for (unsigned f = 0; f < COUNT(places); f++) {
		const struct place *p = &places[f];
		struct world *w = open_with_sa(p);
		uint8_t octets[64];
		struct wr kept = wr_of(octets, sizeof octets);
		wr_bytes(&kept, quoted_by_spi(w, p->target, p->tester, 50, 0x2001));
		struct bytes q = wr_done(&kept);
		for (size_t n = 0; n <= q.n; n++)
			input(w, 0, too_big(w, p, routers[f], 1300, bytes_slice(q, 0, n)));
		size_t header = f == 0 ? 20 : 40;
		cr_assert(eq(u64, counted(w, "icmp.forged"), header + 4), "%s: up to the SPI none is believed", p->id);
		cr_assert(eq(u32, pmtu_of_sa(sad_next(w->h->sad, NULL), w->now), 1300), "%s", p->id);
		world_close(w);
	}
}

Test(icmp_error, a_report_about_clear_traffic_is_believed_where_policy_lets_such_leave)
{
	for (unsigned f = 0; f < COUNT(places); f++) {
		const struct place *p = &places[f];
		struct world *w = open_with_sa(p);
		struct addr tester = at(p->tester), away = at(p->away);
		struct bytes data = BYTES_OF(target_mac[0]);
		input(w, 0, too_big(w, p, routers[f], 1300, udp(w, p->target, p->tester, 9, 7, data)));
		cr_assert(eq(u32, pmtu_of_path(&w->h->pmtu, &tester, w->now), PMTU_NONE), "%s: it would be protected",
			  p->id);
		cr_assert(eq(u64, counted(w, "drop.policy"), 1), "%s", p->id);
		input(w, 0, too_big(w, p, routers[f], 1300, udp(w, p->target, p->away, 9, 7, data)));
		cr_assert(eq(u32, pmtu_of_path(&w->h->pmtu, &away, w->now), 1300), "%s", p->id);
		cr_assert(eq(u64, counted(w, "pmtu.path"), 1), "%s", p->id);
		world_close(w);
	}
}

Test(icmp_error, is_refused_as_the_administrator_says)
{
	for (unsigned f = 0; f < COUNT(places); f++) {
		const struct place *p = &places[f];
		const struct {
			const char *name, *value;
			bool taken;
		} rows[] = {
			{ "icmp.clear", "0", false },
			{ "icmp.clear", "1", true },
			{ "icmp.clear", "2", true },
			{ f == 0 ? "icmp.refused.3" : "icmp6.refused.2", "1", false },
			{ f == 0 ? "icmp.refused.11" : "icmp6.refused.3", "1", true },
			{ f == 0 ? "icmp6.refused.2" : "icmp.refused.3", "1", true },
		};
		for (size_t i = 0; i < COUNT(rows); i++) {
			struct world *w = open_with_sa(p);
			cr_assert(zero(int, host_tunable_set(w->h, rows[i].name, rows[i].value)), "%s", rows[i].name);
			input(w, 0,
			      too_big(w, p, routers[f], 1300, quoted_by_spi(w, p->target, p->tester, 50, 0x2001)));
			uint32_t got = pmtu_of_sa(sad_next(w->h->sad, NULL), w->now);
			cr_assert(eq(u32, got, rows[i].taken ? 1300 : PMTU_NONE), "%s %s=%s", p->id, rows[i].name,
				  rows[i].value);
			cr_assert(eq(u64, counted(w, "icmp.refused"), !rows[i].taken), "%s %s=%s", p->id, rows[i].name,
				  rows[i].value);
			world_close(w);
		}
	}
}

Test(icmp_error, reaches_the_socket_that_sent)
{
	for (unsigned f = 0; f < COUNT(places); f++) {
		const struct place *p = &places[f];
		struct world *w = world_open(NULL);
		struct bytes data = BYTES_OF(target_mac[0]);
		uint8_t type = f == 0 ? 3 : 1, code = f == 0 ? 3 : 4;
		cr_assert(host_udp_open(w->h, f == 0 ? 4 : 6, NULL, 4000) >= 0);
		input(w, 0,
		      error_about(w, p->tester, p->target, type, code, 0, udp(w, p->target, p->tester, 4000, 7, data)));
		cr_assert(eq(u64, counted(w, "icmp.to-socket"), 1), "%s", p->id);
		input(w, 0,
		      error_about(w, p->tester, p->target, type, code, 0, udp(w, p->target, p->tester, 4001, 7, data)));
		cr_assert(eq(u64, counted(w, "icmp.to-socket"), 1), "%s: no such socket", p->id);
		cr_assert(zero(int, host_tunable_set(w->h, "icmp.clear", "2")));
		input(w, 0,
		      error_about(w, p->tester, p->target, type, code, 0, udp(w, p->target, p->tester, 4000, 7, data)));
		cr_assert(eq(u64, counted(w, "icmp.to-socket"), 1), "%s: path MTU alone", p->id);
		cr_assert(zero(u32, w->frames), "%s", p->id);
		world_close(w);
	}
}

Test(icmp_error, with_a_wrong_checksum_is_none)
{
	for (unsigned f = 0; f < COUNT(places); f++) {
		const struct place *p = &places[f];
		struct world *w = open_with_sa(p);
		struct bytes d = too_big(w, p, routers[f], 1300, quoted_by_spi(w, p->target, p->tester, 50, 0x2001));
		input(w, 0, altered(w, d, d.n - 1, 1));
		cr_assert(eq(u32, pmtu_of_sa(sad_next(w->h->sad, NULL), w->now), PMTU_NONE), "%s", p->id);
		cr_assert(eq(u64, counted(w, "drop.checksum"), 1), "%s", p->id);
		world_close(w);
	}
}
