/* Small pieces that several sections of the page show alike. */
#include <limits.h>
#include <string.h>

#include "reports/event.h"
#include "reports/fold.h"
#include "reports/formats/markdown.h"
#include "reports/html/page.h"

#define VALUES_SHOWN 8

void
html_level(FILE *out, const char *level)
{
	static const char *const css[] = { [SEV_MUST] = "must", [SEV_SHOULD] = "should", [SEV_OTHER] = "may" };
	if (level[0] != '\0')
		html_put(out, "<span class=\"level %s\">%s</span> ", css[severity_of(level)], level);
}

void
html_verdict(FILE *out, const char *verdict)
{
	static const struct {
		const char *verdict, *sign, *css;
	} rows[] = {
		{ "PASS", "\u2713", "pass" },      { "FAIL", "\u2717", "fail" }, { "INCONCLUSIVE", "?", "unclear" },
		{ "SKIP", "\u25cb", "skip" },      { "ERROR", "!", "unclear" },  { "XFAIL", "\u2248", "known" },
		{ "XPASS", "\u2713!", "unclear" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (strcmp(rows[i].verdict, verdict) == 0)
			html_put(out, "<span class=\"verdict v-%s\"><i aria-hidden=\"true\">%s</i> %s</span> ",
				 rows[i].css, rows[i].sign, verdict);
}

void
html_file(const struct page *p, const json_t *event, const char *file)
{
	char path[PATH_MAX], key[40];
	snprintf(key, sizeof key, "%p", (const void *)event);
	report_evidence(p->h.wish, event, (unsigned)json_integer_value(json_object_get(p->again, key)), file, path,
			sizeof path);
	url_path(p->out, path);
}

void
html_values(FILE *out, const json_t *events)
{
	json_t *params = json_object_get(json_array_get(events, 0), "params"), *unused;
	const char *name, *value;
	json_object_foreach(params, name, unused) {
		json_t *values = fold_values(events, name, "\u2013");
		size_t n = 0;
		html_put(out, "<span class=\"param\"><i>%s</i>", name);
		json_object_foreach(values, value, unused) {
			if (n++ == VALUES_SHOWN)
				break;
			html_put(out, " %s", value);
		}
		if (json_object_size(values) > VALUES_SHOWN)
			html_put(out, " <em>and %zu more</em>", json_object_size(values) - VALUES_SHOWN);
		fputs("</span> ", out);
		json_decref(values);
	}
	(void)unused;
}
