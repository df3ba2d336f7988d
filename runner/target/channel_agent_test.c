#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runner/agent/frame.h"
#include "runner/target/channel_agent.h"

/* The program under test, and a program of ours that plays the agent badly. */

static struct channel c;
static struct err e;
static int far; /* the fake agent's end, or -1 */
static pid_t agent;

static const char *
agent_path(void)
{
	static char path[512], self[400];
	const char *given = getenv("ESPY_AGENT");
	if (given != NULL)
		return given;
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	self[n > 0 ? n : 0] = '\0';
	*strrchr(self, '/') = '\0';
	snprintf(path, sizeof path, "%s/../../../espy-agent", self);
	return path;
}

/* The agent as an ordinary process on a socketpair; returns our end. */
static int
start_agent(void)
{
	int fds[2];
	cr_assert(eq(int, socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0));
	agent = fork();
	if (agent == 0) {
		dup2(fds[1], 0);
		dup2(fds[1], 1);
		close(fds[0]);
		close(fds[1]);
		execl(agent_path(), "espy-agent", (char *)NULL);
		_exit(127);
	}
	close(fds[1]);
	return fds[0];
}

static int
agent_status(void)
{
	int status = -1;
	waitpid(agent, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static void
real_agent(void)
{
	int fd = start_agent();
	cr_assert(channel_agent_open(&c, fd, fd, 5000, &e), "%s", e.text);
}

static void
put(struct frame f, const char *body)
{
	struct buffer b = { NULL, 0, 0, 0 };
	cr_assert(frame_put(&b, f, (struct bytes){ (const uint8_t *)body, strlen(body) }, BYTES_NONE));
	struct bytes held = buffer_held(&b);
	cr_assert(eq(long, (long)write(far, held.p, held.n), (long)held.n));
	buffer_free(&b);
}

static void
put_octets(const void *p, size_t n)
{
	cr_assert(eq(long, (long)write(far, p, n), (long)n));
}

static const uint8_t hello[] = {
	0, 0, 0,  30, 0x81, 0, 0, 0, 0,   0,   0,   0,   'e', 's', 'p', 'y', 0,
	1, 2, 32, 0,  0,    0, 3, 6, 'n', 'e', 't', 'b', 's', 'd', 2,   '1', '0',
};

/* A socketpair whose far end the test plays, greeted already. */
static void
fake_agent(unsigned timeout_ms)
{
	int fds[2];
	cr_assert(eq(int, socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0));
	far = fds[1];
	put_octets(hello, sizeof hello);
	cr_assert(channel_agent_open(&c, fds[0], fds[0], timeout_ms, &e), "%s", e.text);
}

static const uint8_t loopback[4] = { 127, 0, 0, 1 };

/* A UDP socket on loopback, on the first port that is free. */
static int
udp_on(uint16_t *port)
{
	int sock = 0;
	for (*port = 40000; *port < 40100; ++*port)
		if (c.ops->udp_open(&c, 4, BYTES_OF(loopback), *port, NULL, &sock, &e))
			return sock;
	cr_fatal("no port: %s", e.text);
}

Test(channel_agent, says_what_it_runs_on)
{
	real_agent();
	cr_assert(eq(str, c.hello.os, "linux"));
	cr_assert(gt(uint, (unsigned)strlen(c.hello.release), 0));
	cr_assert(eq(uint, c.hello.word_bits, (unsigned)sizeof(long) * 8));
	cr_assert(eq(uint, c.hello.features & (CHAN_SOCKETS | CHAN_TUNABLES), CHAN_SOCKETS | CHAN_TUNABLES));
	c.ops->close(&c);
	cr_assert(eq(int, agent_status(), 0), "an agent whose peer has gone ends well");
}

Test(channel_agent, reads_the_hello_of_another_system)
{
	fake_agent(1000);
	cr_assert(eq(str, c.hello.os, "netbsd"));
	cr_assert(eq(str, c.hello.release, "10"));
	cr_assert(c.hello.big_endian);
	cr_assert(eq(uint, c.hello.word_bits, 32));
	cr_assert(eq(uint, c.hello.features, CHAN_PFKEY | CHAN_SOCKETS));
}

Test(channel_agent, a_datagram_sent_is_an_event_when_sync_returns)
{
	struct channel_event ev;
	uint16_t from, to;
	real_agent();
	int a = udp_on(&from), b = udp_on(&to);
	static const uint8_t data[] = "over loopback";
	cr_assert(c.ops->udp_send(&c, a, BYTES_OF(loopback), to, BYTES_OF(data), &e));
	cr_assert(c.ops->sync(&c, &e), "%s", e.text);
	cr_assert(c.ops->next_event(&c, &ev, &e), "%s", e.text);
	cr_assert(eq(int, ev.sock, b));
	cr_assert(bytes_equal(ev.data, BYTES_OF(data)));
	cr_assert(bytes_equal((struct bytes){ ev.from, ev.from_len }, BYTES_OF(loopback)));
	cr_assert(eq(uint, ev.from_port, from));
	cr_assert(gt(u64, ev.when_ns, 0));
	cr_assert(not(c.ops->next_event(&c, &ev, &e)));
	cr_assert(eq(int, (int)e.code, ERR_NONE), "no event is no error: %s", e.text);
	c.ops->close(&c);
}

Test(channel_agent, events_come_without_being_asked_for)
{
	struct channel_event ev;
	uint16_t from, to;
	real_agent();
	int a = udp_on(&from), b = udp_on(&to);
	cr_assert(c.ops->udp_send(&c, a, BYTES_OF(loopback), to, BYTES_OF(loopback), &e));
	struct pollfd p = { .fd = c.ops->fd(&c), .events = POLLIN };
	while (!c.ops->next_event(&c, &ev, &e)) {
		cr_assert(eq(int, (int)e.code, ERR_NONE), "%s", e.text);
		cr_assert(eq(int, poll(&p, 1, 5000), 1), "nothing came");
	}
	cr_assert(eq(int, ev.sock, b));
	c.ops->close(&c);
}

Test(channel_agent, hundreds_of_requests_and_megabytes_may_be_pipelined)
{
	static uint8_t data[8000];
	struct channel_event ev;
	uint16_t from, to;
	unsigned got = 0;
	real_agent();
	int a = udp_on(&from);
	udp_on(&to);
	for (unsigned i = 0; i < 500; i++) {
		struct wr w = wr_of(data, sizeof data);
		wr_uint(&w, i, 4);
		cr_assert(c.ops->udp_send(&c, a, BYTES_OF(loopback), to, BYTES_OF(data), &e), "%u: %s", i, e.text);
	}
	cr_assert(c.ops->sync(&c, &e), "%s", e.text);
	for (; c.ops->next_event(&c, &ev, &e); got++) {
		struct rd r = rd_of(ev.data);
		cr_assert(eq(uint, (unsigned)rd_uint(&r, 4), got), "out of order");
		cr_assert(eq(sz, ev.data.n, sizeof data));
	}
	cr_assert(eq(uint, got, 500));
	c.ops->close(&c);
}

Test(channel_agent, the_largest_datagram_and_the_empty_one_come_whole)
{
	static uint8_t data[65507];
	struct channel_event ev;
	uint16_t port;
	real_agent();
	int a = udp_on(&port);
	memset(data, 0x77, sizeof data);
	cr_assert(c.ops->udp_send(&c, a, BYTES_OF(loopback), port, BYTES_OF(data), &e));
	cr_assert(c.ops->udp_send(&c, a, BYTES_OF(loopback), port, BYTES_NONE, &e));
	cr_assert(c.ops->sync(&c, &e), "%s", e.text);
	cr_assert(c.ops->next_event(&c, &ev, &e));
	cr_assert(bytes_equal(ev.data, BYTES_OF(data)));
	cr_assert(c.ops->next_event(&c, &ev, &e));
	cr_assert(eq(sz, ev.data.n, 0));
	c.ops->close(&c);
}

Test(channel_agent, a_refused_send_comes_from_the_next_sync_and_only_from_it)
{
	static const uint8_t big[65530];
	uint16_t port;
	real_agent();
	int a = udp_on(&port);
	cr_assert(c.ops->udp_send(&c, a, BYTES_OF(loopback), port, BYTES_OF(big), &e), "%s", e.text);
	cr_assert(not(c.ops->sync(&c, &e)));
	cr_assert(eq(int, (int)e.code, ERR_REFUSED));
	cr_assert(eq(int, e.os_errno, 90)); /* EMSGSIZE of Linux */
	cr_assert(ne(ptr, strstr(e.text, "send a datagram of 65530 octets"), NULL), "%s", e.text);
	cr_assert(c.ops->sync(&c, &e), "%s", e.text);
	c.ops->close(&c);
}

Test(channel_agent, a_refused_bind_leaves_no_socket_behind)
{
	static const uint8_t elsewhere[4] = { 203, 0, 113, 77 };
	int sock;
	real_agent();
	for (int i = 0; i < 2 * AGENT_SOCKETS_MAX; i++) {
		cr_assert(not(c.ops->udp_open(&c, 4, BYTES_OF(elsewhere), 9, NULL, &sock, &e)));
		cr_assert(eq(int, (int)e.code, ERR_REFUSED), "round %d: %s", i, e.text);
	}
	cr_assert(ne(ptr, strstr(e.text, "Cannot assign requested address"), NULL), "%s", e.text);
	c.ops->close(&c);
}

Test(channel_agent, a_closed_socket_cannot_be_used)
{
	uint16_t port;
	real_agent();
	int a = udp_on(&port);
	cr_assert(c.ops->sock_close(&c, a, &e));
	cr_assert(not(c.ops->udp_send(&c, a, BYTES_OF(loopback), port, BYTES_NONE, &e)));
	cr_assert(eq(str, e.text, "agent: socket 1 is not open"));
	cr_assert(c.ops->sync(&c, &e), "%s", e.text);
	c.ops->close(&c);
}

Test(channel_agent, reads_and_sets_tunables)
{
	char value[256], small[2], name[] = "/tmp/espy-tunable-XXXXXX";
	real_agent();
	int fd = mkstemp(name);
	cr_assert(c.ops->tunable_set(&c, name, "42\n", &e), "%s", e.text);
	cr_assert(c.ops->tunable_get(&c, name, value, sizeof value, &e), "%s", e.text);
	cr_assert(eq(str, value, "42"));
	cr_assert(not(c.ops->tunable_get(&c, name, small, sizeof small, &e)));
	cr_assert(eq(int, (int)e.code, ERR_RANGE));
	cr_assert(c.ops->tunable_get(&c, "kernel.ostype", value, sizeof value, &e), "%s", e.text);
	cr_assert(eq(str, value, "Linux"));
	cr_assert(not(c.ops->tunable_get(&c, "net.no.such", value, sizeof value, &e)));
	cr_assert(eq(int, (int)e.code, ERR_REFUSED));
	cr_assert(eq(int, e.os_errno, 2));
	cr_assert(c.ops->sync(&c, &e), "a refusal that was told once is told again: %s", e.text);
	close(fd);
	unlink(name);
	c.ops->close(&c);
}

Test(channel_agent, what_the_agent_lacks_is_unsupported)
{
	char value[8];
	fake_agent(1000);
	cr_assert(not(c.ops->tunable_get(&c, "net.x", value, sizeof value, &e)));
	cr_assert(eq(int, (int)e.code, ERR_UNSUPPORTED));
	cr_assert(eq(str, e.text, "the agent on netbsd offers no tunables"));
}

/* --- an agent that does not behave ---------------------------------------------------------- */

Test(channel_agent, one_that_stops_answering_is_dead_with_what_it_was_asked)
{
	fake_agent(100);
	cr_assert(not(c.ops->sync(&c, &e)));
	cr_assert(eq(int, (int)e.code, ERR_DEAD));
	cr_assert(eq(str, e.text, "espy-agent did not answer within 100 ms; it was asked to sync"));
	cr_assert(not(c.ops->sync(&c, &e)));
	cr_assert(eq(int, (int)e.code, ERR_DEAD), "the dead do not come back");
	c.ops->close(&c);
}

Test(channel_agent, one_that_says_nothing_at_all_is_dead)
{
	int fds[2];
	cr_assert(eq(int, socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0));
	cr_assert(not(channel_agent_open(&c, fds[0], fds[0], 100, &e)));
	cr_assert(eq(int, (int)e.code, ERR_DEAD));
	cr_assert(eq(str, e.text, "espy-agent did not answer within 100 ms; it was asked to say hello"));
}

Test(channel_agent, one_that_dies_in_the_middle_of_a_frame_is_dead)
{
	fake_agent(1000);
	put_octets("\0\0\0\10\214", 5);
	close(far);
	cr_assert(not(c.ops->sync(&c, &e)));
	cr_assert(eq(int, (int)e.code, ERR_DEAD));
	cr_assert(eq(str, e.text,
		     "espy-agent closed the connection in the middle of a frame; "
		     "it was asked to sync"));
	c.ops->close(&c);
}

Test(channel_agent, events_that_came_before_the_end_are_not_lost)
{
	struct channel_event ev;
	fake_agent(1000);
	put((struct frame){ AGENT_EVENT, 0, 7, BYTES_NONE }, "");
	put_octets("\0\0\0\12\100\0\0\7\0\0\11hey", 14);
	close(far);
	cr_assert(not(c.ops->sync(&c, &e)));
	cr_assert(c.ops->next_event(&c, &ev, &e));
	cr_assert(eq(int, ev.sock, 7));
	cr_assert(eq(sz, ev.data.n, 0), "an event cut short has no data");
	cr_assert(c.ops->next_event(&c, &ev, &e));
	cr_assert(eq(uint, ev.from_port, 9));
	cr_assert(bytes_equal(ev.data, (struct bytes){ (const uint8_t *)"hey", 3 }));
	cr_assert(not(c.ops->next_event(&c, &ev, &e)));
	cr_assert(eq(int, (int)e.code, ERR_DEAD));
	c.ops->close(&c);
}

static const struct nonsense {
	const char *id, *octets;
	size_t n;
	const char *says;
} nonsense[] = {
	{ "text", "bash: espy-agent: not found\n", 28, "what came is not a frame" },
	{ "length 0", "\0\0\0\0\201\0\0\0", 8, "what came is not a frame" },
	{ "length 3", "\0\0\0\3\201\0\0", 7, "what came is not a frame" },
	{ "length of 66,561", "\0\1\4\1\201\0\0\0", 8, "what came is not a frame" },
	{ "a request", "\0\0\0\4\14\0\0\0", 8, "op 0x0c is neither reply nor event" },
	{ "a reply nobody asked for", "\0\0\0\10\214\7\0\0\0\0\0\0", 12, "tag 7 out of turn" },
	{ "a reply without status", "\0\0\0\6\214\1\0\0\0\0", 10, "has no status" },
};

Test(channel_agent, nonsense_is_dead_with_a_reason)
{
	for (size_t i = 0; i < sizeof nonsense / sizeof nonsense[0]; i++) {
		const struct nonsense *n = &nonsense[i];
		fake_agent(1000);
		put_octets(n->octets, n->n);
		cr_assert(not(c.ops->sync(&c, &e)), "%s", n->id);
		cr_assert(eq(int, (int)e.code, ERR_DEAD), "%s", n->id);
		cr_assert(ne(ptr, strstr(e.text, n->says), NULL), "%s: %s", n->id, e.text);
		c.ops->close(&c);
		close(far);
	}
}

Test(channel_agent, another_hello_is_not_taken_for_ours)
{
	static const struct {
		const char *id;
		size_t at;
		uint8_t octet;
		int code;
	} rows[] = {
		{ "magic", 12, 'E', ERR_DEAD },
		{ "version 2", 17, 2, ERR_UNSUPPORTED },
		{ "a name longer than the frame", 24, 200, ERR_DEAD },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint8_t other[sizeof hello];
		int fds[2];
		struct wr w = wr_of(other, sizeof other);
		wr_bytes(&w, BYTES_OF(hello));
		cr_assert(wr_patch(&w, rows[i].at, rows[i].octet, 1));
		cr_assert(eq(int, socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0));
		far = fds[1];
		put_octets(other, sizeof other);
		cr_assert(not(channel_agent_open(&c, fds[0], fds[0], 1000, &e)), "%s", rows[i].id);
		cr_assert(eq(int, (int)e.code, rows[i].code), "%s: %s", rows[i].id, e.text);
		close(far);
	}
}

/* --- the agent itself, fed by hand ------------------------------------------------------------ */

/* Everything the agent says to these octets and then the end of its input, behind its hello. */
static struct bytes
say(const void *p, size_t n)
{
	static uint8_t room[4096];
	struct wr w = wr_of(room, sizeof room);
	far = start_agent();
	put_octets(p, n);
	shutdown(far, SHUT_WR);
	ssize_t got;
	while ((got = read(far, room + w.n, wr_left(&w))) > 0)
		(void)wr_room(&w, (size_t)got);
	close(far);
	struct frame f;
	size_t used;
	cr_assert(eq(int, (int)frame_take(wr_done(&w), &f, &used), FRAME_WHOLE));
	cr_assert(eq(uint, f.op, 0x81u));
	return bytes_slice(wr_done(&w), used, w.n);
}

struct wrong {
	const char *id, *octets;
	size_t n;
	uint8_t op, tag;
	int error, exit;
};

static const struct wrong wrongs[] = {
	{ "unknown op", "\0\0\0\4\77\5\0\0", 8, 0xbf, 5, 38, 0 },
	{ "a reply as request", "\0\0\0\4\214\5\0\0", 8, 0x8c, 5, 38, 0 },
	{ "close of a bad handle", "\0\0\0\4\3\6\1\1", 8, 0x83, 6, 9, 0 },
	{ "open without body", "\0\0\0\4\2\7\0\1", 8, 0x82, 7, 22, 0 },
	{ "open of an unknown kind", "\0\0\0\10\2\7\0\1\0\143\0\0", 12, 0x82, 7, 93, 0 },
	{ "bind with an address cut short", "\0\0\0\6\4\7\0\1\4\177", 10, 0x84, 7, 22, 0 },
	{ "setsockopt cut short", "\0\0\0\6\10\7\0\1\0\0", 10, 0x88, 7, 22, 0 },
	{ "read without a path", "\0\0\0\4\12\7\0\0", 8, 0x8a, 7, 22, 0 },
	{ "read of a path with a zero", "\0\0\0\7\12\7\0\0/\0x", 11, 0x8a, 7, 22, 0 },
	{ "write cut short", "\0\0\0\6\13\7\0\0\0\11", 10, 0x8b, 7, 22, 0 },
	{ "move to no interface", "\0\0\0\10\16\7\0\0none", 12, 0x8e, 7, -1, 0 },
	{ "length 0", "\0\0\0\0", 4, 0x80, 0, 90, 1 },
	{ "length 3", "\0\0\0\3\14\0\0", 7, 0x80, 0, 90, 1 },
	{ "length of 66,561", "\0\1\4\1\14\0\0\0", 8, 0x80, 0, 90, 1 },
	{ "huge length", "\377\377\377\377\14\0\0\0", 8, 0x80, 0, 90, 1 },
};

Test(espy_agent, a_bad_frame_gets_an_error_or_a_clean_end)
{
	for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
		const struct wrong *x = &wrongs[i];
		struct frame f;
		size_t used;
		struct bytes got = say(x->octets, x->n);
		cr_assert(eq(int, (int)frame_take(got, &f, &used), FRAME_WHOLE), "%s", x->id);
		cr_assert(eq(uint, f.op, x->op), "%s", x->id);
		cr_assert(eq(uint, f.tag, x->tag), "%s", x->id);
		struct rd r = rd_of(f.body);
		int error = (int)rd_uint(&r, 4);
		cr_assert(x->error < 0 ? error != 0 : error == x->error, "%s: %d", x->id, error);
		cr_assert(gt(sz, rd_left(&r), 0), "%s: an error has a text", x->id);
		cr_assert(eq(int, agent_status(), x->exit), "%s", x->id);
	}
}

Test(espy_agent, every_shorter_prefix_of_a_request_ends_cleanly)
{
	static const uint8_t request[] = { 0, 0, 0, 8, AGENT_OPEN, 1, 0, 1, 0, AGENT_UDP4, 0, 0 };
	for (size_t n = 0; n < sizeof request; n++) {
		cr_assert(eq(sz, say(request, n).n, 0), "%zu octets are answered", n);
		cr_assert(eq(int, agent_status(), 0), "%zu octets", n);
	}
	cr_assert(eq(sz, say(request, sizeof request).n, 12));
	cr_assert(eq(int, agent_status(), 0));
}

Test(espy_agent, an_event_is_ahead_of_the_reply_it_happened_before)
{
	struct frame f;
	size_t used, n = 0;
	uint8_t ops[8] = { 0 };
	uint8_t room[256];
	struct buffer b = { NULL, 0, 0, 0 };
	uint8_t at[] = { 4, 127, 0, 0, 1, 0x9c, 0xa4 }; /* 127.0.0.1, port 40100 */
	static const uint8_t udp4[] = { 0, AGENT_UDP4, 0, 0 };
	cr_assert(frame_put(&b, (struct frame){ AGENT_OPEN, 1, 3, BYTES_NONE }, BYTES_OF(udp4), BYTES_NONE));
	cr_assert(frame_put(&b, (struct frame){ AGENT_BIND, 2, 3, BYTES_NONE }, BYTES_OF(at), BYTES_NONE));
	cr_assert(frame_put(&b, (struct frame){ AGENT_SENDTO, 3, 3, BYTES_NONE }, BYTES_OF(at), BYTES_OF(at)));
	cr_assert(frame_put(&b, (struct frame){ AGENT_CLOSE, 4, 3, BYTES_NONE }, BYTES_NONE, BYTES_NONE));
	struct wr w = wr_of(room, sizeof room);
	wr_bytes(&w, buffer_held(&b));
	buffer_free(&b);
	for (struct bytes got = say(room, w.n); frame_take(got, &f, &used) == FRAME_WHOLE && n < 8; n++) {
		ops[n] = f.op;
		got = bytes_slice(got, used, got.n);
	}
	static const uint8_t want[] = { AGENT_EVENT, 0x82, 0x84, 0x87, 0x83 };
	cr_assert(eq(sz, n, sizeof want));
	cr_assert(bytes_equal((struct bytes){ ops, n }, BYTES_OF(want)), "the event is first");
	cr_assert(eq(int, agent_status(), 0));
}

Test(espy_agent, shutdown_is_answered_and_ends_it)
{
	static const uint8_t shut[] = { 0, 0, 0, 4, AGENT_SHUTDOWN, 9, 0, 0, 0, 0, 0, 4, AGENT_SYNC, 10, 0, 0 };
	struct bytes got = say(shut, sizeof shut);
	cr_assert(eq(sz, got.n, 12), "nothing is done after it");
	cr_assert(eq(int, agent_status(), 0));
}
