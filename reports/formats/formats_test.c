/* What every format has to do alike, and what TAP, CTRF, Markdown and text say of a run. */
#include "reports/formats/markdown.h"
#include "reports/report.h"
#include "reports/sample_test.h"

TestSuite(formats, .init = sample_begin, .fini = sample_end);

/* Of a run, by the name of a format; to be freed. */
static char *
render(const char *name, const struct run_record *r, const struct report_wish *w)
{
	struct err e = { 0 };
	char *text = NULL;
	size_t n;
	const struct report_format *f = report_format_find(name, &e);
	FILE *out = open_memstream(&text, &n);
	cr_assert(f != NULL && report_render(f, out, r, w, &e), "%s: %s", name, e.text);
	fclose(out);
	return text;
}

static void
has(const char *name, const struct run_record *r, const char *part)
{
	const struct report_wish w = { .folder = "" };
	char *text = render(name, r, &w);
	cr_expect(ne(ptr, strstr(text, part), NULL), "%s: want %s in\n%.3000s", name, part, text);
	free(text);
}

Test(formats, are_found_by_name_and_an_error_names_them)
{
	struct err e;
	cr_assert(eq(str, (char *)report_format_find("md", &e)->file, "report.md"));
	cr_assert(eq(ptr, (void *)report_format_find("pdf", &e), NULL));
	cr_assert(eq(str, e.text, "format 'pdf': want html, junit, tap, ctrf, md, text, json"));
}

Test(formats, of_any_record_come_without_a_crash)
{
	static const char *const none[] = { NULL }, *const bare[] = { SAMPLE_INCONCLUSIVE, NULL };
	static const char *const odd[] = {
		"{\"event\":\"start\",\"schema\":\"espy-events/1\",\"target\":7,\"tool\":[],\"argv\":{},\"seed\":\"x\",\"planned\":-1,"
		"\"started\":\"2026-13-99\"}",
		"{\"event\":\"case\",\"id\":\"a/b\",\"full_id\":\"a/b\",\"verdict\":\"FAIL\",\"params\":3,\"decides\":\"x\",\"diff\":[1,{}],"
		"\"exhibits\":[null,{\"kind\":3}],\"step\":[],\"hints\":{},\"wall_ms\":-1e300,\"line\":1e300,\"suite\":\"\"}",
		"{\"event\":\"end\",\"wall_s\":\"x\",\"complete\":3}", NULL
	};
	const char *const *runs[] = { none, bare, odd };
	const struct report_wish w = { .folder = "" };
	for (size_t i = 0; i < 3; i++)
		for (const struct report_format *f = report_formats; f->name != NULL; f++) {
			struct run_record r = sample_run(runs[i]);
			char *text = render(f->name, &r, &w);
			cr_expect(gt(sz, strlen(text), 0), "%s of run %zu", f->name, i);
			free(text);
			run_free(&r);
		}
}

Test(formats, a_run_cut_short_says_so)
{
	static const char *const lines[] = { SAMPLE_START, SAMPLE_PASS, NULL };
	struct run_record r = sample_run(lines);
	r.torn = 1;
	has("tap", &r, "1..6\n");
	has("tap", &r, "Bail out! cut short: 1 of 6 cases have a verdict; 1 line is torn off\n");
	has("md", &r, "> **Incomplete:** cut short");
	has("ctrf", &r, "\"name\": \"every planned case has a verdict\"");
	has("json", &r, "\"incomplete\": \"cut short: 1 of 6");
	has("text", &r, "The run was cut short: 1 of 6");
	run_free(&r);
}

Test(formats, keys_are_masked_unless_asked_for)
{
	static const char *const lines[] = {
		SAMPLE_START,
		"{\"event\":\"case\",\"id\":\"a/b\",\"full_id\":\"a/b\",\"verdict\":\"FAIL\",\"reason\":\"key 0x00112233445566778899aabbccddeeff\","
		"\"want\":\"00112233445566778899aabbccddeeff\",\"got\":\"x\",\"hints\":[\"00112233445566778899AABBCCDDEEFF\"],"
		"\"exhibits\":[{\"kind\":\"setkey\",\"text\":\"add 192.0.2.2 192.0.2.1 esp 0x1001 -E aes-cbc "
		"0x00112233445566778899aabbccddeeff ;\"}]}",
		SAMPLE_END, NULL
	};
	struct run_record r = sample_run(lines);
	for (const struct report_format *f = report_formats; f->name != NULL; f++) {
		struct report_wish w = { .folder = "" };
		char *text = render(f->name, &r, &w);
		cr_expect(eq(ptr, strcasestr(text, "8899aabbccdd"), NULL), "%s shows the key", f->name);
		free(text);
	}
	const struct report_wish open = { .folder = "", .show_keys = true };
	char *text = render("junit", &r, &open);
	cr_expect(ne(ptr, strstr(text, "8899aabbccdd"), NULL));
	free(text);
	struct err e;
	struct stat st;
	cr_assert(report_write(report_format_find("junit", &e), sample_dir, &r, &open, &e), "%s", e.text);
	cr_assert(eq(int, stat(sample_path("junit.xml"), &st), 0));
	cr_assert(eq(u32, st.st_mode & 0777, 0600));
	run_free(&r);
}

Test(formats, a_file_is_made_whole_and_where_it_was_asked_for)
{
	struct err e = { 0 };
	struct run_record r = sample_whole();
	char path[PATH_MAX];
	const struct report_wish w = { .folder = "" };
	const struct report_format *f = report_format_find("tap", &e);
	snprintf(path, sizeof path, "%s", sample_path("new/folder/x.tap"));
	cr_assert(report_write_file(f, path, &r, &w, &e), "%s", e.text);
	cr_assert(ne(ptr, strstr(sample_slurp("new/folder/x.tap"), "TAP version 14\n1..5\n"), NULL));
	snprintf(path, sizeof path, "%s", sample_path("new/folder/x.tap/y"));
	cr_assert(not(report_write_file(f, path, &r, &w, &e)));
	cr_assert(eq(int, e.code, ERR_IO));
	run_free(&r);
}

/* --- TAP ------------------------------------------------------------------------------------- */

#define CASE(id, verdict, reason)                                                                                      \
	"{\"event\":\"case\",\"id\":\"" id "\",\"full_id\":\"" id "\",\"verdict\":\"" verdict                          \
	"\",\"reason\":\"" reason "\",\"file\":\"x.suite\",\"line\":3}"

Test(formats, tap_says_each_verdict_in_its_words)
{
	static const char *const lines[] = { CASE("s/p", "PASS", ""),
					     CASE("s/f # TODO \\\\", "FAIL", "a \\\"b\\\"\\n\\u0085"),
					     CASE("s/s", "SKIP", "no # AH"),
					     CASE("s/xf", "XFAIL", "known"),
					     CASE("s/xp", "XPASS", "passes now"),
					     CASE("s/i", "INCONCLUSIVE", "lost"),
					     SAMPLE_END,
					     NULL };
	struct run_record r = sample_run(lines);
	has("tap", &r, "TAP version 14\n1..6\n");
	has("tap", &r, "\nok 1 - s/p\n");
	has("tap", &r,
	    "\nnot ok 2 - s/f \\# TODO \\\\\n  ---\n  message: \"a \\\"b\\\"\\\\x0a\\\\x85\"\n  verdict: \"FAIL\"\n");
	has("tap", &r, "\nok 3 - s/s # SKIP no \\# AH\nnot ok 4 - s/xf # TODO known\n  ---\n");
	has("tap", &r, "\nnot ok 5 - s/xp\n  ---\n");
	has("tap", &r, "  at:\n    file: \"x.suite\"\n    line: 3\n");
	has("tap", &r, "  pcap: \"cases/s/i/packets.pcapng\"\n  ...\n");
	run_free(&r);
}

Test(formats, tap_of_nothing_is_a_plan_that_says_so)
{
	static const char *const lines[] = { SAMPLE_END, NULL };
	struct run_record r = sample_run(lines);
	has("tap", &r, "TAP version 14\n1..0 # no case was run\n");
	run_free(&r);
}

/* --- CTRF ------------------------------------------------------------------------------------ */

Test(formats, ctrf_counts_what_it_lists_and_keeps_our_word)
{
	struct run_record r = sample_whole();
	const struct report_wish w = { .folder = "" };
	char *text = render("ctrf", &r, &w);
	json_t *o = json_loads(text, JSON_ALLOW_NUL, NULL);
	const char *format, *status, *raw, *clause, *family;
	int tests, passed, failed, skipped, pending, other, n;
	json_int_t start, stop;
	cr_assert(eq(int,
		     json_unpack(o, "{s:s, s:{s:{s:i, s:i, s:i, s:i, s:i, s:i, s:I, s:I}}}", "reportFormat", &format,
				 "results", "summary", "tests", &tests, "passed", &passed, "failed", &failed, "skipped",
				 &skipped, "pending", &pending, "other", &other, "start", &start, "stop", &stop),
		     0));
	int got[] = { tests, passed, failed, skipped, pending, other }, want[] = { 5, 1, 1, 1, 0, 2 };
	for (n = 0; n < 6; n++)
		cr_expect(eq(int, got[n], want[n]), "count %d", n);
	cr_assert(eq(i64, start, 1795292340000)); /* 2026-11-21T20:19:00Z */
	cr_assert(eq(i64, stop - start, 3250));
	json_t *fail = json_array_get(json_object_get(json_object_get(o, "results"), "tests"), 1);
	cr_assert(eq(int,
		     json_unpack(fail, "{s:s, s:s, s:i, s:{s:s}, s:{s:s}}", "status", &status, "rawStatus", &raw,
				 "duration", &n, "extra", "clause", &clause, "parameters", "family", &family),
		     0));
	cr_assert(eq(str, (char *)status, "failed"));
	cr_assert(eq(str, (char *)raw, "FAIL"));
	cr_assert(eq(int, n, 1)); /* 0.8 ms: whole milliseconds */
	cr_assert(eq(str, (char *)clause, "RFC 4868 2.3"));
	json_decref(o);
	free(text);
	run_free(&r);
}

/* --- Markdown -------------------------------------------------------------------------------- */

static char *
markdown(const char *text)
{
	char *out = NULL;
	size_t n;
	FILE *f = open_memstream(&out, &n);
	md_text(f, text);
	fclose(f);
	return out;
}

Test(formats, markdown_reads_no_text_as_its_own)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "plain words, é ✓.", "plain words, é ✓." },
		{ "a|b", "a\\|b" },
		{ "`c`", "\\`c\\`" },
		{ "<b>&", "&lt;b&gt;&amp;" },
		{ "[x](http://y)", "\\[x\\]\\(http\\://y\\)" },
		{ "two\nlines\tand", "two lines and" },
		{ "\x1b[31m", "\\x1b\\[31m" },
		{ "*_#!~@$", "\\*\\_\\#\\!\\~\\@\\$" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char *got = markdown(rows[i].text);
		cr_expect(eq(str, got, (char *)rows[i].want), "row %zu", i);
		free(got);
	}
}

Test(formats, markdown_cuts_no_character_of_a_long_text)
{
	char text[2000] = "";
	for (size_t i = 0; i < 400; i++)
		strcat(text, i % 3 == 0 ? "é" : "✓");
	char *got = markdown(text);
	cr_expect(eq(str, got, text));
	free(got);
}

Test(formats, markdown_keeps_to_the_room_it_has)
{
	struct run_record r = { 0 };
	struct err e;
	char line[2000];
	for (unsigned i = 0; i < 500; i++) {
		int n = snprintf(
			line, sizeof line,
			"{\"event\":\"case\",\"id\":\"s/c%u\",\"full_id\":\"s/c%u\",\"verdict\":\"FAIL\",\"reason\":\"%0800u\"}",
			i, i, i);
		cr_assert(run_add(&r, line, (size_t)n, &e), "%s", e.text);
	}
	const struct report_wish small = { .folder = "", .room = 20000 }, large = { .folder = "" };
	char *text = render("md", &r, &small);
	cr_expect(le(sz, strlen(text), 20000));
	cr_expect(ne(ptr, strstr(text, "more are not shown here"), NULL));
	cr_expect(ne(ptr, strstr(text, "s/c3"), NULL));
	free(text);
	text = render("md", &r, &large);
	cr_expect(eq(ptr, strstr(text, "more are not shown here"), NULL));
	free(text);
	run_free(&r);
}

Test(formats, markdown_folds_what_was_not_met)
{
	struct run_record r = sample_whole();
	has("md", &r, "| **cases** | 1 | 1 | 1 | 1 | 1 | 0 | 0 | 5 |\n");
	has("md", &r,
	    "<details><summary><b>FAIL</b> MUST RFC 4868 2.3: <code>esp.out/icv</code>: esp.icv: want 16 octets");
	has("md", &r, "case  esp.out/icv/ipv4/a&lt;b&gt;&amp;&quot;c\n");
	run_free(&r);
}

Test(formats, markdown_gets_no_line_of_its_own_from_a_name)
{
	static const char *const lines[] = {
		"{\"event\":\"case\",\"id\":\"a/b\\n\\n# x\",\"full_id\":\"a/b\",\"verdict\":\"FAIL\","
		"\"level\":\"\\n\\n</summary>\\n# head\",\"clause\":\"\\n- li\"}",
		SAMPLE_END, NULL
	};
	struct run_record r = sample_run(lines);
	has("md", &r, "<b>FAIL</b>   &lt;/summary&gt; # head  - li: <code>a/b  # x</code>");
	run_free(&r);
}
