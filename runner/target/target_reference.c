#include "runner/entropy.h"
#include "runner/target/target_reference.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "runner/help/offers.h"

#define PREFIX4 24
#define PREFIX6 64

/* Locally administered; the same as the linux driver's. */
static const uint8_t target_macs[TARGET_LINKS][6] = { { 2, 0, 0, 0, 1, 1 }, { 2, 0, 0, 0, 2, 1 } };
static const uint8_t tester_macs[TARGET_LINKS][6] = { { 2, 0, 0, 0, 1, 2 }, { 2, 0, 0, 0, 2, 2 } };

static uint64_t
seconds_of(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec;
}

uint64_t
reference_now(struct reference *r)
{
	uint64_t now = r->epoch + seconds_of(CLOCK_MONOTONIC);
	if (now != r->ticked) {
		r->ticked = now;
		host_tick(r->host, now);
	}
	return now;
}

bool
reference_sound(const struct reference *r, struct err *e)
{
	return !r->lost || fail(e, ERR_DEAD, "the reference: no memory for what it sent");
}

static void
on_send(void *ctx, unsigned link, struct bytes frame)
{
	struct reference *r = ctx;
	if (!spool_push(&r->frames[link], frame, BYTES_NONE))
		r->lost = true;
}

static void
on_pfkey(void *ctx, int sock, struct bytes msg)
{
	channel_call_pfkey(ctx, sock, msg);
}

static void
on_udp(void *ctx, int sock, const struct addr *from, uint16_t port, struct bytes data)
{
	channel_call_udp(ctx, sock, from, port, data);
}

static void
add_address(struct host_if *i, struct bytes address)
{
	i->addr[i->n] = addr_of(address);
	i->bits[i->n++] = address.n == 4 ? PREFIX4 : PREFIX6;
}

static void
set_link(struct host_if *i, const struct target_net *net, const uint8_t mac[6])
{
	struct wr w = wr_of(i->mac, sizeof i->mac);
	wr_bytes(&w, (struct bytes){ mac, 6 });
	add_address(i, BYTES_OF(net->target4));
	add_address(i, BYTES_OF(net->target6));
	add_address(i, BYTES_OF(net->second4));
	add_address(i, BYTES_OF(net->second6));
}

static struct host *
build_host(struct reference *r, const struct target_options *o, const struct profile *profile,
	   const struct dialect *dialect, struct err *e)
{
	struct host_setup s = { .profile = profile,
				.dialect = dialect,
				.random = &r->pool.random,
				.links = TARGET_LINKS,
				.send = on_send,
				.pfkey_deliver = on_pfkey,
				.udp_deliver = on_udp,
				.ctx = r };
	for (unsigned i = 0; i < TARGET_LINKS; i++)
		set_link(&s.link[i], target_net_of(o, i), target_macs[i]);
	struct host *h = host_new(&s, e);
	/* Every case begins with an SPD that lets plain traffic pass; here that is a last entry of the administrator's. */
	if (h != NULL && host_tunable_set(h, "spd.miss", "1") != 0) {
		host_free(h);
		fail(e, ERR_UNKNOWN, "the reference: no tunable spd.miss");
		return NULL;
	}
	return h;
}

/* Second by second, as timers would have it. */
static void
reference_pass(struct target *t, unsigned seconds)
{
	struct reference *r = t->impl;
	for (; seconds > 0; seconds--) {
		r->epoch++;
		(void)reference_now(r);
	}
}

static void
reference_close(struct target *t)
{
	struct reference *r = t->impl;
	if (r == NULL)
		return;
	host_free(r->host);
	for (unsigned i = 0; i < TARGET_LINKS; i++)
		spool_free(&r->frames[i]);
	spool_free(&r->events);
	free(r);
	t->impl = NULL;
	t->has_channel = false;
	t->links = 0;
}

static void
open_ends(struct target *t, const struct target_options *o, struct reference *r)
{
	for (unsigned i = 0; i < TARGET_LINKS; i++) {
		struct wr target_mac = wr_of(t->link[i].target_mac, 6), tester_mac = wr_of(t->link[i].tester_mac, 6);
		link_mem_open(&t->link[i], r, i);
		wr_bytes(&target_mac, BYTES_OF(target_macs[i]));
		wr_bytes(&tester_mac, BYTES_OF(tester_macs[i]));
		t->net[i] = *target_net_of(o, i);
	}
	t->links = TARGET_LINKS;
	channel_call_open(&t->channel, r);
	t->has_channel = true;
}

static bool
unknown_profile(const char *name, struct err *e)
{
	struct suggest near = { .given = name };
	char hint[100];
	offer_profiles(&near);
	suggest_print(&near, hint, sizeof hint);
	return fail(e, ERR_UNKNOWN, "profile: want rfc4301, rfc2401, solaris, kame or linux, got \"%s\"%s", name, hint);
}

/* "rfc4301", "kame/openbsd": whose rules it follows, and whose PF_KEY it speaks. */
bool
reference_argument(const char *argument, const struct profile **profile, const struct dialect **dialect, struct err *e)
{
	char name[32];
	const char *slash = strchr(argument, '/');
	int n = slash != NULL ? (int)(slash - argument) : (int)strlen(argument);
	snprintf(name, sizeof name, "%.*s", n, argument);
	*profile = profile_by_name(name);
	*dialect = dialect_by_os(slash != NULL ? slash + 1 : "reference");
	if (*profile == NULL)
		return unknown_profile(name, e);
	return *dialect != NULL ||
	       fail(e, ERR_UNKNOWN, "dialect: want reference, linux, kame, freebsd, openbsd or solaris, got \"%s\"",
		    slash + 1);
}

/* The argument is PROFILE or PROFILE/DIALECT: "reference:rfc4301", "reference:rfc4301/openbsd". */
bool
target_reference_open(struct target *t, const struct target_options *o, struct err *e)
{
	const char *name = o->argument != NULL ? o->argument : "rfc4301";
	const struct profile *profile;
	const struct dialect *dialect;
	memset(t, 0, sizeof *t);
	if (!reference_argument(name, &profile, &dialect, e))
		return false;
	struct reference *r = calloc(1, sizeof *r);
	if (r == NULL)
		return fail_errno(e, "the reference");
	r->source.fill = entropy_fill;
	random_pool_init(&r->pool, &r->source);
	r->epoch = seconds_of(CLOCK_REALTIME) - seconds_of(CLOCK_MONOTONIC);
	r->ticked = r->epoch + seconds_of(CLOCK_MONOTONIC);
	t->impl = r;
	t->driver = "reference";
	t->pass = reference_pass;
	t->close = reference_close;
	snprintf(t->name, sizeof t->name, o->argument != NULL ? "reference:%s" : "reference", name);
	snprintf(t->os, sizeof t->os, "reference");
	snprintf(t->release, sizeof t->release, "%s", name);
	t->profile = profile->name;
	r->host = build_host(r, o, profile, dialect, e);
	if (r->host == NULL) {
		reference_close(t);
		return false;
	}
	open_ends(t, o, r);
	snprintf(t->channel.hello.os, sizeof t->channel.hello.os, "%s", dialect->name);
	snprintf(t->channel.hello.release, sizeof t->channel.hello.release, "%s", name);
	return true;
}
