/*
 * A small IP host (and router between its interfaces) with IPsec: frames in, frames out. IPv4 and
 * IPv6 input with extension headers, reassembly in front of AH and ESP and of delivery (so that no
 * fragment reaches them, RFC 4303 3.4.1), fragmentation behind them, ARP and ND answers, echo, UDP
 * sockets, ICMP errors, the SPD on the way in, out and through, AH and ESP by the SAD, PF_KEY by
 * the sadb. It knows no clock and no sockets of the OS: `now` (seconds) and randomness are
 * arguments.
 */
#ifndef ESPY_HOST_HOST_H
#define ESPY_HOST_HOST_H

#include "host/profile.h"
#include "ipsec/datagram.h"
#include "pfkey/sadb.h"

#define HOST_LINKS 2
#define HOST_ADDRESSES 8 /* of one link */
#define HOST_ROUTES 16

struct host;

struct host_setup {
	const struct profile *profile;
	const struct dialect *dialect;
	struct random *random;
	struct host_if {
		uint8_t mac[6];
		struct addr addr[HOST_ADDRESSES];
		uint8_t bits[HOST_ADDRESSES];
		unsigned n;
	} link[HOST_LINKS];
	unsigned links;
	struct route { /* what is on no link goes to a next hop that is; the longest prefix decides */
		struct addr prefix, next;
		uint8_t bits;
	} route[HOST_ROUTES];
	unsigned routes;
	bool bump; /* a bump in the wire (bump.h): link 0 is outside, link 1 the protected system, whose addresses are those given */
	bool resolve; /* ARP and ND ask for next hops (neighbours.h); else they are whoever spoke last on the link */
	void (*send)(void *ctx, unsigned link, struct bytes frame);
	void (*pfkey_deliver)(void *ctx, int sock, struct bytes msg);
	void (*udp_deliver)(void *ctx, int sock, const struct addr *from, uint16_t port, struct bytes data);
	void *ctx;
};

/* The setup is copied; what it points at outlives the host. NULL with e filled. */
struct host *host_new(const struct host_setup *s, struct err *e);
void host_free(struct host *h); /* NULL allowed */

/*
 * One Ethernet frame arrives; every answer has gone out by `send` when this returns. The callbacks
 * must not call the host again.
 */
void host_input(struct host *h, unsigned link, struct bytes frame, uint64_t now);

/* PF_KEY sockets: see sadb.h. */
int host_pfkey_open(struct host *h);
int host_pfkey_open_as(struct host *h, uint32_t pid); /* of a process that has one (X_PROMISC names it) */
int host_pfkey_write(struct host *h, int sock, struct bytes msg, uint64_t now);
void host_pfkey_close(struct host *h, int sock);
void host_pfkey_taken(struct host *h, int sock,
		      size_t n); /* a message of n octets was read: its buffer has room again */

/*
 * UDP sockets. local NULL or family 0: any address; port 0 picks one. A handle, or -errno (Linux
 * numbers). A datagram that policy drops on its way out is sent all the same, as far as the caller
 * learns: 0.
 */
int host_udp_open(struct host *h, uint8_t family, const struct addr *local, uint16_t port);
int host_udp_send(struct host *h, int sock, const struct addr *to, uint16_t port, struct bytes data, uint64_t now);
void host_udp_close(struct host *h, int sock);
/* The socket takes ESP in UDP, as a key manager's on port 4500 does (RFC 3948; UDP_ENCAP). 0, or -EBADF. */
int host_udp_encap(struct host *h, int sock, bool on);

/*
 * Counters and tunables by name; -ENOENT if unknown, -EINVAL for a value that does not fit.
 * Counters: one per enum verdict, "drop.replayed" and so on, and the events of tunables.c;
 * settings: "mtu", "spd.miss", ... Counters can be set.
 */
int host_tunable_get(struct host *h, const char *name, char *value, size_t cap);
int host_tunable_set(struct host *h, const char *name, const char *value);
/* Counter number `at`, from 0: its name (of a verdict without "drop."); NULL behind the last. */
const char *host_counter(const struct host *h, unsigned at, uint64_t *value);

/* Runs timers. */
void host_tick(struct host *h, uint64_t now);

/* Tells the neighbours on every link which addresses are here (RFC 5227 2.3, RFC 4861 7.2.6): theirs may be of a host before this one. */
void host_announce(struct host *h);

#endif
