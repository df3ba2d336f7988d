#include "reports/sample_test.h"

#include <wait.h>

#include "reports/clause.h"
#include "reports/html/claims.h"
#include "reports/html/cover.h"
#include "reports/html/text.h"
#include "reports/lore.h"
#include "reports/report.h"

TestSuite(html, .init = sample_begin, .fini = sample_end);

/* The page of a run; the lists of the tree unless told otherwise. Freed by the test's end. */
static char *
page_of(const struct run_record *r, const struct report_wish *w)
{
	char *text = NULL;
	size_t n = 0;
	struct err e = { 0 };
	FILE *f = open_memstream(&text, &n);
	cr_assert(ne(ptr, f, NULL));
	cr_assert(report_render_html(f, r, w, &e), "%s", e.text);
	fclose(f);
	return text;
}

static struct purposes lists;

static char *
page(const struct run_record *r)
{
	struct err e = { 0 };
	if (lists.n == 0)
		cr_assert(purposes_load(&lists, "suites", &e), "%s", e.text);
	struct report_wish w = { .folder = "", .purposes = &lists };
	return page_of(r, &w);
}

static char *
page_of_lines(const char *const *lines)
{
	struct run_record r = sample_run(lines);
	char *text = page(&r);
	run_free(&r);
	return text;
}

static void
has(const char *text, const char *part)
{
	cr_assert(ne(ptr, strstr(text, part), NULL), "want %s", part);
}

static void
has_not(const char *text, const char *part)
{
	const char *at = strstr(text, part);
	cr_assert(eq(ptr, (char *)at, NULL), "want no %s, got ..%.60s", part, at);
}

/* Part of the page between an element's id and the end of its section. */
static const char *
section(const char *text, const char *id)
{
	static char out[1 << 20];
	char mark[80];
	snprintf(mark, sizeof mark, "<section id=\"%s\"", id);
	const char *from = strstr(text, mark);
	cr_assert(ne(ptr, (char *)from, NULL), "want a section %s", id);
	size_t n = (size_t)(strstr(from, "</section>") - from);
	cr_assert(lt(sz, n, sizeof out));
	memcpy(out, from, n);
	out[n] = '\0';
	return out;
}

/* Readers of XML take the page for what it is; xmllint knows what they think. */
static void
is_well_formed(const char *text, const char *which)
{
	char command[PATH_MAX + 100];
	sample_write("page.html", text);
	snprintf(command, sizeof command, "xmllint --noout %s 2>&1", sample_path("page.html"));
	cr_assert(eq(int, system(command), 0), "%s", which);
}

#define CASE(id, level, clause, verdict, more)                                                                         \
	"{\"event\":\"case\",\"id\":\"" id "\",\"full_id\":\"" id                                                      \
	"/ipv4\",\"suite\":\"esp.out\",\"params\":{\"family\":"                                                        \
	"\"ipv4\"},\"title\":\"title of " id "\",\"level\":\"" level "\",\"clause\":\"" clause                         \
	"\",\"verdict\":\"" verdict "\"" more "}"

/* --- what it says ------------------------------------------------------------------------------ */

Test(html, says_in_one_sentence_what_the_run_comes_to)
{
	static const struct {
		const char *name, *lines[4], *want;
	} rows[] = {
		{ "a MUST",
		  { SAMPLE_START, SAMPLE_FAIL, SAMPLE_END },
		  "departs from <strong class=\"t-fail\">1 MUST</strong> in 1 area." },
		{ "a SHOULD",
		  { SAMPLE_START, CASE("esp.out/a", "SHOULD", "RFC 4303 2.4", "FAIL", ""), SAMPLE_END },
		  "departs from <strong class=\"t-warn\">1 SHOULD</strong> in 1 area." },
		{ "INFO is no departure",
		  { SAMPLE_START, CASE("esp.out/a", "INFO", "RFC 4303 2.4", "FAIL", ""), SAMPLE_PASS, SAMPLE_END },
		  "keeps <strong class=\"t-pass\">all 1 claims</strong>" },
		{ "all pass",
		  { SAMPLE_START, SAMPLE_PASS, SAMPLE_END },
		  "keeps <strong class=\"t-pass\">all 1 claims</strong>" },
		{ "nothing ran", { SAMPLE_START, SAMPLE_SKIP, SAMPLE_END }, "no case was decided" },
		{ "known",
		  { SAMPLE_START, CASE("esp.out/a", "MUST", "", "XFAIL", ""), SAMPLE_PASS, SAMPLE_END },
		  "shows 1 known departure and no new one" },
		{ "cut short",
		  { SAMPLE_START, SAMPLE_PASS, NULL },
		  "The run is not whole</strong>: cut short: 1 of 6 cases" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *lines[5] = { rows[i].lines[0], rows[i].lines[1], rows[i].lines[2], rows[i].lines[3], NULL };
		char *text = page_of_lines(lines);
		cr_assert(ne(ptr, strstr(text, rows[i].want), NULL), "%s: want %s", rows[i].name, rows[i].want);
		is_well_formed(text, rows[i].name);
		free(text);
	}
}

Test(html, every_verdict_has_its_place)
{
	static const char *const lines[] = { SAMPLE_START,
					     CASE("s/must", "MUST NOT", "RFC 4303 2.1", "FAIL", ""),
					     CASE("s/should", "SHOULD", "RFC 4303 2.2", "FAIL", ""),
					     CASE("s/may", "MAY", "RFC 4303 2.3", "FAIL", ""),
					     CASE("s/gone", "MUST", "RFC 4303 2.4", "XPASS", ""),
					     CASE("s/unclear", "MUST", "RFC 4303 2.5", "INCONCLUSIVE", ""),
					     CASE("s/error", "MUST", "RFC 4303 2.6", "ERROR", ""),
					     CASE("s/known", "MUST", "RFC 4303 2.7", "XFAIL",
						  ",\"known\":{\"reason\":\"since 1998\",\"file\":\"list.txt\"}"),
					     CASE("s/skip", "MUST", "RFC 4303 2.8", "SKIP", ",\"reason\":\"no AH\""),
					     CASE("s/pass", "MUST", "RFC 4303 2", "PASS", ""),
					     SAMPLE_END,
					     NULL };
	static const struct {
		const char *section, *id;
	} rows[] = {
		{ "must", "s/must" },   { "should", "s/should" },        { "differs", "s/may" },
		{ "gone", "s/gone" },   { "inconclusive", "s/unclear" }, { "errors", "s/error" },
		{ "known", "s/known" }, { "skipped", "s/skip" },         { "passed", "s/pass" },
	};
	char *text = page_of_lines(lines);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char id[80];
		snprintf(id, sizeof id, ">%s<", rows[i].id);
		cr_assert(ne(ptr, strstr(section(text, rows[i].section), id), NULL), "%s in %s", rows[i].id,
			  rows[i].section);
		for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++)
			cr_assert(k == i || strstr(section(text, rows[k].section), id) == NULL, "%s in %s", rows[i].id,
				  rows[k].section);
	}
	has(section(text, "known"), "since 1998");
	has(section(text, "skipped"), "no AH");
	is_well_formed(text, "every verdict");
	free(text);
}

Test(html, MUST_comes_before_SHOULD_and_the_sections_in_order_of_gravity)
{
	static const char *const lines[] = { SAMPLE_START,
					     CASE("s/b", "SHOULD", "", "FAIL", ""),
					     CASE("s/c", "INFO", "", "FAIL", ""),
					     CASE("s/a", "MUST", "", "FAIL", ""),
					     SAMPLE_PASS,
					     SAMPLE_SKIP,
					     SAMPLE_END,
					     NULL };
	/* The map of a run of one suite comes behind what failed. */
	static const char *const order[] = {
		"<header",        "<h1",           "id=\"must\"", "id=\"should\"", "id=\"differs\"", "id=\"coverage\"",
		"id=\"skipped\"", "id=\"passed\"", "<footer"
	};
	char *text = page_of_lines(lines);
	const char *at = text;
	for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
		const char *next = strstr(at, order[i]);
		cr_assert(ne(ptr, (char *)next, NULL), "%s behind what comes before it", order[i]);
		at = next;
	}
	free(text);
}

Test(html, the_rule_stands_in_our_words_with_its_level_and_a_link_to_the_RFC)
{
	static const char *const lines[] = {
		SAMPLE_START, CASE("s/a", "MUST", "RFC 4303 2.1", "FAIL", ",\"decides\":[\"EO-01\",\"nobody\",7]"),
		SAMPLE_END, NULL
	};
	char *text = page_of_lines(lines);
	const char *must = section(text, "must");
	has(must, "<span class=\"level must\">MUST</span>");
	has(must, purposes_find(&lists, "EO-01")->text);
	has(must, "<a href=\"https://www.rfc-editor.org/rfc/rfc4303#section-2.1\">RFC 4303 2.1</a>");
	has_not(must, "nobody");
	free(text);
}

Test(html, like_reasons_of_a_case_are_one_and_others_stand_beside_them)
{
#define OF(family, got)                                                                                                \
	"{\"event\":\"case\",\"id\":\"s/a\",\"full_id\":\"s/a/" family                                                 \
	"\",\"suite\":\"s\",\"params\":{\"family\":\"" family                                                          \
	"\"},\"title\":\"t\",\"level\":\"MUST\",\"verdict\":\"FAIL\",\"want\":\"w\",\"got\":\"" got "\"}"
	static const char *const alike[] = { OF("ipv4", "ip4(id=1)/esp/0x0123456789ab"),
					     OF("ipv6", "ip6(flow=7)/esp/0xba9876543210"), NULL };
	static const char *const apart[] = { OF("ipv4", "ip4/esp"), OF("ipv6", "nothing"), NULL };
	static const char *const some[] = {
		OF("ipv4", "nothing"),
		"{\"event\":\"case\",\"id\":\"s/a\",\"full_id\":\"s/a/ipv6\",\"verdict\":\"PASS\"}", NULL
	};
	char *text = page_of_lines(alike);
	has(section(text, "must"), "all 2 combinations");
	has_not(section(text, "must"), "more reason");
	free(text);
	text = page_of_lines(apart);
	has(section(text, "must"), "all 2 combinations");
	has(section(text, "must"), "and 1 more reason");
	has(section(text, "must"), "1 of 2 combinations");
	free(text);
	text = page_of_lines(some);
	has(section(text, "must"), "1 of 2 combinations");
	free(text);
}

Test(html, of_many_alike_some_are_shown_in_full_and_the_page_says_so)
{
	char *made[40];
	const char *lines[42] = { SAMPLE_START };
	for (unsigned i = 0; i < 40; i++) {
		cr_assert(gt(int, asprintf(&made[i], CASE("s/a", "MUST", "", "FAIL", ",\"reason\":\"r\",\"n\":%u"), i),
			     0));
		lines[i + 1] = made[i];
	}
	char *text = page_of_lines(lines);
	has(section(text, "must"), "4 of 40 alike are shown in full");
	has(section(text, "must"), "cases/s/a/ipv4~40/packets.pcapng");
	free(text);
	for (unsigned i = 0; i < 40; i++)
		free(made[i]);
}

Test(html, what_goes_wrong_with_the_rule_stands_beside_it)
{
	static const char *const lines[] = {
		SAMPLE_START, CASE("esp.padding/pad_length_beyond_payload", "MUST", "RFC 4303 2.5", "FAIL", ""),
		CASE("s/none", "MUST", "RFC 9999 2.5", "FAIL", ""), SAMPLE_END, NULL
	};
	struct run_record r = sample_run(lines);
	struct err e = { 0 };
	struct lore lore;
	struct lore_fault fault;
	struct lore_bug bug;
	unsigned whys = 0;
	cr_assert(lore_load(&lore, "suites", &e), "%s", e.text);
	struct report_wish w = { .folder = "", .lore = &lore };
	char *text = page_of(&r, &w);
	const char *must = section(text, "must");
	for (const char *at = strstr(must, "Why it matters: "); at != NULL; at = strstr(at + 1, "Why it matters: "))
		whys++;
	cr_assert(eq(u32, whys, 1));
	for (size_t i = 0; lore_fault(&lore, i, &fault); i++)
		if (strcmp(fault.case_id, "esp.padding/pad_length_beyond_payload") == 0)
			break;
	has(must, fault.text);
	for (size_t i = 0; lore_bug(&lore, i, &bug); i++)
		if (strcmp(bug.case_id, "esp.padding/pad_length_beyond_payload") == 0)
			break;
	has(must, bug.text);
	lore_free(&lore);
	free(text);
	run_free(&r);
}

/* --- the map ----------------------------------------------------------------------------------- */

static struct cover
cover_of(const char *const *lines, struct claims *c, const struct purposes *p)
{
	struct cover cover;
	struct err e = { 0 };
	static struct run_record r; /* claims point into it: there until the next */
	run_free(&r);
	r = sample_run(lines);
	cr_assert(claims_read(c, r.cases, &e), "%s", e.text);
	cr_assert(cover_read(&cover, c, p, &e), "%s", e.text);
	return cover;
}

static const struct cover_section *
cover_at(const struct cover *c, const char *doc, const char *name)
{
	for (size_t i = 0; i < c->n; i++)
		for (size_t k = 0; k < c->docs[i].n; k++)
			if (strcmp(c->docs[i].name, doc) == 0 && strcmp(c->docs[i].v[k].name, name) == 0)
				return &c->docs[i].v[k];
	cr_assert(false, "want RFC %s %s", doc, name);
	return NULL;
}

static const char *
word_at(const struct cover *c, const char *doc, const char *name)
{
	return standing_rows[cover_at(c, doc, name)->standing].word;
}

Test(html, a_section_is_as_bad_as_the_worst_that_stands_in_it)
{
	static const char *const lines[] = { CASE("s/spi", "MUST", "RFC 4303 2.1", "PASS", ",\"decides\":[\"EO-01\"]"),
					     CASE("s/order", "SHOULD", "RFC 4303 2.4", "FAIL", ""),
					     CASE("s/both", "MUST", "RFC 4303 2.4", "FAIL", ""),
					     CASE("s/lost", "MUST", "RFC 4303 2.5", "INCONCLUSIVE", ""),
					     CASE("s/known", "MUST", "RFC 4303 2.6", "XFAIL", ""),
					     CASE("s/skip", "MUST", "RFC 9999 1", "SKIP", ""),
					     CASE("s/pass", "MUST", "RFC 9999 2, RFC 9998 3", "PASS", ""),
					     CASE("s/info", "INFO", "setkey(8)", "FAIL", ""),
					     NULL };
	struct claims c;
	struct err e = { 0 };
	cr_assert(purposes_load(&lists, "suites", &e), "%s", e.text);
	struct cover cover = cover_of(lines, &c, &lists);
	cr_assert(eq(str, (char *)word_at(&cover, "4303", "2.1"), "met as far as tried"));
	cr_assert(eq(str, (char *)word_at(&cover, "4303", "2.4"), "MUST not met"));
	cr_assert(eq(u32, cover_at(&cover, "4303", "2.4")->failing, 2));
	cr_assert(eq(str, (char *)word_at(&cover, "4303", "2.5"), "inconclusive"));
	cr_assert(eq(str, (char *)word_at(&cover, "4303", "2.6"), "known departure"));
	cr_assert(eq(str, (char *)word_at(&cover, "4301", "4.1"), "undecided"));
	cr_assert(eq(str, (char *)word_at(&cover, "9999", "1"), "undecided"));
	cr_assert(eq(str, (char *)word_at(&cover, "9999", "2"), "met"));
	cr_assert(eq(str, (char *)word_at(&cover, "9998", "3"), "met"));
	cr_assert(eq(str, (char *)word_at(&cover, "", "setkey"), "differs, no departure"));
	cover_free(&cover);
	claims_free(&c);
	cover = cover_of(lines, &c, NULL);
	cr_assert(eq(str, (char *)word_at(&cover, "4303", "2.1"), "met"),
		  "without the lists cases speak for themselves");
	cover_free(&cover);
	claims_free(&c);
}

Test(html, each_requirement_that_cannot_be_tested_is_shown_as_such)
{
	static const char *const lines[] = { SAMPLE_PASS, NULL };
	struct claims c;
	struct err e = { 0 };
	unsigned untestable = 0, listed = 0;
	cr_assert(purposes_load(&lists, "suites", &e), "%s", e.text);
	struct cover cover = cover_of(lines, &c, &lists);
	for (size_t i = 0; i < lists.n; i++)
		listed += strcmp(lists.v[i].testable, "untestable") == 0;
	for (size_t i = 0; i < cover.n; i++)
		untestable += cover.docs[i].by_state[ST_UNTESTABLE];
	cr_assert(gt(u32, listed, 10));
	cr_assert(eq(u32, untestable, listed));
	cover_free(&cover);
	claims_free(&c);
}

Test(html, cells_lead_to_their_rules_and_say_in_words_what_their_colour_says)
{
	static const char *const lines[] = { SAMPLE_START,
					     CASE("s/a", "MUST", "RFC 4303 2.1", "FAIL", ",\"decides\":[\"EO-01\"]"),
					     SAMPLE_END, NULL };
	char *text = page_of_lines(lines);
	const char *map = section(text, "coverage");
	has(map, "<a class=\"cell c-fail\" href=\"#s-4303-2.1\" title=\"RFC 4303 2.1: MUST not met");
	has(map, "<div class=\"panel\" id=\"s-4303-2.1\"");
	has(map, "<a href=\"https://www.rfc-editor.org/rfc/rfc4303#section-2.1\">RFC 4303 section 2.1</a>");
	has(map, "href=\"#case-s-a\"");
	has(map, "<caption>Coverage by section</caption>");
	free(text);
}

Test(html, clauses_are_read_as_people_write_them)
{
	static const struct {
		const char *text, *want, *url;
	} rows[] = {
		{ "RFC 4303 3.4.3", "4303 3.4.3", "https://www.rfc-editor.org/rfc/rfc4303#section-3.4.3" },
		{ "RFC 4303 3.4.3, RFC 2367 3.1", "4303 3.4.3|2367 3.1",
		  "https://www.rfc-editor.org/rfc/rfc2367#section-3.1" },
		{ "4303\u00a73.4.2; \u00a74", "4303 3.4.2|4303 4", "https://www.rfc-editor.org/rfc/rfc4303#section-4" },
		{ "3948; 4301\u00a78.2.1", "3948 |4301 8.2.1", "https://www.rfc-editor.org/rfc/rfc4301#section-8.2.1" },
		{ "4301\u00a75.2 step 4", "4301 5.2", "https://www.rfc-editor.org/rfc/rfc4301#section-5.2" },
		{ "2367\u00a73.1.1-\u00a73.1.4", "2367 3.1.1", "https://www.rfc-editor.org/rfc/rfc2367#section-3.1.1" },
		{ "RFC4303 App.B", "4303 B", "https://www.rfc-editor.org/rfc/rfc4303#appendix-B" },
		{ "4303\u00a7A2.2", "4303 A2.2", "https://www.rfc-editor.org/rfc/rfc4303#appendix-A" },
		{ "4868", "4868 ", "https://www.rfc-editor.org/rfc/rfc4868" },
		{ "setkey(8)", " setkey", "" },
		{ "ipsecconf.8 DESCRIPTION", " ipsecconf.8", "" },
		{ "-", " other", "" },
		{ "", "", "" },
		{ " ;, ", "", "" },
		{ "99999999 1", " 99999999", "" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char got[300] = "", url[200] = "";
		struct clause_part part = { 0 };
		for (const char *at = rows[i].text; clause_next(&at, &part);) {
			size_t n = strlen(got);
			snprintf(got + n, sizeof got - n, "%s%s %s", n > 0 ? "|" : "", part.doc, part.section);
			clause_url(part.doc, part.section, url, sizeof url);
		}
		cr_assert(eq(str, got, (char *)rows[i].want), "'%s'", rows[i].text);
		cr_assert(eq(str, url, (char *)rows[i].url), "'%s'", rows[i].text);
	}
}

/* --- what is not trusted ----------------------------------------------------------------------- */

Test(html, text_is_escaped_wherever_it_stands)
{
	static const struct {
		const char *in, *want;
	} rows[] = {
		{ "<script>alert('&\"')</script>", "&lt;script&gt;alert('&amp;&quot;')&lt;/script&gt;" },
		{ "a\x1b[31m\x01", "a\\x1b[31m\\x01" },
		{ "abc\u202egpj.exe\u2069", "abc\\u202egpj.exe\\u2069" },
		{ "\u061c\u200f", "\\u061c\\u200f" },
		{ "\xe2\x80", "\ufffd\ufffd" }, /* cut off: no character to turn anything */
		{ "\u20ac \u2028 \u2264", "\u20ac \u2028 \u2264" },
		{ "]]>", "]]&gt;" },
		{ "", "" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char *out = NULL;
		size_t n;
		FILE *f = open_memstream(&out, &n);
		html_text(f, rows[i].in);
		fclose(f);
		cr_assert(eq(str, out, (char *)rows[i].want), "row %zu", i);
		free(out);
	}
	/* Pieces end between characters, wherever the text's octets fall. */
	for (size_t shift = 0; shift < 8; shift++) {
		char in[900] = "", *out = NULL;
		size_t n;
		memset(in, 'x', shift);
		for (size_t i = 0; i < 200; i++)
			strcat(in, "\u20ac");
		FILE *f = open_memstream(&out, &n);
		html_text(f, in);
		fclose(f);
		cr_assert(eq(str, out, in), "shift %zu", shift);
		free(out);
	}
}

Test(html, the_small_printf_escapes_every_text_and_counts_in_thousands)
{
	char *out = NULL;
	size_t n;
	FILE *f = open_memstream(&out, &n);
	html_put(f, "<p title=\"%s\">%u of %zu, %d%%</p>", "a\"b<c>", 6855u, (size_t)1234567, -3);
	fclose(f);
	cr_assert(eq(str, out, "<p title=\"a&quot;b&lt;c&gt;\">6,855 of 1,234,567, -3%</p>"));
	free(out);
}

#define EVIL                                                                                                           \
	"</title></style></script></pre></noscript><script>alert(1)</script><img src=x onerror=alert(2)>\\\" onclick=\\\"x\\u0001\\u202e&amp;"

/* Every member of the journal that is a text says the same. */
static const char *const hostile[] = {
	"{\"event\":\"start\",\"schema\":\"espy-events/1\",\"tool\":{\"name\":\"" EVIL "\",\"version\":\"" EVIL
	"\"},\"argv\":[\"" EVIL "\",7],\"seed\":7,\"started\":\"" EVIL "\",\"target\":{\"name\":\"" EVIL
	"\",\"driver\":\"" EVIL "\",\"os\":\"" EVIL "\",\"release\":\"" EVIL "\",\"manager\":\"" EVIL "\"}}",
	"{\"event\":\"case\",\"id\":\"" EVIL "\",\"full_id\":\"" EVIL "/1\",\"suite\":\"" EVIL "\",\"params\":{\"" EVIL
	"\":\"" EVIL "\"},\"title\":\"" EVIL "\",\"level\":\"" EVIL "\",\"clause\":\"" EVIL "\",\"decides\":[\"" EVIL
	"\"],\"verdict\":\"FAIL\",\"reason\":\"" EVIL "\",\"file\":\"" EVIL "\",\"want\":\"" EVIL "\",\"got\":\"" EVIL
	"\",\"hints\":[\"" EVIL "\"],\"known\":{\"reason\":\"" EVIL "\",\"file\":\"" EVIL
	"\"},\"step\":{\"line\":1,\"text\":\"" EVIL "\"},\"diff\":[{\"field\":\"" EVIL "\",\"want\":\"" EVIL
	"\",\"got\":\"" EVIL "\",\"clause\":\"" EVIL "\"}],\"exhibits\":[{\"kind\":\"" EVIL "\",\"text\":\"" EVIL
	"\"},{\"kind\":\"note\",\"text\":\"" EVIL "\"},{\"kind\":\"setkey\",\"text\":\"" EVIL
	"\"},{\"kind\":\"frame-in\",\"octets\":\"" EVIL "\",\"text\":\"" EVIL "\"},{\"kind\":\"audit\",\"text\":\"" EVIL
	"\"}]}",
	"{\"event\":\"case\",\"id\":\"" EVIL "2\",\"full_id\":\"" EVIL "/2\",\"suite\":\"" EVIL "\",\"params\":{\"" EVIL
	"\":\"" EVIL "\"},\"title\":\"" EVIL "\",\"level\":\"" EVIL "\",\"clause\":\"" EVIL
	"\",\"verdict\":\"SKIP\",\"reason\":\"" EVIL "\"}",
	"{\"event\":\"case\",\"id\":\"" EVIL "3\",\"full_id\":\"" EVIL "/3\",\"suite\":\"" EVIL "\",\"params\":{\"" EVIL
	"\":\"" EVIL "\"},\"title\":\"" EVIL "\",\"level\":\"" EVIL "\",\"clause\":\"" EVIL "\",\"verdict\":\"PASS\"}",
	"{\"event\":\"case\",\"id\":\"" EVIL "4\",\"full_id\":\"" EVIL "/4\",\"verdict\":\"XFAIL\",\"reason\":\"" EVIL
	"\",\"known\":{\"entry\":\"" EVIL "\",\"file\":\"" EVIL "\",\"reason\":\"" EVIL "\"}}",
	NULL
};

Test(html, a_hostile_journal_gets_no_markup_in)
{
	char *text = page_of_lines(hostile);
	has_not(text, "<script>alert");
	has_not(text, "<img");
	has_not(text, "\" onclick");
	has_not(text, "\u202e");
	has(text, "&lt;script&gt;alert(1)");
	is_well_formed(text, "hostile");
	const char *second = strstr(strstr(text, "<script>") + 1, "<script");
	cr_assert(eq(ptr, (char *)second, NULL), "one script, ours");
	free(text);
}

Test(html, the_page_names_its_script_by_hash_and_may_load_nothing)
{
	static const char *const lines[] = { SAMPLE_START, SAMPLE_FAIL, SAMPLE_END, NULL };
	char *text = page_of_lines(lines), command[PATH_MAX + 300], want[100] = "", *copy;
	has(text,
	    "Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-");
	has_not(text, " src=");
	has_not(text, "<link");
	has_not(text, "@import");
	has_not(text, "url(");
	const char *from = strstr(text, "<script>") + 8;
	copy = strndup(from, (size_t)(strstr(from, "</script>") - from));
	sample_write("script.js", copy);
	snprintf(command, sizeof command, "openssl dgst -sha256 -binary %s | base64", sample_path("script.js"));
	FILE *f = popen(command, "r");
	cr_assert(ne(ptr, f, NULL));
	if (fgets(want, sizeof want, f) == NULL || want[0] == '\0')
		cr_skip_test("openssl(1) is not installed: the hash was not computed a second time");
	pclose(f);
	want[strcspn(want, "\n")] = '\0';
	has(text, want);
	free(copy);
	free(text);
}

/* Members that are missing or of another type, one at a time and all together. */
Test(html, odd_members_do_no_harm)
{
	static const char *const values[] = { "null", "7",          "-1e308", "\"\"", "[]", "{}", "[[{}],null,\"x\"]",
					      "true", "{\"a\":[1]}" };
	static const char *const keys[] = { "suite",  "params",  "title",    "level", "clause", "decides",
					    "reason", "wall_ms", "file",     "line",  "step",   "want",
					    "got",    "diff",    "exhibits", "hints", "known" };
	static const char *const verdicts[] = { "PASS", "FAIL", "SKIP", "ERROR", "INCONCLUSIVE", "XFAIL", "XPASS" };
	for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++)
		for (size_t v = 0; v < sizeof values / sizeof values[0]; v++) {
			char line[7][300];
			const char *lines[9] = { SAMPLE_FAIL };
			for (size_t i = 0; i < 7; i++) {
				snprintf(
					line[i], sizeof line[i],
					"{\"event\":\"case\",\"id\":\"a/%zu\",\"full_id\":\"a/%zu\",\"verdict\":\"%s\",\"%s\":%s}",
					i % 2, i, verdicts[i], keys[k], values[v]);
				lines[i + 1] = line[i];
			}
			struct run_record r = sample_run(lines);
			char *text = page_of(&r, NULL);
			cr_assert(ne(ptr, strstr(text, "</html>"), NULL), "%s: %s", keys[k], values[v]);
			if (v == k % (sizeof values / sizeof values[0]))
				is_well_formed(text, keys[k]);
			free(text);
			run_free(&r);
		}
	static const char *const starts[] = {
		"{\"event\":\"start\",\"schema\":\"espy-events/1\"}",
		"{\"event\":\"start\",\"schema\":\"espy-events/1\",\"target\":7,\"argv\":{},\"seed\":\"x\",\"tool\":[]}"
	};
	for (size_t i = 0; i < 2; i++) {
		const char *lines[] = { starts[i], NULL };
		char *text = page_of_lines(lines);
		is_well_formed(text, starts[i]);
		free(text);
	}
}

Test(html, huge_text_and_no_cases_make_a_page)
{
	size_t n = 200000;
	char *big = malloc(n + 1), *line;
	memset(big, 'A', n);
	big[n] = '\0';
	cr_assert(gt(
		int,
		asprintf(
			&line,
			"{\"event\":\"case\",\"id\":\"%s\",\"full_id\":\"%s\",\"verdict\":\"FAIL\",\"reason\":\"%s\",\"clause\":\"RFC %s\","
			"\"params\":{\"%s\":\"%s\"}}",
			big, big, big, big, big, big),
		0));
	const char *lines[] = { line, NULL }, *none[] = { NULL };
	char *text = page_of_lines(lines);
	is_well_formed(text, "huge");
	free(text);
	text = page_of_lines(none);
	is_well_formed(text, "none");
	has(text, "no case was decided");
	free(text);
	free(line);
	free(big);
}

/* --- keys, links ------------------------------------------------------------------------------- */

#define KEY "5ecd0bb1c93a9d4e4b7a1f60c2d8e9f0"
#define KEYED                                                                                                                \
	CASE("s/keyed", "MUST", "RFC 4303 2.1", "FAIL",                                                                      \
	     ",\"want\":\"key 0x" KEY "\",\"got\":\"" KEY "\",\"reason\":\"the key 0x" KEY                                   \
	     " was seen\",\"hints\":[\"is 0x" KEY                                                                            \
	     " right?\"],\"exhibits\":[{\"kind\":\"setkey\",\"text\":\"add 192.0.2.2 192.0.2.1 esp 0x1001 -E aes-cbc 0x" KEY \
	     " ;\\n\"}]")

Test(html, keys_are_shown_to_those_who_ask_and_to_nobody_else)
{
	static const char *const lines[] = { SAMPLE_START, KEYED, SAMPLE_END, NULL };
	struct run_record r = sample_run(lines);
	struct report_wish w = { .folder = "" };
	char *text = page_of(&r, &w);
	has_not(text, KEY);
	free(text);
	w.show_keys = true;
	text = page_of(&r, &w);
	has(text, KEY);
	free(text);
	run_free(&r);
}

Test(html, links_to_files_are_of_the_folder_that_was_named)
{
	const char *lines[] = { CASE("s/a", "MUST", "", "FAIL", ""), CASE("s/a", "MUST", "", "FAIL", ""),
				CASE("s/a", "MUST", "", "FAIL", ""), CASE("s/a", "MUST", "", "FAIL", ""),
				CASE("s/a", "MUST", "", "FAIL", ""), NULL };
	struct run_record r = sample_run(lines);
	struct report_wish w = { .folder = "../a run#1?/" };
	char *text = page_of(&r, &w);
	has(text, "<a href=\"../a%20run%231%3F/cases/s/a/ipv4~5/packets.pcapng\">packets</a>");
	free(text);
	run_free(&r);
}

static bool
in_list(const char *text, const char *id)
{
	char mark[400];
	snprintf(mark, sizeof mark, " id=\"%s\"", id);
	const char *at = strstr(text, mark);
	return at != NULL && strstr(at + 1, mark) == NULL;
}

Test(html, every_link_within_the_page_has_one_end)
{
	static const char *const lines[] = { SAMPLE_START,
					     SAMPLE_PASS,
					     SAMPLE_FAIL,
					     SAMPLE_SKIP,
					     SAMPLE_ERROR,
					     SAMPLE_INCONCLUSIVE,
					     CASE("a/b", "MUST", "RFC 4303 2.1", "PASS", ""),
					     CASE("a-b", "MUST", "RFC 4303 2.1", "SKIP", ""),
					     CASE("esp.out/spi", "MUST", "RFC 4303 2.1", "ERROR", ""),
					     SAMPLE_END,
					     NULL };
	char *text = page_of_lines(lines);
	unsigned n = 0;
	for (const char *at = strstr(text, "href=\"#"); at != NULL; at = strstr(at + 1, "href=\"#"), n++) {
		char id[300];
		snprintf(id, sizeof id, "%.*s", (int)strcspn(at + 7, "\""), at + 7);
		cr_assert(in_list(text, id), "%s", id);
	}
	cr_assert(gt(u32, n, 100));
	free(text);
}

Test(html, a_disk_that_is_full_is_an_error)
{
	struct run_record r = sample_whole();
	struct err e = { 0 };
	FILE *f = fopen("/dev/full", "w");
	cr_assert(ne(ptr, f, NULL));
	cr_assert(not(report_render_html(f, &r, NULL, &e)));
	cr_assert(eq(int, e.code, ERR_IO));
	fclose(f);
	run_free(&r);
}
