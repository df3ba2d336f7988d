#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "reports/atomic_file.h"
#include "reports/event.h"
#include "reports/journal.h"
#include "reports/pcapng.h"

static bool
kind_is(const json_t *exhibit, const char *kind)
{
	return strcmp(event_text(exhibit, "kind"), kind) == 0;
}

static bool
is_frame(const json_t *exhibit)
{
	return kind_is(exhibit, "frame-out") || kind_is(exhibit, "frame-in");
}

static int
digit(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

/* Into a room of strlen(hex) / 2. */
static bool
unhex(struct wr *w, const char *hex)
{
	for (; hex[0] != '\0' && hex[1] != '\0'; hex += 2) {
		if (digit(hex[0]) < 0 || digit(hex[1]) < 0)
			return false;
		wr_uint(w, (uint64_t)(digit(hex[0]) << 4 | digit(hex[1])), 1);
	}
	return hex[0] == '\0';
}

/* --- packets.pcapng -------------------------------------------------------------------------- */

/* Exhibits know microseconds since their case began, and the journal only when the run did. */
static uint64_t
start_ns(const struct run_record *r)
{
	struct tm tm = { 0 };
	const char *end = strptime(event_text(r->start, "started"), "%Y-%m-%dT%H:%M:%S", &tm);
	time_t t = end != NULL ? timegm(&tm) : 0;
	return t > 0 ? (uint64_t)t * 1000000000u : 0;
}

static uint64_t
exhibit_ns(const json_t *exhibit)
{
	double us = event_number(exhibit, "t_us");
	return us > 0 && us < 1e15 ? (uint64_t)(us * 1000 + 0.5) : 0;
}

static void
put_section(FILE *out, const struct run_record *r, const json_t *event)
{
	char why[1200], *app = NULL, *comment = NULL;
	event_why(event, why, sizeof why);
	if (asprintf(&app, "espy %s", event_text(json_object_get(r->start, "tool"), "version")) < 0)
		app = NULL;
	if (asprintf(&comment,
		     "%s: %s: %s\n%s [%s]\nTimes count from the start of the case, put at the start of the run.",
		     event_text(event, "full_id"), event_text(event, "verdict"), why, event_text(event, "title"),
		     event_text(event, "clause")) < 0)
		comment = NULL;
	pcapng_section(out, app, comment);
	free(app);
	free(comment);
}

/* The frame that decided: the last of the deciding step, or the last of all where that step saw none. */
static size_t
deciding_frame(const json_t *event, const json_t *exhibits)
{
	long line = event_line(event);
	size_t last = SIZE_MAX, of_step = SIZE_MAX, i;
	const json_t *x;
	json_array_foreach(exhibits, i, x) {
		if (!is_frame(x))
			continue;
		last = i;
		if ((long)event_number(x, "line") == line)
			of_step = i;
	}
	return of_step != SIZE_MAX ? of_step : last;
}

/* Links share one interface and are told apart in the comment: libpcap 1.10 refuses a second interface of raw IP. */
static void
put_octets(FILE *out, const json_t *event, const json_t *x, uint64_t base, bool decides, struct bytes octets)
{
	char why[1200], *where = NULL, *verdict = NULL;
	event_why(event, why, sizeof why);
	if (asprintf(&where, "%s %s:%ld link %ld", event_text(event, "full_id"), event_text(event, "file"),
		     (long)event_number(x, "line"), (long)event_number(x, "link")) < 0)
		where = NULL;
	if (decides && asprintf(&verdict, "%s: %s", event_text(event, "verdict"), why) < 0)
		verdict = NULL;
	const struct pcapng_packet p = {
		.ns = base + exhibit_ns(x),
		.direction = kind_is(x, "frame-out") ? PCAPNG_OUTBOUND : PCAPNG_INBOUND,
		.octets = octets,
		.comments = { where, event_text(x, "text"),
			      decides ? event_text(json_object_get(event, "step"), "text") : NULL, verdict },
	};
	pcapng_packet(out, &p);
	free(where);
	free(verdict);
}

static bool
put_frame(FILE *out, const json_t *event, const json_t *x, uint64_t base, bool decides, struct err *e)
{
	const char *hex = event_text(x, "octets");
	size_t n = strlen(hex) / 2;
	uint8_t *room = malloc(n + 1);
	struct wr w = wr_of(room, room != NULL ? n : 0);
	bool ok = room != NULL && unhex(&w, hex);
	if (ok)
		put_octets(out, event, x, base, decides, wr_done(&w));
	free(room);
	return ok || fail(e, ERR_SYNTAX, "case %s: a frame's octets: want hexadecimal digits in pairs",
			  event_text(event, "full_id"));
}

static bool
write_packets(const struct run_record *r, const json_t *event, const char *folder, struct err *e)
{
	const json_t *exhibits = json_object_get(event, "exhibits"), *x;
	char path[PATH_MAX];
	struct atomic_file a;
	size_t i, deciding = deciding_frame(event, exhibits);
	bool ok = true;
	snprintf(path, sizeof path, "%.4000s/packets.pcapng", folder);
	if (!atomic_file_begin(&a, e))
		return false;
	put_section(a.out, r, event);
	pcapng_interface(a.out, "espy");
	json_array_foreach(exhibits, i, x)
		if (ok && is_frame(x))
			ok = put_frame(a.out, event, x, start_ns(r), i == deciding, e);
	if (ok)
		return atomic_file_commit(&a, path, 0666, e);
	atomic_file_drop(&a);
	return false;
}

/* --- sa.setkey ------------------------------------------------------------------------------- */

/* What was said by PF_KEY: all there is of a case that configures nothing by setkey. Keys are not shown in it. */
static void
put_messages(FILE *out, const json_t *event)
{
	const json_t *x;
	size_t i;
	json_array_foreach(json_object_get(event, "exhibits"), i, x) {
		bool to_target = kind_is(x, "pfkey-out");
		if (!to_target && !kind_is(x, "pfkey-in"))
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
	const json_t *x;
	size_t i;
	json_array_foreach(json_object_get(event, "exhibits"), i, x) {
		const char *text = event_text(x, "text");
		size_t n = strlen(text);
		if (kind_is(x, "note")) {
			fputs("# ", out);
			put_printable(out, text, true);
			fputc('\n', out);
		} else if (kind_is(x, "setkey")) {
			fputs("\n# ", out);
			put_printable(out, event_text(event, "file"), true);
			fprintf(out, ":%ld\n%s%s", (long)event_number(x, "line"), text,
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
static bool
write_setkey(const json_t *event, const char *folder, struct err *e)
{
	char path[PATH_MAX];
	struct atomic_file a;
	snprintf(path, sizeof path, "%.4000s/sa.setkey", folder);
	if (!event_has_exhibit(event, "setkey") && !event_has_exhibit(event, "pfkey-out"))
		return true;
	if (!atomic_file_begin(&a, e))
		return false;
	put_setkey(a.out, event);
	return atomic_file_commit(&a, path, 0600, e);
}

/* --- folders --------------------------------------------------------------------------------- */

/* What an earlier run left for a case that has nothing to show now would mislead. */
static void
remove_stale(const char *folder)
{
	static const char *const names[] = { "packets.pcapng", "sa.setkey" };
	char path[PATH_MAX];
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		snprintf(path, sizeof path, "%.4000s/%s", folder, names[i]);
		(void)unlink(path);
	}
	(void)rmdir(folder); /* stays if somebody else put something there */
}

static bool
write_case(const struct run_record *r, const json_t *event, const char *folder, struct err *e)
{
	return folder_make(folder, e) && write_packets(r, event, folder, e) && write_setkey(event, folder, e);
}

bool
report_cases(const struct run_record *r, const char *dir, struct err *e)
{
	json_t *book = json_object();
	const json_t *event;
	size_t i;
	struct err why;
	bool ok = true;
	json_array_foreach(r->cases, i, event) {
		char below[1024], folder[PATH_MAX];
		const char *id = event_text(event, "full_id");
		case_path(id, names_seen(book, id), below, sizeof below);
		snprintf(folder, sizeof folder, "%.3000s/%s", dir, below);
		if (!event_unmet(event))
			remove_stale(folder);
		else if (!write_case(r, event, folder, ok ? e : &why))
			ok = false; /* the first is reported; the others are still written */
	}
	json_decref(book);
	return ok;
}
