#include "runner/target/channel_agent.h"

#include <stdio.h>
#include <stdlib.h>

#include "runner/target/agent_talk.h"

struct channel_agent {
	struct agent_talk talk;
	bool open[AGENT_SOCKETS_MAX]; /* handle and sock are the index + 1 */
};

static bool
supports(const struct channel *c, unsigned feature, const char *what, struct err *e)
{
	if (c->hello.features & feature)
		return true;
	return fail(e, ERR_UNSUPPORTED, "the agent on %s offers no %s", c->hello.os, what);
}

/* A handle nobody uses, 0 when there is none. */
static int
sock_take(struct channel_agent *a, struct err *e)
{
	for (int i = 0; i < AGENT_SOCKETS_MAX; i++)
		if (!a->open[i]) {
			a->open[i] = true;
			return i + 1;
		}
	(void)fail(e, ERR_RANGE, "agent: more than %d sockets open", AGENT_SOCKETS_MAX);
	return 0;
}

static bool
sock_is_open(const struct channel_agent *a, int sock, struct err *e)
{
	return (sock >= 1 && sock <= AGENT_SOCKETS_MAX && a->open[sock - 1]) ||
	       fail(e, ERR_RANGE, "agent: socket %d is not open", sock);
}

/* Accounts of the far side are not asked: who is not root is nobody, the number that Unix gives to no one else. */
static uint32_t
uid_of(const char *user)
{
	enum { NOBODY = 65534 };
	return user == NULL || strcmp(user, "root") == 0 ? 0 : NOBODY;
}

static struct bytes
bytes_of_text(const char *s)
{
	return (struct bytes){ (const uint8_t *)s, strlen(s) };
}

static bool
ask_open_as(struct channel_agent *a, int sock, enum agent_kind kind, unsigned protocol, const char *user, struct err *e,
	    const char *name)
{
	uint32_t uid = uid_of(user);
	uint8_t body[8];
	struct wr w = wr_of(body, sizeof body);
	wr_uint(&w, kind, 2);
	wr_uint(&w, protocol, 2);
	if (uid != 0)
		wr_uint(&w, uid, 4);
	struct agent_request r = { AGENT_OPEN, sock, false, wr_done(&w), uid != 0 ? bytes_of_text(user) : BYTES_NONE };
	return agent_talk_ask(&a->talk, r, e, "open a %s socket", name);
}

static bool
ask_open(struct channel_agent *a, int sock, enum agent_kind kind, unsigned protocol, struct err *e, const char *name)
{
	return ask_open_as(a, sock, kind, protocol, NULL, e, name);
}

static bool
agent_pfkey_open(struct channel *c, int *sock, struct err *e)
{
	struct channel_agent *a = c->impl;
	*sock = sock_take(a, e);
	if (*sock == 0)
		return false;
	if (ask_open(a, *sock, AGENT_KEY, 0, e, "PF_KEY") && agent_talk_answered(&a->talk, e))
		return true;
	a->open[*sock - 1] = false;
	/* One that said so at hello is asked all the same: the system's own words are better than ours. */
	if (e != NULL && e->code == ERR_REFUSED && (c->hello.features & CHAN_PFKEY) == 0)
		e->code = ERR_UNSUPPORTED;
	return false;
}

static bool
agent_pfkey_send(struct channel *c, int sock, struct bytes msg, struct err *e)
{
	struct channel_agent *a = c->impl;
	if (!sock_is_open(a, sock, e))
		return false;
	struct agent_request r = { AGENT_SEND, sock, true, msg, BYTES_NONE };
	return agent_talk_ask(&a->talk, r, e, "send a PF_KEY message of %zu octets on socket %d", msg.n, sock);
}

/* What was opened before the step that failed must not stay open; why that fails is of no interest. */
static bool
close_quietly(struct channel_agent *a, int sock)
{
	struct agent_request r = { AGENT_CLOSE, sock, false, BYTES_NONE, BYTES_NONE };
	a->open[sock - 1] = false;
	return agent_talk_ask(&a->talk, r, NULL, "close socket %d", sock) && agent_talk_answered(&a->talk, NULL);
}

static bool
ask_netlink_option(struct channel_agent *a, int sock, int name, int value, struct err *e)
{
	enum { SOL_NETLINK_ = 270 };
	uint8_t head[8];
	struct wr w = wr_of(head, sizeof head);
	wr_uint(&w, SOL_NETLINK_, 4);
	wr_uint(&w, (uint64_t)name, 4);
	struct bytes octets = { (const uint8_t *)&value, sizeof value };
	struct agent_request r = { AGENT_SETSOCKOPT, sock, false, wr_done(&w), octets };
	return agent_talk_ask(&a->talk, r, e, "set option %d of netlink socket %d", name, sock) &&
	       agent_talk_answered(&a->talk, e);
}

/* Older kernels have not all of the options that make answers say more, and nothing depends on them. */
static bool
set_up_netlink(struct channel_agent *a, int sock, unsigned group, struct err *e)
{
	enum { ADD_MEMBERSHIP = 1, CAP_ACK = 10, EXT_ACK = 11 }; /* linux/netlink.h */
	if (group != 0)
		return ask_netlink_option(a, sock, ADD_MEMBERSHIP, (int)group, e);
	return (ask_netlink_option(a, sock, CAP_ACK, 1, e) || e->code == ERR_REFUSED) &&
	       (ask_netlink_option(a, sock, EXT_ACK, 1, e) || e->code == ERR_REFUSED);
}

static bool
agent_netlink_open(struct channel *c, unsigned protocol, unsigned group, int *sock, struct err *e)
{
	struct channel_agent *a = c->impl;
	if (!supports(c, CHAN_NETLINK, "netlink", e))
		return false;
	*sock = sock_take(a, e);
	if (*sock == 0)
		return false;
	bool opened = ask_open(a, *sock, AGENT_NETLINK, protocol, e, "netlink") && agent_talk_answered(&a->talk, e);
	if (opened && set_up_netlink(a, *sock, group, e))
		return true;
	if (opened)
		(void)close_quietly(a, *sock);
	a->open[*sock - 1] = false;
	*sock = -1;
	return false;
}

static bool
agent_netlink_send(struct channel *c, int sock, struct bytes msg, struct err *e)
{
	struct channel_agent *a = c->impl;
	if (!sock_is_open(a, sock, e))
		return false;
	struct agent_request r = { AGENT_SEND, sock, true, msg, BYTES_NONE };
	return agent_talk_ask(&a->talk, r, e, "send a netlink message of %zu octets on socket %d", msg.n, sock);
}

static void
wr_endpoint(struct wr *w, struct bytes addr, uint16_t port)
{
	wr_uint(w, addr.n, 1);
	wr_bytes(w, addr);
	wr_uint(w, port, 2);
}

/* How the systems number the socket option that takes an encoded sadb_x_policy. */
/* clang-format off */
static const struct policy_option { const char *os; int level4, name4, level6, name6; } policy_options[] = {
	{ "linux",   0, 16, 41, 34 },
	{ "reference", 0, 16, 41, 34 }, /* our own host in another process */
	{ "netbsd",  0, 22, 41, 28 },
	{ "freebsd", 0, 21, 41, 28 },
	{ "darwin",  0, 21, 41, 28 },
	{ "kame",    0, 21, 41, 28 },
	{ "sunos",   0, 0x22, 41, 0x22 }, /* IP_SEC_OPT and IPV6_SEC_OPT, which take another struct: app_sec_opt.c */
	{ "solaris", 0, 0x22, 41, 0x22 },
};
/* clang-format on */

static const struct policy_option *
policy_option_of(const char *os)
{
	for (size_t i = 0; i < sizeof policy_options / sizeof policy_options[0]; i++)
		if (strcmp(policy_options[i].os, os) == 0)
			return &policy_options[i];
	return NULL;
}

/* Level and name of the option, as its requests begin. */
static bool
put_policy_option(const struct channel *c, int sock, int family, struct wr *w, struct err *e)
{
	const struct policy_option *p = policy_option_of(c->hello.os);
	if (p == NULL)
		return fail(e, ERR_UNSUPPORTED, "per-socket policies of %s are not known", c->hello.os);
	wr_uint(w, (uint64_t)(family == 6 ? p->level6 : p->level4), 4);
	wr_uint(w, (uint64_t)(family == 6 ? p->name6 : p->name4), 4);
	return sock_is_open(c->impl, sock, e);
}

static bool
agent_policy_set(struct channel *c, int sock, int family, struct bytes policy, struct err *e)
{
	struct channel_agent *a = c->impl;
	uint8_t head[8];
	struct wr w = wr_of(head, sizeof head);
	if (!put_policy_option(c, sock, family, &w, e))
		return false;
	struct agent_request r = { AGENT_SETSOCKOPT, sock, false, wr_done(&w), policy };
	return agent_talk_ask(&a->talk, r, e, "set the policy of UDP socket %d", sock) &&
	       agent_talk_answered(&a->talk, e);
}

static bool
agent_policy_get(struct channel *c, int sock, int family, struct bytes like, struct wr *policy, struct err *e)
{
	struct channel_agent *a = c->impl;
	uint8_t head[10];
	struct wr w = wr_of(head, sizeof head);
	if (!put_policy_option(c, sock, family, &w, e))
		return false;
	wr_uint(&w, wr_left(policy), 2);
	struct agent_request r = { AGENT_GETSOCKOPT, sock, false, wr_done(&w), like };
	if (!agent_talk_ask(&a->talk, r, e, "read the policy of UDP socket %d", sock) ||
	    !agent_talk_answered(&a->talk, e))
		return false;
	wr_bytes(policy, buffer_held(&a->talk.reply));
	return !policy->full ||
	       fail(e, ERR_RANGE, "the policy of UDP socket %d is longer than %zu octets", sock, policy->cap);
}

static bool
ask_bind(struct channel_agent *a, int sock, struct bytes addr, uint16_t port, struct err *e)
{
	uint8_t at[19];
	struct wr w = wr_of(at, sizeof at);
	wr_endpoint(&w, addr, port);
	struct agent_request r = { AGENT_BIND, sock, false, wr_done(&w), BYTES_NONE };
	return agent_talk_ask(&a->talk, r, e, "bind UDP socket %d to port %u", sock, port);
}

static bool
agent_udp_open(struct channel *c, int family, struct bytes addr, uint16_t port, const char *user, int *sock,
	       struct err *e)
{
	struct channel_agent *a = c->impl;
	uint32_t uid = uid_of(user);
	if (!supports(c, CHAN_SOCKETS, "sockets", e) ||
	    (uid != 0 && !supports(c, CHAN_USERS, "sockets of ordinary users", e)))
		return false;
	if (addr.n != 0 && addr.n != (family == 6 ? 16u : 4u))
		return fail(e, ERR_RANGE, "agent: an address of %zu octets for IPv%d", addr.n, family);
	*sock = sock_take(a, e);
	if (*sock == 0)
		return false;
	enum agent_kind kind = family == 6 ? AGENT_UDP6 : AGENT_UDP4;
	if (ask_open_as(a, *sock, kind, 0, user, e, "UDP") && ask_bind(a, *sock, addr, port, e) &&
	    agent_talk_answered(&a->talk, e))
		return true;
	/* What was opened before the step that failed must not stay open; its own error is of no interest. */
	(void)close_quietly(a, *sock);
	return false;
}

/* How the systems number the socket option that makes a UDP socket take ESP; 2 is RFC 3948's encapsulation on all of them. */
static const struct encap_option {
	const char *os;
	int name;
} encap_options[] = { { "linux", 100 }, { "reference", 100 }, { "netbsd", 100 },   { "freebsd", 1 },
		      { "kame", 100 },  { "sunos", 0x103 },   { "solaris", 0x103 } };

/* The value is an int of the target. */
static bool
agent_udp_encap(struct channel *c, int sock, struct err *e)
{
	enum { LEVEL_UDP = 17, ESP_IN_UDP = 2 };
	struct channel_agent *a = c->impl;
	uint8_t head[8], value[4];
	struct wr w = wr_of(head, sizeof head), v = wr_of(value, sizeof value);
	if (!sock_is_open(a, sock, e))
		return false;
	for (size_t i = 0; i < sizeof encap_options / sizeof encap_options[0]; i++) {
		if (strcmp(encap_options[i].os, c->hello.os) != 0)
			continue;
		wr_uint(&w, LEVEL_UDP, 4);
		wr_uint(&w, (uint64_t)encap_options[i].name, 4);
		wr_uint(&v, (uint64_t)ESP_IN_UDP << (c->hello.big_endian ? 0 : 24), 4);
		struct agent_request r = { AGENT_SETSOCKOPT, sock, false, wr_done(&w), wr_done(&v) };
		return agent_talk_ask(&a->talk, r, e, "make UDP socket %d take ESP", sock) &&
		       agent_talk_answered(&a->talk, e);
	}
	return fail(e, ERR_UNSUPPORTED, "how a UDP socket takes ESP on %s is not known", c->hello.os);
}

static bool
agent_udp_send(struct channel *c, int sock, struct bytes to, uint16_t port, struct bytes data, struct err *e)
{
	struct channel_agent *a = c->impl;
	uint8_t at[19];
	struct wr w = wr_of(at, sizeof at);
	if (!sock_is_open(a, sock, e))
		return false;
	wr_endpoint(&w, to, port);
	if (w.full)
		return fail(e, ERR_RANGE, "agent: an address of %zu octets", to.n);
	struct agent_request r = { AGENT_SENDTO, sock, true, wr_done(&w), data };
	return agent_talk_ask(&a->talk, r, e, "send a datagram of %zu octets to port %u on socket %d", data.n, port,
			      sock);
}

static bool
agent_sock_close(struct channel *c, int sock, struct err *e)
{
	struct channel_agent *a = c->impl;
	if (!sock_is_open(a, sock, e))
		return false;
	a->open[sock - 1] = false;
	struct agent_request r = { AGENT_CLOSE, sock, true, BYTES_NONE, BYTES_NONE };
	return agent_talk_ask(&a->talk, r, e, "close socket %d", sock);
}

/* On Linux a tunable is a file; a dotted name is one under /proc/sys. */
static bool
tunable_path(const struct channel *c, const char *name, char *path, size_t cap, struct err *e)
{
	bool dotted = strchr(name, '/') == NULL && (c->hello.features & CHAN_NAMES) == 0;
	if (!supports(c, CHAN_TUNABLES, "tunables", e))
		return false;
	if (dotted && strcmp(c->hello.os, "linux") != 0)
		return fail(e, ERR_UNSUPPORTED, "%s: tunables of %s are not files", name, c->hello.os);
	int n = snprintf(path, cap, "%s%s", dotted ? "/proc/sys/" : "", name);
	if (n < 0 || (size_t)n >= cap)
		return fail(e, ERR_RANGE, "the name of tunable %.40s.. is too long", name);
	for (char *at = path; dotted && (at = strchr(at, '.')) != NULL;)
		*at = '/';
	return true;
}

static bool
agent_tunable_get(struct channel *c, const char *name, char *value, size_t cap, struct err *e)
{
	struct channel_agent *a = c->impl;
	char path[256];
	if (!tunable_path(c, name, path, sizeof path, e))
		return false;
	struct agent_request r = { AGENT_READ, 0, false, bytes_of_text(path), BYTES_NONE };
	if (!agent_talk_ask(&a->talk, r, e, "read %s", path) || !agent_talk_answered(&a->talk, e))
		return false;
	struct bytes got = buffer_held(&a->talk.reply);
	struct wr w = wr_of((uint8_t *)value, cap);
	wr_bytes(&w, got);
	wr_uint(&w, 0, 1);
	if (w.full)
		return fail(e, ERR_RANGE, "%s: %zu octets, room for %zu", path, got.n, cap);
	if (got.n > 0 && value[got.n - 1] == '\n')
		value[got.n - 1] = '\0';
	return true;
}

static bool
agent_tunable_set(struct channel *c, const char *name, const char *value, struct err *e)
{
	struct channel_agent *a = c->impl;
	char path[256];
	uint8_t head[2 + sizeof path];
	struct wr w = wr_of(head, sizeof head);
	if (!tunable_path(c, name, path, sizeof path, e))
		return false;
	wr_uint(&w, strlen(path), 2);
	wr_bytes(&w, bytes_of_text(path));
	struct agent_request r = { AGENT_WRITE, 0, false, wr_done(&w), bytes_of_text(value) };
	return agent_talk_ask(&a->talk, r, e, "set %s to %s", path, value) && agent_talk_answered(&a->talk, e);
}

static bool
agent_sync(struct channel *c, struct err *e)
{
	struct channel_agent *a = c->impl;
	struct agent_request r = { AGENT_SYNC, 0, false, BYTES_NONE, BYTES_NONE };
	return agent_talk_ask(&a->talk, r, e, "sync") && agent_talk_answered(&a->talk, e) &&
	       agent_talk_late(&a->talk, e);
}

static bool
agent_next_event(struct channel *c, struct channel_event *ev, struct err *e)
{
	struct channel_agent *a = c->impl;
	struct agent_event got;
	if (!agent_talk_event(&a->talk, &got, e))
		return false;
	struct rd r = rd_of(got.body);
	*ev = (struct channel_event){ .sock = got.sock, .when_ns = got.when_ns };
	struct bytes from = rd_take(&r, (size_t)rd_uint(&r, 1));
	struct wr w = wr_of(ev->from, sizeof ev->from);
	wr_bytes(&w, from);
	ev->from_len = (uint8_t)w.n;
	ev->from_port = (uint16_t)rd_uint(&r, 2);
	ev->data = rd_rest(&r);
	return true;
}

static int
agent_fd(const struct channel *c)
{
	struct channel_agent *a = c->impl;
	/* Who polls waits for answers; a failure to send is found by the next call. */
	if (buffer_size(&a->talk.wire.tx) > 0)
		(void)agent_talk_turn(&a->talk, NULL);
	return agent_wire_fd(&a->talk.wire);
}

static void
agent_close(struct channel *c)
{
	struct channel_agent *a = c->impl;
	if (a == NULL)
		return;
	agent_talk_close(&a->talk);
	free(a);
	c->impl = NULL;
}

static const struct channel_ops agent_ops = {
	.pfkey_open = agent_pfkey_open,
	.pfkey_send = agent_pfkey_send,
	.netlink_open = agent_netlink_open,
	.netlink_send = agent_netlink_send,
	.udp_open = agent_udp_open,
	.policy_set = agent_policy_set,
	.policy_get = agent_policy_get,
	.udp_encap = agent_udp_encap,
	.udp_send = agent_udp_send,
	.sock_close = agent_sock_close,
	.tunable_get = agent_tunable_get,
	.tunable_set = agent_tunable_set,
	.sync = agent_sync,
	.next_event = agent_next_event,
	.fd = agent_fd,
	.close = agent_close,
};

static void
rd_name(struct rd *r, char *name, size_t cap)
{
	struct bytes b = rd_take(r, (size_t)rd_uint(r, 1));
	struct wr w = wr_of((uint8_t *)name, cap);
	wr_bytes(&w, bytes_slice(b, 0, cap - 1));
	wr_uint(&w, 0, 1);
}

static bool
read_hello(struct channel *c, struct bytes body, struct err *e)
{
	struct rd r = rd_of(body);
	struct bytes magic = rd_take(&r, 4);
	unsigned version = (unsigned)rd_uint(&r, 2), order = (unsigned)rd_uint(&r, 1);
	unsigned bits = (unsigned)rd_uint(&r, 1), has = (unsigned)rd_uint(&r, 4);
	rd_name(&r, c->hello.os, sizeof c->hello.os);
	rd_name(&r, c->hello.release, sizeof c->hello.release);
	if (r.bad || !bytes_equal(magic, (struct bytes){ (const uint8_t *)AGENT_MAGIC, 4 }))
		return fail(e, ERR_DEAD, "agent: the hello is not one of espy-agent");
	if (version != AGENT_VERSION)
		return fail(e, ERR_UNSUPPORTED, "agent: protocol version want %u, got %u", AGENT_VERSION, version);
	c->hello.big_endian = order == AGENT_BIG;
	c->hello.word_bits = (uint8_t)bits;
	c->hello.features = (has & AGENT_HAS_PFKEY ? CHAN_PFKEY : 0u) | (has & AGENT_HAS_SOCKETS ? CHAN_SOCKETS : 0u) |
			    (has & AGENT_HAS_FILES ? CHAN_TUNABLES : 0u) |
			    (has & AGENT_HAS_NETLINK ? CHAN_NETLINK : 0u) | (has & AGENT_HAS_USERS ? CHAN_USERS : 0u) |
			    (has & AGENT_HAS_NAMES ? CHAN_NAMES : 0u);
	return true;
}

bool
channel_agent_open(struct channel *c, int in, int out, unsigned timeout_ms, struct err *e)
{
	struct channel_agent *a = calloc(1, sizeof *a);
	if (a == NULL)
		return fail_errno(e, "agent");
	*c = (struct channel){ .ops = &agent_ops, .impl = a };
	if (!agent_talk_open(&a->talk, in, out, timeout_ms, e)) {
		free(a);
		c->impl = NULL;
		return false;
	}
	if (read_hello(c, buffer_held(&a->talk.reply), e))
		return true;
	agent_close(c);
	return false;
}

bool
channel_agent_move(struct channel *c, int fd, const char *interface, struct err *e)
{
	struct channel_agent *a = c->impl;
	struct agent_request r = { AGENT_MOVE, 0, false, bytes_of_text(interface), BYTES_NONE };
	return agent_talk_ask(&a->talk, r, e, "move to %s", interface) && agent_talk_answered(&a->talk, e) &&
	       agent_wire_move(&a->talk.wire, fd, CHANNEL_AGENT_MTU, e) && agent_sync(c, e);
}
