#include "runner/observe/spool.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static void
push_number(struct spool *s, uint32_t v, size_t padding)
{
	static const uint8_t zeros[70000];
	uint8_t room[4];
	struct wr w = wr_of(room, sizeof room);
	wr_uint(&w, v, 4);
	cr_assert(spool_push(s, wr_done(&w), (struct bytes){ zeros, padding }), "record %u", v);
}

static void
pop_number(struct spool *s, uint32_t v, size_t padding)
{
	struct bytes b;
	cr_assert(spool_pop(s, &b), "record %u is there", v);
	struct rd r = rd_of(b);
	cr_assert(eq(u32, (uint32_t)rd_uint(&r, 4), v), "record %u", v);
	cr_assert(eq(sz, rd_left(&r), padding), "record %u", v);
}

Test(spool, gives_records_back_in_order_whatever_their_length)
{
	struct spool s = { 0 };
	struct bytes b;
	cr_assert(not(spool_pop(&s, &b)));
	/*
	 * Fills faster than it empties, so that records move to the front and memory grows on the
	 * way.
	 */
	uint32_t in = 0, out = 0;
	for (unsigned round = 0; round < 200; round++) {
		for (unsigned i = 0; i < 3; i++, in++)
			push_number(&s, in, in * 977 % 1501);
		for (unsigned i = 0; i < 2; i++, out++)
			pop_number(&s, out, out * 977 % 1501);
	}
	for (; out < in; out++)
		pop_number(&s, out, out * 977 % 1501);
	cr_assert(not(spool_pop(&s, &b)));
	spool_free(&s);
	spool_free(&s);
}

Test(spool, holds_a_record_larger_than_its_first_memory)
{
	struct spool s = { 0 };
	push_number(&s, 1, 0);
	push_number(&s, 2, 70000);
	push_number(&s, 3, 1);
	pop_number(&s, 1, 0);
	pop_number(&s, 2, 70000);
	pop_number(&s, 3, 1);
	spool_free(&s);
}

Test(spool, reuses_its_memory_when_it_runs_empty)
{
	struct spool s = { 0 };
	for (uint32_t i = 0; i < 100000; i++) {
		push_number(&s, i, 1000);
		pop_number(&s, i, 1000);
	}
	cr_assert(eq(sz, s.cap, 64 * 1024));
	spool_free(&s);
}
