/*
 * One case in report.html: what was asked, what was seen, the exchange as a chart, packets and messages octet by octet, the SAs, and the
 * command that repeats it. Its own classes begin with "case-"; they are styled by reports/html/case.css, which stands behind style.css
 * and uses its variables. Works without scripts; hooks for them: data-copy (a button: copies the text of the element whose id it names).
 */
#ifndef ESPY_REPORTS_HTML_CASE_H
#define ESPY_REPORTS_HTML_CASE_H

#include <jansson.h>
#include <stdio.h>

#include "reports/journal.h"
#include "reports/report.h"

/* What the page knows while it is written. */
struct html {
	const struct run_record *run;
	const struct report_wish *wish;
	unsigned ids; /* elements that needed an id of their own so far: a name for the next one */
};

/*
 * The detail of one case's event: block elements, headings from <h4> on, to be put inside the page's <details> or <section>. Events of
 * verdicts without exhibits (PASS, SKIP) are short. Nothing in the event is trusted.
 */
void html_case(FILE *out, struct html *h, const json_t *event);

/* "<level> clause" as a link to the section at rfc-editor.org where the text names an RFC: "RFC 4303 3.4.3, RFC 2367 3.1" has two. */
void html_clause(FILE *out, const char *clause);

#endif
