#include "reports/wrap.h"

#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static char got[4000];

static void
wrapped(const char *text, unsigned column, unsigned indent, unsigned width)
{
	FILE *f = tmpfile();
	wrap_text(f, text, column, indent, width);
	rewind(f);
	got[fread(got, 1, sizeof got - 1, f)] = '\0';
	fclose(f);
}

Test(wrap, words_fill_lines_and_none_is_broken)
{
	static const struct {
		const char *text, *want;
		unsigned column, indent, width;
	} rows[] = {
		{ "", "\n", 0, 0, 10 },
		{ "one two three", "one two\nthree\n", 0, 0, 8 },
		{ "one two three", "one two\n  three\n", 0, 2, 7 },
		{ "one two", "one\n    two\n", 4, 4, 8 },
		{ "abcdefghijkl x", "abcdefghijkl\nx\n", 0, 0, 5 },
		{ "  a \n b  ", "a b\n", 0, 0, 80 },
		{ "\xc3\xa4\xc3\xa4\xc3\xa4 b", "\xc3\xa4\xc3\xa4\xc3\xa4 b\n", 0, 0, 5 },
		{ "a\033[1mb", "a\\x1b[1mb\n", 0, 0, 80 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		wrapped(rows[i].text, rows[i].column, rows[i].indent, rows[i].width);
		cr_assert(eq(str, got, (char *)rows[i].want), "%s", rows[i].text);
	}
}

Test(wrap, width_is_neither_a_ribbon_nor_a_desert)
{
	FILE *f = tmpfile();
	static const struct {
		const char *columns;
		unsigned want;
	} rows[] = { { "10", 40 }, { "72", 72 }, { "300", 100 }, { "x", 100 } };
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		setenv("COLUMNS", rows[i].columns, 1);
		cr_assert(eq(u32, wrap_width(f), rows[i].want), "%s", rows[i].columns);
	}
	fclose(f);
}
