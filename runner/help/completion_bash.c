#include "runner/help/completion.h"

#include <stdio.h>

/* A kind as the word that __espy_values understands. */
static void
bash_kind(const struct completion *c)
{
	static const char *const names[] = { [COMPLETE_NOTHING] = "",
					     [COMPLETE_FILES] = "@files",
					     [COMPLETE_FOLDERS] = "@folders",
					     [COMPLETE_IDS] = "@ids" };
	fputs(c->kind == COMPLETE_WORDS ? c->words : names[c->kind], stdout);
}

static void
bash_tables(void)
{
	struct completion value;
	printf("__espy_options() {\n\tcase $1 in\n");
	for (size_t i = 0; i < commands_n; i++) {
		printf("\t%s) echo '", commands[i].name);
		for (const struct option_row *r = commands[i].options->rows; r->name != NULL; r++)
			printf("--%s ", r->name);
		printf("--help' ;;\n");
	}
	printf("\tesac\n}\n__espy_value_of() {\n\tcase $1:$2 in\n");
	for (size_t i = 0; i < commands_n; i++)
		for (const struct option_row *r = commands[i].options->rows; r->name != NULL; r++) {
			if (r->argument == NULL)
				continue;
			completion_of_option(&commands[i], r, &value);
			printf("\t%s:--%s", commands[i].name, r->name);
			if (r->key != 0)
				printf(" | %s:-%c", commands[i].name, r->key);
			printf(") echo '");
			bash_kind(&value);
			printf("' ;;\n");
		}
	printf("\t*) return 1 ;;\n\tesac\n}\n__espy_operand_of() {\n\tcase $1:$2 in\n");
	for (size_t i = 0; i < commands_n; i++)
		for (unsigned n = 0; n < COMPLETION_OPERANDS; n++) {
			completion_of_operand(&commands[i], n, &value);
			printf(n + 1 < COMPLETION_OPERANDS ? "\t%s:%u) echo '" : "\t%s:*) echo '", commands[i].name, n);
			bash_kind(&value);
			printf("' ;;\n");
		}
	printf("\tesac\n}\n");
}

/*
 * readline breaks words at '=' and ':', which stand inside ours: the line is cut at blanks instead, and what readline has in front of
 * its last break is taken off the answers.
 */
static const char bash_code[] =
	"__espy_fill() {\n"
	"\tlocal IFS=$' \\t\\n'\n"
	"\tcase $1 in\n"
	"\t@files) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- \"$2\") ;;\n"
	"\t@folders) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- \"$2\") ;;\n"
	"\t@ids) mapfile -t COMPREPLY < <(compgen -W \"$(\"${COMP_WORDS[0]}\" list --ids 2>/dev/null)\" -- \"$2\") ;;\n"
	"\t*) mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$2\")\n"
	"\t   [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[:=] ]] && compopt -o nospace 2>/dev/null ;;\n"
	"\tesac\n"
	"}\n"
	"_espy() {\n"
	"\tlocal line=${COMP_LINE:0:COMP_POINT} cur prev cmd kind i operands=0 front\n"
	"\tlocal -a words\n"
	"\tread -ra words <<<\"$line\"\n"
	"\t[[ $line == *[[:space:]] ]] && words+=('')\n"
	"\tcur=${words[-1]} cmd=${words[1]} COMPREPLY=()\n"
	"\tif [ ${#words[@]} -le 2 ]; then\n"
	"\t\t__espy_fill \"$(__espy_commands) help --help --version\" \"$cur\"\n"
	"\t\treturn\n"
	"\tfi\n"
	"\tprev=${words[-2]}\n"
	"\tif [ \"$cmd\" = help ]; then\n"
	"\t\t__espy_fill \"$(__espy_commands)\" \"$cur\"\n"
	"\t\treturn\n"
	"\tfi\n"
	"\tfront=$cur\n"
	"\tif [[ $cur == --*=* ]] && kind=$(__espy_value_of \"$cmd\" \"${cur%%=*}\"); then\n"
	"\t\tcur=${cur#*=}\n"
	"\telif kind=$(__espy_value_of \"$cmd\" \"$prev\"); then\n"
	"\t\t:\n"
	"\telif [[ $cur == -* ]]; then\n"
	"\t\tkind=$(__espy_options \"$cmd\")\n"
	"\telse\n"
	"\t\tfor ((i = 2; i < ${#words[@]} - 1; i++)); do\n"
	"\t\t\tif __espy_value_of \"$cmd\" \"${words[i]}\" >/dev/null; then\n"
	"\t\t\t\ti=$((i + 1))\n"
	"\t\t\telif [[ ${words[i]} != -* ]]; then\n"
	"\t\t\t\toperands=$((operands + 1))\n"
	"\t\t\tfi\n"
	"\t\tdone\n"
	"\t\tkind=$(__espy_operand_of \"$cmd\" \"$operands\")\n"
	"\tfi\n"
	"\t__espy_fill \"$kind\" \"$cur\"\n"
	"\t[[ $front == *[:=]* ]] || return 0\n"
	"\tfront=${cur%\"${cur##*[:=]}\"}\n"
	"\tfor i in \"${!COMPREPLY[@]}\"; do\n"
	"\t\tCOMPREPLY[i]=${COMPREPLY[i]#\"$front\"}\n"
	"\tdone\n"
	"}\n"
	"complete -F _espy espy\n";

void
completion_bash(void)
{
	printf("# bash completion for espy; made by `espy completion bash`\n__espy_commands() {\n\techo '");
	for (size_t i = 0; i < commands_n; i++)
		printf("%s%s", i > 0 ? " " : "", commands[i].name);
	printf("'\n}\n");
	bash_tables();
	fputs(bash_code, stdout);
}
