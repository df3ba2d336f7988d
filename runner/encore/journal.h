/* A replay as a run directory, so that every report and Wireshark folder there is for a case is there for it: one capture, one case. */
#ifndef ESPY_RUNNER_ENCORE_JOURNAL_H
#define ESPY_RUNNER_ENCORE_JOURNAL_H

#include "runner/encore/encore.h"

struct encore_journal {
	const char *dir;
	int argc;
	char **argv;
	uint64_t seed;
	double wall_s;
};

/* DIR/events.jsonl and what is made of it. The verdict is x->outcome's. */
bool encore_journal_write(const struct encore_journal *j, struct encore *x, const struct engine *g,
			  struct err *e) MUST_USE;

#endif
