#include "reports/event.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/text.h"

const char *
event_text(const json_t *event, const char *key)
{
	const char *text = json_string_value(json_object_get(event, key));
	return text != NULL ? text : "";
}

double
event_number(const json_t *event, const char *key)
{
	double v = json_number_value(json_object_get(event, key));
	return isfinite(v) ? v : 0;
}

long
event_whole(const json_t *event, const char *key)
{
	double v = event_number(event, key);
	return v > -1e9 && v < 1e9 ? (long)v : 0;
}

long
event_line(const json_t *event)
{
	long line = event_whole(json_object_get(event, "step"), "line");
	if (line < 1)
		line = event_whole(event, "line");
	return line > 0 ? line : 0;
}

const char *
event_suite(const json_t *event)
{
	const char *suite = event_text(event, "suite");
	return suite[0] != '\0' ? suite : "espy";
}

bool
event_is(const json_t *event, const char *verdict)
{
	return strcmp(event_text(event, "verdict"), verdict) == 0;
}

bool
event_unmet(const json_t *event)
{
	return event_is(event, "FAIL") || event_is(event, "INCONCLUSIVE") || event_is(event, "ERROR") ||
	       event_is(event, "XPASS");
}

bool
event_has_exhibit(const json_t *event, const char *kind)
{
	const json_t *x;
	size_t i;
	json_array_foreach(json_object_get(event, "exhibits"), i, x)
		if (exhibit_is(x, kind))
			return true;
	return false;
}

bool
exhibit_is(const json_t *exhibit, const char *kind)
{
	return strcmp(event_text(exhibit, "kind"), kind) == 0;
}

bool
exhibit_is_frame(const json_t *exhibit)
{
	return exhibit_is(exhibit, "frame-out") || exhibit_is(exhibit, "frame-in");
}

bool
exhibit_octets(const json_t *exhibit, uint8_t **room, struct bytes *octets)
{
	const char *hex = event_text(exhibit, "octets");
	size_t n = strlen(hex) / 2;
	*octets = BYTES_NONE;
	*room = malloc(n + 1);
	struct wr w = wr_of(*room, *room != NULL ? n : 0);
	if (*room != NULL && text_read_hex(hex, &w)) {
		*octets = wr_done(&w);
		return true;
	}
	free(*room);
	*room = NULL;
	return false;
}

void
trim_cut_sequence(char *text)
{
	size_t n = strlen(text), back = 0;
	while (back < n && back < 3 && ((unsigned char)text[n - 1 - back] & 0xc0) == 0x80)
		back++;
	unsigned lead = back < n ? (unsigned char)text[n - 1 - back] : 0;
	size_t want = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
	if (want > back + 1)
		text[n - 1 - back] = '\0';
}

void
event_why(const json_t *event, char *out, size_t cap)
{
	const json_t *diff = json_object_get(event, "diff"), *first = json_array_get(diff, 0);
	const char *want = event_text(event, "want"), *got = event_text(event, "got");
	FILE *f = fmemopen(out, cap, "w");
	out[0] = '\0';
	if (f == NULL)
		return;
	if (first != NULL) {
		put_printable(f, event_text(first, "field"), true);
		fputs(": ", f);
		want = event_text(first, "want");
		got = event_text(first, "got");
	}
	const char *reason = event_text(event, "reason");
	if (first != NULL || (reason[0] == '\0' && (want[0] != '\0' || got[0] != '\0'))) {
		fputs("want ", f);
		put_printable(f, want, true);
		fputs(", got ", f);
		put_printable(f, got, true);
	} else {
		put_printable(f, reason, true);
	}
	if (json_array_size(diff) > 1)
		fprintf(f, " (and %zu more)", json_array_size(diff) - 1);
	fclose(f);
	out[cap - 1] = '\0';
	trim_cut_sequence(out);
}

const char *
event_hint(const json_t *event, size_t n)
{
	const char *text = json_string_value(json_array_get(json_object_get(event, "hints"), n));
	return text != NULL ? text : "";
}

void
put_printable(FILE *out, const char *text, bool one_line)
{
	for (const char *p = text; *p != '\0'; p++) {
		unsigned c = (unsigned char)*p, next = (unsigned char)p[1];
		if (c == 0xc2 && next >= 0x80 && next < 0xa0) {
			fprintf(out, "\\x%02x", next); /* the C1 controls steer terminals too */
			p++;
		} else if ((c < 0x20 && (one_line || c != '\n')) || c == 0x7f) {
			fprintf(out, "\\x%02x", c);
		} else {
			putc((int)c, out);
		}
	}
}

unsigned
names_seen(json_t *book, const char *name)
{
	json_int_t n = json_integer_value(json_object_get(book, name));
	json_object_set_new_nocheck(book, name, json_integer(n + 1));
	return (unsigned)n;
}

static uint32_t
fnv1a(const char *text)
{
	uint32_t h = 2166136261u;
	for (; *text != '\0'; text++)
		h = (h ^ (unsigned char)*text) * 16777619u;
	return h;
}

#define COMPONENT_MAX 120 /* file systems end at 255 octets; the hash and "~12" come behind */

/* One name between slashes; true if it had to be changed. */
static bool
put_component(FILE *out, const char *p, size_t n)
{
	static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-+=@,";
	bool changed = n > COMPONENT_MAX;
	for (size_t i = 0; i < n && i < COMPONENT_MAX; i++) {
		bool good = strchr(safe, p[i]) != NULL && (i > 0 || (p[0] != '.' && p[0] != '-'));
		changed |= !good;
		putc(good ? p[i] : '_', out);
	}
	return changed;
}

void
case_path(const char *full_id, unsigned nth, char *out, size_t cap)
{
	bool changed = false;
	FILE *f = fmemopen(out, cap, "w");
	out[0] = '\0';
	if (f == NULL)
		return;
	fputs("cases", f);
	for (const char *p = full_id; *p != '\0';) {
		size_t n = strcspn(p, "/");
		if (n > 0) {
			putc('/', f);
			changed |= put_component(f, p, n);
		}
		changed |= n == 0 || (p[n] == '/' && p[n + 1] == '\0');
		p += n + (p[n] == '/');
	}
	if (changed)
		fprintf(f, "%s_%08x", full_id[strspn(full_id, "/")] == '\0' ? "/" : "", (unsigned)fnv1a(full_id));
	if (nth > 0)
		fprintf(f, "~%u", nth + 1);
	fclose(f);
	out[cap - 1] = '\0';
}
