/*
 * Clauses as cases and lists write them: "RFC 4303 3.4.3, RFC 2367 3.1", "4303§3.4.3; §4", "setkey(8)". Which document and section is
 * meant, what the document is called, and where it can be read.
 */
#ifndef ESPY_REPORTS_CLAUSE_H
#define ESPY_REPORTS_CLAUSE_H

#include <stdbool.h>
#include <stddef.h>

struct clause_part {
	char doc[16];     /* "4303"; "": no RFC */
	char section[64]; /* "3.4.3", "": the RFC as a whole; of what is no RFC its name: "setkey" */
};

/* at: the text, and then where to go on. part: zeroed before the first, since "§4" is of the document before it. False: no more. */
bool clause_next(const char **at, struct clause_part *part);

/* "https://www.rfc-editor.org/rfc/rfc4303#section-3.4.3"; "" where no RFC is meant. */
void clause_url(const char *doc, const char *section, char *out, size_t cap);

/* What an RFC is about, in a few words; "" if it is not known here. */
const char *clause_title(const char *doc);

#endif
