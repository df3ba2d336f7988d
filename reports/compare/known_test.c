/* XFAIL and XPASS: what a baseline makes of a run, and what of it the journal says. */
#include "reports/sample_test.h"

#include "reports/event.h"
#include "reports/compare/flaky.h"
#include "reports/compare/known.h"

#define START SAMPLE_START
#define CASE(id, verdict, more)                                                                                        \
	"{\"event\":\"case\",\"id\":\"" id "\",\"full_id\":\"" id "/x\",\"verdict\":\"" verdict                        \
	"\",\"reason\":\"r\"" more "}"
#define KNOWN ",\"known\":{\"entry\":\"a/b\",\"file\":\"k.txt\",\"line\":3,\"reason\":\"old\"}"
#define EXPIRED ",\"known\":{\"entry\":\"a/b\",\"file\":\"k.txt\",\"line\":3,\"until\":\"2020-01-01\",\"expired\":true}"
#define BASELINE                                                                                                       \
	"{\"event\":\"baseline\",\"file\":\"k.txt\",\"entries\":4,\"known\":1,"                                        \
	"\"xpass\":[{\"entry\":\"a/p\",\"line\":7,\"reason\":\"was so\",\"cases\":[\"a/p/x\",\"a/f/x\"]}],"            \
	"\"unused\":[{\"entry\":\"a/\\u001bs\",\"line\":9,\"why\":\"every combination was skipped: no AH\"}],"         \
	"\"expired\":[{\"entry\":\"a/b\",\"line\":3,\"until\":\"2020-01-01\"}]}"

static void
has_verdict(const struct run_record *r, size_t i, const char *verdict)
{
	cr_expect(eq(str, (char *)event_text(json_array_get(r->cases, i), "verdict"), (char *)verdict), "case %zu", i);
}

Test(known, a_failure_with_an_entry_is_expected_and_nothing_else_is)
{
	static const char *const lines[] = { START,
					     CASE("a/b", "FAIL", KNOWN),
					     CASE("a/c", "FAIL", EXPIRED),
					     CASE("a/d", "INCONCLUSIVE", KNOWN),
					     CASE("a/e", "FAIL", ",\"known\":7"),
					     NULL };
	struct run_record r = sample_run(lines);
	has_verdict(&r, 0, "XFAIL");
	has_verdict(&r, 1, "FAIL");
	has_verdict(&r, 2, "INCONCLUSIVE");
	has_verdict(&r, 3, "FAIL");
	cr_expect(eq(u32, r.tally.xfail, 1));
	cr_expect(eq(u32, r.tally.fail, 2));
	cr_expect(eq(u32, r.tally.total, 4));
	cr_expect(eq(str, (char *)event_observed(json_array_get(r.cases, 0)), "FAIL"));
	cr_expect(eq(str, (char *)event_text(json_array_get(r.cases, 0), "reason"), "r"), "what was seen stays");
	cr_expect(not(event_unmet(json_array_get(r.cases, 0))));
	run_free(&r);
}

Test(known, an_expected_failure_is_explained_by_its_entry_and_others_by_themselves)
{
	static const char *const lines[] = { START, CASE("a/b", "FAIL", KNOWN), CASE("a/c", "FAIL", EXPIRED),
					     CASE("a/d", "FAIL", ",\"known\":{\"reason\":7}"), NULL };
	static const char *const want[] = { "known: old", "r", "r" };
	struct run_record r = sample_run(lines);
	for (size_t i = 0; i < 3; i++) {
		char why[20];
		known_why(json_array_get(r.cases, i), why, sizeof why);
		cr_expect(eq(str, why, (char *)want[i]), "case %zu", i);
	}
	run_free(&r);
}

Test(known, what_no_longer_fails_is_a_surprise_that_names_its_line)
{
	static const char *const lines[] = {
		START, CASE("a/p", "PASS", ""), CASE("a/q", "PASS", ""), CASE("a/f", "FAIL", ""), BASELINE, NULL
	};
	struct run_record r = sample_run(lines);
	has_verdict(&r, 0, "XPASS");
	has_verdict(&r, 1, "PASS");
	has_verdict(&r, 2, "FAIL");
	cr_expect(eq(u32, r.tally.xpass, 1));
	cr_expect(eq(u32, r.tally.pass, 1));
	const json_t *x = json_array_get(r.cases, 0);
	cr_expect(eq(str, (char *)event_text(x, "reason"), "no longer fails: take a/p out of k.txt, line 7"));
	cr_expect(eq(str, (char *)event_text(json_object_get(x, "known"), "reason"), "was so"));
	cr_expect(eq(str, (char *)event_observed(x), "PASS"));
	cr_expect(event_unmet(x));
	run_free(&r);
}

Test(known, people_are_told_of_entries_to_look_at)
{
	static const char *const lines[] = { START, CASE("a/p", "PASS", ""), CASE("a/b", "FAIL", KNOWN), BASELINE,
					     NULL };
	struct run_record r = sample_run(lines);
	char text[800] = "";
	FILE *f = fmemopen(text, sizeof text, "w");
	known_print(f, &r);
	fclose(f);
	cr_expect(eq(str, text,
		     "Baseline k.txt: 1 known failures, 4 entries\n"
		     "     k.txt:7: a/p: no longer fails, take it out\n"
		     "     k.txt:3: a/b: still fails, and was to be known until 2020-01-01\n"
		     "     k.txt:9: a/\\x1bs: every combination was skipped: no AH\n"));
	run_free(&r);
}

Test(known, odd_members_of_a_baseline_event_do_no_harm)
{
	static const char *const events[] = {
		"{\"event\":\"baseline\"}",
		"{\"event\":\"baseline\",\"xpass\":7,\"unused\":{},\"expired\":[1,null]}",
		"{\"event\":\"baseline\",\"file\":[],\"xpass\":[{\"cases\":\"a/p/x\"},{\"cases\":[7,null,\"gone\"]},3]}",
		"{\"event\":\"baseline\",\"xpass\":[{\"cases\":[\"a/p/x\"]}]}",
	};
	for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
		const char *const lines[] = { START, CASE("a/p", "PASS", ""), events[i], events[i], NULL };
		struct run_record r = sample_run(lines);
		char text[800];
		FILE *f = fmemopen(text, sizeof text, "w");
		known_print(f, &r);
		fclose(f);
		cr_expect(eq(u32, r.tally.pass + r.tally.xpass, 1), "%s", events[i]);
		run_free(&r);
	}
}

Test(known, a_case_that_does_not_always_end_alike_is_named_with_its_rate)
{
	static const char *const lines[] = {
		START,
		CASE("a/b", "PASS", ",\"round\":1"),
		CASE("a/c", "FAIL", ",\"round\":1"),
		CASE("a/d", "PASS", ",\"round\":1"),
		CASE("a/b", "FAIL", ",\"round\":2"),
		CASE("a/c", "FAIL", ",\"round\":2"),
		CASE("a/d", "SKIP", ",\"round\":2"),
		CASE("a/b", "PASS", ",\"round\":3"),
		CASE("a/e", "PASS", ""),
		CASE("a/e", "FAIL", ""),
		NULL,
	};
	struct run_record r = sample_run(lines);
	char text[400] = "";
	FILE *f = fmemopen(text, sizeof text, "w");
	flaky_print(f, &r);
	fclose(f);
	cr_expect(eq(str, text, "Flaky: not met in 1 of 3 runs: a/b/x: r\n"));
	run_free(&r);
}
