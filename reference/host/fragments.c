#include "host/parts.h"

/* RFC 4301 7.2: a later fragment on an SA of its own must not reach what selectors were read from in the first (RFC 1858 3.2: 16 octets). */
#define LEAST_OFFSET 16

/* Where a fragment belongs: the identification, and whether it is IPv4's first 16 octets of the whole. */
static bool
identify(struct bytes datagram, const struct chain *c, uint32_t *id, uint32_t *offset)
{
	struct rd r = rd_of(datagram);
	*id = *offset = 0;
	if (c->family == 4) {
		rd_skip(&r, 4);
		*id = (uint32_t)rd_uint(&r, 2);
		*offset = (uint32_t)(rd_uint(&r, 2) & 0x1fff) * 8;
		return !r.bad;
	}
	/* The fragment header is the last of those that stay in front (RFC 8200 4.5). */
	rd_skip(&r, c->front.at >= 8 ? c->front.at - 8 : 0);
	rd_skip(&r, 2);
	*offset = (uint32_t)rd_uint(&r, 2) & ~7u;
	*id = (uint32_t)rd_uint(&r, 4);
	return !r.bad;
}

static bool
belongs(const struct fragment_first *t, const struct flow *f, uint32_t id, const struct secpath *path, uint64_t now)
{
	return t->src.family != 0 && t->until > now && t->id == id && t->protocol == f->protocol &&
	       addr_equal(&t->src, &f->src) && addr_equal(&t->dst, &f->dst) && secpath_equal(&t->path, path);
}

void
fragments_note(struct fragments *t, struct bytes datagram, const struct secpath *path, uint64_t now)
{
	struct chain c;
	struct flow f;
	uint32_t id, offset;
	if (!chain_of(datagram, &c) || !c.fragment || !flow_of(datagram, &f) || !f.has_ports ||
	    !identify(c.whole, &c, &id, &offset))
		return;
	t->first[t->next++ % FRAGMENTS_TRACKED] = (struct fragment_first){ .src = f.src,
									   .dst = f.dst,
									   .protocol = f.protocol,
									   .id = id,
									   .path = *path,
									   .sport = f.sport,
									   .dport = f.dport,
									   .until = now + FRAGMENTS_SECONDS };
}

static const struct fragment_first *
find(const struct fragments *t, const struct flow *f, uint32_t id, const struct secpath *path, uint64_t now)
{
	for (unsigned i = 0; i < FRAGMENTS_TRACKED; i++)
		if (belongs(&t->first[i], f, id, path, now))
			return &t->first[i];
	return NULL;
}

static bool
has_ports(const struct selector *s)
{
	return s->sport != SELECTOR_ANY || s->dport != SELECTOR_ANY;
}

static bool
is_opaque(const struct selector *s)
{
	return s->sport == SELECTOR_OPAQUE || s->dport == SELECTOR_OPAQUE;
}

/* The first entry that matches. *ports: one before it would have, had the ports been others. */
static const struct spd_entry *
lookup(const struct spd *d, uint8_t dir, const struct flow *f, bool *ports)
{
	for (const struct spd_entry *p = spd_next(d, NULL); p != NULL; p = spd_next(d, p)) {
		struct selector s = p->selector;
		s.sport = s.dport = SELECTOR_ANY;
		s.sport_last = s.dport_last = 0;
		if (p->dir != dir || !selector_match(&s, f))
			continue;
		if (selector_match(&p->selector, f))
			return p;
		*ports |= has_ports(&p->selector);
	}
	return NULL;
}

static const struct spd_entry *
lookup_all(const struct spd *d, const uint8_t *dirs, unsigned dirs_n, const struct flow *f, bool *ports)
{
	const struct spd_entry *p = NULL;
	*ports = false;
	for (unsigned i = 0; i < dirs_n && p == NULL && dirs[i] != 0; i++)
		p = lookup(d, dirs[i], f, ports);
	return p;
}

bool
fragments_flow(const struct host *h, const struct fragments *t, struct bytes datagram, const struct secpath *path,
	       const uint8_t *dirs, unsigned dirs_n, uint64_t now, struct flow *f)
{
	struct chain c;
	uint32_t id, offset;
	bool ports;
	if (h->set.rules.fragments == FRAGMENTS_BLIND || !f->fragment || f->has_ports ||
	    !selector_has_ports(f->protocol))
		return true;
	if (!chain_of(datagram, &c) || !identify(c.whole, &c, &id, &offset))
		return false;
	const struct spd_entry *p = lookup_all(h->spd, dirs, dirs_n, f, &ports);
	if (p != NULL && is_opaque(&p->selector))
		return c.family == 6 || offset >= LEAST_OFFSET;
	if (!ports)
		return true;
	const struct fragment_first *first = find(t, f, id, path, now);
	if (first == NULL)
		return false;
	f->has_ports = true;
	f->sport = first->sport;
	f->dport = first->dport;
	p = lookup_all(h->spd, dirs, dirs_n, f, &ports);
	bool bound = p != NULL && p->action == SPD_PROTECT && has_ports(&p->selector);
	return !bound || h->set.rules.fragments == FRAGMENTS_STATEFUL;
}
