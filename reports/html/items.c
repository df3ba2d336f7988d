/* The exhibits of a case become items: setup folded, packets and messages taken apart, sentinels counted. */
#include <stdlib.h>
#include <string.h>

#include "pfkey/pfkey_dissect.h"
#include "reports/event.h"
#include "reports/html/text.h"
#include "reports/html/view.h"
#include "wire/packet.h"

#define SENTINEL_SETUP "the sentinel gets its SAs"

bool
view_is_setup(struct view_setup *s, const json_t *x)
{
	long socket = event_whole(x, "link");
	bool out = exhibit_is(x, "pfkey-out") || exhibit_is(x, "xfrm-out");
	if (exhibit_is(x, "setkey") || exhibit_is(x, "xfrm-out") || exhibit_is(x, "xfrm-in"))
		return true;
	if (exhibit_is(x, "do")) /* who configures */
		return strncmp(event_text(x, "text"), "manager ", 8) == 0;
	if (!out && !exhibit_is(x, "pfkey-in"))
		return false;
	if (out && !s->known && event_number(x, "line") == 0)
		*s = (struct view_setup){ true, socket };
	return s->known && socket == s->socket;
}

/* As the messages' texts have it, of PF_KEY and of XFRM. */
bool
view_is_refusal(const json_t *x)
{
	const char *text = event_text(x, "text");
	bool answer = exhibit_is(x, "pfkey-in") || exhibit_is(x, "xfrm-in");
	return answer && (strstr(text, "errno=") != NULL ||
			  (strncmp(text, "answer to ", 10) == 0 && strstr(text, ": done") == NULL));
}

static void
copy_redacted(const struct view *v, const char *text, char *out, size_t cap)
{
	char *shown = redact_text(v->redact, text);
	snprintf(out, cap, "%s", shown != NULL ? shown : "(out of memory)");
	free(shown);
}

/* --- items ------------------------------------------------------------------------------------ */

struct view_item *
view_add(struct view *v, enum view_kind kind, const json_t *x)
{
	if (v->n == v->cap) {
		size_t cap = v->cap > 0 ? 2 * v->cap : 64;
		struct view_item *more = realloc(v->item, cap * sizeof *more);
		if (more == NULL) {
			v->failed = true;
			return NULL;
		}
		v->item = more;
		v->cap = cap;
	}
	struct view_item *i = &v->item[v->n++];
	double link = event_number(x, "link");
	*i = (struct view_item){ .kind = (uint8_t)kind, .x = x, .folded = 1, .t_us = event_number(x, "t_us") };
	i->link = link >= 1 && link <= 1000 ? (unsigned)link : 1;
	return i;
}

/* With what keeps it from being opened, if something does. */
static void
brief_frame(struct view_item *i)
{
	size_t n = dissect_brief(i->d, i->brief, sizeof i->brief);
	if (i->d->verdict_text != NULL && strcmp(i->d->verdict_text, "ok") != 0 && n < sizeof i->brief)
		snprintf(i->brief + n, sizeof i->brief - n, " [%s]", i->d->verdict_text);
}

static void
add_frame(struct view *v, const json_t *x, size_t at)
{
	struct view_item *i = view_add(v, VIEW_FRAME, x);
	struct err e = { 0 };
	if (i == NULL)
		return;
	i->out = exhibit_is(x, "frame-out");
	v->two_links = v->two_links || i->link > 1;
	if (!exhibit_octets(x, &i->room, &i->octets)) {
		snprintf(i->why, sizeof i->why, "its octets cannot be read");
		snprintf(i->brief, sizeof i->brief, "unreadable");
		return;
	}
	struct sad *sad = v->sas != NULL ? case_sas_for(v->sas, at, i->octets) : NULL;
	i->d = dissect_datagram(sad, i->octets, &e);
	if (i->d != NULL) {
		brief_frame(i);
		return;
	}
	snprintf(i->why, sizeof i->why, "%s", e.text);
	snprintf(i->brief, sizeof i->brief, "%zu octets that are no IP datagram", i->octets.n);
}

static void
add_message(struct view *v, const json_t *x)
{
	struct view_item *i = view_add(v, VIEW_MESSAGE, x);
	struct err e = { 0 };
	if (i == NULL)
		return;
	i->out = exhibit_is(x, "pfkey-out");
	copy_redacted(v, event_text(x, "text"), i->brief, sizeof i->brief);
	if (!exhibit_octets(x, &i->room, &i->octets))
		snprintf(i->why, sizeof i->why, "its octets cannot be read");
	else if (v->dialect == NULL)
		snprintf(i->why, sizeof i->why, "the journal does not tell whose PF_KEY this is");
	else if ((i->d = pfkey_dissect(v->dialect, i->octets, v->swapped, &e)) == NULL)
		snprintf(i->why, sizeof i->why, "%s", e.text);
}

static const char *
name_of(const json_t *x)
{
	static const struct {
		const char *kind, *name;
	} rows[] = { { "app", "application" }, { "audit", "audit log" }, { "do", "on the target" } };
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (exhibit_is(x, rows[i].kind))
			return rows[i].name;
	return event_text(x, "kind");
}

/* Octets that an application got are shown as text or digits, unless a key is among them. */
static void
add_note(struct view *v, const json_t *x)
{
	struct view_item *i = view_add(v, VIEW_NOTE, x);
	uint8_t *mask;
	char octets[200];
	if (i == NULL)
		return;
	i->note = name_of(x);
	copy_redacted(v, event_text(x, "text"), i->brief, sizeof i->brief);
	if (!exhibit_is(x, "app") || !exhibit_octets(x, &i->room, &i->octets) || i->octets.n == 0)
		return;
	if ((mask = malloc(i->octets.n)) == NULL)
		return;
	redact_octets(v->redact, x, i->octets, mask);
	size_t n = strlen(i->brief);
	payload_print(i->octets, octets, sizeof octets);
	if (memchr(mask, 1, i->octets.n) != NULL)
		snprintf(i->brief + n, sizeof i->brief - n, ": %zu octets with a key among them", i->octets.n);
	else
		snprintf(i->brief + n, sizeof i->brief - n, ": %s", octets);
	free(mask);
}

/* Answers alone are not worth a line: they follow what they answer. */
static void
add_setup(struct view *v, const json_t *x)
{
	struct view_item *last = v->n > 0 ? &v->item[v->n - 1] : NULL;
	v->setups += !exhibit_is(x, "setkey") && !exhibit_is(x, "do");
	if (last != NULL && last->kind == VIEW_SETUP)
		last->folded++;
	else if (!exhibit_is(x, "pfkey-in") && !exhibit_is(x, "xfrm-in") && !exhibit_is(x, "do"))
		view_add(v, VIEW_SETUP, x);
}

/* One after the other they are one: several steps waited for nothing. */
static void
add_sentinel(struct view *v, const json_t *x)
{
	struct view_item *last = v->n > 0 ? &v->item[v->n - 1] : NULL, *i = last;
	long line = event_whole(x, "line");
	if (line == 0) /* behind the last step */
		return;
	bool more = last != NULL && last->kind == VIEW_SENTINEL &&
		    strcmp(event_text(last->x, "text"), event_text(x, "text")) == 0;
	if (!more && (i = view_add(v, VIEW_SENTINEL, x)) == NULL)
		return;
	copy_redacted(v, event_text(x, "text"), i->brief, sizeof i->brief);
	size_t n = strlen(i->brief);
	if (more)
		snprintf(i->brief + n, sizeof i->brief - n, ", %zu times", ++i->folded);
	if (more && line > 0 && line == event_line(v->event))
		i->x = x;
}

/* A step that waits for a datagram may be the one that reads what PF_KEY's sockets were told about the sentinel. */
static bool
is_stray_answer(const struct view *v, const json_t *x)
{
	uint8_t *room;
	struct bytes octets;
	if (!exhibit_is(x, "app") || v->dialect == NULL || !exhibit_octets(x, &room, &octets))
		return false;
	struct dissection *d = pfkey_dissect(v->dialect, octets, v->swapped, NULL);
	explicit_bzero(room, octets.n);
	free(room);
	dissect_free(d);
	return d != NULL;
}

static void
add_exhibit(struct view *v, struct view_setup *s, const json_t *x, size_t at)
{
	if (exhibit_is_frame(x))
		add_frame(v, x, at);
	else if (view_is_setup(s, x))
		add_setup(v, x);
	else if (exhibit_is(x, "pfkey-out") || exhibit_is(x, "pfkey-in"))
		add_message(v, x);
	else if (is_stray_answer(v, x))
		return;
	else if (!exhibit_is(x, "sentinel"))
		add_note(v, x);
	else
		add_sentinel(v, x);
}

/* --- setup ------------------------------------------------------------------------------------ */

/* Commands of a kind in setkey text: words at the beginning of a line or behind a semicolon. */
static size_t
count_commands(const char *text, const char *word)
{
	size_t n = 0, length = strlen(word);
	bool fresh = true;
	for (; *text != '\0'; text++) {
		bool blank = *text == ' ' || *text == '\t';
		if (fresh && !blank && strncmp(text, word, length) == 0 &&
		    (text[length] == ' ' || text[length] == '\t'))
			n++;
		fresh = *text == '\n' || *text == ';' || (fresh && blank);
	}
	return n;
}

struct setup_sum {
	size_t sas, policies, flushes, sentinels, blocks, refused;
};

static void
sum_setup(struct setup_sum *s, const json_t *x)
{
	const char *text = event_text(x, "text");
	if (exhibit_is(x, "setkey")) {
		s->blocks++;
		s->sas += count_commands(text, "add");
		s->policies += count_commands(text, "spdadd");
	}
	s->sentinels += strstr(text, "spi=0x5e17") != NULL;
	s->flushes += strncmp(text, "flush", 5) == 0 || strncmp(text, "x_spdflush", 10) == 0;
	s->refused += view_is_refusal(x);
}

/* "2 SAs", with what stands between it and what is there already; nothing of none. */
static void
add_count(char *out, size_t cap, size_t count, const char *one, const char *many)
{
	size_t n = strlen(out);
	if (count > 0)
		snprintf(out + n, cap - n, "%s%zu %s",
			 n == 0                     ? ""
			 : strchr(out, ' ') != NULL ? ", "
						    : " ",
			 count, count == 1 ? one : many);
}

static void
name_setup(struct view *v, struct view_item *i, size_t at)
{
	const json_t *list = json_object_get(v->event, "exhibits");
	struct setup_sum s = { 0 };
	char *out = i->brief;
	size_t cap = sizeof i->brief;
	for (size_t k = 0; k < i->folded; k++)
		sum_setup(&s, json_array_get(list, at + k));
	if (s.blocks > 0)
		snprintf(out, cap, "configured:");
	else if (s.sentinels > 0)
		snprintf(out, cap, SENTINEL_SETUP);
	else
		snprintf(out, cap, s.flushes > 0 ? "SAD and SPD are emptied" : "configured");
	if (s.blocks > 0) {
		add_count(out, cap, s.sas, "SA", "SAs");
		add_count(out, cap, s.policies, "policy", "policies");
	}
	add_count(out, cap, s.refused, "answer with an error", "answers with an error");
}

static void
read_exhibits(struct view *v)
{
	struct view_setup setup = { 0 };
	const json_t *x;
	size_t at;
	json_array_foreach(json_object_get(v->event, "exhibits"), at, x)
		add_exhibit(v, &setup, x, at);
}

/* What is about the sentinel alone is no step of the case. */
static bool
is_housekeeping(const struct view_item *i)
{
	return i->kind == VIEW_SETUP && strcmp(i->brief, SENTINEL_SETUP) == 0;
}

static void
name_setups(struct view *v)
{
	const json_t *list = json_object_get(v->event, "exhibits"), *x;
	size_t at, i = 0, kept = 0;
	json_array_foreach(list, at, x) {
		while (i < v->n && v->item[i].kind != VIEW_SETUP)
			i++;
		if (i < v->n && v->item[i].x == x)
			name_setup(v, &v->item[i++], at);
	}
	for (i = 0; i < v->n; i++)
		if (!is_housekeeping(&v->item[i]))
			v->item[kept++] = v->item[i];
	v->n = kept;
}

void
view_read(struct view *v)
{
	read_exhibits(v);
	name_setups(v);
}
