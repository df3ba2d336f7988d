#include "reports/formats/merge.h"

#include <stdlib.h>
#include <string.h>

#include "reports/event.h"
#include "reports/report.h"

#define SHARDS_MAX 10000 /* of espy run --shard */

/* --- what belongs together ------------------------------------------------------------------- */

static const char *
target_text(const struct run_source *s, const char *key)
{
	return event_text(json_object_get(s->record.start, "target"), key);
}

static bool
same_target(const struct run_source *a, const struct run_source *b)
{
	static const char *const keys[] = { "name", "driver", "os", "release", "manager" };
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		if (strcmp(target_text(a, keys[i]), target_text(b, keys[i])) != 0)
			return false;
	return true;
}

static const json_t *
shard_of(const struct run_source *s)
{
	return json_object_get(s->record.start, "shard");
}

static bool
same_plan(const struct run_source *a, const struct run_source *b)
{
	const json_t *x = shard_of(a), *y = shard_of(b);
	return json_is_object(x) && json_is_object(y) && event_number(x, "of") == event_number(y, "of") &&
	       event_number(x, "of") >= 1 && strcmp(event_text(x, "plan"), event_text(y, "plan")) == 0;
}

static bool
all_of_one_plan(const struct run_source *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!same_plan(&v[0], &v[i]))
			return false;
	return n > 0;
}

/* Full ids that more than one run has, as {"id": true}. */
static json_t *
shared_cases(const struct run_source *v, size_t n)
{
	json_t *where = json_object(), *shared = json_object();
	for (size_t i = 0; i < n; i++) {
		const json_t *event;
		size_t k;
		json_array_foreach(v[i].record.cases, k, event) {
			const char *id = event_text(event, "full_id");
			const json_t *seen = json_object_get(where, id);
			if (seen == NULL)
				json_object_set_new_nocheck(where, id, json_integer((json_int_t)i));
			else if (json_integer_value(seen) != (json_int_t)i)
				json_object_set_new_nocheck(shared, id, json_true());
		}
	}
	json_decref(where);
	return shared;
}

static const char *
hash_of(const struct run_source *s)
{
	return event_text(json_object_get(s->record.start, "suites"), "hash");
}

bool
runs_belong_together(const struct run_source *v, size_t n, char *why, size_t cap)
{
	for (size_t i = 1; i < n; i++) {
		const char *what = !same_target(&v[0], &v[i])                    ? "targets"
				   : strcmp(hash_of(&v[0]), hash_of(&v[i])) != 0 ? "suites"
										 : NULL;
		if (what != NULL) {
			snprintf(why, cap, "%s and %s have different %s", v[0].dir, v[i].dir, what);
			return false;
		}
	}
	if (all_of_one_plan(v, n))
		return true;
	json_t *shared = shared_cases(v, n);
	size_t twice = json_object_size(shared);
	json_decref(shared);
	if (twice > 0)
		snprintf(why, cap, "%zu %s in more than one of them", twice, twice == 1 ? "case is" : "cases are");
	return twice == 0;
}

/* --- one record of them ---------------------------------------------------------------------- */

static void
add_tally(struct tally *t, const struct tally *more)
{
	t->pass += more->pass;
	t->fail += more->fail;
	t->inconclusive += more->inconclusive;
	t->skip += more->skip;
	t->error += more->error;
	t->xfail += more->xfail;
	t->xpass += more->xpass;
	t->total += more->total;
}

/* What the case's own run knows and the merged one does not. */
static void
set_origin(json_t *event, const struct run_source *s, unsigned nth)
{
	json_t *seed = json_object_get(s->record.start, "seed");
	json_t *from = json_pack("{s:o, s:o, s:i}", "folder", journal_text(s->folder != NULL ? s->folder : ""),
				 "workspace", journal_text(s->workspace != NULL ? s->workspace : ""), "nth", (int)nth);
	if (seed != NULL)
		json_object_set(from, "seed", seed);
	json_object_set_new(event, "run", from);
}

/* Its place in the plan that the shards were taken from: every of-th, from index - 1 on. */
static void
set_place(json_t *event, const json_t *shard)
{
	double n = event_number(event, "n") * event_number(shard, "of") + event_number(shard, "index") - 1;
	json_object_set_new(event, "n", json_integer(n >= 0 && n < 1e9 ? (json_int_t)n : 0));
}

static void
add_cases(json_t *list, const struct run_source *s, bool placed)
{
	json_t *book = json_object(), *event;
	size_t i;
	json_array_foreach(s->record.cases, i, event) {
		json_t *copy = json_copy(event);
		set_origin(copy, s, names_seen(book, event_text(event, "full_id")));
		if (placed)
			set_place(copy, shard_of(s));
		json_array_append_new(list, copy);
	}
	json_decref(book);
}

static int
by_place(const void *a, const void *b)
{
	double x = event_number(*(json_t *const *)a, "n"), y = event_number(*(json_t *const *)b, "n");
	return x < y ? -1 : x > y;
}

static json_t *
sorted(json_t *list)
{
	size_t n = json_array_size(list), i;
	json_t **v = calloc(n + 1, sizeof *v), *event, *result = json_array();
	if (v == NULL) {
		json_decref(result);
		return list;
	}
	json_array_foreach(list, i, event)
		v[i] = event;
	qsort(v, n, sizeof(json_t *), by_place);
	for (i = 0; i < n; i++)
		json_array_append(result, v[i]);
	free(v);
	json_decref(list);
	return result;
}

/* --- what became of the whole ---------------------------------------------------------------- */

static void
put_missing(FILE *out, const struct run_source *v, size_t n)
{
	long of = event_whole(shard_of(&v[0]), "of");
	const char *before = "shards that are missing: ";
	if (of < 1 || of > SHARDS_MAX) { /* no espy makes so many, and all of them cannot be here */
		fputs("shards are missing; ", out);
		return;
	}
	for (long index = 1; index <= of; index++) {
		bool there = false;
		for (size_t i = 0; i < n; i++)
			there |= event_whole(shard_of(&v[i]), "index") == index;
		if (!there) {
			fprintf(out, "%s%ld/%ld", before, index, of);
			before = ", ";
		}
	}
	if (before[0] == ',')
		fputs("; ", out);
}

/* Why it is not a whole run, "" if it is. To be freed; NULL: out of memory. */
static char *
incomplete_text(const struct run_source *v, size_t n, bool shards)
{
	char *text = NULL, why[400];
	size_t size;
	FILE *out = open_memstream(&text, &size);
	if (out == NULL)
		return NULL;
	if (shards)
		put_missing(out, v, n);
	for (size_t i = 0; i < n; i++)
		if (report_incomplete(&v[i].record, why, sizeof why))
			fprintf(out, "%s: %s; ", v[i].dir, why);
	fclose(out);
	if (size >= 2)
		text[size - 2] = '\0';
	return text;
}

static json_t *
end_of(const struct run_source *v, size_t n, bool shards)
{
	double wall = 0;
	bool known = true;
	char *why = incomplete_text(v, n, shards);
	json_t *end = json_pack("{s:s}", "event", "end");
	for (size_t i = 0; i < n; i++) {
		known &= json_is_number(json_object_get(v[i].record.end, "wall_s"));
		wall += event_number(v[i].record.end, "wall_s");
	}
	if (known)
		json_object_set_new(end, "wall_s", json_real(wall));
	json_object_set_new(end, "complete", json_boolean(why != NULL && why[0] == '\0'));
	if (why != NULL && why[0] != '\0')
		json_object_set_new(end, "incomplete", journal_text(why));
	free(why);
	return end;
}

static json_t *
list_runs(const struct run_source *v, size_t n)
{
	static const char *const keys[] = { "started", "seed", "shard" };
	json_t *list = json_array();
	for (size_t i = 0; i < n; i++) {
		json_t *o = json_pack("{s:o, s:i, s:b}", "dir", journal_text(v[i].dir), "cases",
				      (int)v[i].record.tally.total, "complete",
				      json_is_true(json_object_get(v[i].record.end, "complete")));
		for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++) {
			json_t *value = json_object_get(v[i].record.start, keys[k]);
			json_object_set_new(o, keys[k], value != NULL ? json_incref(value) : json_null());
		}
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *
names_of(const json_t *object)
{
	json_t *list = json_array(), *unused;
	const char *name;
	json_object_foreach((json_t *)(uintptr_t)object, name, unused)
		json_array_append_new(list, json_string(name));
	(void)unused;
	return list;
}

/* The first run's, with what differs between them taken out or added up. */
static json_t *
start_of(const struct run_source *v, size_t n, bool shards)
{
	json_t *start = v[0].record.start != NULL ? json_copy(v[0].record.start) : json_object();
	json_t *shared = shared_cases(v, n);
	double planned = 0;
	for (size_t i = 0; i < n; i++) {
		json_t *other = v[i].record.start;
		planned += event_number(other, "planned");
		if (!json_equal(json_object_get(start, "seed"), json_object_get(other, "seed")))
			json_object_del(start, "seed");
		if (strcmp(event_text(start, "keep"), event_text(other, "keep")) != 0)
			json_object_set_new(start, "keep", json_string("failed")); /* the least of them */
		const char *began = event_text(other, "started");
		if (began[0] != '\0' && strcmp(began, event_text(start, "started")) < 0)
			json_object_set(start, "started", json_object_get(other, "started"));
	}
	if (shards)
		planned = event_number(shard_of(&v[0]), "cases");
	json_object_set_new(start, "planned", json_integer(planned >= 0 && planned < 1e9 ? (json_int_t)planned : 0));
	json_object_del(start, "shard");
	json_object_set_new(start, "merged",
			    json_pack("{s:o, s:o}", "runs", list_runs(v, n), "twice", names_of(shared)));
	json_decref(shared);
	return start;
}

/* One list of known failures for all of them is still one. */
static json_t *
baseline_of(const struct run_source *v, size_t n)
{
	const json_t *first = v[0].record.baseline;
	for (size_t i = 0; i < n; i++)
		if (first == NULL || strcmp(event_text(first, "file"), event_text(v[i].record.baseline, "file")) != 0)
			return NULL;
	json_t *o = json_object();
	json_object_set(o, "file", json_object_get(first, "file"));
	json_object_set(o, "entries", json_object_get(first, "entries"));
	return o;
}

bool
runs_merge(struct run_record *whole, const struct run_source *v, size_t n, struct err *e)
{
	bool shards = all_of_one_plan(v, n);
	*whole = (struct run_record){ 0 };
	for (size_t i = 1; i < n; i++)
		if (!same_target(&v[0], &v[i]))
			return fail(e, ERR_UNSUPPORTED, "%s and %s have different targets: one report has one target",
				    v[0].dir, v[i].dir);
	whole->cases = json_array();
	for (size_t i = 0; i < n; i++) {
		add_cases(whole->cases, &v[i], shards);
		add_tally(&whole->tally, &v[i].record.tally);
		whole->torn += v[i].record.torn;
		whole->restarts += v[i].record.restarts;
	}
	if (shards)
		whole->cases = sorted(whole->cases);
	whole->start = start_of(v, n, shards);
	whole->end = end_of(v, n, shards);
	whole->baseline = baseline_of(v, n);
	return true;
}
