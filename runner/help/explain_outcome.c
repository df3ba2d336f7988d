#include "runner/help/explain.h"

#include <string.h>

#include "reports/event.h"

static bool
in_plan(const struct plan *p, const char *full_id)
{
	for (unsigned i = 0; i < p->n; i++)
		if (strcmp(p->items[i].full_id, full_id) == 0)
			return true;
	return false;
}

static void
print_outcome(const struct explain *x, const json_t *event, unsigned nth)
{
	char why[1200], path[1024];
	event_why(event, why, sizeof why);
	printf("  %s ", event_text(event, "verdict"));
	put_printable(stdout, event_text(event, "full_id"), true);
	printf("%s%s\n", why[0] != '\0' ? "  " : "", why);
	if (!event_unmet(event))
		return;
	case_path(event_text(event, "full_id"), nth, path, sizeof path);
	printf("       at ");
	put_printable(stdout, event_text(event, "file"), true);
	printf(":%ld, packets in %s/%s\n", event_line(event), x->dir, path);
}

void
explain_outcomes(const struct explain *x)
{
	json_t *book = json_object();
	const json_t *event, *target = json_object_get(x->run.start, "target");
	struct tally t = { 0 };
	size_t i;
	printf("\nIn %s (", x->dir);
	put_printable(stdout, event_text(target, "name"), true);
	printf(" %s, %s):\n", event_text(target, "release"), event_text(x->run.start, "started"));
	json_array_foreach(x->run.cases, i, event) {
		const char *id = event_text(event, "full_id");
		unsigned *count = tally_of(&t, event_text(event, "verdict")), nth = names_seen(book, id);
		if (count == NULL || !in_plan(&x->choice.plan, id))
			continue;
		++*count;
		t.total++;
		if (!event_is(event, "PASS"))
			print_outcome(x, event, nth);
	}
	json_decref(book);
	printf("  %u of %u passed%s\n", t.pass, t.total, t.total == 0 ? ": it was not run" : "");
}
