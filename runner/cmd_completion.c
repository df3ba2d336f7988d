/* espy completion: a script that completes command lines of espy, for one shell, from the tables that parse them. */
#include <stdio.h>
#include <string.h>

#include "runner/help/completion.h"
#include "runner/help/suggest.h"

static const struct option_row rows[] = {
	{ 0, NULL, NULL, NULL },
};

const struct options completion_options = {
	"espy completion bash|zsh|fish",
	"Prints a script that completes command lines of espy: commands, options, their values, cases and suites.\n"
	"bash: source <(espy completion bash); zsh: into a file _espy of a folder of $fpath; fish: espy completion\n"
	"fish | source. Exit status: 0, 2 usage.",
	rows,
};

static const struct shell {
	const char *name;
	void (*print)(void);
} shells[] = { { "bash", completion_bash }, { "zsh", completion_zsh }, { "fish", completion_fish } };

static int
unknown(const char *given)
{
	struct suggest near = { .given = given };
	char hint[100];
	for (size_t i = 0; i < sizeof shells / sizeof shells[0]; i++)
		suggest_offer(&near, shells[i].name);
	suggest_print(&near, hint, sizeof hint);
	fprintf(stderr, "espy completion: want bash, zsh or fish, got '%s'%s\n", given, hint);
	return 2;
}

int
cmd_completion(int argc, char **argv)
{
	const char *value;
	int first, which;
	while ((which = options_next(&completion_options, argc, argv, &value, &first)) >= 0)
		;
	if (which != -1)
		return which == -3 ? 0 : 2;
	if (argc - first != 1)
		return unknown(argc == first ? "nothing" : argv[first + 1]);
	for (size_t i = 0; i < sizeof shells / sizeof shells[0]; i++)
		if (strcmp(shells[i].name, argv[first]) == 0) {
			shells[i].print();
			return 0;
		}
	return unknown(argv[first]);
}
