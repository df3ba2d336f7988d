#include "runner/encore/encore.h"

#include <string.h>

#include "crypto/alg.h"

#define KEY_TRIES 16 /* a cipher may refuse weak keys */

bool
encore_keys_open(struct encore_keys *k, struct err *e)
{
	k->then = sad_new();
	return k->then != NULL || fail(e, ERR_IO, "out of memory");
}

void
encore_keys_close(struct encore_keys *k)
{
	sad_free(k->then);
	k->then = NULL;
}

/* --- then ------------------------------------------------------------------------------------ */

/* Both ends' SAs without what a receiver would refuse by: a capture is read, not judged. */
static bool
remember(struct sad *sad, const struct setkey_command *c, struct err *e)
{
	struct sa_spec spec = c->sa;
	if (c->verb != SETKEY_ADD && c->verb != SETKEY_UPDATE)
		return true; /* what was deleted or flushed still opens the packets of before */
	spec.replay = 0;
	spec.seq_cycle = true;
	spec.hard = spec.soft = (struct lifetime){ 0 };
	struct sa *old = sad_find_from(sad, spec.spi, spec.protocol, &spec.src, &spec.dst);
	if (old != NULL && c->verb == SETKEY_UPDATE)
		return true; /* RFC 2367 3.1.2: keys and counters stay */
	if (old != NULL)
		sad_delete(sad, old);
	struct sa *sa = sa_open(&spec, e);
	if (sa == NULL)
		return false;
	replay_commit(&sa->replay, spec.seq);
	if (sad_add(sad, sa, e))
		return true;
	sa_close(sa);
	return false;
}

bool
encore_keys_mirror(struct sad *sad, const struct setkey_command *c, struct err *e)
{
	for (; c != NULL; c = c->next)
		if (!remember(sad, c, e))
			return false;
	return true;
}

/* --- now ------------------------------------------------------------------------------------- */

uint32_t
encore_keys_spi(const struct encore_keys *k, uint32_t spi, uint8_t protocol, const struct addr *dst)
{
	for (unsigned i = k->spis; i > 0; i--)
		if (k->spi[i - 1].then == spi && k->spi[i - 1].protocol == protocol &&
		    addr_equal(&k->spi[i - 1].dst, dst))
			return k->spi[i - 1].now;
	return spi;
}

struct sa *
encore_keys_now(const struct encore_keys *k, const struct sad *sad, const struct sa *then)
{
	struct addr src = then->spec.src, dst = then->spec.dst;
	uint32_t spi = encore_keys_spi(k, then->spec.spi, then->spec.protocol, &dst);
	(void)address_map_apply(k->map, &src);
	(void)address_map_apply(k->map, &dst);
	return sad_find_from(sad, spi, then->spec.protocol, &src, &dst);
}

static bool
spi_taken(const struct encore_keys *k, uint32_t spi)
{
	for (unsigned i = 0; i < k->spis; i++)
		if (k->spi[i].now == spi || k->spi[i].then == spi)
			return true;
	return false;
}

static void
fill_random(struct encore_keys *k, uint8_t *p, size_t n)
{
	k->random->fill(k->random, p, n);
}

static void
new_spi(struct encore_keys *k, struct sa_spec *sa)
{
	uint8_t octets[4];
	uint32_t spi;
	do {
		fill_random(k, octets, sizeof octets);
		struct rd r = rd_of(BYTES_OF(octets));
		spi = (uint32_t)rd_uint(&r, 4) >> 1 | 0x10000000; /* far from those that cases use */
	} while (spi_taken(k, spi));
	if (k->spis == k->spis_cap) {
		unsigned cap = k->spis_cap * 2 + 16;
		void *more = arena_alloc(k->arena, cap * sizeof *k->spi);
		if (k->spis > 0)
			memcpy(more, k->spi, k->spis * sizeof *k->spi);
		k->spi = more;
		k->spis_cap = cap;
	}
	k->spi[k->spis].then = sa->spi;
	k->spi[k->spis].now = spi;
	k->spi[k->spis].protocol = sa->protocol;
	k->spi[k->spis++].dst = sa->dst;
}

static struct bytes
new_key(struct encore_keys *k, struct bytes old)
{
	uint8_t *p = arena_alloc(k->arena, old.n + 1);
	fill_random(k, p, old.n);
	return (struct bytes){ p, old.n };
}

static bool
takes_keys(const struct sa_spec *spec)
{
	struct sa *sa = sa_open(spec, &(struct err){ 0 });
	bool ok = sa != NULL;
	sa_close(sa);
	return ok;
}

/* A new SPI, and fresh keys of the same lengths. An IPComp SA has neither: its CPI says the algorithm. */
static void
rekey(struct encore_keys *k, struct setkey_command *c)
{
	bool makes = c->verb == SETKEY_ADD;
	struct addr dst = c->sa.dst;
	if (c->sa.protocol == IPPROTO_IPCOMP_)
		return;
	if (makes) {
		bool sound = takes_keys(&c->sa);
		new_spi(k, &c->sa);
		for (unsigned tries = 0; tries < KEY_TRIES; tries++) {
			c->sa.enc_key = new_key(k, c->sa.enc_key);
			c->sa.auth_key = new_key(k, c->sa.auth_key);
			if (!sound || takes_keys(&c->sa))
				break;
		}
	}
	c->sa.spi = encore_keys_spi(k, c->sa.spi, c->sa.protocol, &dst);
}

static void
map_selector(const struct address_map *m, struct selector *s)
{
	struct addr *a[] = { &s->src, &s->dst, &s->src_last, &s->dst_last };
	for (size_t i = 0; i < sizeof a / sizeof a[0]; i++)
		(void)address_map_apply(m, a[i]);
}

static void
map_command(struct encore_keys *k, struct setkey_command *c)
{
	const struct address_map *m = k->map;
	if (k->rekey && (c->verb == SETKEY_ADD || c->verb == SETKEY_UPDATE || c->verb == SETKEY_DELETE))
		rekey(k, c);
	struct addr *ends[] = { &c->sa.src, &c->sa.dst, &c->sa.encap.oai, &c->sa.encap.oar };
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
		(void)address_map_apply(m, ends[i]);
	map_selector(m, &c->sa.selector);
	map_selector(m, &c->policy.selector);
	for (unsigned i = 0; i < c->policy.n; i++) {
		(void)address_map_apply(m, &c->policy.request[i].src);
		(void)address_map_apply(m, &c->policy.request[i].dst);
	}
}

bool
encore_keys_commands(struct encore_keys *k, const struct setkey_command *script, const struct setkey_command **now,
		     struct err *e)
{
	struct setkey_command *last = NULL;
	*now = NULL;
	for (const struct setkey_command *c = script; c != NULL; c = c->next) {
		struct setkey_command *copy = arena_alloc(k->arena, sizeof *copy);
		if (!remember(k->then, c, e))
			return false;
		*copy = *c;
		copy->next = NULL;
		map_command(k, copy);
		if (last != NULL)
			last->next = copy;
		else
			*now = copy;
		last = copy;
	}
	return true;
}

/* --- taking apart ---------------------------------------------------------------------------- */

static bool
dissect_once(struct dissected *d, const struct sad *sad, struct bytes datagram, struct arena *arena, struct err *e)
{
	size_t n = packet_dissect_room(sad, datagram.n);
	return packet_dissect(d, sad, datagram, arena_alloc(arena, n + 1), n, e);
}

/* RFC 4302 3.3.3.2.1 pads AH on IPv4 to 4 octets and Linux to 8; only the packets tell. */
bool
encore_dissect(struct dissected *d, struct sad *sad, struct bytes datagram, struct arena *arena, struct err *e)
{
	if (!dissect_once(d, sad, datagram, arena, e))
		return false;
	for (struct sa *sa = sad_next(sad, NULL); sa != NULL && d->verdict == DROP_AH_LENGTH; sa = sad_next(sad, sa)) {
		if (sa->spec.protocol != IPPROTO_AH_ || sa->spec.dst.family != 4)
			continue;
		sa->spec.ah_align8 = !sa->spec.ah_align8;
		if (!dissect_once(d, sad, datagram, arena, e))
			return false;
		if (d->verdict == DROP_AH_LENGTH)
			sa->spec.ah_align8 = !sa->spec.ah_align8;
	}
	return d->verdict != DROP_AH_LENGTH || dissect_once(d, sad, datagram, arena, e);
}
