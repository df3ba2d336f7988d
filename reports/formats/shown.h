/*
 * What may be shown of a run: its record with the keys masked in every text of its cases. Formats that print no configuration, no
 * messages and no octets are made of it; report.html masks those itself.
 */
#ifndef ESPY_REPORTS_FORMATS_SHOWN_H
#define ESPY_REPORTS_FORMATS_SHOWN_H

#include "reports/journal.h"

/* One case event; its exhibits are left as they are. A new reference; NULL: out of memory. start: of its run, or NULL. */
json_t *event_shown(const json_t *start, const json_t *event, bool show_keys);
/* The whole record likewise: free it with run_free(). */
bool run_shown(struct run_record *shown, const struct run_record *r, bool show_keys, struct err *e) MUST_USE;
/* run_read(), for those who show what they read. */
bool run_read_shown(struct run_record *shown, const char *dir, struct err *e) MUST_USE;

#endif
