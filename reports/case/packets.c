#include <stdlib.h>

#include "reports/case/folder.h"
#include "reports/event.h"
#include "reports/case/pcapng.h"

static uint64_t
exhibit_ns(const json_t *exhibit)
{
	double us = event_number(exhibit, "t_us");
	return us > 0 && us < 1e15 ? (uint64_t)(us * 1000 + 0.5) : 0;
}

/* asprintf() that gives NULL, which a comment may be. */
static char *PRINTF(1, 2) make(const char *fmt, ...)
{
	char *text;
	va_list ap;
	va_start(ap, fmt);
	int n = vasprintf(&text, fmt, ap);
	va_end(ap);
	return n >= 0 ? text : NULL;
}

/* Without keys; NULL: out of memory, and nothing is said. */
static char *
redacted(const struct case_folder *f, char *text)
{
	char *safe = text != NULL ? redact_text(f->redact, text) : NULL;
	free(text);
	return safe;
}

void
packets_begin(FILE *out, const struct case_folder *f, const char *about)
{
	char why[1200];
	event_why(f->event, why, sizeof why);
	char *app = make("espy %s", event_text(json_object_get(f->run->start, "tool"), "version"));
	char *comment = make(
		"%s: %s%s%s\n%s [%s %s]\n%s Times count from the start of the case, put at the start of the run.",
		event_text(f->event, "full_id"), event_text(f->event, "verdict"), why[0] != '\0' ? ": " : "", why,
		event_text(f->event, "title"), event_text(f->event, "level"), event_text(f->event, "clause"), about);
	comment = redacted(f, comment);
	pcapng_section(out, app, comment);
	/* Links share one interface and are told apart in the comments: libpcap 1.10 refuses a second interface of raw IP. */
	pcapng_interface(out, "espy");
	free(app);
	free(comment);
}

/* On the frame that decided: the verdict with what was wanted and what came, and whose claim that is. */
static char *
verdict_comment(const struct case_folder *f)
{
	char why[1200];
	const json_t *step = json_object_get(f->event, "step");
	const char *said = event_text(step, "text"), *clause = event_text(f->event, "clause");
	event_why(f->event, why, sizeof why);
	char *place = f->behind && said[0] != '\0'
			      ? make("behind this frame, line %ld, %s: ", event_whole(step, "line"), said)
			      : make("%s", f->behind ? "behind this frame: " : "");
	char *text = make("%s%s%s%s [%s%s%s]", place != NULL ? place : "", event_text(f->event, "verdict"),
			  why[0] != '\0' ? ": " : "", why, event_text(f->event, "level"), clause[0] != '\0' ? " " : "",
			  clause);
	free(place);
	return text;
}

/* In Wireshark's column of comments the step comes first, then what became of it. */
void
packets_put(FILE *out, const struct case_folder *f, size_t at, const json_t *exhibit, struct bytes octets,
	    const char *also)
{
	const char *step = event_text(exhibit, "text");
	if (at == f->deciding && !f->behind && step[0] == '\0')
		step = event_text(json_object_get(f->event, "step"), "text");
	char *verdict = at == f->deciding ? redacted(f, verdict_comment(f)) : NULL;
	char *where = make("%s:%ld link %ld%s%s", event_text(f->event, "file"), event_whole(exhibit, "line"),
			   event_whole(exhibit, "link"), step[0] != '\0' ? ": " : "", step);
	where = redacted(f, where);
	const struct pcapng_packet p = {
		.ns = f->began_ns + exhibit_ns(exhibit),
		.direction = exhibit_is(exhibit, "frame-out") ? PCAPNG_OUTBOUND : PCAPNG_INBOUND,
		.octets = octets,
		.comments = { where, also, verdict, event_text(f->event, "full_id") },
	};
	pcapng_packet(out, &p);
	free(where);
	free(verdict);
}

bool
report_packets(const struct case_folder *f, struct err *e)
{
	const json_t *x;
	struct atomic_file a;
	size_t at;
	bool ok = true;
	if (!atomic_file_begin(&a, e))
		return false;
	packets_begin(a.out, f, "Frames as they were; plain.pcapng has them decrypted.");
	json_array_foreach(json_object_get(f->event, "exhibits"), at, x) {
		struct bytes octets;
		uint8_t *room = NULL;
		if (!ok || !exhibit_is_frame(x))
			continue;
		ok = exhibit_octets(x, &room, &octets);
		if (ok)
			packets_put(a.out, f, at, x, octets, NULL);
		free(room);
	}
	if (ok)
		return new_folder_put(&f->to, &a, "packets.pcapng", 0666, e);
	atomic_file_drop(&a);
	return fail(e, ERR_SYNTAX, "case %s: a frame's octets: want hexadecimal digits in pairs",
		    event_text(f->event, "full_id"));
}
