#include "runner/options.h"

#include <getopt.h>
#include <stdbool.h>
#include <string.h>

#include "runner/help/suggest.h"

#define ROWS 40
#define FIRST_ROW 1000 /* what getopt_long(3) returns for the long option of the first row */

void
options_help(const struct options *o, FILE *out)
{
	fprintf(out, "usage: %s\n\n%s\n\n", o->usage, o->about);
	for (const struct option_row *r = o->rows; r->name != NULL; r++) {
		char left[64];
		int n = r->key != 0 ? snprintf(left, sizeof left, "  -%c, --%s", r->key, r->name)
				    : snprintf(left, sizeof left, "      --%s", r->name);
		if (r->argument != NULL && n > 0)
			snprintf(left + n, sizeof left - (size_t)n, " %s", r->argument);
		fprintf(out, "%-28s %s\n", left, r->help);
	}
	fprintf(out, "%-28s %s\n", "  -h, --help", "this text");
}

/* Names that a slip away from what was given; else those that it is the start of, or shares the longest start with. */
static void
near_options(const struct options *o, const char *given, char *out, size_t cap)
{
	char word[64];
	struct suggest near = { .given = word };
	size_t n = strcspn(given, "="), best = 2;
	const struct option_row *likely = NULL;
	snprintf(word, sizeof word, "%.*s", (int)(n < sizeof word ? n : 0), given);
	for (const struct option_row *r = o->rows; r->name != NULL; r++) {
		size_t same = 0;
		while (word[same] != '\0' && word[same] == r->name[same])
			same++;
		if (same >= best) {
			best = same + 1;
			likely = r;
		}
		suggest_offer(&near, r->name);
	}
	suggest_offer(&near, "help");
	suggest_print_with(&near, "--", out, cap);
	if (near.n == 0 && likely != NULL)
		snprintf(out, cap, ": did you mean --%s?", likely->name);
	else if (near.n == 0)
		snprintf(out, cap, " (see --help)");
}

/* What getopt_long(3) means by '?': a short option tells itself in optopt, a long one that takes no value its row. */
static void
complain(const struct options *o, char **argv, int c)
{
	const char *given = argv[optind - 1];
	char hint[200];
	if (c == ':') {
		fprintf(stderr, "espy: %s needs a value (see --help)\n", given);
	} else if (optopt >= FIRST_ROW) {
		fprintf(stderr, "espy: --%s takes no value, got '%s'\n", o->rows[optopt - FIRST_ROW].name,
			strchr(given, '=') != NULL ? strchr(given, '=') + 1 : given);
	} else if (optopt > 0) {
		fprintf(stderr, "espy: no option -%c (see --help)\n", optopt);
	} else {
		near_options(o, given + strspn(given, "-"), hint, sizeof hint);
		fprintf(stderr, "espy: no option %s%s\n", given, hint);
	}
}

int
options_next(const struct options *o, int argc, char **argv, const char **value, int *first)
{
	struct option longs[ROWS + 2];
	char shorts[2 * ROWS + 4] = ":h", *at = shorts + 2;
	int n = 0;
	for (const struct option_row *r = o->rows; r->name != NULL && n < ROWS; r++, n++) {
		longs[n] = (struct option){ r->name, r->argument != NULL ? required_argument : no_argument, NULL,
					    FIRST_ROW + n };
		if (r->key != 0)
			*at++ = r->key;
		if (r->key != 0 && r->argument != NULL)
			*at++ = ':';
	}
	longs[n++] = (struct option){ "help", no_argument, NULL, 'h' };
	longs[n] = (struct option){ 0 };
	opterr = optopt = 0;
	int c = getopt_long(argc, argv, shorts, longs, NULL);
	*value = optarg;
	*first = optind;
	if (c == -1)
		return -1;
	if (c == 'h') {
		options_help(o, stdout);
		return -3;
	}
	if (c >= FIRST_ROW)
		return c - FIRST_ROW;
	for (int i = 0; c != '?' && c != ':' && i < n - 1; i++)
		if (o->rows[i].key == c)
			return i;
	complain(o, argv, c);
	return -2;
}
