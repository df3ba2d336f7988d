/* What the parts of `espy run` share: what was asked for (cmd_run_options.c), and the run as it goes on (cmd_run.c). */
#ifndef ESPY_RUNNER_CMD_RUN_H
#define ESPY_RUNNER_CMD_RUN_H

#include "reports/colour.h"
#include "reports/journal.h"
#include "runner/choice.h"
#include "runner/excuses.h"
#include "runner/manager.h"
#include "runner/run_reports.h"
#include "runner/shard.h"
#include "runner/target/target.h"

struct run {
	struct choice choice;
	unsigned jobs, verbose;
	bool quiet, fail_fast, keep_all;
	const char *target, *dir;
	struct target_wishes wishes;
	enum manager_wish manager;
	enum colour_wish colour;
	uint64_t seed;
	struct excuses excuses;
	const char *failed; /* --failed: a run directory */
	unsigned repeat;
	unsigned fail_on; /* bit mask of enum level; 0: all */
	struct shard shard;
	struct run_reports reports;
	int argc;
	char **argv;

	struct journal *journal;
	struct run_record record;
	struct progress *progress;
	bool started;
	struct err journal_error; /* the disk is full: nothing already written is lost */
	uint64_t began_ns;
};

/* What the command line says, and what follows from it. -1: go on; else the exit status, and everything has been said. */
int run_parse(struct run *r, int argc, char **argv);

#endif
