#include "runner/baseline_lint.h"

#include <stdlib.h>
#include <string.h>

#include "reports/event.h"
#include "reports/compare/known.h"
#include "runner/excuses.h"

struct lint {
	FILE *out;
	const struct baseline *b;
	const struct choice *choice;
	const char *day;
	unsigned found;
};

static void say(struct lint *l, size_t line, const char *fmt, ...) PRINTF(3, 4);

static void
say(struct lint *l, size_t line, const char *fmt, ...)
{
	char text[2000];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	put_printable(l->out, l->b->file, true);
	if (line > 0)
		fprintf(l->out, ":%zu", line);
	fputs(": ", l->out);
	put_printable(l->out, text, true);
	putc('\n', l->out);
	l->found++;
}

static bool
is_entry(const struct baseline *b, size_t i)
{
	return b->line[i].kind == BASELINE_ENTRY;
}

/* --- by itself ------------------------------------------------------------------------------- */

static void
lint_reason(struct lint *l, size_t i)
{
	const struct baseline_line *x = &l->b->line[i];
	if (x->reason[0] == '\0')
		say(l, i + 1, "%s: no reason: want a comment above it", x->pattern);
	else if (strncmp(x->reason, BASELINE_WANTED, strlen(BASELINE_WANTED)) == 0)
		say(l, i + 1, "%s: %s: say why it fails, in place of '%.60s..'", x->pattern, BASELINE_WANTED,
		    x->reason);
	if (baseline_expired(x, l->day))
		say(l, i + 1, "%s: was to be known until %s", x->pattern, x->until);
}

static void
lint_twice(struct lint *l, size_t i)
{
	const struct baseline_line *x = &l->b->line[i], *v = l->b->line;
	for (size_t k = 0; k < l->b->n; k++) {
		if (k == i || !is_entry(l->b, k))
			continue;
		if (strcmp(v[k].pattern, x->pattern) == 0) {
			if (k < i)
				say(l, i + 1, "%s: stands in line %zu already", x->pattern, k + 1);
		} else if (baseline_matches(&v[k], x->pattern)) {
			say(l, i + 1, "%s: line %zu has it already (%s)", x->pattern, k + 1, v[k].pattern);
		}
	}
}

/* Entries of one reason are in order, and reasons by their first entries, so that a new one has one place. */
static void
lint_order(struct lint *l)
{
	const struct baseline_line *v = l->b->line, *first = NULL;
	for (size_t i = 0; i < l->b->n; i++) {
		if (!is_entry(l->b, i))
			continue;
		bool inside = i > 0 && is_entry(l->b, i - 1);
		const struct baseline_line *before = inside ? &v[i - 1] : first;
		if (before != NULL && strcmp(before->pattern, v[i].pattern) > 0)
			say(l, i + 1, "%s: comes before %s of line %u", v[i].pattern, before->pattern,
			    baseline_number(l->b, before));
		if (!inside)
			first = &v[i];
	}
}

/* --- against the suites ---------------------------------------------------------------------- */

/* The id in a pattern: its first two parts. */
static void
lint_unknown(struct lint *l, size_t i)
{
	const char *pattern = l->b->line[i].pattern, *end = strchr(pattern, '/');
	char id[200], hint[300];
	size_t n = end != NULL ? (size_t)(end - pattern) + 1 + strcspn(end + 1, "/") : strlen(pattern);
	snprintf(id, sizeof id, "%.*s", (int)n, pattern);
	for (const struct suite *s = l->choice->suites; s != NULL; s = s->next)
		for (const struct case_spec *k = s->cases; k != NULL; k = k->next) {
			size_t width = strlen(s->name);
			if (strncmp(id, s->name, width) == 0 && id[width] == '/' &&
			    strcmp(id + width + 1, k->name) == 0) {
				say(l, i + 1, "%s: no combination of %s is so called", pattern, id);
				return;
			}
		}
	choice_suggest(l->choice, id, hint, sizeof hint);
	say(l, i + 1, "%s: no such case%s", pattern, hint);
}

/* --- against a run --------------------------------------------------------------------------- */

static void
lint_fate(struct lint *l, size_t i, const struct baseline_fate *f, unsigned reach)
{
	const char *pattern = l->b->line[i].pattern;
	if (f->combinations < reach && f->failed == 0)
		say(l, i + 1, "%s: %u of its %u combinations are in the run", pattern, f->combinations, reach);
	else if (baseline_over(&l->b->line[i], f))
		say(l, i + 1, "%s: no longer fails: take it out", pattern);
	else if (f->failed + f->passed + f->undecided == 0)
		say(l, i + 1, "%s: every combination was skipped: %s", pattern, event_text(f->first, "reason"));
}

static void
lint_unlisted(struct lint *l, const struct run_record *run)
{
	json_t *seen = json_object();
	const json_t *event;
	size_t i;
	json_array_foreach(run->cases, i, event) {
		const char *id = event_text(event, "id");
		bool listed = event_failed(event) && baseline_find(l->b, event_text(event, "full_id"), "") != NULL;
		if (listed || event_passed(event) || event_is(event, "SKIP") || names_seen(seen, id) > 0)
			continue;
		say(l, 0, "%s: %s, and not in the list", id, event_observed(event));
	}
	json_decref(seen);
}

unsigned
baseline_lint(FILE *out, const struct baseline *b, const struct choice *c, const struct run_record *run,
	      const char *day)
{
	struct lint l = { .out = out, .b = b, .choice = c, .day = day };
	unsigned *reach = baseline_reach(b, &c->plan);
	struct baseline_fate *fates = baseline_fates(b, run != NULL ? run->cases : NULL);
	for (size_t i = 0; i < b->n && reach != NULL && fates != NULL; i++) {
		if (!is_entry(b, i))
			continue;
		lint_reason(&l, i);
		lint_twice(&l, i);
		if (reach[i] == 0)
			lint_unknown(&l, i);
		else if (run != NULL)
			lint_fate(&l, i, &fates[i], reach[i]);
	}
	lint_order(&l);
	if (run != NULL)
		lint_unlisted(&l, run);
	free(reach);
	free(fates);
	return l.found;
}
