/* Numbers and IVs of an SA over a whole capture. */
#include "runner/observe/trail.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define WINDOW 64

static struct trail_packet
packet(uint32_t spi, uint64_t seq, struct bytes iv)
{
	return (struct trail_packet){ .protocol = 50,
				      .spi = spi,
				      .src = { 4, { 192, 0, 2, 1 } },
				      .dst = { 4, { 192, 0, 2, 2 } },
				      .seq = seq,
				      .iv = iv,
				      .mark = seq };
}

static enum trail_note
add(struct trail *t, const struct trail_packet *p)
{
	enum trail_note note;
	cr_assert(trail_add(t, p, &note));
	return note;
}

static const struct {
	const char *id;
	unsigned n;
	uint64_t seq[8];
	enum trail_note note[8];
	struct trail_sa sum;
} rows[] = {
	{ "in order", 3, { 1, 2, 3 }, { 0 }, { .first = 1, .last = 3 } },
	{ "from the middle", 2, { 70, 71 }, { 0 }, { .first = 70, .last = 71 } },
	{ "two missing", 2, { 1, 4 }, { 0 }, { .first = 1, .last = 4, .missing = 2 } },
	{ "out of order", 3, { 1, 3, 2 }, { 0 }, { .first = 1, .last = 3 } },
	{ "the first comes second", 3, { 2, 1, 3 }, { 0 }, { .first = 1, .last = 3 } },
	{ "twice", 3, { 1, 2, 1 }, { 0, 0, TRAIL_DUPLICATE }, { .first = 1, .last = 2, .duplicates = 1 } },
	{ "behind the window",
	  3,
	  { 1, 200, 100 },
	  { 0, 0, TRAIL_LATE },
	  { .first = 1, .last = 200, .missing = 197, .late = 1 } },
	{ "the last inside", 3, { 1, 200, 137 }, { 0 }, { .first = 1, .last = 200, .missing = 197 } },
	{ "the first outside",
	  3,
	  { 1, 200, 136 },
	  { 0, 0, TRAIL_LATE },
	  { .first = 1, .last = 200, .missing = 197, .late = 1 } },
	{ "64 bits",
	  2,
	  { 0xffffffff, 0x100000001 },
	  { 0 },
	  { .first = 0xffffffff, .last = 0x100000001, .missing = 1 } },
};

Test(trail, counts_what_is_missing_or_came_twice)
{
	for (unsigned i = 0; i < COUNT(rows); i++) {
		struct trail *t = trail_new(WINDOW, NULL);
		struct trail_sa s;
		for (unsigned k = 0; k < rows[i].n; k++) {
			struct trail_packet p = packet(1, rows[i].seq[k], BYTES_NONE);
			cr_expect(eq(int, (int)add(t, &p), (int)rows[i].note[k]), "%s: %u", rows[i].id, k);
		}
		const void *at = NULL;
		cr_assert(trail_next(t, &at, &s), "%s", rows[i].id);
		cr_expect(eq(u64, s.packets, rows[i].n), "%s", rows[i].id);
		cr_expect(eq(u64, s.first, rows[i].sum.first), "%s: first", rows[i].id);
		cr_expect(eq(u64, s.last, rows[i].sum.last), "%s: last", rows[i].id);
		cr_expect(eq(u64, s.missing, rows[i].sum.missing), "%s: missing", rows[i].id);
		cr_expect(eq(u64, s.duplicates, rows[i].sum.duplicates), "%s: duplicates", rows[i].id);
		cr_expect(eq(u64, s.late, rows[i].sum.late), "%s: late", rows[i].id);
		cr_expect(not(trail_next(t, &at, &s)), "%s", rows[i].id);
		trail_free(t);
	}
}

Test(trail, tells_an_iv_used_twice_from_a_packet_seen_twice)
{
	struct trail *t = trail_new(WINDOW, NULL);
	struct trail_sa s;
	static const uint8_t ivs[][8] = { { 1 }, { 2 } };
	struct trail_packet a = packet(1, 1, BYTES_OF(ivs[0])), b = packet(1, 2, BYTES_OF(ivs[1]));
	struct trail_packet again = packet(1, 3, BYTES_OF(ivs[0])), other = packet(2, 9, BYTES_OF(ivs[0]));
	struct trail_packet elsewhere = other, from_elsewhere = other;
	elsewhere.dst.o[3] = from_elsewhere.src.o[3] = 7;
	elsewhere.mark = from_elsewhere.mark = 77;
	cr_expect(eq(int, (int)add(t, &a), TRAIL_NEW));
	cr_expect(eq(int, (int)add(t, &b), TRAIL_NEW));
	cr_expect(eq(int, (int)add(t, &a), TRAIL_DUPLICATE));
	cr_expect(eq(int, (int)add(t, &other), TRAIL_NEW), "another SA has another key");
	cr_expect(eq(int, (int)add(t, &elsewhere), TRAIL_NEW), "another destination too");
	cr_expect(eq(int, (int)add(t, &from_elsewhere), TRAIL_NEW), "in a group, another sender too");
	cr_expect(eq(int, (int)add(t, &again), TRAIL_IV_REUSED));
	const void *at = NULL;
	cr_assert(trail_next(t, &at, &s));
	cr_expect(eq(u64, s.iv_reused, 1));
	trail_free(t);
}
