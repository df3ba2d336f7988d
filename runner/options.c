#include "runner/options.h"

#include <getopt.h>
#include <stdbool.h>
#include <string.h>

#define ROWS 40

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

/* Longest common start decides which long option was probably meant. */
static const char *
nearest(const struct options *o, const char *given)
{
	const char *best = NULL;
	size_t best_n = 1;
	while (*given == '-')
		given++;
	for (const struct option_row *r = o->rows; r->name != NULL; r++) {
		size_t n = 0;
		while (given[n] != '\0' && given[n] == r->name[n])
			n++;
		if (n > best_n) {
			best_n = n;
			best = r->name;
		}
	}
	return best;
}

static void
complain(const struct options *o, char **argv, int c)
{
	const char *given = argv[optind - 1];
	if (c == ':') {
		fprintf(stderr, "espy: %s needs a value (see --help)\n", given);
		return;
	}
	const char *near = nearest(o, given);
	if (near != NULL)
		fprintf(stderr, "espy: no option %s; did you mean --%s?\n", given, near);
	else
		fprintf(stderr, "espy: no option %s (see --help)\n", given);
}

int
options_next(const struct options *o, int argc, char **argv, const char **value, int *first)
{
	struct option longs[ROWS + 2];
	char shorts[2 * ROWS + 4] = ":h", *at = shorts + 2;
	int n = 0;
	for (const struct option_row *r = o->rows; r->name != NULL && n < ROWS; r++, n++) {
		longs[n] = (struct option){ r->name, r->argument != NULL ? required_argument : no_argument, NULL,
					    1000 + n };
		if (r->key != 0)
			*at++ = r->key;
		if (r->key != 0 && r->argument != NULL)
			*at++ = ':';
	}
	longs[n++] = (struct option){ "help", no_argument, NULL, 'h' };
	longs[n] = (struct option){ 0 };
	opterr = 0;
	int c = getopt_long(argc, argv, shorts, longs, NULL);
	*value = optarg;
	*first = optind;
	if (c == -1)
		return -1;
	if (c == 'h') {
		options_help(o, stdout);
		return -3;
	}
	if (c >= 1000)
		return c - 1000;
	for (int i = 0; c != '?' && c != ':' && i < n - 1; i++)
		if (o->rows[i].key == c)
			return i;
	complain(o, argv, c);
	return -2;
}
