/*
 * What a run covers: per RFC and section the requirements and test purposes that stand there, what the cases that decide them came to,
 * and the cases that name the section themselves. Knows the lists (purposes.h) and the claims, no markup.
 */
#ifndef ESPY_REPORTS_HTML_COVER_H
#define ESPY_REPORTS_HTML_COVER_H

#include "reports/clause.h"
#include "reports/html/claims.h"
#include "reports/purposes.h"

struct numbers {
	unsigned *v;
	size_t n, cap;
};

struct cover_item {
	const struct purpose *what;
	enum standing standing;
	struct numbers claims; /* that decide it */
};

struct cover_section {
	char name[64]; /* "3.4.3"; of a document that is no RFC its own name, "setkey(8)"; "": the RFC as a whole */
	struct numbers items, claims; /* claims: of this clause, whether or not they decide an item of it */
	enum standing standing;
	unsigned failing;        /* claims that fail here */
	unsigned by_state[ST_N]; /* items */
};

struct cover_doc {
	char name[16];     /* "4303"; "": no RFC */
	const char *title; /* in short; "" if it is not known here */
	struct cover_section *v;
	size_t n, cap;
	unsigned by_state[ST_N]; /* items; one that stands in two sections counts once */
	unsigned failing;        /* sections with a departure */
};

struct cover {
	const struct claims *claims;
	struct cover_item *items;
	size_t items_n;
	struct cover_doc *docs;
	size_t n, cap;
};

/* p NULL: the lists are not known, sections have claims only. */
bool cover_read(struct cover *c, const struct claims *claims, const struct purposes *p, struct err *e) MUST_USE;
void cover_free(struct cover *c);

#endif
