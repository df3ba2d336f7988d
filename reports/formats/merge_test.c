/* Runs that become one, and runs side by side. */
#include "reports/event.h"
#include "reports/formats/matrix.h"
#include "reports/formats/merge.h"
#include "reports/report.h"
#include "reports/sample_test.h"

#define START(target, seed, shard)                                                                                                            \
	"{\"event\":\"start\",\"schema\":\"espy-events/1\",\"tool\":{\"name\":\"espy\",\"version\":\"1\"},\"argv\":[\"espy\"],\"seed\":" seed \
	",\"started\":\"2026-11-2" seed "T20:19:00Z\",\"target\":{\"name\":\"" target                                                         \
	"\",\"driver\":\"d\",\"os\":\"o\",\"release\":\"1\"},\"suites\":{\"n\":1,\"hash\":\"aa\"},\"planned\":2,\"jobs\":1" shard             \
	"}"
#define SHARD(index) ",\"shard\":{\"index\":" index ",\"of\":3,\"cases\":6,\"plan\":\"bb\"}"
#define CASE(n, id, verdict)                                                                                           \
	"{\"event\":\"case\",\"n\":" n ",\"id\":\"s/" id "\",\"full_id\":\"s/" id                                      \
	"/v\",\"suite\":\"s\",\"verdict\":\"" verdict "\",\"wall_ms\":1.5}"
#define END(wall) "{\"event\":\"end\",\"wall_s\":" wall ",\"complete\":true}"

static struct run_source
source(const char *dir, char *folder, const char *const *lines)
{
	return (struct run_source){
		.dir = dir, .record = sample_run(lines), .folder = folder, .workspace = folder, .has_page = true
	};
}

static const char *const shard_1[] = { START("t", "1", SHARD("1")), CASE("1", "d", "PASS"), CASE("0", "a", "FAIL"),
				       END("1.5"), NULL };
static const char *const shard_2[] = { START("t", "2", SHARD("2")), CASE("0", "b", "PASS"), CASE("1", "e", "SKIP"),
				       END("2"), NULL };
static const char *const shard_3[] = { START("t", "3", SHARD("3")), CASE("0", "c", "FAIL"), NULL };

static void
free_all(struct run_source *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		run_free(&v[i].record);
}

Test(merge, shards_become_the_run_in_the_order_of_its_plan)
{
	static const char order[] = "abcde";
	struct run_source v[] = { source("x", "x/", shard_1), source("y", "y/", shard_2), source("z", "z/", shard_3) };
	struct run_record all;
	struct err e;
	char why[400], path[200];
	const struct report_wish w = { .folder = "wrong/" };
	cr_assert(runs_belong_together(v, 3, why, sizeof why), "%s", why);
	cr_assert(runs_merge(&all, v, 3, &e), "%s", e.text);
	cr_assert(eq(sz, json_array_size(all.cases), 5));
	for (size_t i = 0; i < 5; i++)
		cr_expect(eq(chr, event_text(json_array_get(all.cases, i), "id")[2], order[i]), "place %zu", i);
	cr_assert(eq(u32, all.tally.fail, 2));
	cr_assert(eq(u32, all.tally.total, 5));
	cr_assert(eq(dbl, event_number(all.start, "planned"), 6));
	cr_assert(eq(str, (char *)event_text(all.start, "started"), "2026-11-21T20:19:00Z"));
	cr_assert(report_incomplete(&all, why, sizeof why));
	cr_assert(eq(str, why, "z: cut short: 1 of 2 cases have a verdict"));
	report_evidence(&w, json_array_get(all.cases, 2), 0, "packets.pcapng", path, sizeof path);
	cr_assert(eq(str, path, "z/cases/s/c/v/packets.pcapng"));
	report_seed(&all, json_array_get(all.cases, 2), why, sizeof why);
	cr_assert(eq(str, why, "3"));
	run_free(&all);
	free_all(v, 3);
}

Test(merge, times_of_the_parts_are_added)
{
	struct run_source v[] = { source("x", "x/", shard_1), source("y", "y/", shard_2) };
	struct run_record all;
	struct err e;
	char why[400];
	cr_assert(runs_merge(&all, v, 2, &e), "%s", e.text);
	cr_assert(eq(dbl, event_number(all.end, "wall_s"), 3.5));
	cr_assert(report_incomplete(&all, why, sizeof why));
	cr_assert(eq(str, why, "shards that are missing: 3/3"));
	run_free(&all);
	free_all(v, 2);
}

/* More shards than are counted one by one must not pass for all of them. */
Test(merge, of_a_number_of_shards_that_nobody_makes_some_are_missing)
{
	static const char *const of[] = { "20000", "1e300" };
	for (size_t i = 0; i < 2; i++) {
		char start[300], why[400];
		const char *const lines[] = { start, CASE("0", "a", "PASS"), END("1"), NULL };
		struct run_record all;
		struct err e;
		snprintf(
			start, sizeof start,
			"{\"event\":\"start\",\"schema\":\"espy-events/1\",\"shard\":{\"index\":1,\"of\":%s,\"plan\":\"p\"}}",
			of[i]);
		struct run_source v[] = { source("x", "x/", lines) };
		cr_assert(runs_merge(&all, v, 1, &e), "%s", e.text);
		cr_assert(report_incomplete(&all, why, sizeof why), "of %s", of[i]);
		cr_assert(eq(str, why, "shards are missing"));
		run_free(&all);
		free_all(v, 1);
	}
}

Test(merge, what_is_in_two_runs_is_told_and_named_by_its_own_folder)
{
	struct run_source v[] = { source("x", "x/", shard_1), source("y", "y/", shard_1) };
	struct run_record all;
	struct err e;
	char path[200];
	const struct report_wish w = { .folder = "" };
	cr_assert(runs_merge(&all, v, 2, &e), "%s", e.text);
	cr_assert(eq(sz, json_array_size(json_object_get(json_object_get(all.start, "merged"), "twice")), 2));
	/* The second of this name here is the first of it there. */
	report_evidence(&w, json_array_get(all.cases, 1), 1, "", path, sizeof path);
	cr_assert(eq(str, path, "y/cases/s/a/v/"));
	run_free(&all);
	free_all(v, 2);
}

Test(merge, other_targets_suites_and_the_same_cases_are_not_one_run)
{
	static const char *const other[] = { START("u", "1", ""), CASE("0", "z", "PASS"), END("1"), NULL };
	static const char *const same[] = { START("t", "1", ""), CASE("0", "a", "PASS"), END("1"), NULL };
	static const char *const more[] = { START("t", "1", ""), CASE("0", "z", "PASS"), END("1"), NULL };
	static const struct {
		const char *const *lines;
		const char *why; /* "": one run */
	} rows[] = { { other, "x and y have different targets" },
		     { same, "1 case is in more than one of them" },
		     { more, "" } };
	for (size_t i = 0; i < 3; i++) {
		struct run_source v[] = { source("x", "", shard_1), source("y", "", rows[i].lines) };
		struct run_record all;
		struct err e;
		char why[400] = "";
		bool one = runs_belong_together(v, 2, why, sizeof why);
		cr_expect(eq(str, why, (char *)rows[i].why), "row %zu", i);
		cr_expect(one == (rows[i].why[0] == '\0'), "row %zu", i);
		if (i == 0)
			cr_expect(not(runs_merge(&all, v, 2, &e)));
		free_all(v, 2);
	}
}

Test(merge, a_journal_cannot_say_where_its_evidence_lies)
{
	static const char *const lines[] = {
		"{\"event\":\"case\",\"id\":\"s/a\",\"full_id\":\"s/a\",\"verdict\":\"FAIL\",\"run\":{\"folder\":\"/etc/\"}}",
		NULL
	};
	struct run_record r = sample_run(lines);
	const struct report_wish w = { .folder = "here/" };
	char path[200];
	report_evidence(&w, json_array_get(r.cases, 0), 0, "x", path, sizeof path);
	cr_assert(eq(str, path, "here/cases/s/a/x"));
	run_free(&r);
}

/* --- the matrix ------------------------------------------------------------------------------ */

static const char *const left[] = {
	START("one", "1", ""), CASE("0", "a", "PASS"), CASE("1", "b", "FAIL"), CASE("2", "c", "SKIP"), END("1"), NULL
};
static const char *const right[] = { START("two", "2", ""),  CASE("0", "a", "PASS"),  CASE("1", "b", "PASS"),
				     CASE("2", "c", "PASS"), CASE("3", "d", "XFAIL"), NULL };

static char *
render(const char *name, const struct matrix *m)
{
	struct err e;
	char *text = NULL;
	size_t n;
	FILE *out = open_memstream(&text, &n);
	cr_assert(matrix_format_find(name, &e)->render(out, m, &e), "%s", e.text);
	fclose(out);
	return text;
}

Test(matrix, counts_each_suite_of_each_run_and_says_what_differs)
{
	struct run_source v[] = { source("runs/l", "l/", left), source("runs/r", "r 1/", right) };
	struct matrix m;
	struct err e;
	cr_assert(matrix_make(&m, v, 2, &e), "%s", e.text);
	cr_assert(eq(sz, m.rows_n, 1));
	cr_assert(eq(str, (char *)matrix_cell(&m.rows[0].cells[0])->word, "failed"));
	cr_assert(eq(str, (char *)matrix_cell(&m.rows[0].cells[1])->word, "known failures"));
	cr_assert(eq(sz, m.differences_n, 3));
	cr_assert(eq(sz, m.unmet_n, 2)); /* b failed on one; d is only with the other, where it failed */
	cr_assert(eq(str, (char *)m.differences[0].id, "s/b"));
	cr_assert(eq(str, (char *)m.differences[1].id, "s/d"));
	cr_assert(eq(ptr, (void *)m.differences[1].verdicts[0], NULL));
	cr_assert(eq(str, (char *)m.differences[1].verdicts[1], "FAIL"));
	cr_assert(eq(str, (char *)m.differences[2].id, "s/c"));
	char *text = render("text", &m);
	cr_expect(ne(ptr, strstr(text, "s      ✗ failed 1/1/1  ~ known failures 3/1/0\n"), NULL), "%s", text);
	cr_expect(ne(ptr, strstr(text, "s/b: one ✗ failed, two ✓ passed\n"), NULL), "%s", text);
	cr_expect(ne(ptr, strstr(text, "INCOMPLETE: two: cut short: 4 of 2"), NULL), "%s", text);
	free(text);
	text = render("md", &m);
	cr_expect(ne(ptr, strstr(text, "](r%201/report.html)"), NULL), "%s", text);
	free(text);
	text = render("html", &m);
	cr_expect(ne(ptr, strstr(text, "href=\"r%201/report.html\""), NULL));
	free(text);
	matrix_free(&m);
	free_all(v, 2);
}

Test(matrix, runs_of_one_target_are_told_apart_by_their_directories)
{
	struct run_source v[] = { source("runs/before", "", left), source("runs/after", "", left) };
	struct matrix m;
	struct err e;
	cr_assert(matrix_make(&m, v, 2, &e), "%s", e.text);
	cr_assert(eq(str, m.runs[0].label, "one (before)"));
	cr_assert(eq(str, m.runs[1].label, "one (after)"));
	cr_assert(eq(sz, m.differences_n, 0));
	matrix_free(&m);
	free_all(v, 2);
}

Test(matrix, has_the_formats_that_a_table_can_be_written_in)
{
	struct err e;
	cr_assert(eq(ptr, (void *)matrix_format_find("junit", &e), NULL));
	cr_assert(ne(ptr, strstr(e.text, "html, md, text, json"), NULL));
}
