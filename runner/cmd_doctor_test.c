/* espy doctor as a user runs it, on what is the same on every machine. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runner/commands.h"

static char out[65536];

static int
doctor(const char *const *words)
{
	char *argv[12] = { 0 };
	int argc = 0, kept = dup(1);
	FILE *f = tmpfile();
	for (; words[argc] != NULL; argc++)
		argv[argc] = (char *)words[argc];
	fflush(stdout);
	dup2(fileno(f), 1);
	optind = 0;
	int status = cmd_doctor(argc, argv);
	fflush(stdout);
	dup2(kept, 1);
	close(kept);
	rewind(f);
	out[fread(out, 1, sizeof out - 1, f)] = '\0';
	fclose(f);
	return status;
}
#define DOCTOR(...) doctor((const char *const[]){ "doctor", __VA_ARGS__, NULL })

/* The status of one check; "" if there is none of that name. */
static const char *
status_of(const json_t *o, const char *name)
{
	const json_t *check;
	size_t i;
	json_array_foreach(json_object_get(o, "checks"), i, check)
		if (strcmp(json_string_value(json_object_get(check, "name")), name) == 0)
			return json_string_value(json_object_get(check, "status"));
	return "";
}

Test(doctor, a_target_is_opened_tried_and_its_skips_named)
{
	cr_assert(eq(int, DOCTOR("-t", "reference:kame/freebsd", "--json"), 0), "%s", out);
	json_t *o = json_loads(out, 0, NULL);
	cr_assert(ne(ptr, o, NULL), "%s", out);
	static const char *const names[] = {
		"suites", "opens", "system", "agent", "manager", "echo", "echo under ESP"
	};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		cr_expect(eq(str, (char *)status_of(o, names[i]), "ok"), "%s", names[i]);
	bool can = json_is_true(json_object_get(o, "can_test"));
	cr_assert(can);
	const json_t *skips = json_object_get(o, "skips");
	cr_assert(gt(sz, json_array_size(skips), 2));
	cr_assert(ne(ptr, strstr(out, "a rule of profile solaris; this target follows kame"), NULL));
	for (size_t i = 1; i < json_array_size(skips); i++) {
		json_int_t before = json_integer_value(json_object_get(json_array_get(skips, i - 1), "n"));
		json_int_t n = json_integer_value(json_object_get(json_array_get(skips, i), "n"));
		cr_expect(n <= before, "most frequent first");
	}
	json_decref(o);
}

Test(doctor, a_target_that_cannot_be_had_is_broken_and_says_why)
{
	cr_assert(eq(int, DOCTOR("-t", "exec:exit 7", "--color", "never"), 3), "%s", out);
	cr_assert(ne(ptr, strstr(out, "broken  opens"), NULL), "%s", out);
	cr_assert(ne(ptr, strstr(out, "\nexec:exit 7 cannot be tested.\n"), NULL), "%s", out);
}

Test(doctor, without_suites_nothing_can_be_tested)
{
	setenv("ESPY_SUITES", "/nowhere", 1);
	cr_assert(eq(int, DOCTOR("--json"), 3), "%s", out);
	json_t *o = json_loads(out, 0, NULL);
	cr_assert(eq(str, (char *)status_of(o, "suites"), "broken"));
	cr_assert(eq(str, (char *)status_of(o, "reference"), "ok"));
	cr_assert(eq(str, (char *)status_of(o, "algorithms"), "ok"));
	json_decref(o);
}

Test(doctor, symbols_never_stand_without_their_word)
{
	static const char *const words[] = { "ok", "missing", "broken", "note" };
	cr_assert(eq(int, DOCTOR("-t", "reference", "--color", "always"), 0), "%s", out);
	for (char *line = strtok(out, "\n"); line != NULL; line = strtok(NULL, "\n")) {
		bool worded = false;
		if (strncmp(line, "  \033[", 4) != 0)
			continue;
		for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
			worded |= strstr(line, words[i]) != NULL;
		cr_expect(worded, "%s", line);
	}
}

Test(doctor, a_target_without_a_place_to_be_said_is_a_mistake)
{
	cr_assert(eq(int, DOCTOR("reference"), 2));
	cr_assert(eq(int, DOCTOR("-t", "linx"), 2));
	cr_assert(eq(int, DOCTOR("--color", "blue"), 2));
}
