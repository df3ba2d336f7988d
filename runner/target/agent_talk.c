#include "runner/target/agent_talk.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

/*
 * Octets of requests without a reply yet. In frames: what the target's buffers surely hold. On a stream, which
 * may be a serial line: a terminal holds 4,095, and the one of User-Mode Linux stalls when it fills.
 */
#define IN_FLIGHT_FRAMES (256u << 10)
#define IN_FLIGHT_STREAM 2048u
#define QUEUE_MAX (64u << 20) /* events nobody takes */

struct queued {
	int sock;
	uint64_t when_ns;
	size_t n;
}; /* ahead of each event's octets in the queue */

static uint64_t
now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static const struct asked *
oldest(const struct agent_talk *a)
{
	return &a->asked[a->n_answered % ASKED_MAX];
}

static bool
outstanding(const struct agent_talk *a)
{
	return a->n_asked != a->n_answered;
}

/* The end: remembers why, with what was asked last and not answered. */
static bool
died(struct agent_talk *a, const struct err *why, struct err *e)
{
	a->dead = *why;
	a->dead.code = ERR_DEAD;
	if (outstanding(a)) {
		size_t n = strlen(a->dead.text);
		snprintf(a->dead.text + n, sizeof a->dead.text - n, "; it was asked to %s", oldest(a)->what);
	}
	if (e != NULL)
		*e = a->dead;
	return false;
}

static bool
alive(const struct agent_talk *a, struct err *e)
{
	if (a->dead.code == ERR_NONE)
		return true;
	if (e != NULL)
		*e = a->dead;
	return false;
}

static bool
queue_event(struct agent_talk *a, const struct frame *f, struct err *e)
{
	struct queued q = { f->handle, now_ns(), f->body.n };
	if (buffer_size(&a->queue) > QUEUE_MAX)
		return fail(e, ERR_DEAD, "espy-agent: more than %u octets of events that nobody takes", QUEUE_MAX);
	if (!buffer_add(&a->queue, (struct bytes){ (const uint8_t *)&q, sizeof q }) || !buffer_add(&a->queue, f->body))
		return fail_errno(e, "agent: queueing an event");
	return true;
}

static void
remember_refusal(struct err *to, const char *what, struct rd *r)
{
	if (to->code != ERR_NONE)
		return;
	int number = (int)rd_uint(r, 4);
	struct bytes why = rd_rest(r);
	(void)fail(to, ERR_REFUSED, "asked to %s, the target said %.*s (errno %d)", what, (int)why.n,
		   (const char *)why.p, number);
	to->os_errno = number;
}

static bool
take_reply(struct agent_talk *a, const struct frame *f, struct err *e)
{
	const struct asked *q = oldest(a);
	if (!outstanding(a) || f->tag != q->tag)
		return fail(e, ERR_DEAD, "espy-agent: reply to op %u, tag %u out of turn", f->op & 0x7fu, f->tag);
	struct rd r = rd_of(f->body);
	uint64_t status = rd_uint(&r, 4);
	if (r.bad)
		return fail(e, ERR_DEAD, "espy-agent: a reply of %zu octets has no status", f->body.n);
	a->n_answered++;
	if (status != 0) {
		r = rd_of(f->body);
		remember_refusal(q->late ? &a->late : &a->refused, q->what, &r);
	} else if (!q->late) {
		a->reply.from = a->reply.to = 0;
		if (!buffer_add(&a->reply, rd_rest(&r)))
			return fail_errno(e, "agent: keeping a reply");
	}
	return true;
}

static bool
take_frame(struct agent_talk *a, const struct frame *f, struct err *e)
{
	char what[48];
	struct rd r = rd_of(f->body);
	if (f->op == AGENT_EVENT)
		return queue_event(a, f, e);
	if (f->op & AGENT_REPLY)
		return take_reply(a, f, e);
	if (f->op != AGENT_TROUBLE)
		return fail(e, ERR_DEAD, "espy-agent: op 0x%02x is neither reply nor event", f->op);
	snprintf(what, sizeof what, "receive on socket %u", f->handle);
	remember_refusal(&a->late, what, &r);
	return true;
}

/* Everything whole that has arrived. */
static bool
take_frames(struct agent_talk *a, struct err *e)
{
	struct frame f;
	size_t used;
	enum frame_found found;
	while ((found = frame_take(buffer_held(&a->wire.rx), &f, &used)) == FRAME_WHOLE) {
		if (!take_frame(a, &f, e))
			return false;
		buffer_drop(&a->wire.rx, used);
	}
	if (found == FRAME_BAD)
		return fail(e, ERR_DEAD, "espy-agent: what came is not a frame of its protocol");
	return true;
}

static bool
exchange(struct agent_talk *a, int wait_ms, bool *moved, struct err *e)
{
	struct err why = { .code = ERR_NONE };
	if (!alive(a, e))
		return false;
	bool ok = agent_wire_exchange(&a->wire, wait_ms, moved, &why);
	struct err bad = { .code = ERR_NONE };
	if (!take_frames(a, &bad))
		return died(a, &bad, e);
	if (!ok && buffer_size(&a->wire.rx) > 0)
		(void)fail(&why, ERR_DEAD, "espy-agent closed the connection in the middle of a frame");
	return ok || died(a, &why, e);
}

/* Until everything asked is answered. The patience begins anew whenever something moves. */
static bool
settle(struct agent_talk *a, struct err *e)
{
	struct err why;
	uint64_t patience = (uint64_t)a->timeout_ms * 1000000u, last = now_ns(), now;
	while (outstanding(a)) {
		bool moved;
		if (!exchange(a, (int)a->timeout_ms, &moved, e))
			return false;
		now = now_ns();
		if (moved)
			last = now;
		else if (now - last >= patience) {
			(void)fail(&why, ERR_DEAD, "espy-agent did not answer within %u ms", a->timeout_ms);
			return died(a, &why, e);
		}
	}
	a->in_flight = 0;
	return true;
}

static bool
has_room(const struct agent_talk *a, size_t more)
{
	size_t most = a->wire.frames >= 0 ? IN_FLIGHT_FRAMES : IN_FLIGHT_STREAM;
	return !outstanding(a) || (a->n_asked - a->n_answered < ASKED_MAX && a->in_flight + more <= most);
}

bool
agent_talk_ask(struct agent_talk *a, struct agent_request r, struct err *e, const char *fmt, ...)
{
	if (!alive(a, e))
		return false;
	if (r.head.n + r.tail.n + AGENT_HEAD > AGENT_LENGTH_MAX)
		return fail(e, ERR_RANGE, "agent: a request of %zu octets", r.head.n + r.tail.n);
	size_t n = 4 + AGENT_HEAD + r.head.n + r.tail.n;
	if (!has_room(a, n) && !settle(a, e))
		return false;
	struct asked *q = &a->asked[a->n_asked % ASKED_MAX];
	q->tag = (uint8_t)a->n_asked;
	q->late = r.late;
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(q->what, sizeof q->what, fmt, ap);
	va_end(ap);
	struct frame f = { (uint8_t)r.op, q->tag, (uint16_t)r.sock, BYTES_NONE };
	if (!frame_put(&a->wire.tx, f, r.head, r.tail))
		return fail_errno(e, "agent: queueing a request");
	a->n_asked++;
	a->in_flight += n;
	return true;
}

bool
agent_talk_answered(struct agent_talk *a, struct err *e)
{
	if (!settle(a, e))
		return false;
	if (a->refused.code == ERR_NONE)
		return true;
	if (e != NULL)
		*e = a->refused;
	a->refused = (struct err){ .code = ERR_NONE };
	return false;
}

bool
agent_talk_late(struct agent_talk *a, struct err *e)
{
	if (a->late.code == ERR_NONE)
		return true;
	if (e != NULL)
		*e = a->late;
	a->late = (struct err){ .code = ERR_NONE };
	return false;
}

bool
agent_talk_turn(struct agent_talk *a, struct err *e)
{
	bool moved;
	return exchange(a, 0, &moved, e);
}

static void
read_event(struct agent_talk *a, struct agent_event *ev)
{
	struct queued q = { 0, 0, 0 };
	struct wr copy = wr_of((uint8_t *)&q, sizeof q);
	wr_bytes(&copy, bytes_slice(buffer_held(&a->queue), 0, sizeof q));
	*ev = (struct agent_event){ q.sock, q.when_ns, bytes_slice(buffer_held(&a->queue), sizeof q, q.n) };
	a->taken = sizeof q + q.n;
}

bool
agent_talk_event(struct agent_talk *a, struct agent_event *ev, struct err *e)
{
	bool ok = true;
	buffer_drop(&a->queue, a->taken);
	a->taken = 0;
	/* Also sends what is waiting to go: a caller who looks for an answer wants the question asked. */
	if (buffer_size(&a->queue) == 0 || buffer_size(&a->wire.tx) > 0)
		ok = agent_talk_turn(a, e);
	if (buffer_size(&a->queue) == 0) {
		if (ok && e != NULL)
			e->code = ERR_NONE;
		return false;
	}
	read_event(a, ev);
	return true;
}

/* The agent speaks first: its hello is waited for like the reply to a request with tag 0. */
bool
agent_talk_open(struct agent_talk *a, int in, int out, unsigned timeout_ms, struct err *e)
{
	memset(a, 0, sizeof *a);
	a->timeout_ms = timeout_ms;
	a->asked[0] = (struct asked){ .tag = 0, .late = false, .what = "say hello" };
	a->n_asked = 1;
	if (agent_wire_open(&a->wire, in, out, e) && agent_talk_answered(a, e))
		return true;
	agent_talk_close(a);
	return false;
}

void
agent_talk_close(struct agent_talk *a)
{
	agent_wire_close(&a->wire);
	buffer_free(&a->queue);
	buffer_free(&a->reply);
}
