#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "runner/capture.h"
#include "runner/commands.h"
#include "runner/passive.h"

static const char help[] =
	"Usage: espy check FILE --sa SETKEY [OPTION]...\n"
	"Passive verdicts over a capture (pcap or pcapng): every AH and ESP packet is verified with\n"
	"the SAs of SETKEY, which is written as for setkey(8) with -esn and -seq N for extended\n"
	"sequence numbers. Duplicates are judged like other packets.\n\n"
	"  -s, --sa FILE          SAs; may be given again\n"
	"  -j, --json             one object a line: frame, protocol, spi, seq, verdict, inner\n"
	"  -p, --strict-padding   ESP padding must be 1, 2, 3, .. (RFC 4303 2.4)\n"
	"  -h, --help             this text\n\n"
	"Verdicts: ok, dummy (next header 59: authentic, carries nothing), or why the packet is\n"
	"refused: no-sa, icv, block, pad-length, padding, ah-length, mode, inner, encap, short,\n"
	"header, fragment (some of the datagram's fragments are missing). Fragments are put together\n"
	"first; the verdict is told at the last of them.\n\n"
	"Exit status: 0 every packet is ok, 1 some are refused, 2 usage, SAs or capture cannot be\n"
	"read or end early, 4 no AH or ESP packet was there.\n";

#define SA_FILES 64

struct check {
	bool help, json, strict;
	const char *sa[SA_FILES];
	unsigned sa_n;
	unsigned long ok, refused, cut, frames;
};

/* printf per octet would cost more than the cryptography. */
static void
put_hex(struct bytes b)
{
	static const char digits[] = "0123456789abcdef";
	for (struct rd r = rd_of(b); rd_left(&r) > 0;) {
		uint8_t octet = (uint8_t)rd_uint(&r, 1);
		putc_unlocked(digits[octet >> 4], stdout);
		putc_unlocked(digits[octet & 15], stdout);
	}
}

static void
print_text(const struct passive_verdict *v)
{
	printf("frame %lu %s spi 0x%" PRIx32 " seq %" PRIu64 " %s\n", v->frame, v->protocol == 51 ? "ah" : "esp",
	       v->spi, v->seq, v->cut ? "cut" : verdict_name(v->verdict));
}

static void
print_json(const struct passive_verdict *v)
{
	printf("{\"frame\": %lu, \"protocol\": \"%s\", \"spi\": %" PRIu32 ", \"seq\": %" PRIu64 ", \"verdict\": \"%s\"",
	       v->frame, v->protocol == 51 ? "ah" : "esp", v->spi, v->seq, v->cut ? "cut" : verdict_name(v->verdict));
	if (v->inner.n > 0) {
		fputs(", \"inner\": \"", stdout);
		put_hex(v->inner);
		putc_unlocked('"', stdout);
	}
	fputs("}\n", stdout);
}

static void
tell(struct check *c, const struct passive_verdict *v)
{
	if (v->cut)
		c->cut++;
	else if (v->verdict == ACCEPT || v->verdict == DROP_DUMMY)
		c->ok++;
	else
		c->refused++;
	if (c->json)
		print_json(v);
	else
		print_text(v);
}

/* What somebody should know who reads only the verdicts. */
static void
tell_aside(const char *path, const struct frame *f, const struct passive_verdict *v)
{
	if (v->cut)
		fprintf(stderr, "espy check: %s: frame %lu: %" PRIu32 " of %" PRIu32 " octets captured: no verdict\n",
			path, f->number, f->captured, f->length);
	if (v->align8)
		fprintf(stderr,
			"espy check: %s: frame %lu: AH on IPv4 padded to 8 octets, against RFC 4302 "
			"3.3.3.2.1\n",
			path, f->number);
}

/* True if the whole file could be read. */
static bool
check_frames(struct check *c, struct passive *p, struct capture *capture, const char *path)
{
	struct frame f;
	struct err e;
	enum capture_next next;
	while ((next = capture_next(capture, &f, &e)) == CAPTURE_FRAME) {
		struct passive_verdict v;
		c->frames++;
		passive_judge(p, f.number, f.datagram, f.captured < f.length, &v);
		if (!v.is_protected)
			continue;
		tell_aside(path, &f, &v);
		tell(c, &v);
	}
	for (struct passive_verdict v; passive_left(p, &v);)
		tell(c, &v);
	if (next == CAPTURE_BAD)
		fprintf(stderr, "espy check: %s\n", e.text);
	return next == CAPTURE_END;
}

static int
status_of(const struct check *c, bool whole, const char *path)
{
	if (!c->json)
		printf("%lu ok, %lu refused\n", c->ok, c->refused);
	if (!whole || c->cut > 0)
		return 2;
	if (c->ok + c->refused == 0) {
		fprintf(stderr, "espy check: %s: no AH or ESP packet in %lu frames\n", path, c->frames);
		return 4;
	}
	return c->refused > 0 ? 1 : 0;
}

static int
run(struct check *c, struct passive *p, const char *path)
{
	struct err e;
	struct capture *capture = capture_open(path, &e);
	if (capture == NULL) {
		fprintf(stderr, "espy check: %s\n", e.text);
		return 2;
	}
	bool whole = check_frames(c, p, capture, path);
	capture_close(capture);
	return status_of(c, whole, path);
}

static int
usage(const char *what)
{
	fprintf(stderr, "espy check: %s\nTry 'espy check --help'.\n", what);
	return 2;
}

static bool
read_options(struct check *c, int argc, char **argv)
{
	static const struct option options[] = {
		{ "sa", required_argument, NULL, 's' },
		{ "json", no_argument, NULL, 'j' },
		{ "strict-padding", no_argument, NULL, 'p' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	optind = 0;
	for (int o; (o = getopt_long(argc, argv, "s:jph", options, NULL)) != -1;) {
		c->help |= o == 'h';
		c->json |= o == 'j';
		c->strict |= o == 'p';
		if (o == 's' && c->sa_n < SA_FILES)
			c->sa[c->sa_n++] = optarg;
		else if (o == 's' || o == '?')
			return false;
	}
	return true;
}

static bool
load_sas(const struct check *c, struct passive *p, struct err *e)
{
	for (unsigned i = 0; i < c->sa_n; i++)
		if (!passive_load(p, c->sa[i], e))
			return false;
	return true;
}

int
cmd_check(int argc, char **argv)
{
	struct check c = { 0 };
	struct err e;
	if (!read_options(&c, argc, argv))
		return usage("bad options");
	if (c.help)
		return fputs(help, stdout) < 0 ? 2 : 0;
	if (argc - optind != 1)
		return usage("want one capture");
	if (c.sa_n == 0)
		return usage("want SAs: --sa FILE");
	int status = 2;
	struct passive *p = passive_new(c.strict, &e);
	if (p != NULL && load_sas(&c, p, &e))
		status = run(&c, p, argv[optind]);
	else
		fprintf(stderr, "espy check: %s\n", e.text);
	passive_free(p);
	return status;
}
