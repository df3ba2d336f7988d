#include "reports/compare/flaky.h"

#include "reports/event.h"
#include "reports/compare/known.h"

/* A case's rounds; skipped ones say nothing. */
struct rounds {
	unsigned met, unmet;
	const json_t *first; /* that was not met */
};

/* {"full id": [events]} of cases that ran in rounds, in the order of their first. */
static json_t *
by_case(const json_t *cases)
{
	json_t *book = json_object(), *event;
	size_t i;
	json_array_foreach(cases, i, event) {
		const char *id = event_text(event, "full_id");
		if (event_number(event, "round") < 1 || event_is(event, "SKIP"))
			continue;
		if (json_object_get(book, id) == NULL)
			json_object_set_new_nocheck(book, id, json_array());
		json_array_append(json_object_get(book, id), event);
	}
	return book;
}

static struct rounds
count(const json_t *events)
{
	struct rounds n = { 0 };
	const json_t *event;
	size_t i;
	json_array_foreach(events, i, event) {
		if (event_passed(event)) {
			n.met++;
			continue;
		}
		n.first = n.unmet++ == 0 ? event : n.first;
	}
	return n;
}

void
flaky_print(FILE *out, const struct run_record *r)
{
	json_t *book = by_case(r->cases), *events;
	const char *id;
	json_object_foreach(book, id, events) {
		struct rounds n = count(events);
		char why[1200];
		if (n.met == 0 || n.unmet == 0)
			continue;
		event_why(n.first, why, sizeof why);
		fprintf(out, "Flaky: not met in %u of %u runs: ", n.unmet, n.met + n.unmet);
		put_printable(out, id, true);
		fprintf(out, ": %s\n", why);
	}
	json_decref(book);
}
