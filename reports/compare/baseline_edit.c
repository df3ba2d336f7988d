#include "reports/compare/baseline_edit.h"

#include <stdlib.h>
#include <string.h>

#include "reports/event.h"
#include "reports/fold.h"
#include "reports/compare/known.h"

#define WHY_MAX 300 /* of what was observed, behind "reason wanted" */

/* --- groups: comments, and the entries that they are the reason of ----------------------------- */

static bool
is_entry(const struct baseline *b, size_t i)
{
	return i < b->n && b->line[i].kind == BASELINE_ENTRY;
}

/* The first entry of a group: nothing but its comment or a blank line is in front. */
static bool
begins_group(const struct baseline *b, size_t i)
{
	return is_entry(b, i) && (i == 0 || !is_entry(b, i - 1));
}

/* Where the comment of a group begins whose first entry this is. */
static size_t
group_begin(const struct baseline *b, size_t entry)
{
	while (entry > 0 && b->line[entry - 1].kind == BASELINE_COMMENT)
		entry--;
	return entry;
}

/* Groups are in the order of their first entries: behind those that come before it. */
static size_t
place_of(const struct baseline *b, const char *pattern)
{
	for (size_t i = 0; i < b->n; i++)
		if (begins_group(b, i) && strcmp(b->line[i].pattern, pattern) > 0)
			return group_begin(b, i);
	return b->n;
}

/* --- making ---------------------------------------------------------------------------------- */

static bool
push(struct baseline_edit *x, const struct baseline_insert *in, struct err *e)
{
	if (x->in_n == x->in_cap) {
		size_t cap = x->in_cap != 0 ? x->in_cap * 2 : 32;
		struct baseline_insert *more = realloc(x->in, cap * sizeof *more);
		if (more == NULL)
			return fail_errno(e, "memory for a baseline");
		x->in = more;
		x->in_cap = cap;
	}
	x->in[x->in_n++] = *in;
	return true;
}

static bool
insert_case(struct baseline_edit *x, const struct baseline *b, const json_t *event, const char *pattern, struct err *e)
{
	char why[1200], folded[1200];
	struct baseline_insert in = { .before = place_of(b, pattern), .pattern = strdup(pattern) };
	event_why(event, why, sizeof why);
	fold_text(event, why, folded, sizeof folded);
	if (asprintf(&in.why, "%s [%s] %.*s", event_text(event, "level"), event_text(event, "clause"), WHY_MAX,
		     folded) < 0)
		in.why = NULL;
	return in.pattern != NULL && in.why != NULL ? push(x, &in, e) : fail_errno(e, "memory for a baseline");
}

/* Whether a case of this id is named in part already. */
static bool
has_part(const struct baseline *b, const char *id)
{
	size_t n = strlen(id);
	for (size_t i = 0; i < b->n; i++)
		if (is_entry(b, i) && strncmp(b->line[i].pattern, id, n) == 0 && b->line[i].pattern[n] == '/')
			return true;
	return false;
}

static bool
inserted(const struct baseline_edit *x, const char *pattern)
{
	for (size_t i = 0; i < x->in_n; i++)
		if (strcmp(x->in[i].pattern, pattern) == 0)
			return true;
	return false;
}

static bool
add_failures(struct baseline_edit *x, const struct baseline *b, const json_t *cases, struct err *e)
{
	const json_t *event;
	size_t i;
	json_array_foreach(cases, i, event) {
		const char *id = event_text(event, "id"), *full_id = event_text(event, "full_id");
		if (!event_failed(event) || baseline_find(b, full_id, "") != NULL)
			continue;
		const char *pattern = has_part(b, id) ? full_id : id;
		if (!inserted(x, pattern) && !insert_case(x, b, event, pattern, e))
			return false;
	}
	return true;
}

static int
by_place(const void *a, const void *b)
{
	const struct baseline_insert *x = a, *y = b;
	return x->before != y->before ? (x->before < y->before ? -1 : 1) : strcmp(x->pattern, y->pattern);
}

bool
baseline_edit_make(struct baseline_edit *x, const struct baseline *b, const json_t *cases, const unsigned *reach,
		   struct err *e)
{
	struct baseline_fate *fates = baseline_fates(b, cases);
	*x = (struct baseline_edit){ .drop = calloc(b->n + 1, sizeof *x->drop) };
	bool ok = fates != NULL && x->drop != NULL ? true : fail_errno(e, "memory for a baseline");
	for (size_t i = 0; ok && i < b->n; i++) {
		x->drop[i] =
			is_entry(b, i) && baseline_over(&b->line[i], &fates[i]) && fates[i].combinations >= reach[i];
		x->dropped += x->drop[i];
	}
	ok = ok && add_failures(x, b, cases, e);
	if (ok && x->in_n > 0)
		qsort(x->in, x->in_n, sizeof *x->in, by_place);
	free(fates);
	if (!ok)
		baseline_edit_free(x);
	return ok;
}

void
baseline_edit_free(struct baseline_edit *x)
{
	for (size_t i = 0; i < x->in_n; i++) {
		free(x->in[i].pattern);
		free(x->in[i].why);
	}
	free(x->in);
	free(x->drop);
	*x = (struct baseline_edit){ 0 };
}

/* --- telling and writing --------------------------------------------------------------------- */

void
baseline_edit_print(FILE *out, const struct baseline *b, const struct baseline_edit *x)
{
	for (size_t i = 0; i < b->n; i++)
		if (x->drop[i]) {
			fputs("- ", out);
			put_printable(out, b->file, true);
			fprintf(out, ":%zu: ", i + 1);
			put_printable(out, b->line[i].pattern, true);
			fputs(": no longer fails\n", out);
		}
	for (size_t i = 0; i < x->in_n; i++) {
		fputs("+ ", out);
		put_printable(out, x->in[i].pattern, true);
		fputs(": ", out);
		put_printable(out, x->in[i].why, true);
		putc('\n', out);
	}
}

/* Of comments: whether every entry behind them goes. */
static bool
reason_goes(const struct baseline *b, const struct baseline_edit *x, size_t i)
{
	while (i < b->n && b->line[i].kind == BASELINE_COMMENT)
		i++;
	if (!is_entry(b, i))
		return false; /* about the file */
	for (; is_entry(b, i); i++)
		if (!x->drop[i])
			return false;
	return true;
}

static void
write_insert(FILE *out, const struct baseline_insert *in)
{
	fprintf(out, "# %s: ", BASELINE_WANTED);
	put_printable(out, in->why, true);
	putc('\n', out);
	put_printable(out, in->pattern, true);
	putc('\n', out);
}

/* Entries behind what came in must not take its reason for theirs. */
static void
write_inserts(FILE *out, const struct baseline *b, const struct baseline_edit *x, size_t *at, size_t i)
{
	size_t first = *at;
	for (; *at < x->in_n && x->in[*at].before == i; ++*at)
		write_insert(out, &x->in[*at]);
	if (*at > first && is_entry(b, i))
		putc('\n', out);
}

void
baseline_edit_write(FILE *out, const struct baseline *b, const struct baseline_edit *x)
{
	size_t at = 0;
	for (size_t i = 0; i <= b->n; i++) {
		write_inserts(out, b, x, &at, i);
		if (i == b->n)
			break;
		bool goes = b->line[i].kind == BASELINE_COMMENT ? reason_goes(b, x, i) : x->drop[i];
		if (!goes)
			fprintf(out, "%s\n", b->line[i].text);
	}
}
