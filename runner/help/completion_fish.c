#include "runner/help/completion.h"

#include <stdio.h>

/* In single quotes a backslash and a quote want a backslash. */
static void
put_quoted(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '\'' || *text == '\\')
			putchar('\\');
		putchar(*text);
	}
}

static void
fish_values(const struct completion *c)
{
	switch (c->kind) {
	case COMPLETE_NOTHING: printf(" -x"); break;
	case COMPLETE_FILES: printf(" -r -F"); break;
	case COMPLETE_FOLDERS: printf(" -x -a '(__fish_complete_directories)'"); break;
	case COMPLETE_IDS: printf(" -x -a '(__espy_ids)'"); break;
	case COMPLETE_WORDS: printf(" -x -a '%s'", c->words); break;
	}
}

static void
fish_option(const struct command *c, const struct option_row *r)
{
	struct completion value;
	printf("complete -c espy -n '__espy_at %s' -l %s", c->name, r->name);
	if (r->key != 0)
		printf(" -s %c", r->key);
	if (r->argument != NULL) {
		completion_of_option(c, r, &value);
		fish_values(&value);
	}
	printf(" -d '");
	put_quoted(r->help);
	printf("'\n");
}

/* Options that take a value are told, so that the value is not counted among the operands. */
static void
fish_valued(void)
{
	printf("function __espy_takes_value\n\tswitch \"$argv[1] $argv[2]\"\n");
	for (size_t i = 0; i < commands_n; i++)
		for (const struct option_row *r = commands[i].options->rows; r->name != NULL; r++) {
			if (r->argument == NULL)
				continue;
			printf("\tcase '%s --%s'", commands[i].name, r->name);
			if (r->key != 0)
				printf(" '%s -%c'", commands[i].name, r->key);
			printf("\n\t\treturn 0\n");
		}
	printf("\tend\n\treturn 1\nend\n");
}

static const char fish_code[] =
	"# __espy_at COMMAND [N]: the command line is one of COMMAND, and its operand N (or any) comes next.\n"
	"function __espy_at\n"
	"\tset -l words (commandline -opc)\n"
	"\tset -l command $words[2]\n"
	"\ttest \"$command\" = \"$argv[1]\"; or return 1\n"
	"\tset -q argv[2]; or return 0\n"
	"\tset -l n 0\n"
	"\tset -l value 0\n"
	"\tfor word in $words[3..-1]\n"
	"\t\tif test $value = 1\n"
	"\t\t\tset value 0\n"
	"\t\telse if __espy_takes_value $command $word\n"
	"\t\t\tset value 1\n"
	"\t\telse if not string match -q -- '-*' $word\n"
	"\t\t\tset n (math $n + 1)\n"
	"\t\tend\n"
	"\tend\n"
	"\ttest $value = 0 -a $n -ge $argv[2] -a $n -le $argv[3]\n"
	"end\n"
	"function __espy_ids\n"
	"\tset -l words (commandline -opc)\n"
	"\t$words[1] list --ids 2>/dev/null\n"
	"end\n";

static void
fish_command(const struct command *c)
{
	struct completion value;
	printf("complete -c espy -n __fish_use_subcommand -a %s -d '", c->name);
	put_quoted(c->help);
	printf("'\ncomplete -c espy -n '__fish_seen_subcommand_from help' -a %s\n", c->name);
	for (const struct option_row *r = c->options->rows; r->name != NULL; r++)
		fish_option(c, r);
	printf("complete -c espy -n '__espy_at %s' -l help -s h -d 'this text'\n", c->name);
	for (unsigned n = 0; n < COMPLETION_OPERANDS; n++) {
		completion_of_operand(c, n, &value);
		if (value.kind == COMPLETE_NOTHING)
			continue;
		printf("complete -c espy -n '__espy_at %s %u %u'", c->name, n, n + 1 < COMPLETION_OPERANDS ? n : 999);
		fish_values(&value);
		putchar('\n');
	}
}

void
completion_fish(void)
{
	printf("# fish completion for espy; made by `espy completion fish`\n");
	fish_valued();
	fputs(fish_code, stdout);
	printf("complete -c espy -f\ncomplete -c espy -n __fish_use_subcommand -a help -d '%s'\n", COMPLETION_HELP);
	for (size_t i = 0; i < commands_n; i++)
		fish_command(&commands[i]);
}
