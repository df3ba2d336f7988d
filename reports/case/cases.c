/* cases/: a folder for each case that somebody will want to look into. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "reports/case/folder.h"
#include "reports/event.h"
#include "reports/compare/known.h"
#include "reports/report.h"

/* What the writers make; of the profile's folder all goes, since Wireshark keeps its own things there. */
static const char *const our_files[] = { "packets.pcapng", "plain.pcapng", "sa.setkey", NULL };
#define PROFILE "wireshark"

void
report_cases_clear(const char *dir)
{
	int at = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (at < 0)
		return;
	folder_sweep(at, "cases", our_files, PROFILE);
	close(at);
}

static uint64_t
start_ns(const struct run_record *r)
{
	struct tm tm = { 0 };
	const char *end = strptime(event_text(r->start, "started"), "%Y-%m-%dT%H:%M:%S", &tm);
	time_t t = end != NULL ? timegm(&tm) : 0;
	return t > 0 ? (uint64_t)t * 1000000000u : 0;
}

/* The frame that decided, as the journal says, else the last of the deciding step, or the last of all where that step saw none. */
static void
find_deciding(struct case_folder *f)
{
	long line = event_line(f->event);
	const json_t *x;
	size_t i;
	f->deciding = SIZE_MAX;
	f->behind = true;
	json_array_foreach(json_object_get(f->event, "exhibits"), i, x) {
		bool sure = json_is_true(json_object_get(x, "decides"));
		bool own = exhibit_is_frame(x) && (sure || event_whole(x, "line") == line);
		if (!own && (!f->behind || !exhibit_is_frame(x)))
			continue;
		f->deciding = i;
		f->behind = !own;
		if (own && sure)
			break;
	}
	/* Nothing decided against a case that passed. */
	if (event_passed(f->event))
		f->deciding = SIZE_MAX;
}

static bool
write_case(struct case_folder *f, int at, const char *below, const char *shown, struct err *e)
{
	f->sas = case_sas_read(f->run->start, f->event);
	f->redact = redact_new(f->run->start, f->event, false);
	find_deciding(f);
	bool ok = f->sas != NULL && f->redact != NULL;
	if (!ok)
		(void)fail(e, ERR_IO, "%s: out of memory", shown);
	ok = ok && new_folder_begin(&f->to, at, below, shown, e);
	if (ok) {
		ok = report_packets(f, e) && report_plain(f, e) && report_setkey(f, e) && report_profile(f, e);
		if (ok)
			ok = new_folder_commit(&f->to, e);
		else
			new_folder_drop(&f->to);
	}
	redact_free(f->redact);
	case_sas_free(f->sas);
	return ok;
}

/* Those that did not do what was asked; with --keep all those that did as well. */
bool
report_keeps(const struct run_record *r, const json_t *event)
{
	if (event_unmet(event) || event_failed(event))
		return true;
	return strcmp(event_text(r->start, "keep"), "all") == 0 && event_passed(event) &&
	       json_is_array(json_object_get(event, "exhibits"));
}

static bool
write_cases(const struct run_record *r, const char *dir, int at, struct err *e)
{
	json_t *book = json_object();
	const json_t *event;
	size_t i;
	struct err why;
	bool ok = true;
	uint64_t began = start_ns(r);
	json_array_foreach(r->cases, i, event) {
		char below[1024], shown[PATH_MAX];
		const char *id = event_text(event, "full_id");
		struct case_folder f = { .run = r, .event = event, .began_ns = began };
		unsigned nth = names_seen(book, id);
		if (!report_keeps(r, event))
			continue;
		case_path(id, nth, below, sizeof below);
		snprintf(shown, sizeof shown, "%.3000s/%s", dir, below);
		/* The first error is reported; the others' folders are still written. */
		if (!write_case(&f, at, below, shown, ok ? e : &why))
			ok = false;
	}
	json_decref(book);
	return ok;
}

bool
report_cases(const struct run_record *r, const char *dir, struct err *e)
{
	if (!folder_make(dir, e))
		return false;
	report_cases_clear(dir);
	int at = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (at < 0)
		return fail_errno(e, "%s", dir);
	bool ok = write_cases(r, dir, at, e);
	close(at);
	return ok;
}
