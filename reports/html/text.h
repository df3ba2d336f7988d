/*
 * Writing the page: every text of a journal passes html_put() or html_text(), the one place that escapes. What comes out is HTML and
 * well-formed XML at once, so that both kinds of reader and checker take it.
 */
#ifndef ESPY_REPORTS_HTML_TEXT_H
#define ESPY_REPORTS_HTML_TEXT_H

#include <stddef.h>
#include <stdio.h>

#include "wire/err.h"

/*
 * For an element's content and for attributes in double quotes alike. Control characters come as \xNN, and so do those that turn the
 * direction of writing (U+202E and its kin): a name must not be able to read as another.
 */
void html_text(FILE *out, const char *utf8);

/*
 * A small printf for markup. The format is ours and goes out as it stands; %s is a text and always escaped, %u an unsigned and %zu a
 * size_t with commas between thousands, %d an int without. There are no others, no widths, and no way to let markup in through a value.
 */
void html_put(FILE *out, const char *format, ...) PRINTF(2, 3);

/* "one", "s": "1 claim", "12 claims" is html_put("%u claim%s", n, html_s(n)). */
const char *html_s(size_t n);

/* A name of an element: letters, digits, '.', '-' and '_' stay, all else becomes '-'. */
void html_anchor(char *out, size_t cap, const char *prefix, const char *name);

#endif
