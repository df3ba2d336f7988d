/*
 * What it costs to be an executable specification: esp_seal and esp_receive (ipsec/esp.h) beside a bare libcrypto loop
 * doing the same cipher work (bare.h). This header is what the parts of the program share: results, and time.
 */
#ifndef ESPY_BENCH_H
#define ESPY_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "wire/err.h"

enum { BENCH_RESULTS = 64, BENCH_ROUNDS_MAX = 10000 };

/* One line of the table. against is empty for a yardstick and for what has none. */
struct bench_result {
	char name[48];
	size_t size; /* octets of payload; 0: not a matter of size */
	double value;
	const char *unit;
	char against[48];
	double ratio; /* our throughput by the other's: 1 is as fast */
	double goal;  /* the ratio wanted; 0: none */
};

struct bench_results {
	unsigned n;
	struct bench_result row[BENCH_RESULTS];
};

static inline double
bench_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Sorts v. */
double bench_median(double *v, unsigned n);

struct bench_result *bench_add(struct bench_results *r, const char *name, size_t size, double value, const char *unit);

/* Two rows of throughputs, the first being the second's yardstick; goal 0: none. */
void bench_compare(struct bench_results *r, const char *few, double few_rate, const char *many, double many_rate,
		   const char *unit, double goal);

/* ESP beside the bare loop, rounds of one slice each (packets.c); only transforms whose name contains word. */
bool bench_packets(struct bench_results *r, const char *word, unsigned rounds, struct err *e) MUST_USE;

/* SAs per second through the PF_KEY engine (keys.c). */
bool bench_keys(struct bench_results *r, struct err *e) MUST_USE;

/* Lookups and changes of many entries beside those of few (databases.c). */
bool bench_databases(struct bench_results *r, struct err *e) MUST_USE;

/* The program espy checking captures: beside tshark where it is installed, of many SAs, its threads, its memory (check.c). */
bool bench_check(struct bench_results *r, const char *espy, struct err *e) MUST_USE;

/* The same program sending a capture onto a veth, beside tcpreplay; left out, with the reason, without root or the other (wire.c). */
bool bench_wire(struct bench_results *r, const char *espy, struct err *e) MUST_USE;

/* What people read, on standard output; what programs read, in a file (report.c). */
void report_table(const struct bench_results *r);
bool report_json(const struct bench_results *r, const char *path, struct err *e) MUST_USE;

#endif
