#include "runner/rerun.h"

#include <stdlib.h>
#include <string.h>

#include "reports/event.h"
#include "reports/journal.h"

/* {"full id": how often it is in the plan} */
static json_t *
unmet_of(const struct run_record *r)
{
	json_t *book = json_object();
	const json_t *event;
	size_t i;
	json_array_foreach(r->cases, i, event)
		if (event_unmet(event))
			json_object_set_new_nocheck(book, event_text(event, "full_id"), json_false());
	return book;
}

bool
plan_keep_failed(struct plan *p, const char *dir, unsigned *gone, struct err *e)
{
	struct run_record r;
	if (!run_read(&r, dir, e))
		return false;
	json_t *unmet = unmet_of(&r), *there;
	unsigned kept = 0;
	const char *id;
	for (unsigned i = 0; i < p->n; i++) {
		if (json_object_get(unmet, p->items[i].full_id) == NULL)
			continue;
		json_object_set_new_nocheck(unmet, p->items[i].full_id, json_true());
		p->items[kept++] = p->items[i];
	}
	p->n = kept;
	*gone = 0;
	json_object_foreach(unmet, id, there)
		*gone += !json_is_true(there);
	json_decref(unmet);
	run_free(&r);
	return true;
}

bool
plan_repeat(struct plan *p, unsigned n, struct err *e)
{
	unsigned once = p->n;
	if (n <= 1 || once == 0)
		return true;
	struct plan_item *more = realloc(p->items, (size_t)once * n * sizeof *more);
	if (more == NULL)
		return fail(e, ERR_IO, "out of memory for %u cases, %u times", once, n);
	p->items = more;
	p->n = p->cap = once * n;
	for (unsigned i = 0; i < p->n; i++) {
		p->items[i] = p->items[i % once];
		p->items[i].round = i / once + 1;
	}
	return true;
}
