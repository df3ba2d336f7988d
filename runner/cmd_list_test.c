/* The commands that only look: list, explain and coverage, run as a user runs them. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/commands.h"

static char folder[64], out[65536], err[8192];

static const char suite_text[] = "suite tiny.one \"A tiny suite\" rfc4303 2\n"
				 "  for family in ipv4 ipv6\n"
				 "\n"
				 "setup {\n"
				 "  setkey { flush ; }\n"
				 "}\n"
				 "\n"
				 "case answered MUST \"an echo is answered\"\n"
				 "  clause rfc4303 2.1\n"
				 "  decides A-1 RFC1-2-a\n"
				 "{\n"
				 "  > echo(seq=1)\n"
				 "  < echo-reply(seq=1)\n"
				 "}\n"
				 "\n"
				 "case twice SHOULD \"and again\"\n"
				 "  for size in 1 2 3\n"
				 "{\n"
				 "  > echo(size=$size)\n"
				 "  < echo-reply\n"
				 "}\n";

static void
put(const char *name, const char *text)
{
	char path[200];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *f = fopen(path, "w");
	cr_assert(ne(ptr, f, NULL));
	fputs(text, f);
	fclose(f);
}

static void
begin(void)
{
	strcpy(folder, "/tmp/espy-look-XXXXXX");
	cr_assert(ne(ptr, mkdtemp(folder), NULL));
	setenv("ESPY_SUITES", folder, 1);
	put("tiny.suite", suite_text);
	put("purposes.tsv", "id\tlevel\tgroup\trfc\ttext\nA-1\tMUST\tA\t-\ta\nA-2\tMAY\tA\t-\tb\nB-1\tMUST\tB\t-\tc\n");
	put("requirements.tsv", "id\tlevel\trfc\tsection\ttestable\ttext\nRFC1-2-a\tMUST\tRFC1\t2\twire\ta\n"
				"RFC1-2-b\tMUST\tRFC1\t2\tuntestable\tb\n");
	put("events.jsonl",
	    "{\"event\":\"start\",\"schema\":\"espy-events/1\",\"started\":\"2026-11-21T20:19:00Z\",\"target\":{\"name\":\"reference\",\"release\":\"1\"}}\n"
	    "{\"event\":\"case\",\"id\":\"tiny.one/answered\",\"full_id\":\"tiny.one/answered/ipv4\",\"verdict\":\"PASS\"}\n"
	    "{\"event\":\"case\",\"id\":\"tiny.one/answered\",\"full_id\":\"tiny.one/answered/ipv6\",\"verdict\":\"FAIL\","
	    "\"want\":\"an answer\",\"got\":\"none\",\"file\":\"tiny.suite\",\"line\":13}\n"
	    "{\"event\":\"end\",\"wall_s\":1,\"complete\":true}\n");
}

static void
end(void)
{
	static const char *const names[] = { "tiny.suite", "purposes.tsv", "requirements.tsv", "events.jsonl",
					     "why.tsv",    "faults.tsv",   "bugs.tsv" };
	char path[200];
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, names[i]);
		(void)unlink(path);
	}
	(void)rmdir(folder);
}

TestSuite(look, .init = begin, .fini = end);

static void
slurp(FILE *f, char *text, size_t cap)
{
	rewind(f);
	text[fread(text, 1, cap - 1, f)] = '\0';
	fclose(f);
}

/* The command's exit status; what it said is in out and err. */
static int
call(int (*command)(int, char **), const char *const *words)
{
	char *argv[12] = { 0 };
	int argc = 0, kept[2] = { dup(1), dup(2) };
	FILE *files[2] = { tmpfile(), tmpfile() };
	for (; words[argc] != NULL; argc++)
		argv[argc] = (char *)words[argc];
	fflush(stdout);
	dup2(fileno(files[0]), 1);
	dup2(fileno(files[1]), 2);
	optind = 0;
	int status = command(argc, argv);
	fflush(stdout);
	dup2(kept[0], 1);
	dup2(kept[1], 2);
	close(kept[0]);
	close(kept[1]);
	slurp(files[0], out, sizeof out);
	slurp(files[1], err, sizeof err);
	return status;
}
#define CALL(command, ...) call(command, (const char *const[]){ __VA_ARGS__, NULL })

static void
has(const char *text, const char *part)
{
	cr_assert(ne(ptr, strstr(text, part), NULL), "want\n%s\nin\n%s", part, text);
}

Test(look, list_groups_cases_by_suite_and_counts_combinations)
{
	cr_assert(eq(int, CALL(cmd_list, "list"), 0), "%s", err);
	has(out, "tiny.one  A tiny suite [RFC 4303 2]  ");
	has(out, "\n  tiny.one/answered  MUST    RFC 4303 2.1        2  an echo is answered\n");
	has(out, "\n  tiny.one/twice     SHOULD  RFC 4303 2          6  and again\n");
	has(out, "\n2 cases, 8 combinations, 1 suites\n");
}

Test(look, list_selects_as_run_does)
{
	cr_assert(eq(int, CALL(cmd_list, "list", "--level", "should", "--params", "family=ipv6"), 0), "%s", err);
	has(out, "\n1 cases, 3 combinations, 1 suites\n");
	cr_assert(eq(int, CALL(cmd_list, "list", "*/answered"), 0), "%s", err);
	has(out, "\n1 cases, 2 combinations, 1 suites\n");
	cr_assert(eq(int, CALL(cmd_list, "list", "--level", "may"), 4));
	has(err, "no case is left");
}

Test(look, list_takes_a_clause_and_what_is_below_it)
{
	cr_assert(eq(int, CALL(cmd_list, "list", "--clause", "RFC 4303 2.1"), 0), "%s", err);
	has(out, "\n1 cases, 2 combinations, 1 suites\n");
	cr_assert(eq(int, CALL(cmd_list, "list", "--clause", "rfc4303/2"), 0), "%s", err);
	has(out, "\n2 cases, 8 combinations, 1 suites\n");
	cr_assert(eq(int, CALL(cmd_list, "list", "--clause", "rfc4302"), 4));
	cr_assert(eq(int, CALL(cmd_list, "list", "--clause", "soon"), 2));
	has(err, "--clause: want one as rfc4303/3.4.3 or 'RFC 4303 3.4.3', got 'soon'");
}

Test(look, list_groups_by_what_is_asked)
{
	cr_assert(eq(int, CALL(cmd_list, "list", "--by", "level"), 0), "%s", err);
	has(out, "MUST  1 case\n  tiny.one/answered");
	has(out, "\n\nSHOULD  1 case\n  tiny.one/twice");
	cr_assert(eq(int, CALL(cmd_list, "list", "--by", "clause"), 0), "%s", err);
	has(out, "RFC 4303 2  1 case\n");
	has(out, "\nRFC 4303 2.1  1 case\n");
	cr_assert(eq(int, CALL(cmd_list, "list", "--by", "needs"), 0), "%s", err);
	has(out, "needs nothing  2 cases\n");
	cr_assert(eq(int, CALL(cmd_list, "list", "--by", "profile"), 0), "%s", err);
	has(out, "every profile  2 cases\n");
	cr_assert(eq(int, CALL(cmd_list, "list", "--by", "clauses"), 2));
	has(err, "--by: want suite, clause, level, needs or profile, got 'clauses': did you mean clause?");
}

Test(look, list_takes_features)
{
	cr_assert(eq(int, CALL(cmd_list, "list", "--needs", "none"), 0), "%s", err);
	has(out, "\n2 cases, ");
	cr_assert(eq(int, CALL(cmd_list, "list", "--needs", "esn"), 4));
	cr_assert(eq(int, CALL(cmd_list, "list", "--needs", "socket"), 2));
	has(err, "--needs: no feature 'socket': did you mean sockets?");
}

Test(look, list_as_ids_is_one_name_a_line)
{
	cr_assert(eq(int, CALL(cmd_list, "list", "--ids"), 0), "%s", err);
	cr_assert(eq(str, out, "tiny.one\ntiny.one/answered\ntiny.one/twice\n"));
}

Test(look, list_explains_mistakes)
{
	cr_assert(eq(int, CALL(cmd_list, "list", "tiny.noe"), 2));
	has(err, "espy list: no case matches 'tiny.noe': did you mean tiny.one?");
	cr_assert(eq(int, CALL(cmd_list, "list", "--level", "must,shall"), 2));
	has(err, "want must, should, may or info, got 'shall'");
	cr_assert(eq(int, CALL(cmd_list, "list", "--jsno"), 2));
	has(err, "--json");
	cr_assert(eq(int, CALL(cmd_list, "list", "--help"), 0));
	has(out, "usage: espy list");
	cr_assert(eq(int, CALL(cmd_list, "list", "--suites", "/nowhere"), 2));
	has(err, "/nowhere: No such file");
}

Test(look, list_as_json_holds_the_same)
{
	const char *id, *clause, *level, *decides;
	int combinations, line;
	cr_assert(eq(int, CALL(cmd_list, "list", "--json"), 0), "%s", err);
	json_t *o = json_loads(out, 0, NULL);
	cr_assert(ne(ptr, o, NULL), "%s", out);
	cr_assert(eq(sz, json_array_size(json_object_get(o, "cases")), 2));
	cr_assert(eq(int,
		     json_unpack(o, "{s:[{s:s, s:s, s:s, s:[s!], s:i, s:i}]}", "cases", "id", &id, "clause", &clause,
				 "level", &level, "decides", &decides, "combinations", &combinations, "line", &line),
		     -1),
		  "two ids");
	cr_assert(eq(int,
		     json_unpack(o, "{s:[{s:s, s:s, s:s, s:[s], s:i, s:i}]}", "cases", "id", &id, "clause", &clause,
				 "level", &level, "decides", &decides, "combinations", &combinations, "line", &line),
		     0));
	cr_assert(eq(str, (char *)id, "tiny.one/answered"));
	cr_assert(eq(int, combinations, 2));
	const json_t *params = json_object_get(json_array_get(json_object_get(o, "cases"), 1), "params");
	cr_assert(eq(sz, json_array_size(json_object_get(params, "size")), 3));
	cr_assert(eq(str, (char *)json_string_value(json_array_get(json_object_get(params, "family"), 1)), "ipv6"));
	cr_assert(eq(int, line, 8));
	json_decref(o);
}

Test(look, explain_shows_claim_parameters_and_steps_as_written)
{
	cr_assert(eq(int, CALL(cmd_explain, "explain", "tiny.one/answered"), 0), "%s", err);
	has(out, "tiny.one/answered\n  an echo is answered\n\nlevel:     MUST\nclause:    RFC 4303 2.1\n");
	has(out, "\ndecides:   A-1 (MUST) RFC1-2-a (MUST)\n");
	has(out, "\n2 combinations:\n  family     ipv4 ipv6\n");
	has(out, "\n  setup {\n    setkey { flush ; }\n  }\n");
	has(out, "\n  {\n    > echo(seq=1)\n    < echo-reply(seq=1)\n  }\n");
	cr_assert(eq(ptr, strstr(out, "twice"), NULL), "the next case does not belong here");
}

Test(look, explain_shows_the_packets_of_a_run_on_the_reference)
{
	cr_assert(eq(int, CALL(cmd_explain, "explain", "tiny.one/answered"), 0), "%s", err);
	has(out, "\nOn the reference (espy run -v -t reference tiny.one/answered/ipv4), by line of the suite:\n");
	has(out, "\n    12  tester > target  ");
	has(out, "\n    13  tester < target  ");
	has(out, "\n  PASS\n");
	cr_assert(eq(int, CALL(cmd_explain, "explain", "--no-run", "tiny.one/answered"), 0), "%s", err);
	cr_assert(eq(ptr, strstr(out, "On the reference"), NULL));
}

Test(look, explain_tells_the_rule_why_it_matters_and_what_goes_wrong)
{
	put("why.tsv", "clause\twhy\nRFC 4303\tfar\nRFC 4303 2\tnear\nRFC 4303 2.1.1\tbelow\n");
	put("faults.tsv", "id\tclause\tcase\tfault\nB1\tRFC 4303 2.1\ttiny.one/answered\tit is not answered\n");
	put("bugs.tsv", "id\tclause\tcase\tstack\treference\tbug\n"
			"B1\tRFC 4303 2.1\ttiny.one/answered\tAcme\tCVE-1999-0001, note\tdid not answer\n");
	cr_assert(eq(int, CALL(cmd_explain, "explain", "--no-run", "tiny.one/answered"), 0), "%s", err);
	has(out, "\nThe rule\n  MUST   a\n  MUST   a\n");
	has(out, "\nWhy it matters\n  near\n");
	has(out, "\n  - it is not answered\n");
	has(out,
	    "\n  - Acme: did not answer\n    (CVE-1999-0001, note; https://www.cve.org/CVERecord?id=CVE-1999-0001)\n");
	cr_assert(eq(int, CALL(cmd_explain, "explain", "--no-run", "tiny.one/twice"), 0), "%s", err);
	cr_assert(eq(ptr, strstr(out, "Acme"), NULL), "of another case");
}

Test(look, explain_takes_a_clause_in_any_spelling)
{
	static const char *const spellings[] = { "rfc4303/2.1", "RFC 4303 2.1", "4303 2.1" };
	for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++) {
		cr_assert(eq(int, CALL(cmd_explain, "explain", spellings[i]), 0), "%s: %s", spellings[i], err);
		has(out, "RFC 4303 2.1  ");
		has(out, "https://www.rfc-editor.org/rfc/rfc4303#section-2.1");
		has(out, "\nCases of this clause\n  MUST   tiny.one/answered: an echo is answered\n");
		cr_assert(eq(ptr, strstr(out, "twice"), NULL));
	}
	cr_assert(eq(int, CALL(cmd_explain, "explain", "rfc4303/2"), 0), "%s", err);
	has(out, "  SHOULD tiny.one/twice: and again\n");
	cr_assert(eq(int, CALL(cmd_explain, "explain", "RFC1 2"), 2));
	cr_assert(eq(int, CALL(cmd_explain, "explain", "rfc4303/7"), 2));
	has(err, "no case and no purpose names a clause 'rfc4303/7'");
}

Test(look, explain_adds_outcomes_of_a_run)
{
	cr_assert(eq(int, CALL(cmd_explain, "explain", "--run", folder, "tiny.one/answered"), 0), "%s", err);
	has(out, "(reference 1, 2026-11-21T20:19:00Z):\n  FAIL tiny.one/answered/ipv6  want an answer, got none\n");
	has(out, "/cases/tiny.one/answered/ipv6\n  1 of 2 passed\n");
	cr_assert(eq(int, CALL(cmd_explain, "explain", "--run", folder, "tiny.one/answered/ipv4"), 0), "%s", err);
	has(out, "\n  1 of 1 passed\n");
	cr_assert(eq(int, CALL(cmd_explain, "explain", "--run", folder, "tiny.one/twice"), 0), "%s", err);
	has(out, "0 of 0 passed: it was not run\n");
	cr_assert(eq(int, CALL(cmd_explain, "explain", "--run", "/nowhere", "tiny.one/twice"), 2));
	has(err, "/nowhere/events.jsonl: No such file");
}

Test(look, explain_takes_purposes_and_suites_and_says_what_was_meant)
{
	cr_assert(eq(int, CALL(cmd_explain, "explain", "A-1", "RFC1-2-b", "tiny.one"), 0), "%s", err);
	has(out, "A-1  MUST  A\n  a\n  decided by tiny.one/answered: an echo is answered\n");
	has(out, "RFC1-2-b  MUST  RFC1 2, testable by: untestable\n  b\n  no case names it\n");
	has(out, "tiny.one:\n  tiny.one/answered ");
	cr_assert(eq(int, CALL(cmd_explain, "explain", "tiny.one/anwsered"), 2));
	has(err, "did you mean tiny.one/answered?");
	cr_assert(eq(int, CALL(cmd_explain, "explain", "answered"), 2));
	has(err, "did you mean tiny.one/answered?");
	cr_assert(eq(int, CALL(cmd_explain, "explain", "A-11"), 2));
	has(err, "did you mean A-1");
	cr_assert(eq(int, CALL(cmd_explain, "explain"), 2));
	has(err, "want the ID of a case");
}

Test(look, coverage_counts_by_group_and_lists_what_is_missing)
{
	cr_assert(eq(int, CALL(cmd_coverage, "coverage"), 0), "%s", err);
	has(out,
	    "Purposes: 1 of 3 decided\n  A           1/2     undecided: A-2\n  B           0/1     undecided: B-1\n");
	has(out, "\nRequirements: 1 of 2 decided\n  RFC1        1/2     undecided: RFC1-2-b\n");
}

Test(look, coverage_of_single_ids_says_by_what_or_why_not)
{
	cr_assert(eq(int, CALL(cmd_coverage, "coverage", "a-*", "RFC1-2-b", "--run", folder), 0), "%s", err);
	has(out, "A-1                MUST       decided by tiny.one/answered on reference\n");
	has(out, "A-2                MAY        undecided: no case names it\n");
	has(out, "RFC1-2-b           MUST       undecided: no case names it (cannot be tested from outside)\n");
	cr_assert(eq(ptr, strstr(out, "B-1"), NULL));
	cr_assert(eq(int, CALL(cmd_coverage, "coverage", "A-3"), 2));
	has(err, "A-3 is neither a purpose nor a requirement: did you mean A-1");
}

Test(look, coverage_as_json_has_the_agreed_members)
{
	const char *id, *level, *by, *target, *reason;
	int decided;
	cr_assert(eq(int, CALL(cmd_coverage, "coverage", "--json", "--run", folder), 0), "%s", err);
	json_t *o = json_loads(out, 0, NULL);
	cr_assert(ne(ptr, o, NULL), "%s", out);
	cr_assert(eq(int,
		     json_unpack(o, "{s:[{s:s, s:s, s:b, s:[s], s:[s], s:s}]}", "purposes", "id", &id, "level", &level,
				 "decided", &decided, "by", &by, "targets", &target, "reason", &reason),
		     0));
	cr_assert(eq(str, (char *)by, "tiny.one/answered"));
	cr_assert(eq(str, (char *)target, "reference"));
	cr_assert(eq(str, (char *)reason, ""));
	cr_assert(eq(int, decided, 1));
	cr_assert(eq(sz, json_array_size(json_object_get(o, "purposes")), 3));
	cr_assert(eq(sz, json_array_size(json_object_get(o, "requirements")), 2));
	json_decref(o);
}

Test(look, an_id_in_neither_list_stops_coverage_with_its_place)
{
	put("purposes.tsv", "id\tlevel\tgroup\trfc\ttext\nA-2\tMAY\tA\t-\tx\n");
	cr_assert(eq(int, CALL(cmd_coverage, "coverage"), 2));
	has(err, "/tiny.suite:10:");
	has(err, "case answered: A-1 is neither a purpose nor a requirement: did you mean A-2?");
}
