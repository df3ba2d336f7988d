/* Whether a stream gets colour. Colour stands beside words and never in place of one. */
#ifndef ESPY_REPORTS_COLOUR_H
#define ESPY_REPORTS_COLOUR_H

#include <stdbool.h>
#include <stdio.h>

#include "wire/err.h"

enum colour_wish { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER };

/* "auto", "always", "never" of --color. */
bool colour_wish_parse(const char *word, enum colour_wish *wish, struct err *e) MUST_USE;
/* By auto a terminal that is not TERM=dumb; NO_COLOR takes it away, CLICOLOR_FORCE gives it to what is no terminal too. */
bool colour_wanted(FILE *f, enum colour_wish wish);
/* A terminal that can be drawn on. */
bool colour_drawable(FILE *f);
/* How wide lines may be on it: the terminal's width, else what COLUMNS says, else `without`. */
unsigned colour_columns(FILE *f, unsigned without);

#endif
