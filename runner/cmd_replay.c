/* espy replay: a capture sent to a target again, or onto an interface as fast as it goes. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "runner/commands.h"
#include "runner/encore/encore.h"
#include "runner/encore/journal.h"
#include "runner/encore/onto.h"
#include "runner/instance.h"
#include "runner/manager.h"
#include "runner/options.h"

enum {
	O_SA,
	O_TARGET,
	O_REKEY,
	O_SPEED,
	O_PEER,
	O_MAP,
	O_OUT,
	O_ONTO,
	O_LOOP,
	O_AGENT,
	O_TESTER,
	O_ADDRESS,
	O_MANAGER,
	O_VERBOSE,
	O_QUIET
};

static const struct option_row rows[] = {
	[O_SA] = { 's', "sa", "FILE", "SAs and policies as setkey text; may be repeated" },
	[O_TARGET] = { 't', "target", "TARGET", "as for run: linux (default), reference, netns:NAME, .." },
	[O_REKEY] = { 0, "rekey", NULL, "other SPIs and fresh keys of the same algorithms" },
	[O_SPEED] = { 0, "speed", "WORD", "recorded (default): pauses as they were; full: none" },
	[O_PEER] = { 0, "peer", "ADDR",
		     "who in the capture is replayed (default: by the capture's flags, else who spoke first); may be repeated" },
	[O_MAP] = { 0, "map", "OLD=NEW", "another address in the place of one of the capture's; may be repeated" },
	[O_OUT] = { 'o', "output", "DIR", "leave a run directory with reports" },
	[O_ONTO] = { 0, "onto", "IFACE", "no target: send the frames as they are onto an interface" },
	[O_LOOP] = { 0, "loop", "N", "--onto: the capture N times over" },
	[O_AGENT] = { 0, "agent", "CMD", "as for run" },
	[O_TESTER] = { 0, "tester", "ADDR", "as for run" },
	[O_ADDRESS] = { 0, "target-address", "ADDR", "as for run" },
	[O_MANAGER] = { 0, "manager", "NAME", "as for run" },
	[O_VERBOSE] = { 'v', "verbose", NULL, "a line for every message, however many there are" },
	[O_QUIET] = { 'q', "quiet", NULL, "the last line alone, and what differs" },
	{ 0, NULL, NULL, NULL },
};

const struct options replay_options = {
	"espy replay FILE --sa SETKEY [-t TARGET] [--rekey] [--speed full] [-o DIR]",
	"Puts the SAs and policies of SETKEY onto a target, sends what the peer sent in the capture FILE, and holds what the target\n"
	"answers against what the capture holds, opened and message by message: same, differs (in which fields), missing, extra.\n"
	"Addresses become the tester's and the target's; a datagram is protected anew where that, or --rekey, asks for it, and what\n"
	"was wrong in it stays wrong. DIR/cases/ID/packets.pcapng with DIR/cases/ID/sa.setkey of a run is what it likes best.\n"
	"With --onto IFACE the frames go out as they are, at full speed unless --speed recorded is given.\n"
	"Exit status: 0 same, 1 it differs, 2 usage or a file that cannot be read, 3 environment, or messages that could not be\n"
	"sent; 4 nothing to send.",
	rows,
};

#define SA_FILES 16
#define LINES_MAX 200

struct command_line {
	const char *path, *target, *dir, *onto;
	const char *sa[SA_FILES];
	unsigned sas;
	struct addr peer[RECORDING_ENDS];
	unsigned peers;
	struct target_wishes wishes;
	enum manager_wish manager;
	bool rekey, full, speed_given, verbose, quiet, bar;
	unsigned long loop;
	int argc;
	char **argv;
	uint64_t began_ns, last_ns, seed;
	bool drawn;
};

static volatile int stop_signal;

static void
on_signal(int number)
{
	stop_signal = number;
}

/* --- options --------------------------------------------------------------------------------- */

static bool
complain(const struct err *e)
{
	fprintf(stderr, "espy replay: %s\n", e->text);
	return false;
}

static bool
misuse(const char *what)
{
	fprintf(stderr, "espy replay: %s\nTry 'espy replay --help'.\n", what);
	return false;
}

static bool
take_speed(struct command_line *c, const char *value)
{
	c->full = strcmp(value, "full") == 0;
	c->speed_given = true;
	return c->full || strcmp(value, "recorded") == 0 || misuse("--speed: want recorded or full");
}

static bool
take_peer(struct command_line *c, const char *value)
{
	struct err e;
	if (c->peers == RECORDING_ENDS)
		return misuse("--peer: at most one address of each family");
	return addr_parse(&c->peer[c->peers++], value, &e) || complain(&e);
}

static bool
take_loop(struct command_line *c, const char *value)
{
	char *end;
	c->loop = strtoul(value, &end, 10);
	return (*value >= '0' && *value <= '9' && *end == '\0' && c->loop > 0 && c->loop <= 1000000000) ||
	       misuse("--loop: want a number from 1 to 1000000000");
}

static bool
take_option(struct command_line *c, struct encore *x, int which, const char *value)
{
	struct err e;
	switch (which) {
	case O_SA:
		if (c->sas == SA_FILES)
			return misuse("too many --sa");
		c->sa[c->sas++] = value;
		return true;
	case O_TARGET: c->target = value; return target_known(value, &e) || complain(&e);
	case O_REKEY: c->rekey = true; return true;
	case O_SPEED: return take_speed(c, value);
	case O_PEER: return take_peer(c, value);
	case O_MAP: return address_map_parse(&x->map, value, &e) || (err_prefix(&e, "--map"), complain(&e));
	case O_OUT: c->dir = value; return true;
	case O_ONTO: c->onto = value; return true;
	case O_LOOP: return take_loop(c, value);
	case O_AGENT: c->wishes.agent = value; return true;
	case O_TESTER: return target_wish_tester(&c->wishes, value, &e) || complain(&e);
	case O_ADDRESS: return target_wish_target(&c->wishes, value, &e) || complain(&e);
	case O_MANAGER: return manager_wish_parse(value, &c->manager, &e) || complain(&e);
	case O_VERBOSE: c->verbose = true; return true;
	case O_QUIET: c->quiet = true; return true;
	default: return false;
	}
}

/* What only makes sense together. */
static bool
settle(const struct command_line *c)
{
	if (c->onto != NULL && (c->sas > 0 || c->rekey || c->target != NULL || c->dir != NULL || c->peers > 0))
		return misuse("--onto sends frames as they are: no --sa, -t, --rekey, --peer or -o with it");
	if (c->onto == NULL && c->loop > 0)
		return misuse("--loop goes with --onto");
	if (c->rekey && c->sas == 0)
		return misuse("--rekey wants SAs: --sa FILE");
	return true;
}

/* --- lines ----------------------------------------------------------------------------------- */

static void
clear_bar(struct command_line *c)
{
	if (c->drawn)
		fputs("\r\033[K", stderr);
	c->drawn = false;
}

/* A rate and the time left, twice a second, on a terminal only. */
static void
on_tick(void *ctx, size_t done, size_t all, double pauses_s)
{
	struct command_line *c = ctx;
	uint64_t now = clock_ns();
	if (!c->bar || now - c->last_ns < 500000000u || done == 0)
		return;
	double s = (double)(now - c->began_ns) / 1e9, rate = (double)done / s;
	double left = pauses_s > 0 ? pauses_s : (double)(all - done) / rate;
	c->last_ns = now;
	c->drawn = true;
	fprintf(stderr, "\r\033[K%zu of %zu messages, %.0f/s, %.0f s left", done, all, rate, left);
}

static void
on_result(void *ctx, enum encore_result what, unsigned long number, const char *text)
{
	struct command_line *c = ctx;
	bool plain = what == ENCORE_SENT || what == ENCORE_SAME;
	if (plain && c->quiet)
		return;
	clear_bar(c);
	if (what == ENCORE_EXTRA && number == 0)
		printf("frame    -  %-7s  %s\n", encore_words[what], text);
	else
		printf("frame %4lu  %-7s  %s\n", number, encore_words[what], text);
}

static int
conclude(const struct command_line *c, struct encore *x)
{
	const unsigned *n = x->count;
	unsigned differ = n[ENCORE_DIFFERS] + n[ENCORE_MISSING] + n[ENCORE_EXTRA];
	/* Where something was left out, what came differently may have come of that. */
	bool whole = n[ENCORE_SKIPPED] == 0;
	const char *word = !whole ? "not decided" : differ > 0 ? "differs" : "same";
	clear_bar((struct command_line *)(uintptr_t)c);
	bool silence = whole && differ == 0 && n[ENCORE_SAME] == 0;
	printf("%s: %u sent", word, n[ENCORE_SENT]);
	if (silence)
		fputs(", unanswered now as then", stdout);
	else
		printf(", %u answers the same", n[ENCORE_SAME]);
	for (enum encore_result i = ENCORE_DIFFERS; i <= ENCORE_SKIPPED; i++)
		if (n[i] > 0)
			printf(", %u %s", n[i], encore_words[i]);
	if (n[ENCORE_ASIDE] > 0)
		printf(", %u of others left aside", n[ENCORE_ASIDE]);
	putchar('\n');
	x->outcome.verdict = !whole ? V_INCONCLUSIVE : differ > 0 ? V_FAIL : V_PASS;
	snprintf(x->outcome.reason, sizeof x->outcome.reason, "%u of %u answers differ from the capture's", differ,
		 differ + n[ENCORE_SAME]);
	if (!whole)
		snprintf(x->outcome.reason, sizeof x->outcome.reason, "%u parts of the capture could not be sent",
			 n[ENCORE_SKIPPED]);
	else if (differ == 0)
		x->outcome.reason[0] = '\0';
	return !whole ? 3 : differ > 0 ? 1 : 0;
}

/* --- files ----------------------------------------------------------------------------------- */

static bool
find_cut(const struct recording *r)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct message *m = &r->message[i];
		if (m->missing == 0)
			continue;
		fprintf(stderr,
			"espy replay: %s: frame %lu: the capture holds %zu octets and cut off %u: take it again with a larger snapshot length (tcpdump -s 0)\n",
			r->path, m->number, m->datagram.n, m->missing);
		return true;
	}
	return false;
}

/* Whether anything would happen: a datagram of the peer's, or a step that makes the target send. */
static bool
has_stimulus(const struct encore *x)
{
	for (size_t i = 0; i < x->recording.n; i++)
		if (x->recording.message[i].sender == BY_PEER)
			return true;
	for (const struct sidecar_step *st = x->sidecar.first; st != NULL; st = st->next)
		if (st->kind == SIDECAR_DO)
			return true;
	return false;
}

static int
load(const struct command_line *c, struct encore *x)
{
	struct err e = { 0 };
	for (unsigned i = 0; i < c->sas; i++)
		if (!sidecar_read(&x->sidecar, c->sa[i], &e))
			return complain(&e), 2;
	if (!recording_read(&x->recording, c->path, &e) || !recording_orient(&x->recording, c->peer, c->peers, &e))
		return complain(&e), 2;
	if (find_cut(&x->recording))
		return 2;
	if (!has_stimulus(x)) {
		fprintf(stderr, "espy replay: %s: no datagram to send among %lu frames%s\n", c->path,
			x->recording.frames,
			x->sidecar.messages > 0 ? "; the case is one of PF_KEY messages alone" : "");
		return 4;
	}
	return 0;
}

/* --- the target ------------------------------------------------------------------------------ */

static int
fell_over(const struct encore *x, const struct err *e)
{
	if (stop_signal != 0) {
		fprintf(stderr, "espy replay: stopped by signal %d after %u messages\n", stop_signal,
			x->count[ENCORE_SENT]);
		return 128 + stop_signal;
	}
	fprintf(stderr, "espy replay: %s\n", e->text);
	if (e->code != ERR_DEAD || x->count[ENCORE_SENT] == 0)
		return e->code == ERR_SYNTAX ? 2 : 3;
	printf("differs: the target gave no sign of life after %u messages\n", x->count[ENCORE_SENT]);
	return 1;
}

static int
play(struct command_line *c, struct encore *x, struct instance *i)
{
	struct err e = { 0 };
	x->keys = (struct encore_keys){
		.map = &x->map, .rekey = c->rekey, .random = &i->pool.random, .arena = &x->arena
	};
	x->recorded_speed = !c->full;
	x->stop = &stop_signal;
	x->tell = on_result;
	x->tick = on_tick;
	x->ctx = c;
	c->quiet |= !c->verbose && x->recording.n > LINES_MAX;
	c->bar = isatty(STDERR_FILENO) == 1;
	c->began_ns = c->last_ns = clock_ns();
	if (!address_map_make(&x->map, &x->recording, &i->target, &e) || !encore_keys_open(&x->keys, &e))
		return complain(&e), 3;
	bool ok = encore_play(x, &i->engine, &e);
	clear_bar(c);
	if (!ok)
		return fell_over(x, &e);
	int status = conclude(c, x);
	const struct encore_journal j = { c->dir, c->argc, c->argv, c->seed, (double)(clock_ns() - c->began_ns) / 1e9 };
	if (c->dir != NULL && !encore_journal_write(&j, x, &i->engine, &e))
		return complain(&e), 3;
	return status;
}

static int
replay_on_target(struct command_line *c, struct encore *x)
{
	static struct instance i;
	const struct instance_wish w = { .target = c->target != NULL ? c->target : "linux",
					 .wishes = &c->wishes,
					 .manager = c->manager,
					 .seed = c->seed = (uint64_t)time(NULL) };
	struct err e = { 0 };
	struct sigaction sa = { .sa_handler = on_signal };
	int status = load(c, x);
	if (status == 0) {
		sigaction(SIGINT, &sa, NULL);
		sigaction(SIGTERM, &sa, NULL);
		status = instance_open(&i, &w, &e) ? play(c, x, &i) : (complain(&e), 3);
	}
	instance_close(&i);
	encore_keys_close(&x->keys);
	evidence_free(&x->evidence);
	arena_free(&x->work);
	arena_free(&x->arena);
	sidecar_free(&x->sidecar);
	recording_free(&x->recording);
	return status;
}

static int
replay_onto(const struct command_line *c)
{
	struct err e = { 0 };
	struct sigaction sa = { .sa_handler = on_signal };
	struct onto_wish w = { .path = c->path,
			       .interface = c->onto,
			       .loop = c->loop > 0 ? c->loop : 1,
			       .recorded = c->speed_given && !c->full,
			       .quiet = c->quiet,
			       .stop = &stop_signal };
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	int status = encore_onto(&w, &e);
	if (status != 0)
		complain(&e);
	return stop_signal != 0 ? 128 + stop_signal : status;
}

int
cmd_replay(int argc, char **argv)
{
	static struct command_line c;
	static struct encore x;
	const char *value;
	int which, first;
	c.argc = argc;
	c.argv = argv;
	while ((which = options_next(&replay_options, argc, argv, &value, &first)) >= 0)
		if (!take_option(&c, &x, which, value))
			return 2;
	if (which != -1)
		return which == -3 ? 0 : 2;
	if (argc - first != 1)
		return misuse("want one capture"), 2;
	c.path = argv[first];
	if (!settle(&c))
		return 2;
	return c.onto != NULL ? replay_onto(&c) : replay_on_target(&c, &x);
}
