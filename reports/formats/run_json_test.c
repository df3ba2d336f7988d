#include "reports/report.h"
#include "reports/sample_test.h"

TestSuite(run_json, .init = sample_begin, .fini = sample_end);

static bool
write_to(const struct run_record *r, struct err *e)
{
	const struct report_format *f = report_format_find("json", e);
	const struct report_wish w = { .folder = "../run/" };
	return f != NULL && report_write(f, sample_dir, r, &w, e);
}

static json_t *
report(const struct run_record *r)
{
	struct err e = { 0 };
	cr_assert(write_to(r, &e), "%s", e.text);
	json_t *o = json_load_file(sample_path("run.json"), JSON_ALLOW_NUL, NULL);
	cr_assert(ne(ptr, o, NULL));
	return o;
}

Test(run_json, has_every_member_of_the_contract)
{
	struct run_record r = sample_whole();
	json_t *o = report(&r);
	const char *name, *driver, *os, *release, *started, *id, *level, *clause, *verdict, *family;
	int pass, failed, inconclusive, skip, error, xfail, xpass, total, complete;
	json_int_t seed;
	double wall_s, wall_ms;
	cr_assert(eq(int,
		     json_unpack(o, "{s:{s:s}, s:{s:s, s:s, s:s}, s:s, s:F, s:I, s:b}", "tool", "name", &name, "target",
				 "driver", &driver, "os", &os, "release", &release, "started", &started, "wall_s",
				 &wall_s, "seed", &seed, "complete", &complete),
		     0));
	cr_assert(eq(int,
		     json_unpack(o, "{s:{s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i}}", "summary", "pass", &pass, "fail",
				 &failed, "inconclusive", &inconclusive, "skip", &skip, "error", &error, "xfail",
				 &xfail, "xpass", &xpass, "total", &total),
		     0));
	cr_assert(eq(dbl, wall_s, 3.25));
	cr_assert(eq(int, (int)seed, 7));
	cr_assert(eq(int, complete, 1));
	int got[] = { pass, failed, inconclusive, skip, error, xfail, xpass, total },
	    want[] = { 1, 1, 1, 1, 1, 0, 0, 5 };
	for (size_t i = 0; i < 8; i++)
		cr_assert(eq(int, got[i], want[i]), "count %zu", i);
	cr_assert(eq(sz, json_array_size(json_object_get(o, "argv")), 2));
	json_t *c = json_array_get(json_object_get(o, "cases"), 0);
	cr_assert(eq(int,
		     json_unpack(c, "{s:s, s:s, s:s, s:s, s:F, s:{s:s}}", "id", &id, "level", &level, "clause", &clause,
				 "verdict", &verdict, "wall_ms", &wall_ms, "params", "family", &family),
		     0));
	cr_assert(eq(str, (char *)id, "esp.out/spi/ipv4"));
	cr_assert(eq(str, (char *)clause, "RFC 4303 2.1"));
	cr_assert(eq(dbl, wall_ms, 1.25));
	cr_assert(eq(int, json_typeof(json_object_get(c, "evidence")), JSON_NULL));
	c = json_array_get(json_object_get(o, "cases"), 4);
	cr_assert(eq(str, (char *)json_string_value(json_object_get(c, "evidence")), "../run/cases/ah.out/y/"));
	json_decref(o);
	run_free(&r);
}

Test(run_json, a_run_cut_short_says_so_and_invents_no_duration)
{
	static const char *const lines[] = { SAMPLE_START, SAMPLE_PASS, NULL }, *const none[] = { NULL };
	const char *const *both[] = { lines, none };
	for (size_t i = 0; i < 2; i++) {
		struct run_record r = sample_run(both[i]);
		json_t *o = report(&r);
		cr_assert(eq(int, json_typeof(json_object_get(o, "complete")), JSON_FALSE), "row %zu", i);
		cr_assert(eq(int, json_typeof(json_object_get(o, "wall_s")), JSON_NULL), "row %zu", i);
		cr_assert(eq(sz, json_array_size(json_object_get(o, "cases")), 1 - i), "row %zu", i);
		json_decref(o);
		run_free(&r);
	}
}

Test(run_json, a_full_disk_leaves_the_old_file_and_nothing_else)
{
	struct err e = { 0 };
	struct run_record r = sample_whole();
	sample_write("run.json", "old");
	sample_disk_full(100);
	cr_assert(not(write_to(&r, &e)));
	cr_assert(eq(int, e.code, ERR_IO));
	cr_assert(ne(ptr, strstr(e.text, "/run.json: File too large"), NULL), "%s", e.text);
	cr_assert(eq(str, sample_slurp("run.json"), "old"));
	cr_assert(eq(int, sample_count("tmp"), 0));
	run_free(&r);
}

Test(run_json, a_folder_in_its_place_is_an_error_that_leaves_no_litter)
{
	struct err e = { 0 };
	struct run_record r = sample_whole();
	cr_assert(eq(int, mkdir(sample_path("run.json"), 0777), 0));
	cr_assert(not(write_to(&r, &e)));
	cr_assert(ne(ptr, strstr(e.text, "Is a directory"), NULL), "%s", e.text);
	cr_assert(eq(int, sample_count("tmp"), 0));
	run_free(&r);
}
