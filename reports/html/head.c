/* The head of the page: which target, what the run comes to in one sentence, the numbers, and the circumstances. */
#include <stdlib.h>
#include <string.h>

#include "reports/event.h"
#include "reports/fold.h"
#include "reports/compare/flaky.h"
#include "reports/html/page.h"
#include "reports/compare/known.h"
#include "reports/repeat.h"

#define AREAS_SHOWN 12

void
html_target(const struct page *p, char *out, size_t cap)
{
	static const struct {
		const char *os, *name;
	} names[] = {
		{ "linux", "Linux" }, { "netbsd", "NetBSD" }, { "freebsd", "FreeBSD" },        { "openbsd", "OpenBSD" },
		{ "sunos", "SunOS" }, { "qnx", "QNX" },       { "reference", "The reference" }
	};
	const json_t *target = json_object_get(p->h.run->start, "target");
	const char *os = event_text(target, "os"), *release = event_text(target, "release");
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcasecmp(names[i].os, os) == 0)
			os = names[i].name;
	if (os[0] == '\0' || strcmp(os, "unknown") == 0)
		os = event_text(target, "name");
	bool own = strcmp(os, names[sizeof names / sizeof names[0] - 1].name) == 0; /* its release is a profile */
	snprintf(out, cap, own && release[0] != '\0' ? "%s (%s%s)" : "%s%s%s", os[0] != '\0' ? os : "The target",
		 release[0] != '\0' && !own ? " " : "", release);
}

/* --- the sentence ---------------------------------------------------------------------------- */

struct count {
	unsigned must, should, other, unclear, known, met, undecided, areas;
};

/* Suites with a departure. */
static json_t *
areas_of(const struct page *p)
{
	json_t *areas = json_object();
	for (size_t i = 0; i < p->claims.n; i++)
		if (p->claims.v[i].standing <= ST_FAIL_SHOULD)
			(void)names_seen(areas, p->claims.v[i].suite);
	return areas;
}

static struct count
count_claims(const struct page *p)
{
	struct count n = { 0 };
	unsigned *const of[ST_N] = {
		[ST_FAIL_MUST] = &n.must,     [ST_FAIL_SHOULD] = &n.should, [ST_FAIL_OTHER] = &n.other,
		[ST_UNCLEAR] = &n.unclear,    [ST_KNOWN] = &n.known,        [ST_MET] = &n.met,
		[ST_UNDECIDED] = &n.undecided
	};
	json_t *areas = areas_of(p);
	for (size_t i = 0; i < p->claims.n; i++)
		if (of[p->claims.v[i].standing] != NULL)
			++*of[p->claims.v[i].standing];
	n.areas = (unsigned)json_object_size(areas);
	json_decref(areas);
	return n;
}

static void
put_main_sentence(const struct page *p, const struct count *n)
{
	char target[300];
	html_target(p, target, sizeof target);
	if (n->must + n->should > 0) {
		html_put(p->out, "%s departs from ", target);
		if (n->must > 0)
			html_put(p->out, "<strong class=\"t-fail\">%u MUST%s</strong>", n->must, html_s(n->must));
		if (n->must > 0 && n->should > 0)
			fputs(" and ", p->out);
		if (n->should > 0)
			html_put(p->out, "<strong class=\"t-warn\">%u SHOULD%s</strong>", n->should, html_s(n->should));
		html_put(p->out, " in %u area%s.", n->areas, html_s(n->areas));
	} else if (n->met == 0) {
		html_put(p->out, "Nothing can be said of %s: no case was decided.", target);
	} else if (n->known > 0) {
		html_put(p->out, "%s shows %u known departure%s and no new one.", target, n->known, html_s(n->known));
	} else {
		html_put(p->out, "%s keeps <strong class=\"t-pass\">all %u claims</strong> that could be tried.",
			 target, n->met);
	}
}

static void
put_sentences(const struct page *p)
{
	const struct count n = count_claims(p);
	const struct run_record *r = p->h.run;
	char why[300];
	fputs("<h1 class=\"sentence\">", p->out);
	put_main_sentence(p, &n);
	fputs("</h1>\n<p class=\"second\">", p->out);
	html_put(p->out, "%u of %zu claims hold", n.met, p->claims.n);
	if (n.other > 0)
		html_put(p->out, ", %u differ%s where nothing is asked", n.other, n.other == 1 ? "s" : "");
	if (n.known > 0 && n.must + n.should > 0)
		html_put(p->out, ", %u depart%s as the baseline knows", n.known, n.known == 1 ? "s" : "");
	if (n.unclear > 0)
		html_put(p->out, ", %u %s unclear", n.unclear, n.unclear == 1 ? "is" : "are");
	if (n.undecided > 0)
		html_put(p->out, ", %u could not be tried", n.undecided);
	fputs(". A claim is one case with all its combinations of families, modes and transforms.</p>\n", p->out);
	if (report_incomplete(r, why, sizeof why))
		html_put(p->out, "<p class=\"alarm\"><strong>The run is not whole</strong>: %s.</p>\n", why);
	if (r->restarts > 0)
		html_put(p->out,
			 "<p class=\"alarm\"><strong>The target died</strong> and was started again, %u time%s.</p>\n",
			 r->restarts, html_s(r->restarts));
}

/* What a baseline and repeated runs have to say, in the words of the terminal: a summary, and lines for somebody to act on. */
static void
put_remarks(const struct page *p)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);
	if (f == NULL)
		return;
	known_print(f, p->h.run);
	flaky_print(f, p->h.run);
	if (fclose(f) == 0 && n > 0)
		html_put(p->out, "<pre class=\"remarks\">%s</pre>\n", text);
	free(text);
}

/* --- the bar and its numbers ----------------------------------------------------------------- */

struct slice {
	const char *verdict, *word, *css, *anchor;
};
/* clang-format off */
static const struct slice slices[] = {
	{ "FAIL",         "failed",            "fail",    "must" },
	{ "XPASS",        "unexpected passes", "unclear", "gone" },
	{ "INCONCLUSIVE", "inconclusive",      "unclear", "inconclusive" },
	{ "ERROR",        "errors",            "unclear", "errors" },
	{ "XFAIL",        "known departures",  "known",   "known" },
	{ "PASS",         "passed",            "pass",    "passed" },
	{ "SKIP",         "skipped",           "skip",    "skipped" },
};
/* clang-format on */
#define SLICES (sizeof slices / sizeof slices[0])

static unsigned
tally_at(const struct tally *t, const char *verdict)
{
	struct tally copy = *t;
	const unsigned *n = tally_of(&copy, verdict);
	return n != NULL ? *n : 0;
}

/* Widths in thousandths; what is there at all can be seen. */
static void
put_bar(const struct page *p)
{
	const struct tally *t = &p->h.run->tally;
	double at = 0, sum = 0, width[SLICES];
	for (size_t i = 0; i < SLICES; i++) {
		unsigned n = tally_at(t, slices[i].verdict);
		width[i] = 1000.0 * n / (t->total > 0 ? t->total : 1);
		if (n > 0 && width[i] < 4)
			width[i] = 4;
		sum += width[i];
	}
	fputs("<svg class=\"bar\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\" focusable=\"false\">",
	      p->out);
	for (size_t i = 0; i < SLICES; i++) {
		double w = sum > 0 ? width[i] * 1000 / sum : 0;
		if (w > 0)
			fprintf(p->out, "<rect class=\"b-%s\" x=\"%d\" width=\"%d\" height=\"10\"/>", slices[i].css,
				(int)at, (int)(at + w) - (int)at);
		at += w;
	}
	fputs("</svg>\n", p->out);
}

static unsigned
claims_with(const struct page *p, const char *verdict)
{
	unsigned n = 0;
	for (size_t i = 0; i < p->claims.n; i++)
		n += tally_at(&p->claims.v[i].tally, verdict) > 0;
	return n;
}

/* Failures lead to the first of their sections that is not empty. */
static const char *
anchor_of(const struct page *p, const struct slice *s)
{
	if (strcmp(s->verdict, "FAIL") == 0)
		for (size_t i = 0; i < html_parts_n; i++)
			if (strcmp(html_parts[i].verdict, "FAIL") == 0 && part_claims(p, &html_parts[i]) > 0)
				return html_parts[i].id;
	return s->anchor;
}

static void
put_numbers(const struct page *p)
{
	fputs("<ul class=\"numbers\">\n", p->out);
	for (size_t i = 0; i < SLICES; i++) {
		const struct slice *s = &slices[i];
		unsigned n = tally_at(&p->h.run->tally, s->verdict), claims;
		bool always = strcmp(s->verdict, "FAIL") == 0 || strcmp(s->verdict, "PASS") == 0;
		if (n == 0 && !always)
			continue;
		claims = claims_with(p, s->verdict);
		fprintf(p->out, "<li class=\"n-%s%s\">", s->css, n == 0 ? " nil" : "");
		if (n > 0)
			html_put(p->out, "<a href=\"#%s\">", anchor_of(p, s));
		html_put(p->out, "<b>%u</b> <span>%s</span> <small>in %u claim%s</small>", n, s->word, claims,
			 html_s(claims));
		fputs(n > 0 ? "</a></li>\n" : "</li>\n", p->out);
	}
	fputs("</ul>\n", p->out);
}

/* --- where --------------------------------------------------------------------------------- */

/* The first departure of a suite. */
static const char *
first_of(const struct page *p, const char *suite)
{
	for (size_t i = 0; i < p->claims.n; i++)
		if (p->claims.v[i].standing <= ST_FAIL_SHOULD && strcmp(p->claims.v[i].suite, suite) == 0)
			return p->claims.v[i].anchor;
	return "main";
}

static void
put_areas(const struct page *p)
{
	json_t *areas = areas_of(p);
	size_t n;
	struct fold_count *v = fold_counts(areas, &n);
	if (v != NULL && n > 0) {
		fputs("<p class=\"areas\"><span>Areas:</span> ", p->out);
		for (size_t i = 0; i < n && i < AREAS_SHOWN; i++)
			html_put(p->out, "<a href=\"#%s\" data-suite=\"%s\">%s <b>%u</b></a> ", first_of(p, v[i].name),
				 v[i].name, v[i].name, v[i].n);
		if (n > AREAS_SHOWN)
			html_put(p->out, "<a class=\"rest\" href=\"#must\">and %zu more</a>", n - AREAS_SHOWN);
		fputs("</p>\n", p->out);
	}
	free(v);
	json_decref(areas);
}

/* --- circumstances --------------------------------------------------------------------------- */

static void
put_fact(FILE *out, const char *name, const char *value)
{
	if (value[0] != '\0')
		html_put(out, "<div><dt>%s</dt><dd>%s</dd></div>\n", name, value);
}

static void
put_command_line(FILE *out, const json_t *argv)
{
	char *text = NULL;
	size_t n;
	if (json_array_size(argv) == 0)
		return;
	fputs("<div class=\"wide\"><dt>Command</dt><dd><code id=\"command-line\">", out);
	FILE *f = open_memstream(&text, &n);
	if (f != NULL)
		repeat_command_line(f, argv);
	if (f != NULL && fclose(f) == 0)
		html_put(out, "%s", text);
	free(text);
	fputs("</code> <button type=\"button\" class=\"copy\" data-copy=\"command-line\">Copy</button></dd></div>\n",
	      out);
}

static void
put_facts(const struct page *p)
{
	const struct run_record *r = p->h.run;
	const json_t *target = json_object_get(r->start, "target"), *tool = json_object_get(r->start, "tool");
	const json_t *seed = json_object_get(r->start, "seed");
	char text[300], started[60];
	fputs("<dl class=\"facts\">\n", p->out);
	snprintf(text, sizeof text, "%s%s%s", event_text(target, "os"), event_text(target, "os")[0] != '\0' ? " " : "",
		 event_text(target, "release"));
	put_fact(p->out, "Target", event_text(target, "name"));
	put_fact(p->out, "System", text);
	put_fact(p->out, "Key manager", event_text(target, "manager"));
	snprintf(started, sizeof started, "%.40s", event_text(r->start, "started"));
	for (char *c = started; *c != '\0'; c++)
		if (*c == 'T' || *c == 'Z')
			*c = ' ';
	if (started[0] != '\0')
		html_put(p->out, "<div><dt>Started</dt><dd>%sUTC</dd></div>\n", started);
	if (event_number(r->end, "wall_s") > 0) {
		snprintf(text, sizeof text, "%.1f s", event_number(r->end, "wall_s"));
		put_fact(p->out, "Wall time", text);
	}
	if (json_is_integer(seed)) {
		snprintf(text, sizeof text, "%lld", (long long)json_integer_value(seed));
		put_fact(p->out, "Seed", text);
	}
	snprintf(text, sizeof text, "%.100s %.100s", event_text(tool, "name"), event_text(tool, "version"));
	put_fact(p->out, "Tool", text);
	put_command_line(p->out, json_object_get(r->start, "argv"));
	fputs("</dl>\n", p->out);
}

void
html_head(struct page *p)
{
	fputs("<header class=\"top\">\n<div class=\"bartop\"><p class=\"brand\">espy <span>IPsec conformance</span></p>\n"
	      "<p class=\"tools js\"><button type=\"button\" id=\"theme\" aria-pressed=\"false\">Dark</button> "
	      "<button type=\"button\" id=\"help\" aria-haspopup=\"dialog\">Keys <kbd>?</kbd></button></p></div>\n",
	      p->out);
	put_sentences(p);
	put_bar(p);
	put_numbers(p);
	put_areas(p);
	put_remarks(p);
	put_facts(p);
	fputs("</header>\n", p->out);
}
