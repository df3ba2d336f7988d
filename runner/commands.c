#include "runner/commands.h"

#include <string.h>

const struct command commands[] = {
	{ "run", cmd_run, "run cases against a target", &run_options },
	{ "list", cmd_list, "list cases with clause, level and title", &list_options },
	{ "explain", cmd_explain, "a case or a clause: the rule, why it matters, its packets", &explain_options },
	{ "diff", cmd_diff, "what broke and what was fixed between two runs", &diff_options },
	{ "baseline", cmd_baseline, "the list of known failures of a target", &baseline_options },
	{ "doctor", cmd_doctor, "what can be tested here, and what is missing", &doctor_options },
	{ "coverage", cmd_coverage, "purposes and requirements decided by cases", &coverage_options },
	{ "report", cmd_report, "a run rendered again, several merged or side by side", &report_options },
	{ "check", cmd_check, "passive verdicts over a capture", &check_options },
	{ "decode", cmd_decode, "one packet field by field, with RFC clauses", &decode_options },
	{ "replay", cmd_replay, "send a capture to a target again and compare its answers", &replay_options },
	{ "sa", cmd_sa, "SAs and policies from one format to another", &sa_options },
	{ "host", cmd_host, "the reference as a host or gateway on real interfaces", &host_options },
	{ "vectors", cmd_vectors, "RFC and third-party vectors through the reference", &vectors_options },
	{ "completion", cmd_completion, "completion of command lines for bash, zsh or fish", &completion_options },
};
const size_t commands_n = sizeof commands / sizeof commands[0];

const struct command *
command_find(const char *name)
{
	for (size_t i = 0; i < commands_n; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}
