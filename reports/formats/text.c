/* What the terminal shows at the end of a run, with whom it was about in front. */
#include "reports/event.h"
#include "reports/report.h"

static void
put_word(FILE *out, const char *text)
{
	if (text[0] == '\0')
		return;
	putc(' ', out);
	put_printable(out, text, true);
}

static void
put_head(FILE *out, const struct run_record *r)
{
	static const char *const keys[] = { "name", "os", "release" };
	const json_t *target = json_object_get(r->start, "target");
	fputs("espy", out);
	put_word(out, event_text(json_object_get(r->start, "tool"), "version"));
	fputs(":", out);
	for (size_t i = 0; i < 3; i++)
		if (i == 0 || event_text(target, keys[i])[0] != '\0')
			put_word(out, event_text(target, keys[i]));
	if (event_text(r->start, "started")[0] != '\0')
		fputs(",", out);
	put_word(out, event_text(r->start, "started"));
	putc('\n', out);
}

bool
report_render_text(FILE *out, const struct run_record *r, const struct report_wish *w, struct err *e)
{
	const char *folder = json_object_get(r->start, "merged") == NULL ? w->folder : NULL;
	struct progress *p = progress_new(out, out, r->tally.total, false, 0);
	if (p == NULL)
		return fail_errno(e, "memory for it");
	put_head(out, r);
	progress_end(p, r, folder != NULL && folder[0] != '\0' ? folder : NULL);
	progress_free(p);
	return true;
}
