#include "ipsec/sad_parts.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

struct sad *
sad_new(void)
{
	return calloc(1, sizeof(struct sad));
}

void
sad_free(struct sad *d)
{
	if (d == NULL)
		return;
	sad_flush(d, 0);
	sad_table_free(&d->table);
	free(d);
}

void
sad_set_ah(struct sad *d, const struct ah_rules *rules)
{
	d->ah = rules;
}

/* --- by SPI ----------------------------------------------------------------------------------- */

/* For multicast SAs the protocol takes no part, RFC 4301 4.1. */
static uint8_t
protocol_of(uint8_t protocol, const struct addr *dst)
{
	return addr_is_multicast(dst) ? 0 : protocol;
}

/* One that has a source of its own is for that sender alone; the rest take all. */
static bool
is_for_all(const struct sa *sa)
{
	return addr_is_any(&sa->spec.src);
}

/* The SA of a group for one source exactly; addr_is_any: the one for all sources. */
static struct sa *
group_find(struct sa *first, const struct addr *src)
{
	struct link *l = first != NULL ? link_of(first) : NULL;
	while (l != NULL && !(addr_is_any(src) ? is_for_all(l->sa) : addr_equal(&l->sa->spec.src, src)))
		l = l->next_of_group;
	return l != NULL ? l->sa : NULL;
}

struct sa *
sad_find(const struct sad *d, uint32_t spi, uint8_t protocol, const struct addr *dst)
{
	return sad_table_find(&d->table, spi, protocol_of(protocol, dst), dst);
}

struct sa *
sad_find_from(const struct sad *d, uint32_t spi, uint8_t protocol, const struct addr *src, const struct addr *dst)
{
	struct sa *first = sad_find(d, spi, protocol, dst);
	return addr_is_multicast(dst) ? group_find(first, src) : first;
}

struct sa *
sad_inbound(const struct sad *d, uint32_t spi, uint8_t protocol, const struct addr *src, const struct addr *dst)
{
	static const struct addr all;
	struct sa *sa = sad_find(d, spi, protocol, dst);
	if (!addr_is_multicast(dst))
		return sa;
	struct sa *own = group_find(sa, src);
	sa = own != NULL ? own : group_find(sa, &all);
	/* The longest match is the SA, and it knows no other protocol than its own. */
	return sa != NULL && sa->spec.protocol == protocol ? sa : NULL;
}

static bool
link_name(struct sad *d, struct link *l)
{
	const struct sa_spec *s = &l->sa->spec;
	struct sa *first = sad_find(d, s->spi, s->protocol, &s->dst);
	if (first == NULL)
		return sad_table_put(&d->table, s->spi, protocol_of(s->protocol, &s->dst), &s->dst, l->sa);
	l->next_of_group = link_of(first)->next_of_group;
	link_of(first)->next_of_group = l;
	return true;
}

static void
link_unname(struct sad *d, struct link *l)
{
	const struct sa_spec *s = &l->sa->spec;
	uint8_t protocol = protocol_of(s->protocol, &s->dst);
	struct link *before = link_of(sad_table_find(&d->table, s->spi, protocol, &s->dst));
	if (before != l) {
		while (before->next_of_group != l)
			before = before->next_of_group;
		before->next_of_group = l->next_of_group;
	} else if (l->next_of_group == NULL) {
		sad_table_remove(&d->table, s->spi, protocol, &s->dst);
	} else {
		bool put = sad_table_put(&d->table, s->spi, protocol, &s->dst, l->next_of_group->sa);
		assert(put); /* the slot is there */
		(void)put;
	}
}

/* --- all of them ------------------------------------------------------------------------------ */

static void
link_append(struct sad *d, struct link *l)
{
	l->older = d->newest;
	if (d->newest != NULL)
		d->newest->newer = l;
	else
		d->oldest = l;
	d->newest = l;
	d->n++;
}

static void
link_cut(struct sad *d, struct link *l)
{
	if (l->older != NULL)
		l->older->newer = l->newer;
	else
		d->oldest = l->newer;
	if (l->newer != NULL)
		l->newer->older = l->older;
	else
		d->newest = l->older;
	d->n--;
}

static bool
is_taken(const struct sad *d, const struct sa_spec *s, struct err *e)
{
	char text[48];
	if (sad_find_from(d, s->spi, s->protocol, &s->src, &s->dst) == NULL)
		return false;
	fail(e, ERR_REFUSED, "SA 0x%x of protocol %u to %s is there already", (unsigned)s->spi, s->protocol,
	     addr_print(&s->dst, text));
	if (e != NULL)
		e->os_errno = EEXIST;
	return true;
}

bool
sad_completed(struct sad *d, struct sa *sa)
{
	struct link *l = link_of(sa);
	return sa->state == SA_LARVAL || path_is_filed(l) || path_file(d, l);
}

static struct link *
link_new(struct sad *d, struct sa *sa)
{
	struct link *l = calloc(1, sizeof *l);
	if (l == NULL)
		return NULL;
	l->sa = sa;
	l->serial = ++d->serial;
	for (unsigned i = 0; i < MEMBERS; i++)
		l->member[i].link = l;
	sa->owner = l;
	return l;
}

bool
sad_add(struct sad *d, struct sa *sa, struct err *e)
{
	if (is_taken(d, &sa->spec, e))
		return false;
	struct link *l = link_new(d, sa);
	bool named = l != NULL && link_name(d, l);
	if (!named || !sad_completed(d, sa)) {
		if (named)
			link_unname(d, l);
		free(l);
		sa->owner = NULL;
		return fail(e, ERR_IO, "SA 0x%x: out of memory", (unsigned)sa->spec.spi);
	}
	link_append(d, l);
	if (d->ah != NULL)
		sa->ah = d->ah;
	return true;
}

void
sad_delete(struct sad *d, struct sa *sa)
{
	struct link *l = link_of(sa);
	assert(l != NULL && l->sa == sa);
	link_cut(d, l);
	link_unname(d, l);
	path_unfile(d, l);
	sa_close(sa);
	free(l);
}

unsigned
sad_flush(struct sad *d, uint8_t protocol)
{
	unsigned n = 0;
	for (struct link *l = d->oldest, *newer; l != NULL; l = newer) {
		newer = l->newer;
		if (protocol != 0 && l->sa->spec.protocol != protocol)
			continue;
		sad_delete(d, l->sa);
		n++;
	}
	return n;
}

unsigned
sad_count(const struct sad *d)
{
	return d->n;
}

struct sa *
sad_next(const struct sad *d, const struct sa *after)
{
	const struct link *l = after == NULL ? d->oldest : link_of(after)->newer;
	return l != NULL ? l->sa : NULL;
}
