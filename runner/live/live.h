/*
 * The reference host on links of its own, in the time of this machine: frames in and out, a timer of one second, the UDP services echo
 * and discard, PF_KEY for other processes. Everything happens within live_step, in one thread.
 */
#ifndef ESPY_RUNNER_LIVE_LIVE_H
#define ESPY_RUNNER_LIVE_LIVE_H

#include "host/host.h"
#include "runner/target/link.h"
#include "runner/observe/spool.h"
#include "runner/live/trace.h"

#define LIVE_SERVICES (2 * HOST_LINKS * HOST_ADDRESSES)

struct live_link {
	struct link link; /* ops NULL: not open */
	char name[80];
	struct trace *trace; /* borrowed; NULL: none */
};

struct live {
	/* To be filled in before live_open: profile, dialect, links with addresses, routes; and the open links. */
	struct host_setup setup;
	struct live_link link[HOST_LINKS];
	void (*on_udp)(void *ctx, int sock, const struct addr *from, uint16_t port,
		       struct bytes data); /* may be NULL */
	void *on_udp_ctx;
	bool quiet;

	struct host *host;
	struct random source;
	struct random_pool pool;
	uint64_t epoch, ticked;
	int echo[LIVE_SERVICES]; /* handles of the host's sockets */
	unsigned echoes;
	struct spool asked; /* for the echo service, until the host is at rest */
	unsigned asked_n;
	struct pfkey_server *served; /* PF_KEY for other processes; NULL: for none */
	int config_sock;             /* live_config.c; -1 when nothing is being configured */
	int config_errno;            /* the last answer on it */
	uint64_t partial;            /* frames with checksums that nobody filled in */
	uint64_t unsent;             /* frames that a link did not take */
	uint64_t unheard;            /* echoes that were too many */
	uint8_t frame[LINK_FRAME_MAX];
};

/* A host with its services; it resolves neighbours. After a failure live_close is still due. */
bool live_open(struct live *v, struct err *e) MUST_USE;
/* Ends links, sockets and host. Traces are the caller's. */
void live_close(struct live *v);
/* Seconds since 1970 that never jump; runs the host's timers when a new one has begun. */
uint64_t live_now(struct live *v);
/*
 * Waits at most ms (-1: as long as it takes) for something to arrive on a link, from a client, or on `also` (-1: nothing), and deals with
 * all but the last. False: a link is gone.
 */
bool live_step(struct live *v, int also, int ms, struct err *e) MUST_USE;

/* live_config.c: a configuration in the language of setkey, ipsecconf or ipseckey, told by its first line. name is what errors call it. */
bool live_configure(struct live *v, const char *text, size_t n, const char *name, struct err *e) MUST_USE;

/* live_services.c */
bool live_services_open(struct live *v, struct err *e) MUST_USE;
void live_services_udp(struct live *v, int sock, const struct addr *from, uint16_t port, struct bytes data);
void live_services_run(struct live *v);

/* live_pfkey.c: a SOCK_SEQPACKET socket in the file system on which each connection is a PF_KEY socket. */
bool live_pfkey_listen(struct live *v, const char *path, struct err *e) MUST_USE;
void live_pfkey_close(struct live *v);
void live_pfkey_deliver(struct live *v, int sock, struct bytes msg);
uint64_t live_pfkey_lost(const struct live *v); /* messages that a client was too slow for */
struct pollfd;
unsigned live_pfkey_poll(const struct live *v, struct pollfd *p); /* how many: at most one */
void live_pfkey_run(struct live *v);                              /* whatever is there */

#endif
