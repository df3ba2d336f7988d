#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "reports/atomic_file.h"
#include "reports/event.h"
#include "reports/repeat.h"
#include "reports/report.h"
#include "reports/formats/shown.h"

const struct report_format report_formats[] = {
	{ "html", "report.html", "one page for people, with all it needs in it", report_render_html, true },
	{ "junit", "junit.xml", "JUnit XML, for GitLab, Jenkins and GitHub", report_render_junit, false },
	{ "tap", "report.tap", "TAP version 14", report_render_tap, false },
	{ "ctrf", "ctrf-report.json", "Common Test Report Format", report_render_ctrf, false },
	{ "md", "report.md", "Markdown", report_render_md, false },
	{ "text", "report.txt", "what the terminal shows at the end of a run", report_render_text, false },
	{ "json", "run.json", "every case and its verdict", report_render_json, false },
	{ NULL, NULL, NULL, NULL, false },
};

static void
list_names(char *out, size_t cap)
{
	size_t n = 0;
	out[0] = '\0';
	for (const struct report_format *f = report_formats; f->name != NULL && n < cap; f++)
		n += (size_t)snprintf(out + n, cap - n, "%s%s", f == report_formats ? "" : ", ", f->name);
}

const struct report_format *
report_format_find(const char *name, struct err *e)
{
	char names[200];
	for (const struct report_format *f = report_formats; f->name != NULL; f++)
		if (strcmp(f->name, name) == 0)
			return f;
	list_names(names, sizeof names);
	(void)fail(e, ERR_UNKNOWN, "format '%.40s': want %s", name, names);
	return NULL;
}

/* --- files ----------------------------------------------------------------------------------- */

static bool
to_stdout(struct atomic_file *a, struct err *e)
{
	bool ok = fflush(a->out) == 0 && fwrite(a->text, 1, a->n, stdout) == a->n && fflush(stdout) == 0;
	if (!ok)
		(void)fail_errno(e, "standard output");
	atomic_file_drop(a);
	return ok;
}

/* The folders above it too: a report goes where it was asked for. */
static bool
parents_make(const char *path, struct err *e)
{
	char folder[PATH_MAX];
	snprintf(folder, sizeof folder, "%.4000s", path);
	char *slash = strrchr(folder, '/');
	if (slash == NULL || slash == folder)
		return true;
	*slash = '\0';
	return folder_make(folder, e);
}

bool
report_file_begin(struct report_file *f, const char *path, struct err *e)
{
	f->path = path != NULL && strcmp(path, "-") != 0 ? path : NULL;
	return (f->path == NULL || parents_make(f->path, e)) && atomic_file_begin(&f->a, e);
}

bool
report_file_end(struct report_file *f, bool whole, mode_t mode, struct err *e)
{
	if (!whole) {
		atomic_file_drop(&f->a);
		return err_prefix(e, "%s", f->path != NULL ? f->path : "standard output");
	}
	return f->path == NULL ? to_stdout(&f->a, e) : atomic_file_commit(&f->a, f->path, mode, e);
}

bool
report_render(const struct report_format *f, FILE *out, const struct run_record *r, const struct report_wish *w,
	      struct err *e)
{
	struct run_record shown;
	if (f->masks_keys || w->show_keys)
		return f->render(out, r, w, e);
	if (!run_shown(&shown, r, false, e))
		return false;
	bool ok = f->render(out, &shown, w, e);
	run_free(&shown);
	return ok;
}

bool
report_write_file(const struct report_format *f, const char *path, const struct run_record *r,
		  const struct report_wish *w, struct err *e)
{
	struct report_file file;
	if (!report_file_begin(&file, path, e))
		return false;
	bool ok = report_render(f, file.a.out, r, w, e);
	return report_file_end(&file, ok, w->show_keys ? 0600 : 0666, e);
}

bool
report_write(const struct report_format *f, const char *dir, const struct run_record *r, const struct report_wish *w,
	     struct err *e)
{
	char path[PATH_MAX];
	snprintf(path, sizeof path, "%.3000s/%s", dir, f->file);
	return report_write_file(f, path, r, w, e);
}

/* --- what reports say alike ------------------------------------------------------------------ */

bool
report_incomplete(const struct run_record *r, char *why, size_t cap)
{
	const char *said = event_text(r->end, "incomplete"); /* of merged runs */
	double planned = event_number(r->start, "planned");
	if (json_is_true(json_object_get(r->end, "complete")))
		return false;
	FILE *f = fmemopen(why, cap, "w");
	why[0] = '\0';
	if (f == NULL)
		return true;
	if (said[0] != '\0')
		put_printable(f, said, true);
	else if (planned > 0)
		fprintf(f, "cut short: %u of %.0f cases have a verdict", r->tally.total, planned);
	else
		fprintf(f, "cut short: %u cases have a verdict", r->tally.total);
	if (r->torn > 0)
		fprintf(f, "; %u %s torn off", r->torn, r->torn == 1 ? "line is" : "lines are");
	fclose(f);
	why[cap - 1] = '\0';
	trim_cut_sequence(why);
	return true;
}

/* What run_merge() knows of where a case comes from. */
static const json_t *
origin(const json_t *event)
{
	return json_object_get(event, "run");
}

static void
below(const char *folder, const json_t *event, unsigned nth, const char *file, char *out, size_t cap)
{
	char path[1024];
	const json_t *from = origin(event);
	if (from != NULL)
		nth = (unsigned)event_number(from, "nth");
	case_path(event_text(event, "full_id"), nth, path, sizeof path);
	snprintf(out, cap, "%s%s/%s", folder != NULL ? folder : "", path, file);
}

void
report_evidence(const struct report_wish *w, const json_t *event, unsigned nth, const char *file, char *out, size_t cap)
{
	const json_t *from = origin(event);
	below(from != NULL ? event_text(from, "folder") : w->folder, event, nth, file, out, cap);
}

void
report_attachment(const struct report_wish *w, const json_t *event, unsigned nth, const char *file, char *out,
		  size_t cap)
{
	const json_t *from = origin(event);
	const char *folder = w->workspace != NULL ? w->workspace : w->folder;
	below(from != NULL ? event_text(from, "workspace") : folder, event, nth, file, out, cap);
}

void
report_seed(const struct run_record *r, const json_t *event, char *out, size_t cap)
{
	const json_t *from = origin(event);
	const json_t *seed = json_object_get(from != NULL ? from : r->start, "seed");
	out[0] = '\0';
	if (json_is_integer(seed))
		snprintf(out, cap, "%" PRId64, (int64_t)json_integer_value(seed));
}

char *
report_again(const struct run_record *r, const json_t *event)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);
	if (f == NULL)
		return NULL;
	repeat_run(f, r, event, event_text(event, "full_id"));
	fclose(f);
	return text;
}
