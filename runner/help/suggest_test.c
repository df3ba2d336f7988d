#include "runner/help/suggest.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

Test(suggest, distance_counts_slips)
{
	static const struct {
		const char *a, *b;
		unsigned want;
	} rows[] = {
		{ "", "", 0 },           { "a", "", 1 },        { "", "abc", 3 },          { "esp", "esp", 0 },
		{ "esp", "ESP", 0 },     { "esp", "eps", 1 },   { "replay", "repaly", 1 }, { "kitten", "sitting", 3 },
		{ "SQ-09", "SQ-90", 1 }, { "abcd", "dcba", 3 }, { "ca", "abc", 3 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		cr_assert(eq(u32, suggest_distance(rows[i].a, rows[i].b), rows[i].want), "%s %s", rows[i].a, rows[i].b);
		cr_assert(eq(u32, suggest_distance(rows[i].b, rows[i].a), rows[i].want), "%s %s", rows[i].b, rows[i].a);
	}
}

Test(suggest, nearest_come_first_and_far_ones_not_at_all)
{
	static const char *const names[] = {
		"esp.outer", "ah.in", "esp.out", "esp.oat", "esp.in", "esp.our", "esp.out"
	};
	struct suggest s = { .given = "esp.outt" };
	char text[100];
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		suggest_offer(&s, names[i]);
	cr_assert(eq(u32, s.n, 3));
	cr_assert(eq(str, (char *)s.name[0], "esp.out"));
	suggest_print(&s, text, sizeof text);
	cr_assert(eq(str, text, ": did you mean esp.out, esp.outer or esp.oat?"));
}

Test(suggest, nothing_near_says_nothing)
{
	struct suggest s = { .given = "zzzz" };
	char text[10] = "x";
	suggest_offer(&s, "esp.replay");
	suggest_print(&s, text, sizeof text);
	cr_assert(eq(str, text, ""));
}

Test(suggest, names_too_long_and_rooms_too_small_do_no_harm)
{
	char longer[400], room[8];
	memset(longer, 'a', sizeof longer - 1);
	longer[sizeof longer - 1] = '\0';
	struct suggest s = { .given = "abcdefgh" };
	suggest_offer(&s, longer);
	cr_assert(eq(u32, s.n, 0));
	suggest_offer(&s, "abcdefgi");
	suggest_print(&s, room, sizeof room);
	cr_assert(eq(str, room, ": did y"));
}
