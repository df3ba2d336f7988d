/* espy decode: a packet field by field. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/observe/capture.h"
#include "runner/commands.h"
#include "runner/observe/decode.h"
#include "runner/help/offers.h"
#include "runner/options.h"
#include "runner/observe/passive.h"
#include "runner/suite_source.h"
#include "wire/text.h"

enum { O_SA, O_FRAME, O_PFKEY, O_KEYS };

static const struct option_row rows[] = {
	[O_SA] = { 's', "sa", "FILE", "setkey text whose SAs open AH and ESP; may be repeated" },
	[O_FRAME] = { 'f', "frame", "N", "of a capture: this frame alone (default: the first 100)" },
	[O_PFKEY] = { 0, "pfkey", "OS", "the octets are a PF_KEY message of linux, kame, freebsd, .." },
	[O_KEYS] = { 0, "show-keys", NULL, "print the keys of a PF_KEY message" },
	{ 0, NULL, NULL, NULL },
};

const struct options decode_options = {
	"espy decode FILE|HEX.. [--sa FILE] [--frame N] [--pfkey OS]",
	"Annotates one packet field by field with RFC clauses: place (octet, or octet.bit), octets, field, value, clause.\n"
	"FILE is a pcap or pcapng capture, or text with an IP datagram in hexadecimal ('-': standard input; offsets in\n"
	"front of a colon are skipped, as xxd and tcpdump -x print them); HEX says it right here. With SAs what was inside\n"
	"ESP is shown too. Exit status: 0; 1 an AH or ESP that the SAs should open is refused; 2 usage, or it cannot be read.",
	rows,
};

#define OCTETS_MAX 65600
#define FRAMES_MAX 100

struct request {
	struct passive *sas;
	const struct dialect *pfkey;
	unsigned long frame;
	bool show_keys, refused;
};

static int
misuse(const char *text)
{
	fprintf(stderr, "espy decode: %s\n", text);
	return 2;
}

/* --- octets from text ------------------------------------------------------------------------ */

/* "0010:" or "00000010:" at the start of a line is an offset. */
static const char *
skip_offset(const char *p)
{
	const char *q = p;
	while (*q == ' ' || *q == '\t')
		q++;
	if (q[0] == '0' && q[1] == 'x')
		q += 2;
	while (isxdigit((unsigned char)*q))
		q++;
	return *q == ':' && q > p ? q + 1 : p;
}

/* Everything behind two blanks on a line that had an offset is how the octets look as text. */
static bool
hex_line(const char *p, size_t n, struct wr *w, unsigned line, struct err *e)
{
	const char *begin = p, *end = p + n, *data = skip_offset(p);
	bool dump = data != p;
	for (p = data; p < end; p++) {
		if (*p == '#' || *p == '\r')
			break;
		if (isspace((unsigned char)*p)) {
			if (dump && p > data + 1 && p + 1 < end && isspace((unsigned char)p[1]))
				break;
			continue;
		}
		if (p + 1 < end && p[0] == '0' && (p[1] == 'x' || p[1] == 'X')) {
			p++;
			continue;
		}
		unsigned high = digit_of((uint8_t)p[0]), low = p + 1 < end ? digit_of((uint8_t)p[1]) : 255;
		if (high > 15 || low > 15)
			return fail(e, ERR_SYNTAX, "%u:%zu: want two hexadecimal digits, got '%.2s'", line,
				    (size_t)(p - begin) + 1, p);
		wr_uint(w, high << 4 | low, 1);
		p++;
	}
	return !w->full || fail(e, ERR_RANGE, "more than %d octets", OCTETS_MAX);
}

static bool
hex_text(const char *text, size_t n, struct wr *w, struct err *e)
{
	unsigned line = 1;
	for (const char *p = text, *end = text + n; p < end; line++) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		size_t line_n = (size_t)((eol != NULL ? eol : end) - p);
		if (!hex_line(p, line_n, w, line, e))
			return false;
		p += line_n + 1;
	}
	return w->n > 0 || fail(e, ERR_SHORT, "no octets");
}

/* --- showing --------------------------------------------------------------------------------- */

static bool
show(struct request *q, struct bytes octets, struct err *e)
{
	enum verdict v = ACCEPT;
	if (q->pfkey != NULL)
		return decode_message(stdout, q->pfkey, octets, q->show_keys, e);
	if (!decode_datagram(stdout, passive_sad(q->sas), octets, &v, e))
		return false;
	q->refused |= v != ACCEPT && v != DROP_NO_SA;
	return true;
}

static bool
show_capture(struct request *q, const char *path, struct err *e)
{
	struct capture *c = capture_open(path, e);
	struct frame f;
	enum capture_next next = CAPTURE_END;
	bool found = false, ok = c != NULL;
	while (ok && (next = capture_next(c, &f, e)) == CAPTURE_FRAME) {
		if (q->frame == 0 && f.number > FRAMES_MAX)
			break;
		if (q->frame != 0 && f.number != q->frame)
			continue;
		printf("%sframe %lu: %u octets%s\n", found ? "\n" : "", f.number, f.length,
		       f.captured < f.length ? ", not captured whole" : "");
		found = true;
		if (f.datagram.n == 0)
			printf("no IP\n");
		else if (!show(q, f.datagram, e))
			printf("unreadable: %s\n", e->text);
		if (q->frame != 0)
			break;
	}
	capture_close(c);
	if (ok && next == CAPTURE_BAD)
		return false;
	return ok && (found || fail(e, ERR_UNKNOWN, "%s: no frame %lu", path, q->frame));
}

static bool
show_hex(struct request *q, const char *name, const char *text, size_t n, struct err *e)
{
	uint8_t octets[OCTETS_MAX];
	struct wr w = wr_of(octets, sizeof octets);
	return (hex_text(text, n, &w, e) && show(q, wr_done(&w), e)) || err_prefix(e, "%s", name);
}

/* pcap in either byte order, microseconds or nanoseconds; pcapng. */
static bool
is_capture(const char *text, size_t n)
{
	static const uint32_t magics[] = { 0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1, 0x0a0d0d0a };
	struct rd r = rd_of((struct bytes){ (const uint8_t *)text, n });
	uint32_t first = (uint32_t)rd_uint(&r, 4);
	for (size_t i = 0; !r.bad && i < sizeof magics / sizeof magics[0]; i++)
		if (magics[i] == first)
			return true;
	return false;
}

static bool
show_file(struct request *q, const char *path, struct err *e)
{
	char *text = NULL;
	size_t n = 0;
	bool std = strcmp(path, "-") == 0;
	bool ok = source_read(std ? "/dev/stdin" : path, &text, &n, e);
	if (ok && is_capture(text, n) && !std)
		ok = show_capture(q, path, e);
	else if (ok)
		ok = show_hex(q, std ? "standard input" : path, text, n, e);
	free(text);
	return ok;
}

/* Words that are no file are octets. */
static bool
show_words(struct request *q, char **words, int n, struct err *e)
{
	static char text[4 * OCTETS_MAX];
	size_t at = 0;
	for (int i = 0; i < n && at < sizeof text; i++)
		at += (size_t)snprintf(text + at, sizeof text - at, "%s ", words[i]);
	if (at >= sizeof text)
		return fail(e, ERR_RANGE, "more than %d octets", OCTETS_MAX);
	return show_hex(q, "the argument", text, at, e);
}

/* --- command --------------------------------------------------------------------------------- */

static bool
unknown_dialect(const char *given, struct err *e)
{
	struct suggest near = { .given = given };
	char hint[100];
	offer_dialects(&near);
	suggest_print(&near, hint, sizeof hint);
	return fail(e, ERR_UNKNOWN, "--pfkey: no PF_KEY dialect '%s'%s", given, hint);
}

static bool
option(struct request *q, int o, const char *value, struct err *e)
{
	char *end;
	if (o == O_SA)
		return passive_load(q->sas, value, e);
	if (o == O_KEYS)
		q->show_keys = true;
	if (o == O_PFKEY && (q->pfkey = dialect_by_os(value)) == NULL)
		return unknown_dialect(value, e);
	if (o != O_FRAME)
		return true;
	q->frame = strtoul(value, &end, 10);
	return (*end == '\0' && q->frame > 0) || fail(e, ERR_RANGE, "--frame: want a number from 1, got '%s'", value);
}

static int
decode(struct request *q, int argc, char **argv)
{
	const char *value;
	int o, first;
	struct err e = { 0 };
	while ((o = options_next(&decode_options, argc, argv, &value, &first)) >= 0)
		if (!option(q, o, value, &e))
			return misuse(e.text);
	if (o < -1)
		return o == -3 ? 0 : 2;
	if (first == argc)
		return misuse("want a capture, a file or hexadecimal octets (see --help)");
	bool file = strcmp(argv[first], "-") == 0 || access(argv[first], F_OK) == 0;
	bool ok = file ? show_file(q, argv[first], &e) : show_words(q, argv + first, argc - first, &e);
	if (!ok)
		return misuse(e.text);
	return q->refused ? 1 : 0;
}

int
cmd_decode(int argc, char **argv)
{
	struct err e;
	struct request q = { .sas = passive_new(false, &e) };
	int status = q.sas != NULL ? decode(&q, argc, argv) : misuse(e.text);
	passive_free(q.sas);
	return status;
}
