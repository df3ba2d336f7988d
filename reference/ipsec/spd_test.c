#include "ipsec/spd.h"
#include "ipsec/test_packet.h"

#include <errno.h>

static struct spd_entry
entry(uint8_t dir, uint32_t priority, const char *src, uint8_t src_bits, const char *dst, uint8_t dst_bits,
      uint32_t protocol)
{
	return (struct spd_entry){
		.dir = dir,
		.action = SPD_BYPASS,
		.priority = priority,
		.selector = { .src = test_addr(src),
			      .dst = test_addr(dst),
			      .src_bits = src_bits,
			      .dst_bits = dst_bits,
			      .protocol = protocol,
			      .sport = SELECTOR_ANY,
			      .dport = SELECTOR_ANY },
	};
}

static struct spd_entry *
add(struct spd *d, struct spd_entry e)
{
	struct spd_entry *added = NULL;
	struct err err = { 0 };
	cr_assert(spd_add(d, &e, &added, &err), "%s", err.text);
	return added;
}

static struct flow
flow(const char *src, const char *dst, uint8_t protocol)
{
	return (struct flow){ .src = test_addr(src), .dst = test_addr(dst), .protocol = protocol };
}

Test(spd, the_first_match_of_the_direction_wins_lower_priority_first)
{
	struct spd *d = spd_new();
	struct spd_entry *wide = add(d, entry(DIR_OUT, 10, "10.0.0.0", 8, "10.0.0.0", 8, SELECTOR_ANY));
	struct spd_entry *narrow = add(d, entry(DIR_OUT, 10, "10.0.0.1", 32, "10.0.0.2", 32, SELECTOR_ANY));
	struct flow f = flow("10.0.0.1", "10.0.0.2", 17);
	cr_assert(spd_lookup(d, DIR_OUT, &f) == wide, "the older of one priority");
	cr_assert(spd_lookup(d, DIR_IN, &f) == NULL);
	struct spd_entry *first = add(d, entry(DIR_OUT, 9, "10.0.0.1", 32, "0.0.0.0", 0, 17));
	cr_assert(spd_lookup(d, DIR_OUT, &f) == first);
	spd_delete(d, first);
	spd_delete(d, wide);
	cr_assert(spd_lookup(d, DIR_OUT, &f) == narrow);
	spd_free(d);
}

Test(spd, an_entry_twice_is_refused_whatever_lies_behind_its_prefix)
{
	struct spd *d = spd_new();
	struct err e = { 0 };
	struct spd_entry *first = add(d, entry(DIR_OUT, 10, "10.1.2.0", 24, "2001:db8::", 32, 6));
	struct spd_entry again = entry(DIR_OUT, 99, "10.1.2.77", 24, "2001:db8::9", 32, 6);
	cr_assert(not(spd_add(d, &again, NULL, &e)));
	cr_assert(eq(int, e.code, ERR_REFUSED));
	cr_assert(eq(int, e.os_errno, EEXIST));
	cr_assert(spd_find(d, DIR_OUT, &again.selector) == first);
	cr_assert(spd_find(d, DIR_IN, &again.selector) == NULL);
	again.dir = DIR_IN;
	add(d, again);
	again.selector.src_bits = 25;
	cr_assert(spd_find(d, DIR_IN, &again.selector) == NULL);
	add(d, again);
	again.selector.dport = 80;
	add(d, again);
	cr_assert(eq(uint, spd_flush(d), 4));
	cr_assert(spd_next(d, NULL) == NULL);
	spd_free(d);
}

/* Adds and deletes at random; the order must be that of a stable sort by priority. */
Test(spd, a_thousand_entries_keep_their_order_and_their_ids)
{
	struct spd *d = spd_new();
	struct random_seeded r;
	uint8_t o[4];
	random_seeded_init(&r, 441);
	for (unsigned i = 0; i < 1000; i++) {
		char text[48];
		r.random.fill(&r.random, o, sizeof o);
		struct rd rd = rd_of(BYTES_OF(o));
		uint32_t priority = (uint32_t)rd_uint(&rd, 1) % 5;
		snprintf(text, sizeof text, "10.1.%u.%u", i / 256, i % 256);
		struct spd_entry *added = add(d, entry(DIR_IN, priority, text, 32, "10.0.0.2", 32, SELECTOR_ANY));
		cr_assert(spd_by_id(d, added->id) == added);
		if (rd_uint(&rd, 1) % 4 != 0)
			continue;
		uint32_t id = added->id;
		spd_delete(d, added);
		cr_assert(spd_by_id(d, id) == NULL);
	}
	unsigned n = 0;
	const struct spd_entry *before = NULL;
	for (const struct spd_entry *p = spd_next(d, NULL); p != NULL; before = p, p = spd_next(d, p), n++)
		if (before != NULL)
			cr_assert(before->priority < p->priority ||
					  (before->priority == p->priority && before->id < p->id),
				  "entry %u", n);
	cr_assert(gt(uint, n, 600));
	cr_assert(eq(uint, spd_flush(d), n));
	spd_free(d);
}
