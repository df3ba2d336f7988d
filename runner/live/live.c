#include "runner/live/live.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "runner/entropy.h"
#include "runner/live/offload.h"

#define BURST 256 /* frames of one link before the others have their turn */

/* --- time ------------------------------------------------------------------------------------ */

static struct timespec
clock_of(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return t;
}

uint64_t
live_now(struct live *v)
{
	uint64_t now = v->epoch + (uint64_t)clock_of(CLOCK_MONOTONIC).tv_sec;
	if (now != v->ticked) {
		v->ticked = now;
		host_tick(v->host, now);
	}
	return now;
}

/* Until the next second begins, or less. */
static int
patience(int ms)
{
	int second = 1000 - (int)(clock_of(CLOCK_MONOTONIC).tv_nsec / 1000000);
	return ms >= 0 && ms < second ? ms : second;
}

/* --- what the host calls --------------------------------------------------------------------- */

static void
on_send(void *ctx, unsigned link, struct bytes frame)
{
	struct live *v = ctx;
	struct live_link *l = &v->link[link];
	struct err e = { 0 };
	trace_frame(l->trace, frame);
	if (!l->link.ops->send(&l->link, frame, &e) && v->unsent++ == 0 && !v->quiet)
		fprintf(stderr, "espy host: %s\n", e.text);
}

static void
on_pfkey(void *ctx, int sock, struct bytes msg)
{
	live_pfkey_deliver(ctx, sock, msg);
}

static void
on_udp(void *ctx, int sock, const struct addr *from, uint16_t port, struct bytes data)
{
	struct live *v = ctx;
	live_services_udp(v, sock, from, port, data);
	if (v->on_udp != NULL)
		v->on_udp(v->on_udp_ctx, sock, from, port, data);
}

/* --- the loop -------------------------------------------------------------------------------- */

/* Said once: the sender's kernel counts on a card that is not there. */
static void
watch_sums(struct live *v, const struct live_link *l, struct bytes frame)
{
	struct addr src;
	char text[48];
	if (!offload_partial(frame, &src) || v->partial++ > 0 || v->quiet)
		return;
	fprintf(stderr,
		"espy host: %s: checksums of %s are left to a network card that is not there; in its namespace: "
		"ethtool -K IFACE tx off\n",
		l->name, addr_print(&src, text));
}

static bool
take_frames(struct live *v, unsigned i, struct err *e)
{
	struct live_link *l = &v->link[i];
	for (unsigned burst = 0; burst < BURST; burst++) {
		long n = l->link.ops->recv(&l->link, v->frame, sizeof v->frame, e);
		if (n <= 0)
			return n == 0;
		struct bytes frame = { v->frame, (size_t)n };
		trace_frame(l->trace, frame);
		watch_sums(v, l, frame);
		host_input(v->host, i, frame, live_now(v));
		live_services_run(v);
	}
	return true;
}

bool
live_step(struct live *v, int also, int ms, struct err *e)
{
	struct pollfd p[HOST_LINKS + 2];
	unsigned n = 0;
	for (unsigned i = 0; i < v->setup.links; i++)
		p[n++] = (struct pollfd){ .fd = v->link[i].link.ops->fd(&v->link[i].link), .events = POLLIN };
	p[n++] = (struct pollfd){ .fd = also, .events = POLLIN };
	n += live_pfkey_poll(v, p + n);
	(void)poll(p, n, patience(ms));
	(void)live_now(v);
	live_pfkey_run(v);
	for (unsigned i = 0; i < v->setup.links; i++) {
		if (!take_frames(v, i, e))
			return false;
		trace_flush(v->link[i].trace);
	}
	live_services_run(v);
	return true;
}

/* --- beginning and end ----------------------------------------------------------------------- */

bool
live_open(struct live *v, struct err *e)
{
	v->config_sock = -1;
	v->source.fill = entropy_fill;
	random_pool_init(&v->pool, &v->source);
	v->epoch = (uint64_t)(clock_of(CLOCK_REALTIME).tv_sec - clock_of(CLOCK_MONOTONIC).tv_sec);
	v->setup.random = &v->pool.random;
	v->setup.resolve = true;
	v->setup.send = on_send;
	v->setup.pfkey_deliver = on_pfkey;
	v->setup.udp_deliver = on_udp;
	v->setup.ctx = v;
	v->host = host_new(&v->setup, e);
	if (v->host == NULL || !live_services_open(v, e))
		return false;
	(void)live_now(v);
	return true;
}

void
live_close(struct live *v)
{
	live_pfkey_close(v);
	host_free(v->host);
	v->host = NULL;
	for (unsigned i = 0; i < HOST_LINKS; i++)
		if (v->link[i].link.ops != NULL)
			v->link[i].link.ops->close(&v->link[i].link);
	spool_free(&v->asked);
}
