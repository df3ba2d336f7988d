/* Octets and what they mean, side by side: a dump whose octets are coloured by header, and the table of its fields. */
#include <stdlib.h>
#include <string.h>

#include "reports/clause.h"
#include "reports/event.h"
#include "reports/html/text.h"
#include "reports/html/view.h"

#define ROW 16

/* What each octet of a run belongs to. */
struct paint {
	uint8_t css;  /* enum colour */
	uint8_t even; /* neighbours of one colour are told apart by shade */
	uint8_t diff; /* 1 + number of the difference */
	uint8_t masked;
};

enum colour { C_NONE, C_IP, C_SEC, C_UPPER, C_TRAIL, C_HIDDEN, C_PAYLOAD, C_MESSAGE, C_KEY, COLOURS };
static const char *const colour_css[COLOURS] = { "", "ip", "sec", "up", "tr", "hid", "pay", "msg", "key" };

static enum colour
colour_of(const struct view_item *i, const struct dissect_row *r)
{
	static const struct {
		const char *header;
		enum colour colour;
	} rows[] = { { "ip4", C_IP },      { "ip6", C_IP },     { "hbh", C_IP },    { "dstopt", C_IP },
		     { "rh", C_IP },       { "frag", C_IP },    { "esp", C_SEC },   { "ah", C_SEC },
		     { "esp-old", C_SEC }, { "ah-old", C_SEC }, { "ipcomp", C_SEC } };
	if (r->secret)
		return C_KEY;
	if (r->kind == DISSECT_PAYLOAD)
		return C_PAYLOAD;
	if (r->kind == DISSECT_HIDDEN)
		return C_HIDDEN;
	if (i->kind == VIEW_MESSAGE)
		return C_MESSAGE;
	if (r->name != NULL && (strcmp(r->name, "icv") == 0 || strcmp(r->name, "padding") == 0 ||
				strcmp(r->name, "pad_length") == 0 || strcmp(r->name, "tfc") == 0 ||
				(r->opened && strcmp(r->header, "esp") == 0 && strcmp(r->name, "next_header") == 0)))
		return C_TRAIL;
	for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++)
		if (strcmp(rows[k].header, r->header) == 0)
			return rows[k].colour;
	return C_UPPER;
}

/* Number of the difference that this row is; SIZE_MAX: none. */
static size_t
difference_of(const struct view *v, const struct view_item *item, const struct dissect_row *row)
{
	const json_t *d;
	size_t i;
	if (!item->decides)
		return SIZE_MAX;
	json_array_foreach(json_object_get(v->event, "diff"), i, d) {
		double layer = event_number(d, "layer");
		const char *field = event_text(d, "field");
		const struct dissect_row *found =
			dissect_find(item->d, field, layer >= 1 && layer < 100 ? (int)layer - 1 : -1);
		if (found != NULL && found == row)
			return i;
	}
	return SIZE_MAX;
}

static void
paint_row(const struct view *v, const struct view_item *i, const struct dissect_row *r, struct paint *paint, size_t n)
{
	size_t from = r->bit / 8, to = (r->bit + r->bits + 7) / 8, diff = difference_of(v, i, r);
	for (size_t k = from; k < to && k < n; k++) {
		paint[k].css = (uint8_t)colour_of(i, r);
		paint[k].even = r->layer & 1;
		if (diff < 250)
			paint[k].diff = (uint8_t)(diff + 1);
	}
}

/* NULL: out of memory. */
static struct paint *
paint_of(const struct view *v, const struct view_item *i, unsigned buffer, struct bytes octets)
{
	struct paint *paint = calloc(octets.n + 1, sizeof *paint);
	uint8_t *mask = calloc(octets.n + 1, 1);
	if (paint != NULL && mask != NULL) {
		for (size_t k = 0; i->d != NULL && k < i->d->n; k++) {
			const struct dissect_row *r = &i->d->row[k];
			if (r->placed && r->buffer == buffer && r->kind != DISSECT_LAYER)
				paint_row(v, i, r, paint, octets.n);
		}
		redact_octets(v->redact, i->x, octets, mask);
		struct rd m = rd_of((struct bytes){ mask, octets.n });
		for (size_t k = 0; k < octets.n; k++)
			paint[k].masked = rd_uint(&m, 1) != 0;
	}
	bool ok = mask != NULL;
	free(mask);
	if (ok)
		return paint;
	free(paint);
	return NULL;
}

/* --- octets ----------------------------------------------------------------------------------- */

static bool
same_paint(const struct paint *a, const struct paint *b)
{
	return a->css == b->css && a->even == b->even && a->diff == b->diff;
}

static void
begin_run(const struct view *v, const struct paint *p)
{
	const json_t *d = json_array_get(json_object_get(v->event, "diff"), p->diff - 1u);
	if (p->diff > 0) {
		fputs("<mark title=\"", v->out);
		view_text(v, event_text(d, "field"));
		fputs(": want ", v->out);
		view_text(v, event_text(d, "want"));
		fputs("\">", v->out);
	}
	if (p->css != C_NONE)
		fprintf(v->out, "<i class=\"%s%s\">", colour_css[p->css], p->even ? " e" : "");
}

static void
end_run(const struct view *v, const struct paint *p)
{
	if (p->css != C_NONE)
		fputs("</i>", v->out);
	if (p->diff > 0)
		fputs("</mark>", v->out);
}

static void
put_line(const struct view *v, struct bytes octets, const struct paint *paint, size_t at)
{
	struct rd r = rd_of(bytes_slice(octets, at, ROW));
	size_t n = rd_left(&r);
	fprintf(v->out, "<b>%04zx</b> ", at);
	for (size_t k = 0; k < n; k++) {
		bool first = k == 0 || !same_paint(&paint[at + k - 1], &paint[at + k]);
		unsigned octet = (unsigned)rd_uint(&r, 1);
		if (k > 0 && first)
			end_run(v, &paint[at + k - 1]);
		fputs(k == ROW / 2 ? "  " : k > 0 ? " " : "", v->out);
		if (first)
			begin_run(v, &paint[at + k]);
		if (paint[at + k].masked)
			fputs("\xc2\xb7\xc2\xb7", v->out);
		else
			fprintf(v->out, "%02x", octet);
	}
	if (n > 0)
		end_run(v, &paint[at + n - 1]);
	putc('\n', v->out);
}

static void
put_octets(const struct view *v, const struct view_item *i, unsigned buffer, struct bytes octets)
{
	size_t shown = octets.n < VIEW_OCTETS ? octets.n : VIEW_OCTETS;
	struct paint *paint = paint_of(v, i, buffer, octets);
	if (paint == NULL)
		return;
	fputs("<pre class=\"case-hex\" translate=\"no\">", v->out);
	for (size_t at = 0; at < shown; at += ROW)
		put_line(v, bytes_slice(octets, 0, shown), paint, at);
	if (shown < octets.n)
		html_put(v->out, "%zu more octets, not shown here\n", octets.n - shown);
	fputs("</pre>\n", v->out);
	free(paint);
}

/* --- fields ----------------------------------------------------------------------------------- */

static void
put_place(const struct view *v, const struct dissect_row *r)
{
	fputs("<td>", v->out);
	if (r->placed && r->bit % 8 == 0)
		fprintf(v->out, "%zu", r->bit / 8);
	else if (r->placed)
		fprintf(v->out, "%zu.%zu", r->bit / 8, r->bit % 8);
	fputs("</td>", v->out);
}

/* A link each would be most of the page: titles and what differs have one. */
static void
put_clause(const struct view *v, const char *clause, bool link)
{
	if (clause == NULL)
		return;
	fputs("<td>", v->out);
	if (link)
		html_clause(v->out, clause);
	else
		html_text(v->out, clause);
	fputs("</td>", v->out);
}

static void
put_layer(const struct view *v, const struct view_item *i, const struct dissect_row *r)
{
	fprintf(v->out, "<tr class=\"h\"><td><i class=\"sw %s%s\"></i></td>", colour_css[colour_of(i, r)],
		r->layer & 1 ? " e" : "");
	html_put(v->out, "<th colspan=\"2\" scope=\"rowgroup\">%s <small>%s</small></th>", r->header, r->title);
	put_clause(v, r->clause, true);
	fputs("</tr>\n", v->out);
}

static void
put_value(const struct view *v, const struct view_item *i, const struct dissect_row *r)
{
	if (r->secret)
		html_put(v->out, "<span class=\"quiet\">%zu bits, not shown</span>", r->bits);
	else if (i->kind == VIEW_MESSAGE)
		view_text(v, r->value);
	else
		html_text(v->out, r->value);
}

static void
put_field(const struct view *v, const struct view_item *i, const struct dissect_row *r, const char *clause_above)
{
	size_t diff = difference_of(v, i, r);
	const json_t *d = json_array_get(json_object_get(v->event, "diff"), diff);
	bool secret = r->secret && !v->h->wish->show_keys;
	struct dissect_row shown = *r;
	shown.secret = secret;
	fputs(diff != SIZE_MAX ? "<tr class=\"d\">" : "<tr>", v->out);
	put_place(v, r);
	html_put(v->out, "<td>%s</td><td>",
		 r->name != NULL             ? r->name
		 : r->kind == DISSECT_HIDDEN ? "ciphertext"
					     : "payload");
	if (diff != SIZE_MAX)
		fputs("<mark>", v->out);
	put_value(v, i, &shown);
	if (diff != SIZE_MAX) {
		fputs("</mark> <strong>\xe2\x9c\x97 want ", v->out);
		view_text(v, event_text(d, "want"));
		fputs("</strong>", v->out);
	}
	if (r->wrong)
		html_put(v->out, " <strong>wrong: %s</strong>", r->note);
	fputs("</td>", v->out);
	bool same = r->clause == NULL || (clause_above != NULL && strcmp(r->clause, clause_above) == 0);
	put_clause(v, same && diff == SIZE_MAX ? NULL : r->clause, diff != SIZE_MAX);
	fputs("</tr>\n", v->out);
}

/* Whether the table of a run of octets has a line for it. */
static bool
is_listed(const struct dissect_row *r, unsigned buffer)
{
	bool says_nothing = !r->placed && r->opened && strcmp(r->value, "0") == 0;
	return r->kind != DISSECT_LAYER && r->buffer == buffer && !says_nothing;
}

/* In the order of their octets; what has no place comes last. */
static int
by_place(const void *a, const void *b)
{
	const struct dissect_row *x = *(const struct dissect_row *const *)a, *y = *(const struct dissect_row *const *)b;
	size_t at_x = x->placed ? x->bit : SIZE_MAX, at_y = y->placed ? y->bit : SIZE_MAX;
	if (at_x != at_y)
		return at_x < at_y ? -1 : 1;
	return x < y ? -1 : x > y;
}

static const struct dissect_row *
title_of(const struct dissection *d, unsigned layer)
{
	for (size_t k = 0; k < d->n; k++)
		if (d->row[k].kind == DISSECT_LAYER && d->row[k].layer == layer)
			return &d->row[k];
	return NULL;
}

static void
put_rows(const struct view *v, const struct view_item *i, const struct dissect_row *const *rows, size_t n)
{
	for (size_t k = 0; k < n; k++) {
		const struct dissect_row *r = rows[k], *above = k > 0 ? rows[k - 1] : NULL;
		const char *clause = above != NULL ? above->clause : NULL;
		if (above == NULL || above->layer != r->layer) {
			const struct dissect_row *title = title_of(i->d, r->layer);
			fputs(above != NULL ? "</tbody>\n<tbody>" : "<tbody>", v->out);
			if (title != NULL)
				put_layer(v, i, title);
			clause = title != NULL ? title->clause : NULL;
		}
		put_field(v, i, r, clause);
	}
}

/* The table of one run of octets: fields under the title of their header. */
static void
put_fields(const struct view *v, const struct view_item *i, unsigned buffer)
{
	const struct dissect_row **rows = calloc(i->d->n + 1, sizeof *rows);
	size_t n = 0;
	if (rows == NULL)
		return;
	for (size_t k = 0; k < i->d->n; k++)
		if (is_listed(&i->d->row[k], buffer))
			rows[n++] = &i->d->row[k];
	qsort(rows, n, sizeof *rows, by_place);
	if (n > 0) {
		fputs("<table class=\"case-fields\"><thead><tr><th scope=\"col\">Octet</th><th scope=\"col\">Field</th>"
		      "<th scope=\"col\">Value</th><th scope=\"col\">Clause</th></tr></thead>\n",
		      v->out);
		put_rows(v, i, rows, n);
		fputs("</tbody></table>\n", v->out);
	}
	free(rows);
}

void
view_dump(struct view *v, const struct view_item *i)
{
	if (i->d == NULL) {
		fputs("<p class=\"quiet\">Not taken apart: ", v->out);
		view_text(v, i->why);
		fputs("</p>\n", v->out);
		put_octets(v, i, 0, i->octets);
		return;
	}
	for (unsigned b = 0; b < i->d->buffers; b++) {
		const struct dissect_buffer *run = &i->d->buffer[b];
		if (b > 0)
			html_put(v->out, "<h5>%s <small>%zu octets</small></h5>\n", run->title, run->octets.n);
		fputs("<div class=\"case-octets\">\n", v->out);
		put_octets(v, i, b, run->octets);
		put_fields(v, i, b);
		fputs("</div>\n", v->out);
	}
}
