#include "reports/purposes.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HEAD "id\tlevel\tgroup\trfc\ttext\n"

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
	put("purposes.tsv", HEAD "EO-01\tMUST\tEO\t1\tone\nEO-02\tMAY\tEO\t-\ttwo\n");
	put("requirements.tsv", "id\tlevel\trfc\tsection\ttestable\ttext\nRFC1-2-a\tMUST NOT\tRFC1\t2\twire\tnever\n");
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
	cr_assert(eq(str, (char *)purposes_find(&p, "RFC1-2-a")->text, "never"));
	cr_assert(eq(str, (char *)purposes_find(&p, "EO-01")->clause, "1"));
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
		{ "id\tlevel\n", "purposes.tsv:1: want 5 columns, got 2" },
		{ "id\tgroup\tlevel\trfc\ttext\n", "purposes.tsv:1: want column level, got group" },
		{ HEAD "EO-01\tMUST\n", "purposes.tsv:2: want 5 columns, got 2" },
		{ HEAD "\tMUST\tEO\t-\tt\n", "purposes.tsv:2: id: empty" },
		{ HEAD "A\tMUST\tE\tx\ty\tz\tu\n", "purposes.tsv:2: want 5 columns, got 7" },
		{ HEAD "EO-01\tMUST\tEO\t-\tt\nEO-01\tMAY\tEO\t-\tt\n", "EO-01 is listed twice" },
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

Test(purposes, the_lists_of_the_project_can_be_read)
{
	struct purposes p;
	struct err e = { 0 };
	cr_assert(purposes_load(&p, "suites", &e), "%s", e.text);
	cr_assert(gt(sz, p.n, 1000));
	purposes_free(&p);
}
