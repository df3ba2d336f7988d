/* The commands of espy: each gets its own arguments (argv[0] is its name) and returns the exit status. */
#ifndef ESPY_RUNNER_COMMANDS_H
#define ESPY_RUNNER_COMMANDS_H

#include <stddef.h>

#include "runner/options.h"

int cmd_baseline(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_completion(int argc, char **argv);
int cmd_coverage(int argc, char **argv);
int cmd_decode(int argc, char **argv);
int cmd_diff(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_explain(int argc, char **argv);
int cmd_host(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_replay(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_sa(int argc, char **argv);
int cmd_vectors(int argc, char **argv);

extern const struct options baseline_options, check_options, completion_options, coverage_options, decode_options,
	doctor_options, diff_options, explain_options, host_options, list_options, replay_options, report_options,
	run_options, sa_options, vectors_options;

struct command {
	const char *name;
	int (*run)(int, char **);
	const char *help; /* for the list of commands */
	const struct options *options;
};

/* In the order of the list that `espy --help` prints. */
extern const struct command commands[];
extern const size_t commands_n;
const struct command *command_find(const char *name); /* NULL: there is none */

#endif
