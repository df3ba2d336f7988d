#include "wire/layouts.h"

#include <stdlib.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define END                                                                                                            \
	{                                                                                                              \
		0, 0, 0                                                                                                \
	}

struct want {
	uint8_t type, whole, data;
};
static const struct row {
	const char *id;
	bool (*next)(struct rd *r, struct ip_option *o);
	uint8_t n, octets[12];
	struct want want[5];
	bool bad;
} rows[] = {
	{ "ip4 nothing", ip4_option_next, 0, { 0 }, { END }, false },
	{ "ip4 eol ends", ip4_option_next, 4, { 0, 1, 1, 1 }, { { 0, 1, 0 }, END }, false },
	{ "ip4 nop nop router alert",
	  ip4_option_next,
	  6,
	  { 1, 1, 0x94, 4, 0, 7 },
	  { { 1, 1, 0 }, { 1, 1, 0 }, { 0x94, 4, 2 }, END },
	  false },
	{ "ip4 shortest", ip4_option_next, 2, { 0x99, 2 }, { { 0x99, 2, 0 }, END }, false },
	{ "ip4 length 1", ip4_option_next, 4, { 1, 0x94, 1, 0 }, { { 1, 1, 0 }, END }, true },
	{ "ip4 length 0", ip4_option_next, 3, { 0x94, 0, 0 }, { END }, true },
	{ "ip4 past the end", ip4_option_next, 4, { 0x94, 5, 0, 0 }, { END }, true },
	{ "ip4 type alone", ip4_option_next, 2, { 1, 0x94 }, { { 1, 1, 0 }, END }, true },
	{ "ip6 pads", ip6_option_next, 6, { 0, 1, 3, 0, 0, 0 }, { { 0, 1, 0 }, { 1, 5, 3 }, END }, false },
	{ "ip6 empty data", ip6_option_next, 4, { 1, 0, 1, 0 }, { { 1, 2, 0 }, { 1, 2, 0 }, END }, false },
	{ "ip6 router alert", ip6_option_next, 6, { 5, 2, 0, 0, 1, 0 }, { { 5, 4, 2 }, { 1, 2, 0 }, END }, false },
	{ "ip6 past the end", ip6_option_next, 6, { 5, 5, 0, 0, 0, 0 }, { END }, true },
	{ "ip6 type alone", ip6_option_next, 3, { 1, 0, 5 }, { { 1, 2, 0 }, END }, true },
};

Test(option, walk_hands_out_each_option_and_ends_at_malformed_ones)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *row = &rows[i];
		uint8_t *copy = malloc(row->n > 0 ? row->n : 1); /* exact: reading past it is seen */
		memcpy(copy, row->octets, row->n);
		struct rd r = rd_of((struct bytes){ copy, row->n });
		struct ip_option o;
		size_t n = 0;
		for (; row->next(&r, &o); n++) {
			cr_assert(ne(u8, row->want[n].whole, 0), "%s: option %zu is too much", row->id, n);
			cr_assert(eq(u8, o.type, row->want[n].type), "%s option %zu", row->id, n);
			cr_assert(eq(sz, o.whole.n, row->want[n].whole), "%s option %zu", row->id, n);
			cr_assert(eq(sz, o.data.n, row->want[n].data), "%s option %zu", row->id, n);
		}
		cr_assert(eq(u8, row->want[n].whole, 0), "%s: option %zu is missing", row->id, n);
		cr_assert(eq(int, r.bad, row->bad), "%s", row->id);
		cr_assert(not(row->next(&r, &o)), "%s: ended for good", row->id);
		free(copy);
	}
}

Test(option, data_are_what_follows_type_and_length)
{
	static const uint8_t octets[] = { 0x94, 4, 0xab, 0xcd };
	struct rd r = rd_of(BYTES_OF(octets));
	struct ip_option o;
	cr_assert(ip4_option_next(&r, &o));
	cr_assert(bytes_equal(o.whole, BYTES_OF(octets)));
	cr_assert(bytes_equal(o.data, bytes_slice(BYTES_OF(octets), 2, 2)));
}
