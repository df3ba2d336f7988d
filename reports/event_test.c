#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "reports/event.h"

Test(event, folders_of_cases_are_safe_and_distinct)
{
	static const struct {
		const char *id;
		unsigned nth;
		const char *want;
	} rows[] = {
		{ "esp.replay/duplicate/ipv4", 0, "cases/esp.replay/duplicate/ipv4" },
		{ "a/aes-cbc-128+hmac-sha1-96", 0, "cases/a/aes-cbc-128+hmac-sha1-96" },
		{ "a/b", 1, "cases/a/b~2" },
		{ "a/../../b", 0, "cases/a/_./_./b_72dbd74b" },
		{ "/etc", 0, "cases/etc_" },
		{ "a b", 0, "cases/a_b_" },
		{ "a\tb", 0, "cases/a_b_" },
		{ "-rf", 0, "cases/_rf_" },
		{ "a/", 0, "cases/a_" },
		{ "/", 0, "cases/_" },
	};
	char path[200], other[200];
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		case_path(rows[i].id, rows[i].nth, path, sizeof path);
		size_t n = strlen(rows[i].want);
		bool hashed = rows[i].want[n - 1] == '_';
		cr_assert(hashed ? strncmp(path, rows[i].want, n) == 0 && strlen(path) == n + 8
				 : strcmp(path, rows[i].want) == 0,
			  "%s: %s", rows[i].id, path);
		cr_assert(eq(ptr, strstr(path, ".."), NULL), "%s", path);
	}
	case_path("a b", 0, path, sizeof path);
	case_path("a\tb", 0, other, sizeof other);
	cr_assert(ne(str, path, other));
}

Test(event, names_longer_than_file_systems_take_are_cut_and_stay_distinct)
{
	char id[301], path[1024], other[1024];
	memset(id, 'a', 300);
	id[300] = '\0';
	case_path(id, 0, path, sizeof path);
	id[299] = 'b';
	case_path(id, 0, other, sizeof other);
	cr_assert(lt(sz, strlen(path), 150));
	cr_assert(ne(str, path, other));
}

Test(event, why_prefers_the_field_that_differs_then_the_reason_then_want_and_got)
{
	static const struct {
		const char *event, *want;
	} rows[] = {
		{ "{\"reason\":\"r\"}", "r" },
		{ "{\"reason\":\"r\",\"want\":\"a\",\"got\":\"\"}", "r" },
		{ "{\"want\":\"a\",\"got\":\"\"}", "want a, got " },
		{ "{\"want\":\"a\",\"got\":\"b\",\"diff\":[{\"field\":\"f\",\"want\":\"1\",\"got\":\"2\"}]}",
		  "f: want 1, got 2" },
		{ "{\"reason\":\"two\\nlines \\u001b[0m \\u009b\"}", "two\\x0alines \\x1b[0m \\x9b" },
		{ "{\"reason\":7}", "" },
		{ "{}", "" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char why[100];
		json_t *event = json_loads(rows[i].event, 0, NULL);
		event_why(event, why, sizeof why);
		cr_assert(eq(str, why, (char *)rows[i].want), "row %zu", i);
		json_decref(event);
	}
}

Test(event, why_is_cut_between_characters)
{
	json_t *event = json_loads("{\"reason\":\"aaaa\\u2265\\u2265\\u2265\"}", 0, NULL);
	for (size_t cap = 2; cap < 16; cap++) {
		char why[16];
		event_why(event, why, cap);
		cr_assert(lt(sz, strlen(why), cap), "cap %zu", cap);
		json_t *valid = json_string(why);
		cr_assert(ne(ptr, valid, NULL), "cap %zu: not UTF-8", cap);
		json_decref(valid);
	}
	json_decref(event);
}

/* 1e300 in a long is anything at all. */
Test(event, a_number_that_no_line_can_have_reads_as_none)
{
	static const struct {
		const char *event;
		long want;
	} rows[] = {
		{ "{\"line\":7}", 7 },      { "{\"line\":-1}", -1 },       { "{\"line\":1e300}", 0 },
		{ "{\"line\":-1e300}", 0 }, { "{\"line\":\"seven\"}", 0 }, { "{}", 0 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		json_t *event = json_loads(rows[i].event, 0, NULL);
		cr_assert(eq(long, event_whole(event, "line"), rows[i].want), "%s", rows[i].event);
		json_decref(event);
	}
}
