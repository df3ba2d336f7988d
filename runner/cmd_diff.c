/* espy diff: what became better and worse between two runs, and whether the target or the cases changed. */
#include <stdio.h>

#include "reports/compare/diff.h"
#include "reports/event.h"
#include "reports/formats/shown.h"
#include "runner/commands.h"
#include "runner/options.h"

enum { O_JSON, O_MD, O_STRICT, O_QUIET };

static const struct option_row rows[] = {
	[O_JSON] = { 'j', "json", NULL, "as one document (espy-diff/1)" },
	[O_MD] = { 0, "md", NULL, "as Markdown" },
	[O_STRICT] = { 0, "strict", NULL,
		       "regressions are also new cases that do not pass, and what is skipped or no longer run" },
	[O_QUIET] = { 'q', "quiet", NULL, "the last line alone" },
	{ 0, NULL, NULL, NULL },
};

const struct options diff_options = {
	"espy diff OLD NEW [--json|--md] [--strict]",
	"Compares two runs, each a run directory or its events.jsonl: what broke, what was fixed, what still fails but\n"
	"differently, what is newly run, skipped now or no longer run; and for each whether the case or the target changed.\n"
	"Exit status: 0 no regressions, 1 some, 2 a run cannot be read. A regression is a case that passed in OLD and did not\n"
	"in NEW, unless a baseline of NEW knows of it.",
	rows,
};

static bool
read_side(struct diff_side *s, struct run_record *r, const char *path)
{
	struct err e;
	s->path = path;
	s->run = r;
	if (!run_read_shown(r, path, &e)) {
		fprintf(stderr, "espy diff: %s\n", e.text);
		return false;
	}
	if (r->start != NULL || r->tally.total > 0)
		return true;
	fprintf(stderr, "espy diff: %s: no run in it\n", path);
	return false;
}

static int
compare(const char *before, const char *after, const bool *on)
{
	struct run_record old = { 0 }, new = { 0 };
	struct diff_side a, b;
	int status = 2;
	if (read_side(&a, &old, before) && read_side(&b, &new, after)) {
		json_t *diff = diff_make(&a, &b, on[O_STRICT]);
		if (on[O_JSON])
			json_dumpf(diff, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(9));
		if (on[O_JSON])
			putchar('\n');
		else if (on[O_MD])
			diff_print_md(stdout, diff);
		else
			diff_print_text(stdout, diff, on[O_QUIET]);
		status = event_number(diff, "regressions") > 0;
		json_decref(diff);
	}
	run_free(&old);
	run_free(&new);
	return status;
}

int
cmd_diff(int argc, char **argv)
{
	bool on[O_QUIET + 1] = { false };
	const char *value;
	int which, first;
	while ((which = options_next(&diff_options, argc, argv, &value, &first)) >= 0)
		on[which] = true;
	if (which != -1)
		return which == -3 ? 0 : 2;
	if (argc - first != 2) {
		fprintf(stderr, "espy diff: want two runs, OLD and NEW, got %d\n", argc - first);
		return 2;
	}
	if (on[O_JSON] && on[O_MD]) {
		fprintf(stderr, "espy diff: want --json or --md, got both\n");
		return 2;
	}
	return compare(argv[first], argv[first + 1], on);
}
