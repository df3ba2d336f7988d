/*
 * FLUSH and DUMP: RFC 2367 3.1.9, 3.1.10.
 */
#include "pfkey/sadb_engine.h"

#include <errno.h>

static bool
is_of_type(const struct sa *sa, uint64_t satype)
{
	return satype == SATYPE_UNSPEC || pfkey_protocol_of(satype) == sa->spec.protocol;
}

/* The answer comes after the fact. */
int
sadb_do_flush(struct sadb_request *q)
{
	uint64_t satype = q->m->base.v[MSG_SATYPE].u;
	const struct sad *sad = q->d->setup.sad;
	struct sa *next;
	for (struct sa *sa = sad_next(sad, NULL); sa != NULL; sa = next) {
		next = sad_next(sad, sa);
		if (is_of_type(sa, satype))
			sadb_remove(q->d, sa);
	}
	sadb_acquire_forget(q->d, satype);
	/* OpenBSD has no message of its own for this: flows go with the SAs of all types. */
	if (satype == SATYPE_UNSPEC && q->d->setup.dialect->type_number[PFKEY_X_ADDFLOW] >= 0)
		(void)spd_flush(q->d->setup.spd);
	(void)sadb_reply(q);
	return sadb_send(q->d, TO_ALL, q->sock);
}

int
sadb_send_nothing(struct sadb_request *q)
{
	struct pfkey_msg *r = sadb_reply(q);
	hdr_set(&r->base, MSG_SEQ, 0);
	hdr_set(&r->base, MSG_ERRNO, (uint64_t)dialect_errno(q->d->setup.dialect, ENOENT));
	return sadb_send(q->d, TO_ONE, q->sock);
}

/* Solaris: only what was idle for so long. */
static bool
is_wanted(const struct sadb_request *q, const struct sa *sa)
{
	const struct hdr *idle = pfkey_msg_get(q->m, EXT_X_EDUMP);
	uint64_t since = sa->last != 0 ? sa->last : sa->current.addtime;
	if (!is_of_type(sa, q->m->base.v[MSG_SATYPE].u))
		return false;
	return idle == NULL || (q->now >= since && q->now - since >= idle->v[XEDUMP_TIMEOUT].u);
}

int
sadb_do_dump(struct sadb_request *q)
{
	const struct sad *sad = q->d->setup.sad;
	unsigned left = 0;
	for (const struct sa *sa = sad_next(sad, NULL); sa != NULL; sa = sad_next(sad, sa))
		left += is_wanted(q, sa);
	if (left == 0)
		return sadb_send_nothing(q);
	for (const struct sa *sa = sad_next(sad, NULL); sa != NULL; sa = sad_next(sad, sa)) {
		if (!is_wanted(q, sa))
			continue;
		struct pfkey_msg *r = sadb_reply(q);
		hdr_set(&r->base, MSG_SATYPE, pfkey_satype_of(sa->spec.protocol));
		hdr_set(&r->base, MSG_SEQ, --left);
		int refused = sadb_push_sa(q->d, r, sa, PARTS_ALL);
		if (refused != 0)
			return refused;
		if (!sadb_send_part(q))
			return 0;
	}
	return 0;
}
