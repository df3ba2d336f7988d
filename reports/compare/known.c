#include "reports/compare/known.h"

#include <string.h>

#include "reports/event.h"

bool
event_failed(const json_t *event)
{
	return event_is(event, "FAIL") || event_is(event, "XFAIL");
}

bool
event_passed(const json_t *event)
{
	return event_is(event, "PASS") || event_is(event, "XPASS");
}

const char *
event_observed(const json_t *event)
{
	return event_failed(event) ? "FAIL" : event_passed(event) ? "PASS" : event_text(event, "verdict");
}

void
known_why(const json_t *event, char *out, size_t cap)
{
	const char *reason = event_text(json_object_get(event, "known"), "reason");
	FILE *f = event_is(event, "XFAIL") && reason[0] != '\0' ? fmemopen(out, cap, "w") : NULL;
	event_why(event, out, cap);
	if (f == NULL)
		return;
	fputs("known: ", f);
	put_printable(f, reason, true);
	fclose(f);
	out[cap - 1] = '\0';
	trim_cut_sequence(out);
}

void
known_fold_case(json_t *event)
{
	const json_t *known = json_object_get(event, "known");
	if (json_is_object(known) && event_is(event, "FAIL") && !json_is_true(json_object_get(known, "expired")))
		json_object_set_new(event, "verdict", json_string("XFAIL"));
}

/* {"full id": the xpass entry that names it} */
static json_t *
over_by_case(const json_t *baseline)
{
	json_t *book = json_object(), *entry, *id;
	size_t i, k;
	json_array_foreach(json_object_get(baseline, "xpass"), i, entry)
		json_array_foreach(json_object_get(entry, "cases"), k, id)
			if (json_is_string(id))
				json_object_set(book, json_string_value(id), entry);
	return book;
}

/* The case as an entry's that has to go, and why somebody must look at it. */
static void
make_xpass(json_t *event, const json_t *baseline, const json_t *entry)
{
	json_t *known = json_object();
	static const char *const keys[] = { "entry", "line", "reason" };
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		if (json_object_get(entry, keys[i]) != NULL)
			json_object_set(known, keys[i], json_object_get(entry, keys[i]));
	json_object_set_new(known, "file", journal_text(event_text(baseline, "file")));
	json_object_set_new(event, "known", known);
	json_object_set_new(event, "verdict", json_string("XPASS"));
	json_object_set_new(event, "reason",
			    json_sprintf("no longer fails: take %s out of %s, line %.0f", event_text(entry, "entry"),
					 event_text(baseline, "file"), event_number(entry, "line")));
}

void
known_fold_run(struct run_record *r, json_t *baseline)
{
	json_t *book = over_by_case(baseline), *event;
	size_t i;
	json_decref(r->baseline);
	r->baseline = json_incref(baseline);
	json_array_foreach(r->cases, i, event) {
		const json_t *entry = json_object_get(book, event_text(event, "full_id"));
		if (entry == NULL || !event_is(event, "PASS"))
			continue;
		make_xpass(event, baseline, entry);
		r->tally.pass--;
		r->tally.xpass++;
	}
	json_decref(book);
}

/* --- for people ------------------------------------------------------------------------------ */

static void
print_entries(FILE *out, const json_t *baseline, const char *key, const char *member, const char *before)
{
	const json_t *entry;
	size_t i;
	json_array_foreach(json_object_get(baseline, key), i, entry) {
		fputs("     ", out);
		put_printable(out, event_text(baseline, "file"), true);
		fprintf(out, ":%.0f: ", event_number(entry, "line"));
		put_printable(out, event_text(entry, "entry"), true);
		fprintf(out, ": %s", before);
		put_printable(out, event_text(entry, member), true);
		putc('\n', out);
	}
}

void
known_print(FILE *out, const struct run_record *r)
{
	const json_t *b = r->baseline;
	if (b == NULL)
		return;
	fputs("Baseline ", out);
	put_printable(out, event_text(b, "file"), true);
	fprintf(out, ": %u known failures, %.0f entries\n", r->tally.xfail, event_number(b, "entries"));
	print_entries(out, b, "xpass", "none", "no longer fails, take it out");
	print_entries(out, b, "expired", "until", "still fails, and was to be known until ");
	print_entries(out, b, "unused", "why", "");
}
