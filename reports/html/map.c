/*
 * The map of what was covered: a row for each document, a cell for each section of it. A cell leads to what stands in the section; without
 * scripts that is :target. The same as a table stands below, for those who read with their ears.
 */
#include <string.h>

#include "reports/event.h"
#include "reports/html/page.h"

#define CASES_SHOWN 4
#define ROW_LEAST 15 /* sections of a document that gets a row of its own; smaller ones stand side by side */

static void
section_anchor(const struct cover_doc *d, const struct cover_section *s, char *out, size_t cap)
{
	char name[100];
	snprintf(name, sizeof name, "%s-%s", d->name[0] != '\0' ? d->name : "other", s->name);
	html_anchor(out, cap, "s-", name);
}

/* "Section 3.4.3: MUST not met, 4 cases fail; of 9 requirements 7 met, 2 undecided" */
static void
put_cell_text(FILE *out, const struct cover_section *s)
{
	static const enum standing told[] = { ST_MET, ST_KNOWN, ST_UNCLEAR, ST_UNDECIDED, ST_UNTESTABLE };
	html_put(out, "%s", standing_rows[s->standing].word);
	if (s->failing > 0)
		html_put(out, ", %u case%s differ%s", s->failing, html_s(s->failing), s->failing == 1 ? "s" : "");
	if (s->items.n > 0)
		html_put(out, "; of %zu rule%s", s->items.n, html_s(s->items.n));
	const char *between = " ";
	for (size_t i = 0; s->items.n > 0 && i < sizeof told / sizeof told[0]; i++)
		if (s->by_state[told[i]] > 0) {
			html_put(out, "%s%u %s", between, s->by_state[told[i]], standing_rows[told[i]].word);
			between = ", ";
		}
}

static const char *
heat(const struct cover_section *s)
{
	if (s->standing > ST_FAIL_OTHER)
		return "";
	return s->failing >= 5 ? " hot3" : s->failing >= 2 ? " hot2" : "";
}

static void
put_cell(FILE *out, const struct cover_doc *d, const struct cover_section *s)
{
	const struct standing_row *row = &standing_rows[s->standing];
	char anchor[100];
	section_anchor(d, s, anchor, sizeof anchor);
	fprintf(out, "<li><a class=\"cell c-%s%s\" href=\"#", row->css, heat(s));
	html_put(out, "%s\" title=\"", anchor);
	if (d->name[0] != '\0')
		html_put(out, "RFC %s %s: ", d->name, s->name[0] != '\0' ? s->name : "as a whole");
	put_cell_text(out, s);
	html_put(out, "\"><i aria-hidden=\"true\">%s</i> %s", row->sign, s->name[0] != '\0' ? s->name : "all");
	if (s->failing > 1)
		html_put(out, "<b aria-hidden=\"true\">%u</b>", s->failing);
	html_put(out, "<span class=\"ear\"> %s</span></a></li>\n", row->word);
}

/* --- what stands in a section ---------------------------------------------------------------- */

static void
put_claim_links(const struct page *p, const struct numbers *l)
{
	size_t shown = 0;
	for (int worst = 1; worst >= 0; worst--) /* what fails first */
		for (size_t i = 0; i < l->n; i++) {
			const struct claim *c = &p->claims.v[l->v[i]];
			if ((c->standing < ST_PARTLY) != (worst == 1) || ++shown > CASES_SHOWN)
				continue;
			html_put(p->out, "<a class=\"to-%s\" href=\"#%s\">%s\u00a0%s</a> ",
				 standing_rows[c->standing].css, c->anchor, standing_rows[c->standing].sign, c->id);
		}
	if (l->n > CASES_SHOWN)
		html_put(p->out, "<span>and %zu more</span>", l->n - CASES_SHOWN);
	if (l->n == 0)
		fputs("<span class=\"quiet\">no case</span>", p->out);
}

static void
put_item(const struct page *p, const struct cover_item *item)
{
	const struct standing_row *row = &standing_rows[item->standing];
	html_put(
		p->out,
		"<tr><td class=\"lv\">%s</td><td>%s <small>%s</small></td><td class=\"t-%s\">%s %s</td><td class=\"cases\">",
		item->what->level, item->what->text, item->what->id, row->css, row->sign, row->word);
	put_claim_links(p, &item->claims);
	fputs("</td></tr>\n", p->out);
}

static bool
decides_here(const struct page *p, const struct cover_section *s, unsigned claim)
{
	for (size_t i = 0; i < s->items.n; i++) {
		const struct numbers *l = &p->cover.items[s->items.v[i]].claims;
		for (size_t k = 0; k < l->n; k++)
			if (l->v[k] == claim)
				return true;
	}
	return false;
}

/* Cases that name the section and decide no rule listed above. */
static void
put_other_claims(const struct page *p, const struct cover_section *s)
{
	struct numbers rest = { 0 };
	unsigned room[200];
	rest.v = room;
	for (size_t i = 0; i < s->claims.n && rest.n < sizeof room / sizeof room[0]; i++)
		if (!decides_here(p, s, s->claims.v[i]))
			room[rest.n++] = s->claims.v[i];
	if (rest.n == 0)
		return;
	fputs("<p class=\"cases\">Other cases of this section: ", p->out);
	put_claim_links(p, &rest);
	fputs("</p>\n", p->out);
}

static void
put_panel(const struct page *p, const struct cover_doc *d, const struct cover_section *s)
{
	char anchor[100], url[200];
	section_anchor(d, s, anchor, sizeof anchor);
	html_put(p->out, "<div class=\"panel\" id=\"%s\" tabindex=\"-1\"><div class=\"panel-head\"><h4>", anchor);
	clause_url(d->name, s->name, url, sizeof url);
	if (d->name[0] != '\0')
		html_put(p->out, "<a href=\"%s\">RFC %s%s%s</a></h4> ", url, d->name,
			 s->name[0] != '\0' ? " section " : "", s->name);
	else
		html_put(p->out, "%s</h4> ", s->name);
	html_put(p->out, "<span class=\"t-%s\">%s %s</span> <a class=\"shut\" href=\"#coverage\">Close</a></div>\n",
		 standing_rows[s->standing].css, standing_rows[s->standing].sign, standing_rows[s->standing].word);
	fputs("<noscript>\n", p->out); /* made elements of when it is opened: groups.c */
	if (s->items.n > 0) {
		fputs("<table><thead><tr><th scope=\"col\">Level</th><th scope=\"col\">Rule, in our words</th><th scope=\"col\">Here</th>"
		      "<th scope=\"col\">Cases</th></tr></thead><tbody>\n",
		      p->out);
		for (int worst = 1; worst >= 0; worst--) /* what is not met first */
			for (size_t i = 0; i < s->items.n; i++)
				if ((p->cover.items[s->items.v[i]].standing < ST_PARTLY) == (worst == 1))
					put_item(p, &p->cover.items[s->items.v[i]]);
		fputs("</tbody></table>\n", p->out);
	}
	put_other_claims(p, s);
	fputs("</noscript></div>\n", p->out);
}

/* --- rows ------------------------------------------------------------------------------------ */

static void
put_doc(const struct page *p, const struct cover_doc *d)
{
	unsigned rules = 0, untestable = d->by_state[ST_UNTESTABLE];
	for (int i = 0; i < ST_N; i++)
		rules += d->by_state[i];
	html_put(p->out, "<div class=\"doc%s\"><div><h3>", d->n < ROW_LEAST ? " few" : "");
	if (d->name[0] != '\0')
		html_put(p->out, "<a href=\"https://www.rfc-editor.org/rfc/rfc%s\">RFC %s</a> <span>%s</span></h3>\n",
			 d->name, d->name, d->title);
	else
		fputs("Other <span>Manuals, interfaces, practice</span></h3>\n", p->out);
	fputs("<p class=\"tells\">", p->out);
	if (rules > untestable && d->by_state[ST_MET] == 0 && d->failing == 0)
		html_put(p->out, "%u rule%s, none tried", rules - untestable, html_s(rules - untestable));
	else if (rules > untestable)
		html_put(p->out, "%u of %u rules met", d->by_state[ST_MET], rules - untestable);
	if (d->failing > 0)
		html_put(p->out, "%s<strong class=\"t-fail\">%u section%s not met</strong>",
			 rules > untestable ? " " : "", d->failing, html_s(d->failing));
	fputs("</p></div>\n<ul class=\"cells\">\n", p->out);
	for (size_t i = 0; i < d->n; i++)
		put_cell(p->out, d, &d->v[i]);
	fputs("</ul>\n", p->out);
	for (size_t i = 0; i < d->n; i++)
		put_panel(p, d, &d->v[i]);
	fputs("</div>\n", p->out);
}

static void
put_legend(const struct page *p)
{
	bool there[ST_N] = { false };
	for (size_t i = 0; i < p->cover.n; i++)
		for (size_t k = 0; k < p->cover.docs[i].n; k++)
			there[p->cover.docs[i].v[k].standing] = true;
	fputs("<ul class=\"legend\" aria-label=\"Signs of the map\">\n", p->out);
	for (size_t i = 0; i < ST_N; i++)
		if (there[i])
			html_put(p->out,
				 "<li><span class=\"cell c-%s\" aria-hidden=\"true\"><i>%s</i></span> %s</li>\n",
				 standing_rows[i].css, standing_rows[i].sign, standing_rows[i].word);
	fputs("</ul>\n", p->out);
}

static void
put_table_row(const struct page *p, const struct cover_doc *d, const struct cover_section *s)
{
	char anchor[100];
	section_anchor(d, s, anchor, sizeof anchor);
	unsigned met = s->by_state[ST_MET], none = s->by_state[ST_UNDECIDED], never = s->by_state[ST_UNTESTABLE];
	html_put(p->out, "<tr><th scope=\"row\"><a href=\"#%s\">%s%s %s</a></th><td class=\"t-%s\">%s %s</td>", anchor,
		 d->name[0] != '\0' ? "RFC " : "", d->name, s->name, standing_rows[s->standing].css,
		 standing_rows[s->standing].sign, standing_rows[s->standing].word);
	html_put(p->out, "<td>%u</td><td>%u</td><td>%u</td><td>%u</td></tr>\n", s->failing, met, none, never);
}

static void
put_table(const struct page *p)
{
	fputs("<details class=\"aslist\"><summary>The same as a table</summary>\n<table><caption>Coverage by section</caption><thead><tr>"
	      "<th scope=\"col\">Section</th><th scope=\"col\">Standing</th><th scope=\"col\">Cases that differ</th>"
	      "<th scope=\"col\">Rules met</th><th scope=\"col\">Undecided</th><th scope=\"col\">Untestable</th></tr></thead><tbody>\n",
	      p->out);
	for (size_t i = 0; i < p->cover.n; i++)
		for (size_t k = 0; k < p->cover.docs[i].n; k++)
			put_table_row(p, &p->cover.docs[i], &p->cover.docs[i].v[k]);
	fputs("</tbody></table></details>\n", p->out);
}

static bool
is_tried(const struct cover_doc *d)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->v[i].standing != ST_UNDECIDED && d->v[i].standing != ST_UNTESTABLE)
			return true;
	return false;
}

/* Documents of which this run says nothing: named in a line, so that a run of one suite is not lost among them. */
static void
put_untried(const struct page *p)
{
	size_t n = 0, first = 0;
	for (size_t i = p->cover.n; i-- > 0;)
		if (!is_tried(&p->cover.docs[i])) {
			n++;
			first = i;
		}
	if (n == 0)
		return;
	html_put(p->out, "<details class=\"aslist\"><summary>%zu more document%s, none tried:", n, html_s((unsigned)n));
	for (size_t i = first; i < p->cover.n; i++)
		if (!is_tried(&p->cover.docs[i]))
			html_put(p->out, "%s %s", i > first ? "," : " RFC",
				 p->cover.docs[i].name[0] != '\0' ? p->cover.docs[i].name : "other");
	fputs("</summary>\n<div class=\"map\">\n", p->out);
	for (size_t i = first; i < p->cover.n; i++)
		if (!is_tried(&p->cover.docs[i]))
			put_doc(p, &p->cover.docs[i]);
	fputs("</div></details>\n", p->out);
}

bool
html_map_is_broad(const struct page *p)
{
	size_t tried = 0;
	for (size_t i = 0; i < p->cover.n; i++)
		tried += is_tried(&p->cover.docs[i]);
	return 2 * tried >= p->cover.n;
}

void
html_map(struct page *p)
{
	fputs("<section id=\"coverage\" class=\"part\" aria-labelledby=\"coverage-h\">\n<h2 id=\"coverage-h\">Coverage by section</h2>\n",
	      p->out);
	fputs("<p class=\"lead\">Every section that asks something, and what the run says of it. ", p->out);
	fputs(p->h.wish->purposes != NULL
		      ? "A number counts the cases that differ; a cell leads to its rules.</p>\n"
		      : "The list of rules was not at hand: cells know the cases of this run only.</p>\n",
	      p->out);
	put_legend(p);
	fputs("<div class=\"map\">\n", p->out);
	for (size_t i = 0; i < p->cover.n; i++)
		if (is_tried(&p->cover.docs[i]))
			put_doc(p, &p->cover.docs[i]);
	fputs("</div>\n", p->out);
	put_untried(p);
	put_table(p);
	fputs("</section>\n", p->out);
}
