/*
 * espy check beside tshark doing the same: decryption and a check of every ICV, and a line for each packet. The programs take turns, so
 * that the machine's moods strike both; medians are compared. What they print is verified once, outside of the measurement.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runner/bench/bench.h"
#include "runner/bench/capture.h"

enum { PACKETS = 200000, TURNS = 3, TURNS_ALONE = 7, MEMORY = 64, ARGUMENTS = 24 };

struct bench {
	char dir[40], out[BENCH_PATH];
	const char *espy;
	bool tshark; /* it is installed */
};

struct turn {
	double seconds, peak; /* peak: MiB */
};

/* --- programs -------------------------------------------------------------------------------- */

/* In the child. On all processors, unlike us; with the preferences of our directory. */
static _Noreturn void
become(const struct bench *b, char *const *argv, const char *out)
{
	cpu_set_t all;
	memset(&all, 0xff, sizeof all);
	(void)sched_setaffinity(0, sizeof all, &all);
	if (freopen(out, "w", stdout) != NULL && freopen("/dev/null", "w", stderr) != NULL &&
	    setenv("HOME", b->dir, 1) == 0 && unsetenv("XDG_CONFIG_HOME") == 0)
		execvp(argv[0], argv);
	_exit(127);
}

static bool
take_turn(const struct bench *b, char *const *argv, const char *out, struct turn *t, struct err *e)
{
	struct rusage used;
	int status;
	double start = bench_now();
	pid_t pid = fork();
	if (pid == 0)
		become(b, argv, out);
	if (pid < 0 || wait4(pid, &status, 0, &used) != pid)
		return fail_errno(e, "%s", argv[0]);
	*t = (struct turn){ bench_now() - start, (double)used.ru_maxrss / 1024 };
	return (WIFEXITED(status) && WEXITSTATUS(status) == 0) ||
	       fail(e, ERR_IO, "%s %s: status %d", argv[0], argv[1], status);
}

/* Words are not written to; execvp's type is older than const. */
static char *
word(const char *w)
{
	return (char *)(uintptr_t)w;
}

static bool
run_espy(const struct bench *b, const struct bench_capture *c, const char *threads, const char *out, struct turn *t,
	 struct err *e)
{
	char *argv[] = { word(b->espy),   word("check"),     word(c->pcap), word("--sa"),
			 word(c->setkey), word("--threads"), word(threads), NULL };
	if (threads == NULL)
		argv[5] = NULL;
	return take_turn(b, argv, out, t, e);
}

static bool
run_tshark(const struct bench *b, const struct bench_capture *c, const char *out, struct turn *t, struct err *e)
{
	char *argv[] = { word("tshark"),
			 word("-n"),
			 word("-r"),
			 word(c->pcap),
			 word("-o"),
			 word("esp.enable_encryption_decode:TRUE"),
			 word("-o"),
			 word("esp.enable_authentication_check:TRUE"),
			 word("-T"),
			 word("fields"),
			 word("-e"),
			 word("frame.number"),
			 word("-e"),
			 word("esp.icv_good"),
			 word("-e"),
			 word("ip.proto"),
			 NULL };
	return take_turn(b, argv, out, t, e);
}

static bool
tshark_is_here(const struct bench *b)
{
	char *argv[] = { word("tshark"), word("--version"), NULL };
	struct turn t;
	return take_turn(b, argv, "/dev/null", &t, NULL);
}

/* --- what they print ------------------------------------------------------------------------- */

/* How many lines hold these words, and how many there are. */
static bool
count_lines(const char *path, const char *words, unsigned *having, unsigned *all, struct err *e)
{
	char line[400];
	FILE *f = fopen(path, "r");
	*having = *all = 0;
	if (f == NULL)
		return fail_errno(e, "%s", path);
	while (fgets(line, sizeof line, f) != NULL) {
		*having += strstr(line, words) != NULL;
		++*all;
	}
	fclose(f);
	return true;
}

static bool
verify(const struct bench *b, const struct bench_capture *c, struct turn *t, struct err *e)
{
	unsigned having, all;
	if (!run_espy(b, c, NULL, b->out, t, e) || !count_lines(b->out, " ok\n", &having, &all, e))
		return false;
	if (having != c->packets || all != c->packets + 1)
		return fail(e, ERR_RANGE, "%s: espy calls %u of %u packets ok", c->pcap, having, c->packets);
	if (!b->tshark || c->esp_sa[0] == '\0')
		return true;
	struct turn theirs;
	/* 17, UDP, comes out of the tunnel only where it was decrypted. */
	if (!run_tshark(b, c, b->out, &theirs, e) || !count_lines(b->out, "17\n", &having, &all, e))
		return false;
	return having == c->packets ||
	       fail(e, ERR_RANGE, "%s: tshark opens %u of %u packets", c->pcap, having, c->packets);
}

/* --- comparisons ----------------------------------------------------------------------------- */

static double
rate(double *seconds, unsigned n, unsigned packets)
{
	return 1e-3 * packets / bench_median(seconds, n);
}

static bool
make(const struct bench *b, const char *name, struct bench_capture *c, struct err *e)
{
	snprintf(c->pcap, sizeof c->pcap, "%s/%s.pcap", b->dir, name);
	snprintf(c->setkey, sizeof c->setkey, "%s/%s.setkey", b->dir, name);
	return bench_capture_write(c, e);
}

static bool
beside_tshark(const struct bench *b, struct bench_results *r, const char *name, struct bench_capture *c, double goal,
	      struct err *e)
{
	double ours[TURNS], theirs[TURNS];
	struct turn t;
	char few[48], many[48];
	snprintf(c->esp_sa, sizeof c->esp_sa, "%s/.config/wireshark/esp_sa", b->dir);
	if (!make(b, name, c, e) || !verify(b, c, &t, e))
		return false;
	for (unsigned i = 0; i < TURNS; i++) {
		struct turn own;
		if (!run_espy(b, c, NULL, "/dev/null", &own, e) || !run_tshark(b, c, "/dev/null", &t, e))
			return false;
		ours[i] = own.seconds;
		theirs[i] = t.seconds;
	}
	snprintf(few, sizeof few, "tshark %s", name);
	snprintf(many, sizeof many, "check %s", name);
	bench_compare(r, few, rate(theirs, TURNS, c->packets), many, rate(ours, TURNS, c->packets), "k/s", goal);
	return true;
}

/* Two captures or two numbers of threads in turn. */
static bool
beside_itself(const struct bench *b, struct bench_results *r, const char *few, const struct bench_capture *less,
	      const char *threads, const char *many, const struct bench_capture *more, double goal, struct err *e)
{
	double first[TURNS_ALONE], second[TURNS_ALONE];
	for (unsigned i = 0; i < TURNS_ALONE; i++) {
		struct turn x, y;
		if (!run_espy(b, less, threads, "/dev/null", &x, e) || !run_espy(b, more, NULL, "/dev/null", &y, e))
			return false;
		first[i] = x.seconds;
		second[i] = y.seconds;
	}
	bench_compare(r, few, rate(first, TURNS_ALONE, less->packets), many, rate(second, TURNS_ALONE, more->packets),
		      "k/s", goal);
	return true;
}

static void
add_peak(struct bench_results *r, const char *name, double peak)
{
	struct bench_result *row = bench_add(r, name, 0, peak, "MiB");
	snprintf(row->against, sizeof row->against, "check memory bound");
	row->ratio = MEMORY / peak;
	row->goal = 1;
}

static bool
alone(const struct bench *b, struct bench_results *r, struct err *e)
{
	struct bench_capture few = { .enc = "aes-gcm-16", .sas = 4, .packets = PACKETS };
	struct bench_capture many = { .enc = "aes-gcm-16", .sas = 1000, .packets = PACKETS };
	struct bench_capture longer = { .enc = "aes-gcm-16", .sas = 4, .packets = 10 * PACKETS };
	struct turn t[3];
	bool ok = make(b, "few", &few, e) && make(b, "many", &many, e) && verify(b, &few, &t[0], e) &&
		  verify(b, &many, &t[1], e) &&
		  beside_itself(b, r, "check, 4 SAs", &few, NULL, "check, 1,000 SAs", &many, 0.7, e);
	if (ok && sysconf(_SC_NPROCESSORS_ONLN) > 1)
		ok = beside_itself(b, r, "check, one thread", &few, "1", "check, all threads", &few, 1.2, e);
	ok = ok && make(b, "longer", &longer, e) && verify(b, &longer, &t[2], e);
	if (!ok)
		return false;
	bench_add(r, "check memory bound", 0, MEMORY, "MiB");
	add_peak(r, "check memory, 200,000 packets", t[0].peak);
	add_peak(r, "check memory, 1,000 SAs", t[1].peak);
	add_peak(r, "check memory, 2,000,000 packets", t[2].peak);
	return true;
}

static bool
with_tshark(struct bench *b, struct bench_results *r, struct err *e)
{
	struct bench_capture gcm = { .enc = "aes-gcm-16", .sas = 4, .packets = PACKETS };
	struct bench_capture cbc = { .enc = "aes-cbc", .auth = "hmac-sha2-256-128", .sas = 4, .packets = PACKETS };
	b->tshark = tshark_is_here(b);
	if (!b->tshark) {
		fprintf(stderr, "espy-bench: tshark is not here: nothing to set espy check beside\n");
		return true;
	}
	return beside_tshark(b, r, "AES-GCM", &gcm, 25, e) && beside_tshark(b, r, "AES-CBC+HMAC-SHA-256", &cbc, 20, e);
}

static void
tidy(const struct bench *b)
{
	char *argv[] = { word("rm"), word("-rf"), word(b->dir), NULL };
	struct turn t;
	(void)take_turn(b, argv, "/dev/null", &t, NULL);
}

bool
bench_check(struct bench_results *r, const char *espy, struct err *e)
{
	struct bench b = { .dir = "/tmp/espy-bench-XXXXXX", .espy = espy };
	char config[BENCH_PATH];
	if (mkdtemp(b.dir) == NULL)
		return fail_errno(e, "%s", b.dir);
	snprintf(b.out, sizeof b.out, "%s/out", b.dir);
	snprintf(config, sizeof config, "%s/.config", b.dir);
	bool ok = mkdir(config, 0700) == 0;
	strcat(config, "/wireshark");
	ok = (ok && mkdir(config, 0700) == 0) || fail_errno(e, "%s", config);
	ok = ok && with_tshark(&b, r, e) && alone(&b, r, e);
	tidy(&b);
	return ok;
}
