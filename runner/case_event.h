/* The `case` event of the journal (reports/journal.h) from what the engine found. */
#ifndef ESPY_RUNNER_CASE_EVENT_H
#define ESPY_RUNNER_CASE_EVENT_H

#include <jansson.h>

#include "runner/engine.h"

/* One line without its end; free() it. everything: exhibits also for cases that passed. NULL when memory is out. */
char *case_event(const struct engine *g, const struct plan_item *item, unsigned n, unsigned worker, double wall_ms,
		 const struct evidence *v, const struct outcome *o, bool everything);

#endif
