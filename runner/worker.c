#include "runner/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runner/case_event.h"
#include "runner/second_look.h"
#include "runner/start_event.h"
#include "runner/excuses.h"
#include "runner/instance.h"
#include "runner/manager.h"

#define JOBS_MAX 64
#define RESTARTS_MAX 8

/* Shared by all: the next case to take, and which case each worker is in. */
struct board {
	atomic_uint next;
	atomic_int current[JOBS_MAX]; /* -1: between cases */
};

struct one {
	pid_t pid;
	int fd;
	char *line; /* being received */
	size_t n, cap;
	bool ready;       /* its target came up */
	char *last_words; /* why it could not start, or go on */
	unsigned crashes;
};

struct workers {
	struct worker_setup setup;
	struct board *board;
	struct one w[JOBS_MAX];
	unsigned n;
};

/* --- the child ------------------------------------------------------------------------------- */

static bool
write_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t w = write(fd, p, n);
		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0)
			return false;
		p += w;
		n -= (size_t)w;
	}
	return true;
}

/* Takes the line over. */
static void
say(int fd, char *line)
{
	bool ok = line != NULL && write_all(fd, line, strlen(line)) && write_all(fd, "\n", 1);
	free(line);
	if (!ok)
		_exit(70); /* nobody listens any more */
}

static void
say_event(int fd, const char *event, unsigned worker, const char *reason)
{
	json_t *j = json_pack("{s:s, s:i, s:s}", "event", event, "worker", (int)worker, "reason", reason);
	say(fd, json_dumps(j, JSON_COMPACT));
	json_decref(j);
}

static bool
instance_up(struct instance *x, const struct worker_setup *s, unsigned worker, struct err *e)
{
	const struct instance_wish w = { .target = s->target,
					 .wishes = s->wishes,
					 .manager = s->manager,
					 .dir = s->dir,
					 .worker = worker,
					 .seed = s->seed };
	return instance_open(x, &w, e);
}

static void
say_ready(int fd, const struct instance *x, unsigned worker)
{
	json_t *j = json_pack("{s:s, s:i, s:o}", "event", "ready", "worker", (int)worker, "target",
			      start_event_target(&x->engine));
	say(fd, json_dumps(j, JSON_COMPACT));
	json_decref(j);
}

static int
worker_main(const struct workers *all, unsigned worker, int fd)
{
	static struct instance x;
	const struct worker_setup *s = &all->setup;
	struct second_look look = { 0 };
	struct err e = { 0 };
	unsigned restarts = 0;
	if (!instance_up(&x, s, worker, &e)) {
		say_event(fd, "unavailable", worker, e.text);
		return 3;
	}
	say_ready(fd, &x, worker);
	for (;;) {
		unsigned i = atomic_fetch_add(&all->board->next, 1);
		if (i >= s->plan->n)
			break;
		atomic_store(&all->board->current[worker], (int)i);
		struct outcome o;
		uint64_t began = clock_ns();
		const struct evidence *seen = second_look_run(&look, &x.engine, &s->plan->items[i], &o);
		double ms = (double)(clock_ns() - began) / 1e6;
		say(fd, case_event(&x.engine, &s->plan->items[i], i, worker, ms, seen, &o, s->everything));
		atomic_store(&all->board->current[worker], -1);
		if (s->fail_fast && o.verdict == V_FAIL &&
		    !(s->excuses != NULL && excuses_cover(s->excuses, s->plan->items[i].full_id)))
			atomic_store(&all->board->next, s->plan->n);
		if (!x.engine.dead)
			continue;
		instance_close(&x);
		say_event(fd, "restart", worker, x.engine.why_dead);
		if (++restarts > RESTARTS_MAX || !instance_up(&x, s, worker, &e)) {
			say_event(fd, "unavailable", worker,
				  restarts > RESTARTS_MAX ? "the target died too often" : e.text);
			return 3;
		}
	}
	second_look_free(&look);
	instance_close(&x);
	return 0;
}

/* --- the parent ------------------------------------------------------------------------------ */

static bool
spawn(struct workers *all, unsigned i, struct err *e)
{
	int p[2];
	if (pipe2(p, O_CLOEXEC) != 0)
		return fail_errno(e, "pipe");
	pid_t parent = getpid();
	fflush(NULL);
	pid_t pid = fork();
	if (pid < 0) {
		close(p[0]);
		close(p[1]);
		return fail_errno(e, "fork");
	}
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != parent)
			_exit(70);
		signal(SIGINT, SIG_IGN);  /* the parent decides when a run ends */
		signal(SIGTERM, SIG_DFL); /* and says so with this, whose handler was the parent's */
		signal(SIGPIPE, SIG_IGN);
		close(p[0]);
		for (unsigned k = 0; k < all->n; k++)
			if (all->w[k].fd >= 0)
				close(all->w[k].fd);
		exit(worker_main(all, i, p[1]));
	}
	close(p[1]);
	all->w[i].pid = pid;
	all->w[i].fd = p[0];
	all->w[i].n = 0;
	return true;
}

struct workers *
workers_start(const struct worker_setup *s, struct err *e)
{
	struct workers *all = calloc(1, sizeof *all);
	if (all == NULL) {
		fail(e, ERR_IO, "out of memory");
		return NULL;
	}
	all->setup = *s;
	all->board = mmap(NULL, sizeof *all->board, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (all->board == MAP_FAILED) {
		fail_errno(e, "mmap");
		free(all);
		return NULL;
	}
	unsigned jobs = s->jobs < s->plan->n ? s->jobs : s->plan->n;
	jobs = jobs > JOBS_MAX ? JOBS_MAX : jobs == 0 ? 1 : jobs;
	for (unsigned i = 0; i < JOBS_MAX; i++) {
		atomic_store(&all->board->current[i], -1);
		all->w[i].fd = -1;
	}
	for (; all->n < jobs; all->n++) {
		if (spawn(all, all->n, e))
			continue;
		if (all->n == 0) {
			workers_free(all);
			return NULL;
		}
		break; /* fewer will do */
	}
	return all;
}

/* Events about the worker itself are for us; everything else goes on. */
static bool
take_line(struct one *w, const char *line, size_t n, bool (*on_line)(void *, const char *, size_t), void *ctx)
{
	if (n > 22 && strncmp(line, "{\"event\":\"unavailable\"", 22) == 0) {
		free(w->last_words);
		w->last_words = strndup(line, n);
		return true;
	}
	if (n > 16 && strncmp(line, "{\"event\":\"ready\"", 16) == 0)
		w->ready = true;
	return on_line(ctx, line, n);
}

static bool
take_lines(struct one *w, bool (*on_line)(void *, const char *, size_t), void *ctx)
{
	char *start = w->line, *end;
	bool ok = true;
	while (ok && (end = memchr(start, '\n', w->n - (size_t)(start - w->line))) != NULL) {
		ok = take_line(w, start, (size_t)(end - start), on_line, ctx);
		start = end + 1;
	}
	w->n -= (size_t)(start - w->line);
	memmove(w->line, start, w->n);
	return ok;
}

/* False at the end of the stream. */
static bool
receive(struct one *w)
{
	if (w->cap - w->n < 65536) {
		char *more = realloc(w->line, w->cap * 2 + 131072);
		if (more == NULL)
			return false;
		w->line = more;
		w->cap = w->cap * 2 + 131072;
	}
	ssize_t got = read(w->fd, w->line + w->n, w->cap - w->n);
	if (got > 0)
		w->n += (size_t)got;
	return got > 0 || (got < 0 && errno == EINTR);
}

static void
cause_of_death(int status, char *text, size_t cap)
{
	if (WIFSIGNALED(status))
		snprintf(text, cap, "espy itself crashed here: %s", strsignal(WTERMSIG(status)));
	else
		snprintf(text, cap, "espy itself stopped here with status %d", WEXITSTATUS(status));
}

/* A worker that died inside a case leaves no event: the case is an ERROR of ours, with what killed it. */
static bool
mourn(struct workers *all, unsigned i, const char *cause, bool (*on_line)(void *, const char *, size_t), void *ctx)
{
	int at = atomic_exchange(&all->board->current[i], -1);
	if (at < 0)
		return true;
	struct engine none = { 0 };
	struct evidence empty = { 0 };
	struct outcome o = { .verdict = V_ERROR };
	snprintf(o.reason, sizeof o.reason, "%s", cause);
	char *line = case_event(&none, &all->setup.plan->items[at], (unsigned)at, i, 0, &empty, &o, false);
	bool ok = line == NULL || on_line(ctx, line, strlen(line));
	evidence_free(&empty);
	free(line);
	return ok;
}

/* Another in place of a worker that crashed, for the cases that are left; one that never came up would crash again. */
static bool
replace(struct workers *all, unsigned i, const char *cause, bool (*on_line)(void *, const char *, size_t), void *ctx)
{
	struct one *w = &all->w[i];
	struct err e;
	if (!w->ready || atomic_load(&all->board->next) >= all->setup.plan->n)
		return true;
	json_t *j = json_pack("{s:s, s:i, s:s}", "event", "restart", "worker", (int)i, "reason", cause);
	char *line = json_dumps(j, JSON_COMPACT);
	json_decref(j);
	if (++w->crashes > RESTARTS_MAX || !spawn(all, i, &e)) {
		free(w->last_words);
		w->last_words = line;
		return true;
	}
	bool ok = line == NULL || on_line(ctx, line, strlen(line));
	free(line);
	return ok;
}

/* The end of a worker's stream. */
static bool
finish(struct workers *all, unsigned i, bool (*on_line)(void *, const char *, size_t), void *ctx)
{
	struct one *w = &all->w[i];
	char cause[200];
	int status = 0;
	close(w->fd);
	w->fd = -1;
	while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR)
		;
	w->pid = 0;
	if (WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 3))
		return true;
	cause_of_death(status, cause, sizeof cause);
	return mourn(all, i, cause, on_line, ctx) && replace(all, i, cause, on_line, ctx);
}

static bool
none_ready(const struct workers *all, struct err *e)
{
	for (unsigned i = 0; i < all->n; i++)
		if (all->w[i].ready && all->w[i].last_words == NULL)
			return false;
	for (unsigned i = 0; i < all->n; i++) {
		json_t *j = all->w[i].last_words != NULL ? json_loads(all->w[i].last_words, 0, NULL) : NULL;
		const char *why = json_string_value(json_object_get(j, "reason"));
		if (why != NULL)
			fail(e, ERR_DEAD, "%s", why);
		else
			fail(e, ERR_DEAD, "target %s: its worker ended without a word", all->setup.target);
		json_decref(j);
		if (why != NULL)
			break;
	}
	return true;
}

bool
workers_collect(struct workers *all, bool (*on_line)(void *, const char *, size_t), void *ctx, const volatile int *stop,
		struct err *e)
{
	unsigned open = all->n;
	bool ok = true;
	while (open > 0 && ok && *stop == 0) {
		struct pollfd p[JOBS_MAX];
		for (unsigned i = 0; i < all->n; i++)
			p[i] = (struct pollfd){ .fd = all->w[i].fd, .events = POLLIN };
		if (poll(p, all->n, -1) < 0)
			continue; /* a signal: *stop says which */
		for (unsigned i = 0; i < all->n && ok; i++) {
			if (p[i].revents == 0)
				continue;
			if (receive(&all->w[i])) {
				ok = take_lines(&all->w[i], on_line, ctx);
			} else {
				ok = finish(all, i, on_line, ctx);
				open -= all->w[i].fd < 0;
			}
		}
	}
	if (!ok || *stop != 0)
		return ok;
	return !none_ready(all, e);
}

void
workers_free(struct workers *all)
{
	if (all == NULL)
		return;
	for (unsigned i = 0; i < all->n; i++) {
		struct one *w = &all->w[i];
		if (w->fd >= 0)
			close(w->fd);
		if (w->pid > 0) {
			kill(w->pid, SIGTERM);
			while (waitpid(w->pid, NULL, 0) < 0 && errno == EINTR)
				;
		}
		free(w->line);
		free(w->last_words);
	}
	munmap(all->board, sizeof *all->board);
	free(all);
}
