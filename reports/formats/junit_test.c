#include "reports/report.h"
#include "reports/formats/xml.h"
#include "reports/sample_test.h"

TestSuite(junit, .init = sample_begin, .fini = sample_end);

static bool
write_to(const struct run_record *r, const struct report_wish *w, struct err *e)
{
	const struct report_format *f = report_format_find("junit", e);
	return f != NULL && report_write(f, sample_dir, r, w, e);
}

static char *
report_as(const struct run_record *r, const struct report_wish *w)
{
	struct err e = { 0 };
	cr_assert(write_to(r, w, &e), "%s", e.text);
	return sample_slurp("junit.xml");
}

static char *
report(const struct run_record *r)
{
	const struct report_wish w = { .folder = "" };
	return report_as(r, &w);
}

static void
has(const char *text, const char *part)
{
	cr_assert(ne(ptr, strstr(text, part), NULL), "want %s in\n%s", part, text);
}

Test(junit, says_what_failed_in_the_forms_that_readers_know)
{
	struct run_record r = sample_whole();
	const char *xml = report(&r);
	has(xml, "<testsuites name=\"espy\" tests=\"5\" failures=\"1\" errors=\"2\" skipped=\"1\" time=\"0.004050\">");
	has(xml, "<testsuite name=\"esp.out\" tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"0\" time=\"0.002050\" "
		 "timestamp=\"2026-11-21T20:19:00\">");
	has(xml,
	    "classname=\"RFC 4303/2.1\" name=\"esp.out/spi/ipv4\" file=\"suites/esp-out.suite\" line=\"3\" time=\"0.001250\"");
	has(xml, "name=\"esp.out/icv/ipv4/a&lt;b&gt;&amp;&quot;c\"");
	has(xml, "<failure message=\"esp.icv: want 16 octets, got 12 \\x1b octets (and 1 more)\" type=\"FAIL\">");
	has(xml, "\nesp.seq: want 1, got 2  [RFC 4303 2.2]\n");
	has(xml, "esc \\x1b[31m nul ");
	has(xml, "<property name=\"decides\" value=\"RFC4868-2.3-a\"/>");
	has(xml, "<property name=\"rfc\" value=\"RFC 4868\"/>");
	has(xml, "<property name=\"level\" value=\"MUST\"/>");
	has(xml, "<property name=\"seed\" value=\"7\"/>");
	has(xml, "<property name=\"clause\" value=\"RFC 4868 2.3\"/>");
	has(xml, "again: espy run 'esp.out/icv/ipv4/a&lt;b&gt;&amp;&quot;c' -t reference --seed 7");
	has(xml, "<error message=\"the sentinel was lost\" type=\"INCONCLUSIVE\">");
	has(xml, "<skipped message=\"the target has no AH\" type=\"SKIP\">");
	has(xml, "/packets.pcapng]]\n");
	cr_assert(eq(ptr, strchr(xml, '\x1b'), NULL));
	run_free(&r);
}

Test(junit, attachments_are_named_from_the_workspace)
{
	struct run_record r = sample_whole();
	const struct report_wish w = { .folder = "", .workspace = "out/run/" };
	has(report_as(&r, &w), "[[ATTACHMENT|out/run/cases/ah.out/y/packets.pcapng]]\n");
	run_free(&r);
}

Test(junit, what_is_known_is_skipped_and_what_no_longer_fails_is_a_failure)
{
#define VERDICT(id, verdict)                                                                                           \
	"{\"event\":\"case\",\"id\":\"" id "\",\"full_id\":\"" id "\",\"verdict\":\"" verdict "\",\"reason\":\"why\"}"
	static const char *const lines[] = { VERDICT("a/known", "XFAIL"), VERDICT("a/gone", "XPASS"), SAMPLE_END,
					     NULL };
	struct run_record r = sample_run(lines);
	const char *xml = report(&r);
	has(xml, "tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"1\"");
	has(xml, "<skipped message=\"why\" type=\"XFAIL\">");
	has(xml, "<failure message=\"why\" type=\"XPASS\">");
	run_free(&r);
}

Test(junit, a_run_cut_short_is_not_green)
{
	static const char *const lines[] = { SAMPLE_START, SAMPLE_PASS, NULL };
	struct run_record r = sample_run(lines);
	const char *xml = report(&r);
	has(xml, "<testsuites name=\"espy\" tests=\"2\" failures=\"0\" errors=\"1\" skipped=\"0\" time=\"0.001250\">");
	has(xml, "<error message=\"cut short: 1 of 6 cases have a verdict\" type=\"ERROR\">");
	run_free(&r);
}

Test(junit, equal_names_are_told_apart)
{
	static const char *const lines[] = { SAMPLE_PASS, SAMPLE_PASS, NULL };
	struct run_record r = sample_run(lines);
	has(report(&r), "name=\"esp.out/spi/ipv4 #2\"");
	run_free(&r);
}

/* A reader takes nothing of a file with half a character in it. */
Test(junit, a_reason_that_a_buffer_cuts_ends_with_a_character)
{
	char line[2000] = "{\"event\":\"end\",\"complete\":false,\"incomplete\":\"\\u001b", why[400];
	for (size_t i = 0; i < 500; i++)
		strcat(line, "\u00e9");
	strcat(line, "\"}");
	for (size_t shift = 0; shift < 2; shift++) {
		const char *const lines[] = { line, NULL };
		struct run_record r = sample_run(lines);
		cr_assert(report_incomplete(&r, why, sizeof why - shift));
		cr_assert(eq(int, strncmp(why, "\\x1b\u00e9", 6), 0));
		for (const char *p = why; *p != '\0';) {
			size_t n = utf8_sequence((const unsigned char *)p, strlen(p));
			cr_assert(gt(sz, n, 0), "at octet %zu of %zu", (size_t)(p - why), strlen(why));
			p += n;
		}
		run_free(&r);
	}
	FILE *out = fopen(sample_path("cut"), "w");
	xml_text(out, "a\xc3");
	fclose(out);
	cr_assert(eq(str, sample_slurp("cut"), "a\ufffd"));
}

Test(junit, stays_below_what_gitlab_takes_however_much_failed)
{
	const struct report_wish w = { .folder = "" };
	struct run_record r = { 0 };
	struct err e = { 0 };
	struct stat st;
	char line[3000];
	for (unsigned i = 0; i < 30000; i++) {
		int n = snprintf(
			line, sizeof line,
			"{\"event\":\"case\",\"id\":\"s/c\",\"full_id\":\"s/c/%u\",\"verdict\":\"FAIL\",\"want\":\"%01000u\","
			"\"got\":\"%01000u\"}",
			i, i, i);
		cr_assert(run_add(&r, line, (size_t)n, &e), "%s", e.text);
	}
	cr_assert(write_to(&r, &w, &e), "%s", e.text);
	cr_assert(eq(int, stat(sample_path("junit.xml"), &st), 0));
	cr_assert(lt(i64, st.st_size, 30000000));
	cr_assert(gt(i64, st.st_size, 24000000));
	run_free(&r);
}

Test(junit, holds_to_the_schema)
{
	static const char *const none[] = { NULL }, *const bare[] = { SAMPLE_INCONCLUSIVE, NULL };
	static const char *const twice[] = { SAMPLE_START, SAMPLE_FAIL, SAMPLE_SKIP, SAMPLE_FAIL, SAMPLE_SKIP, NULL };
	static const char *const whole[] = { SAMPLE_START, SAMPLE_PASS,         SAMPLE_FAIL, SAMPLE_SKIP,
					     SAMPLE_ERROR, SAMPLE_INCONCLUSIVE, SAMPLE_END,  NULL };
	const char *const *runs[] = { none, bare, twice, whole };
	char command[PATH_MAX + 200];
	if (system("command -v xmllint >/dev/null") != 0)
		cr_skip_test(
			"xmllint is not installed (Debian: libxml2-utils): junit.xml was not held against its schema");
	for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
		struct run_record r = sample_run(runs[i]);
		(void)report(&r);
		snprintf(command, sizeof command, "xmllint --noout --schema reports/junit.xsd %s 2>&1",
			 sample_path("junit.xml"));
		cr_assert(eq(int, system(command), 0), "run %zu", i);
		run_free(&r);
	}
	/* The schema itself must be able to say no. */
	sample_write("junit.xml",
		     "<testsuites name=\"espy\" tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"0\" time=\"-1\"/>");
	snprintf(command, sizeof command, "xmllint --noout --schema reports/junit.xsd %s >/dev/null 2>&1",
		 sample_path("junit.xml"));
	cr_assert(ne(int, system(command), 0));
}

Test(junit, a_full_disk_is_an_error_and_leaves_the_old_file)
{
	struct err e = { 0 };
	struct run_record r = sample_whole();
	sample_write("junit.xml", "old");
	sample_disk_full(1000);
	cr_assert(not(write_to(&r, &(struct report_wish){ .folder = "" }, &e)));
	cr_assert(eq(int, e.code, ERR_IO));
	cr_assert(eq(str, sample_slurp("junit.xml"), "old"));
	cr_assert(eq(int, sample_count("tmp"), 0));
	run_free(&r);
}
