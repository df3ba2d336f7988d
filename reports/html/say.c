/* What an entry says of its case: what was wanted and what came, what may be behind it, the rule in our words, and what is known around it. */
#include <stdlib.h>
#include <string.h>

#include "reports/event.h"
#include "reports/html/page.h"
#include "reports/lore.h"

#define RULES_SHOWN 6
#define BUGS_SHOWN 3
#define FAULTS_SHOWN 4

/* "pfkey.errno: want EINVAL, got 0" in its parts; false: it is another sentence. */
static bool
split_reason(char *reason, char **field, char **want, char **got)
{
	char *at = strncmp(reason, "want ", 5) == 0 ? reason : strstr(reason, ": want ");
	char *comma = at != NULL ? strstr(at, ", got ") : NULL;
	if (comma == NULL)
		return false;
	*field = at == reason ? NULL : reason;
	*want = at + (at == reason ? 5 : 7);
	*got = comma + 6;
	*comma = '\0';
	if (at != reason)
		*at = '\0';
	return true;
}

static void
put_parts(FILE *out, const char *field, const char *want, const char *got, size_t more)
{
	fputs("<span class=\"why wg\">", out);
	if (field != NULL)
		html_put(out, "<code class=\"field\">%s</code>", field);
	html_put(out, "<span><i>want</i> <code>%s</code></span><span><i>got</i> <code class=\"bad\">%s</code></span>",
		 want, got);
	if (more > 0)
		html_put(out, "<span class=\"more\">and %zu more field%s</span>", more, html_s(more));
	fputs("</span>", out);
}

/* The first field that differs, or the reason, without keys. */
void
html_why(FILE *out, const struct redact *r, const json_t *event)
{
	const json_t *diff = json_object_get(event, "diff"), *first = json_array_get(diff, 0);
	const char *reason = event_text(event, "reason");
	bool said = first == NULL && reason[0] != '\0';
	char *one =
		r != NULL ? redact_text(r, said ? reason : event_text(first != NULL ? first : event, "want")) : NULL;
	char *two = r != NULL ? redact_text(r, event_text(first != NULL ? first : event, "got")) : NULL;
	char *field, *want, *got;
	if (one == NULL || two == NULL)
		html_put(out, "<span class=\"why\">%s</span>", "(out of memory)");
	else if (!said)
		put_parts(out, first != NULL ? event_text(first, "field") : NULL, one, two,
			  first != NULL ? json_array_size(diff) - 1 : 0);
	else if (split_reason(one, &field, &want, &got))
		put_parts(out, field, want, got, 0);
	else
		html_put(out, "<span class=\"why\">%s</span>", one);
	free(one);
	free(two);
}

/* What is known of it, or what the tester makes of it: often the whole story. */
void
html_hint(FILE *out, const struct redact *r, const json_t *event)
{
	const char *known = event_text(json_object_get(event, "known"), "reason"), *hint = event_hint(event, 0);
	if (known[0] != '\0')
		hint = known;
	char *shown = r != NULL && hint[0] != '\0' ? redact_text(r, hint) : NULL;
	if (shown != NULL)
		html_put(out, "<span class=\"hint\">%s</span>", shown);
	free(shown);
}

void
html_known(FILE *out, const json_t *event)
{
	const json_t *known = json_object_get(event, "known");
	if (event_text(known, "reason")[0] != '\0')
		html_put(out, "<p class=\"reason\"><b>The baseline says</b> %s <small>%s</small></p>\n",
			 event_text(known, "reason"), event_text(known, "file"));
}

/* --- what is known around the rule ----------------------------------------------------------- */

/* The sentence of "RFC 4303 2.4" for a clause "RFC 4303 2.4.1": the nearest section that has one. */
static const char *
why_of(const struct lore *l, const char *clause)
{
	const char *best = NULL, *of;
	size_t longest = 0;
	for (size_t i = 0; (of = lore_why_clause(l, i)) != NULL; i++) {
		size_t n = strlen(of);
		bool within = strncmp(clause, of, n) == 0 &&
			      (clause[n] == '\0' || clause[n] == '.' || clause[n] == ' ' || clause[n] == ',');
		if (within && n > longest) {
			longest = n;
			best = lore_why_text(l, i);
		}
	}
	return best;
}

static void
put_bugs(FILE *out, const struct lore *l, const char *id)
{
	struct lore_bug bug;
	unsigned shown = 0;
	for (size_t i = 0; lore_bug(l, i, &bug); i++)
		if (strcmp(bug.case_id, id) == 0 && shown < BUGS_SHOWN) {
			if (shown++ == 0)
				fputs("<p class=\"lore\">Seen in real stacks:</p><ul>\n", out);
			html_put(out, "<li><b>%s</b> %s <small>%s</small></li>\n", bug.stack, bug.text, bug.reference);
		}
	if (shown > 0)
		fputs("</ul>\n", out);
}

static void
put_faults(FILE *out, const struct lore *l, const char *id)
{
	struct lore_fault fault;
	unsigned shown = 0;
	for (size_t i = 0; lore_fault(l, i, &fault); i++)
		if (strcmp(fault.case_id, id) == 0 && shown < FAULTS_SHOWN) {
			if (shown++ == 0)
				fputs("<p class=\"lore\">Faults that this case finds:</p><ul>\n", out);
			html_put(out, "<li>%s</li>\n", fault.text);
		}
	if (shown > 0)
		fputs("</ul>\n", out);
}

static void
put_lore(const struct page *p, const struct claim *c)
{
	const char *why = why_of(p->h.wish->lore, c->clause);
	if (why != NULL)
		html_put(p->out, "<p class=\"lore\">Why it matters: %s</p>\n", why);
	put_faults(p->out, p->h.wish->lore, c->id);
	put_bugs(p->out, p->h.wish->lore, c->id);
}

/* --- the rule -------------------------------------------------------------------------------- */

static void
put_rule(const struct page *p, const struct purpose *rule)
{
	const char *at;
	char text[200], url[200];
	struct clause_part part = { 0 };
	snprintf(text, sizeof text, rule->requirement ? "%s %s" : "%s%s",
		 rule->requirement ? rule->group : rule->clause, rule->requirement ? rule->section : "");
	at = text;
	fputs("<li>", p->out);
	html_level(p->out, rule->level);
	html_put(p->out, "<span>%s</span> <small>%s", rule->text, rule->id);
	while (clause_next(&at, &part)) {
		clause_url(part.doc, part.section, url, sizeof url);
		if (url[0] != '\0')
			html_put(p->out, " <a href=\"%s\">RFC %s%s%s</a>", url, part.doc,
				 part.section[0] != '\0' ? " " : "", part.section);
	}
	fputs("</small></li>\n", p->out);
}

/* The rule in our words: of the ids that the case decides. */
void
html_rules(const struct page *p, const struct claim *c, const json_t *event)
{
	const json_t *ids = json_object_get(event, "decides"), *id;
	size_t i, shown = 0;
	fputs("<div class=\"rules\"><p class=\"clause\">Clause ", p->out);
	html_clause(p->out, c->clause);
	fputs("</p>\n<ul>\n", p->out);
	json_array_foreach(ids, i, id) {
		const struct purpose *rule = p->h.wish->purposes != NULL && json_is_string(id)
						     ? purposes_find(p->h.wish->purposes, json_string_value(id))
						     : NULL;
		if (rule != NULL && shown++ < RULES_SHOWN)
			put_rule(p, rule);
	}
	if (shown == 0)
		html_put(p->out, "<li>%s</li>\n", c->title[0] != '\0' ? c->title : "The case says no more.");
	fputs("</ul>\n", p->out);
	if (p->h.wish->lore != NULL)
		put_lore(p, c);
	fputs("</div>\n", p->out);
}
