/* What of a case is shown: which of its exhibits decided, which are left out, of which every octet has room. */
#include "reports/html/view.h"

#include <stdlib.h>
#include <string.h>

#include "reports/event.h"
#include "reports/html/text.h"

#define FIRST_SHOWN 6  /* of those that are too many */
#define BEHIND_SHOWN 4 /* behind the one that decided */

/* --- text ------------------------------------------------------------------------------------- */

void
view_text(const struct view *v, const char *text)
{
	char *shown = redact_text(v->redact, text);
	html_text(v->out, shown != NULL ? shown : "(out of memory)");
	free(shown);
}

/* Where the n-th character ends; all of it if there are not so many. */
static size_t
octets_of(const char *text, size_t n)
{
	size_t at = 0;
	for (; text[at] != '\0'; at++)
		if (((unsigned char)text[at] & 0xc0) != 0x80 && n-- == 0)
			break;
	return at;
}

void
view_cut(const struct view *v, const char *text, size_t n)
{
	size_t whole = strlen(text), at = octets_of(text, n);
	char *cut = at < whole ? strndup(text, octets_of(text, n - 1)) : NULL;
	html_text(v->out, cut != NULL ? cut : at < whole ? "" : text);
	if (at < whole)
		fputs("\xe2\x80\xa6", v->out);
	free(cut);
}

void
view_time(double us, char *out, size_t cap)
{
	if (!(us >= 0 && us < 1e12))
		us = 0;
	unsigned long long hundredths = (unsigned long long)(us / 10 + 0.5);
	if (hundredths < 100000)
		snprintf(out, cap, "%llu.%02llu ms", hundredths / 100, hundredths % 100);
	else
		snprintf(out, cap, "%llu.%02llu s", hundredths / 100000, hundredths % 100000 / 1000);
}

/* --- what decided ------------------------------------------------------------------------------ */

/* Where the journal does not say: the last thing that came from the target in the step that decided. */
static struct view_item *
find_deciding(struct view *v)
{
	long line = event_line(v->event);
	struct view_item *found = NULL;
	for (size_t i = 0; i < v->n; i++) {
		struct view_item *it = &v->item[i];
		bool told = it->kind == VIEW_NOTE && (exhibit_is(it->x, "app") || exhibit_is(it->x, "audit"));
		bool came = told || ((it->kind == VIEW_FRAME || it->kind == VIEW_MESSAGE) && !it->out);
		if (json_is_true(json_object_get(it->x, "decides")))
			return it;
		if (came && line > 0 && event_whole(it->x, "line") == line)
			found = it;
	}
	return found;
}

/* Behind the sentinel of the step that decided, else at the end. */
static void
add_silence(struct view *v)
{
	long line = event_line(v->event);
	struct view_item *s = view_add(v, VIEW_SILENCE, NULL);
	size_t at = v->n - 1;
	if (s == NULL)
		return;
	for (size_t i = 0; i + 1 < v->n && at == v->n - 1; i++)
		if (v->item[i].kind == VIEW_SENTINEL && line > 0 && event_whole(v->item[i].x, "line") == line)
			at = i + 1;
	memmove(&v->item[at + 1], &v->item[at], (v->n - 1 - at) * sizeof *v->item);
	s = &v->item[at];
	*s = (struct view_item){ .kind = VIEW_SILENCE, .folded = 1, .link = 1, .decides = true };
	s->t_us = at > 0 ? v->item[at - 1].t_us : 0;
	snprintf(s->brief, sizeof s->brief, "nothing came");
}

static void
mark_deciding(struct view *v)
{
	struct view_item *i = NULL;
	if (!event_is(v->event, "FAIL") && !event_is(v->event, "XFAIL"))
		return;
	if (strcmp(event_text(v->event, "got"), "nothing") == 0)
		add_silence(v);
	else
		i = find_deciding(v);
	if (i != NULL)
		i->decides = true;
}

static void
drop_item(struct view_item *i)
{
	dissect_free(i->d);
	if (i->room != NULL)
		explicit_bzero(i->room, i->octets.n);
	free(i->room);
	i->d = NULL;
	i->room = NULL;
}

/* The first few, and those around what decided; without that the last ones. */
static void
leave_out(struct view *v)
{
	size_t deciding = v->n - 1, rest = VIEW_ITEMS - FIRST_SHOWN;
	for (size_t i = 0; i < v->n; i++)
		if (v->item[i].decides)
			deciding = i;
	size_t end = deciding + 1 + BEHIND_SHOWN < v->n ? deciding + 1 + BEHIND_SHOWN : v->n;
	size_t from = end > rest ? end - rest : 0;
	if (v->n <= VIEW_ITEMS || from <= FIRST_SHOWN) {
		from = 0;
		end = v->n <= VIEW_ITEMS ? v->n : VIEW_ITEMS;
	}
	for (size_t i = end; i < v->n; i++)
		drop_item(&v->item[i]);
	for (size_t i = FIRST_SHOWN; i < from; i++)
		drop_item(&v->item[i]);
	size_t behind = v->n - end;
	v->n = end;
	if (from > FIRST_SHOWN) {
		struct view_item *gap = &v->item[FIRST_SHOWN];
		*gap = (struct view_item){ .kind = VIEW_LEFT_OUT, .folded = from - FIRST_SHOWN };
		memmove(gap + 1, v->item + from, (end - from) * sizeof *gap);
		v->n = FIRST_SHOWN + 1 + end - from;
	}
	struct view_item *tail = behind > 0 ? view_add(v, VIEW_LEFT_OUT, NULL) : NULL;
	if (tail != NULL)
		tail->folded = behind;
}

static bool
is_dumpable(const struct view_item *i)
{
	return i->kind == VIEW_FRAME || i->kind == VIEW_MESSAGE;
}

/* What decided, and backwards from there as far as the room goes; then forwards. */
static void
choose_dumps(struct view *v)
{
	size_t deciding = v->n, spent = 0;
	for (size_t i = 0; i < v->n; i++)
		if (v->item[i].decides)
			deciding = i + 1;
	for (size_t k = 0; k < v->n; k++) {
		struct view_item *i = &v->item[k < deciding ? deciding - 1 - k : k];
		size_t rows = i->d != NULL ? i->d->n : 0, n = i->octets.n < VIEW_OCTETS ? i->octets.n : VIEW_OCTETS;
		size_t cost = 600 + rows * 80 + n * 6;
		if (!is_dumpable(i) || i->octets.n == 0 || (spent > 0 && spent + cost > VIEW_ROOM))
			continue;
		i->dumped = true;
		spent += cost;
	}
}

/* --- open, close -------------------------------------------------------------------------------- */

bool
view_open(struct view *v, FILE *out, struct html *h, const json_t *event)
{
	*v = (struct view){ .out = out, .h = h, .event = event, .id = ++h->ids };
	v->dialect = case_dialect(h->run->start, &v->swapped);
	v->redact = redact_new(h->run->start, event, h->wish->show_keys);
	v->sas = case_sas_read(h->run->start, event);
	if (v->redact == NULL)
		return false;
	view_read(v);
	mark_deciding(v);
	if (v->n > 0)
		leave_out(v);
	choose_dumps(v);
	return !v->failed;
}

void
view_close(struct view *v)
{
	for (size_t i = 0; i < v->n; i++)
		drop_item(&v->item[i]);
	free(v->item);
	case_sas_free(v->sas);
	redact_free(v->redact);
}
