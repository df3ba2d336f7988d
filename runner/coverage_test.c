#include "runner/coverage.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

static struct word_list second = { "A-2", NULL, { 1, 1 } }, first = { "A-1", &second, { 1, 1 } },
			alone = { "A-2", NULL, { 1, 1 } };
static struct case_spec other = { .name = "d", .decides = &alone },
			one = { .name = "c", .decides = &first, .next = &other };
static struct suite suite = { .name = "s", .cases = &one };

struct outcome_row {
	const char *id, *verdict, *reason;
};

static void
add_run(struct coverage *c, const char *target, const struct outcome_row *rows, size_t n)
{
	struct run_record r = { 0 };
	struct err e = { 0 };
	char line[400];
	snprintf(line, sizeof line, "{\"event\":\"start\",\"schema\":\"espy-events/1\",\"target\":{\"name\":\"%s\"}}",
		 target);
	cr_assert(run_add(&r, line, strlen(line), &e), "%s", e.text);
	for (size_t i = 0; i < n; i++) {
		snprintf(
			line, sizeof line,
			"{\"event\":\"case\",\"id\":\"%s\",\"full_id\":\"%s/%zu\",\"verdict\":\"%s\",\"reason\":\"%s\"}",
			rows[i].id, rows[i].id, i, rows[i].verdict, rows[i].reason);
		cr_assert(run_add(&r, line, strlen(line), &e), "%s", e.text);
	}
	coverage_add_run(c, &r);
	run_free(&r);
}

static void
is(const struct coverage *c, const char *id, bool decided, size_t by, size_t targets, const char *reason)
{
	const struct purpose p = { .id = id, .level = "MUST", .group = "A", .section = "", .testable = "wire" };
	struct covered d;
	coverage_of(c, &p, &d);
	cr_assert(eq(int, d.decided, decided), "%s: %s", id, d.reason);
	cr_assert(eq(sz, json_array_size(d.by), by), "%s", id);
	cr_assert(eq(sz, json_array_size(d.targets), targets), "%s", id);
	cr_assert(eq(str, d.reason, (char *)reason), "%s", id);
	covered_free(&d);
}

Test(coverage, without_runs_a_case_that_names_an_id_decides_it)
{
	struct coverage c;
	coverage_open(&c, &suite);
	is(&c, "A-1", true, 1, 0, "");
	is(&c, "A-2", true, 2, 0, "");
	is(&c, "A-3", false, 0, 0, "no case names it");
	coverage_close(&c);
}

Test(coverage, an_untestable_requirement_says_so)
{
	const struct purpose p = { .id = "R", .testable = "untestable", .requirement = true };
	struct coverage c;
	struct covered d;
	coverage_open(&c, &suite);
	coverage_of(&c, &p, &d);
	cr_assert(eq(str, d.reason, "no case names it (cannot be tested from outside)"));
	covered_free(&d);
	coverage_close(&c);
}

Test(coverage, with_runs_only_verdicts_count)
{
	static const struct {
		const char *verdict;
		bool decides;
		const char *reason;
	} rows[] = {
		{ "PASS", true, "" },
		{ "FAIL", true, "" },
		{ "XFAIL", true, "" },
		{ "XPASS", true, "" },
		{ "SKIP", false, "only skipped on linux: why" },
		{ "INCONCLUSIVE", false, "only inconclusive on linux: why" },
		{ "ERROR", false, "only errors on linux: why" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct coverage c;
		const struct outcome_row o = { "s/c", rows[i].verdict, "why" };
		coverage_open(&c, &suite);
		add_run(&c, "linux", &o, 1);
		is(&c, "A-1", rows[i].decides, 1, rows[i].decides, rows[i].reason);
		coverage_close(&c);
	}
}

Test(coverage, one_combination_or_one_case_with_a_verdict_is_enough)
{
	static const struct outcome_row rows[] = { { "s/c", "SKIP", "no AH" },
						   { "s/c", "PASS", "" },
						   { "s/c", "SKIP", "no ESN" } };
	static const struct outcome_row skipped[] = { { "s/c", "SKIP", "no AH" }, { "s/d", "FAIL", "" } };
	struct coverage c;
	coverage_open(&c, &suite);
	add_run(&c, "linux", rows, 3);
	add_run(&c, "reference", skipped, 2);
	is(&c, "A-1", true, 1, 1, "");
	is(&c, "A-2", true, 2, 2, "");
	coverage_close(&c);
}

Test(coverage, each_target_says_why_it_decided_nothing)
{
	static const struct outcome_row rows[] = { { "s/c", "SKIP", "no AH" }, { "s/c", "SKIP", "no ESN" } };
	struct coverage c;
	coverage_open(&c, &suite);
	add_run(&c, "linux", rows, 2);
	add_run(&c, "reference", NULL, 0);
	is(&c, "A-1", false, 1, 0, "only skipped on linux: no AH; not run on reference");
	coverage_close(&c);
}
