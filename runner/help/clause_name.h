/* A clause as people write it: "rfc4303/3.4.3", "RFC 4303 3.4.3", "RFC 4303, 3.4", "4303 3.4.3", "setkey(8)". */
#ifndef ESPY_RUNNER_HELP_CLAUSE_NAME_H
#define ESPY_RUNNER_HELP_CLAUSE_NAME_H

#include "runner/suite.h"

#define CLAUSE_ROOM 60

struct clause_name {
	char document[CLAUSE_ROOM]; /* "rfc4303", "setkey" */
	char section[CLAUSE_ROOM];  /* "3.4.3"; "": the whole document */
};

/* False: this is no clause. */
bool clause_name_read(const char *text, struct clause_name *c);
/* Whether a clause is c or lies below it: 3.4.3 is below 3.4. */
bool clause_name_holds(const struct clause *k, const struct clause_name *c);
/* The same for a document and a section as lists have them. */
bool clause_name_covers(const struct clause_name *c, const char *document, const char *section);

#endif
