#include "reports/compare/diff.h"

#include <stdlib.h>
#include <string.h>

#include "reports/event.h"
#include "reports/fold.h"
#include "reports/compare/known.h"
#include "reports/repeat.h"

const struct diff_section diff_sections[] = {
	{ "broken", "Broken" }, { "fixed", "Fixed" },         { "changed", "Still not met, and differently" },
	{ "new", "Newly run" }, { "skipped", "Skipped now" }, { "gone", "No longer run" },
	{ NULL, NULL },
};

/* --- what differs between the runs as a whole ------------------------------------------------ */

static json_t *
text_or_null(const json_t *v)
{
	if (json_is_integer(v))
		return json_sprintf("%lld", (long long)json_integer_value(v));
	return json_is_string(v) ? journal_text(json_string_value(v)) : json_null();
}

/* Members that only one of the two knows say nothing: journals of an older espy have fewer. */
static void
compare_member(json_t *list, const char *what, const json_t *a, const json_t *b)
{
	if (a == NULL || b == NULL || json_equal(a, b))
		return;
	json_array_append_new(
		list, json_pack("{s:s, s:o, s:o}", "what", what, "old", text_or_null(a), "new", text_or_null(b)));
}

static json_t *
differences(const json_t *a, const json_t *b)
{
	static const char *const rows[][2] = {
		{ "target", "name" },    { "target", "driver" },  { "target", "os" },
		{ "target", "release" }, { "target", "manager" }, { "target", "profile" },
		{ "target", "dialect" }, { "tool", "version" },   { "suites", "hash" },
	};
	json_t *list = json_array();
	char what[40];
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		snprintf(what, sizeof what, "%s.%s", rows[i][0], rows[i][1]);
		compare_member(list, what, json_object_get(json_object_get(a, rows[i][0]), rows[i][1]),
			       json_object_get(json_object_get(b, rows[i][0]), rows[i][1]));
	}
	compare_member(list, "seed", json_object_get(a, "seed"), json_object_get(b, "seed"));
	return list;
}

/* Whether something differs whose name begins so. */
static bool
differs(const json_t *list, const char *begin)
{
	const json_t *row;
	size_t i;
	json_array_foreach(list, i, row)
		if (strncmp(event_text(row, "what"), begin, strlen(begin)) == 0)
			return true;
	return false;
}

static json_t *
side_json(const struct diff_side *s)
{
	static const char *const keys[] = { "started", "target", "tool", "seed", "suites" };
	const struct tally *t = &s->run->tally;
	json_t *o = json_object();
	json_object_set_new(o, "path", journal_text(s->path));
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		json_t *v = json_object_get(s->run->start, keys[i]);
		json_object_set_new(o, keys[i], v != NULL ? json_incref(v) : json_null());
	}
	json_object_set_new(o, "complete", json_boolean(json_is_true(json_object_get(s->run->end, "complete"))));
	json_object_set_new(o, "torn", json_integer(s->run->torn));
	json_object_set_new(o, "summary",
			    json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i}", "pass", (int)t->pass, "fail",
				      (int)t->fail, "inconclusive", (int)t->inconclusive, "skip", (int)t->skip, "error",
				      (int)t->error, "xfail", (int)t->xfail, "xpass", (int)t->xpass, "total",
				      (int)t->total));
	return o;
}

/* --- pairs ----------------------------------------------------------------------------------- */

/* {"full id": event}; of a case that ran several times, "full id\n2" and so on. */
static json_t *
by_name(const json_t *cases)
{
	json_t *book = json_object(), *seen = json_object(), *event;
	size_t i;
	json_array_foreach(cases, i, event) {
		char *key;
		const char *id = event_text(event, "full_id");
		unsigned nth = names_seen(seen, id);
		if (asprintf(&key, nth > 0 ? "%s\n%u" : "%s", id, nth + 1) < 0)
			break;
		json_object_set_nocheck(book, key, event);
		free(key);
	}
	json_decref(seen);
	return book;
}

static bool
ran(const json_t *event)
{
	return event != NULL && !event_is(event, "SKIP");
}

/* Numbers long enough to be an address, a key or an SPI say nothing about why. */
static void
mask_numbers(char *text)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	char *out = text;
	for (const char *p = text; *p != '\0';) {
		size_t hex = p[0] == '0' && p[1] == 'x' ? 2 + strspn(p + 2, digits) : 0;
		size_t n = hex > 0 ? hex : strspn(p, digits), decimal = strspn(p, "0123456789");
		bool number = hex >= 7 || (hex == 0 && decimal >= 5 && decimal == n) || (hex == 0 && n >= 12);
		size_t step = n > 0 ? n : 1;
		if (number)
			*out++ = '#';
		else
			memmove(out, p, step);
		out += number ? 0 : step;
		p += step;
	}
	*out = '\0';
}

static void
why_of(const json_t *event, char *out, size_t cap)
{
	char why[1200];
	out[0] = '\0';
	if (event == NULL || event_passed(event))
		return;
	event_why(event, why, sizeof why);
	fold_text(event, why, out, cap);
}

static bool
same_why(const json_t *a, const json_t *b)
{
	char x[1200], y[1200];
	why_of(a, x, sizeof x);
	why_of(b, y, sizeof y);
	mask_numbers(x);
	mask_numbers(y);
	return strcmp(x, y) == 0;
}

/* NULL: nothing to tell. */
static const char *
section_of(const json_t *a, const json_t *b)
{
	if (!ran(a))
		return ran(b) ? "new" : "idle";
	if (!ran(b))
		return b == NULL ? "gone" : "skipped";
	if (event_passed(a) && event_passed(b))
		return "same";
	if (event_passed(a))
		return "broken";
	if (event_passed(b))
		return "fixed";
	return strcmp(event_observed(a), event_observed(b)) == 0 && same_why(a, b) ? "same" : "changed";
}

static const char *
case_change(const json_t *a, const json_t *b)
{
	const char *x = event_text(a, "revision"), *y = event_text(b, "revision");
	return x[0] == '\0' || y[0] == '\0' ? "unknown" : strcmp(x, y) == 0 ? "same" : "changed";
}

/* --- folding over the matrix ----------------------------------------------------------------- */

struct comparison {
	bool strict;
	const struct run_record *after;
	json_t *differs, *groups, *counts; /* groups: {"section id before after case why": change} */
	json_t *ran[2];                    /* {"id": combinations that ran} */
	unsigned known, regressions;
};

static json_t *
causes_of(const struct comparison *c, const char *change)
{
	static const char *const rows[] = { "target", "tool", "seed" };
	json_t *list = json_array();
	if (strcmp(change, "changed") == 0)
		json_array_append_new(list, json_string("case"));
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (differs(c->differs, rows[i]))
			json_array_append_new(list, json_string(rows[i]));
	return list;
}

static json_t *
verdict_json(const json_t *event)
{
	return event != NULL ? journal_text(event_observed(event)) : json_null();
}

static json_t *
change_new(const struct comparison *c, const char *section, const json_t *a, const json_t *b, const char *was,
	   const char *why)
{
	const json_t *event = b != NULL ? b : a, *book = c->ran[ran(b)];
	const char *change = case_change(a, b);
	json_t *all = json_object_get(book, event_text(event, "id"));
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:s, s:o, s:[], s:I, s:{}, s:n}", "section",
			 section, "id", journal_text(event_text(event, "id")), "level",
			 journal_text(event_text(event, "level")), "clause", journal_text(event_text(event, "clause")),
			 "before", verdict_json(a), "after", verdict_json(b), "was", journal_text(was), "why",
			 journal_text(why), "known", event_is(b, "XFAIL"), "case", change, "causes",
			 causes_of(c, change), "combinations", "of", json_integer_value(all), "values", "again");
}

static bool
differs_by_seed_alone(const json_t *change)
{
	const json_t *causes = json_object_get(change, "causes");
	return json_array_size(causes) == 1 && strcmp(json_string_value(json_array_get(causes, 0)), "seed") == 0;
}

static bool
list_has(const json_t *list, const json_t *v)
{
	const json_t *x;
	size_t i;
	json_array_foreach(list, i, x)
		if (json_equal(x, v))
			return true;
	return false;
}

static void
add_combination(json_t *change, const json_t *event)
{
	json_t *params = json_object_get(event, "params"), *values = json_object_get(change, "values"), *v;
	const char *name;
	json_array_append_new(json_object_get(change, "combinations"), journal_text(event_text(event, "full_id")));
	json_object_foreach(params, name, v) {
		if (!json_is_string(v))
			continue;
		if (json_object_get(values, name) == NULL)
			json_object_set_new(values, name, json_array());
		if (!list_has(json_object_get(values, name), v))
			json_array_append(json_object_get(values, name), v);
	}
}

/* The command that shows it, with the seed of the run in which it failed: of the one combination, or of the case. */
static void
set_again(const struct comparison *c, json_t *change, const json_t *b)
{
	size_t n = json_array_size(json_object_get(change, "combinations")), size;
	char *text = NULL;
	if (!ran(b) || event_passed(b) || n > 2)
		return;
	FILE *f = open_memstream(&text, &size);
	if (f == NULL)
		return;
	repeat_run(f, c->after, b, event_text(b, n == 1 ? "full_id" : "id"));
	if (!repeat_is_replay(c->after) &&
	    (json_array_size(json_object_get(change, "causes")) == 0 || differs_by_seed_alone(change)))
		fputs(" --repeat 20", f);
	fclose(f);
	json_object_set_new(change, "again", journal_text(text));
	free(text);
}

static bool
is_regression(const struct comparison *c, const char *section, const json_t *b)
{
	if (event_is(b, "XFAIL"))
		return false;
	if (strcmp(section, "broken") == 0)
		return true;
	if (strcmp(section, "new") == 0)
		return c->strict && !event_passed(b);
	return c->strict && (strcmp(section, "skipped") == 0 || strcmp(section, "gone") == 0);
}

static void
add_pair(struct comparison *c, const json_t *a, const json_t *b)
{
	const char *section = section_of(a, b);
	const json_t *event = b != NULL ? b : a;
	char was[1200], why[1200], *key;
	(void)names_seen(c->counts, section);
	if (strcmp(section, "same") == 0 || strcmp(section, "idle") == 0)
		return;
	c->known += strcmp(section, "broken") == 0 && event_is(b, "XFAIL");
	c->regressions += is_regression(c, section, b);
	why_of(a, was, sizeof was);
	why_of(b, why, sizeof why);
	if (asprintf(&key, "%s %s %s %s %s %s\n%s", section, event_text(event, "id"),
		     a != NULL ? event_observed(a) : "-", b != NULL ? event_text(b, "verdict") : "-", case_change(a, b),
		     was, why) < 0)
		return;
	json_t *change = json_object_get(c->groups, key);
	if (change == NULL) {
		change = change_new(c, section, a, b, was, why);
		json_object_set_new_nocheck(c->groups, key, change);
	}
	add_combination(change, event);
	set_again(c, change, b);
	free(key);
}

static json_t *
count_ran(const json_t *cases)
{
	json_t *book = json_object();
	const json_t *event;
	size_t i;
	json_array_foreach(cases, i, event)
		if (ran(event))
			(void)names_seen(book, event_text(event, "id"));
	return book;
}

/* Section by section, each in the order of the runs. */
static json_t *
sorted(const json_t *groups)
{
	json_t *list = json_array(), *change;
	const char *key;
	for (const struct diff_section *s = diff_sections; s->name != NULL; s++)
		json_object_foreach((json_t *)groups, key, change)
			if (strcmp(event_text(change, "section"), s->name) == 0)
				json_array_append(list, change);
	return list;
}

static void
add_pairs(struct comparison *c, const struct run_record *before, const struct run_record *after)
{
	json_t *old = by_name(before->cases), *new = by_name(after->cases), *event;
	const char *key;
	json_object_foreach(new, key, event)
		add_pair(c, json_object_get(old, key), event);
	json_object_foreach(old, key, event)
		if (json_object_get(new, key) == NULL)
			add_pair(c, event, NULL);
	json_decref(old);
	json_decref(new);
}

json_t *
diff_make(const struct diff_side *before, const struct diff_side *after, bool strict)
{
	struct comparison c = {
		.strict = strict, .after = after->run, .groups = json_object(), .counts = json_object()
	};
	for (const struct diff_section *s = diff_sections; s->name != NULL; s++)
		json_object_set_new(c.counts, s->name, json_integer(0));
	json_object_set_new(c.counts, "same", json_integer(0));
	json_object_set_new(c.counts, "idle", json_integer(0));
	c.differs = differences(before->run->start, after->run->start);
	c.ran[0] = count_ran(before->run->cases);
	c.ran[1] = count_ran(after->run->cases);
	add_pairs(&c, before->run, after->run);
	json_t *changes = sorted(c.groups);
	json_decref(c.groups);
	json_decref(c.ran[0]);
	json_decref(c.ran[1]);
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:i, s:i, s:o}", "schema", "espy-diff/1", "old", side_json(before),
			 "new", side_json(after), "differs", c.differs, "counts", c.counts, "known", (int)c.known,
			 "regressions", (int)c.regressions, "changes", changes);
}
