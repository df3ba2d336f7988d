/*
 * The channel of the reference host: operations are calls, answers are in the queue when they
 * return. A handle is the host's own, twice, and one more for UDP, since the host numbers both
 * kinds from 0.
 */
#include "runner/target/target_reference.h"

#include "host/socket.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

enum { KIND_PFKEY = 0, KIND_UDP = 1 };

static int
handle_of(int host_sock, int kind)
{
	return host_sock * 2 + kind;
}

static bool
refused(struct err *e, int error, const char *what)
{
	fail(e, ERR_REFUSED, "%s: errno %d", what, error);
	if (e != NULL)
		e->os_errno = error;
	return false;
}

static bool
call_pfkey_open(struct channel *c, int *sock, struct err *e)
{
	struct reference *r = c->impl;
	int s = host_pfkey_open(r->host);
	if (s < 0)
		return refused(e, EMFILE, "opening a PF_KEY socket");
	*sock = handle_of(s, KIND_PFKEY);
	return true;
}

static bool
call_pfkey_send(struct channel *c, int sock, struct bytes msg, struct err *e)
{
	struct reference *r = c->impl;
	if (sock < 0 || sock % 2 != KIND_PFKEY)
		return refused(e, EBADF, "writing to a PF_KEY socket");
	int error = host_pfkey_write(r->host, sock / 2, msg, reference_now(r));
	return error == 0 ? reference_sound(r, e) : refused(e, error, "writing to a PF_KEY socket");
}

static bool
call_netlink_open(struct channel *c, unsigned protocol, unsigned group, int *sock, struct err *e)
{
	(void)c;
	(void)protocol;
	(void)group;
	*sock = -1;
	return fail(e, ERR_UNSUPPORTED, "the reference has no netlink");
}

static bool
call_netlink_send(struct channel *c, int sock, struct bytes msg, struct err *e)
{
	(void)c;
	(void)sock;
	(void)msg;
	return fail(e, ERR_UNSUPPORTED, "the reference has no netlink");
}

static bool
call_udp_open(struct channel *c, int family, struct bytes addr, uint16_t port, const char *user, int *sock,
	      struct err *e)
{
	struct reference *r = c->impl;
	struct addr local = addr_of(addr);
	int s = host_udp_open(r->host, (uint8_t)family, &local, port);
	if (s < 0)
		return refused(e, -s, "opening a UDP socket");
	*sock = handle_of(s, KIND_UDP);
	int error = user != NULL ? -host_socket_own(r->host, s, user) : 0;
	if (error == 0)
		return true;
	host_udp_close(r->host, s);
	return refused(e, error, "opening a UDP socket of a user");
}

static bool
call_policy_set(struct channel *c, int sock, int family, struct bytes policy, struct err *e)
{
	struct reference *r = c->impl;
	struct socket_policy p;
	uint8_t dir;
	struct err why = { 0 };
	(void)family;
	if (sock < 0 || sock % 2 != KIND_UDP)
		return refused(e, EBADF, "setting the policy of a socket");
	if (host_has_sec_opt(r->host)) {
		struct ipsec_req q;
		int no = ipsec_req_get(&q, policy, false, &why) ? -host_sec_opt_set(r->host, sock / 2, &q) : EINVAL;
		return no == 0 || refused(e, no, "setting IP_SEC_OPT");
	}
	if (!pfkey_socket_get(&dialect_reference, policy, false, &dir, &p, &why))
		return refused(e, EINVAL, why.text);
	int error = -host_socket_policy_set(r->host, sock / 2, dir, &p);
	return error == 0 || refused(e, error, "setting the policy of a socket");
}

static bool
call_policy_get(struct channel *c, int sock, int family, struct bytes like, struct wr *policy, struct err *e)
{
	struct reference *r = c->impl;
	struct socket_policy p;
	uint8_t dir;
	struct err why = { 0 };
	(void)family;
	if (sock < 0 || sock % 2 != KIND_UDP)
		return refused(e, EBADF, "reading the policy of a socket");
	if (host_has_sec_opt(r->host)) {
		struct ipsec_req q;
		int no = -host_sec_opt_get(r->host, sock / 2, &q);
		if (no == 0)
			ipsec_req_put(&q, false, policy);
		return no == 0 || refused(e, no, "reading IP_SEC_OPT");
	}
	if (!pfkey_socket_get(&dialect_reference, like, false, &dir, &p, &why))
		return refused(e, EINVAL, why.text);
	int error = -host_socket_policy_get(r->host, sock / 2, dir, &p);
	if (error != 0)
		return refused(e, error, "reading the policy of a socket");
	return pfkey_socket_put(&dialect_reference, dir, &p, false, policy, e);
}

static bool
call_udp_encap(struct channel *c, int sock, struct err *e)
{
	struct reference *r = c->impl;
	if (sock < 0 || sock % 2 != KIND_UDP)
		return refused(e, EBADF, "making a UDP socket take ESP");
	int error = -host_udp_encap(r->host, sock / 2, true);
	return error == 0 || refused(e, error, "making a UDP socket take ESP");
}

static bool
call_udp_send(struct channel *c, int sock, struct bytes to, uint16_t port, struct bytes data, struct err *e)
{
	struct reference *r = c->impl;
	struct addr dst = addr_of(to);
	if (sock < 0 || sock % 2 != KIND_UDP)
		return refused(e, EBADF, "sending a UDP datagram");
	int error = -host_udp_send(r->host, sock / 2, &dst, port, data, reference_now(r));
	return error == 0 ? reference_sound(r, e) : refused(e, error, "sending a UDP datagram");
}

static bool
call_sock_close(struct channel *c, int sock, struct err *e)
{
	struct reference *r = c->impl;
	if (sock < 0)
		return refused(e, EBADF, "closing a socket");
	if (sock % 2 == KIND_PFKEY)
		host_pfkey_close(r->host, sock / 2);
	else
		host_udp_close(r->host, sock / 2);
	return true;
}

static bool
call_tunable_get(struct channel *c, const char *name, char *value, size_t cap, struct err *e)
{
	struct reference *r = c->impl;
	int error = -host_tunable_get(r->host, name, value, cap);
	return error == 0 || refused(e, error, name);
}

static bool
call_tunable_set(struct channel *c, const char *name, const char *value, struct err *e)
{
	struct reference *r = c->impl;
	int error = -host_tunable_set(r->host, name, value);
	return error == 0 || refused(e, error, name);
}

/* Nothing is ever under way: timers are all that time can bring. */
static bool
call_sync(struct channel *c, struct err *e)
{
	(void)reference_now(c->impl);
	return reference_sound(c->impl, e);
}

static uint64_t
monotonic_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void
event_push(struct reference *r, const struct channel_event *ev, struct bytes data)
{
	if (!spool_push(&r->events, (struct bytes){ (const uint8_t *)ev, sizeof *ev }, data))
		r->lost = true;
}

void
channel_call_pfkey(struct reference *r, int sock, struct bytes msg)
{
	struct channel_event ev = { .sock = handle_of(sock, KIND_PFKEY), .when_ns = monotonic_ns() };
	event_push(r, &ev, msg);
}

void
channel_call_udp(struct reference *r, int sock, const struct addr *from, uint16_t port, struct bytes data)
{
	struct channel_event ev = { .sock = handle_of(sock, KIND_UDP), .when_ns = monotonic_ns(), .from_port = port };
	struct wr w = wr_of(ev.from, sizeof ev.from);
	wr_bytes(&w, addr_bytes(from));
	ev.from_len = (uint8_t)w.n;
	event_push(r, &ev, data);
}

/*
 * The record is copied: a frame sent on a link may push another while the caller still looks at
 * this one.
 */
static bool
call_next_event(struct channel *c, struct channel_event *ev, struct err *e)
{
	struct reference *r = c->impl;
	struct bytes record;
	struct wr w = wr_of(r->event, sizeof r->event);
	(void)reference_now(r);
	if (e != NULL)
		e->code = ERR_NONE;
	if (!reference_sound(r, e) || !spool_pop(&r->events, &record))
		return false;
	struct rd rd = rd_of(record);
	struct wr head = wr_of((uint8_t *)ev, sizeof *ev);
	wr_bytes(&head, rd_take(&rd, sizeof *ev));
	wr_bytes(&w, rd_rest(&rd));
	ev->data = wr_done(&w);
	if (ev->sock % 2 == KIND_PFKEY)
		host_pfkey_taken(r->host, ev->sock / 2, ev->data.n);
	return !w.full || fail(e, ERR_SHORT, "an event of %zu octets, room for %zu", record.n, sizeof r->event);
}

static int
call_fd(const struct channel *c)
{
	(void)c;
	return -1;
}

static void
call_close(struct channel *c)
{
	c->impl = NULL;
}

static const struct channel_ops call_ops = {
	.pfkey_open = call_pfkey_open,
	.pfkey_send = call_pfkey_send,
	.netlink_open = call_netlink_open,
	.netlink_send = call_netlink_send,
	.udp_open = call_udp_open,
	.policy_set = call_policy_set,
	.policy_get = call_policy_get,
	.udp_encap = call_udp_encap,
	.udp_send = call_udp_send,
	.sock_close = call_sock_close,
	.tunable_get = call_tunable_get,
	.tunable_set = call_tunable_set,
	.sync = call_sync,
	.next_event = call_next_event,
	.fd = call_fd,
	.close = call_close,
};

void
channel_call_open(struct channel *c, struct reference *r)
{
	*c = (struct channel){ .ops = &call_ops, .impl = r };
	c->hello = (struct channel_hello){ .os = "reference",
					   .big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__,
					   .word_bits = 8 * sizeof(void *),
					   .features = CHAN_PFKEY | CHAN_SOCKETS | CHAN_TUNABLES | CHAN_USERS };
}
