/* What the scanner and the parser of the suite language share; private to suite.l, suite.y and suite.c. */
#ifndef ESPY_RUNNER_SUITE_PARSE_H
#define ESPY_RUNNER_SUITE_PARSE_H

#include "runner/suite.h"

struct scan {
	struct suite *suite; /* and its arena */
	const char *text;    /* whole file, for the words of a step */
	size_t text_n;
	unsigned line, column; /* of the next character */
	const char *known;     /* begin of the line known_line, from where step_text goes on */
	unsigned known_line;
	size_t offset;
	const char *mark; /* begin of the line mark_line, from where scan_digest goes on */
	unsigned mark_line;
	unsigned depth; /* open parentheses */
	char *raw;      /* setkey block being read */
	size_t raw_n, raw_cap;
	unsigned raw_line, raw_column; /* where it began */
	const char *raw_name;          /* its language; NULL: setkey */
	unsigned raw_depth;            /* of ${name}s inside */
	unsigned errors;
	struct err *err;
};

union SUITE_YYSTYPE;
struct SUITE_YYLTYPE;
/* flex's header uses the unprefixed names; bison defines the same macros for itself. */
#define YYSTYPE SUITE_YYSTYPE
#define YYLTYPE SUITE_YYLTYPE

void scan_locate(struct scan *s, struct SUITE_YYLTYPE *at, const char *text, size_t n);
int scan_keyword(struct scan *s, union SUITE_YYSTYPE *v, const char *text, int token);
const char *scan_text(struct scan *s, const char *text, size_t n);
void scan_string(struct scan *s, union SUITE_YYSTYPE *v, const char *text, size_t n);
void scan_raw_begin(struct scan *s, const struct SUITE_YYLTYPE *at, const char *language);
void scan_raw_more(struct scan *s, const char *text, size_t n);
const char *scan_raw_end(struct scan *s, struct SUITE_YYLTYPE *at); /* at: where the block began */
/* Of the text between two places, without comments and blanks. */
uint64_t scan_digest(struct scan *s, const struct SUITE_YYLTYPE *at);
void scan_bad(struct scan *s, const struct SUITE_YYLTYPE *at, char c);
void scan_error(struct scan *s, const struct SUITE_YYLTYPE *at, const char *fmt, ...) PRINTF(3, 4);
void scan_complain(struct scan *s, struct place at, const char *fmt, ...) PRINTF(3, 4);

#endif
