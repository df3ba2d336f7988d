#include "runner/target/channel_none.h"

static bool
lacks(struct err *e, const char *what)
{
	return fail(e, ERR_UNSUPPORTED, "the target lends no %s: it has no agent (--agent)", what);
}

static bool
none_pfkey_open(struct channel *c, int *sock, struct err *e)
{
	(void)c;
	(void)sock;
	return lacks(e, "PF_KEY sockets");
}

static bool
none_send(struct channel *c, int sock, struct bytes msg, struct err *e)
{
	(void)c;
	(void)sock;
	(void)msg;
	return lacks(e, "sockets");
}

static bool
none_netlink_open(struct channel *c, unsigned protocol, unsigned group, int *sock, struct err *e)
{
	(void)c;
	(void)protocol;
	(void)group;
	(void)sock;
	return lacks(e, "netlink sockets");
}

static bool
none_udp_open(struct channel *c, int family, struct bytes addr, uint16_t port, const char *user, int *sock,
	      struct err *e)
{
	(void)c;
	(void)family;
	(void)addr;
	(void)port;
	(void)user;
	(void)sock;
	return lacks(e, "application sockets");
}

static bool
none_policy_set(struct channel *c, int sock, int family, struct bytes policy, struct err *e)
{
	(void)family;
	return none_send(c, sock, policy, e);
}

static bool
none_policy_get(struct channel *c, int sock, int family, struct bytes like, struct wr *policy, struct err *e)
{
	(void)family;
	(void)policy;
	return none_send(c, sock, like, e);
}

static bool
none_udp_encap(struct channel *c, int sock, struct err *e)
{
	return none_send(c, sock, BYTES_NONE, e);
}

static bool
none_udp_send(struct channel *c, int sock, struct bytes to, uint16_t port, struct bytes data, struct err *e)
{
	(void)to;
	(void)port;
	return none_send(c, sock, data, e);
}

static bool
none_sock_close(struct channel *c, int sock, struct err *e)
{
	return none_send(c, sock, BYTES_NONE, e);
}

static bool
none_tunable_get(struct channel *c, const char *name, char *value, size_t cap, struct err *e)
{
	(void)c;
	(void)name;
	(void)value;
	(void)cap;
	return lacks(e, "tunables");
}

static bool
none_tunable_set(struct channel *c, const char *name, const char *value, struct err *e)
{
	(void)c;
	(void)name;
	(void)value;
	return lacks(e, "tunables");
}

static bool
none_sync(struct channel *c, struct err *e)
{
	(void)c;
	(void)e;
	return true;
}

static bool
none_next_event(struct channel *c, struct channel_event *ev, struct err *e)
{
	(void)c;
	(void)ev;
	if (e != NULL)
		e->code = ERR_NONE;
	return false;
}

static int
none_fd(const struct channel *c)
{
	(void)c;
	return -1;
}

static void
none_close(struct channel *c)
{
	c->impl = NULL;
}

const struct channel_ops channel_none_ops = {
	.pfkey_open = none_pfkey_open,
	.pfkey_send = none_send,
	.netlink_open = none_netlink_open,
	.netlink_send = none_send,
	.udp_open = none_udp_open,
	.policy_set = none_policy_set,
	.policy_get = none_policy_get,
	.udp_encap = none_udp_encap,
	.udp_send = none_udp_send,
	.sock_close = none_sock_close,
	.tunable_get = none_tunable_get,
	.tunable_set = none_tunable_set,
	.sync = none_sync,
	.next_event = none_next_event,
	.fd = none_fd,
	.close = none_close,
};
