/* The exchange as a list, in words: what the chart shows, and each packet or message octet by octet behind its line. */
#include <stdlib.h>
#include <string.h>

#include "reports/event.h"
#include "reports/html/text.h"
#include "reports/html/view.h"

static const char *
way(const struct view *v, const struct view_item *i)
{
	if (i->kind == VIEW_MESSAGE)
		return i->out ? "PF_KEY to target" : "PF_KEY from target";
	if (i->link > 1 || v->two_links)
		return i->link > 1 ? (i->out ? "to target, link 2" : "from target, link 2")
				   : (i->out ? "to target, link 1" : "from target, link 1");
	return i->out ? "to target" : "from target";
}

static void
put_head(const struct view *v, const struct view_item *i)
{
	char when[40];
	view_time(i->t_us, when, sizeof when);
	html_put(v->out, "<span class=\"when\">%s</span> ", when);
	switch (i->kind) {
	case VIEW_FRAME:
	case VIEW_MESSAGE:
		html_put(v->out, "<span class=\"way\">%s</span> <code>", way(v, i));
		view_cut(v, i->brief, i->dumped ? 160 : 400);
		fputs("</code>", v->out);
		break;
	case VIEW_SENTINEL: html_put(v->out, "<span class=\"way\">sentinel</span> %s", i->brief); break;
	case VIEW_SETUP: html_put(v->out, "<span class=\"way\">setup</span> %s", i->brief); break;
	case VIEW_SILENCE: html_put(v->out, "<span class=\"way\">silence</span> %s", i->brief); break;
	default: html_put(v->out, "<span class=\"way\">%s</span> %s", i->note, i->brief); break;
	}
	if (i->decides)
		fputs(" <strong class=\"case-mark\">\xe2\x9c\x97 this decided</strong>", v->out);
}

/* The words of the suite, what an SA says of it, and how long it is. */
static void
put_facts(const struct view *v, const struct view_item *i)
{
	long line = event_whole(i->x, "line");
	const char *text = i->kind == VIEW_FRAME ? event_text(i->x, "text") : "";
	fputs("<p class=\"facts-of\">", v->out);
	if (text[0] != '\0') {
		fputs("<code>", v->out);
		view_text(v, text);
		fputs("</code> ", v->out);
	}
	if (line > 0)
		html_put(v->out, "<small>line %d</small> ", (int)line);
	html_put(v->out, "<small>%zu octet%s</small>", i->octets.n, html_s(i->octets.n));
	if (i->kind == VIEW_FRAME && i->d != NULL && i->d->verdict_text != NULL)
		html_put(v->out, " <small>opened with the SAs below: <b>%s</b></small>", i->d->verdict_text);
	fputs("</p>\n", v->out);
}

static void
put_item(struct view *v, const struct view_item *i, size_t number)
{
	if (i->kind == VIEW_LEFT_OUT) {
		html_put(v->out,
			 "<li class=\"quiet\">%zu more, not shown here: all packets are in packets.pcapng</li>\n",
			 i->folded);
		return;
	}
	if (!i->dumped) {
		fputs("<li>", v->out);
		put_head(v, i);
		fputs("</li>\n", v->out);
		return;
	}
	fprintf(v->out, "<li><details id=\"x%u-%zu\"%s><summary>", v->id, number, i->decides ? " open=\"open\"" : "");
	put_head(v, i);
	fputs("</summary>\n", v->out);
	put_facts(v, i);
	view_dump(v, i);
	fputs("</details></li>\n", v->out);
}

void
view_exhibits(struct view *v)
{
	size_t plain = 0;
	fprintf(v->out, "<ol class=\"case-list\" id=\"x%u-list\">\n", v->id);
	for (size_t i = 0; i < v->n; i++) {
		const struct view_item *it = &v->item[i];
		put_item(v, it, i);
		plain += (it->kind == VIEW_FRAME || it->kind == VIEW_MESSAGE) && !it->dumped;
	}
	fputs("</ol>\n", v->out);
	if (plain > 0)
		html_put(
			v->out,
			"<p class=\"quiet\">%zu of these packets and messages are not shown octet by octet here.</p>\n",
			plain);
}
