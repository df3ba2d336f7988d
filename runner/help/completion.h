/*
 * What may follow on the command line, from the tables of commands and options: what completion.c knows of values, and
 * the files of the shells say in their languages.
 */
#ifndef ESPY_RUNNER_HELP_COMPLETION_H
#define ESPY_RUNNER_HELP_COMPLETION_H

#include "runner/commands.h"

enum completion_kind {
	COMPLETE_NOTHING, /* a number, an address, a name nobody can guess */
	COMPLETE_FILES,
	COMPLETE_FOLDERS,
	COMPLETE_WORDS,
	COMPLETE_IDS /* cases and suites: `espy list --ids` */
};

struct completion {
	enum completion_kind kind;
	char words[600]; /* COMPLETE_WORDS: with spaces between */
};

/* The value of an option that takes one. */
void completion_of_option(const struct command *c, const struct option_row *row, struct completion *out);
/* The operand that is n-th after the command, from 0, as its usage has it. */
void completion_of_operand(const struct command *c, unsigned n, struct completion *out);
#define COMPLETION_OPERANDS 3 /* operands that may differ; the last goes for all others */

#define COMPLETION_HELP "what it does and its options" /* of the word help, which is no command of the table */

/* The script, on standard output. */
void completion_bash(void);
void completion_fish(void);
void completion_zsh(void);

#endif
