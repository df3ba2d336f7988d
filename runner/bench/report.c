#include "runner/bench/bench.h"

#include <assert.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

double
bench_median(double *v, unsigned n)
{
	qsort(v, n, sizeof *v, by_value);
	return n % 2 != 0 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

struct bench_result *
bench_add(struct bench_results *r, const char *name, size_t size, double value, const char *unit)
{
	assert(r->n < BENCH_RESULTS);
	struct bench_result *row = &r->row[r->n++];
	*row = (struct bench_result){ .size = size, .value = value, .unit = unit };
	snprintf(row->name, sizeof row->name, "%s", name);
	return row;
}

void
bench_compare(struct bench_results *r, const char *few, double few_rate, const char *many, double many_rate,
	      const char *unit, double goal)
{
	bench_add(r, few, 0, few_rate, unit);
	struct bench_result *row = bench_add(r, many, 0, many_rate, unit);
	snprintf(row->against, sizeof row->against, "%s", few);
	row->ratio = many_rate / few_rate;
	row->goal = goal;
}

static const struct bench_result *
find(const struct bench_results *r, const char *name, size_t size)
{
	for (unsigned i = 0; i < r->n; i++)
		if (r->row[i].size == size && strcmp(r->row[i].name, name) == 0)
			return &r->row[i];
	return NULL;
}

/* Yardsticks have no line of their own: their value stands beside what was measured against them. */
static bool
is_yardstick(const struct bench_results *r, const struct bench_result *row)
{
	for (unsigned i = 0; i < r->n; i++)
		if (find(r, r->row[i].against, row->size) == row)
			return true;
	return false;
}

void
report_table(const struct bench_results *r)
{
	printf("%-38s %6s %9s %9s  %-6s %6s %6s\n", "", "octets", "ours", "bare", "", "ratio", "goal");
	for (unsigned i = 0; i < r->n; i++) {
		const struct bench_result *row = &r->row[i], *bare = find(r, row->against, row->size);
		if (is_yardstick(r, row))
			continue;
		if (bare == NULL)
			printf("%-38s %6s %9.3f %9s  %-6s\n", row->name, "", row->value, "", row->unit);
		else
			printf("%-38s %6zu %9.3f %9.3f  %-6s %6.3f %6.2f%s\n", row->name, row->size, row->value,
			       bare->value, row->unit, row->ratio, row->goal, row->ratio < row->goal ? "  below" : "");
	}
}

static json_t *
row_json(const struct bench_result *row)
{
	bool compared = row->against[0] != '\0';
	return json_pack("{s:s, s:o, s:f, s:s, s:o, s:o, s:o}", "name", row->name, "size",
			 row->size > 0 ? json_integer((json_int_t)row->size) : json_null(), "value", row->value, "unit",
			 row->unit, "against", compared ? json_string(row->against) : json_null(), "ratio",
			 compared ? json_real(row->ratio) : json_null(), "goal",
			 row->goal > 0 ? json_real(row->goal) : json_null());
}

bool
report_json(const struct bench_results *r, const char *path, struct err *e)
{
	json_t *list = json_array();
	bool ok = list != NULL;
	for (unsigned i = 0; ok && i < r->n; i++)
		ok = json_array_append_new(list, row_json(&r->row[i])) == 0;
	if (!ok)
		fail(e, ERR_IO, "%s: no memory for the results", path);
	else if (json_dump_file(list, path, JSON_INDENT(1) | JSON_REAL_PRECISION(5)) != 0)
		ok = fail_errno(e, "%s", path);
	json_decref(list);
	return ok;
}
