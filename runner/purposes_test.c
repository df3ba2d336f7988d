#include "runner/purposes.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[64];

static void
put(const char *name, const char *text)
{
	char path[200];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *f = fopen(path, "w");
	cr_assert(ne(ptr, f, NULL));
	fputs(text, f);
	fclose(f);
}

static void
begin(void)
{
	strcpy(folder, "/tmp/espy-purposes-XXXXXX");
	cr_assert(ne(ptr, mkdtemp(folder), NULL));
	put("purposes.tsv", "id\tlevel\tgroup\nEO-01\tMUST\tEO\nEO-02\tMAY\tEO\n");
	put("requirements.tsv", "id\tlevel\trfc\tsection\ttestable\nRFC1-2-a\tMUST NOT\tRFC1\t2\twire\n");
}

static void
end(void)
{
	char path[200];
	snprintf(path, sizeof path, "%s/purposes.tsv", folder);
	(void)unlink(path);
	snprintf(path, sizeof path, "%s/requirements.tsv", folder);
	(void)unlink(path);
	(void)rmdir(folder);
}

TestSuite(purposes, .init = begin, .fini = end);

Test(purposes, both_lists_are_found_by_id)
{
	struct purposes p;
	struct err e = { 0 };
	cr_assert(purposes_load(&p, folder, &e), "%s", e.text);
	cr_assert(eq(sz, p.n, 3));
	cr_assert(eq(str, (char *)purposes_find(&p, "EO-02")->level, "MAY"));
	cr_assert(not(purposes_find(&p, "EO-02")->requirement));
	cr_assert(eq(str, (char *)purposes_find(&p, "RFC1-2-a")->section, "2"));
	cr_assert(purposes_find(&p, "RFC1-2-a")->requirement);
	cr_assert(eq(ptr, (void *)purposes_find(&p, "EO-03"), NULL));
	purposes_free(&p);
	cr_assert(eq(ptr, (void *)purposes_find(&p, "EO-02"), NULL));
}

Test(purposes, lists_that_are_wrong_are_errors_with_file_and_line)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "", "purposes.tsv: empty" },
		{ "id\tlevel\n", "purposes.tsv:1: want 3 columns, got 2" },
		{ "id\tgroup\tlevel\n", "purposes.tsv:1: want column level, got group" },
		{ "id\tlevel\tgroup\nEO-01\tMUST\n", "purposes.tsv:2: want 3 columns, got 2" },
		{ "id\tlevel\tgroup\n\tMUST\tEO\n", "purposes.tsv:2: id: empty" },
		{ "id\tlevel\tgroup\nA\tMUST\tE\tx\ty\tz\n", "purposes.tsv:2: want 3 columns, got 6" },
		{ "id\tlevel\tgroup\nEO-01\tMUST\tEO\nEO-01\tMAY\tEO\n", "EO-01 is listed twice" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct purposes p;
		struct err e = { 0 };
		put("purposes.tsv", rows[i].text);
		cr_assert(not(purposes_load(&p, folder, &e)), "row %zu", i);
		cr_assert(ne(ptr, strstr(e.text, rows[i].want), NULL), "row %zu: %s", i, e.text);
		cr_assert(eq(ptr, p.v, NULL), "row %zu", i);
	}
}

Test(purposes, an_id_that_no_list_has_is_an_error_at_its_place)
{
	struct purposes p;
	struct err e = { 0 };
	struct word_list bad = { "EO-1", NULL, { 7, 11 } }, good = { "EO-01", &bad, { 7, 5 } };
	struct case_spec c = { .name = "c", .decides = &good };
	struct suite s = { .file = "x.suite", .name = "s", .cases = &c };
	cr_assert(purposes_load(&p, folder, &e), "%s", e.text);
	cr_assert(not(purposes_check(&p, &s, &e)));
	cr_assert(
		eq(str, e.text,
		   "x.suite:7:11: case c: EO-1 is neither a purpose nor a requirement: did you mean EO-01 or EO-02?"));
	good.next = NULL;
	cr_assert(purposes_check(&p, &s, &e));
	purposes_free(&p);
}

Test(purposes, the_lists_of_the_project_can_be_read)
{
	struct purposes p;
	struct err e = { 0 };
	cr_assert(purposes_load(&p, "suites", &e), "%s", e.text);
	cr_assert(gt(sz, p.n, 1000));
	purposes_free(&p);
}
