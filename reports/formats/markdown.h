/* Text in Markdown, outside of <pre> and code: the one place that escapes it. */
#ifndef ESPY_REPORTS_FORMATS_MARKDOWN_H
#define ESPY_REPORTS_FORMATS_MARKDOWN_H

#include <stdio.h>

/* On one line, also in a cell of a table: what Markdown or HTML could read as theirs is escaped, control characters come as \xNN. */
void md_text(FILE *out, const char *utf8);
/* The same in a typewriter face: a name. (Backticks would end at a backtick, and take a cell's "|" for the cell's end.) */
void md_code(FILE *out, const char *utf8);
/* A path as the target of a link: "[text](<here>)" needs it percent-encoded. HTML's href takes it too. */
void url_path(FILE *out, const char *path);

#endif
