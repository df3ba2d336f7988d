/*
 * What was not met: one entry for each case; behind it its reasons, the combinations of each folded together, and the detail of as many of
 * them as the page has room for.
 */
#include <stdlib.h>
#include <string.h>

#include "reports/event.h"
#include "reports/fold.h"
#include "reports/html/page.h"
#include "reports/redact.h"
#include "reports/repeat.h"

struct group {
	const struct claim *claim;
	json_t *reasons; /* folded reason: events, in the order of the first of each */
	const json_t *first;
	size_t n; /* combinations */
	enum severity severity;
	size_t order;
};

struct groups {
	struct group *v;
	size_t n;
};

/*
 * What is left of a folded reason when fields in brackets, long hexadecimal runs and the version of IP are taken out of its notation of
 * packets: checksums, identifiers and addresses differ from one combination to the next and tell nothing.
 */
static void
keep_shape(char *text)
{
	char *to = text;
	unsigned depth = 0;
	for (const char *p = text; *p != '\0'; p++) {
		if (strncmp(p, "0x", 2) == 0 && strspn(p + 2, "0123456789abcdef") >= 8)
			p += 2 + strspn(p + 2, "0123456789abcdef") - 1;
		else if ((strncmp(p, "ip4", 3) == 0 || strncmp(p, "ip6", 3) == 0) && depth == 0)
			p += 2;
		else if (*p == '(')
			depth++;
		else if (*p == ')' && depth > 0)
			depth--;
		else if (depth == 0)
			*to++ = *p;
	}
	*to = '\0';
}

/* Reasons that differ only in what the matrix varies are one; an object keeps the order of the first of each. */
static json_t *
fold_events(const struct claim *c, const struct part *part)
{
	json_t *by_why = json_object(), *event;
	size_t i;
	json_array_foreach(c->events, i, event) {
		char why[1200], folded[1200];
		if (!part_takes(part, event))
			continue;
		event_why(event, why, sizeof why);
		fold_text(event, why, folded, sizeof folded);
		keep_shape(folded);
		json_t *list = json_object_get(by_why, folded);
		if (list == NULL) {
			list = json_array();
			json_object_set_new_nocheck(by_why, folded, list);
		}
		json_array_append(list, event);
	}
	return by_why;
}

static int
by_severity(const void *a, const void *b)
{
	const struct group *x = a, *y = b;
	if (x->severity != y->severity)
		return (int)x->severity - (int)y->severity;
	return x->order < y->order ? -1 : 1;
}

static bool
add_group(struct groups *g, const struct claim *c, json_t *reasons)
{
	struct group *v = realloc(g->v, (g->n + 1) * sizeof *v);
	json_t *events;
	const char *why;
	if (v == NULL)
		return false;
	g->v = v;
	v[g->n] = (struct group){ .claim = c, .reasons = reasons, .severity = severity_of(c->level), .order = g->n };
	json_object_foreach(reasons, why, events) {
		if (v[g->n].first == NULL)
			v[g->n].first = json_array_get(events, 0);
		v[g->n].n += json_array_size(events);
	}
	g->n++;
	return true;
}

static struct groups
groups_of(const struct page *p, const struct part *part)
{
	struct groups g = { 0 };
	for (size_t i = 0; i < p->claims.n; i++) {
		json_t *reasons = fold_events(&p->claims.v[i], part);
		if (json_object_size(reasons) == 0 || !add_group(&g, &p->claims.v[i], reasons))
			json_decref(reasons);
	}
	if (g.n > 0)
		qsort(g.v, g.n, sizeof *g.v, by_severity);
	return g;
}

static struct redact *
redact_of(const struct page *p, const json_t *event)
{
	return redact_new(p->h.run->start, event, p->h.wish->show_keys);
}

static size_t
combinations_run(const struct claim *c)
{
	return c->tally.total - c->tally.skip;
}

static void
put_count(FILE *out, size_t n, size_t all)
{
	if (n == all)
		html_put(out, "<span class=\"count\">all %zu combinations</span>", n);
	else
		html_put(out, "<span class=\"count\">%zu of %zu combinations</span>", n, all);
}

static void
put_summary(const struct page *p, const struct group *g)
{
	struct redact *r = redact_of(p, g->first);
	size_t reasons = json_object_size(g->reasons), all = combinations_run(g->claim);
	fputs("<summary>", p->out);
	html_verdict(p->out, event_text(g->first, "verdict"));
	html_level(p->out, g->claim->level);
	html_put(p->out, "<h3>%s</h3> ", g->claim->id);
	if (all > 1)
		put_count(p->out, g->n, all);
	html_put(p->out, "<span class=\"title\">%s", g->claim->title);
	html_put(p->out, " <span class=\"cl\">%s</span></span>", g->claim->clause);
	html_why(p->out, r, g->first);
	html_hint(p->out, r, g->first);
	if (reasons > 1)
		html_put(p->out, "<span class=\"others\">and %zu more reason%s, each for other combinations</span>",
			 reasons - 1, html_s(reasons - 1));
	fputs("</summary>\n", p->out);
	redact_free(r);
}

/* --- combinations ---------------------------------------------------------------------------- */

/* "family=ipv4;mode=tunnel" for filters, and the same for people. */
static void
put_params(FILE *out, const json_t *event, bool for_filter)
{
	json_t *params = json_object_get(event, "params"), *value;
	const char *name, *between = "";
	json_object_foreach(params, name, value) {
		if (!json_is_string(value))
			continue;
		if (for_filter)
			html_put(out, "%s%s=%s", between, name, json_string_value(value));
		else
			html_put(out, "<span class=\"param\"><i>%s</i> %s</span> ", name, json_string_value(value));
		between = ";";
	}
	if (!for_filter && between[0] == '\0')
		fputs("<span class=\"param\">no parameters</span>", out);
}

/* What html_case() writes, if the page has room for it; NULL: it has not. To be freed. */
static char *
detail_of(struct page *p, const json_t *event, size_t *n)
{
	char *text = NULL;
	FILE *f = p->spent < HTML_DETAILS_MAX ? open_memstream(&text, n) : NULL;
	if (f == NULL)
		return NULL;
	html_case(f, &p->h, event);
	if (fclose(f) != 0 || p->spent + *n > HTML_DETAILS_MAX) {
		free(text);
		return NULL;
	}
	p->spent += *n;
	return text;
}

static void
put_short(struct page *p, const json_t *event)
{
	fputs("<li class=\"combo brief\" data-p=\"", p->out);
	put_params(p->out, event, true);
	fputs("\">", p->out);
	put_params(p->out, event, false);
	fputs("<a href=\"", p->out);
	html_file(p, event, "packets.pcapng");
	fputs("\">packets</a></li>\n", p->out);
	p->left_out++;
}

/*
 * The detail stands in <noscript>: with scripts a browser takes it for one text, which costs next to nothing until somebody opens it and
 * report.js makes elements of it; without them it is part of the page as it is.
 */
static void
put_combination(struct page *p, const json_t *event, bool open)
{
	size_t n = 0;
	char *detail = detail_of(p, event, &n);
	if (detail == NULL) {
		put_short(p, event);
		return;
	}
	fputs("<li class=\"combo\" data-p=\"", p->out);
	put_params(p->out, event, true);
	fprintf(p->out, "\"><details%s><summary>", open ? " open=\"open\"" : "");
	put_params(p->out, event, false);
	fputs("</summary><noscript>\n", p->out);
	fwrite(detail, 1, n, p->out); /* html_case() has escaped it */
	fputs("</noscript></details></li>\n", p->out);
	free(detail);
}

/* One reason: said again where there are more, the combinations it holds for, and their details. */
static void
put_reason(struct page *p, const struct group *g, const json_t *events, bool first)
{
	size_t i, n = json_array_size(events),
		  shown = json_object_size(g->reasons) > 1 ? HTML_DETAILS_PER_REASON : HTML_DETAILS_PER_CASE;
	const json_t *event = json_array_get(events, 0);
	if (json_object_size(g->reasons) > 1) {
		struct redact *r = redact_of(p, event);
		fputs("<h4 class=\"reason-h\">", p->out);
		html_why(p->out, r, event);
		put_count(p->out, n, combinations_run(g->claim));
		fputs("</h4>\n", p->out);
		redact_free(r);
	}
	if (n > 1) {
		fputs("<p class=\"where\">", p->out);
		html_values(p->out, events);
		fputs("</p>\n", p->out);
	}
	fputs("<ul class=\"combos\">\n", p->out);
	json_array_foreach(events, i, event)
		if (i < shown)
			put_combination(p, event, first && i == 0);
		else
			put_short(p, event);
	fputs("</ul>\n", p->out);
	if (n > shown)
		html_put(
			p->out,
			"<p class=\"cap\">%zu of %zu alike are shown in full; the packets of the others lie in the run&#8217;s folder.</p>\n",
			shown, n);
}

/* The case with all its combinations; each combination's own command stands in its detail. */
static void
put_command(struct page *p, const struct group *g)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);
	if (f == NULL)
		return;
	repeat_run(f, p->h.run, g->first, g->claim->id);
	if (fclose(f) == 0) {
		unsigned id = p->h.ids++;
		html_put(p->out,
			 "<p class=\"again\"><span>Repeat the case</span> <code id=\"again-%d\">%s</code> "
			 "<button type=\"button\" class=\"copy\" data-copy=\"again-%d\">Copy</button></p>\n",
			 (int)id, text, (int)id);
	}
	free(text);
}

static void
put_group(struct page *p, const struct group *g)
{
	char again[20] = "";
	json_t *events;
	const char *why;
	bool first = true;
	unsigned nth = names_seen(p->placed, g->claim->anchor);
	if (nth > 0)
		snprintf(again, sizeof again, ".%u", nth + 1);
	html_put(p->out, "<details class=\"g%s\" id=\"%s%s\" data-v=\"%s\" data-l=\"%s\" data-s=\"%s\">",
		 json_object_size(g->reasons) > 1 ? " many" : "", g->claim->anchor, again,
		 event_text(g->first, "verdict"), g->claim->level, g->claim->suite);
	put_summary(p, g);
	fputs("<div class=\"body\">\n", p->out);
	html_known(p->out, g->first);
	html_rules(p, g->claim, g->first);
	json_object_foreach(g->reasons, why, events) {
		put_reason(p, g, events, first);
		first = false;
	}
	put_command(p, g);
	fputs("</div></details>\n", p->out);
}

void
html_groups(struct page *p, const struct part *part)
{
	struct groups g = groups_of(p, part);
	if (g.n > 0 || part->severity == (int)SEV_MUST) {
		unsigned claims = part_claims(p, part);
		html_put(p->out, "<section id=\"%s\" class=\"part p-%s\" aria-labelledby=\"%s-h\">\n<h2 id=\"%s-h\">%s",
			 part->id, part->css, part->id, part->id, part->title);
		html_put(p->out, " <span class=\"n\">%u</span></h2>\n<p class=\"lead\">%s</p>\n", claims,
			 g.n > 0 ? part->lead : "No case of level MUST failed.");
		for (size_t i = 0; i < g.n; i++)
			put_group(p, &g.v[i]);
		fputs("</section>\n", p->out);
	}
	for (size_t i = 0; i < g.n; i++)
		json_decref(g.v[i].reasons);
	free(g.v);
}
