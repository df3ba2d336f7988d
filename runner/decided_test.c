#include "runner/decided.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

Test(decided, an_id_that_no_list_has_is_an_error_at_its_place)
{
	struct purposes p;
	struct err e = { 0 };
	struct word_list bad = { "EO-1", NULL, { 7, 11 } }, good = { "EO-01", &bad, { 7, 5 } };
	struct case_spec c = { .name = "c", .decides = &good };
	struct suite s = { .file = "x.suite", .name = "s", .cases = &c };
	cr_assert(purposes_load(&p, "suites", &e), "%s", e.text);
	cr_assert(not(purposes_check(&p, &s, &e)));
	cr_assert(eq(
		str, e.text,
		"x.suite:7:11: case c: EO-1 is neither a purpose nor a requirement: did you mean EO-01, EO-10 or EO-11?"));
	good.next = NULL;
	cr_assert(purposes_check(&p, &s, &e));
	purposes_free(&p);
}
