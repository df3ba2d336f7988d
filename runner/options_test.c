#include "runner/options.h"

#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

enum { TARGET, QUIET, JSON, OUTPUT };
static const struct option_row rows[] = {
	[TARGET] = { 't', "target", "TARGET", "what" },
	[QUIET] = { 'q', "quiet", NULL, "no progress" },
	[JSON] = { 0, "json", NULL, "for machines" },
	[OUTPUT] = { 0, "output", "DIR", "where" },
	{ 0, NULL, NULL, NULL },
};
static const struct options table = { "espy test [FILE..]", "A test.", rows };

static char said[2000];

/* What options_next() returns for the first word; said has what it wrote to stderr. */
static int
first_of(const char *const *words, const char **value)
{
	char *argv[8] = { 0 };
	int argc = 0, first, kept = dup(2);
	FILE *f = tmpfile();
	for (; words[argc] != NULL; argc++)
		argv[argc] = (char *)words[argc];
	dup2(fileno(f), 2);
	optind = 0;
	int which = options_next(&table, argc, argv, value, &first);
	fflush(stderr);
	dup2(kept, 2);
	close(kept);
	rewind(f);
	said[fread(said, 1, sizeof said - 1, f)] = '\0';
	fclose(f);
	return which;
}
#define FIRST_OF(value, ...) first_of((const char *const[]){ "test", __VA_ARGS__, NULL }, value)

Test(options, long_short_and_begun_names_are_the_same_row)
{
	const char *value;
	cr_assert(eq(int, FIRST_OF(&value, "--target", "x"), TARGET));
	cr_assert(eq(str, (char *)value, "x"));
	cr_assert(eq(int, FIRST_OF(&value, "--target=y"), TARGET));
	cr_assert(eq(str, (char *)value, "y"));
	cr_assert(eq(int, FIRST_OF(&value, "-tz"), TARGET));
	cr_assert(eq(str, (char *)value, "z"));
	cr_assert(eq(int, FIRST_OF(&value, "--out", "d"), OUTPUT));
	cr_assert(eq(int, FIRST_OF(&value, "-q"), QUIET));
	cr_assert(eq(int, FIRST_OF(&value, "file"), -1));
}

Test(options, a_slip_is_answered_with_what_was_meant)
{
	static const struct {
		const char *word, *want;
	} slips[] = {
		{ "--tagret", "espy: no option --tagret: did you mean --target?\n" },
		{ "--jsno", "espy: no option --jsno: did you mean --json?\n" },
		{ "--tagret=x", "espy: no option --tagret=x: did you mean --target?\n" },
		{ "--hlep", "espy: no option --hlep: did you mean --help?\n" },
		{ "--outdir", "espy: no option --outdir: did you mean --output?\n" },
		{ "--xyzzy", "espy: no option --xyzzy (see --help)\n" },
		{ "-Z", "espy: no option -Z (see --help)\n" },
		{ "-Zq", "espy: no option -Z (see --help)\n" },
		{ "--quiet=yes", "espy: --quiet takes no value, got 'yes'\n" },
		{ "--target", "espy: --target needs a value (see --help)\n" },
		{ "-t", "espy: -t needs a value (see --help)\n" },
	};
	for (size_t i = 0; i < sizeof slips / sizeof slips[0]; i++) {
		const char *value;
		cr_expect(eq(int, FIRST_OF(&value, slips[i].word), -2), "%s", slips[i].word);
		cr_expect(eq(str, said, (char *)slips[i].want), "%s", slips[i].word);
	}
}
