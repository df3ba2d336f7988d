#include "reports/formats/matrix.h"

#include <stdlib.h>
#include <string.h>

#include "reports/event.h"
#include "reports/compare/known.h"
#include "reports/report.h"

/* --- words ----------------------------------------------------------------------------------- */

static const struct matrix_word words[] = {
	{ "✗", "failed", "fail" },  { "!", "error", "unclear" },        { "?", "inconclusive", "unclear" },
	{ "✓", "passed", "pass" },  { "~", "known failures", "known" }, { "–", "skipped", "skip" },
	{ "·", "not run", "none" },
};
enum { W_FAILED, W_ERROR, W_INCONCLUSIVE, W_PASSED, W_KNOWN, W_SKIPPED, W_NOT_RUN };

const struct matrix_word *
matrix_cell(const struct tally *t)
{
	return &words[t->fail + t->xpass > 0 ? W_FAILED
		      : t->error > 0         ? W_ERROR
		      : t->inconclusive > 0  ? W_INCONCLUSIVE
		      : t->xfail > 0         ? W_KNOWN
		      : t->pass > 0          ? W_PASSED
		      : t->skip > 0          ? W_SKIPPED
					     : W_NOT_RUN];
}

const struct matrix_word *
matrix_verdict(const char *verdict)
{
	struct tally one = { 0 };
	unsigned *count = verdict != NULL ? tally_of(&one, verdict) : NULL;
	if (count != NULL)
		*count = 1;
	return matrix_cell(&one);
}

/* --- columns --------------------------------------------------------------------------------- */

static const char *
last_part(const char *dir)
{
	const char *slash = strrchr(dir, '/');
	return slash != NULL && slash[1] != '\0' ? slash + 1 : dir;
}

static bool
name_is_shared(const struct run_source *v, size_t n, size_t which)
{
	const char *name = event_text(json_object_get(v[which].record.start, "target"), "name");
	for (size_t i = 0; i < n; i++)
		if (i != which && strcmp(event_text(json_object_get(v[i].record.start, "target"), "name"), name) == 0)
			return true;
	return false;
}

static bool
make_runs(struct matrix *m, const struct run_source *v)
{
	for (size_t i = 0; i < m->n; i++) {
		struct matrix_run *run = &m->runs[i];
		const json_t *target = json_object_get(v[i].record.start, "target");
		const char *name = event_text(target, "name"), *os = event_text(target, "os");
		run->source = &v[i];
		if (name[0] == '\0' || name_is_shared(v, m->n, i)) {
			if (asprintf(&run->label, "%s%s%s%s", name, name[0] != '\0' ? " (" : "", last_part(v[i].dir),
				     name[0] != '\0' ? ")" : "") < 0)
				run->label = NULL;
		} else {
			run->label = strdup(name);
		}
		if (asprintf(&run->system, "%s%s%s", os, os[0] != '\0' ? " " : "", event_text(target, "release")) < 0)
			run->system = NULL;
		if (run->label == NULL || run->system == NULL)
			return false;
		if (!report_incomplete(&v[i].record, run->incomplete, sizeof run->incomplete))
			run->incomplete[0] = '\0';
	}
	return true;
}

void
matrix_link(const struct matrix_run *run, char *out, size_t cap)
{
	const char *folder = run->source->folder;
	snprintf(out, cap, "%s%s", folder[0] == '\0' && !run->source->has_page ? "./" : folder,
		 run->source->has_page ? "report.html" : "");
}

/* --- rows ------------------------------------------------------------------------------------ */

/* {"suite": number of its row}, in the order in which they are met */
static json_t *
number_suites(const struct run_source *v, size_t n)
{
	json_t *numbers = json_object();
	for (size_t i = 0; i < n; i++) {
		const json_t *event;
		size_t k;
		json_array_foreach(v[i].record.cases, k, event)
			if (json_object_get(numbers, event_suite(event)) == NULL)
				json_object_set_new_nocheck(numbers, event_suite(event),
							    json_integer((json_int_t)json_object_size(numbers)));
	}
	return numbers;
}

static void
count_cells(struct matrix *m, const struct run_source *v, const json_t *numbers)
{
	for (size_t i = 0; i < m->n; i++) {
		const json_t *event;
		size_t k;
		json_array_foreach(v[i].record.cases, k, event) {
			size_t row = (size_t)json_integer_value(json_object_get(numbers, event_suite(event)));
			struct tally *t = &m->rows[row].cells[i];
			unsigned *count = tally_of(t, event_text(event, "verdict"));
			if (count != NULL)
				++*count;
			t->total++;
			m->rows[row].suite = event_suite(event);
		}
	}
}

static int
by_suite(const void *a, const void *b)
{
	const struct matrix_row *x = a, *y = b;
	return strcmp(x->suite, y->suite);
}

static bool
make_rows(struct matrix *m, const struct run_source *v)
{
	json_t *numbers = number_suites(v, m->n);
	m->rows_n = json_object_size(numbers);
	m->rows = calloc(m->rows_n + 1, sizeof *m->rows);
	bool ok = m->rows != NULL;
	for (size_t i = 0; ok && i < m->rows_n; i++)
		ok = (m->rows[i].cells = calloc(m->n, sizeof *m->rows[i].cells)) != NULL;
	if (ok) {
		count_cells(m, v, numbers);
		qsort(m->rows, m->rows_n, sizeof *m->rows, by_suite);
	}
	json_decref(numbers);
	return ok;
}

/* --- differences ----------------------------------------------------------------------------- */

/* Of several verdicts on one case in one run the first of these counts. */
static unsigned
rank(const char *verdict)
{
	static const char *const order[] = { "FAIL", "ERROR", "INCONCLUSIVE", "PASS", "SKIP" };
	unsigned i = 0;
	while (i < sizeof order / sizeof order[0] && strcmp(order[i], verdict) != 0)
		i++;
	return i;
}

/* {"full id": [event or null, ..]}: one a run. What the target did is compared; a baseline makes no difference between targets. */
static json_t *
side_by_side(const struct run_source *v, size_t n)
{
	json_t *book = json_object();
	for (size_t i = 0; i < n; i++) {
		json_t *event;
		size_t k;
		json_array_foreach(v[i].record.cases, k, event) {
			const char *id = event_text(event, "full_id");
			json_t *list = json_object_get(book, id);
			if (list == NULL) {
				list = json_array();
				for (size_t c = 0; c < n; c++)
					json_array_append_new(list, json_null());
				json_object_set_new_nocheck(book, id, list);
			}
			const json_t *had = json_array_get(list, i);
			if (json_is_null(had) || rank(event_observed(event)) < rank(event_observed(had)))
				json_array_set(list, i, event);
		}
	}
	return book;
}

static const char *
observed_at(const json_t *list, size_t i)
{
	const json_t *event = json_array_get(list, i);
	return json_is_null(event) ? NULL : event_observed(event);
}

static bool
differs(const json_t *list)
{
	const char *first = observed_at(list, 0);
	for (size_t i = 1; i < json_array_size(list); i++) {
		const char *other = observed_at(list, i);
		if ((first == NULL) != (other == NULL) || (first != NULL && strcmp(first, other) != 0))
			return true;
	}
	return false;
}

static const json_t *
first_event(const json_t *list)
{
	size_t i = 0;
	while (i < json_array_size(list) && json_is_null(json_array_get(list, i)))
		i++;
	return json_array_get(list, i);
}

/* "case id, and how it ended in each run": equal ones are one difference. To be freed. */
static char *
group_key(const json_t *list)
{
	char *key = NULL;
	size_t size;
	FILE *f = open_memstream(&key, &size);
	if (f == NULL)
		return NULL;
	fputs(event_text(first_event(list), "id"), f);
	for (size_t i = 0; i < json_array_size(list); i++)
		fprintf(f, "\n%s", observed_at(list, i) != NULL ? observed_at(list, i) : "-");
	fclose(f);
	return key;
}

static bool
new_difference(struct matrix *m, struct matrix_difference *d, const json_t *list)
{
	const json_t *event = first_event(list);
	*d = (struct matrix_difference){ .id = event_text(event, "id"),
					 .level = event_text(event, "level"),
					 .clause = event_text(event, "clause"),
					 .title = event_text(event, "title"),
					 .verdicts = calloc(m->n, sizeof *d->verdicts),
					 .full_ids = json_array() };
	for (size_t i = 0; d->verdicts != NULL && i < m->n; i++) {
		d->verdicts[i] = observed_at(list, i);
		d->unmet |= d->verdicts[i] != NULL && rank(d->verdicts[i]) < 3;
	}
	return d->verdicts != NULL;
}

static bool
add_difference(struct matrix *m, json_t *groups, const char *full_id, const json_t *list)
{
	char *key = group_key(list);
	const json_t *known = key != NULL ? json_object_get(groups, key) : NULL;
	size_t at = known != NULL ? (size_t)json_integer_value(known) : m->differences_n;
	bool ok = key != NULL;
	if (ok && known == NULL) {
		ok = new_difference(m, &m->differences[at], list);
		m->differences_n++;
		json_object_set_new_nocheck(groups, key, json_integer((json_int_t)at));
	}
	if (ok)
		json_array_append_new(m->differences[at].full_ids, json_string_nocheck(full_id));
	free(key);
	return ok;
}

/* Stable: within each half they stay in the order of the runs. */
static bool
unmet_first(struct matrix *m)
{
	struct matrix_difference *v = calloc(m->differences_n + 1, sizeof *v);
	size_t n = 0;
	if (v == NULL)
		return false;
	for (int unmet = 1; unmet >= 0; unmet--) {
		for (size_t i = 0; i < m->differences_n; i++)
			if (m->differences[i].unmet == (unmet == 1))
				v[n++] = m->differences[i];
		if (unmet == 1)
			m->unmet_n = n;
	}
	free(m->differences);
	m->differences = v;
	return true;
}

static bool
make_differences(struct matrix *m, const struct run_source *v)
{
	json_t *book = side_by_side(v, m->n), *groups = json_object(), *list;
	const char *full_id;
	m->differences = calloc(json_object_size(book) + 1, sizeof *m->differences);
	bool ok = m->differences != NULL;
	json_object_foreach(book, full_id, list)
		ok = ok && (!differs(list) || add_difference(m, groups, full_id, list));
	json_decref(book);
	json_decref(groups);
	return ok && unmet_first(m);
}

bool
matrix_make(struct matrix *m, const struct run_source *v, size_t n, struct err *e)
{
	*m = (struct matrix){ .runs = calloc(n + 1, sizeof *m->runs), .n = n };
	if (m->runs != NULL && make_runs(m, v) && make_rows(m, v) && make_differences(m, v))
		return true;
	(void)fail(e, ERR_IO, "memory for a matrix");
	matrix_free(m);
	return false;
}

void
matrix_free(struct matrix *m)
{
	for (size_t i = 0; m->runs != NULL && i < m->n; i++) {
		free(m->runs[i].label);
		free(m->runs[i].system);
	}
	for (size_t i = 0; m->rows != NULL && i < m->rows_n; i++)
		free(m->rows[i].cells);
	for (size_t i = 0; m->differences != NULL && i < m->differences_n; i++) {
		free(m->differences[i].verdicts);
		json_decref(m->differences[i].full_ids);
	}
	free(m->runs);
	free(m->rows);
	free(m->differences);
	*m = (struct matrix){ 0 };
}
