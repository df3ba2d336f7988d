/*
 * espy replay --onto beside tcpreplay --topspeed: the same frames onto the same veth, whose other end drops them, in a network namespace that
 * ends with us. They take turns; medians are compared.
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runner/bench/bench.h"
#include "runner/bench/capture.h"

enum { PACKETS = 1000, LOOPS = 600, TURNS = 5 };

#define DEVICE "espybench0"
#define VETH                                                                                                           \
	"ip link add " DEVICE " mtu 2000 type veth peer name espybench1 mtu 2000 && ip link set " DEVICE               \
	" up && ip link set espybench1 up"

struct wire {
	char dir[40];
	struct bench_capture capture;
	const char *espy;
};

/* Frames a second, in thousands, as the program itself prints them: the number in front of `unit`. */
static bool
run_sender(const char *command, const char *unit, double *rate, struct err *e)
{
	char line[400];
	FILE *p = popen(command, "re");
	*rate = 0;
	if (p == NULL)
		return fail_errno(e, "%s", command);
	while (fgets(line, sizeof line, p) != NULL) {
		char *at = strstr(line, unit);
		while (at != NULL && at > line && at[-1] != ' ')
			at--;
		while (at != NULL && at > line && at[-1] == ' ')
			at--;
		while (at != NULL && at > line && at[-1] != ' ')
			at--;
		if (at != NULL)
			*rate = strtod(at, NULL) / 1000;
	}
	int status = pclose(p);
	return (status == 0 && *rate > 0) || fail(e, ERR_IO, "%s: status %d, and no rate", command, status);
}

static bool
take_turns(const struct wire *w, double ours[TURNS], double theirs[TURNS], struct err *e)
{
	char own[600], other[600];
	snprintf(own, sizeof own, "%.100s replay %s --onto %s --loop %d", w->espy, w->capture.pcap, DEVICE, LOOPS);
	snprintf(other, sizeof other, "tcpreplay --topspeed --preload-pcap --loop=%d -i %s %s 2>/dev/null", LOOPS,
		 DEVICE, w->capture.pcap);
	for (unsigned i = 0; i < TURNS; i++)
		if (!run_sender(own, "frames/s", &ours[i], e) || !run_sender(other, "pps", &theirs[i], e))
			return false;
	return true;
}

static void
skip(const char *why)
{
	fprintf(stderr, "espy-bench: replay onto a veth is left out: %s\n", why);
}

/* In a namespace of ours: nobody else's traffic, and nothing to tidy. */
static bool
in_namespace(const struct wire *w, struct bench_results *r, struct err *e)
{
	double ours[TURNS], theirs[TURNS];
	int home = -1;
	if (system("command -v tcpreplay >/dev/null 2>&1") != 0) {
		skip("no tcpreplay here (apt-get install tcpreplay)");
		return true;
	}
	FILE *here = fopen("/proc/self/ns/net", "re");
	if (here != NULL)
		home = fileno(here);
	if (home < 0 || unshare(CLONE_NEWNET) != 0) {
		skip("no network namespace of our own (it needs root)");
		if (here != NULL)
			fclose(here);
		return true;
	}
	bool made = system(VETH) == 0;
	if (!made)
		skip("no veth here");
	bool ok = !made || take_turns(w, ours, theirs, e);
	if (ok && made)
		bench_compare(r, "tcpreplay --topspeed", bench_median(theirs, TURNS), "replay --onto",
			      bench_median(ours, TURNS), "k/s", 1.0);
	ok = (setns(home, CLONE_NEWNET) == 0 || fail_errno(e, "setns")) && ok;
	fclose(here);
	return ok;
}

bool
bench_wire(struct bench_results *r, const char *espy, struct err *e)
{
	struct wire w = { .dir = "/tmp/espy-wire-XXXXXX",
			  .capture = { .enc = "aes-gcm-16", .sas = 4, .packets = PACKETS },
			  .espy = espy };
	if (mkdtemp(w.dir) == NULL)
		return fail_errno(e, "%s", w.dir);
	snprintf(w.capture.pcap, sizeof w.capture.pcap, "%s/wire.pcap", w.dir);
	snprintf(w.capture.setkey, sizeof w.capture.setkey, "%s/wire.setkey", w.dir);
	bool ok = bench_capture_write(&w.capture, e) && in_namespace(&w, r, e);
	(void)unlink(w.capture.pcap);
	(void)unlink(w.capture.setkey);
	(void)rmdir(w.dir);
	return ok;
}
