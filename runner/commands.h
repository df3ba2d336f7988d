/* The commands of espy: each gets its own arguments (argv[0] is its name) and returns the exit status. */
#ifndef ESPY_RUNNER_COMMANDS_H
#define ESPY_RUNNER_COMMANDS_H

int cmd_check(int argc, char **argv);
int cmd_coverage(int argc, char **argv);
int cmd_decode(int argc, char **argv);
int cmd_explain(int argc, char **argv);
int cmd_host(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_sa(int argc, char **argv);
int cmd_vectors(int argc, char **argv);

#endif
