/* What the target was told: configuration as text without keys, and the messages that said it. */
#include <stdlib.h>
#include <string.h>

#include "reports/event.h"
#include "reports/html/text.h"
#include "reports/html/view.h"

#define BLOCKS_MAX 12

/* Suites indent blocks; what all lines have in front of them goes. */
static size_t
indent_of(const char *text)
{
	size_t least = SIZE_MAX;
	for (const char *p = text; *p != '\0'; p += strcspn(p, "\n"), p += *p == '\n') {
		size_t n = strspn(p, " \t");
		if (p[n] != '\n' && p[n] != '\0' && n < least)
			least = n;
	}
	return least == SIZE_MAX ? 0 : least;
}

static void
put_text(const struct view *v, const char *text)
{
	size_t indent = indent_of(text);
	text += text[0] == '\n';
	for (const char *p = text; *p != '\0';) {
		size_t n = strcspn(p, "\n"), blank = strspn(p, " \t");
		if (p[n] == '\0' && blank == n) /* what stood in front of the closing brace */
			return;
		char *line = strndup(p + (blank < indent ? blank : indent), n - (blank < indent ? blank : indent));
		html_text(v->out, line != NULL ? line : "(out of memory)");
		free(line);
		putc('\n', v->out);
		p += n + (p[n] == '\n');
	}
}

static void
put_block(const struct view *v, const json_t *x, unsigned number)
{
	const char *text = event_text(x, "text");
	char *shown = v->h->wish->show_keys ? strdup(text) : redact_setkey(text);
	html_put(v->out, "<div class=\"case-copy\"><pre class=\"case-setkey\" id=\"x%u-s%u\" translate=\"no\">", v->id,
		 number);
	put_text(v, shown != NULL ? shown : "(out of memory)");
	html_put(
		v->out,
		"</pre><button type=\"button\" class=\"copy\" data-copy=\"x%u-s%u\" aria-label=\"Copy this configuration\">Copy</button></div>\n",
		v->id, number);
	free(shown);
}

static void
put_message(const struct view *v, const json_t *x, bool told)
{
	html_put(v->out, "<li><span class=\"way\">%s</span> <code>", told ? "told" : "refused");
	view_text(v, event_text(x, "text"));
	fputs("</code></li>\n", v->out);
}

/* What the target was told; of its answers those that say no. */
static void
put_messages(const struct view *v)
{
	struct view_setup setup = { 0 };
	const json_t *x;
	size_t i, n = 0, fine = 0;
	if (v->setups == 0)
		return;
	html_put(v->out, "<details><summary>%zu message%s that said it</summary><ol class=\"case-said\">\n", v->setups,
		 html_s(v->setups));
	json_array_foreach(json_object_get(v->event, "exhibits"), i, x) {
		if (!view_is_setup(&setup, x) || exhibit_is(x, "setkey") || exhibit_is(x, "do"))
			continue;
		bool told = exhibit_is(x, "pfkey-out") || exhibit_is(x, "xfrm-out");
		if (!told && !view_is_refusal(x))
			fine++;
		else if (n++ < VIEW_SETUP_MAX)
			put_message(v, x, told);
	}
	fputs("</ol>", v->out);
	if (fine > 0)
		html_put(v->out, "<p class=\"quiet\">%zu answer%s without an error.</p>", fine, html_s(fine));
	if (n > VIEW_SETUP_MAX)
		html_put(v->out, "<p class=\"quiet\">%zu more are in the journal.</p>", n - VIEW_SETUP_MAX);
	fputs("</details>\n", v->out);
}

void
view_configuration(const struct view *v)
{
	const json_t *x;
	size_t i;
	unsigned n = 0;
	if (!event_has_exhibit(v->event, "setkey") && v->setups == 0)
		return;
	fputs("<h4>Configuration</h4>\n", v->out);
	json_array_foreach(json_object_get(v->event, "exhibits"), i, x)
		if (exhibit_is(x, "setkey") && n++ < BLOCKS_MAX)
			put_block(v, x, n);
	if (n > BLOCKS_MAX)
		html_put(v->out, "<p class=\"quiet\">%u more blocks are in sa.setkey.</p>\n", n - BLOCKS_MAX);
	put_messages(v);
}
