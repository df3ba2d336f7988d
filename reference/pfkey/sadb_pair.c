/*
 * Solaris: SAs of two directions that know one another, and what the policy would ask for between two addresses. The numbers and forms are
 * those of its public headers; what a pair is for is pf_key(4P)'s.
 */
#include "pfkey/sadb_engine.h"

#include <errno.h>

/* The SA of the other direction that this one was added beside: x_pair names its SPI. NULL: none, or gone. Between equal ends an SA could
 * name itself: that is none. */
static struct sa *
pair_of(struct sadb_request *q, const struct sa *sa)
{
	const struct hdr *x = pfkey_msg_get(q->m, EXT_X_PAIR);
	struct pfkey_msg *kept = &q->d->kept;
	if (x == NULL && sadb_note_get(q->d, sa, kept))
		x = pfkey_msg_get(kept, EXT_X_PAIR);
	if (x == NULL)
		return NULL;
	struct sa *other = sad_find(q->d->setup.sad, (uint32_t)x->v[XPAIR_SPI].u, sa->spec.protocol, &sa->spec.src);
	return other != NULL && other != sa && addr_equal(&other->spec.src, &sa->spec.dst) ? other : NULL;
}

static int
named_pair(struct sadb_request *q, struct sa **sa, struct sa **other)
{
	*sa = sadb_named(q);
	*other = *sa != NULL ? pair_of(q, *sa) : NULL;
	if (*sa == NULL)
		return pfkey_refuse(&q->err, ESRCH, "%s: there is no such SA", pfkey_type_name(pfkey_msg_type(q->m)));
	if (*other == NULL)
		return pfkey_refuse(&q->err, ESRCH, "%s: the SA has no pair", pfkey_type_name(pfkey_msg_type(q->m)));
	return 0;
}

static int
set_lifetimes(struct sadb_request *q, struct sa *sa)
{
	struct sa_spec spec = sa->spec;
	pfkey_get_lifetime(q->m, EXT_LIFETIME_HARD, &spec.hard);
	pfkey_get_lifetime(q->m, EXT_LIFETIME_SOFT, &spec.soft);
	return sa_complete(sa, &spec, &q->err) ? 0 : EINVAL;
}

/* Lifetimes of both. */
int
sadb_do_updatepair(struct sadb_request *q)
{
	struct sa *sa, *other;
	int refused = named_pair(q, &sa, &other);
	if (refused == 0 && (sa->state == SA_LARVAL || other->state == SA_LARVAL))
		refused = pfkey_refuse(&q->err, EINVAL, "x_updatepair: an SA without keys has no lifetimes yet");
	if (refused == 0)
		refused = set_lifetimes(q, sa);
	if (refused == 0)
		refused = set_lifetimes(q, other);
	if (refused == 0)
		refused = sadb_push_sa(q->d, sadb_reply(q), sa, PARTS_ALL & ~(unsigned)PART_KEYS);
	return refused != 0 ? refused : sadb_send(q->d, TO_ALL, q->sock);
}

/* Both go; DELPAIR_STATE takes those only that are in the state it names. */
int
sadb_do_delpair(struct sadb_request *q)
{
	struct sa *sa, *other;
	int refused = named_pair(q, &sa, &other);
	if (refused != 0)
		return refused;
	uint64_t state = pfkey_msg_get(q->m, EXT_SA)->v[XSA_STATE].u;
	bool any = pfkey_msg_type(q->m) == PFKEY_X_DELPAIR;
	struct addr src = sa->spec.src, dst = sa->spec.dst;
	if (!pfkey_msg_name_sa(sadb_reply(q), sa->spec.spi, &src, &dst, &q->err))
		return ENOBUFS;
	bool both[] = { any || sa->state == state, any || other->state == state };
	if (both[0])
		sadb_remove(q->d, sa);
	if (both[1])
		sadb_remove(q->d, other);
	return sadb_send(q->d, TO_ALL, q->sock);
}

/* --- X_INVERSE_ACQUIRE ------------------------------------------------------------------------ */

static const struct spd_entry *
entry_between(struct sadb_request *q, const struct addr *src, const struct addr *dst)
{
	const struct hdr *from = pfkey_msg_get(q->m, EXT_ADDRESS_SRC), *to = pfkey_msg_get(q->m, EXT_ADDRESS_DST);
	struct flow f = { .protocol = (uint8_t)from->v[XAD_PROTO].u };
	f.src = *src;
	f.dst = *dst;
	f.sport = (uint16_t)from->v[XAD_PORT].u;
	f.dport = (uint16_t)to->v[XAD_PORT].u;
	f.has_ports = f.sport != 0 || f.dport != 0;
	return spd_lookup(q->d->setup.spd, DIR_OUT, &f);
}

/* What an ACQUIRE for traffic between these addresses would propose: a peer asks so before it agrees. */
int
sadb_do_inverse_acquire(struct sadb_request *q)
{
	struct addr src = pfkey_address(pfkey_msg_get(q->m, EXT_ADDRESS_SRC), NULL);
	struct addr dst = pfkey_address(pfkey_msg_get(q->m, EXT_ADDRESS_DST), NULL);
	const struct spd_entry *p = entry_between(q, &src, &dst);
	const struct grammar_side *said = &pfkey_grammar[PFKEY_X_INVERSE_ACQUIRE].side[PFKEY_IN];
	if (p == NULL || p->action != SPD_PROTECT)
		return pfkey_refuse(&q->err, ENOENT, "x_inverse_acquire: no policy protects that traffic");
	if (!sadb_echo(q, said->required | said->optional, true) || !sadb_push_ecombs(q->d, &q->d->reply, p))
		return ENOBUFS;
	return sadb_send(q->d, TO_ONE, q->sock);
}
