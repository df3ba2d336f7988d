/* What was skipped and what passed: a line for each case id, its combinations behind it. */
#include <stdlib.h>
#include <string.h>

#include "reports/event.h"
#include "reports/fold.h"
#include "reports/html/page.h"

/* Values with tabs between them, a line for each combination: a single text, however many there are. */
static void
put_lines(FILE *out, const json_t *events)
{
	json_t *params = json_object_get(json_array_get(events, 0), "params"), *unused;
	const json_t *event;
	const char *name, *between = "";
	size_t i;
	fputs("<pre data-names=\"", out);
	json_object_foreach(params, name, unused) {
		html_put(out, "%s%s", between, name);
		between = "\t";
	}
	fputs("\">", out);
	json_array_foreach(events, i, event) {
		between = "";
		json_object_foreach(params, name, unused) {
			const char *value = event_text(json_object_get(event, "params"), name);
			html_put(out, "%s%s", between, value[0] != '\0' ? value : "\u2013");
			between = "\t";
		}
		putc('\n', out);
	}
	fputs("</pre>", out);
	(void)unused;
}

/* Combinations with the same names of parameters stand under each other. */
static json_t *
by_names(const json_t *events)
{
	json_t *sets = json_object(), *event;
	size_t i;
	json_array_foreach(events, i, event) {
		char key[400] = "";
		json_t *params = json_object_get(event, "params"), *unused;
		const char *name;
		json_object_foreach(params, name, unused)
			snprintf(key + strlen(key), sizeof key - strlen(key), "%s\t", name);
		json_t *list = json_object_get(sets, key);
		if (list == NULL) {
			list = json_array();
			json_object_set_new_nocheck(sets, key, list);
		}
		json_array_append(list, event);
		(void)unused;
	}
	return sets;
}

void
html_row(struct page *p, const struct claim *c, const json_t *events, const char *verdict, bool anchor)
{
	size_t n = json_array_size(events);
	json_t *sets = by_names(events), *list;
	const char *key;
	fputs("<details class=\"r\"", p->out);
	if (anchor)
		html_put(p->out, " id=\"%s\"", c->anchor);
	html_put(p->out, " data-v=\"%s\" data-l=\"%s\" data-s=\"%s\"><summary><code>%s</code> ", verdict, c->level,
		 c->suite, c->id);
	html_put(p->out, "<span class=\"title\">%s</span> <span class=\"cl\">%s %s</span> <b>%zu</b></summary>",
		 c->title, c->level, c->clause, n);
	json_object_foreach(sets, key, list)
		put_lines(p->out, list);
	fputs("</details>\n", p->out);
	json_decref(sets);
	(void)key;
}

static json_t *
events_of(const struct claim *c, const char *verdict)
{
	json_t *list = json_array(), *event;
	size_t i;
	json_array_foreach(c->events, i, event)
		if (event_is(event, verdict))
			json_array_append(list, event);
	return list;
}

/* --- passes ---------------------------------------------------------------------------------- */

struct suite {
	const char *name;
	unsigned claims, combinations;
};

static struct suite *
suites_of(const struct page *p, size_t *n)
{
	struct suite *v = calloc(p->claims.n + 1, sizeof *v);
	json_t *index = json_object();
	*n = 0;
	for (size_t i = 0; v != NULL && i < p->claims.n; i++) {
		const struct claim *c = &p->claims.v[i];
		if (c->tally.pass == 0)
			continue;
		if (json_object_get(index, c->suite) == NULL) {
			json_object_set_new_nocheck(index, c->suite, json_integer((json_int_t)*n));
			v[(*n)++].name = c->suite;
		}
		struct suite *s = &v[json_integer_value(json_object_get(index, c->suite))];
		s->claims++;
		s->combinations += c->tally.pass;
	}
	json_decref(index);
	return v;
}

/* The anchor of a claim belongs to where it is worst: to its row only if no section of groups has it. */
static bool
row_has_anchor(const struct claim *c, const char *verdict)
{
	const struct tally *t = &c->tally;
	if (t->fail + t->xfail + t->inconclusive + t->error + t->xpass > 0)
		return false;
	return strcmp(verdict, "PASS") == 0 || t->pass == 0;
}

static void
put_suite(struct page *p, const struct suite *s)
{
	html_put(p->out,
		 "<details class=\"suite\"><summary><h3>%s</h3> <span>%u claim%s, %u combination%s</span></summary>\n",
		 s->name, s->claims, html_s(s->claims), s->combinations, html_s(s->combinations));
	for (size_t i = 0; i < p->claims.n; i++) {
		const struct claim *c = &p->claims.v[i];
		if (c->tally.pass == 0 || strcmp(c->suite, s->name) != 0)
			continue;
		json_t *events = events_of(c, "PASS");
		html_row(p, c, events, "PASS", row_has_anchor(c, "PASS"));
		json_decref(events);
	}
	fputs("</details>\n", p->out);
}

void
html_passes(struct page *p)
{
	size_t n;
	struct suite *suites = suites_of(p, &n);
	unsigned claims = 0;
	for (size_t i = 0; suites != NULL && i < n; i++)
		claims += suites[i].claims;
	html_put(
		p->out,
		"<section id=\"passed\" class=\"part p-pass\" aria-labelledby=\"passed-h\">\n<h2 id=\"passed-h\">Passed "
		"<span class=\"n\">%u</span></h2>\n<p class=\"lead\">By suite; behind each claim the combinations that passed.</p>\n",
		claims);
	for (size_t i = 0; suites != NULL && i < n; i++)
		put_suite(p, &suites[i]);
	fputs("</section>\n", p->out);
	free(suites);
}

/* --- skips ----------------------------------------------------------------------------------- */

struct skip {
	const char *reason;
	json_t *events;
};

static int
most_first(const void *a, const void *b)
{
	size_t x = json_array_size(((const struct skip *)a)->events),
	       y = json_array_size(((const struct skip *)b)->events);
	if (x != y)
		return x < y ? 1 : -1;
	return strcmp(((const struct skip *)a)->reason, ((const struct skip *)b)->reason);
}

/* Reason: events, in the order of their claims. */
static json_t *
by_reason(const struct page *p)
{
	json_t *reasons = json_object(), *event;
	size_t k;
	for (size_t i = 0; i < p->claims.n; i++)
		json_array_foreach(p->claims.v[i].events, k, event) {
			char reason[1200];
			if (!event_is(event, "SKIP"))
				continue;
			fold_text(event, event_text(event, "reason"), reason, sizeof reason);
			const char *said = reason[0] != '\0' ? reason : "no reason given";
			json_t *list = json_object_get(reasons, said);
			if (list == NULL) {
				list = json_array();
				json_object_set_new_nocheck(reasons, said, list);
			}
			json_array_append(list, event);
		}
	return reasons;
}

static void
put_skip(struct page *p, const struct skip *s)
{
	size_t n = json_array_size(s->events), i = 0;
	html_put(p->out, "<details class=\"suite\"><summary><h3>%s</h3> <span>%zu combination%s</span></summary>\n",
		 s->reason, n, html_s(n));
	while (i < n) {
		json_t *same = json_array();
		const char *id = event_text(json_array_get(s->events, i), "id");
		for (; i < n && strcmp(event_text(json_array_get(s->events, i), "id"), id) == 0; i++)
			json_array_append(same, json_array_get(s->events, i));
		const struct claim *c = &p->claims.v[json_integer_value(json_object_get(p->claims.index, id))];
		html_row(p, c, same, "SKIP", row_has_anchor(c, "SKIP") && names_seen(p->placed, c->anchor) == 0);
		json_decref(same);
	}
	fputs("</details>\n", p->out);
}

void
html_skips(struct page *p)
{
	json_t *reasons = by_reason(p), *events;
	size_t n = 0, total = json_object_size(reasons);
	struct skip *v = calloc(total + 1, sizeof *v);
	const char *reason;
	if (v != NULL && total > 0) {
		json_object_foreach(reasons, reason, events)
			v[n++] = (struct skip){ reason, events };
		qsort(v, n, sizeof *v, most_first);
		html_put(
			p->out,
			"<section id=\"skipped\" class=\"part p-skip\" aria-labelledby=\"skipped-h\">\n<h2 id=\"skipped-h\">Skipped "
			"<span class=\"n\">%u</span></h2>\n<p class=\"lead\">Combinations that could not be tried here, by reason. They say "
			"nothing for or against the target.</p>\n",
			p->h.run->tally.skip);
		for (size_t i = 0; i < n; i++)
			put_skip(p, &v[i]);
		fputs("</section>\n", p->out);
	}
	free(v);
	json_decref(reasons);
}
