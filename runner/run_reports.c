#include "runner/run_reports.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reports/atomic_file.h"
#include "runner/links.h"
#include "runner/help/offers.h"

#define STEP_SUMMARY_MAX 1048576 /* of a step, all that wrote to it together: GitHub shows nothing of a longer one */
#define STEP_SUMMARY_LEAST 4096  /* below that nothing of ours would say anything */

bool
run_reports_ask(struct run_reports *r, const char *value, struct err *e)
{
	char name[40];
	size_t n = strcspn(value, "=");
	if (value[n] != '=' || value[n + 1] == '\0')
		return fail(e, ERR_SYNTAX, "--report: want FORMAT=FILE, got '%.100s'", value);
	if (r->n == RUN_REPORTS_MAX)
		return fail(e, ERR_RANGE, "--report: more than %d of them", RUN_REPORTS_MAX);
	snprintf(name, sizeof name, "%.*s", (int)(n < sizeof name ? n : sizeof name - 1), value);
	const struct report_format *f = offer_report_format(name, e);
	bool streamed = strcmp(value + n + 1, "-") == 0;
	if (f == NULL)
		return err_prefix(e, "--report");
	if (streamed && r->streamed)
		return fail(e, ERR_RANGE, "--report: one report can go to standard output, not two");
	r->streamed |= streamed;
	r->asked[r->n].format = f;
	r->asked[r->n++].path = value + n + 1;
	return true;
}

/* What every run directory holds. */
static bool
write_own(const struct run_record *record, const char *dir, const struct report_wish *w, struct err *e)
{
	static const char *const names[] = { "json", "junit", "html" };
	struct report_wish here = *w;
	struct err later, *first = e;
	bool ok = true;
	here.folder = "";
	for (const struct report_format *f = report_formats; f->name != NULL; f++)
		for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
			if (strcmp(f->name, names[i]) == 0 && !report_write(f, dir, record, &here, first)) {
				ok = false;
				first = &later;
			}
	return ok;
}

static bool
write_asked(const struct run_reports *r, unsigned i, const struct run_record *record, const char *dir,
	    const struct report_wish *w, struct err *e)
{
	char folder[PATH_MAX];
	struct report_wish there = *w;
	link_to_folder(r->asked[i].path, dir, folder, sizeof folder);
	there.folder = folder;
	return report_write_file(r->asked[i].format, r->asked[i].path, record, &there, e);
}

static bool
append_text(int fd, const struct run_record *record, const struct report_wish *w, struct err *e)
{
	struct atomic_file a;
	const struct report_format *md = report_format_find("md", e);
	if (md == NULL || !atomic_file_begin(&a, e))
		return false;
	bool ok = report_render(md, a.out, record, w, e);
	if (ok && (fflush(a.out) != 0 || !write_all(fd, a.text, a.n)))
		ok = fail_errno(e, "GITHUB_STEP_SUMMARY");
	atomic_file_drop(&a);
	return ok;
}

/* Others write there too: ours comes behind, and no longer than what is left. */
static bool
write_step_summary(const struct run_record *record, const char *dir, const struct report_wish *w, struct err *e)
{
	const char *path = getenv("GITHUB_STEP_SUMMARY");
	struct report_wish there = *w;
	char folder[PATH_MAX];
	struct stat st = { 0 };
	if (path == NULL || path[0] == '\0')
		return true;
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (fd < 0)
		return fail_errno(e, "GITHUB_STEP_SUMMARY=%s", path);
	bool known = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0;
	there.room = STEP_SUMMARY_MAX - (known && st.st_size < STEP_SUMMARY_MAX ? (size_t)st.st_size : 0);
	link_to_folder(NULL, dir, folder, sizeof folder);
	there.folder = folder;
	bool full = known && st.st_size > STEP_SUMMARY_MAX - STEP_SUMMARY_LEAST;
	bool ok = full || append_text(fd, record, &there, e);
	return (close(fd) == 0 || fail_errno(e, "GITHUB_STEP_SUMMARY=%s", path)) && ok;
}

bool
run_reports_write(const struct run_reports *r, const struct run_record *record, const char *dir,
		  const struct report_wish *w, struct err *e)
{
	char workspace[PATH_MAX];
	struct report_wish wish = *w;
	struct err later;
	link_from_workspace(dir, workspace, sizeof workspace);
	wish.workspace = workspace;
	bool ok = write_own(record, dir, &wish, e);
	for (unsigned i = 0; i < r->n; i++)
		ok = write_asked(r, i, record, dir, &wish, ok ? e : &later) && ok;
	return write_step_summary(record, dir, &wish, ok ? e : &later) && ok;
}
