/*
 * One table per command makes its parsing, its --help and its completion. A row with a NULL name ends the table.
 */
#ifndef ESPY_RUNNER_OPTIONS_H
#define ESPY_RUNNER_OPTIONS_H

#include <stdio.h>

struct option_row {
	char key;             /* short option, or a number above 127 is not needed: 0 gives none */
	const char *name;     /* long option */
	const char *argument; /* what --help calls its value; NULL: a flag */
	const char *help;
};

struct options {
	const char *usage; /* "espy run [SELECTOR..] [-t TARGET]" */
	const char *about; /* a paragraph */
	const struct option_row *rows;
};

/*
 * Returns the index of the next option's row and points *value at its argument; -1 at the end (then *first is the index of the
 * first operand); -2 after a mistake, which has been explained on stderr with the nearest name; -3 after --help was printed.
 * Options and operands may be mixed.
 */
int options_next(const struct options *o, int argc, char **argv, const char **value, int *first);
void options_help(const struct options *o, FILE *out);

#endif
