/*
 * OpenBSD's policy messages: flows into the SPD and out of it, the flow behind an ACQUIRE, SAs tied together. The numbers, forms and
 * errnos are those of its public headers and manuals.
 */
#include "pfkey/record.h"
#include "pfkey/sadb_engine.h"

#include <errno.h>

static int
flow_of_request(struct sadb_request *q, struct spd_entry *p)
{
	if (!pfkey_msg_to_policy(q->m, p, &q->err) || !selector_check(&p->selector, p->pfp, &q->err))
		return pfkey_refuse(&q->err, EINVAL, "%s", q->err.text);
	p->current = (struct lifetime){ .addtime = q->now };
	return 0;
}

static int
push_flow(struct sadb *d, struct pfkey_msg *m, const struct spd_entry *p)
{
	struct wr store = wr_of(d->store, sizeof d->store);
	return pfkey_push_flow(m, p, &store, NULL) ? 0 : ENOBUFS;
}

static int
answer(struct sadb_request *q, const struct spd_entry *p, enum sadb_audience to)
{
	int refused = push_flow(q->d, sadb_reply(q), p);
	return refused != 0 ? refused : sadb_send(q->d, to, q->sock);
}

/* A flow that is there already takes the new meaning. */
int
sadb_do_addflow(struct sadb_request *q)
{
	struct spd_entry p, *added;
	int refused = flow_of_request(q, &p);
	if (refused != 0)
		return refused;
	struct spd_entry *old = spd_find(q->d->setup.spd, p.dir, &p.selector);
	if (old != NULL)
		spd_delete(q->d->setup.spd, old);
	if (!spd_add(q->d->setup.spd, &p, &added, &q->err))
		return sadb_errno_of(&q->err);
	return answer(q, added, TO_ALL);
}

int
sadb_do_delflow(struct sadb_request *q)
{
	struct spd_entry p;
	int refused = flow_of_request(q, &p);
	if (refused != 0)
		return refused;
	struct spd_entry *found = spd_find(q->d->setup.spd, p.dir, &p.selector);
	if (found == NULL)
		return pfkey_refuse(&q->err, ESRCH, "x_delflow: there is no such flow");
	refused = answer(q, found, TO_ALL);
	spd_delete(q->d->setup.spd, found);
	return refused;
}

int
sadb_do_flowdump(struct sadb_request *q)
{
	return sadb_dump_policies(q, push_flow);
}

/* By the number that the ACQUIRE said. */
int
sadb_do_askpolicy(struct sadb_request *q)
{
	uint32_t seq = (uint32_t)pfkey_msg_get(q->m, EXT_X_POLICY_SEQ)->v[XPSEQ_SEQ].u;
	uint32_t id = sadb_acquire_policy(q->d, seq);
	const struct spd_entry *p = id != 0 ? spd_by_id(q->d->setup.spd, id) : NULL;
	if (p == NULL)
		return pfkey_refuse(&q->err, ESRCH, "x_policy_seq: no acquire %u waits", seq);
	return answer(q, p, TO_ONE);
}

/* --- bundles ---------------------------------------------------------------------------------- */

static bool
is_there(const struct sadb_request *q, enum pfkey_ext sa, enum pfkey_ext dst, uint8_t satype)
{
	struct addr to = pfkey_address(pfkey_msg_get(q->m, dst), NULL);
	uint32_t spi = (uint32_t)pfkey_msg_get(q->m, sa)->v[XSA_SPI].u;
	return sad_find(q->d->setup.sad, spi, pfkey_protocol_of(satype), &to) != NULL;
}

/*
 * Two SAs that shall be applied one after the other. Which they are is checked and told; a flow of ours has one layer, so that the
 * second is not applied to anything.
 */
int
sadb_do_grpspis(struct sadb_request *q)
{
	const struct dialect *d = q->d->setup.dialect;
	uint8_t first = (uint8_t)q->m->base.v[MSG_SATYPE].u;
	uint8_t second = dialect_satype(d, (uint8_t)pfkey_msg_get(q->m, EXT_X_SATYPE2)->v[XPROTO_VALUE].u);
	if (!is_there(q, EXT_SA, EXT_ADDRESS_DST, first))
		return pfkey_refuse(&q->err, ESRCH, "x_grpspis: there is no such first SA");
	if (!is_there(q, EXT_X_SECOND_SA, EXT_X_DST2, second))
		return pfkey_refuse(&q->err, ESRCH, "x_grpspis: there is no such second SA");
	const struct grammar_side *said = &pfkey_grammar[PFKEY_X_GRPSPIS].side[PFKEY_IN];
	if (!sadb_echo(q, said->required, false))
		return ENOBUFS;
	return sadb_send(q->d, TO_ALL, q->sock);
}
