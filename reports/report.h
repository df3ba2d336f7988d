/*
 * What is made of a journal: a table of formats. Each writes one whole text of a run, or of several that were merged, and none of them
 * knows the engine. Adding a format is a row and a file.
 */
#ifndef ESPY_REPORTS_REPORT_H
#define ESPY_REPORTS_REPORT_H

#include "reports/atomic_file.h"
#include "reports/journal.h"
#include "reports/purposes.h"

struct lore;

/* What whoever asks for a report wants of it. */
struct report_wish {
	bool show_keys; /* else every key is masked, in configuration, messages and whatever quotes them: redact.h */
	const char
		*folder; /* of the run as links see it: "" where the report lies in it, else a path that ends in '/' */
	const struct purposes *purposes; /* what the clauses ask, in our words; NULL: not known here */
	const struct lore *lore;         /* why it matters, and what goes wrong with it; NULL: likewise */
	/* The same folder as the job of a CI sees it, from the root of its workspace: where JUnit's attachments are looked for.
	 * NULL: as `folder`. */
	const char *workspace;
	size_t room; /* at most so many octets of a format that can be cut (md); 0: what the format thinks right */
};

struct report_format {
	const char *name;  /* of -f: "html" */
	const char *file;  /* in the run directory: "report.html" */
	const char *about; /* for --help */
	bool (*render)(FILE *out, const struct run_record *r, const struct report_wish *w, struct err *e);
	bool masks_keys; /* by itself, because it shows configuration and octets too; else it gets texts without keys: shown.h */
};

extern const struct report_format report_formats[]; /* ends with a NULL name */

/* The format of this name; an error names those there are. */
const struct report_format *report_format_find(const char *name, struct err *e) MUST_USE;

/* The text alone. Whoever wants one calls this and no render(): here the keys are taken out. */
bool report_render(const struct report_format *f, FILE *out, const struct run_record *r, const struct report_wish *w,
		   struct err *e) MUST_USE;
/* DIR/format's file, made whole or left as it was, its folders too; 0600 where keys are shown. */
bool report_write(const struct report_format *f, const char *dir, const struct run_record *r,
		  const struct report_wish *w, struct err *e) MUST_USE;
/* Into a file of any name; NULL or "-": standard output. */
bool report_write_file(const struct report_format *f, const char *path, const struct run_record *r,
		       const struct report_wish *w, struct err *e) MUST_USE;

/* Of any text: a file that is made whole or not at all, or standard output. */
struct report_file {
	struct atomic_file a; /* write to a.out */
	const char *path;     /* NULL: standard output */
};
bool report_file_begin(struct report_file *f, const char *path, struct err *e) MUST_USE;
/* whole: false, after an error in e, leaves what was there. */
bool report_file_end(struct report_file *f, bool whole, mode_t mode, struct err *e) MUST_USE;

/* True with a sentence of why, in one printable line, if not every planned case has a verdict: "cut short: 3 of 40 cases have a verdict". */
bool report_incomplete(const struct run_record *r, char *why, size_t cap);

/*
 * Where the evidence of a case lies, as links see it: "cases/esp.out/icv/ipv4/packets.pcapng" for the file "packets.pcapng", or the
 * folder with its '/' for "". nth: how often its id came before. Of merged runs each case knows its own run's folder.
 */
void report_evidence(const struct report_wish *w, const json_t *event, unsigned nth, const char *file, char *out,
		     size_t cap);
/* Whether there is such a folder: of what did not do what was asked, known or not, and with --keep all of what did as well. */
bool report_keeps(const struct run_record *r, const json_t *event);
/* The same path from the root of a CI's workspace. */
void report_attachment(const struct report_wish *w, const json_t *event, unsigned nth, const char *file, char *out,
		       size_t cap);
/* The seed that repeats this case, in digits; "" if it is not known. */
void report_seed(const struct run_record *r, const json_t *event, char *out, size_t cap);

/* The command that repeats this combination of it alone; to be escaped and freed. NULL: out of memory. */
char *report_again(const struct run_record *r, const json_t *event);

bool report_render_ctrf(FILE *out, const struct run_record *r, const struct report_wish *w, struct err *e) MUST_USE;
bool report_render_json(FILE *out, const struct run_record *r, const struct report_wish *w, struct err *e) MUST_USE;
bool report_render_junit(FILE *out, const struct run_record *r, const struct report_wish *w, struct err *e) MUST_USE;
bool report_render_md(FILE *out, const struct run_record *r, const struct report_wish *w, struct err *e) MUST_USE;
bool report_render_tap(FILE *out, const struct run_record *r, const struct report_wish *w, struct err *e) MUST_USE;
bool report_render_text(FILE *out, const struct run_record *r, const struct report_wish *w, struct err *e) MUST_USE;
bool report_render_html(FILE *out, const struct run_record *r, const struct report_wish *w, struct err *e) MUST_USE;

#endif
