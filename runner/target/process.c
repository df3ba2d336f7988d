#include "runner/target/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "runner/target/netns.h"

#define FIRST_LENT 3
#define LENT_FROM 100  /* where descriptors wait while 3, 4, .. are made free for them */
#define GOES_MS 1000   /* with its stream closed */
#define OBEYS_MS 500   /* after SIGTERM */
#define CANNOT_RUN 127 /* as sh says it */
#define SIGNALLED 128  /* a shell adds the signal that killed its command */

/* --- in the child ---------------------------------------------------------------------------- */

/* The last words of a child that does not become what it should. */
static _Noreturn void
give_up(const char *what)
{
	char text[300];
	int n = snprintf(text, sizeof text, "espy: %s: %s\n", what, strerror(errno));
	(void)!write(STDERR_FILENO, text, n > 0 ? (size_t)n : 0);
	_exit(CANNOT_RUN);
}

/* In two moves: a descriptor to lend may itself be 3. */
static void
place_lent(const struct process_setup *s)
{
	int n = 0, moved[PROCESS_LENT];
	for (; n < PROCESS_LENT && s->lent[n] >= 0; n++)
		if ((moved[n] = fcntl(s->lent[n], F_DUPFD, LENT_FROM)) < 0)
			give_up("descriptors");
	for (int i = 0; i < n; i++)
		if (dup2(moved[i], FIRST_LENT + i) < 0 || close(moved[i]) != 0)
			give_up("descriptors");
}

static void
enter_netns(const char *name)
{
	struct err e;
	int home;
	if (name == NULL || netns_enter(name, &home, &e))
		return;
	dprintf(STDERR_FILENO, "espy: %s\n", e.text);
	_exit(CANNOT_RUN);
}

static _Noreturn void
become(const struct process_setup *s, int stream, int words, pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(CANNOT_RUN);
	if (dup2(stream, STDIN_FILENO) < 0 || dup2(stream, STDOUT_FILENO) < 0 || dup2(words, STDERR_FILENO) < 0)
		give_up("standard input and output");
	enter_netns(s->netns);
	place_lent(s);
	for (int i = 0; i < PROCESS_VARIABLES && s->variable[i].name != NULL; i++)
		(void)setenv(s->variable[i].name, s->variable[i].value, 1);
	signal(SIGPIPE, SIG_DFL);
	if (s->program != NULL)
		execl(s->program, s->program, (char *)NULL);
	else
		execl("/bin/sh", "sh", "-c", s->command, (char *)NULL);
	give_up(s->program != NULL ? s->program : "/bin/sh");
}

/* --- its standard error ---------------------------------------------------------------------- */

static _Noreturn void
forward(int from, const char *prefix)
{
	char line[1000];
	FILE *in = fdopen(from, "r");
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	while (in != NULL && fgets(line, sizeof line, in) != NULL)
		dprintf(STDERR_FILENO, "%s: %s%s", prefix, line, strchr(line, '\n') != NULL ? "" : "\n");
	_exit(0);
}

/* Where its words go, -1: nowhere. The forwarder is a process of its own, since nobody here has time to read. */
static int
open_words(struct process *p, const struct process_setup *s)
{
	int ends[2];
	if (s->console >= 0)
		return fcntl(s->console, F_DUPFD_CLOEXEC, LENT_FROM);
	if (pipe2(ends, O_CLOEXEC) != 0)
		return -1;
	fflush(NULL);
	p->forwarder = fork();
	if (p->forwarder == 0) {
		close(ends[1]);
		forward(ends[0], s->prefix);
	}
	close(ends[0]);
	if (p->forwarder > 0)
		return ends[1];
	close(ends[1]);
	return -1;
}

/* --- outside --------------------------------------------------------------------------------- */

bool
process_start(struct process *p, const struct process_setup *s, int *stream, struct err *e)
{
	int ends[2];
	pid_t parent = getpid();
	*p = (struct process){ .pid = 0 };
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return fail_errno(e, "socketpair");
	int words = open_words(p, s);
	fflush(NULL);
	pid_t pid = words >= 0 ? fork() : -1;
	if (pid == 0)
		become(s, ends[1], words, parent);
	if (pid < 0)
		(void)fail_errno(e, "starting %s", s->program != NULL ? s->program : s->command);
	if (words >= 0)
		close(words);
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		process_stop(p);
		return false;
	}
	p->pid = pid;
	*stream = ends[0];
	return true;
}

/* Reaps it if it ends within ms. */
static bool
reaped(struct process *p, unsigned ms)
{
	const struct timespec a_little = { 0, 1000000 };
	for (unsigned i = 0; p->pid > 0; i++) {
		pid_t got = waitpid(p->pid, &p->status, WNOHANG);
		if (got == p->pid || (got < 0 && errno != EINTR)) {
			p->ended = got == p->pid;
			p->pid = 0;
		} else if (i >= ms) {
			return false;
		} else {
			nanosleep(&a_little, NULL);
		}
	}
	return true;
}

bool
process_has_ended(struct process *p, unsigned ms, char *how, size_t cap)
{
	if (!reaped(p, ms) || !p->ended)
		return false;
	if (WIFSIGNALED(p->status))
		snprintf(how, cap, "was killed by signal %d (%s)", WTERMSIG(p->status), strsignal(WTERMSIG(p->status)));
	else if (WEXITSTATUS(p->status) > SIGNALLED && WEXITSTATUS(p->status) < SIGNALLED + 65)
		snprintf(how, cap, "ended with exit status %d (as of signal %d: %s)", WEXITSTATUS(p->status),
			 WEXITSTATUS(p->status) - SIGNALLED, strsignal(WEXITSTATUS(p->status) - SIGNALLED));
	else
		snprintf(how, cap, "ended with exit status %d", WEXITSTATUS(p->status));
	return true;
}

void
process_stop(struct process *p)
{
	if (p->pid > 0 && !reaped(p, GOES_MS)) {
		kill(p->pid, SIGTERM);
		if (!reaped(p, OBEYS_MS)) {
			kill(p->pid, SIGKILL);
			(void)reaped(p, OBEYS_MS);
		}
	}
	if (p->forwarder <= 0)
		return;
	/* Its pipe has ended, unless a grandchild keeps it. */
	struct process f = { .pid = p->forwarder };
	if (!reaped(&f, 100)) {
		kill(f.pid, SIGTERM);
		(void)reaped(&f, OBEYS_MS);
	}
	p->forwarder = 0;
}
