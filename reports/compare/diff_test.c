/* Two runs compared: which section a case falls into, what is blamed, what counts. */
#include "reports/sample_test.h"

#include "reports/compare/diff.h"
#include "reports/event.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

struct side {
	const char *verdict, *reason, *revision; /* verdict NULL: not there */
	unsigned seed;
	const char *release, *version;
};

/* A run of one case, a/b/ipv4, and one that always passes. */
static struct run_record
run_with(const struct side *s)
{
	char line[1000];
	struct run_record r = { 0 };
	struct err e = { 0 };
	bool known = s->verdict != NULL && strcmp(s->verdict, "XFAIL") == 0;
	snprintf(
		line, sizeof line,
		"{\"event\":\"start\",\"schema\":\"espy-events/1\",\"seed\":%u,\"started\":\"2026\",\"tool\":{\"version\":\"%s\"},"
		"\"target\":{\"name\":\"linux\",\"release\":\"%s\"}}",
		s->seed, s->version != NULL ? s->version : "1", s->release != NULL ? s->release : "6.1");
	cr_assert(run_add(&r, line, strlen(line), &e), "%s", e.text);
	snprintf(line, sizeof line, "{\"event\":\"case\",\"id\":\"z/z\",\"full_id\":\"z/z\",\"verdict\":\"PASS\"}");
	cr_assert(run_add(&r, line, strlen(line), &e), "%s", e.text);
	snprintf(
		line, sizeof line,
		"{\"event\":\"case\",\"id\":\"a/b\",\"full_id\":\"a/b/ipv4\",\"params\":{\"family\":\"ipv4\"},\"level\":\"MUST\","
		"\"clause\":\"RFC 1 2\",\"verdict\":\"%s\",\"reason\":\"%s\"%s%s%s%s}",
		known ? "FAIL" : s->verdict, s->reason != NULL ? s->reason : "",
		s->revision != NULL ? ",\"revision\":\"" : "", s->revision != NULL ? s->revision : "",
		s->revision != NULL ? "\"" : "", known ? ",\"known\":{}" : "");
	if (s->verdict != NULL)
		cr_assert(run_add(&r, line, strlen(line), &e), "%s", e.text);
	return r;
}

static json_t *
compare(const struct side *a, const struct side *b, bool strict)
{
	struct run_record x = run_with(a), y = run_with(b);
	json_t *diff = diff_make(&(struct diff_side){ "old", &x }, &(struct diff_side){ "new", &y }, strict);
	cr_assert(ne(ptr, diff, NULL));
	run_free(&x);
	run_free(&y);
	return diff;
}

static unsigned
number(const json_t *o, const char *key)
{
	return (unsigned)event_number(o, key);
}

Test(diff, each_pair_of_verdicts_has_its_section)
{
	static const struct {
		struct side a, b;
		const char *section;
		unsigned regressions, strictly;
	} rows[] = {
		{ { "PASS" }, { "PASS" }, "same", 0, 0 },
		{ { "PASS" }, { "FAIL" }, "broken", 1, 1 },
		{ { "PASS" }, { "INCONCLUSIVE" }, "broken", 1, 1 },
		{ { "PASS" }, { "ERROR" }, "broken", 1, 1 },
		{ { "PASS" }, { "XFAIL" }, "broken", 0, 0 },
		{ { "FAIL" }, { "PASS" }, "fixed", 0, 0 },
		{ { "XFAIL" }, { "PASS" }, "fixed", 0, 0 },
		{ { "FAIL", "x" }, { "FAIL", "x" }, "same", 0, 0 },
		{ { "FAIL", "x" }, { "XFAIL", "x" }, "same", 0, 0 },
		{ { "FAIL", "x" }, { "FAIL", "y" }, "changed", 0, 0 },
		{ { "FAIL", "x" }, { "INCONCLUSIVE", "x" }, "changed", 0, 0 },
		{ { "FAIL", "got 0x12345678" }, { "FAIL", "got 0xabcdef01" }, "same", 0, 0 },
		{ { "FAIL", "want 16, got 12" }, { "FAIL", "want 16, got 8" }, "changed", 0, 0 },
		{ { "FAIL", "a/b" }, { "FAIL", "192.0.2.1" }, "changed", 0, 0 },
		{ { "FAIL", "from 192.0.2.1" }, { "FAIL", "from 192.0.2.2" }, "same", 0, 0 },
		{ { "SKIP", "no AH" }, { "PASS" }, "new", 0, 0 },
		{ { "SKIP", "no AH" }, { "FAIL" }, "new", 0, 1 },
		{ { NULL }, { "PASS" }, "new", 0, 0 },
		{ { NULL }, { "FAIL" }, "new", 0, 1 },
		{ { NULL }, { "XFAIL" }, "new", 0, 0 },
		{ { "PASS" }, { "SKIP", "no AH" }, "skipped", 0, 1 },
		{ { "FAIL" }, { NULL }, "gone", 0, 1 },
		{ { "SKIP" }, { NULL }, "idle", 0, 0 },
		{ { "SKIP" }, { "SKIP" }, "idle", 0, 0 },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		json_t *diff = compare(&rows[i].a, &rows[i].b, false), *strict = compare(&rows[i].a, &rows[i].b, true);
		const json_t *counts = json_object_get(diff, "counts");
		bool same = strcmp(rows[i].section, "same") == 0, told = !same && strcmp(rows[i].section, "idle") != 0;
		cr_expect(eq(u32, number(counts, rows[i].section), same ? 2 : 1), "row %zu: %s", i, rows[i].section);
		cr_expect(eq(u32, number(diff, "regressions"), rows[i].regressions), "row %zu", i);
		cr_expect(eq(u32, number(strict, "regressions"), rows[i].strictly), "row %zu, strict", i);
		cr_expect(eq(u32, (unsigned)json_array_size(json_object_get(diff, "changes")), told), "row %zu", i);
		json_decref(diff);
		json_decref(strict);
	}
}

Test(diff, what_changed_is_blamed_and_chance_where_nothing_did)
{
	static const struct {
		struct side a, b;
		const char *want;
	} rows[] = {
		{ { "PASS", "", "1", 7 }, { "FAIL", "x", "2", 7 }, "the case changed" },
		{ { "PASS", "", "1", 7 }, { "FAIL", "x", "1", 8 }, "only the seed differs" },
		{ { "PASS", "", "1", 7 }, { "FAIL", "x", "1", 7 }, "nothing that is recorded differs" },
		{ { "PASS", "", "1", 7, "6.1" }, { "FAIL", "x", "1", 8, "6.2" }, "the target changed (release)" },
		{ { "PASS", "", "1", 7, "6.1" },
		  { "FAIL", "x", "2", 7, "6.2" },
		  "the case changed; the target changed (release)" },
		{ { "PASS", "", "1", 7, "6", "1" }, { "FAIL", "x", "1", 7, "6", "2" }, "espy changed" },
		{ { "PASS", "", NULL, 7 },
		  { "FAIL", "x", "1", 7 },
		  "the target is the same; whether the case changed is not recorded" },
		{ { "PASS", "", NULL, 7, "6.1" }, { "FAIL", "x", "1", 7, "6.2" }, "the target changed (release)" },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		json_t *diff = compare(&rows[i].a, &rows[i].b, false);
		char text[400] = "";
		FILE *f = fmemopen(text, sizeof text, "w");
		diff_print_causes(f, diff, json_array_get(json_object_get(diff, "changes"), 0));
		fclose(f);
		cr_expect(eq(int, strncmp(text, rows[i].want, strlen(rows[i].want)), 0), "row %zu: want %s, got %s", i,
			  rows[i].want, text);
		json_decref(diff);
	}
}

static char text[8192];

static const char *
printed(const json_t *diff, bool md, bool quiet)
{
	memset(text, 0, sizeof text);
	FILE *f = fmemopen(text, sizeof text, "w");
	if (md)
		diff_print_md(f, diff);
	else
		diff_print_text(f, diff, quiet);
	fclose(f);
	return text;
}

Test(diff, a_regression_comes_with_the_command_that_shows_it)
{
	json_t *diff = compare(&(struct side){ "PASS", "", "1", 7 },
			       &(struct side){ "FAIL", "x \\u001b[31m | <b>", "1", 8 }, false);
	cr_expect(eq(str, (char *)printed(diff, false, true),
		     "1 broken, 0 fixed, 0 changed, 0 new, 0 skipped now, 0 no longer run, 1 the same\n"));
	const char *got = printed(diff, false, false);
	static const char *const want[] = {
		"old: old: linux 6.1, seed 7, 2026: 2 passed, 0 failed, 0 skipped\n     the run was cut short",
		"Between them: seed 7 -> 8\n",
		("PASS -> FAIL a/b MUST [RFC 1 2] x \\x1b[31m | <b>\n     1 of 1 combinations: family ipv4\n"
		 "     only the seed differs\n     espy run a/b/ipv4 --seed 8 --repeat 20\n"),
	};
	for (size_t i = 0; i < COUNT(want); i++)
		cr_expect(ne(ptr, strstr(got, want[i]), NULL), "want\n%s\nin\n%s", want[i], got);
	got = printed(diff, true, false);
	cr_expect(ne(ptr, strstr(got, "\\|"), NULL), "%s", got);
	cr_expect(eq(ptr, strstr(got, "<b>"), NULL), "%s", got);
	cr_expect(eq(ptr, strchr(got, '\x1b'), NULL), "%s", got);
	json_decref(diff);
}

Test(diff, combinations_fold_and_repeated_runs_pair_by_their_number)
{
	static const char *const one[] = {
		SAMPLE_START,
		"{\"event\":\"case\",\"id\":\"a/b\",\"full_id\":\"a/b/1\",\"params\":{\"n\":\"1\"},\"verdict\":\"PASS\"}",
		"{\"event\":\"case\",\"id\":\"a/b\",\"full_id\":\"a/b/1\",\"params\":{\"n\":\"1\"},\"verdict\":\"FAIL\"}",
		"{\"event\":\"case\",\"id\":\"a/b\",\"full_id\":\"a/b/2\",\"params\":{\"n\":\"2\"},\"verdict\":\"PASS\"}",
		"{\"event\":\"case\",\"id\":\"a/b\",\"full_id\":\"a/b/3\",\"params\":{\"n\":\"3\"},\"verdict\":\"PASS\"}",
		NULL,
	};
	static const char *const two[] = {
		SAMPLE_START,
		"{\"event\":\"case\",\"id\":\"a/b\",\"full_id\":\"a/b/1\",\"params\":{\"n\":\"1\"},\"verdict\":\"FAIL\"}",
		"{\"event\":\"case\",\"id\":\"a/b\",\"full_id\":\"a/b/1\",\"params\":{\"n\":\"1\"},\"verdict\":\"FAIL\"}",
		"{\"event\":\"case\",\"id\":\"a/b\",\"full_id\":\"a/b/2\",\"params\":{\"n\":\"2\"},\"verdict\":\"FAIL\"}",
		"{\"event\":\"case\",\"id\":\"a/b\",\"full_id\":\"a/b/3\",\"params\":{\"n\":\"3\"},\"verdict\":\"PASS\"}",
		NULL,
	};
	struct run_record x = sample_run(one), y = sample_run(two);
	json_t *diff = diff_make(&(struct diff_side){ "old", &x }, &(struct diff_side){ "new", &y }, false);
	const json_t *change = json_array_get(json_object_get(diff, "changes"), 0);
	cr_expect(eq(u32, number(json_object_get(diff, "counts"), "broken"), 2));
	cr_expect(eq(u32, number(json_object_get(diff, "counts"), "same"), 2));
	cr_expect(eq(u32, (unsigned)json_array_size(json_object_get(diff, "changes")), 1));
	cr_expect(eq(u32, (unsigned)json_array_size(json_object_get(change, "combinations")), 2));
	cr_expect(eq(u32, number(change, "of"), 4));
	cr_expect(eq(u32, (unsigned)json_array_size(json_object_get(json_object_get(change, "values"), "n")), 2));
	json_decref(diff);
	run_free(&x);
	run_free(&y);
}
