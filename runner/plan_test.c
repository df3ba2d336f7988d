/* From suites to the list of what runs: matrices, conditions, selection, files. */
#include "runner/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static struct suite *suites;
static struct plan plan;

static void
end(void)
{
	plan_free(&plan);
	suites_free(suites);
	suites = NULL;
}

TestSuite(plan, .fini = end);

static void
add_suite(const char *file, const char *text)
{
	struct err e = { 0 };
	struct suite *s = suite_parse(file, text, strlen(text), &e), **at = &suites;
	cr_assert(s != NULL, "%s", e.text);
	while (*at != NULL)
		at = &(*at)->next;
	*at = s;
}

static const char world[] =
	"suite esp.one \"t\" rfc4303 3.4.3\n"
	"  for family in ipv4 ipv6\n"
	"  for mode in transport tunnel\n"
	"case plain MUST \"both axes\"\n{ }\n"
	"case fixed SHOULD \"an axis of its own\"\n  for family in ipv6\n  for n in 1..3 9\n  clause rfc4302 2.1\n{ }\n"
	"case some MAY \"only some\"\n  when $mode == tunnel and $family != ipv6\n{ }\n";
static const char small[] = "suite ah.two \"t\"\ncase plain INFO \"no axis\"\n{ }\n";

static void
make(const char *const *selectors, unsigned n, unsigned levels, const char *const *params)
{
	const struct selection sel = { selectors, n, levels, params };
	struct err e = { 0 };
	plan_free(&plan);
	plan = (struct plan){ 0 };
	cr_assert(plan_make(&plan, suites, &sel, &e), "%s", e.text);
}

static void
begin(void)
{
	add_suite("suites/one.suite", world);
	add_suite("suites/two.suite", small);
}

TestSuite(chosen, .init = begin, .fini = end);

Test(chosen, the_matrix_is_in_file_order_with_the_last_axis_fastest)
{
	static const char *const want[] = {
		"esp.one/plain/ipv4/transport",   "esp.one/plain/ipv4/tunnel",
		"esp.one/plain/ipv6/transport",   "esp.one/plain/ipv6/tunnel",
		"esp.one/fixed/ipv6/transport/1", "esp.one/fixed/ipv6/transport/2",
		"esp.one/fixed/ipv6/transport/3", "esp.one/fixed/ipv6/transport/9",
		"esp.one/fixed/ipv6/tunnel/1",    "esp.one/fixed/ipv6/tunnel/2",
		"esp.one/fixed/ipv6/tunnel/3",    "esp.one/fixed/ipv6/tunnel/9",
		"esp.one/some/ipv4/tunnel",       "ah.two/plain",
	};
	make(NULL, 0, 0, NULL);
	cr_assert(eq(u32, plan.n, COUNT(want)));
	for (unsigned i = 0; i < plan.n; i++)
		cr_expect(eq(str, (char *)plan.items[i].full_id, (char *)want[i]));
	cr_expect(eq(str, (char *)plan.items[4].id, "esp.one/fixed"));
	cr_expect(eq(u32, plan.items[4].params_n, 3));
	cr_expect(eq(str, (char *)plan.items[4].params[2].name, "n"));
}

Test(chosen, selectors)
{
	static const struct {
		const char *id, *selectors[3];
		unsigned n, items, unused;
	} rows[] = {
		{ "suite", { "esp.one" }, 1, 13, 0 },
		{ "id", { "esp.one/plain" }, 1, 4, 0 },
		{ "glob over ids", { "*/plain" }, 1, 5, 0 },
		{ "full id", { "esp.one/fixed/ipv6/tunnel/9" }, 1, 1, 0 },
		{ "beginning of a full id", { "esp.one/plain/ipv4" }, 1, 2, 0 },
		{ "file", { "suites/two.suite" }, 1, 1, 0 },
		{ "clause of the case, not of its suite", { "rfc4302/2.*" }, 1, 8, 0 },
		{ "clause of the suite", { "rfc4303/3.4.3" }, 1, 5, 0 },
		{ "clause in capitals", { "RFC4303/3.4.3" }, 1, 5, 0 },
		{ "two", { "ah.two", "esp.one/some" }, 2, 2, 0 },
		{ "taken out", { "!esp.one" }, 1, 1, 0 },
		{ "in and out", { "esp.one", "!*/fixed" }, 2, 5, 0 },
		{ "out before in", { "!*/fixed", "esp.one/fixed" }, 2, 0, 0 },
		{ "none", { "esp.oen" }, 1, 0, 1 },
		{ "one of two", { "ah.two", "esp.oen" }, 2, 1, 1 },
		{ "nothing to take out", { "!gone" }, 1, 14, 1 },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		make(rows[i].selectors, rows[i].n, 0, NULL);
		cr_expect(eq(u32, plan.n, rows[i].items), "%s", rows[i].id);
		cr_expect(eq(u32, plan.selectors_unused, rows[i].unused), "%s", rows[i].id);
	}
	cr_expect(eq(str, (char *)plan.first_unused, "!gone"));
}

Test(chosen, levels_and_params)
{
	static const char *const tunnel[] = { "mode=tun*", NULL },
				 *const both[] = { "mode=tunnel", "family=ipv6", NULL }, *const has[] = { "n", NULL },
				 *const gone[] = { "moed=tunnel", NULL };
	static const struct {
		const char *id;
		unsigned levels;
		const char *const *params;
		unsigned items;
	} rows[] = {
		{ "must", 1u << CASE_MUST, NULL, 4 },
		{ "should and info", 1u << CASE_SHOULD | 1u << CASE_INFO, NULL, 9 },
		{ "tunnel", 0, tunnel, 7 },
		{ "tunnel and IPv6", 0, both, 5 },
		{ "an axis, whatever its value", 0, has, 8 },
		{ "no such axis", 0, gone, 0 },
		{ "MAY in tunnel", 1u << CASE_MAY, tunnel, 1 },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		make(NULL, 0, rows[i].levels, rows[i].params);
		cr_expect(eq(u32, plan.n, rows[i].items), "%s", rows[i].id);
	}
}

Test(chosen, a_selector_that_only_meets_cases_of_other_levels_is_not_misspelt)
{
	static const char *const fixed[] = { "esp.one/fixed" };
	make(fixed, 1, 1u << CASE_MUST, NULL);
	cr_expect(eq(u32, plan.n, 0));
	cr_expect(eq(u32, plan.selectors_unused, 0));
}

Test(chosen, clauses)
{
	struct arena a = { 0 };
	cr_expect(eq(str, (char *)case_clause(&a, suites, suites->cases), "RFC 4303 3.4.3"));
	cr_expect(eq(str, (char *)case_clause(&a, suites, suites->cases->next), "RFC 4302 2.1"));
	cr_expect(eq(str, (char *)case_clause(&a, suites->next, suites->next->cases), ""));
	arena_free(&a);
}

Test(plan, a_set_of_transforms_is_an_axis)
{
	add_suite("t.suite", "suite t \"t\"\n  for transform in @one null+hmac-md5-96 @aead\ncase c MUST \"c\"\n{ }\n");
	make(NULL, 0, 0, NULL);
	cr_assert(plan.n > 3);
	cr_expect(eq(str, (char *)plan.items[0].params[0].value, "aes-cbc-128+hmac-sha1-96"));
	cr_expect(eq(str, (char *)plan.items[1].params[0].value, "null+hmac-md5-96"));
}

Test(plan, errors)
{
	static const struct {
		const char *id, *axis, *want;
	} rows[] = {
		{ "backwards", "for n in 5..3", "t.suite:2:10: for n: want a range of at most 512 numbers" },
		{ "too wide", "for n in 0..512", "t.suite:2:10: for n: want a range of at most 512 numbers" },
		{ "unknown set", "for t in @epsilon", "t.suite:2:10: for t: no set called '@epsilon'" },
		{ "too many", "for n in 0..400 0..200", "t.suite:2:17: for n: want a range of at most 512 numbers" },
		{ "no value", "for n in (1 + 2)", "t.suite:2:13: for n: want a word, a number, a string or a set" },
		{ "variable", "for n in $m", "t.suite:2:10: for n: want a word, a number, a string or a set" },
		{ "too many axes",
		  "for a in 1\nfor b in 1\nfor c in 1\nfor d in 1\nfor e in 1\nfor f in 1\nfor g in 1\nfor h in 1\nfor i in 1",
		  "t.suite:10:1: case c: at most 8 axes" },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		char text[400];
		struct err e = { 0 };
		const struct selection all = { 0 };
		snprintf(text, sizeof text, "suite t \"t\"\n%s\ncase c MUST \"c\"\n{ }\n", rows[i].axis);
		add_suite("t.suite", text);
		cr_expect(not(plan_make(&plan, suites, &all, &e)), "%s", rows[i].id);
		cr_expect(eq(str, e.text, (char *)rows[i].want));
		end();
		plan = (struct plan){ 0 };
	}
}

Test(plan, a_condition_over_what_is_no_axis_names_file_and_case)
{
	struct err e = { 0 };
	const struct selection all = { 0 };
	add_suite("t.suite", "suite t \"t\"\ncase c MUST \"c\"\n  when $gone == 1\n{ }\n");
	cr_expect(not(plan_make(&plan, suites, &all, &e)));
	cr_expect(eq(str, e.text, "t.suite: case c: 3:8: no variable $gone"));
}

/* --- files ----------------------------------------------------------------------------------- */

static void
put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");
	cr_assert(f != NULL && fputs(text, f) >= 0 && fclose(f) == 0, "%s", path);
}

Test(plan, a_folder_gives_its_suites_in_name_order_and_each_name_once)
{
	char dir[] = "/tmp/espy-plan-XXXXXX", a[80], b[80], other[80];
	cr_assert(mkdtemp(dir) != NULL);
	snprintf(a, sizeof a, "%s/a.suite", dir);
	snprintf(b, sizeof b, "%s/b.suite", dir);
	snprintf(other, sizeof other, "%s/c.txt", dir);
	put(a, small);
	put(b, world);
	put(other, "no suite");
	const char *paths[] = { dir, a };
	struct err e = { 0 };
	cr_expect(suites_load(&suites, paths, 1, &e), "%s", e.text);
	cr_expect(eq(str, (char *)suites->name, "ah.two"));
	cr_expect(eq(str, (char *)suites->next->name, "esp.one"));
	cr_expect(suites->next->next == NULL);
	suites_free(suites);
	cr_expect(not(suites_load(&suites, paths, 2, &e)));
	cr_expect(strstr(e.text, ": suite ah.two is already in ") != NULL, "%s", e.text);
	unlink(a);
	unlink(b);
	unlink(other);
	rmdir(dir);
	suites_free(suites);
	suites = NULL;
	cr_expect(not(suites_load(&suites, paths, 1, &e)));
	cr_expect(strstr(e.text, dir) != NULL, "%s", e.text);
}
