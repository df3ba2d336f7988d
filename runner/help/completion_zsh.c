#include "runner/help/completion.h"

#include <stdio.h>
#include <string.h>

static void
zsh_action(const struct completion *c)
{
	static const char *const actions[] = { [COMPLETE_NOTHING] = " ",
					       [COMPLETE_FILES] = "_files",
					       [COMPLETE_FOLDERS] = "_files -/",
					       [COMPLETE_IDS] = "_espy_ids" };
	if (c->kind != COMPLETE_WORDS) {
		fputs(actions[c->kind], stdout);
		return;
	}
	putchar('(');
	for (const char *p = c->words; *p != '\0'; p++)
		if (*p == ':')
			fputs("\\:", stdout);
		else
			putchar(*p);
	putchar(')');
}

/* In a specification of _arguments '[', ']' and ':' have a meaning. */
static void
zsh_text(const char *text)
{
	for (; *text != '\0'; text++) {
		if (strchr("[]:\\", *text) != NULL)
			putchar('\\');
		if (*text == '\'')
			fputs("'\\''", stdout);
		else
			putchar(*text);
	}
}

static void
zsh_option(const struct command *c, const struct option_row *r)
{
	struct completion value;
	for (int pass = r->key != 0 ? 0 : 1; pass < 2; pass++) {
		printf(" \\\n\t\t\t'*");
		if (pass == 0)
			printf("-%c", r->key);
		else
			printf("--%s", r->name);
		printf("%s[", r->argument == NULL ? "" : pass == 0 ? "+" : "=");
		zsh_text(r->help);
		putchar(']');
		if (r->argument != NULL) {
			completion_of_option(c, r, &value);
			putchar(':');
			zsh_text(r->argument);
			putchar(':');
			zsh_action(&value);
		}
		putchar('\'');
	}
}

void
completion_zsh(void)
{
	struct completion value;
	printf("#compdef espy\n# zsh completion for espy; made by `espy completion zsh`\n\n"
	       "_espy_ids() {\n\tlocal -a ids\n\tids=(${(f)\"$(${words_espy:-espy} list --ids 2>/dev/null)\"})\n"
	       "\t_multi_parts / ids\n}\n\n_espy() {\n\tlocal words_espy=$words[1] curcontext=$curcontext state line\n"
	       "\tlocal -a commands\n\tcommands=(");
	for (size_t i = 0; i < commands_n; i++) {
		printf("\n\t\t'%s:", commands[i].name);
		zsh_text(commands[i].help);
		putchar('\'');
	}
	printf("\n\t\t'help:%s'\n\t)\n\tif ((CURRENT == 2)); then\n\t\t_describe command commands\n\t\treturn\n\tfi\n",
	       COMPLETION_HELP);
	printf("\tlocal command=$words[2]\n\tshift words\n\t((CURRENT--))\n\tcase $command in\n"
	       "\thelp) _describe command commands ;;\n");
	for (size_t i = 0; i < commands_n; i++) {
		printf("\t%s)\n\t\t_arguments -s", commands[i].name);
		for (const struct option_row *r = commands[i].options->rows; r->name != NULL; r++)
			zsh_option(&commands[i], r);
		printf(" \\\n\t\t\t'(-h --help)'{-h,--help}'[this text]'");
		for (unsigned n = 0; n < COMPLETION_OPERANDS; n++) {
			completion_of_operand(&commands[i], n, &value);
			printf(n + 1 < COMPLETION_OPERANDS ? " \\\n\t\t\t'%u:operand:" : " \\\n\t\t\t'*:operand:",
			       n + 1);
			zsh_action(&value);
			putchar('\'');
		}
		printf(" ;;\n");
	}
	printf("\tesac\n}\n\n"
	       "# Both as a file that compinit loads and by `source`.\n"
	       "if [ \"$funcstack[1]\" = _espy ]; then\n\t_espy \"$@\"\nelse\n\tcompdef _espy espy\nfi\n");
}
