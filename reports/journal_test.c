#include "reports/sample_test.h"

TestSuite(journal, .init = sample_begin, .fini = sample_end);

#define APPEND(j, line, e) journal_append(j, line, strlen(line), e)

static struct journal *
open_with(const char *const *lines)
{
	struct err e = { 0 };
	struct journal *j = journal_open(sample_dir, &e);
	cr_assert(ne(ptr, j, NULL), "%s", e.text);
	for (; *lines != NULL; lines++)
		cr_assert(APPEND(j, *lines, &e), "%s", e.text);
	return j;
}

Test(journal, what_is_written_is_read_back_before_the_journal_is_closed)
{
	static const char *const lines[] = { SAMPLE_START, SAMPLE_PASS, SAMPLE_FAIL, NULL };
	struct err e = { 0 };
	struct run_record r;
	struct journal *j = open_with(lines);
	cr_assert(run_read(&r, sample_dir, &e), "%s", e.text);
	cr_assert(eq(u32, r.tally.pass, 1));
	cr_assert(eq(u32, r.tally.fail, 1));
	cr_assert(eq(u32, r.tally.total, 2));
	cr_assert(eq(sz, json_array_size(r.cases), 2));
	cr_assert(ne(ptr, r.start, NULL));
	cr_assert(eq(ptr, r.end, NULL), "it has not ended");
	cr_assert(eq(u32, r.torn, 0));
	run_free(&r);
	run_free(&r);
	cr_assert(journal_close(j, &e));
}

Test(journal, makes_its_folder_and_those_above)
{
	struct err e = { 0 };
	char deep[200];
	struct stat st;
	snprintf(deep, sizeof deep, "%s/a/b/c/", sample_dir);
	struct journal *j = journal_open(deep, &e);
	cr_assert(ne(ptr, j, NULL), "%s", e.text);
	cr_assert(journal_close(j, &e));
	cr_assert(eq(int, stat(sample_path("a/b/c/events.jsonl"), &st), 0));
	cr_assert(eq(int, st.st_mode & 0777, 0600), "events carry keys");
}

Test(journal, a_file_in_the_place_of_the_folder_is_an_error_that_names_it)
{
	struct err e = { 0 };
	sample_write("a", "");
	cr_assert(eq(ptr, journal_open(sample_path("a"), &e), NULL));
	cr_assert(eq(int, e.code, ERR_IO));
	cr_assert(ne(ptr, strstr(e.text, sample_dir), NULL), "%s", e.text);
}

Test(journal, a_second_run_in_the_folder_starts_anew)
{
	static const char *const first[] = { SAMPLE_START, SAMPLE_PASS, NULL }, *const second[] = { SAMPLE_START,
												    NULL };
	struct err e = { 0 };
	cr_assert(journal_close(open_with(first), &e));
	cr_assert(journal_close(open_with(second), &e));
	cr_assert(eq(str, sample_slurp("events.jsonl"), SAMPLE_START "\n"));
}

/* Whoever made it before could read the keys, or have us write over a file of ours. */
Test(journal, a_file_or_link_that_is_there_is_replaced_and_not_written_into)
{
	static const char *const lines[] = { SAMPLE_START, NULL };
	struct err e = { 0 };
	struct stat st;
	for (unsigned link = 0; link < 2; link++) {
		sample_write("victim", "precious");
		if (link)
			cr_assert(eq(int, symlink("victim", sample_path("events.jsonl")), 0));
		else
			sample_write("events.jsonl", "readable by all");
		cr_assert(journal_close(open_with(lines), &e));
		cr_expect(eq(int, lstat(sample_path("events.jsonl"), &st), 0));
		cr_expect(eq(uint, st.st_mode, S_IFREG | 0600), "link %u", link);
		cr_expect(eq(str, sample_slurp("victim"), (char *)"precious"), "link %u", link);
		cr_assert(eq(int, unlink(sample_path("events.jsonl")), 0));
	}
}

Test(journal, without_a_folder_events_are_taken_and_nothing_is_written)
{
	struct err e = { 0 };
	struct journal *j = journal_open(NULL, &e);
	cr_assert(ne(ptr, j, NULL));
	cr_assert(APPEND(j, SAMPLE_PASS, &e));
	cr_assert(journal_close(j, &e));
	cr_assert(journal_close(NULL, &e));
}

Test(journal, a_device_without_room_is_an_error_that_names_file_event_and_cause)
{
	struct err e = { 0 };
	cr_assert(eq(int, symlink("/dev/full", sample_path("events.jsonl")), 0));
	struct journal *j = journal_open(sample_dir, &e);
	cr_assert(ne(ptr, j, NULL), "%s", e.text);
	cr_assert(not(APPEND(j, SAMPLE_PASS, &e)));
	cr_assert(eq(int, e.code, ERR_IO));
	cr_assert(eq(int, e.os_errno, 28 /* ENOSPC */));
	cr_assert(ne(ptr, strstr(e.text, "/events.jsonl: event 1: No space left"), NULL), "%s", e.text);
	cr_assert(journal_close(j, &e));
}

Test(journal, a_full_disk_keeps_whole_events_and_takes_back_the_half_one)
{
	static const char *const lines[] = { SAMPLE_START, NULL };
	struct err e = { 0 };
	struct run_record r;
	struct journal *j = open_with(lines);
	sample_disk_full((unsigned)strlen(SAMPLE_START) + 20);
	cr_assert(not(APPEND(j, SAMPLE_PASS, &e)));
	cr_assert(eq(int, e.code, ERR_IO));
	cr_assert(APPEND(j, "{\"event\":\"x\"}", &e), "what fits is still taken: %s", e.text);
	cr_assert(journal_close(j, &e));
	cr_assert(eq(str, sample_slurp("events.jsonl"), SAMPLE_START "\n{\"event\":\"x\"}\n"));
	cr_assert(run_read(&r, sample_dir, &e), "%s", e.text);
	cr_assert(eq(u32, r.torn, 0));
	run_free(&r);
}

Test(journal, every_prefix_of_a_file_is_read_up_to_its_last_whole_line)
{
	static const char whole[] = SAMPLE_START "\n" SAMPLE_PASS "\n" SAMPLE_SKIP "\n" SAMPLE_END "\n";
	char part[sizeof whole];
	for (size_t n = 0; n < sizeof whole; n++) {
		struct err e = { 0 };
		struct run_record r;
		unsigned lines = 0, at_end;
		memcpy(part, whole, n);
		part[n] = '\0';
		for (size_t i = 0; i < n; i++)
			lines += part[i] == '\n';
		/* A line that only lacks its end is whole. */
		at_end = n > 0 && whole[n] == '\n' && part[n - 1] == '}';
		sample_write("events.jsonl", part);
		cr_assert(run_read(&r, sample_dir, &e), "%zu octets: %s", n, e.text);
		unsigned got = (r.start != NULL) + r.tally.total + (r.end != NULL);
		cr_assert(eq(u32, got, lines + at_end), "%zu octets", n);
		cr_assert(eq(u32, r.torn, n > 0 && whole[n - 1] != '\n' && !at_end), "%zu octets", n);
		run_free(&r);
	}
}

Test(journal, unreadable_lines_are_errors_with_their_number)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ SAMPLE_START "\n{\"event\":\"ca\n" SAMPLE_END "\n", "events.jsonl:2: column " },
		{ "\n" SAMPLE_START "\n", "events.jsonl:1: " },
		{ SAMPLE_START "\n[1]\n", "events.jsonl:2: want an object with a text 'event'" },
		{ SAMPLE_START "\n" SAMPLE_START "\n", "events.jsonl:2: a second start event" },
		{ "{\"event\":\"case\",\"id\":\"a\",\"full_id\":\"a\",\"verdict\":\"GOOD\"}\n",
		  "events.jsonl:1: case a: verdict: want PASS" },
		{ "{\"event\":\"case\",\"id\":7,\"full_id\":\"a\",\"verdict\":\"PASS\"}\n",
		  "id: want a text, got something else" },
		{ "{\"event\":\"case\",\"id\":\"a\",\"verdict\":\"PASS\"}\n", "full_id: want a text, got nothing" },
		{ "{\"event\":\"start\",\"schema\":\"\\u001b[2J\\nx\"}\n",
		  "got \\x1b[2J\\x0ax" }, /* a terminal's orders */
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct err e = { 0 };
		struct run_record r;
		sample_write("events.jsonl", rows[i].text);
		cr_assert(not(run_read(&r, sample_dir, &e)), "row %zu", i);
		cr_assert(ne(ptr, strstr(e.text, rows[i].want), NULL), "row %zu: %s", i, e.text);
		cr_assert(eq(ptr, r.cases, NULL), "row %zu", i);
	}
}

Test(journal, no_journal_is_an_error_that_names_it)
{
	struct err e = { 0 };
	struct run_record r;
	cr_assert(not(run_read(&r, sample_dir, &e)));
	cr_assert(ne(ptr, strstr(e.text, "events.jsonl: No such file"), NULL), "%s", e.text);
}

Test(journal, restarts_are_counted_and_unknown_events_passed_over)
{
	static const char *const lines[] = { SAMPLE_START, "{\"event\":\"restart\",\"worker\":0,\"reason\":\"r\"}",
					     "{\"event\":\"of a later espy\"}", NULL };
	struct run_record r = sample_run(lines);
	cr_assert(eq(u32, r.restarts, 1));
	cr_assert(eq(u32, r.tally.total, 0));
	run_free(&r);
}

Test(journal, text_of_any_octets_becomes_json)
{
	static const struct {
		const char *octets, *want;
	} rows[] = {
		{ "plain", "plain" },
		{ "", "" },
		{ "\xe2\x89\xa5", "\xe2\x89\xa5" },
		{ "a\xff"
		  "b",
		  "a\xef\xbf\xbd"
		  "b" },
		{ "\xe2\x89", "\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xf0\x9f\x90\xa6", "\xf0\x9f\x90\xa6" },
		{ "\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		json_t *text = journal_text(rows[i].octets);
		cr_assert(eq(str, (char *)json_string_value(text), (char *)rows[i].want), "row %zu", i);
		char *dumped = json_dumps(text, JSON_ENCODE_ANY);
		cr_assert(ne(ptr, dumped, NULL), "row %zu", i);
		json_t *again = json_loads(dumped, JSON_DECODE_ANY, NULL);
		cr_assert(json_equal(text, again), "row %zu: %s", i, dumped);
		free(dumped);
		json_decref(again);
		json_decref(text);
	}
	json_t *none = journal_text(NULL);
	cr_assert(eq(int, json_typeof(none), JSON_NULL));
}
