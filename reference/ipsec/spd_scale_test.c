/* The index beside the slow obvious twin: a walk over the entries in their order. */
#include "ipsec/order.h"
#include "ipsec/spd.h"
#include "ipsec/test_packet.h"

static uint64_t seed;

static uint32_t
any(uint32_t n)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)((seed >> 33) % n);
}

/* Few distinct octets, so that prefixes nest, ranges overlap and flows hit. */
static struct addr
any_addr(uint8_t family)
{
	struct addr a = { .family = family };
	for (unsigned i = 0; i < (family == 4 ? 4U : 16U); i++)
		a.o[i] = any(8) == 0 ? (uint8_t)any(256) : any(4) == 0;
	return a;
}

static void
any_range(uint8_t family, struct addr *first, uint8_t *bits, struct addr *last)
{
	*first = any_addr(family);
	*bits = (uint8_t)any(any(2) ? 12 : family == 4 ? 33 : 129);
	*last = (struct addr){ 0 };
	if (any(8) == 0)
		first->family = 0;
	else if (any(3) == 0) {
		*last = any_addr(family);
		if (addr_compare(last, first) < 0) {
			struct addr swap = *first;
			*first = *last;
			*last = swap;
		}
	}
}

static void
any_ports(uint32_t *first, uint32_t *last)
{
	uint32_t width = any(2) ? 8 : 65536;
	*first = any(2) ? SELECTOR_ANY : any(12) == 0 ? SELECTOR_OPAQUE : any(width);
	*last = *first < SELECTOR_ANY && any(3) == 0 ? *first + any(65536 - *first) : 0;
}

static uint32_t
any_protocol(void)
{
	static const uint32_t some[] = { SELECTOR_ANY, SELECTOR_ANY, 6, 17, 1, 58, 135, 50, 17 };
	return some[any(COUNT(some))];
}

static struct spd_entry
any_entry(void)
{
	uint8_t family = any(2) ? 4 : 6;
	struct spd_entry p = { .dir = (uint8_t)(1 + any(3)), .priority = any(3) == 0 ? any(1000000) : any(4) };
	any_range(family, &p.selector.src, &p.selector.src_bits, &p.selector.src_last);
	any_range(family, &p.selector.dst, &p.selector.dst_bits, &p.selector.dst_last);
	p.selector.protocol = family == 6 && any(10) == 0 ? SELECTOR_OPAQUE : any_protocol();
	if (p.selector.protocol == SELECTOR_OPAQUE && (p.selector.src.family == 4 || p.selector.dst.family == 4))
		p.selector.protocol = SELECTOR_ANY;
	any_ports(&p.selector.sport, &p.selector.sport_last);
	any_ports(&p.selector.dport, &p.selector.dport_last);
	if (any(10) == 0)
		p.selector.name[0] = (char)('a' + any(2));
	return p;
}

static struct flow
any_flow(void)
{
	static const char *const names[] = { NULL, NULL, "a", "b" };
	uint8_t family = any(2) ? 4 : 6;
	uint32_t protocol = any_protocol(), width = protocol == 1 || protocol == 58 ? 256 : any(2) ? 8 : 65536;
	return (struct flow){ .src = any_addr(family),
			      .dst = any_addr(family),
			      .protocol = (uint8_t)(protocol == SELECTOR_ANY ? 100 : protocol),
			      .protocol_hidden = any(10) == 0,
			      .has_ports = any(4) != 0,
			      .sport = (uint16_t)any(width),
			      .dport = (uint16_t)any(width),
			      .name = names[any(COUNT(names))] };
}

static const struct spd_entry *
walk(const struct spd *d, uint8_t dir, const struct flow *f)
{
	for (const struct spd_entry *p = spd_next(d, NULL); p != NULL; p = spd_next(d, p))
		if (p->dir == dir && selector_match(&p->selector, f))
			return p;
	return NULL;
}

static unsigned
count(const struct spd *d)
{
	unsigned n = 0;
	uint32_t before = 0;
	for (const struct spd_entry *p = spd_next(d, NULL); p != NULL; before = p->priority, p = spd_next(d, p), n++)
		cr_assert(le(uint, before, p->priority), "priorities in order");
	return n;
}

/* One of those that are there, as often as another. */
static struct spd_entry *
any_of(const struct spd *d, unsigned n)
{
	struct spd_entry *p = spd_next(d, NULL);
	for (unsigned i = any(n); i > 0; i--)
		p = spd_next(d, p);
	return p;
}

static unsigned
compare(const struct spd *d, unsigned round)
{
	unsigned hits = 0;
	for (unsigned i = 0; i < 300; i++) {
		struct flow f = any_flow();
		uint8_t dir = (uint8_t)(1 + any(3));
		const struct spd_entry *want = walk(d, dir, &f), *got = spd_lookup(d, dir, &f);
		hits += want != NULL;
		cr_assert(got == want, "round %u, flow %u: want %u, got %u", round, i, want != NULL ? want->id : 0,
			  got != NULL ? got->id : 0);
	}
	return hits;
}

/* Adds until there are as many, takes away some, again and again, from none to hundreds. */
Test(spd, looks_up_what_a_walk_over_its_entries_finds)
{
	unsigned hits = 0, lookups = 0;
	for (unsigned round = 0; round < 60; round++) {
		struct spd *d = spd_new();
		unsigned n = 0;
		seed = round;
		for (unsigned turn = 0; turn < 6; turn++) {
			for (unsigned more = any(200); more > 0; more--) {
				struct spd_entry p = any_entry();
				n += spd_add(d, &p, NULL, NULL);
			}
			for (unsigned less = n > 0 ? any(n) : 0; less > 0; less--, n--)
				spd_delete(d, any_of(d, n));
			cr_assert(eq(uint, count(d), n), "round %u", round);
			hits += compare(d, round);
			lookups += 300;
		}
		spd_free(d);
	}
	cr_assert(gt(uint, hits, lookups / 5), "%u of %u flows met an entry", hits, lookups);
	cr_assert(lt(uint, hits, lookups), "%u of %u", hits, lookups);
}

Test(spd, finds_every_entry_again_by_what_it_was_added_with)
{
	struct spd *d = spd_new();
	seed = 7;
	for (unsigned i = 0; i < 2000; i++) {
		struct spd_entry p = any_entry(), *added = NULL;
		struct err e = { 0 };
		bool taken = spd_find(d, p.dir, &p.selector) != NULL;
		cr_assert(eq(int, spd_add(d, &p, &added, &e), !taken), "%u: %s", i, e.text);
		if (!taken)
			cr_assert(spd_find(d, p.dir, &p.selector) == added && spd_by_id(d, added->id) == added, "%u",
				  i);
	}
	spd_free(d);
}

/* Ranks that come in any order, and downwards, which a list would take quadratic time for. */
Test(order, keeps_what_comes_in_any_order)
{
	enum { N = 20000 };
	static struct order_node node[N];
	for (unsigned way = 0; way < 3; way++) {
		struct order o = { 0 };
		for (unsigned i = 0; i < N; i++) {
			node[i].rank = (struct rank){ way == 0 ? i / 3 : way == 1 ? N - i : any(100), i };
			order_insert(&o, &node[i]);
		}
		for (unsigned i = 0; i < N; i += 3)
			order_remove(&o, &node[i]);
		unsigned n = 0;
		for (const struct order_node *p = o.first; p != NULL; p = p->next, n++)
			cr_assert(p->next != NULL ? rank_before(&p->rank, &p->next->rank) && p->next->before == p
						  : o.last == p,
				  "way %u", way);
		cr_assert(eq(uint, n, N - (N + 2) / 3), "way %u", way);
	}
}
