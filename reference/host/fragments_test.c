/* Fragments on their way through, RFC 4301 7: what the ports of a first one mean to the others. */
#include "host/test_world.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

/* A piece of a UDP datagram of 32 octets to port dport: the first 16, or the rest, which looks like port `dport` too. */
static struct bytes
piece(struct world *w, const struct place *p, uint16_t id, uint16_t dport, unsigned offset)
{
	struct wr d = room(w);
	struct addr src = at(p->far), dst = at(p->tester);
	bool v4 = src.family == 4, more = offset == 0;
	ip_begin(&d, &(struct ip_head){ .src = &src, .dst = &dst, .protocol = v4 ? 17 : 44, .ttl = 9, .id = id });
	if (v4) {
		wr_patch(&d, 6, offset / 8 | (more ? 0x2000u : 0), 2);
	} else {
		wr_uint(&d, 17, 1);
		wr_uint(&d, 0, 1);
		wr_uint(&d, offset | (more ? 1u : 0), 2);
		wr_uint(&d, id, 4);
	}
	wr_uint(&d, 9, 2);
	wr_uint(&d, dport, 2);
	wr_fill(&d, 0, 12);
	cr_assert(ip_finish(&d));
	return wr_done(&d);
}

static void
entry(struct world *w, const struct place *p, uint8_t action, uint32_t port)
{
	struct spd_entry e = policy(DIR_OUT, action, p->far, p->tester, 17);
	e.selector.dport = port;
	if (port == SELECTOR_OPAQUE)
		e.selector.sport = port;
	if (action == SPD_PROTECT) {
		struct spd_request *r = request(&e, 50, MODE_TUNNEL, LEVEL_REQUIRE);
		r->src = at(p->target);
		r->dst = at(p->tester);
	}
	add_policy(w, &e);
}

static struct world *
open_with_ports(const struct place *p, const char *rule)
{
	struct world *w = world_open(NULL);
	cr_assert(zero(int, host_tunable_set(w->h, "fragments", rule)));
	add_sa(w, &(struct sa_row){ 0x2001, 50, MODE_TUNNEL, "null", "hmac-sha1-96", p->target, p->tester, 0, 0 });
	entry(w, p, SPD_PROTECT, 7000);
	entry(w, p, SPD_BYPASS, 7001);
	entry(w, p, SPD_DISCARD, 7002);
	return w;
}

/* '-': nothing leaves; 'c': in clear; 'p': protected. */
static char
fate(struct world *w, struct bytes d)
{
	struct ip ip;
	world_forget(w);
	input(w, 1, d);
	if (w->frames == 0)
		return '-';
	cr_assert(ip_parse(heard(w, 0), &ip));
	return ip.protocol == 50 ? 'p' : 'c';
}

Test(fragments, go_the_way_of_their_first_one_as_the_rule_says)
{
	static const struct {
		const char *rule, *first, *later; /* for ports 7000, 7001, 7002 and 7003 */
	} rows[] = {
		{ "0", "pc-c", "cccc" }, /* kernels: what has no ports matches no entry with any */
		{ "1", "pc-c", "-c-c" },
		{ "2", "pc-c", "pc-c" },
	};
	for (unsigned f = 0; f < COUNT(places); f++)
		for (size_t i = 0; i < COUNT(rows); i++)
			for (uint16_t k = 0; k < 4; k++) {
				struct world *w = open_with_ports(&places[f], rows[i].rule);
				const char *id = places[f].id;
				char first = fate(w, piece(w, &places[f], 77, (uint16_t)(7000 + k), 0));
				cr_assert(eq(chr, first, rows[i].first[k]), "%s, rule %s, port 700%u", id, rows[i].rule,
					  k);
				char later = fate(w, piece(w, &places[f], 77, 7001, 16));
				cr_assert(eq(chr, later, rows[i].later[k]), "%s, rule %s, port 700%u", id, rows[i].rule,
					  k);
				world_close(w);
			}
}

Test(fragments, without_a_first_one_are_discarded_where_ports_decide)
{
	for (unsigned f = 0; f < COUNT(places); f++) {
		const struct place *p = &places[f];
		struct world *w = open_with_ports(p, "1");
		cr_assert(eq(chr, fate(w, piece(w, p, 77, 7001, 16)), '-'), "%s: unknown", p->id);
		cr_assert(eq(u64, counted(w, "fragments.undecided"), 1), "%s", p->id);
		cr_assert(eq(chr, fate(w, piece(w, p, 78, 7001, 0)), 'c'), "%s", p->id);
		cr_assert(eq(chr, fate(w, piece(w, p, 77, 7001, 16)), '-'), "%s: another datagram's", p->id);
		cr_assert(eq(chr, fate(w, piece(w, p, 78, 7001, 16)), 'c'), "%s", p->id);
		w->now += FRAGMENTS_SECONDS;
		cr_assert(eq(chr, fate(w, piece(w, p, 78, 7001, 16)), '-'), "%s: forgotten", p->id);
		world_close(w);
	}
}

Test(fragments, need_no_memory_where_no_entry_has_ports)
{
	for (unsigned f = 0; f < COUNT(places); f++) {
		const struct place *p = &places[f];
		struct world *w = world_open(NULL);
		add_sa(w,
		       &(struct sa_row){ 0x2001, 50, MODE_TUNNEL, "null", "hmac-sha1-96", p->target, p->tester, 0, 0 });
		cr_assert(eq(chr, fate(w, piece(w, p, 77, 7000, 16)), 'c'), "%s", p->id);
		entry(w, p, SPD_PROTECT, SELECTOR_ANY);
		cr_assert(eq(chr, fate(w, piece(w, p, 77, 7000, 16)), 'p'), "%s", p->id);
		world_close(w);
	}
}

/* RFC 4301 7.2: an SA of their own, and not so near the beginning that ports could be written over. */
Test(fragments, have_an_sa_of_their_own_where_an_entry_is_opaque)
{
	for (unsigned f = 0; f < COUNT(places); f++) {
		const struct place *p = &places[f];
		struct world *w = open_with_ports(p, "1");
		entry(w, p, SPD_PROTECT, SELECTOR_OPAQUE);
		cr_assert(eq(chr, fate(w, piece(w, p, 77, 7001, 16)), 'p'), "%s", p->id);
		cr_assert(eq(chr, fate(w, piece(w, p, 77, 7001, 8)), f == 0 ? '-' : 'p'), "%s: minimum offset", p->id);
		cr_assert(eq(chr, fate(w, piece(w, p, 78, 7001, 0)), 'c'), "%s: a first one has ports", p->id);
		world_close(w);
	}
}
