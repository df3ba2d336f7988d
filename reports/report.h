/*
 * What is made of a journal: a table of formats. Each writes one whole text of a run, or of several that were merged, and none of them
 * knows the engine. Adding a format is a row and a file.
 */
#ifndef ESPY_REPORTS_REPORT_H
#define ESPY_REPORTS_REPORT_H

#include "reports/journal.h"
#include "reports/purposes.h"

/* What whoever asks for a report wants of it. */
struct report_wish {
	bool show_keys; /* else every key octet reads as '.': in setkey text, PF_KEY and XFRM messages alike */
	const char
		*folder; /* of the run as links see it: "" where the report lies in it, else a path that ends in '/' */
	const struct purposes *purposes; /* what the clauses ask, in our words; NULL: not known here */
};

struct report_format {
	const char *name;  /* of -f: "html" */
	const char *file;  /* in the run directory: "report.html" */
	const char *about; /* for --help */
	bool (*render)(FILE *out, const struct run_record *r, const struct report_wish *w, struct err *e);
};

extern const struct report_format report_formats[]; /* ends with a NULL name */

/* The format of this name; an error names those there are. */
const struct report_format *report_format_find(const char *name, struct err *e) MUST_USE;

bool report_render_html(FILE *out, const struct run_record *r, const struct report_wish *w, struct err *e) MUST_USE;

#endif
