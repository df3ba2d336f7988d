/* What the files that write report.html share. Each html_* function writes one section of the page, from the journal alone. */
#ifndef ESPY_REPORTS_HTML_PAGE_H
#define ESPY_REPORTS_HTML_PAGE_H

#include "reports/html/case.h"
#include "reports/html/cover.h"
#include "reports/html/text.h"
#include "reports/redact.h"

/*
 * Combinations that are shown in full: of a case that fails for one reason, of each of several reasons, and the octets that all details
 * of a page may take, since it has to open in a blink. The others are named, with their packets.
 */
#define HTML_DETAILS_PER_CASE 4
#define HTML_DETAILS_PER_REASON 2
#define HTML_DETAILS_MAX (6u << 20)

struct page {
	FILE *out;
	struct html h; /* for html_case() */
	struct claims claims;
	struct cover cover;
	json_t *again;  /* "%p" of an event: how often its full id came before, where it did */
	json_t *placed; /* anchors that are taken */
	size_t spent;   /* octets of details so far */
	unsigned left_out;
};

/* A section of groups: the verdicts it shows, and of which levels. */
struct part {
	const char *id, *title, *verdict, *lead;
	int severity; /* enum severity, or -1: any */
	const char *css;
};
extern const struct part html_parts[];
extern const size_t html_parts_n;
bool part_takes(const struct part *part, const json_t *event);
unsigned part_claims(const struct page *p, const struct part *part); /* case ids with a combination in it */

void html_head(struct page *p);               /* title, verdict sentence, bar, numbers, circumstances */
void html_aside(struct page *p);              /* contents and filters */
void html_map(struct page *p);                /* coverage by section */
bool html_map_is_broad(const struct page *p); /* whether at least half of the documents were tried */
void html_groups(struct page *p, const struct part *part);
void html_skips(struct page *p);
void html_passes(struct page *p);

/* "Linux 6.1.176" */
void html_target(const struct page *p, char *out, size_t cap);
/* Where a file of the case lies, as links see it, for an href. "": its folder. */
void html_file(const struct page *p, const json_t *event, const char *file);
void html_level(FILE *out, const char *level);     /* a badge */
void html_verdict(FILE *out, const char *verdict); /* likewise, with its sign */
/* Of an event, without keys: field, want and got, or the reason; what may be behind it; what a baseline says. */
void html_why(FILE *out, const struct redact *r, const json_t *event);
void html_hint(FILE *out, const struct redact *r, const json_t *event);
void html_known(FILE *out, const json_t *event);
/* The rule in our words, of the ids that the event decides, with what is known around it. */
void html_rules(const struct page *p, const struct claim *c, const json_t *event);
/* The parameters that vary over the events and those that do not: "family ipv4 ipv6 · mode tunnel". */
void html_values(FILE *out, const json_t *events);
/* One case id on one line, its combinations behind it. anchor: links to the claim lead here. */
void html_row(struct page *p, const struct claim *c, const json_t *events, const char *verdict, bool anchor);

/* The texts that the build puts into the program; each ends with a zero octet. */
extern const char html_style_css[], html_case_css[], html_report_js[];

#endif
