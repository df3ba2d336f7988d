#include "reports/progress.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BAR_CELLS 24
#define BAR_LEAST 8
#define REDRAW_NS 100000000u  /* on a terminal */
#define STEADY_NS 5000000000u /* where every line stays */

static uint64_t
now_ns(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

struct progress *
progress_new(FILE *results, FILE *status, unsigned planned, bool quiet, unsigned verbose)
{
	struct progress *p = calloc(1, sizeof *p);
	if (p == NULL)
		return NULL;
	p->results = results;
	p->status = status;
	p->planned = planned;
	p->quiet = quiet;
	p->verbose = verbose;
	p->colour = colour_wanted(results, COLOUR_AUTO);
	p->bar = !quiet && colour_drawable(status);
	p->began_ns = p->last_ns = now_ns();
	return p;
}

void
progress_set_colour(struct progress *p, enum colour_wish wish)
{
	p->colour = colour_wanted(p->results, wish);
}

/* --- one line a case ------------------------------------------------------------------------- */

/* The verdict's word, in colour where that is wanted. */
static void
put_word(const struct progress *p, const char *verdict)
{
	static const struct {
		const char *word, *colour;
	} rows[] = {
		{ "PASS", "32" },    { "FAIL", "1;31" }, { "INCONCLUSIVE", "33" }, { "SKIP", "36" },
		{ "ERROR", "1;35" }, { "XFAIL", "36" },  { "XPASS", "1;31" },
	};
	for (size_t i = 0; p->colour && i < sizeof rows / sizeof rows[0]; i++)
		if (strcmp(rows[i].word, verdict) == 0) {
			fprintf(p->results, "\033[%sm%s\033[0m", rows[i].colour, verdict);
			return;
		}
	fputs(verdict, p->results);
}

static void
put_place(FILE *out, const json_t *event)
{
	if (event_text(event, "file")[0] == '\0')
		return;
	fputs("  (", out);
	put_printable(out, event_text(event, "file"), true);
	fprintf(out, ":%ld)", event_line(event));
}

void
progress_line(const struct progress *p, const json_t *event)
{
	FILE *out = p->results;
	char why[1200];
	event_why(event, why, sizeof why);
	put_word(p, event_text(event, "verdict"));
	putc(' ', out);
	put_printable(out, event_text(event, "full_id"), true);
	if (event_is(event, "PASS")) {
		putc('\n', out);
		return;
	}
	putc(' ', out);
	put_printable(out, event_text(event, "level"), true);
	fputs(" [", out);
	put_printable(out, event_text(event, "clause"), true);
	fprintf(out, "] %s", why);
	if (event_unmet(event))
		put_place(out, event);
	putc('\n', out);
}

/* --- how far it is --------------------------------------------------------------------------- */

void
progress_clear(struct progress *p)
{
	if (!p->drawn)
		return;
	fputs("\r\033[K", p->status);
	fflush(p->status);
	p->drawn = false;
}

/* What is put together before it is written, so that it can be cut. */
struct line {
	char text[300];
	size_t n;
};

static void PRINTF(2, 3) say(struct line *l, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(l->text + l->n, sizeof l->text - l->n, fmt, ap);
	va_end(ap);
	l->n += n > 0 ? (size_t)n : 0;
	l->n = l->n < sizeof l->text ? l->n : sizeof l->text - 1;
}

static void
say_seconds(struct line *l, double s)
{
	if (s < 100)
		say(l, "%.0f s", s);
	else if (s < 6000)
		say(l, "%.0f min", s / 60);
	else
		say(l, "%.1f h", s / 3600);
}

/* ", 1203/s, 12 s left" once there is something to reckon with. */
static void
say_rate(struct line *l, const struct progress *p, uint64_t now)
{
	double s = (double)(now - p->began_ns) / 1e9, rate = s > 0 ? p->tally.total / s : 0;
	if (s < 0.2 || rate <= 0)
		return;
	say(l, rate < 10 ? ", %.1f/s" : ", %.0f/s", rate);
	if (p->planned <= p->tally.total)
		return;
	say(l, ", ");
	say_seconds(l, (p->planned - p->tally.total) / rate);
	say(l, " left");
}

/* "[####....] "; narrow terminals get a shorter bar, and the narrowest none. */
static void
put_bar(const struct progress *p, size_t words, unsigned columns)
{
	size_t room = columns > words + 4 ? columns - words - 4 : 0, n = room < BAR_CELLS ? room : BAR_CELLS;
	uint64_t full = p->planned > 0 ? (uint64_t)p->tally.total * n / p->planned : 0;
	char cells[BAR_CELLS + 1];
	if (n < BAR_LEAST)
		return;
	for (size_t i = 0; i < n; i++)
		cells[i] = i < full ? '#' : '.';
	cells[n] = '\0';
	fprintf(p->status, "[%s] ", cells);
}

/* The last column stays free: a terminal would go on to the next line, and the bar could not be taken back. */
static void
show(struct progress *p, uint64_t now)
{
	unsigned unmet = p->tally.fail + p->tally.inconclusive + p->tally.error + p->tally.xpass;
	unsigned columns = colour_columns(p->status, 80);
	struct line l = { .n = 0 };
	say(&l, "%u/%u", p->tally.total, p->planned);
	if (unmet > 0)
		say(&l, ", %u not met", unmet);
	say_rate(&l, p, now);
	if (p->bar) {
		fputs("\r\033[K", p->status);
		put_bar(p, l.n, columns);
		fprintf(p->status, "%.*s", (int)columns - 1, l.text);
	} else {
		fprintf(p->status, "%s\n", l.text);
	}
	fflush(p->status);
	p->drawn = p->bar;
	p->last_ns = now;
}

void
progress_case(struct progress *p, const json_t *event)
{
	unsigned *count = tally_of(&p->tally, event_text(event, "verdict"));
	if (count != NULL)
		++*count;
	p->tally.total++;
	if (event_unmet(event) || p->verbose > 0) {
		progress_clear(p);
		progress_line(p, event);
		fflush(p->results);
	}
	uint64_t now = now_ns();
	if (!p->quiet && (now - p->last_ns >= (p->bar ? REDRAW_NS : STEADY_NS) || (p->bar && p->tally.total == 1)))
		show(p, now);
}

void
progress_note(struct progress *p, const char *text)
{
	progress_clear(p);
	put_printable(p->status, text, true);
	putc('\n', p->status);
	fflush(p->status);
}

void
progress_free(struct progress *p)
{
	if (p != NULL)
		progress_clear(p);
	free(p);
}
