#include "reports/compare/baseline.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "reports/event.h"
#include "reports/compare/known.h"

/* --- reading --------------------------------------------------------------------------------- */

static bool
is_date(const char *s)
{
	unsigned y, m, d;
	int used = 0;
	for (int i = 0; i < 10; i++)
		if (i == 4 || i == 7 ? s[i] != '-' : s[i] < '0' || s[i] > '9')
			return false;
	return sscanf(s, "%4u-%2u-%2u%n", &y, &m, &d, &used) == 3 && used == 10 && s[10] == '\0' && m >= 1 && m <= 12 &&
	       d >= 1 &&
	       d <= (m == 2                                  ? 29u
		     : m == 4 || m == 6 || m == 9 || m == 11 ? 30u
							     : 31u);
}

/* Behind the pattern: "until DATE", or nothing. Cuts `rest`. */
static bool
take_until(struct baseline_line *l, char *rest, struct err *e)
{
	char *save = NULL, *word = strtok_r(rest, " \t", &save);
	if (word == NULL)
		return true;
	char *date = strtok_r(NULL, " \t", &save), *more = strtok_r(NULL, " \t", &save);
	if (strcmp(word, "until") != 0)
		return fail(e, ERR_SYNTAX, "behind %.80s: want 'until YYYY-MM-DD' or a # comment, got '%.80s'",
			    l->pattern, word);
	if (date == NULL || !is_date(date) || more != NULL)
		return fail(e, ERR_SYNTAX, "until: want a day as 2027-01-31 and nothing behind it, got '%.80s'",
			    more != NULL   ? more
			    : date != NULL ? date
					   : "");
	memcpy(l->until, date, sizeof l->until);
	return true;
}

static const char *
skip_blanks(const char *p)
{
	return p + strspn(p, " \t");
}

/* "? PATTERN until DATE", with no comment in it any more. */
static bool
take_entry(struct baseline_line *l, const char *text, size_t n, struct err *e)
{
	char *copy = strndup(text, n), *p = copy;
	if (copy == NULL)
		return fail_errno(e, "memory for a baseline");
	p += strspn(p, " \t");
	l->sometimes = *p == '?';
	p += l->sometimes;
	p += strspn(p, " \t");
	size_t word = strcspn(p, " \t");
	l->pattern = strndup(p, word);
	l->literal = (unsigned)(l->pattern != NULL ? strcspn(l->pattern, "*?[\\") : 0);
	bool ok = l->pattern != NULL ? true : fail_errno(e, "memory for a baseline");
	if (ok && strchr(l->pattern, '/') == NULL)
		ok = fail(e, ERR_SYNTAX, "want the id of a case (suite/case), got '%.80s'", l->pattern);
	ok = ok && take_until(l, p + word, e);
	free(copy);
	return ok;
}

/* Text behind '#', without blanks at either end, joined to what stood above it. */
static bool
join_reason(char **reason, const char *comment)
{
	char *joined;
	comment += strspn(comment, "#");
	comment = skip_blanks(comment);
	size_t n = strlen(comment);
	while (n > 0 && (comment[n - 1] == ' ' || comment[n - 1] == '\t'))
		n--;
	if (asprintf(&joined, "%s%s%.*s", *reason != NULL ? *reason : "", *reason != NULL ? " " : "", (int)n, comment) <
	    0)
		return false;
	free(*reason);
	*reason = joined;
	return true;
}

static struct baseline_line *
push_line(struct baseline *b, const char *text, size_t n, struct err *e)
{
	if (b->n == b->cap) {
		size_t cap = b->cap != 0 ? b->cap * 2 : 128;
		struct baseline_line *more = realloc(b->line, cap * sizeof *more);
		if (more == NULL) {
			(void)fail_errno(e, "memory for a baseline");
			return NULL;
		}
		b->line = more;
		b->cap = cap;
	}
	struct baseline_line *l = &b->line[b->n];
	*l = (struct baseline_line){ .text = strndup(text, n) };
	if (l->text == NULL) {
		(void)fail_errno(e, "memory for a baseline");
		return NULL;
	}
	b->n++;
	return l;
}

/* The comment that is open: of the lines above, until an entry has followed it. */
struct open_reason {
	char *text;
	bool used; /* an entry followed: the next comment is another one */
};

static bool
take_comment(struct open_reason *r, struct baseline_line *l, struct err *e)
{
	l->kind = BASELINE_COMMENT;
	if (r->used) {
		free(r->text);
		*r = (struct open_reason){ 0 };
	}
	return join_reason(&r->text, skip_blanks(l->text)) || fail_errno(e, "memory for a baseline");
}

static bool
take_line(struct open_reason *r, struct baseline_line *l, struct err *e)
{
	const char *text = skip_blanks(l->text), *comment = strchr(text, '#');
	if (*text == '\0') {
		l->kind = BASELINE_BLANK;
		free(r->text);
		*r = (struct open_reason){ 0 };
		return true;
	}
	if (comment == text)
		return take_comment(r, l, e);
	l->kind = BASELINE_ENTRY;
	r->used = true;
	if (!take_entry(l, text, comment != NULL ? (size_t)(comment - text) : strlen(text), e))
		return false;
	if (comment != NULL)
		return join_reason(&l->reason, comment) || fail_errno(e, "memory for a baseline");
	l->reason = strdup(r->text != NULL ? r->text : "");
	return l->reason != NULL || fail_errno(e, "memory for a baseline");
}

bool
baseline_parse(struct baseline *b, const char *file, const char *text, size_t n, struct err *e)
{
	struct open_reason reason = { 0 };
	const char *end = text + n;
	*b = (struct baseline){ .file = strdup(file) };
	bool ok = b->file != NULL || fail_errno(e, "memory for a baseline");
	if (ok && memchr(text, '\0', n) != NULL)
		ok = fail(e, ERR_SYNTAX, "%s: want text, got an octet of 0", file);
	while (ok && text < end) {
		const char *eol = memchr(text, '\n', (size_t)(end - text));
		size_t width = (size_t)((eol != NULL ? eol : end) - text);
		size_t kept = width > 0 && text[width - 1] == '\r' ? width - 1 : width;
		struct baseline_line *l = push_line(b, text, kept, e);
		ok = l != NULL && (take_line(&reason, l, e) || err_prefix(e, "%s:%zu", file, b->n));
		text += width + (eol != NULL);
	}
	free(reason.text);
	if (!ok)
		baseline_free(b);
	return ok;
}

bool
baseline_read(struct baseline *b, const char *file, struct err *e)
{
	char *text = NULL;
	size_t n = 0, got;
	char part[8192];
	*b = (struct baseline){ 0 };
	FILE *f = fopen(file, "re"), *copy = f != NULL ? open_memstream(&text, &n) : NULL;
	while (copy != NULL && (got = fread(part, 1, sizeof part, f)) > 0)
		fwrite(part, 1, got, copy);
	bool ok = copy != NULL && !ferror(f);
	if (!ok)
		(void)fail_errno(e, "%s", file);
	if (copy != NULL && fclose(copy) != 0 && ok)
		ok = fail_errno(e, "%s", file);
	if (f != NULL)
		fclose(f);
	ok = ok && baseline_parse(b, file, text, n, e);
	free(text);
	return ok;
}

void
baseline_free(struct baseline *b)
{
	for (size_t i = 0; i < b->n; i++) {
		free(b->line[i].text);
		free(b->line[i].pattern);
		free(b->line[i].reason);
	}
	free(b->line);
	free(b->file);
	*b = (struct baseline){ 0 };
}

/* --- matching -------------------------------------------------------------------------------- */

bool
baseline_matches(const struct baseline_line *entry, const char *full_id)
{
	char wide[1024];
	if (strncmp(entry->pattern, full_id, entry->literal) != 0)
		return false;
	if (entry->pattern[entry->literal] == '\0')
		return full_id[entry->literal] == '\0' || full_id[entry->literal] == '/';
	int n = snprintf(wide, sizeof wide, "%s/*", entry->pattern);
	return fnmatch(entry->pattern, full_id, 0) == 0 ||
	       (n > 0 && (size_t)n < sizeof wide && fnmatch(wide, full_id, 0) == 0);
}

bool
baseline_expired(const struct baseline_line *entry, const char *day)
{
	return entry->until[0] != '\0' && strcmp(entry->until, day) < 0;
}

const struct baseline_line *
baseline_find(const struct baseline *b, const char *full_id, const char *day)
{
	const struct baseline_line *over = NULL;
	for (size_t i = 0; i < b->n; i++) {
		const struct baseline_line *l = &b->line[i];
		if (l->kind != BASELINE_ENTRY || !baseline_matches(l, full_id))
			continue;
		if (!baseline_expired(l, day))
			return l;
		over = over != NULL ? over : l;
	}
	return over;
}

unsigned
baseline_number(const struct baseline *b, const struct baseline_line *entry)
{
	return (unsigned)(entry - b->line) + 1;
}

/* --- a run ----------------------------------------------------------------------------------- */

static void
count(struct baseline_fate *f, const json_t *event)
{
	f->combinations += event_number(event, "round") <= 1;
	if (event_failed(event)) {
		if (f->failed++ == 0)
			f->first = event;
		return;
	}
	if (event_passed(event)) {
		f->passed++;
		return;
	}
	if (f->first == NULL)
		f->first = event;
	if (event_is(event, "SKIP"))
		f->skipped++;
	else
		f->undecided++;
}

struct baseline_fate *
baseline_fates(const struct baseline *b, const json_t *cases)
{
	struct baseline_fate *fates = calloc(b->n + 1, sizeof *fates);
	const json_t *event;
	size_t k;
	json_array_foreach(cases, k, event) {
		const char *full_id = event_text(event, "full_id");
		for (size_t i = 0; fates != NULL && i < b->n; i++)
			if (b->line[i].kind == BASELINE_ENTRY && baseline_matches(&b->line[i], full_id))
				count(&fates[i], event);
	}
	return fates;
}

bool
baseline_over(const struct baseline_line *entry, const struct baseline_fate *fate)
{
	return !entry->sometimes && fate->passed > 0 && fate->failed == 0 && fate->undecided == 0;
}
