/* Contents, and filters for those who have scripts. */
#include <string.h>

#include "reports/event.h"
#include "reports/html/page.h"

static void
put_link(FILE *out, const char *anchor, const char *title, unsigned n, const char *css)
{
	html_put(out, "<li class=\"n-%s\"><a href=\"#%s\">%s <b>%u</b></a></li>\n", css, anchor, title, n);
}

static unsigned
sections_not_met(const struct page *p)
{
	unsigned n = 0;
	for (size_t i = 0; i < p->cover.n; i++)
		n += p->cover.docs[i].failing;
	return n;
}

static unsigned
claims_that(const struct page *p, bool passed)
{
	unsigned n = 0;
	for (size_t i = 0; i < p->claims.n; i++)
		n += passed ? p->claims.v[i].tally.pass > 0 : p->claims.v[i].tally.skip > 0;
	return n;
}

static void
put_contents(const struct page *p)
{
	fputs("<nav aria-label=\"Contents\"><h2 class=\"ear\">Contents</h2>\n<ul class=\"contents\">\n", p->out);
	unsigned sections = sections_not_met(p);
	if (sections > 0)
		put_link(p->out, "coverage", "Sections not met", sections, "none");
	else
		fputs("<li class=\"n-none\"><a href=\"#coverage\">Coverage by section</a></li>\n", p->out);
	for (size_t i = 0; i < html_parts_n; i++) {
		unsigned n = part_claims(p, &html_parts[i]);
		if (n > 0)
			put_link(p->out, html_parts[i].id, html_parts[i].title, n, html_parts[i].css);
	}
	if (p->h.run->tally.skip > 0)
		put_link(p->out, "skipped", "Skipped", claims_that(p, false), "skip");
	put_link(p->out, "passed", "Passed", claims_that(p, true), "pass");
	fputs("</ul></nav>\n", p->out);
}

/* --- filters --------------------------------------------------------------------------------- */

static void
put_boxes(FILE *out, const char *legend, const char *name, const json_t *values)
{
	const char *value;
	json_t *unused;
	html_put(out, "<fieldset><legend>%s</legend>", legend);
	json_object_foreach((json_t *)values, value, unused)
		html_put(out, "<label><input type=\"checkbox\" name=\"%s\" value=\"%s\"/> <span>%s</span></label> ",
			 name, value, value);
	fputs("</fieldset>\n", out);
	(void)unused;
}

static void
put_suites(FILE *out, const json_t *suites)
{
	const char *suite;
	json_t *unused;
	fputs("<p><label for=\"f-suite\">Suite</label><select id=\"f-suite\"><option value=\"\">all</option>\n", out);
	json_object_foreach((json_t *)suites, suite, unused)
		html_put(out, "<option>%s</option>\n", suite);
	fputs("</select></p>\n", out);
	(void)unused;
}

static void
put_parameters(FILE *out, const json_t *params)
{
	const char *name, *value;
	json_t *values, *unused;
	fputs("<p><label for=\"f-param\">Parameter</label><select id=\"f-param\"><option value=\"\">any</option>\n",
	      out);
	json_object_foreach((json_t *)params, name, values) {
		html_put(out, "<optgroup label=\"%s\">\n", name);
		json_object_foreach(values, value, unused)
			html_put(out, "<option value=\"%s=%s\">%s %s</option>\n", name, value, name, value);
		fputs("</optgroup>\n", out);
	}
	fputs("</select></p>\n", out);
	(void)unused;
}

/* What there is to choose from, in the order of the run. */
struct choice {
	json_t *verdicts, *levels, *suites, *params;
};

static void
note(json_t *set, const char *value)
{
	if (value[0] != '\0' && json_object_get(set, value) == NULL)
		json_object_set_new_nocheck(set, value, json_true());
}

static void
note_event(const struct choice *c, const json_t *event)
{
	json_t *params = json_object_get(event, "params"), *value;
	const char *name;
	note(c->suites, event_text(event, "suite"));
	json_object_foreach(params, name, value) {
		json_t *values = json_object_get(c->params, name);
		if (!json_is_string(value))
			continue;
		if (values == NULL) {
			values = json_object();
			json_object_set_new_nocheck(c->params, name, values);
		}
		note(values, json_string_value(value));
	}
}

/* Verdicts and levels worst first, whatever came first. */
static void
note_ordered(json_t *set, const json_t *cases, const char *key, const char *const *order)
{
	for (; *order != NULL; order++) {
		const json_t *event;
		size_t i;
		json_array_foreach(cases, i, event)
			if (strcmp(event_text(event, key), *order) == 0) {
				note(set, *order);
				break;
			}
	}
}

static void
put_filters(const struct page *p, const struct choice *c)
{
	fputs("<form class=\"filters js\" id=\"filters\" role=\"search\" aria-label=\"Filter the results\" autocomplete=\"off\">\n"
	      "<p><label for=\"f-text\">Search</label><input id=\"f-text\" type=\"search\" placeholder=\"id, title, clause, text\" "
	      "spellcheck=\"false\" aria-keyshortcuts=\"/\"/></p>\n<details id=\"f-more\" open=\"open\"><summary>Filters</summary>\n",
	      p->out);
	put_boxes(p->out, "Verdict", "v", c->verdicts);
	put_boxes(p->out, "Level", "l", c->levels);
	put_suites(p->out, c->suites);
	put_parameters(p->out, c->params);
	fputs("</details>\n<p class=\"found\"><output id=\"f-found\" aria-live=\"polite\"></output> "
	      "<button type=\"reset\" id=\"f-reset\">Clear</button></p>\n</form>\n",
	      p->out);
}

void
html_aside(struct page *p)
{
	static const char *const verdicts[] = {
		"FAIL", "XPASS", "INCONCLUSIVE", "ERROR", "XFAIL", "SKIP", "PASS", NULL
	};
	static const char *const levels[] = { "MUST", "SHOULD", "MAY", "INFO", NULL };
	struct choice c = { json_object(), json_object(), json_object(), json_object() };
	const json_t *event;
	size_t i;
	note_ordered(c.verdicts, p->h.run->cases, "verdict", verdicts);
	note_ordered(c.levels, p->h.run->cases, "level", levels);
	json_array_foreach(p->h.run->cases, i, event)
		note_event(&c, event);
	fputs("<aside class=\"side\">\n", p->out);
	put_contents(p);
	put_filters(p, &c);
	fputs("</aside>\n", p->out);
	json_decref(c.verdicts);
	json_decref(c.levels);
	json_decref(c.suites);
	json_decref(c.params);
}
