/* Lists of known failures: read, matched, held against a run. */
#include "reports/sample_test.h"

#include "reports/compare/baseline.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static struct baseline list;
static struct err e;

static void
end(void)
{
	baseline_free(&list);
}

TestSuite(baseline, .fini = end);

static void
parse(const char *text)
{
	cr_assert(baseline_parse(&list, "known.txt", text, strlen(text), &e), "%s", e.text);
}

Test(baseline, an_entry_has_the_comment_above_it_as_reason)
{
	static const struct {
		const char *text, *pattern, *reason, *until;
		bool sometimes;
	} rows[] = {
		{ "a/b\n", "a/b", "", "", false },
		{ "# why\na/b", "a/b", "why", "", false },
		{ "#why,\n##  and more \r\na/b\r\n", "a/b", "why, and more", "", false },
		{ "# the file\n\na/b\n", "a/b", "", "", false },
		{ "# one\na/a\n# two\na/b\n", "a/b", "two", "", false },
		{ "# one\na/a\na/b\n", "a/b", "one", "", false },
		{ "# one\na/a\n\na/b\n", "a/b", "", "", false },
		{ "# one\n? a/b\n", "a/b", "one", "", true },
		{ "# one\n?a/b\n", "a/b", "one", "", true },
		{ "# one\n  ?  a/b/*/ipv6\tuntil 2027-02-28  # mine: https://x/1\n", "a/b/*/ipv6", "mine: https://x/1",
		  "2027-02-28", true },
		{ "a/b until 2024-02-29", "a/b", "", "2024-02-29", false },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		parse(rows[i].text);
		const struct baseline_line *l = &list.line[list.n - 1];
		cr_assert(eq(int, l->kind, BASELINE_ENTRY), "row %zu", i);
		cr_expect(eq(str, l->pattern, (char *)rows[i].pattern), "row %zu", i);
		cr_expect(eq(str, l->reason, (char *)rows[i].reason), "row %zu", i);
		cr_expect(eq(str, (char *)l->until, (char *)rows[i].until), "row %zu", i);
		cr_expect(eq(int, l->sometimes, rows[i].sometimes), "row %zu", i);
		baseline_free(&list);
	}
}

Test(baseline, what_cannot_be_read_is_told_with_its_line)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "# x\nnoslash\n", "known.txt:2: want the id of a case (suite/case), got 'noslash'" },
		{ "a/b because\n", "known.txt:1: behind a/b: want 'until YYYY-MM-DD' or a # comment, got 'because'" },
		{ "\na/b until\n", "known.txt:2: until: want a day as 2027-01-31 and nothing behind it, got ''" },
		{ "a/b until tomorrow\n", "known.txt:1: until: want a day" },
		{ "a/b until 2027-13-01\n", "known.txt:1: until: want a day" },
		{ "a/b until 2027-02-30\n", "known.txt:1: until: want a day" },
		{ "a/b until 2027-2-3\n", "known.txt:1: until: want a day" },
		{ "a/b until 2027-01-31 at noon\n", "nothing behind it, got 'at'" },
		{ "?\n", "known.txt:1: want the id of a case (suite/case), got ''" },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		cr_expect(not(baseline_parse(&list, "known.txt", rows[i].text, strlen(rows[i].text), &e)), "row %zu",
			  i);
		cr_expect(ne(ptr, strstr(e.text, rows[i].want), NULL), "row %zu: want %s, got %s", i, rows[i].want,
			  e.text);
	}
	cr_expect(not(baseline_parse(&list, "known.txt", "a/b\0c", 5, &e)));
	cr_expect(eq(str, e.text, "known.txt: want text, got an octet of 0"));
	cr_expect(not(baseline_read(&list, "/nonexistent/known.txt", &e)));
	cr_expect(ne(ptr, strstr(e.text, "/nonexistent/known.txt: No such file"), NULL), "%s", e.text);
}

Test(baseline, an_id_stands_for_its_combinations_and_a_glob_for_some)
{
	static const struct {
		const char *pattern, *full_id;
		bool want;
	} rows[] = {
		{ "a/b", "a/b", true },
		{ "a/b", "a/b/ipv4/tunnel", true },
		{ "a/b", "a/bc", false },
		{ "a/b", "a/bc/ipv4", false },
		{ "a/b/ipv4", "a/b/ipv4/tunnel", true },
		{ "a/b/ipv4", "a/b/ipv6/tunnel", false },
		{ "a/b/*/tunnel", "a/b/ipv6/tunnel", true },
		{ "a/b/*/tunnel", "a/b/ipv6/tunnel/aes", true },
		{ "a/b/*/tunnel", "a/b/ipv6/transport", false },
		{ "a/b/ipv[46]", "a/b/ipv6/x", true },
		{ "a/*", "a/b/ipv6", true },
		{ "a/*", "ab/c", false },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		parse(rows[i].pattern);
		cr_expect(eq(int, baseline_matches(&list.line[0], rows[i].full_id), rows[i].want), "%s with %s",
			  rows[i].pattern, rows[i].full_id);
		baseline_free(&list);
	}
}

Test(baseline, an_entry_excuses_up_to_its_last_day_and_a_living_one_goes_first)
{
	parse("a/b until 2026-01-01\na/b/ipv6\na/c until 2026-01-01\n");
	cr_expect(eq(ptr, (void *)baseline_find(&list, "a/b/ipv4", "2026-01-01"), &list.line[0]));
	cr_expect(not(baseline_expired(&list.line[0], "2026-01-01")));
	cr_expect(baseline_expired(&list.line[0], "2026-01-02"));
	cr_expect(not(baseline_expired(&list.line[1], "9999-12-31")));
	cr_expect(eq(ptr, (void *)baseline_find(&list, "a/b/ipv6", "2026-01-02"), &list.line[1]));
	cr_expect(eq(ptr, (void *)baseline_find(&list, "a/c", "2026-01-02"), &list.line[2]),
		  "the one that has expired is told");
	cr_expect(eq(ptr, (void *)baseline_find(&list, "a/d", "2026-01-02"), NULL));
}

/* "a/b/x FAIL 1" and so on as case events. */
static json_t *
cases(const char *const *rows)
{
	json_t *list_of = json_array();
	for (; *rows != NULL; rows++) {
		char id[80], verdict[20];
		int round = 0;
		cr_assert(sscanf(*rows, "%79s %19s %d", id, verdict, &round) >= 2);
		json_array_append_new(list_of, json_pack("{s:s, s:s, s:s, s:i}", "id", "a/b", "full_id", id, "verdict",
							 verdict, "round", round));
	}
	return list_of;
}

Test(baseline, an_entry_is_over_when_all_that_ran_of_it_passed)
{
	static const struct {
		const char *entry, *rows[4];
		bool over;
		unsigned combinations;
	} rows[] = {
		{ "a/b", { "a/b/x PASS", "a/b/y PASS" }, true, 2 },
		{ "a/b", { "a/b/x XPASS", "a/b/y SKIP" }, true, 2 },
		{ "a/b", { "a/b/x PASS", "a/b/y FAIL" }, false, 2 },
		{ "a/b", { "a/b/x PASS", "a/b/y XFAIL" }, false, 2 },
		{ "a/b", { "a/b/x PASS", "a/b/y INCONCLUSIVE" }, false, 2 },
		{ "a/b", { "a/b/x PASS", "a/b/y ERROR" }, false, 2 },
		{ "a/b", { "a/b/x SKIP", "a/b/y SKIP" }, false, 2 },
		{ "a/b", { "a/c/x PASS" }, false, 0 },
		{ "a/b/x", { "a/b/x PASS", "a/b/y FAIL" }, true, 1 },
		{ "? a/b", { "a/b/x PASS", "a/b/y PASS" }, false, 2 },
		{ "a/b", { "a/b/x PASS 1", "a/b/x PASS 2" }, true, 1 },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		json_t *events = cases(rows[i].rows);
		parse(rows[i].entry);
		struct baseline_fate *f = baseline_fates(&list, events);
		cr_assert(ne(ptr, f, NULL));
		cr_expect(eq(int, baseline_over(&list.line[0], &f[0]), rows[i].over), "row %zu", i);
		cr_expect(eq(u32, f[0].combinations, rows[i].combinations), "row %zu", i);
		free(f);
		json_decref(events);
		baseline_free(&list);
	}
}
