/* espy: command line dispatch. */
#include <stdio.h>
#include <string.h>

#include "runner/commands.h"

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

int
main(int argc, char **argv)
{
	if (argc < 2)
		return usage(stderr);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0)
		return usage(stdout);
	if (strcmp(argv[1], "--version") == 0) {
		printf("espy %s\n", ESPY_VERSION);
		return 0;
	}
	const struct command *c = command_find(argv[1]);
	if (c != NULL)
		return c->run(argc - 1, argv + 1);
	fprintf(stderr, "espy: no command '%s'\n\n", argv[1]);
	return usage(stderr);
}
