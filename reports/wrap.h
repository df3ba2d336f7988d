/* Paragraphs for a terminal: words in lines of a width, continued under an indentation. */
#ifndef ESPY_REPORTS_WRAP_H
#define ESPY_REPORTS_WRAP_H

#include <stdio.h>

/*
 * Writes text from the column that `column` says the line stands at already; further lines begin behind `indent` blanks. Ends the last
 * line. A word that is longer than the width has a line of its own. Characters are counted, not octets (UTF-8); other
 * control characters than blanks are escaped.
 */
void wrap_text(FILE *out, const char *text, unsigned column, unsigned indent, unsigned width);
/* How wide text may be on this stream: 40 to 100 columns. */
unsigned wrap_width(FILE *out);

#endif
