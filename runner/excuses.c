#include "runner/excuses.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "reports/event.h"
#include "reports/compare/known.h"
#include "runner/paths.h"

bool
excuses_open(struct excuses *x, const char *file, struct err *e)
{
	time_t now = time(NULL);
	struct tm tm;
	strftime(x->day, sizeof x->day, "%Y-%m-%d", gmtime_r(&now, &tm));
	baseline_free(&x->list);
	x->automatic = strcmp(file, "auto") == 0;
	x->given = !x->automatic && baseline_read(&x->list, file, e);
	return x->given || x->automatic;
}

/* "6.1" of "6.1.176-cloud": kernels of one series depart from the same clauses. */
static void
series_of(const char *release, char *out, size_t cap)
{
	size_t major = strcspn(release, "."), n = major;
	if (release[major] == '.')
		n += 1 + strspn(release + major + 1, "0123456789");
	snprintf(out, cap, "%.*s", (int)n, release);
}

bool
excuses_choose(struct excuses *x, const char *os, const char *release, struct err *e)
{
	char folder[1024], path[1200], series[40];
	series_of(release, series, sizeof series);
	if (!paths_find(folder, sizeof folder, "suites", "ESPY_SUITES", e))
		return false;
	snprintf(path, sizeof path, "%s/baselines/%.60s-%s.txt", folder, os, series);
	x->automatic = false;
	x->given = strchr(os, '/') == NULL && strchr(series, '/') == NULL && baseline_read(&x->list, path, e);
	return x->given;
}

void
excuses_close(struct excuses *x)
{
	baseline_free(&x->list);
	x->given = false;
}

bool
excuses_cover(const struct excuses *x, const char *full_id)
{
	const struct baseline_line *l = x->given ? baseline_find(&x->list, full_id, x->day) : NULL;
	return l != NULL && !baseline_expired(l, x->day);
}

static json_t *
entry_json(const struct baseline *b, const struct baseline_line *l)
{
	json_t *o = json_object();
	json_object_set_new(o, "entry", journal_text(l->pattern));
	json_object_set_new(o, "line", json_integer(baseline_number(b, l)));
	return o;
}

bool
excuses_mark(const struct excuses *x, json_t *event)
{
	const struct baseline_line *l = NULL;
	if (x->given && event_is(event, "FAIL"))
		l = baseline_find(&x->list, event_text(event, "full_id"), x->day);
	if (l == NULL)
		return false;
	json_t *known = entry_json(&x->list, l);
	json_object_set_new(known, "file", journal_text(x->list.file));
	json_object_set_new(known, "reason", journal_text(l->reason));
	if (l->until[0] != '\0')
		json_object_set_new(known, "until", json_string(l->until));
	if (l->sometimes)
		json_object_set_new(known, "sometimes", json_true());
	if (baseline_expired(l, x->day))
		json_object_set_new(known, "expired", json_true());
	json_object_set_new(event, "known", known);
	return true;
}

/* --- the end --------------------------------------------------------------------------------- */

unsigned *
baseline_reach(const struct baseline *b, const struct plan *p)
{
	unsigned *reach = calloc(b->n + 1, sizeof *reach);
	for (unsigned k = 0; reach != NULL && k < p->n; k++)
		for (size_t i = 0; i < b->n; i++)
			reach[i] += p->items[k].round <= 1 && b->line[i].kind == BASELINE_ENTRY &&
				    baseline_matches(&b->line[i], p->items[k].full_id);
	return reach;
}

static json_t *
cases_of(const struct baseline_line *l, const json_t *cases)
{
	json_t *ids = json_array();
	const json_t *event;
	size_t i;
	json_array_foreach(cases, i, event)
		if (event_passed(event) && event_number(event, "round") <= 1 &&
		    baseline_matches(l, event_text(event, "full_id")))
			json_array_append_new(ids, journal_text(event_text(event, "full_id")));
	return ids;
}

struct verdicts {
	json_t *xpass, *unused, *expired;
};

static void
add_unused(struct verdicts *v, json_t *entry, const char *why, const char *detail)
{
	char text[1400];
	snprintf(text, sizeof text, "%s%.1200s", why, detail);
	json_object_set_new(entry, "why", journal_text(text));
	json_array_append_new(v->unused, entry);
}

/* planned, all: its combinations in this run and in the suites. */
static void
judge(struct verdicts *v, const struct excuses *x, const struct baseline_line *l, const struct baseline_fate *f,
      unsigned planned, unsigned all, const struct run_record *r)
{
	json_t *entry = entry_json(&x->list, l);
	if (baseline_expired(l, x->day) && f->failed > 0) {
		json_object_set_new(entry, "until", json_string(l->until));
		json_array_append_new(v->expired, entry);
	} else if (all == 0) {
		add_unused(v, entry, "names no case of these suites", "");
	} else if (planned == all && baseline_over(l, f)) {
		json_object_set_new(entry, "reason", journal_text(l->reason));
		json_object_set_new(entry, "cases", cases_of(l, r->cases));
		json_array_append_new(v->xpass, entry);
	} else if (planned == all && f->skipped > 0 && f->failed + f->passed + f->undecided == 0) {
		add_unused(v, entry, "every combination was skipped: ", event_text(f->first, "reason"));
	} else {
		json_decref(entry);
	}
}

json_t *
excuses_end(const struct excuses *x, const struct choice *c, const struct run_record *r, bool complete)
{
	const struct baseline *b = &x->list;
	struct verdicts v = { json_array(), json_array(), json_array() };
	struct plan whole = { 0 };
	struct err e;
	unsigned entries = 0, known = 0;
	struct baseline_fate *fates = baseline_fates(b, r->cases);
	bool planned = plan_make(&whole, c->suites, &(struct selection){ 0 }, &e);
	unsigned *all = planned ? baseline_reach(b, &whole) : NULL, *mine = baseline_reach(b, &c->plan);
	for (size_t i = 0; i < b->n; i++) {
		entries += b->line[i].kind == BASELINE_ENTRY;
		if (b->line[i].kind == BASELINE_ENTRY && complete && fates != NULL && all != NULL && mine != NULL)
			judge(&v, x, &b->line[i], &fates[i], mine[i], all[i], r);
	}
	plan_free(&whole);
	free(all);
	free(mine);
	free(fates);
	const json_t *event;
	size_t k;
	json_array_foreach(r->cases, k, event)
		known += event_is(event, "XFAIL");
	return json_pack("{s:s, s:o, s:i, s:i, s:o, s:o, s:o}", "event", "baseline", "file", journal_text(b->file),
			 "entries", (int)entries, "known", (int)known, "xpass", v.xpass, "unused", v.unused, "expired",
			 v.expired);
}
