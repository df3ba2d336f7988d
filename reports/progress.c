#include "reports/progress.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BAR_CELLS 24
#define REDRAW_NS 100000000u  /* on a terminal */
#define STEADY_NS 5000000000u /* where every line stays */

static uint64_t
now_ns(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* A terminal that can be drawn on. */
static bool
drawable(FILE *f)
{
	const char *term = getenv("TERM");
	return isatty(fileno(f)) && (term == NULL || strcmp(term, "dumb") != 0);
}

struct progress *
progress_new(FILE *results, FILE *status, unsigned planned, bool quiet, unsigned verbose)
{
	const char *plain = getenv("NO_COLOR");
	struct progress *p = calloc(1, sizeof *p);
	if (p == NULL)
		return NULL;
	p->results = results;
	p->status = status;
	p->planned = planned;
	p->quiet = quiet;
	p->verbose = verbose;
	p->colour = drawable(results) && (plain == NULL || plain[0] == '\0');
	p->bar = !quiet && drawable(status);
	p->began_ns = p->last_ns = now_ns();
	return p;
}

/* --- one line a case ------------------------------------------------------------------------- */

void
progress_word(const struct progress *p, const char *verdict)
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
	progress_word(p, event_text(event, "verdict"));
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

/* ", 1,203/s, 12 s left" once there is something to reckon with. */
static void
put_rate(const struct progress *p, uint64_t now)
{
	double s = (double)(now - p->began_ns) / 1e9, rate = s > 0 ? p->tally.total / s : 0;
	if (s < 0.2 || rate <= 0)
		return;
	fprintf(p->status, rate < 10 ? ", %.1f/s" : ", %.0f/s", rate);
	if (p->planned > p->tally.total)
		fprintf(p->status, ", %.0f s left", (p->planned - p->tally.total) / rate);
}

static void
put_bar(const struct progress *p)
{
	unsigned full = p->planned > 0 ? (unsigned)((uint64_t)p->tally.total * BAR_CELLS / p->planned) : 0;
	char cells[BAR_CELLS + 1];
	for (unsigned i = 0; i < BAR_CELLS; i++)
		cells[i] = i < full ? '#' : '.';
	cells[BAR_CELLS] = '\0';
	fprintf(p->status, "\r\033[K[%s] ", cells);
}

static void
show(struct progress *p, uint64_t now)
{
	unsigned unmet = p->tally.fail + p->tally.inconclusive + p->tally.error + p->tally.xpass;
	if (p->bar)
		put_bar(p);
	fprintf(p->status, "%u/%u", p->tally.total, p->planned);
	if (unmet > 0)
		fprintf(p->status, ", %u not met", unmet);
	put_rate(p, now);
	if (!p->bar)
		putc('\n', p->status);
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
