/* What the journal tells of a case that failed, for whoever shows it to people. */
#include "runner/case_event.h"

#include <stdlib.h>

#include "runner/test_lab.h"

static struct lab lab;

static void
begin(void)
{
	lab_open(&lab);
}

static void
end(void)
{
	lab_close(&lab);
}

TestSuite(case_event, .init = begin, .fini = end);

static json_t *
event_of(const char *steps)
{
	const struct outcome *o = lab_case(&lab, "MUST", "", steps);
	char *line = case_event(&lab.engine, &lab.plan.items[0], 0, 0, 1.0, &lab.evidence, o, false);
	json_t *event = json_loads(line, 0, NULL);
	cr_assert(event != NULL, "%s: %s", steps, line);
	free(line);
	return event;
}

static const char *
text(const json_t *j, const char *key)
{
	const char *t = json_string_value(json_object_get(j, key));
	return t != NULL ? t : "";
}

/* Exhibits that say they decide; *kind is the last one's. */
static unsigned
deciding(const json_t *event, const char **kind)
{
	const json_t *x;
	size_t i;
	unsigned n = 0;
	*kind = "";
	json_array_foreach(json_object_get(event, "exhibits"), i, x) {
		if (!json_is_true(json_object_get(x, "decides")))
			continue;
		n++;
		*kind = text(x, "kind");
	}
	return n;
}

static unsigned
kinds(const json_t *event, const char *kind)
{
	const json_t *x;
	size_t i;
	unsigned n = 0;
	json_array_foreach(json_object_get(event, "exhibits"), i, x)
		n += strcmp(text(x, "kind"), kind) == 0;
	return n;
}

static const struct {
	const char *steps, *field, *want, *got;
	int layer; /* from 1; 0: not of a header */
} fields[] = {
	{ "> esp/echo(id=1)\n< esp/echo-reply(id=2)", "echo-reply.id", "2", "1", 3 },
	{ "> esp/echo(id=1)\n< esp(seq=9)/echo-reply", "esp.seq", "9", "1", 2 },
	{ "> esp/echo/\"abc\"\n< esp/echo-reply/\"xyz\"", "payload.octets", "\"xyz\"", "\"abc\"", 0 },
};

Test(case_event, a_difference_says_of_which_header_and_of_which_packet_it_is)
{
	for (size_t i = 0; i < COUNT(fields); i++) {
		json_t *event = event_of(fields[i].steps);
		const json_t *d = json_array_get(json_object_get(event, "diff"), 0);
		const char *kind;
		cr_expect(eq(str, (char *)text(d, "field"), (char *)fields[i].field), "%s", fields[i].steps);
		cr_expect(eq(str, (char *)text(d, "want"), (char *)fields[i].want), "%s", fields[i].steps);
		cr_expect(eq(str, (char *)text(d, "got"), (char *)fields[i].got), "%s", fields[i].steps);
		cr_expect(eq(int, (int)json_integer_value(json_object_get(d, "layer")), fields[i].layer), "%s",
			  fields[i].steps);
		cr_expect(eq(uint, deciding(event, &kind), 1), "%s", fields[i].steps);
		cr_expect(eq(str, (char *)kind, "frame-in"), "%s", fields[i].steps);
		json_decref(event);
	}
}

Test(case_event, a_packet_that_should_not_have_come_is_the_one_that_decides)
{
	const char *kind;
	json_t *event = event_of("> esp/echo\n< nothing");
	cr_expect(eq(uint, deciding(event, &kind), 1));
	cr_expect(eq(str, (char *)kind, "frame-in"));
	json_decref(event);
}

Test(case_event, silence_is_told_with_the_sentinel_that_proved_it)
{
	const char *kind;
	json_t *event = event_of("> esp/echo | flip icv\n< esp/echo-reply");
	cr_expect(eq(str, (char *)text(event, "got"), "nothing"));
	cr_expect(eq(uint, deciding(event, &kind), 0));
	cr_expect(gt(uint, kinds(event, "sentinel"), 0));
	json_decref(event);
}
