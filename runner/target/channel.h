/*
 * A channel operates the target: its PF_KEY sockets, application sockets, tunables and counters.
 * What the operations mean is fixed here; how they reach the target is the implementation's business:
 * agent (espy-agent over a byte stream: serial line, ssh, stdio) or call (the reference host in this process).
 *
 * Events, not polls: whatever arrives on a socket of the target (PF_KEY message, UDP datagram) is pushed as
 * a channel_event. channel_sync() is the sentinel of this side: when it returns, every event the target
 * had before the call is in the queue, so "nothing arrived" is proved, not waited for.
 */
#ifndef ESPY_RUNNER_TARGET_CHANNEL_H
#define ESPY_RUNNER_TARGET_CHANNEL_H

#include <stdint.h>

#include "wire/cursor.h"
#include "wire/err.h"

enum channel_feature { /* what the far side said at hello that it has */
		       CHAN_PFKEY = 1 << 0,
		       CHAN_SOCKETS = 1 << 1,
		       CHAN_TUNABLES = 1 << 2, /* files or sysctls can be read and written */
		       CHAN_NETLINK = 1 << 3,  /* netlink sockets can be lent (Linux) */
		       CHAN_USERS = 1 << 4,    /* sockets of ordinary users can be lent */
		       CHAN_NAMES = 1 << 5,    /* tunables go by names of the target's own, which need not be files */
};

/* A tunable of a target that runs in a time of its own: what is set is seconds that pass at once. */
#define CHANNEL_CLOCK "espy.clock"

struct channel_hello {
	char os[32];      /* uname -s, lower case: "linux", "netbsd", ..; "reference" */
	char release[96]; /* uname -r */
	bool big_endian;
	uint8_t word_bits; /* 32 or 64 */
	unsigned features; /* enum channel_feature */
};

struct channel_event {
	int sock;         /* the handle open_* gave */
	uint64_t when_ns; /* tester's monotonic clock at arrival */
	uint8_t from[16]; /* UDP: source address, 4 or 16 octets */
	uint8_t from_len;
	uint16_t from_port;
	struct bytes data; /* valid until the next call on this channel */
};

struct channel;

/* Every operation: false with e filled on failure. ERR_DEAD: the target or its agent is gone, nothing
 * further will work. ERR_REFUSED with os_errno: the target said no. ERR_UNSUPPORTED: it lacks the part. */
struct channel_ops {
	bool (*pfkey_open)(struct channel *, int *sock, struct err *e);
	/* Writes one message, as octets in the target's own encoding. A write() that the kernel itself
	 * refuses is ERR_REFUSED; an error reply is an event like any other. */
	bool (*pfkey_send)(struct channel *, int sock, struct bytes msg, struct err *e);
	/* A netlink socket of a protocol (6: XFRM), whose answers say in words what the kernel dislikes, and which hears a multicast
	 * group (0: none); one message to the kernel, in its own layout. */
	bool (*netlink_open)(struct channel *, unsigned protocol, unsigned group, int *sock, struct err *e);
	bool (*netlink_send)(struct channel *, int sock, struct bytes msg, struct err *e);
	/* addr: 4 or 16 octets, or n = 0 for any. user: whose socket it is and who makes all its calls; NULL or "root": the privileged. */
	bool (*udp_open)(struct channel *, int family /* 4 or 6 */, struct bytes addr, uint16_t port, const char *user,
			 int *sock, struct err *e);
	/*
	 * The policy of one socket of that family, as an option of KAME's API: an encoded sadb_x_policy. To read it back the caller hands
	 * in one that names the direction.
	 */
	bool (*policy_set)(struct channel *, int sock, int family, struct bytes policy, struct err *e);
	bool (*policy_get)(struct channel *, int sock, int family, struct bytes like, struct wr *policy, struct err *e);
	/* The socket takes ESP in UDP (RFC 3948), as that of an IKE daemon does: UDP_ENCAP of Linux and the BSDs. */
	bool (*udp_encap)(struct channel *, int sock, struct err *e);
	bool (*udp_send)(struct channel *, int sock, struct bytes to, uint16_t port, struct bytes data, struct err *e);
	bool (*sock_close)(struct channel *, int sock, struct err *e);
	/* A named tunable or counter file of the target ("/proc/net/xfrm_stat", "net.ipv4.ip_forward").
	 * Linux: a path; a name without a slash is looked up under /proc/sys with dots as slashes. */
	bool (*tunable_get)(struct channel *, const char *name, char *value, size_t cap, struct err *e);
	bool (*tunable_set)(struct channel *, const char *name, const char *value, struct err *e);
	bool (*sync)(struct channel *, struct err *e);
	/* Takes the oldest event off the queue. False with e->code == ERR_NONE: there is none. Never blocks. */
	bool (*next_event)(struct channel *, struct channel_event *ev, struct err *e);
	/* A descriptor that polls readable when more may have arrived; -1 if synchronous. */
	int (*fd)(const struct channel *);
	/* Sends what was queued since the last reply-bearing call. Operations whose `sock` or result is not
	 * needed at once may be pipelined by an implementation; errors then come from the next sync. */
	void (*close)(struct channel *);
};

struct channel {
	const struct channel_ops *ops;
	struct channel_hello hello;
	void *impl;
};

/*
 * Speaks the agent protocol of espy-agent(8) over a byte stream: reads from in, writes to out (they may be
 * equal), owns both. Waits at most timeout_ms for the hello and for each reply: an agent that stops
 * answering is ERR_DEAD with what it was asked.
 */
bool channel_agent_open(struct channel *c, int in, int out, unsigned timeout_ms, struct err *e) MUST_USE;

#endif
