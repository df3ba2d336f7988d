#include "reports/sample_test.h"

TestSuite(junit, .init = sample_begin, .fini = sample_end);

static char *
report(const struct run_record *r)
{
	struct err e = { 0 };
	cr_assert(report_junit(r, sample_dir, &e), "%s", e.text);
	return sample_slurp("junit.xml");
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
	has(xml, "<error message=\"the sentinel was lost\" type=\"INCONCLUSIVE\">");
	has(xml, "<skipped message=\"the target has no AH\" type=\"SKIP\">");
	has(xml, "/packets.pcapng]]\n");
	cr_assert(eq(ptr, strchr(xml, '\x1b'), NULL));
	run_free(&r);
}

Test(junit, equal_names_are_told_apart)
{
	static const char *const lines[] = { SAMPLE_PASS, SAMPLE_PASS, NULL };
	struct run_record r = sample_run(lines);
	has(report(&r), "name=\"esp.out/spi/ipv4 #2\"");
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
	cr_assert(not(report_junit(&r, sample_dir, &e)));
	cr_assert(eq(int, e.code, ERR_IO));
	cr_assert(eq(str, sample_slurp("junit.xml"), "old"));
	cr_assert(eq(int, sample_count("tmp"), 0));
	run_free(&r);
}
