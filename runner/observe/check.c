/* espy check: passive verdicts over a capture. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "runner/observe/check_pool.h"
#include "runner/observe/check_report.h"
#include "runner/commands.h"
#include "runner/options.h"

enum { O_SA, O_POLICY, O_JSON, O_PADDING, O_STRICT, O_SUMMARY, O_THREADS };

static const struct option_row rows[] = {
	[O_SA] = { 's', "sa", "FILE", "SAs as setkey text; may be given again" },
	[O_POLICY] = { 0, "policy", "FILE",
		       "policies (setkey, ipsecconf or ip xfrm) that datagrams must obey, clear ones too" },
	[O_JSON] = { 'j', "json", NULL, "one object a line: frame, protocol, spi, seq, verdict, note, inner" },
	[O_PADDING] = { 'p', "strict-padding", NULL, "ESP padding must be 1, 2, 3, .. (RFC 4303 2.4)" },
	[O_STRICT] = { 0, "strict", NULL, "duplicates, late packets and reused IVs make the exit status 1" },
	[O_SUMMARY] = { 0, "summary", NULL,
			"a line for every SA; without it only for those with something to tell, and none in JSON" },
	[O_THREADS] = { 0, "threads", "N", "judge in N threads (default: one a processor)" },
	{ 0, NULL, NULL, NULL },
};

const struct options check_options = {
	"espy check FILE --sa SETKEY [--policy FILE]",
	"Passive verdicts over a capture (pcap or pcapng): every AH, ESP and IPComp packet is verified with the SAs of SETKEY, which\n"
	"is written as for setkey(8) with -esn and -seq N for extended sequence numbers. Fragments are put together first;\n"
	"the verdict is told at the last of them.\n\n"
	"Verdicts: ok, dummy (next header 59: authentic, carries nothing), or why the packet is refused: no-sa, icv, block,\n"
	"pad-length, padding, ah-length, mode, inner, encap, compression, short, header, policy (see --policy), fragment (some of the\n"
	"datagram's fragments are missing). What is ok may have a note: duplicate (the number was seen within the last 1,024), late (too old to\n"
	"tell), iv-reused (another packet of the SA, among the last million of all, had this IV). At the end a line for\n"
	"each SA with missing numbers, duplicates or reused IVs.\n\n"
	"With --policy the first entry of direction out that matches the innermost datagram and the first of direction in are held against\n"
	"the SAs by which it came, clear ones too; policy is the verdict when neither lets it pass.\n\n"
	"Exit status: 0 every packet is ok; 1 some are refused; 2 usage, SAs or capture cannot be read or end early; 4 no AH\n"
	"or ESP packet was there.",
	rows,
};

#define SA_FILES 64
#define WINDOW 1024
#define THREADS 16
#define AHEAD 8

struct check {
	const char *path, *policies;
	bool padding, strict;
	long threads;
	const char *sa[SA_FILES];
	unsigned sa_n;
	struct passive_spd *spd;
	struct passive *own, *judge[THREADS];
	unsigned judges;
	struct pool *pool;
	bool ordered;
	unsigned long frames;
	struct check_report report;
};

/* --- judging --------------------------------------------------------------------------------- */

static void
read_batch(struct check *c, struct batch *b)
{
	for (unsigned i = 0; i < b->n; i++) {
		struct batch_frame *f = &b->frame[i];
		if (f->serial)
			passive_judge(c->own, f->frame.number, f->frame.datagram, f->frame.captured < f->frame.length,
				      &f->verdict);
		/* Far enough for memory to answer, near enough not to be forgotten. */
		if (i + AHEAD < b->n && !b->frame[i + AHEAD].serial)
			check_report_expect(&c->report, &b->frame[i + AHEAD].verdict);
		check_report_aside(&c->report, &f->frame, &f->verdict);
		check_report_verdict(&c->report, &f->verdict);
	}
	pool_give_back(c->pool, b);
}

/*
 * Whole ESP datagrams, in UDP too, can be judged in any order. AH cannot: how its peer pads is learnt from the first packet, and 4 and 41
 * may hold it, as the pool finds AH inside of ESP.
 */
static bool
is_serial(const struct check *c, struct bytes datagram)
{
	struct rd r = rd_of(datagram);
	bool v6 = rd_peek(&r, 0) >> 4 == 6;
	uint8_t protocol = rd_peek(&r, v6 ? 6 : 9);
	bool fragment = !v6 && ((rd_peek(&r, 6) & 0x3f) != 0 || rd_peek(&r, 7) != 0);
	return c->ordered || c->judges == 0 || fragment || (protocol != 50 && protocol != 17);
}

static struct batch *
next_batch(struct check *c)
{
	struct batch *b = pool_empty(c->pool);
	if (b == NULL) {
		read_batch(c, pool_take(c->pool));
		b = pool_empty(c->pool);
	}
	return b;
}

/* True if the whole file could be read. */
static bool
check_frames(struct check *c, struct capture *capture)
{
	struct frame f;
	struct err e;
	enum capture_next next;
	struct batch *b = next_batch(c);
	while ((next = capture_next(capture, &f, &e)) == CAPTURE_FRAME) {
		bool serial = is_serial(c, f.datagram);
		c->frames++;
		if (batch_add(b, &f, serial))
			continue;
		pool_submit(c->pool, b);
		b = next_batch(c);
		(void)batch_add(b, &f, serial); /* an empty one takes any frame */
	}
	pool_submit(c->pool, b);
	while ((b = pool_take(c->pool)) != NULL)
		read_batch(c, b);
	for (struct passive_verdict v; passive_left(c->own, &v);)
		check_report_verdict(&c->report, &v);
	if (next == CAPTURE_BAD)
		fprintf(stderr, "espy check: %s\n", e.text);
	return next == CAPTURE_END;
}

static int
status_of(const struct check *c, bool whole)
{
	const struct check_report *r = &c->report;
	if (!whole || r->cut > 0 || r->no_memory)
		return 2;
	if (r->ok + r->refused + r->clear == 0) {
		fprintf(stderr, "espy check: %s: no AH or ESP packet in %lu frames\n", c->path, c->frames);
		return 4;
	}
	return r->refused > 0 || (c->strict && r->noted > 0) ? 1 : 0;
}

static int
run(struct check *c)
{
	struct err e;
	struct capture *capture = capture_open(c->path, &e);
	if (capture == NULL) {
		fprintf(stderr, "espy check: %s\n", e.text);
		return 2;
	}
	bool whole = check_frames(c, capture);
	capture_close(capture);
	check_report_end(&c->report);
	return status_of(c, whole);
}

/* --- command --------------------------------------------------------------------------------- */

static struct passive *
new_judge(const struct check *c, struct err *e)
{
	struct passive *p = passive_new(c->padding, e);
	for (unsigned i = 0; p != NULL && i < c->sa_n; i++)
		if (!passive_load(p, c->sa[i], e)) {
			passive_free(p);
			return NULL;
		}
	if (p != NULL)
		passive_obey(p, c->spd);
	return p;
}

/* A thread each but for this one, which reads and prints; where the order matters there is nothing for them to do. */
static bool
prepare(struct check *c, struct err *e)
{
	if (c->policies != NULL && (c->spd = passive_spd_load(c->policies, e)) == NULL)
		return false;
	c->own = new_judge(c, e);
	if (c->own == NULL)
		return false;
	c->ordered = passive_is_ordered(c->own);
	long n = c->threads > 0 ? c->threads : sysconf(_SC_NPROCESSORS_ONLN);
	for (; !c->ordered && n > 1 && c->judges < THREADS && (long)c->judges < n; c->judges++) {
		c->judge[c->judges] = new_judge(c, e);
		if (c->judge[c->judges] == NULL)
			return false;
	}
	c->report.path = c->path;
	c->report.policies = c->policies;
	c->report.trail = trail_new(WINDOW, e);
	c->pool = c->report.trail != NULL ? pool_new(c->judge, c->judges, e) : NULL;
	return c->pool != NULL;
}

static void
dispose(struct check *c)
{
	pool_free(c->pool);
	trail_free(c->report.trail);
	for (unsigned i = 0; i < c->judges; i++)
		passive_free(c->judge[i]);
	passive_free(c->own);
	passive_spd_free(c->spd);
}

static int
usage(const char *what)
{
	fprintf(stderr, "espy check: %s\nTry 'espy check --help'.\n", what);
	return 2;
}

static const char *
option(struct check *c, int o, const char *value)
{
	char *end;
	c->report.json |= o == O_JSON;
	c->padding |= o == O_PADDING;
	c->strict |= o == O_STRICT;
	c->report.all_sas |= o == O_SUMMARY;
	if (o == O_POLICY && c->policies != NULL)
		return "one --policy, please";
	if (o == O_POLICY)
		c->policies = value;
	if (o == O_SA && c->sa_n == SA_FILES)
		return "too many --sa";
	if (o == O_SA)
		c->sa[c->sa_n++] = value;
	if (o != O_THREADS)
		return NULL;
	c->threads = strtol(value, &end, 10);
	return *end == '\0' && c->threads > 0 ? NULL : "--threads: want a number from 1";
}

int
cmd_check(int argc, char **argv)
{
	struct check c = { 0 };
	struct err e;
	const char *value, *wrong;
	int o, first;
	while ((o = options_next(&check_options, argc, argv, &value, &first)) >= 0)
		if ((wrong = option(&c, o, value)) != NULL)
			return usage(wrong);
	if (o < -1)
		return o == -3 ? 0 : 2;
	if (argc - first != 1)
		return usage("want one capture");
	if (c.sa_n == 0 && c.policies == NULL)
		return usage("want SAs: --sa FILE");
	c.path = argv[first];
	int status = 2;
	if (prepare(&c, &e))
		status = run(&c);
	else
		fprintf(stderr, "espy check: %s\n", e.text);
	dispose(&c);
	return status;
}
