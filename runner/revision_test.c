/* The revision of a case: what changes it, and what does not. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

#include "runner/plan.h"
#include "runner/revision.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

#define HEAD                                                                                                           \
	"suite t \"t\" rfc4303 2\n  for family in ipv4 ipv6\n\nsetup { setkey { flush ; } }\nsetup other { alive }\n\n"
#define BODY "{\n  > echo(seq=1)\n  < echo-reply(seq=1)\n}\n"

/* Of the combination of this full id. */
static void
revision(const char *text, const char *full_id, char out[REVISION_TEXT])
{
	struct err e = { 0 };
	struct plan p = { 0 };
	struct suite *s = suite_parse("t.suite", text, strlen(text), &e);
	cr_assert(s != NULL, "%s", e.text);
	cr_assert(plan_make(&p, s, &(struct selection){ 0 }, &e), "%s", e.text);
	out[0] = '\0';
	for (unsigned i = 0; i < p.n; i++)
		if (strcmp(p.items[i].full_id, full_id) == 0)
			revision_of_case(&p.items[i], out);
	cr_assert(ne(str, out, ""), "no %s in %s", full_id, text);
	plan_free(&p);
	suite_free(s);
}

Test(revision, only_what_decides_a_verdict_makes_a_new_one)
{
	static const struct {
		const char *name, *text, *full_id;
		bool same;
	} rows[] = {
		{ "itself", HEAD "case c MUST \"c\"\n" BODY, "t/c/ipv4", true },
		{ "comments, indentation",
		  HEAD
		  "# a\ncase   c MUST \"c\" # b\n\n{ # c\n\n\t> echo(seq=1)   \n   <  echo-reply(seq=1) # d\n\n}\n",
		  "t/c/ipv4", true },
		{ "title", HEAD "case c MUST \"another\"\n" BODY, "t/c/ipv4", true },
		{ "clause, purposes", HEAD "case c MUST \"c\"\n  clause rfc4303 3\n  decides A-1\n" BODY, "t/c/ipv4",
		  true },
		{ "a case in front", HEAD "case b MUST \"b\"\n{ alive }\ncase c MUST \"c\"\n" BODY, "t/c/ipv4", true },
		{ "a longer matrix", HEAD "case c MUST \"c\"\n  for family in ipv6 ipv4\n" BODY, "t/c/ipv4", true },
		{ "another combination", HEAD "case c MUST \"c\"\n" BODY, "t/c/ipv6", false },
		{ "level", HEAD "case c SHOULD \"c\"\n" BODY, "t/c/ipv4", false },
		{ "needs", HEAD "case c MUST \"c\"\n  needs esn\n" BODY, "t/c/ipv4", false },
		{ "profile", HEAD "case c MUST \"c\"\n  profile kame\n" BODY, "t/c/ipv4", false },
		{ "uncalibrated", HEAD "case c MUST \"c\"\n  uncalibrated\n" BODY, "t/c/ipv4", false },
		{ "another setup", HEAD "case c MUST \"c\"\n  setup other\n" BODY, "t/c/ipv4", false },
		{ "the setup it uses",
		  "suite t \"t\"\n  for family in ipv4\nsetup { setkey { flush ; spdflush ; } }\ncase c MUST \"c\"\n" BODY,
		  "t/c/ipv4", false },
		{ "a setup it does not use",
		  "suite t \"u\"\n  for family in ipv4\nsetup { setkey { flush ; } }\ncase c MUST \"c\"\n" BODY,
		  "t/c/ipv4", true },
		{ "a step", HEAD "case c MUST \"c\"\n{\n  > echo(seq=1)\n  < echo-reply(seq=2)\n}\n", "t/c/ipv4",
		  false },
		{ "blanks in a string",
		  HEAD "case c MUST \"c\"\n{\n  > echo(seq=1)\n  < echo-reply(seq=1)\n  note \"#  x\"\n}\n", "t/c/ipv4",
		  false },
		{ "the suite's name",
		  "suite u \"t\"\n  for family in ipv4\nsetup { setkey { flush ; } }\ncase c MUST \"c\"\n" BODY,
		  "u/c/ipv4", true },
	};
	char first[REVISION_TEXT], other[REVISION_TEXT];
	revision(rows[0].text, rows[0].full_id, first);
	cr_assert(eq(sz, strlen(first), 16));
	for (size_t i = 0; i < COUNT(rows); i++) {
		revision(rows[i].text, rows[i].full_id, other);
		cr_expect(eq(int, strcmp(first, other) == 0, rows[i].same), "%s", rows[i].name);
	}
}

Test(revision, text_is_the_same_without_comments_and_with_blanks_folded)
{
	static const struct {
		const char *a, *b;
		bool same;
	} rows[] = {
		{ "a b", "a \t b", true },
		{ "a\nb", "a  # x\n\n \n  b", true },
		{ "a b", "a \\\n b", true },
		{ "a b", "a\nb", false },
		{ "a b", "ab", false },
		{ "\"a  b\"", "\"a b\"", false },
		{ "\"a # b\"", "\"a\"", false },
		{ "\"a\\\" # b\" c", "\"a\\\" # b\"   c", true },
		{ "\"open # b\nc", "\"open # c\nc", false },
	};
	for (size_t i = 0; i < COUNT(rows); i++)
		cr_expect(eq(int,
			     revision_text(rows[i].a, strlen(rows[i].a)) == revision_text(rows[i].b, strlen(rows[i].b)),
			     rows[i].same),
			  "row %zu", i);
	cr_expect(revision_text("", 0) == 14695981039346656037u, "the basis of FNV-1a");
	cr_expect(revision_text("a", 1) == 12638187200555641996u, "its published value of 'a'");
}

Test(revision, the_suites_have_one_whatever_is_selected)
{
	static const char one[] = "suite t \"t\"\ncase c MUST \"c\"\n{ alive }\n",
			  two[] = "suite t \"t\"\ncase c MUST \"d\"\n{ alive }\n";
	struct err e;
	struct suite *a = suite_parse("t", one, strlen(one), &e), *b = suite_parse("t", two, strlen(two), &e);
	char x[REVISION_TEXT], y[REVISION_TEXT];
	unsigned n;
	revision_of_suites(a, &n, x);
	cr_expect(eq(u32, n, 1));
	revision_of_suites(b, &n, y);
	cr_expect(ne(str, x, y));
	a->next = b;
	revision_of_suites(a, &n, y);
	cr_expect(eq(u32, n, 2));
	cr_expect(ne(str, x, y));
	suite_free(a);
	suite_free(b);
}
