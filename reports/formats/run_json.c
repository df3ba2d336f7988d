#include "reports/event.h"
#include "reports/report.h"

/* The member of the event, or null: a reader need not ask which members are there. */
static void
copy(json_t *to, const char *name, const json_t *from, const char *key)
{
	json_t *v = json_object_get(from, key);
	json_object_set_new(to, name, v != NULL ? json_incref(v) : json_null());
}

static json_t *
part(const json_t *from, const char *const *keys, unsigned n)
{
	json_t *o = json_object();
	for (unsigned i = 0; i < n; i++)
		copy(o, keys[i], from, keys[i]);
	return o;
}

static json_t *
summary(const struct tally *t)
{
	return json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i}", "pass", (int)t->pass, "fail", (int)t->fail,
			 "inconclusive", (int)t->inconclusive, "skip", (int)t->skip, "error", (int)t->error, "xfail",
			 (int)t->xfail, "xpass", (int)t->xpass, "total", (int)t->total);
}

/* Packets and SAs lie there; null where there are none. */
static json_t *
evidence(const struct run_record *r, const struct report_wish *w, const json_t *event, unsigned nth)
{
	char path[4400];
	if (!report_keeps(r, event))
		return json_null();
	report_evidence(w, event, nth, "", path, sizeof path);
	return journal_text(path);
}

static json_t *
cases(const struct run_record *r, const struct report_wish *w)
{
	static const char *const keys[] = { "title",   "params",  "level",  "clause",
					    "decides", "verdict", "reason", "wall_ms" };
	json_t *list = json_array(), *book = json_object(), *event;
	size_t i;
	json_array_foreach(r->cases, i, event) {
		json_t *c = json_object();
		copy(c, "id", event, "full_id");
		copy(c, "case", event, "id");
		for (unsigned k = 0; k < sizeof keys / sizeof keys[0]; k++)
			copy(c, keys[k], event, keys[k]);
		json_object_set_new(c, "evidence",
				    evidence(r, w, event, names_seen(book, event_text(event, "full_id"))));
		json_array_append_new(list, c);
	}
	json_decref(book);
	return list;
}

static json_t *
incomplete(const struct run_record *r)
{
	char why[400];
	return report_incomplete(r, why, sizeof why) ? journal_text(why) : json_null();
}

static json_t *
whole(const struct run_record *r, const struct report_wish *w)
{
	static const char *const tool[] = { "name", "version" };
	static const char *const target[] = { "name", "driver", "os", "release", "manager" };
	json_t *o = json_object();
	json_object_set_new(o, "schema", json_string("espy-run/1"));
	json_object_set_new(o, "tool", part(json_object_get(r->start, "tool"), tool, 2));
	json_object_set_new(o, "target", part(json_object_get(r->start, "target"), target, 5));
	copy(o, "started", r->start, "started");
	copy(o, "wall_s", r->end, "wall_s");
	copy(o, "argv", r->start, "argv");
	copy(o, "seed", r->start, "seed");
	copy(o, "planned", r->start, "planned");
	copy(o, "shard", r->start, "shard");
	copy(o, "merged", r->start, "merged");
	json_object_set_new(o, "complete", json_boolean(json_is_true(json_object_get(r->end, "complete"))));
	json_object_set_new(o, "incomplete", incomplete(r));
	json_object_set_new(o, "restarts", json_integer(r->restarts));
	json_object_set_new(o, "summary", summary(&r->tally));
	json_object_set_new(o, "cases", cases(r, w));
	return o;
}

bool
report_render_json(FILE *out, const struct run_record *r, const struct report_wish *w, struct err *e)
{
	json_t *o = whole(r, w);
	bool ok = json_dumpf(o, out, JSON_INDENT(1) | JSON_REAL_PRECISION(9)) == 0;
	json_decref(o);
	fputc('\n', out);
	return ok || fail(e, ERR_IO, "memory for it");
}
