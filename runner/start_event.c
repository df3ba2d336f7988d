#include "runner/start_event.h"

#include <time.h>

#include "reports/journal.h"
#include "runner/manager.h"

json_t *
start_event_target(const struct engine *g)
{
	const struct target *t = g->target;
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s*, s:s*, s:s}", "name", t->name, "driver", t->driver, "os",
			 t->os, "release", t->release, "manager", managers_named(g), "profile", t->profile, "dialect",
			 g->dialect != NULL ? g->dialect->name : NULL, "byte_order",
			 t->channel.hello.big_endian ? "big" : "little");
}

json_t *
start_event(int argc, char *const *argv, uint64_t seed, json_t *target)
{
	char when[40];
	time_t now = time(NULL);
	struct tm tm;
	strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
	json_t *words = json_array();
	json_array_append_new(words, json_string("espy"));
	for (int i = 0; i < argc; i++)
		json_array_append_new(words, journal_text(argv[i]));
	return json_pack("{s:s, s:s, s:{s:s, s:s}, s:o, s:I, s:s, s:o}", "event", "start", "schema", JOURNAL_SCHEMA,
			 "tool", "name", "espy", "version", ESPY_VERSION, "argv", words, "seed", (json_int_t)seed,
			 "started", when, "target", target);
}
