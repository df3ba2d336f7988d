#include "reports/tsv.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static const char *const header[TSV_COLUMNS] = { "id", "text" };
static char path[] = "/tmp/espy-tsv-XXXXXX";

static bool
reads(struct tsv *t, const char *text, size_t n, struct err *e)
{
	strcpy(path, "/tmp/espy-tsv-XXXXXX");
	int fd = mkstemp(path);
	cr_assert(write(fd, text, n) == (ssize_t)n);
	close(fd);
	bool ok = tsv_read(t, path, header, e);
	(void)unlink(path);
	return ok;
}

Test(tsv, rows_are_what_stands_below_the_header)
{
	static const char text[] = "id\ttext\nA\tone two\r\nB\t3";
	struct tsv t;
	struct err e;
	cr_assert(reads(&t, text, sizeof text - 1, &e), "%s", e.text);
	cr_assert(eq(sz, t.n, 2));
	cr_assert(eq(str, (char *)t.v[0].cell[1], "one two"));
	cr_assert(eq(str, (char *)t.v[1].cell[0], "B"));
	cr_assert(eq(str, (char *)t.v[1].cell[1], "3"));
	tsv_free(&t);
	tsv_free(&t);
}

Test(tsv, what_is_wrong_is_told_with_its_line)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "", ": empty" },
		{ "id\n", ":1: want 2 columns, got 1" },
		{ "text\tid\n", ":1: want column id, got text" },
		{ "id\ttext\nA\n", ":2: want 2 columns, got 1" },
		{ "id\ttext\nA\tb\tc\td\te\tf\tg\th\n", ":2: want 2 columns, got 8" },
		{ "id\ttext\nA\t\n", ":2: text: empty" },
		{ "id\ttext\n\n", ":2: want 2 columns, got 1" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct tsv t;
		struct err e;
		cr_assert(reads(&t, rows[i].text, strlen(rows[i].text), &e) == false, "row %zu", i);
		cr_assert(ne(ptr, strstr(e.text, rows[i].want), NULL), "row %zu: %s", i, e.text);
		cr_assert(eq(ptr, t.text, NULL), "row %zu: something is left to free", i);
	}
}

Test(tsv, a_file_that_is_not_there_is_named)
{
	struct tsv t;
	struct err e;
	cr_assert(tsv_read(&t, "/nowhere.tsv", header, &e) == false);
	cr_assert(ne(ptr, strstr(e.text, "/nowhere.tsv: No such file"), NULL), "%s", e.text);
}
