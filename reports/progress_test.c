#include "reports/sample_test.h"

#include <pty.h>

#include "reports/progress.h"

TestSuite(progress, .init = sample_begin, .fini = sample_end);

struct spoken {
	char results[1 << 16], status[1 << 16];
};

static void
read_back(FILE *f, char *text, size_t cap)
{
	rewind(f);
	text[fread(text, 1, cap - 1, f)] = '\0';
	fclose(f);
}

static void
speak(struct spoken *s, const struct run_record *r, bool quiet, unsigned verbose)
{
	FILE *results = tmpfile(), *status = tmpfile();
	struct progress *p = progress_new(results, status, 6, quiet, verbose);
	const json_t *event;
	size_t i;
	json_array_foreach(r->cases, i, event)
		progress_case(p, event);
	progress_end(p, r, "out");
	progress_free(p);
	read_back(results, s->results, sizeof s->results);
	read_back(status, s->status, sizeof s->status);
}

static unsigned
times(const char *text, const char *part)
{
	unsigned n = 0;
	for (; (text = strstr(text, part)) != NULL; text++)
		n++;
	return n;
}

static void
ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);
	cr_assert(n >= m && strcmp(text + n - m, end) == 0, "want an end of\n%s\nin\n%s", end, text);
}

#define FAIL_LINE                                                                                                        \
	"FAIL esp.out/icv/ipv4/a<b>&\"c MUST [RFC 4868 2.3] esp.icv: want 16 octets, got 12 \\x1b octets (and 1 more)  " \
	"(suites/esp-out.suite:31)\n"

static struct spoken s;

Test(progress, a_line_for_what_was_not_met_and_the_tally_last)
{
	struct run_record r = sample_whole();
	speak(&s, &r, false, 0);
	cr_assert(eq(int, strncmp(s.results, FAIL_LINE "ERROR ah.out/../x INFO [] r\n", strlen(FAIL_LINE) + 26), 0),
		  "%s", s.results);
	cr_assert(eq(u32, times(s.results, FAIL_LINE), 2), "as it happens and at the end:\n%s", s.results);
	cr_assert(eq(u32, times(s.results, "PASS "), 0));
	cr_assert(eq(u32, times(s.results, "SKIP "), 0));
	cr_assert(
		eq(u32,
		   times(s.results,
			 "     espy run 'esp.out/icv/ipv4/a<b>&\"c' -t reference --seed 7\n     espy explain esp.out/icv\n"),
		   1),
		"%s", s.results);
	cr_assert(eq(u32, times(s.results, "      1  the target has no AH\n"), 1), "%s", s.results);
	ends_with(s.results, "\n1 passed, 1 failed, 1 skipped, 1 inconclusive, 1 errored\n");
	cr_assert(eq(ptr, strchr(s.results, '\x1b'), NULL),
		  "no colour, and nothing of the target's, on what is no terminal");
	cr_assert(eq(str, s.status, ""), "five cases in no time are no progress to speak of");
	run_free(&r);
}

Test(progress, verbose_adds_passes_and_skips_quiet_leaves_lines_and_tally)
{
	struct run_record r = sample_whole();
	speak(&s, &r, false, 1);
	cr_assert(eq(u32, times(s.results, "PASS esp.out/spi/ipv4\n"), 1));
	cr_assert(eq(u32, times(s.results, "SKIP ah.out/spi MAY [RFC 4302 2.4] the target has no AH\n"), 1), "%s",
		  s.results);
	speak(&s, &r, true, 0);
	cr_assert(eq(u32, times(s.results, FAIL_LINE), 1));
	cr_assert(eq(u32, times(s.results, "\n"), 4), "three lines and the tally:\n%s", s.results);
	run_free(&r);
}

Test(progress, nothing_run_is_said_in_the_same_form)
{
	static const char *const none[] = { SAMPLE_START, NULL };
	struct run_record r = sample_run(none);
	speak(&s, &r, false, 0);
	cr_assert(eq(u32, times(s.results, "The run was cut short: 0 of 6 cases have a verdict\n"), 1), "%s",
		  s.results);
	ends_with(s.results, "\n0 passed, 0 failed, 0 skipped\n");
	run_free(&r);
}

static struct run_record
many(unsigned n, unsigned reasons)
{
	struct run_record r = { 0 };
	struct err e = { 0 };
	for (unsigned i = 0; i < n; i++) {
		char line[600];
		snprintf(
			line, sizeof line,
			"{\"event\":\"case\",\"id\":\"s/c\",\"full_id\":\"s/c/ipv%u/t%u\",\"suite\":\"s\",\"params\":"
			"{\"family\":\"ipv%u\",\"transform\":\"t%u\"},\"level\":\"MUST\",\"clause\":\"RFC 1 1\",\"verdict\":\"FAIL\","
			"\"reason\":\"reason %u\",\"file\":\"f\",\"line\":1}",
			4 + i % 2 * 2, i / 2, 4 + i % 2 * 2, i / 2, i % reasons);
		cr_assert(run_add(&r, line, strlen(line), &e), "%s", e.text);
	}
	return r;
}

Test(progress, one_fault_in_many_combinations_is_told_once_with_the_values)
{
	struct run_record r = many(24, 1);
	speak(&s, &r, false, 0);
	char *end = strstr(s.results, "Not met:\n");
	cr_assert(ne(ptr, end, NULL));
	cr_assert(eq(u32, times(end, "FAIL "), 1), "%s", end);
	cr_assert(
		eq(u32,
		   times(end,
			 "     all 24 combinations: family ipv4 ipv6; transform t0 t1 t2 t3 t4 t5 t6 t7 (and 4 more)\n"),
		   1),
		"%s", end);
	cr_assert(eq(u32, times(end, "     espy run s/c\n"), 1), "%s", end);
	ends_with(s.results, "\n0 passed, 24 failed, 0 skipped\n");
	run_free(&r);
}

Test(progress, a_case_with_many_reasons_shows_three_and_counts_the_rest)
{
	struct run_record r = many(24, 12);
	speak(&s, &r, false, 0);
	char *end = strstr(s.results, "Not met:\n");
	cr_assert(eq(u32, times(end, "FAIL "), 3), "%s", end);
	cr_assert(eq(u32, times(end, "     2 of 24 combinations:"), 3), "%s", end);
	cr_assert(eq(u32, times(end, "     s/c: 9 more reasons"), 1), "%s", end);
	run_free(&r);
}

Test(progress, the_command_that_repeats_a_failure_names_suites_of_ones_own)
{
	static const char *const lines[] = {
		"{\"event\":\"start\",\"schema\":\"espy-events/1\",\"argv\":[\"run\",\"my own.suite\",\"-t\",\"x\",\"--suites\",\"/a/b\",\"--suites=/c\",\"esp.*\"]}",
		SAMPLE_INCONCLUSIVE,
		NULL,
	};
	struct run_record r = sample_run(lines);
	speak(&s, &r, false, 0);
	cr_assert(eq(u32,
		     times(s.results, "     espy run ah.out/y 'my own.suite' --suites /a/b --suites=/c\n"
				      "     espy explain ah.out/y 'my own.suite' --suites /a/b --suites=/c\n"),
		     1),
		  "%s", s.results);
	run_free(&r);
}

Test(progress, the_command_that_repeats_a_failure_steers_no_terminal)
{
	static const char *const lines[] = {
		"{\"event\":\"start\",\"schema\":\"espy-events/1\",\"target\":{\"name\":\"x\\u001b[2J\"}}",
		SAMPLE_INCONCLUSIVE,
		NULL,
	};
	struct run_record r = sample_run(lines);
	speak(&s, &r, false, 0);
	cr_assert(eq(u32, times(s.results, " -t 'x\\x1b[2J'"), 1), "%s", s.results);
	cr_assert(eq(ptr, strchr(s.results, '\x1b'), NULL));
	run_free(&r);
}

/* There is no such case in any suite. */
Test(progress, the_command_that_repeats_a_replay_is_its_own)
{
	static const char *const lines[] = {
		"{\"event\":\"start\",\"schema\":\"espy-events/1\",\"argv\":[\"espy\",\"replay\",\"a b.pcapng\",\"--sa\",\"x\"],\"seed\":7}",
		SAMPLE_INCONCLUSIVE,
		NULL,
	};
	struct run_record r = sample_run(lines);
	speak(&s, &r, false, 0);
	cr_assert(eq(u32, times(s.results, "     espy replay 'a b.pcapng' --sa x\n"), 1), "%s", s.results);
	cr_assert(eq(u32, times(s.results, "espy explain"), 0), "%s", s.results);
	cr_assert(eq(u32, times(s.results, "espy run"), 0), "%s", s.results);
	run_free(&r);
}

/* What a terminal of so many columns is sent; 0: it does not say. */
static void
speak_to_narrow_terminal(char *text, size_t cap, unsigned short columns)
{
	struct winsize size = { .ws_row = 24, .ws_col = columns };
	struct run_record r = sample_whole();
	int master, slave;
	cr_assert(eq(int, openpty(&master, &slave, NULL, NULL, columns > 0 ? &size : NULL), 0));
	FILE *terminal = fdopen(slave, "w");
	struct progress *p = progress_new(terminal, terminal, 6, false, 0);
	progress_case(p, json_array_get(r.cases, 0));
	progress_case(p, json_array_get(r.cases, 1));
	progress_note(p, "worker 0: started \033again");
	progress_free(p);
	fflush(terminal);
	fclose(terminal);
	size_t n = 0;
	for (ssize_t got; n < cap - 1 && (got = read(master, text + n, cap - 1 - n)) > 0;)
		n += (size_t)got;
	text[n] = '\0';
	close(master);
	run_free(&r);
}

static void
speak_to_terminal(char *text, size_t cap)
{
	speak_to_narrow_terminal(text, cap, 0);
}

Test(progress, a_terminal_has_a_bar_that_makes_way_and_colour_beside_the_word)
{
	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	speak_to_terminal(s.results, sizeof s.results);
	cr_assert(
		eq(u32,
		   times(s.results, "\r\033[K[####....................] 1/6\r\033[K\033[1;31mFAIL\033[0m esp.out/icv"),
		   1),
		"%s", s.results);
	cr_assert(eq(u32, times(s.results, "worker 0: started \\x1bagain"), 1), "%s", s.results);
}

Test(progress, no_color_and_dumb_terminals_are_honoured)
{
	setenv("TERM", "xterm", 1);
	setenv("NO_COLOR", "1", 1);
	speak_to_terminal(s.results, sizeof s.results);
	cr_assert(eq(u32, times(s.results, "\033[1;31m"), 0));
	cr_assert(eq(u32, times(s.results, "FAIL esp.out/icv"), 1));
	setenv("TERM", "dumb", 1);
	unsetenv("NO_COLOR");
	speak_to_terminal(s.results, sizeof s.results);
	cr_assert(eq(u32, times(s.results, "\033"), 0));
	cr_assert(eq(u32, times(s.results, "FAIL esp.out/icv"), 1));
}

Test(progress, a_narrow_terminal_has_a_shorter_bar_and_no_line_is_broken)
{
	static const struct {
		unsigned short columns;
		const char *want;
	} rows[] = {
		{ 200, "\r\033[K[####....................] 1/6\r" },
		{ 31, "\r\033[K[####....................] 1/6\r" },
		{ 20, "\r\033[K[##...........] 1/6\r" },
		{ 12, "\r\033[K1/6\r" },
		{ 3, "\r\033[K1/\r" },
	};
	setenv("TERM", "xterm", 1);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		speak_to_narrow_terminal(s.results, sizeof s.results, rows[i].columns);
		cr_assert(eq(u32, times(s.results, rows[i].want), 1), "%u: %s", rows[i].columns, s.results);
	}
}

static bool
coloured(enum colour_wish wish)
{
	struct run_record r = sample_whole();
	FILE *results = tmpfile();
	struct progress *p = progress_new(results, results, 6, false, 0);
	progress_set_colour(p, wish);
	progress_case(p, json_array_get(r.cases, 1));
	progress_free(p);
	read_back(results, s.results, sizeof s.results);
	run_free(&r);
	return times(s.results, "\033[1;31mFAIL\033[0m") == 1;
}

Test(progress, colour_is_as_said_else_as_the_environment_says)
{
	static const struct {
		const char *id, *no_color, *force;
		enum colour_wish wish;
		bool want;
	} rows[] = {
		{ "a file", NULL, NULL, COLOUR_AUTO, false },    { "forced", NULL, "1", COLOUR_AUTO, true },
		{ "not forced", NULL, "0", COLOUR_AUTO, false }, { "both", "1", "1", COLOUR_AUTO, false },
		{ "empty words", "", "", COLOUR_AUTO, false },   { "always", "1", NULL, COLOUR_ALWAYS, true },
		{ "never", NULL, "1", COLOUR_NEVER, false },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		unsetenv("NO_COLOR");
		unsetenv("CLICOLOR_FORCE");
		if (rows[i].no_color != NULL)
			setenv("NO_COLOR", rows[i].no_color, 1);
		if (rows[i].force != NULL)
			setenv("CLICOLOR_FORCE", rows[i].force, 1);
		cr_expect(coloured(rows[i].wish) == rows[i].want, "%s: %s", rows[i].id, s.results);
	}
}

Test(progress, wishes_of_colour_are_three_words)
{
	enum colour_wish wish;
	struct err e = { 0 };
	cr_assert(colour_wish_parse("always", &wish, &e) && wish == COLOUR_ALWAYS);
	cr_assert(colour_wish_parse("sometimes", &wish, &e) == false);
	cr_assert(eq(str, e.text, "--color: want auto, always or never, got 'sometimes'"));
}
