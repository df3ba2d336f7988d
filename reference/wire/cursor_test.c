#include "wire/cursor.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static const uint8_t eight[] = { 1, 2, 3, 4, 5, 6, 7, 8 };

Test(cursor, reads_unsigned_in_network_order)
{
	static const uint64_t want[] = { 0,
					 0x01,
					 0x0102,
					 0x010203,
					 0x01020304,
					 0x0102030405,
					 0x010203040506,
					 0x01020304050607,
					 0x0102030405060708 };
	for (unsigned n = 0; n <= 8; n++) {
		struct rd r = rd_of(BYTES_OF(eight));
		cr_assert(eq(u64, rd_uint(&r, n), want[n]), "%u octets", n);
		cr_assert(eq(sz, rd_left(&r), 8 - n), "%u octets", n);
	}
}

Test(cursor, short_read_gives_zero_and_sticks)
{
	struct rd r = rd_of(BYTES_OF(eight));
	rd_skip(&r, 6);
	cr_assert(eq(u64, rd_uint(&r, 4), 0));
	cr_assert(r.bad);
	cr_assert(eq(sz, rd_left(&r), 0));
	cr_assert(eq(u64, rd_uint(&r, 1), 0), "an octet was there, but the reader is bad");
	cr_assert(eq(sz, rd_take(&r, 0).n, 0));
	cr_assert(eq(sz, rd_rest(&r).n, 0));
	cr_assert(eq(u8, rd_peek(&r, 0), 0));
}

Test(cursor, read_to_the_very_end_is_good)
{
	struct rd r = rd_of(BYTES_OF(eight));
	cr_assert(eq(sz, rd_take(&r, 8).n, 8));
	cr_assert(not(r.bad));
	cr_assert(eq(sz, rd_rest(&r).n, 0));
	cr_assert(not(r.bad));
	rd_skip(&r, 1);
	cr_assert(r.bad);
}

Test(cursor, of_nothing_reads_nothing)
{
	struct rd r = rd_of(BYTES_NONE);
	cr_assert(eq(sz, rd_left(&r), 0));
	cr_assert(eq(u64, rd_uint(&r, 0), 0));
	cr_assert(not(r.bad));
	cr_assert(eq(u64, rd_uint(&r, 1), 0));
	cr_assert(r.bad);
}

Test(cursor, huge_length_does_not_wrap)
{
	struct rd r = rd_of(BYTES_OF(eight));
	rd_skip(&r, 4);
	cr_assert(eq(sz, rd_take(&r, SIZE_MAX - 1).n, 0));
	cr_assert(r.bad);
	uint8_t room[4];
	struct wr w = wr_of(room, sizeof room);
	wr_uint(&w, 1, 2);
	cr_assert(eq(ptr, wr_room(&w, SIZE_MAX), NULL));
	cr_assert(w.full);
	cr_assert(eq(sz, bytes_slice(BYTES_OF(eight), 6, SIZE_MAX).n, 2));
}

Test(cursor, sub_reader_sees_its_own_octets_only)
{
	struct rd r = rd_of(BYTES_OF(eight));
	struct rd sub = rd_sub(&r, 3);
	cr_assert(eq(u64, rd_uint(&sub, 3), 0x010203));
	(void)rd_uint(&sub, 1);
	cr_assert(sub.bad);
	cr_assert(not(r.bad));
	cr_assert(eq(u64, rd_uint(&r, 1), 4));
	struct rd too_long = rd_sub(&r, 5);
	cr_assert(too_long.bad);
	cr_assert(r.bad);
}

Test(cursor, peek_neither_moves_nor_spoils)
{
	struct rd r = rd_of(BYTES_OF(eight));
	cr_assert(eq(u8, rd_peek(&r, 7), 8));
	cr_assert(eq(u8, rd_peek(&r, 8), 0));
	cr_assert(not(r.bad));
	cr_assert(eq(sz, rd_left(&r), 8));
}

Test(cursor, writer_keeps_what_fits_and_sticks)
{
	uint8_t room[4] = { 9, 9, 9, 9 };
	struct wr w = wr_of(room, sizeof room);
	wr_uint(&w, 0xabcdef, 2); /* the high part is cut */
	wr_uint(&w, 1, 4);
	cr_assert(w.full);
	cr_assert(eq(sz, wr_left(&w), 0));
	wr_fill(&w, 7, 1);
	wr_bytes(&w, BYTES_OF(eight));
	struct bytes done = wr_done(&w);
	static const uint8_t want[] = { 0xcd, 0xef };
	cr_assert(bytes_equal(done, BYTES_OF(want)));
	cr_assert(eq(u8, room[2], 9));
}

Test(cursor, writer_fills_to_the_last_octet)
{
	uint8_t room[4];
	struct wr w = wr_of(room, sizeof room);
	wr_fill(&w, 7, 3);
	wr_bytes(&w, BYTES_NONE);
	wr_bytes(&w, bytes_slice(BYTES_OF(eight), 7, 1));
	cr_assert(not(w.full));
	cr_assert(eq(sz, wr_left(&w), 0));
	static const uint8_t want[] = { 7, 7, 7, 8 };
	cr_assert(bytes_equal(wr_done(&w), BYTES_OF(want)));
}

Test(cursor, patch_stays_inside_what_was_written)
{
	uint8_t room[8] = { 0 };
	struct wr w = wr_of(room, sizeof room);
	wr_fill(&w, 0, 4);
	cr_assert(wr_patch(&w, 2, 0x1234, 2));
	cr_assert(not(wr_patch(&w, 3, 0xffff, 2)));
	cr_assert(not(wr_patch(&w, 5, 0xff, 1)));
	cr_assert(not(wr_patch(&w, SIZE_MAX, 0xff, 2)));
	static const uint8_t want[] = { 0, 0, 0x12, 0x34 };
	cr_assert(bytes_equal(wr_done(&w), BYTES_OF(want)));
}

Test(cursor, slices_are_clipped)
{
	static const struct {
		size_t from, n, want;
	} rows[] = {
		{ 0, 8, 8 }, { 0, 9, 8 }, { 7, 5, 1 }, { 8, 1, 0 }, { 9, 0, 0 }, { 3, 0, 0 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		cr_assert(eq(sz, bytes_slice(BYTES_OF(eight), rows[i].from, rows[i].n).n, rows[i].want), "row %zu", i);
}

Test(cursor, equal_compares_length_and_octets)
{
	struct bytes all = BYTES_OF(eight);
	cr_assert(bytes_equal(all, all));
	cr_assert(bytes_equal(BYTES_NONE, bytes_slice(all, 0, 0)));
	cr_assert(not(bytes_equal(all, bytes_slice(all, 0, 7))));
	cr_assert(not(bytes_equal(bytes_slice(all, 0, 1), bytes_slice(all, 1, 1))));
}
