/* espy: command line dispatch. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runner/commands.h"
#include "runner/help/suggest.h"

static int
usage(FILE *out)
{
	fprintf(out, "espy %s: IPsec conformance and interoperability tests\n\nusage: espy COMMAND [..]\n\n",
		ESPY_VERSION);
	for (size_t i = 0; i < commands_n; i++)
		fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].help);
	fprintf(out, "\nespy COMMAND --help says more; espy(1) says it all.\n");
	return out == stdout ? 0 : 2;
}

static int
unknown(const char *given)
{
	char hint[200];
	struct suggest near = { .given = given };
	for (size_t i = 0; i < commands_n; i++)
		suggest_offer(&near, commands[i].name);
	suggest_print(&near, hint, sizeof hint);
	fprintf(stderr, "espy: no command '%s'%s\n", given, hint);
	return near.n > 0 ? 2 : usage(stderr);
}

/* "espy help run" */
static int
help(const char *name)
{
	const struct command *c = command_find(name);
	if (c == NULL)
		return unknown(name);
	options_help(c->options, stdout);
	return 0;
}

/* What was asked for and is not there is no success; a reader at the other end of a pipe may have heard enough. */
static int
finish(int status)
{
	struct stat st;
	bool whole = fflush(stdout) == 0 && ferror(stdout) == 0;
	bool pipe = fstat(STDOUT_FILENO, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode));
	if (whole || pipe || status != 0)
		return status;
	fprintf(stderr, "espy: standard output cannot be written\n");
	return 3;
}

int
main(int argc, char **argv)
{
	if (argc < 2)
		return usage(stderr);
	if (strcmp(argv[1], "help") == 0 && argc > 2)
		return help(argv[2]);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0)
		return usage(stdout);
	if (strcmp(argv[1], "--version") == 0) {
		printf("espy %s\n", ESPY_VERSION);
		return 0;
	}
	const struct command *c = command_find(argv[1]);
	return c != NULL ? finish(c->run(argc - 1, argv + 1)) : unknown(argv[1]);
}
