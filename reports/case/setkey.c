#include <string.h>

#include "reports/case/folder.h"
#include "reports/case/steps.h"
#include "reports/event.h"

/* What was said by PF_KEY: all there is of a case that configures nothing by setkey. Keys are not shown in it. */
static void
put_messages(FILE *out, const json_t *event)
{
	struct case_steps steps = { 0 };
	const json_t *x;
	size_t i;
	json_array_foreach(json_object_get(event, "exhibits"), i, x) {
		case_steps_put(out, &steps, x);
		bool to_target = exhibit_is(x, "pfkey-out");
		if (!to_target && !exhibit_is(x, "pfkey-in"))
			continue;
		fputs(to_target ? "# > " : "# < ", out);
		put_printable(out, event_text(x, "text"), true);
		fputc('\n', out);
	}
}

/* The blocks in order, with the notes between them: what configured the target, or why a sentinel was weak. */
static void
put_blocks(FILE *out, const json_t *event)
{
	struct case_steps steps = { 0 };
	const json_t *x;
	size_t i;
	json_array_foreach(json_object_get(event, "exhibits"), i, x) {
		case_steps_put(out, &steps, x);
		const char *text = event_text(x, "text");
		size_t n = strlen(text);
		if (exhibit_is(x, "note")) {
			fputs("# ", out);
			put_printable(out, text, true);
			fputc('\n', out);
		} else if (exhibit_is(x, "setkey")) {
			fputs("\n# ", out);
			put_printable(out, event_text(event, "file"), true);
			fprintf(out, ":%ld\n%s%s", event_whole(x, "line"), text,
				n > 0 && text[n - 1] == '\n' ? "" : "\n");
		}
	}
}

static void
put_setkey(FILE *out, const json_t *event)
{
	fputs("# ", out);
	put_printable(out, event_text(event, "full_id"), true);
	fputs("\n# ", out);
	put_printable(out, event_text(event, "title"), true);
	if (event_has_exhibit(event, "setkey")) {
		fputs("\n# Load with: setkey -f sa.setkey\n", out);
		put_blocks(out, event);
		return;
	}
	fputs("\n# No setkey command is part of this case; its PF_KEY messages, > to the target:\n", out);
	put_messages(out, event);
}

/* Readable by its owner alone: it holds keys. */
bool
report_setkey(const struct case_folder *f, struct err *e)
{
	struct atomic_file a;
	if (!event_has_exhibit(f->event, "setkey") && !event_has_exhibit(f->event, "pfkey-out"))
		return true;
	if (!atomic_file_begin(&a, e))
		return false;
	put_setkey(a.out, f->event);
	return new_folder_put(&f->to, &a, "sa.setkey", 0600, e);
}
