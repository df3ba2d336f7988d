/*
 * espy-bench: what the reference costs beside bare libcrypto. It prints a table and writes the same as JSON. A ratio
 * below its goal is marked and is no failure: the machine has a say in it. A word picks the transforms that hold it; -e names the
 * program whose command check is measured too.
 */
#include <getopt.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "runner/bench/bench.h"

enum { ROUNDS = 2000 };

/* On the processor where we are: a move in the middle of a turn would favour one side. */
static void
stay(void)
{
	cpu_set_t set;
	int cpu = sched_getcpu();
	CPU_ZERO(&set);
	if (cpu >= 0)
		CPU_SET((unsigned)cpu, &set);
	if (cpu < 0 || sched_setaffinity(0, sizeof set, &set) != 0)
		fprintf(stderr, "espy-bench: not pinned to a processor\n");
}

static int
usage(void)
{
	fprintf(stderr, "usage: espy-bench [-r rounds] [-o file] [-e espy] [word]\n");
	return 2;
}

int
main(int argc, char **argv)
{
	static struct bench_results results;
	struct err e = { 0 };
	const char *path = NULL, *espy = NULL;
	long rounds = ROUNDS;
	for (int c; (c = getopt(argc, argv, "r:o:e:")) != -1;) {
		if (c == 'r')
			rounds = strtol(optarg, NULL, 10);
		else if (c == 'o')
			path = optarg;
		else if (c == 'e')
			espy = optarg;
		else
			return usage();
	}
	if (argc - optind > 1 || rounds < 1 || rounds > BENCH_ROUNDS_MAX)
		return usage();
	stay();
	const char *word = optind < argc ? argv[optind] : "";
	bool ok = bench_packets(&results, word, (unsigned)rounds, &e) && bench_keys(&results, &e) &&
		  bench_databases(&results, &e) &&
		  (espy == NULL || (bench_check(&results, espy, &e) && bench_wire(&results, espy, &e)));
	report_table(&results);
	if (!ok || (path != NULL && !report_json(&results, path, &e))) {
		fprintf(stderr, "espy-bench: %s\n", e.text);
		return 1;
	}
	return 0;
}
