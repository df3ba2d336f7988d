#include "runner/target/target.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "runner/target/channel_agent.h"
#include "runner/target/console.h"
#include "runner/target/machine_words.h"
#include "runner/target/uml.h"

#define BOOT_MS 20000
#define REPLY_MS 5000
#define CARRIER 2 /* the NIC that is for the agent protocol alone */
#define CARRIER_NAME "vec2"

static const uint8_t target_macs[UML_NICS][6] = {
	{ 2, 0, 0, 0, 1, 1 },
	{ 2, 0, 0, 0, 2, 1 },
	{ 2, 0, 0, 0, 3, 1 },
};

struct linux_target {
	struct uml uml;
	int console, carrier;
};

/* Both ends of what is between us and the machine; -1 where there is none any more. */
struct ends {
	int line, nic[UML_NICS];
};

static void
shut(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void
ends_close(struct ends *s)
{
	shut(&s->line);
	for (int i = 0; i < UML_NICS; i++)
		shut(&s->nic[i]);
}

static bool
pair(int type, int *ours, int *theirs, struct err *e)
{
	int fds[2];
	if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fds) != 0)
		return fail_errno(e, "socketpair");
	*ours = fds[0];
	*theirs = fds[1];
	return true;
}

static bool
ends_open(struct ends *ours, struct ends *theirs, struct err *e)
{
	*ours = *theirs = (struct ends){ -1, { -1, -1, -1 } };
	if (!pair(SOCK_STREAM, &ours->line, &theirs->line, e))
		return false;
	for (int i = 0; i < UML_NICS; i++)
		if (!pair(SOCK_SEQPACKET, &ours->nic[i], &theirs->nic[i], e))
			return false;
	return true;
}

static bool
boot_failed(int console, const char *what, struct err *e)
{
	char tail[256];
	console_tail(console, tail, sizeof tail);
	return fail(e, ERR_DEAD, "the kernel %s; its console ends: %s", what, tail);
}

/* The keeper goes when the last process of the kernel has; a panic is given a moment to get there. */
static bool
linux_ended(struct target *t, char *how, size_t cap)
{
	enum { TIMES = 50 };
	const struct timespec a_little = { 0, 10000000 };
	const struct linux_target *l = t->impl;
	for (unsigned i = 0; i < TIMES && l != NULL; i++) {
		char tail[256];
		siginfo_t s = { .si_pid = 0 };
		if (waitid(P_PID, (id_t)l->uml.keeper, &s, WEXITED | WNOHANG | WNOWAIT) != 0 || s.si_pid != 0) {
			console_tail(l->console, tail, sizeof tail);
			snprintf(how, cap, "is a kernel that has ended; its console ends: %s", tail);
			return true;
		}
		nanosleep(&a_little, NULL);
	}
	return false;
}

/* What the agent in the machine is told to configure: see agent/machine.h. */
static void
agent_words(char *words, size_t cap)
{
	const struct target_options everywhere = { .wishes = NULL };
	size_t n = (size_t)snprintf(words, cap, "espy.carrier=%s", CARRIER_NAME);
	(void)machine_words(words + n, cap - n, "vec", &everywhere);
}

static bool
start(struct linux_target *l, const struct target_options *o, const struct ends *theirs, struct err *e)
{
	char kernel[512], initramfs[512], words[2048], macs[UML_NICS][18];
	struct uml_wiring w = { .line = theirs->line, .console = l->console, .cpu = o->worker, .words = words };
	for (int i = 0; i < UML_NICS; i++) {
		machine_mac_text(target_macs[i], macs[i]);
		w.nic[i] = theirs->nic[i];
		w.mac[i] = macs[i];
	}
	agent_words(words, sizeof words);
	return uml_find_kernel(o->argument, kernel, sizeof kernel, e) &&
	       uml_find_initramfs(initramfs, sizeof initramfs, e) && uml_start(&l->uml, kernel, initramfs, &w, e);
}

/* The machine is up when its agent says the first octet, and gone when the line ends. */
static bool
wait_for_line(const struct linux_target *l, int line, unsigned timeout_ms, struct err *e)
{
	char what[64], octet;
	struct pollfd p = { .fd = line, .events = POLLIN };
	int n = poll(&p, 1, (int)(timeout_ms ? timeout_ms : BOOT_MS));
	if (n < 0)
		return fail_errno(e, "waiting for the kernel");
	if (n > 0 && recv(line, &octet, 1, MSG_PEEK | MSG_DONTWAIT) == 1)
		return true;
	snprintf(what, sizeof what, n == 0 ? "did not come up within %u ms" : "ended while booting",
		 timeout_ms ? timeout_ms : BOOT_MS);
	return boot_failed(l->console, what, e);
}

static bool
open_channel(struct target *t, struct ends *ours, unsigned timeout_ms, struct err *e)
{
	struct linux_target *l = t->impl;
	int line = ours->line;
	ours->line = -1;
	if (!channel_agent_open(&t->channel, line, line, timeout_ms ? timeout_ms : REPLY_MS, e))
		return false;
	t->has_channel = true;
	/* Kept open also when it is not used: at the end of a NIC's socket the kernel's driver spins. */
	l->carrier = ours->nic[CARRIER];
	ours->nic[CARRIER] = -1;
	/* A machine without the third NIC is slower and otherwise the same. */
	return channel_agent_move(&t->channel, l->carrier, CARRIER_NAME, e) || e->code == ERR_REFUSED;
}

static bool
open_links(struct target *t, struct ends *ours, struct err *e)
{
	for (unsigned i = 0; i < TARGET_LINKS; i++) {
		struct wr target_mac = wr_of(t->link[i].target_mac, 6), tester_mac = wr_of(t->link[i].tester_mac, 6);
		if (!link_fd_open(&t->link[i], ours->nic[i], e))
			return false;
		ours->nic[i] = -1;
		t->links++;
		wr_bytes(&target_mac, BYTES_OF(target_macs[i]));
		wr_bytes(&tester_mac, BYTES_OF(machine_tester_macs[i]));
		t->net[i] = target_nets[i];
	}
	return true;
}

static void
linux_close(struct target *t)
{
	struct linux_target *l = t->impl;
	if (l == NULL)
		return;
	uml_stop(&l->uml);
	if (t->has_channel)
		t->channel.ops->close(&t->channel);
	for (unsigned i = 0; i < t->links; i++)
		t->link[i].ops->close(&t->link[i]);
	shut(&l->carrier);
	shut(&l->console);
	free(l);
	t->has_channel = false;
	t->links = 0;
	t->impl = NULL;
}

static bool
bring_up(struct target *t, const struct target_options *o, struct ends *ours, struct ends *theirs, struct err *e)
{
	struct linux_target *l = t->impl;
	bool started = ends_open(ours, theirs, e) && start(l, o, theirs, e);
	/* With our copies of its ends closed, its end shows as the end of ours. */
	ends_close(theirs);
	return started && wait_for_line(l, ours->line, o->timeout_ms, e) && open_channel(t, ours, o->timeout_ms, e) &&
	       open_links(t, ours, e);
}

bool
target_linux_open(struct target *t, const struct target_options *o, struct err *e)
{
	struct err why = { .code = ERR_NONE };
	struct ends ours, theirs;
	struct linux_target *l = calloc(1, sizeof *l);
	if (l == NULL)
		return fail_errno(e, "linux target");
	memset(t, 0, sizeof *t);
	l->carrier = -1;
	t->driver = "linux";
	t->profile = "linux";
	t->impl = l;
	t->close = linux_close;
	t->ended = linux_ended;
	snprintf(t->name, sizeof t->name, o->argument != NULL ? "linux:%s" : "linux",
		 o->argument != NULL ? o->argument : "");
	l->console = console_open(o, e);
	if (l->console < 0) {
		free(l);
		t->impl = NULL;
		return false;
	}
	bool ok = bring_up(t, o, &ours, &theirs, &why);
	ends_close(&ours);
	if (!ok) {
		linux_close(t);
		if (e != NULL)
			*e = why;
		return false;
	}
	memcpy(t->os, t->channel.hello.os, sizeof t->os);
	memcpy(t->release, t->channel.hello.release, sizeof t->release);
	return true;
}
