/*
 * Policies by PF_KEY: KAME's messages. RFC 2367 has none; who gets what and the errnos are those of KAME and Linux.
 */
#include "pfkey/sadb_engine.h"

#include <errno.h>

static int
refuse(struct sadb_request *q, int number)
{
	return pfkey_refuse(&q->err, number, "%s", q->err.text);
}

void
sadb_number_requests(struct sadb *d, struct spd_request *request, unsigned n)
{
	uint32_t max = d->setup.unique_max;
	for (struct spd_request *r = request; r < request + n; r++)
		if (r->level == LEVEL_UNIQUE && (r->reqid == 0 || (max != 0 && r->reqid > max)))
			r->reqid = ++d->reqid;
}

static int
policy_of(struct sadb_request *q, struct spd_entry *p)
{
	/* Before an older entry goes or changes. */
	if (!pfkey_msg_to_policy(q->m, p, &q->err) || !selector_check(&p->selector, p->pfp, &q->err))
		return refuse(q, EINVAL);
	if (p->action == SPD_PROTECT && p->n == 0 && pfkey_msg_type(q->m) != PFKEY_X_SPDSETIDX)
		return pfkey_refuse(&q->err, EINVAL, "x_policy: ipsec without a request");
	sadb_number_requests(q->d, p->request, p->n);
	p->current = (struct lifetime){ .addtime = q->now };
	return 0;
}

static int
push_entry(struct sadb *d, struct pfkey_msg *m, const struct spd_entry *p, bool current)
{
	struct wr store = wr_of(d->store, sizeof d->store);
	if (current && !pfkey_push_lifetime(m, EXT_LIFETIME_CURRENT, &p->current))
		return ENOBUFS;
	return pfkey_push_entry(m, p, &store, NULL) ? 0 : ENOBUFS;
}

static int
answer_entry(struct sadb_request *q, const struct spd_entry *p, enum sadb_audience to, bool current)
{
	int refused = push_entry(q->d, sadb_reply(q), p, current);
	return refused != 0 ? refused : sadb_send(q->d, to, q->sock);
}

static int
add(struct sadb_request *q, const struct spd_entry *p)
{
	struct spd_entry *added;
	if (!spd_add(q->d->setup.spd, p, &added, &q->err))
		return sadb_errno_of(&q->err);
	return answer_entry(q, added, TO_ALL, false);
}

int
sadb_do_spdadd(struct sadb_request *q)
{
	struct spd_entry p;
	int refused = policy_of(q, &p);
	return refused != 0 ? refused : add(q, &p);
}

/* A place without a policy yet: nothing passes until an SPDUPDATE says how. */
int
sadb_do_spdsetidx(struct sadb_request *q)
{
	struct spd_entry p;
	int refused = policy_of(q, &p);
	if (refused != 0)
		return refused;
	p.action = SPD_DISCARD;
	p.n = 0;
	p.vacant = true;
	return add(q, &p);
}

/* In place, so that id and order stay; another priority is another place. A missing entry is made, as KAME does. */
int
sadb_do_spdupdate(struct sadb_request *q)
{
	struct spd_entry p;
	int refused = policy_of(q, &p);
	if (refused != 0)
		return refused;
	struct spd_entry *old = spd_find(q->d->setup.spd, p.dir, &p.selector);
	if (old != NULL && old->priority != p.priority) {
		spd_delete(q->d->setup.spd, old);
		old = NULL;
	}
	if (old == NULL)
		return add(q, &p);
	old->action = p.action;
	old->pfp = p.pfp;
	old->vacant = false;
	old->n = p.n;
	memcpy(old->request, p.request, sizeof old->request);
	old->hard = p.hard;
	old->current = p.current;
	return answer_entry(q, old, TO_ALL, false);
}

static int
answer_deleted(struct sadb_request *q, struct spd_entry *p)
{
	int refused = push_entry(q->d, sadb_reply(q), p, false);
	if (refused == 0)
		refused = sadb_send(q->d, TO_ALL, q->sock);
	spd_delete(q->d->setup.spd, p);
	return refused;
}

int
sadb_do_spddelete(struct sadb_request *q)
{
	struct spd_entry p;
	if (!pfkey_msg_to_policy(q->m, &p, &q->err))
		return refuse(q, EINVAL);
	struct spd_entry *found = spd_find(q->d->setup.spd, p.dir, &p.selector);
	if (found == NULL)
		return pfkey_refuse(&q->err, ENOENT, "x_spddelete: there is no such policy");
	return answer_deleted(q, found);
}

static struct spd_entry *
by_id(struct sadb_request *q)
{
	uint32_t id = (uint32_t)pfkey_msg_get(q->m, EXT_X_POLICY)->v[XPOL_ID].u;
	struct spd_entry *found = spd_by_id(q->d->setup.spd, id);
	if (found == NULL)
		(void)pfkey_refuse(&q->err, ENOENT, "x_policy.id: there is no policy %u", id);
	return found;
}

int
sadb_do_spddelete2(struct sadb_request *q)
{
	struct spd_entry *found = by_id(q);
	return found != NULL ? answer_deleted(q, found) : ENOENT;
}

int
sadb_do_spdget(struct sadb_request *q)
{
	const struct spd_entry *found = by_id(q);
	return found != NULL ? answer_entry(q, found, TO_ONE, true) : ENOENT;
}

int
sadb_dump_policies(struct sadb_request *q, int (*push)(struct sadb *, struct pfkey_msg *, const struct spd_entry *))
{
	const struct spd *spd = q->d->setup.spd;
	unsigned left = 0;
	for (const struct spd_entry *p = spd_next(spd, NULL); p != NULL; p = spd_next(spd, p))
		left++;
	if (left == 0)
		return sadb_send_nothing(q);
	for (const struct spd_entry *p = spd_next(spd, NULL); p != NULL; p = spd_next(spd, p)) {
		struct pfkey_msg *r = sadb_reply(q);
		hdr_set(&r->base, MSG_SEQ, --left);
		int refused = push(q->d, r, p);
		if (refused != 0)
			return refused;
		if (!sadb_send_part(q))
			return 0;
	}
	return 0;
}

static int
push_used(struct sadb *d, struct pfkey_msg *m, const struct spd_entry *p)
{
	return push_entry(d, m, p, true);
}

int
sadb_do_spddump(struct sadb_request *q)
{
	return sadb_dump_policies(q, push_used);
}

int
sadb_do_spdflush(struct sadb_request *q)
{
	(void)spd_flush(q->d->setup.spd);
	(void)sadb_reply(q);
	return sadb_send(q->d, TO_ALL, q->sock);
}

/*
 * Somebody needs the policy of a place that has none: KAME's SPDACQUIRE, to every socket registered for AH or ESP. Once in a while: the
 * time of the last use says when it was asked before.
 */
void
sadb_spdacquire(struct sadb *d, const struct spd_entry *p, uint64_t now)
{
	uint64_t asked = p->current.usetime;
	if (asked != 0 && now >= asked && now - asked < SADB_ACQUIRE_SECONDS)
		return;
	if (push_entry(d, sadb_start(d, PFKEY_X_SPDACQUIRE, SATYPE_UNSPEC), p, false) == 0)
		(void)sadb_send(d, TO_ANY_REGISTERED, -1);
}

/* An entry's usetime is when it was used last, and the limit is on how long it may lie idle, as on KAME and Linux. */
static bool
is_spent(const struct spd_entry *p, uint64_t now)
{
	struct lifetime used = p->current;
	if (used.usetime == 0)
		used.usetime = used.addtime;
	return sadb_is_over(&used, &p->hard, now);
}

void
sadb_spd_tick(struct sadb *d, uint64_t now)
{
	struct spd_entry *next;
	for (struct spd_entry *p = spd_next(d->setup.spd, NULL); p != NULL; p = next) {
		next = spd_next(d->setup.spd, p);
		if (!is_spent(p, now))
			continue;
		if (push_entry(d, sadb_start(d, PFKEY_X_SPDEXPIRE, SATYPE_UNSPEC), p, true) == 0)
			(void)sadb_send(d, TO_ALL, -1);
		spd_delete(d->setup.spd, p);
	}
}
