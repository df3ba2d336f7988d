#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "reports/event.h"
#include "reports/html/page.h"

const struct part html_parts[] = {
	{ "must", "MUST not met", "FAIL", "What the target does otherwise than a MUST or MUST NOT asks.", SEV_MUST,
	  "fail" },
	{ "should", "SHOULD not met", "FAIL", "Recommendations that the target does not follow.", SEV_SHOULD, "warn" },
	{ "differs", "Differs where nothing is asked", "FAIL",
	  "Cases of level MAY and INFO: how the target behaves, no departure from a demand.", SEV_OTHER, "note" },
	{ "gone", "Known departures that are gone", "XPASS",
	  "The baseline lists them and they passed: the baseline wants an update.", -1, "unclear" },
	{ "inconclusive", "Inconclusive", "INCONCLUSIVE",
	  "Nothing can be said of these: mostly a sentinel was lost, so that silence proves nothing.", -1, "unclear" },
	{ "errors", "Errors of the harness", "ERROR", "These say nothing about the target.", -1, "unclear" },
	{ "known", "Known departures", "XFAIL", "The baseline lists these with a reason; they do not fail the run.", -1,
	  "known" },
};
const size_t html_parts_n = sizeof html_parts / sizeof html_parts[0];

bool
part_takes(const struct part *part, const json_t *event)
{
	return event_is(event, part->verdict) &&
	       (part->severity < 0 || part->severity == (int)severity_of(event_text(event, "level")));
}

unsigned
part_claims(const struct page *p, const struct part *part)
{
	unsigned n = 0;
	for (size_t i = 0; i < p->claims.n; i++) {
		const json_t *event;
		size_t k;
		json_array_foreach(p->claims.v[i].events, k, event)
			if (part_takes(part, event)) {
				n++;
				break;
			}
	}
	return n;
}

/* Folders of equal full ids are numbered in the order of the journal, as report_cases() made them. */
static json_t *
count_again(const json_t *cases)
{
	json_t *seen = json_object(), *again = json_object();
	const json_t *event;
	size_t i;
	json_array_foreach(cases, i, event) {
		char key[40];
		unsigned nth = names_seen(seen, event_text(event, "full_id"));
		snprintf(key, sizeof key, "%p", (const void *)event);
		if (nth > 0)
			json_object_set_new(again, key, json_integer((json_int_t)nth));
	}
	json_decref(seen);
	return again;
}

/* --- the document ---------------------------------------------------------------------------- */

/* "//<![CDATA[" hides the text from readers of XML, and is a comment to those of HTML. */
#define SCRIPT_BEGIN "//<![CDATA[\n"
#define SCRIPT_END "//]]>"

/*
 * The browser is told to load nothing and to run no script but ours, by its hash: even a hole in the escaping would let nothing run and
 * nothing out.
 */
static void
put_policy(FILE *out)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	char base64[EVP_MAX_MD_SIZE * 2], *script = NULL;
	unsigned n = 0;
	if (asprintf(&script, "%s%s%s", SCRIPT_BEGIN, html_report_js, SCRIPT_END) < 0)
		return;
	if (EVP_Digest(script, strlen(script), digest, &n, EVP_sha256(), NULL) == 1) {
		EVP_EncodeBlock((unsigned char *)base64, digest, (int)n);
		html_put(
			out,
			"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
			"script-src 'sha256-%s'; base-uri 'none'; form-action 'none'\"/>\n",
			base64);
	}
	free(script);
}

static void
put_head_element(const struct page *p)
{
	char target[300];
	html_target(p, target, sizeof target);
	fputs("<!DOCTYPE html>\n<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\">\n<head>\n<meta charset=\"utf-8\"/>\n",
	      p->out);
	put_policy(p->out);
	html_put(
		p->out,
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
		"<meta name=\"color-scheme\" content=\"light dark\"/>\n<meta name=\"generator\" content=\"espy %s\"/>\n"
		"<title>%s: IPsec conformance</title>\n",
		ESPY_VERSION, target);
	fprintf(p->out, "<style>\n%s\n%s</style>\n<script>%s%s%s</script>\n</head>\n", html_style_css, html_case_css,
		SCRIPT_BEGIN, html_report_js, SCRIPT_END);
}

static void
put_foot(const struct page *p)
{
	html_put(
		p->out,
		"<footer class=\"foot\"><p>Made by espy %s from the run&#8217;s journal alone; this file needs nothing beside it. "
		"Packets, SAs and their keys lie in the run&#8217;s folder, keys only in files of mode 0600.</p></footer>\n",
		ESPY_VERSION);
}

static void
put_document(struct page *p)
{
	put_head_element(p);
	fputs("<body>\n<a class=\"leap\" href=\"#main\">To the results</a>\n", p->out);
	html_head(p);
	fputs("<div class=\"frame\">\n", p->out);
	html_aside(p);
	fputs("<main id=\"main\" tabindex=\"-1\">\n", p->out);
	/* Of a run of a few suites the map is mostly empty: what failed comes first then. */
	bool broad = html_map_is_broad(p);
	if (broad)
		html_map(p);
	for (size_t i = 0; i < html_parts_n; i++)
		html_groups(p, &html_parts[i]);
	if (!broad)
		html_map(p);
	html_skips(p);
	html_passes(p);
	fputs("</main>\n</div>\n", p->out);
	put_foot(p);
	fputs("</body>\n</html>\n", p->out);
}

bool
report_render_html(FILE *out, const struct run_record *r, const struct report_wish *w, struct err *e)
{
	static const struct report_wish plain = { .folder = "" };
	struct page p = { .out = out, .h = { .run = r, .wish = w != NULL ? w : &plain } };
	p.again = count_again(r->cases);
	p.placed = json_object();
	bool ok = ((p.again != NULL && p.placed != NULL) || fail_errno(e, "memory for a report")) &&
		  claims_read(&p.claims, r->cases, e) && cover_read(&p.cover, &p.claims, p.h.wish->purposes, e);
	if (ok)
		put_document(&p);
	cover_free(&p.cover);
	claims_free(&p.claims);
	json_decref(p.again);
	json_decref(p.placed);
	return ok && (!ferror(out) || fail_errno(e, "report.html"));
}
