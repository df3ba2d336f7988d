#include "host/parts.h"

#include <errno.h>
#include <stdlib.h>

static bool
setup_is_sound(const struct host_setup *s, struct err *e)
{
	if (s->profile == NULL || s->dialect == NULL || s->random == NULL || s->send == NULL ||
	    s->pfkey_deliver == NULL || s->udp_deliver == NULL)
		return fail(e, ERR_RANGE, "host: profile, dialect, random and the three callbacks must be given");
	if (s->links == 0 || s->links > HOST_LINKS)
		return fail(e, ERR_RANGE, "host.links: want 1 to %d, got %u", HOST_LINKS, s->links);
	if (s->bump && s->links != BUMP_SIDES)
		return fail(e, ERR_RANGE, "host.links: want two for a bump in the wire, got %u", s->links);
	for (unsigned i = 0; i < s->links; i++)
		if (s->link[i].n > sizeof s->link[i].addr / sizeof s->link[i].addr[0])
			return fail(e, ERR_RANGE, "host.link[%u].n: want at most %zu, got %u", i,
				    sizeof s->link[i].addr / sizeof s->link[i].addr[0], s->link[i].n);
	return true;
}

static bool
databases_open(struct host *h, struct err *e)
{
	h->sad = sad_new();
	h->spd = spd_new();
	if (h->sad == NULL || h->spd == NULL)
		return fail(e, ERR_IO, "host: out of memory");
	sad_set_ah(h->sad, &h->set.rules.ah);
	struct sadb_setup s = { .dialect = h->setup.dialect,
				.sad = h->sad,
				.spd = h->spd,
				.unique_max = h->set.rules.unique_max,
				.random = h->setup.random,
				.deliver = h->setup.pfkey_deliver,
				.ctx = h->setup.ctx,
				.settings = &h->set.pfkey,
				.lost = &h->events[EV_PFKEY_LOST],
				.rules = &h->set.rules.sas };
	h->sadb = sadb_new(&s, e);
	return h->sadb != NULL;
}

struct host *
host_new(const struct host_setup *s, struct err *e)
{
	if (!setup_is_sound(s, e))
		return NULL;
	struct host *h = calloc(1, sizeof *h);
	if (h == NULL) {
		fail(e, ERR_IO, "host: out of memory");
		return NULL;
	}
	h->setup = *s;
	h->set = (struct host_settings){ .rules = *s->profile, .mtu = 1500, .forward = s->links > 1 };
	if (databases_open(h, e))
		return h;
	host_free(h);
	return NULL;
}

void
host_free(struct host *h)
{
	if (h == NULL)
		return;
	loopback_forget(h);
	neighbour_forget(h);
	if (h->sadb != NULL)
		sadb_free(h->sadb);
	if (h->spd != NULL)
		spd_free(h->spd);
	if (h->sad != NULL)
		sad_free(h->sad);
	free(h);
}

/*
 * The weak host model: an address of one link is ours on every link, as on the systems we stand for
 * (RFC 1122 3.3.4.2).
 */
bool
host_is_local(const struct host *h, const struct addr *a)
{
	for (unsigned l = 0; l < h->setup.links; l++)
		for (unsigned i = 0; i < h->setup.link[l].n; i++)
			if (addr_equal(&h->setup.link[l].addr[i], a))
				return true;
	return (h->setup.bump && bump_protects(h, a)) || (a->family == 6 && neigh_is_our_group(h, a));
}

/* 255.255.255.255, or all ones behind a prefix of ours. */
bool
host_is_broadcast(const struct host *h, const struct addr *a)
{
	if (a->family != 4)
		return false;
	struct rd r = rd_of(addr_bytes(a));
	uint32_t v = (uint32_t)rd_uint(&r, 4);
	if (v == UINT32_MAX)
		return true;
	for (unsigned l = 0; l < h->setup.links; l++)
		for (unsigned i = 0; i < h->setup.link[l].n; i++) {
			unsigned bits = h->setup.link[l].bits[i];
			uint32_t hosts = bits < 31 ? UINT32_MAX >> bits : 0;
			if (hosts != 0 && (v & hosts) == hosts && addr_in_prefix(a, &h->setup.link[l].addr[i], bits))
				return true;
		}
	return false;
}

const struct addr *
host_source(const struct host *h, unsigned link, uint8_t family)
{
	for (unsigned i = 0; i < h->setup.link[link].n; i++)
		if (h->setup.link[link].addr[i].family == family)
			return &h->setup.link[link].addr[i];
	return NULL;
}

/* The connected prefix that is longest; its link, or 0 where there is none. */
static unsigned
connected(const struct host *h, const struct addr *dst, unsigned *best_bits)
{
	unsigned best = 0;
	*best_bits = 0;
	for (unsigned l = 0; l < h->setup.links; l++)
		for (unsigned i = 0; i < h->setup.link[l].n; i++) {
			unsigned bits = h->setup.link[l].bits[i];
			if (bits > *best_bits && addr_in_prefix(dst, &h->setup.link[l].addr[i], bits)) {
				best = l;
				*best_bits = bits;
			}
		}
	return best;
}

/* The longest route; NULL where a connected prefix is at least as long. */
static const struct route *
routed(const struct host *h, const struct addr *dst, unsigned connected_bits)
{
	const struct route *best = NULL;
	for (const struct route *r = h->setup.route; r < h->setup.route + h->setup.routes; r++)
		if ((r->bits > connected_bits || connected_bits == 0) && addr_in_prefix(dst, &r->prefix, r->bits) &&
		    (best == NULL || r->bits > best->bits))
			best = r;
	return best;
}

unsigned
host_route(const struct host *h, const struct addr *dst)
{
	unsigned bits;
	if (h->setup.bump)
		return BUMP_OUTSIDE; /* what the inside gets does not go by a route */
	unsigned link = connected(h, dst, &bits);
	const struct route *r = routed(h, dst, bits);
	return r != NULL ? connected(h, &r->next, &bits) : link;
}

bool
host_next_hop(const struct host *h, unsigned link, const struct addr *dst, struct addr *hop)
{
	static const struct addr local6 = { 6, { 0xfe, 0x80 } };
	unsigned bits;
	unsigned near = connected(h, dst, &bits);
	const struct route *r = routed(h, dst, bits);
	bool on_link = (bits > 0 && near == link && r == NULL) || addr_in_prefix(dst, &local6, 10);
	*hop = on_link || r == NULL ? *dst : r->next;
	return on_link || r != NULL;
}

void
host_limit(struct host *h, struct sa *sa, bool hard)
{
	for (unsigned i = 0; i < h->limits_n; i++)
		if (h->limits[i].sa == sa) {
			h->limits[i].hard |= hard;
			return;
		}
	/* More than there are layers in and out of one datagram: errors for many that waited in vain. sadb_tick finds the rest by itself. */
	if (h->limits_n == LIMITS_MAX)
		return;
	h->limits[h->limits_n].sa = sa;
	h->limits[h->limits_n++].hard = hard;
}

void
host_expire(struct host *h)
{
	for (unsigned i = 0; i < h->limits_n; i++)
		sadb_expire(h->sadb, h->limits[i].sa, h->limits[i].hard);
	h->limits_n = 0;
}

void
host_settle(struct host *h, uint64_t now)
{
	loopback_run(h, now);
	if (h->neigh.lost != NULL)
		neighbour_settle(h, now);
	host_expire(h);
}

int
host_pfkey_open(struct host *h)
{
	return sadb_open(h->sadb, ++h->sockets_opened);
}

int
host_pfkey_open_as(struct host *h, uint32_t pid)
{
	return sadb_open(h->sadb, pid);
}

int
host_pfkey_write(struct host *h, int sock, struct bytes msg, uint64_t now)
{
	return sadb_write(h->sadb, sock, msg, now);
}

void
host_pfkey_taken(struct host *h, int sock, size_t n)
{
	sadb_taken(h->sadb, sock, n);
}

void
host_pfkey_close(struct host *h, int sock)
{
	sadb_close(h->sadb, sock);
}

/*
 * RFC 1122 3.3.2, RFC 8200 4.5: the sender hears of a datagram whose first fragment came, and which
 * was not completed.
 */
static void
tick_reassembly(struct host *h, uint64_t now)
{
	struct arrival a = { .now = now };
	struct bytes first;
	struct ip ip;
	while (reassembly_expire(&h->reassembly, now, &a.link, &first)) {
		host_count(h, EV_REASSEMBLY_FAILED);
		a.path = h->reassembly.expired;
		if (ip_parse(first, &ip))
			icmp_error(h, &a, &ip, ip.family == 4 ? 11 : 3, 1, 0);
		host_settle(h, now);
	}
}

void
host_tick(struct host *h, uint64_t now)
{
	tick_reassembly(h, now);
	sadb_tick(h->sadb, now);
	natt_tick(h, now);
	if (h->setup.resolve)
		neighbour_tick(h, now);
	host_settle(h, now);
}
