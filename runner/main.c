/* espy: command line dispatch. */
#include <stdio.h>
#include <string.h>

#include "runner/commands.h"

static const struct {
	const char *name;
	int (*run)(int, char **);
	const char *help;
} commands[] = {
	{ "run", cmd_run, "run cases against a target" },
	{ "list", cmd_list, "list cases with clause, level and title" },
	{ "explain", cmd_explain, "what a case claims, and its steps" },
	{ "coverage", cmd_coverage, "purposes and requirements decided by cases" },
	{ "check", cmd_check, "passive verdicts over a capture" },
	{ "decode", cmd_decode, "one packet field by field, with RFC clauses" },
	{ "sa", cmd_sa, "SAs and policies from one format to another" },
	{ "host", cmd_host, "the reference as a host or gateway on real interfaces" },
	{ "vectors", cmd_vectors, "RFC and third-party vectors through the reference" },
};
#define COMMANDS (sizeof commands / sizeof commands[0])

static int
usage(FILE *out)
{
	fprintf(out, "espy %s: IPsec conformance and interoperability tests\n\nusage: espy COMMAND [..]\n\n",
		ESPY_VERSION);
	for (size_t i = 0; i < COMMANDS; i++)
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
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	fprintf(stderr, "espy: no command '%s'\n\n", argv[1]);
	return usage(stderr);
}
