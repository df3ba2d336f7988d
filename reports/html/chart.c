/*
 * The exchange as a sequence chart in SVG: the tester, the target and, where a case has it, what lies on the target's other side. It is an
 * image to readers of screens; the list behind it says the same in words.
 */
#include <stdlib.h>
#include <string.h>

#include "reports/event.h"
#include "reports/html/text.h"
#include "reports/html/view.h"

enum {
	TIME_X = 62, /* where times end */
	TESTER_X = 96,
	ONE_WIDTH = 780, /* with one link, and with two */
	TWO_WIDTH = 1040,
	HEAD = 34,  /* of the names */
	STEP = 30,  /* between two arrows */
	CHAR_W = 7, /* of the letters at 11.5 px, a little more than they take */
};

struct lines {
	int width, target, other; /* other: 0 where there is one link */
};

static struct lines
lines_of(const struct view *v)
{
	if (v->two_links)
		return (struct lines){ TWO_WIDTH, (TESTER_X + TWO_WIDTH - 40) / 2, TWO_WIDTH - 40 };
	return (struct lines){ ONE_WIDTH, ONE_WIDTH - 40, 0 };
}

static int
height_of(const struct view_item *i)
{
	return i->decides ? STEP + 18 : STEP;
}

static void
put_names(const struct view *v, const struct lines *l, int bottom)
{
	const struct {
		int x;
		const char *name;
	} ends[] = { { TESTER_X, "tester" }, { l->target, "target" }, { l->other, "link 2" } };
	for (size_t i = 0; i < (l->other > 0 ? 3 : 2); i++) {
		fprintf(v->out, "<path class=\"life\" d=\"M%d %dV%d\"/>", ends[i].x, HEAD - 8, bottom);
		html_put(v->out, "<text class=\"who\" x=\"%d\" y=\"16\">%s</text>\n", ends[i].x, ends[i].name);
	}
}

static void
put_when(const struct view *v, const struct view_item *i, int y)
{
	char when[40];
	view_time(i->t_us, when, sizeof when);
	html_put(v->out, "<text class=\"when\" x=\"%d\" y=\"%d\">%s</text>", TIME_X, y + 4, when);
}

static void
put_label(const struct view *v, const char *css, int x, int y, int room, const char *text)
{
	fprintf(v->out, "<text class=\"%s\" x=\"%d\" y=\"%d\">", css, x, y);
	view_cut(v, text, room > 4 * CHAR_W ? (size_t)(room / CHAR_W) : 4);
	fputs("</text>\n", v->out);
}

/* A line with its head at `to`. */
static void
put_arrow(const struct view *v, const char *css, int from, int to, int y)
{
	int back = to > from ? -7 : 7;
	fprintf(v->out, "<path class=\"%s\" d=\"M%d %dH%d\"/>", css, from, y, to);
	fprintf(v->out, "<path class=\"%s tip\" d=\"M%d %dl%d -4v8z\"/>", css, to, y, back);
}

static size_t
differences(const struct view *v)
{
	return json_array_size(json_object_get(v->event, "diff"));
}

/* What is wrong with the packet that decided, under its arrow. */
static void
put_fault(const struct view *v, int x, int y, int room)
{
	const json_t *first = json_array_get(json_object_get(v->event, "diff"), 0);
	char text[300], *shown;
	if (first != NULL)
		snprintf(text, sizeof text, "\xe2\x9c\x97 %s: want %s, got %s%s", event_text(first, "field"),
			 event_text(first, "want"), event_text(first, "got"), differences(v) > 1 ? ", .." : "");
	else
		event_why(v->event, text, sizeof text);
	shown = redact_text(v->redact, text);
	put_label(v, "fault", x, y, room, shown != NULL ? shown : "");
	free(shown);
}

static void
put_exchange(const struct view *v, const struct lines *l, const struct view_item *i, int y)
{
	bool far = i->kind == VIEW_FRAME && i->link > 1 && l->other > 0;
	int tester = far ? l->other : TESTER_X, room = (far ? l->other - l->target : l->target - TESTER_X) - 16;
	int middle = (tester + l->target) / 2;
	const char *css = i->decides ? "arrow bad" : i->kind == VIEW_MESSAGE ? "arrow talk" : "arrow";
	put_label(v, i->decides ? "says bad" : "says", middle, y - 5, room, i->brief);
	put_arrow(v, css, i->out ? tester : l->target, i->out ? l->target : tester, y);
	if (i->decides)
		put_fault(v, middle, y + 15, room);
}

static void
put_box(const struct view *v, const struct lines *l, const struct view_item *i, int y)
{
	int room = l->target - TESTER_X - 60, chars = room / CHAR_W;
	char text[500];
	snprintf(text, sizeof text, "%s%s%s", i->note != NULL ? i->note : "", i->note != NULL ? ": " : "", i->brief);
	int n = (int)strlen(text) < chars ? (int)strlen(text) : chars;
	int width = n * CHAR_W + 16, x = l->target - 12 - width;
	fprintf(v->out,
		"<path class=\"thread\" d=\"M%d %dH%d\"/><rect class=\"box%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"20\" rx=\"4\"/>",
		x + width, y - 4, l->target, i->decides ? " bad" : "", x, y - 14, width);
	put_label(v, "said", x + 8, y, width - 8, text);
	if (i->decides)
		put_fault(v, (TESTER_X + l->target) / 2, y + 20, l->target - TESTER_X - 16);
}

static void
put_sentinel(const struct view *v, const struct lines *l, const struct view_item *i, int y)
{
	int middle = (TESTER_X + l->target) / 2;
	char text[420];
	snprintf(text, sizeof text, "sentinel: %s", i->brief);
	put_label(v, "faint", middle, y - 5, l->target - TESTER_X - 16, text);
	fprintf(v->out, "<path class=\"there\" d=\"M%d %dH%d\"/>", TESTER_X + 6, y, l->target - 6);
	fprintf(v->out,
		"<path class=\"there tip\" d=\"M%d %dl7 -4v8z\"/><path class=\"there tip\" d=\"M%d %dl-7 -4v8z\"/>\n",
		TESTER_X + 1, y, l->target - 1, y);
}

static void
put_silence(const struct view *v, const struct lines *l, int y)
{
	int middle = (TESTER_X + l->target) / 2;
	put_label(v, "says bad", (middle + l->target) / 2, y - 5, (l->target - middle) - 16, "nothing came");
	fprintf(v->out,
		"<path class=\"arrow bad gone\" d=\"M%d %dH%d\"/><path class=\"arrow bad\" d=\"M%d %dl10 10m0 -10l-10 10\"/>",
		l->target, y, middle + 14, middle, y - 5);
	put_fault(v, middle, y + 19, l->target - TESTER_X - 16);
}

static void
put_left_out(const struct view *v, const struct lines *l, const struct view_item *i, int y)
{
	html_put(v->out, "<text class=\"faint\" x=\"%d\" y=\"%d\">\xe2\x8b\xae %zu more, not shown here</text>\n",
		 (TESTER_X + l->target) / 2, y, i->folded);
}

static void
put_item(const struct view *v, const struct lines *l, const struct view_item *i, int y)
{
	if (i->kind != VIEW_LEFT_OUT)
		put_when(v, i, y);
	switch (i->kind) {
	case VIEW_FRAME:
	case VIEW_MESSAGE: put_exchange(v, l, i, y); break;
	case VIEW_SENTINEL: put_sentinel(v, l, i, y); break;
	case VIEW_SILENCE: put_silence(v, l, y); break;
	case VIEW_LEFT_OUT: put_left_out(v, l, i, y); break;
	default: put_box(v, l, i, y); break;
	}
}

void
view_chart(const struct view *v)
{
	struct lines l = lines_of(v);
	int height = HEAD + 14, y = HEAD + 14;
	if (v->n == 0)
		return;
	for (size_t i = 0; i < v->n; i++)
		height += height_of(&v->item[i]);
	fprintf(v->out, "<div class=\"case-scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Sequence chart\">\n");
	fprintf(v->out,
		"<svg class=\"case-chart\" role=\"img\" aria-labelledby=\"x%u-t\" aria-describedby=\"x%u-list\" viewBox=\"0 0 %d %d\" "
		"width=\"%d\" height=\"%d\">\n<title id=\"x%u-t\">Exchange between tester and target, as the list below tells it</title>\n",
		v->id, v->id, l.width, height, l.width, height, v->id);
	put_names(v, &l, height - 8);
	for (size_t i = 0; i < v->n; y += height_of(&v->item[i]), i++)
		put_item(v, &l, &v->item[i], y);
	fputs("</svg></div>\n", v->out);
}
