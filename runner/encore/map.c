#include "runner/encore/encore.h"

#include <stdio.h>
#include <string.h>

static bool
add_pair(struct address_map *m, const struct addr *from, const struct addr *to, struct err *e)
{
	if (from->family == 0 || to->family == 0)
		return true;
	for (unsigned i = 0; i < m->pairs; i++)
		if (addr_equal(&m->pair[i].from, from))
			return true; /* what was said first holds */
	if (m->pairs == MAP_PAIRS)
		return fail(e, ERR_RANGE, "more than %d addresses to replace", MAP_PAIRS);
	m->pair[m->pairs].from = *from;
	m->pair[m->pairs++].to = *to;
	return true;
}

bool
address_map_parse(struct address_map *m, const char *text, struct err *e)
{
	char left[64];
	struct addr from, to;
	const char *equals = strchr(text, '=');
	size_t n = equals != NULL ? (size_t)(equals - text) : 0;
	if (n == 0 || n >= sizeof left)
		return fail(e, ERR_SYNTAX, "want OLD=NEW, got '%s'", text);
	snprintf(left, sizeof left, "%.*s", (int)n, text);
	if (!addr_parse(&from, left, e) || !addr_parse(&to, equals + 1, e))
		return false;
	if (from.family != to.family)
		return fail(e, ERR_SYNTAX, "%s: want two addresses of one family", text);
	return add_pair(m, &from, &to, e);
}

static void
add_prefix(struct address_map *m, struct bytes from, struct bytes to, uint8_t bits)
{
	if (bytes_equal(from, to) || m->prefixes == MAP_PREFIXES)
		return;
	m->prefix[m->prefixes].from = addr_of(from);
	m->prefix[m->prefixes].to = addr_of(to);
	m->prefix[m->prefixes++].bits = bits;
}

/* Cases use addresses of documentation prefixes, many more than the two ends of a link. */
static bool
map_nets(struct address_map *m, const struct target *t, struct err *e)
{
	for (unsigned i = 0; i < TARGET_LINKS; i++) {
		const struct target_net *then = &target_nets[i], *now = &t->net[i];
		const struct {
			struct bytes from, to;
		} ends[] = {
			{ BYTES_OF(then->tester4), BYTES_OF(now->tester4) },
			{ BYTES_OF(then->target4), BYTES_OF(now->target4) },
			{ BYTES_OF(then->second4), BYTES_OF(now->second4) },
			{ BYTES_OF(then->tester6), BYTES_OF(now->tester6) },
			{ BYTES_OF(then->target6), BYTES_OF(now->target6) },
			{ BYTES_OF(then->second6), BYTES_OF(now->second6) },
		};
		for (size_t k = 0; k < sizeof ends / sizeof ends[0]; k++) {
			struct addr from = addr_of(ends[k].from), to = addr_of(ends[k].to);
			if (!addr_is_any(&from) && !addr_is_any(&to) && !addr_equal(&from, &to) &&
			    !add_pair(m, &from, &to, e))
				return false;
		}
		add_prefix(m, ends[1].from, ends[1].to, 24);
		add_prefix(m, ends[4].from, ends[4].to, 64);
	}
	return true;
}

bool
address_map_make(struct address_map *m, const struct recording *r, const struct target *t, struct err *e)
{
	if (r->own)
		return map_nets(m, t, e);
	const struct addr tester[] = { addr_of(BYTES_OF(t->net[0].tester4)), addr_of(BYTES_OF(t->net[0].tester6)) };
	const struct addr target[] = { addr_of(BYTES_OF(t->net[0].target4)), addr_of(BYTES_OF(t->net[0].target6)) };
	for (unsigned i = 0; i < RECORDING_ENDS; i++)
		if (!add_pair(m, &r->peer[i], &tester[i], e) || !add_pair(m, &r->target[i], &target[i], e))
			return false;
	return true;
}

/* The network's part of one address, the host's of another. */
static void
join(struct addr *a, const struct addr *net, unsigned bits)
{
	memcpy(a->o, net->o, bits / 8);
}

bool
address_map_apply(const struct address_map *m, struct addr *a)
{
	struct addr before = *a;
	for (unsigned i = 0; i < m->pairs; i++)
		if (addr_equal(a, &m->pair[i].from)) {
			*a = m->pair[i].to;
			return !addr_equal(&before, a);
		}
	for (unsigned i = 0; i < m->prefixes; i++)
		if (a->family == m->prefix[i].from.family && addr_in_prefix(a, &m->prefix[i].from, m->prefix[i].bits)) {
			join(a, &m->prefix[i].to, m->prefix[i].bits);
			break;
		}
	return !addr_equal(&before, a);
}

bool
address_map_is_identity(const struct address_map *m)
{
	for (unsigned i = 0; i < m->pairs; i++)
		if (!addr_equal(&m->pair[i].from, &m->pair[i].to))
			return false;
	return m->prefixes == 0;
}
