#include "ipsec/test_packet.h"

#include <errno.h>

static struct sa *
new_sa(uint32_t spi, uint8_t protocol, uint8_t mode, const char *src, const char *dst, uint32_t reqid)
{
	struct addr s = test_addr(src), d = test_addr(dst);
	struct err e = { 0 };
	struct sa *sa = sa_open_larval(spi, protocol, &s, &d, &e);
	cr_assert(sa != NULL, "%s", e.text);
	/* Databases look at these only, so keys can be spared. */
	sa->state = SA_MATURE;
	sa->spec.mode = mode;
	sa->spec.reqid = reqid;
	return sa;
}

static struct sa *
add(struct sad *d, struct sa *sa)
{
	struct err e = { 0 };
	cr_assert(sad_add(d, sa, &e), "%s", e.text);
	return sa;
}

Test(sad, an_sa_is_found_by_spi_protocol_and_destination_only)
{
	struct sad *d = sad_new();
	struct sa *sa = add(d, new_sa(0x1001, 50, MODE_TRANSPORT, "10.0.0.1", "10.0.0.2", 0));
	static const struct {
		uint32_t spi;
		uint8_t protocol;
		const char *src, *dst;
		bool found;
	} rows[] = {
		{ 0x1001, 50, "10.0.0.1", "10.0.0.2", true },  { 0x1001, 50, "10.9.9.9", "10.0.0.2", true },
		{ 0x1002, 50, "10.0.0.1", "10.0.0.2", false }, { 0x1001, 51, "10.0.0.1", "10.0.0.2", false },
		{ 0x1001, 50, "10.0.0.1", "10.0.0.3", false }, { 0x1001, 50, "::1", "a00:2::", false },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct addr src = test_addr(rows[i].src), dst = test_addr(rows[i].dst);
		struct sa *want = rows[i].found ? sa : NULL;
		cr_assert(sad_find(d, rows[i].spi, rows[i].protocol, &dst) == want, "row %zu", i);
		cr_assert(sad_inbound(d, rows[i].spi, rows[i].protocol, &src, &dst) == want, "row %zu", i);
	}
	sad_free(d);
}

Test(sad, a_second_sa_of_the_same_name_is_refused_and_stays_the_callers)
{
	struct sad *d = sad_new();
	struct err e = { 0 };
	add(d, new_sa(0x1001, 50, MODE_TRANSPORT, "10.0.0.1", "10.0.0.2", 0));
	struct sa *twin = new_sa(0x1001, 50, MODE_TUNNEL, "10.0.0.7", "10.0.0.2", 3);
	cr_assert(not(sad_add(d, twin, &e)));
	cr_assert(eq(int, e.code, ERR_REFUSED));
	cr_assert(eq(int, e.os_errno, EEXIST));
	cr_assert(eq(uint, sad_count(d), 1));
	twin->spec.protocol = 51;
	add(d, twin);
	cr_assert(eq(uint, sad_count(d), 2));
	sad_free(d);
}

Test(sad, outbound_prefers_mature_to_dying_and_new_to_old)
{
	struct sad *d = sad_new();
	struct addr src = test_addr("10.0.0.1"), dst = test_addr("10.0.0.2");
	struct sa *old = add(d, new_sa(1, 50, MODE_TRANSPORT, "10.0.0.1", "10.0.0.2", 0));
	struct sa *new = add(d, new_sa(2, 50, MODE_TRANSPORT, "10.0.0.1", "10.0.0.2", 0));
	struct sa *tunnel = add(d, new_sa(3, 50, MODE_TUNNEL, "10.0.0.1", "10.0.0.2", 0));
	struct sa *unique = add(d, new_sa(4, 50, MODE_TUNNEL, "10.0.0.1", "10.0.0.2", 7));
	cr_assert(sad_outbound(d, 50, MODE_TRANSPORT, &src, &dst, 0) == new);
	cr_assert(sad_outbound(d, 50, MODE_TUNNEL, &src, &dst, 0) == unique);
	cr_assert(sad_outbound(d, 50, MODE_TUNNEL, &src, &dst, 7) == unique);
	cr_assert(sad_outbound(d, 50, MODE_TRANSPORT, &src, &dst, 7) == NULL);
	cr_assert(sad_outbound(d, 51, MODE_TRANSPORT, &src, &dst, 0) == NULL);
	cr_assert(sad_outbound(d, 50, MODE_TRANSPORT, &dst, &src, 0) == NULL);
	new->state = SA_DYING;
	cr_assert(sad_outbound(d, 50, MODE_TRANSPORT, &src, &dst, 0) == old);
	old->state = SA_DYING;
	cr_assert(sad_outbound(d, 50, MODE_TRANSPORT, &src, &dst, 0) == new);
	new->state = SA_DEAD;
	cr_assert(sad_outbound(d, 50, MODE_TRANSPORT, &src, &dst, 0) == old);
	struct sa *any = add(d, new_sa(5, 50, MODE_ANY, "10.0.0.1", "10.0.0.2", 0));
	cr_assert(sad_outbound(d, 50, MODE_TRANSPORT, &src, &dst, 0) == any);
	cr_assert(sad_outbound(d, 50, MODE_TUNNEL, &src, &dst, 0) == any);
	cr_assert(sad_outbound(d, 50, MODE_TUNNEL, &src, &dst, 7) == unique);
	sad_delete(d, any);
	cr_assert(sad_outbound(d, 50, MODE_ANY, &src, &dst, 0) == unique);
	sad_delete(d, unique);
	cr_assert(sad_outbound(d, 50, MODE_ANY, &src, &dst, 0) == tunnel);
	sad_free(d);
}

Test(sad, a_larval_sa_goes_out_once_it_is_complete_in_the_place_of_its_arrival)
{
	struct sad *d = sad_new();
	struct addr src = test_addr("10.0.0.1"), dst = test_addr("10.0.0.2");
	struct err e = { 0 };
	struct sa *larval = sa_open_larval(0x2001, 50, &src, &dst, &e);
	add(d, larval);
	cr_assert(sad_outbound(d, 50, MODE_TUNNEL, &src, &dst, 0) == NULL);
	cr_assert(sad_find(d, 0x2001, 50, &dst) == larval);
	struct sa *newer = add(d, new_sa(0x2002, 50, MODE_TUNNEL, "10.0.0.1", "10.0.0.2", 9));

	struct test_keys k;
	struct sa_spec spec = test_spec(50, "aes-cbc", "hmac-sha1-96", &k);
	spec.spi = 0x2001;
	spec.src = src;
	spec.dst = dst;
	spec.mode = MODE_TUNNEL;
	spec.reqid = 9;
	cr_assert(sa_complete(larval, &spec, &e), "%s", e.text);
	cr_assert(sad_completed(d, larval));
	cr_assert(sad_outbound(d, 50, MODE_TUNNEL, &src, &dst, 9) == newer);
	sad_delete(d, newer);
	cr_assert(sad_outbound(d, 50, MODE_TUNNEL, &src, &dst, 9) == larval);
	cr_assert(sad_outbound(d, 50, MODE_TRANSPORT, &src, &dst, 9) == NULL);
	sad_free(d);
}

Test(sad, flush_takes_one_protocol_or_all)
{
	struct sad *d = sad_new();
	struct addr dst = test_addr("10.0.0.2");
	for (uint32_t i = 1; i <= 20; i++)
		add(d, new_sa(i, i % 3 == 0 ? 51 : 50, MODE_TRANSPORT, "10.0.0.1", "10.0.0.2", i % 2));
	struct err e = { 0 };
	add(d, sa_open_larval(99, 50, &dst, &dst, &e));
	cr_assert(eq(uint, sad_flush(d, 51), 6));
	cr_assert(eq(uint, sad_count(d), 15));
	cr_assert(sad_find(d, 3, 51, &dst) == NULL);
	cr_assert(eq(uint, sad_flush(d, 0), 15));
	cr_assert(sad_next(d, NULL) == NULL);
	sad_free(d);
}

/* The obvious database: an array in order of arrival. */
#define MANY 10000
struct twin {
	struct sa *sa[MANY];
	unsigned n;
};

static struct sa *
twin_find(const struct twin *t, uint32_t spi, uint8_t protocol, const struct addr *dst)
{
	for (unsigned i = 0; i < t->n; i++)
		if (t->sa[i]->spec.spi == spi && t->sa[i]->spec.protocol == protocol &&
		    addr_equal(&t->sa[i]->spec.dst, dst))
			return t->sa[i];
	return NULL;
}

static struct sa *
twin_outbound(const struct twin *t, const struct sa_spec *s, uint32_t reqid)
{
	struct sa *best = NULL;
	for (unsigned i = 0; i < t->n; i++) {
		struct sa *sa = t->sa[i];
		if (sa->spec.protocol != s->protocol || !addr_equal(&sa->spec.src, &s->src) ||
		    !addr_equal(&sa->spec.dst, &s->dst) || (reqid != 0 && sa->spec.reqid != reqid) ||
		    (s->mode != MODE_ANY && sa->spec.mode != MODE_ANY && sa->spec.mode != s->mode))
			continue;
		if (sa->state == SA_MATURE || (sa->state == SA_DYING && (best == NULL || best->state == SA_DYING)))
			best = sa;
	}
	return best;
}

static uint64_t
roll(struct random_seeded *r, uint64_t below)
{
	uint8_t o[8];
	r->random.fill(&r->random, o, sizeof o);
	struct rd rd = rd_of(BYTES_OF(o));
	return rd_uint(&rd, 8) % below;
}

static struct sa_spec
random_spec(struct random_seeded *r)
{
	struct sa_spec s = { .spi = (uint32_t)roll(r, 4000) + 1,
			     .protocol = (uint8_t)(50 + roll(r, 2)),
			     .mode = (uint8_t)roll(r, 3),
			     .reqid = (uint32_t)roll(r, 4) };
	char text[48];
	snprintf(text, sizeof text, roll(r, 2) ? "10.0.0.%u" : "2001:db8::%u", (unsigned)roll(r, 8));
	s.dst = test_addr(text);
	snprintf(text, sizeof text, s.dst.family == 4 ? "10.0.0.%u" : "2001:db8::%u", (unsigned)roll(r, 8));
	s.src = test_addr(text);
	return s;
}

static void
compare(const struct sad *d, const struct twin *t, struct random_seeded *r)
{
	struct sa_spec s = random_spec(r);
	cr_assert(sad_find(d, s.spi, s.protocol, &s.dst) == twin_find(t, s.spi, s.protocol, &s.dst));
	cr_assert(sad_outbound(d, s.protocol, s.mode, &s.src, &s.dst, s.reqid) == twin_outbound(t, &s, s.reqid));
	unsigned i = 0;
	if (roll(r, 500) != 0)
		return;
	for (struct sa *sa = sad_next(d, NULL); sa != NULL; sa = sad_next(d, sa), i++)
		cr_assert(sa == t->sa[i], "the order is that of arrival, entry %u", i);
	cr_assert(eq(uint, i, t->n));
	cr_assert(eq(uint, sad_count(d), t->n));
}

static void
grow_up(struct sad *d, struct sa *sa, uint8_t state)
{
	sa->state = state;
	cr_assert(sad_completed(d, sa));
}

Test(sad, ten_thousand_entries_agree_with_a_slow_twin)
{
	struct random_seeded r;
	random_seeded_init(&r, 4301);
	struct sad *d = sad_new();
	struct twin *t = calloc(1, sizeof *t);
	struct err e = { 0 };
	while (t->n < MANY) {
		struct sa_spec s = random_spec(&r);
		struct sa *sa = sa_open_larval(s.spi, s.protocol, &s.src, &s.dst, &e);
		bool larval = roll(&r, 50) == 0;
		sa->spec.mode = s.mode;
		sa->spec.reqid = s.reqid;
		sa->state = larval ? SA_LARVAL : SA_MATURE;
		if (sad_add(d, sa, &e))
			t->sa[t->n++] = sa;
		else
			sa_close(sa);
		if (larval || roll(&r, 4) == 0)
			grow_up(d, t->sa[roll(&r, t->n)], (uint8_t)(1 + roll(&r, 3)));
		if (roll(&r, 8) == 0) {
			unsigned i = (unsigned)roll(&r, t->n);
			sad_delete(d, t->sa[i]);
			memmove(&t->sa[i], &t->sa[i + 1], (--t->n - i) * sizeof t->sa[0]);
		}
		if (roll(&r, 8) == 0 && t->n > 0)
			compare(d, t, &r);
	}
	cr_assert(eq(uint, sad_count(d), MANY));
	for (int i = 0; i < 500; i++)
		compare(d, t, &r);
	sad_free(d);
	free(t);
}
