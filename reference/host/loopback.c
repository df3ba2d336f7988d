#include "host/parts.h"

#include <stdlib.h>

/* More than two ends that answer one another would ever need; a storm among them ends here. */
#define LOOPBACK_ROUNDS 64

bool
loopback_takes(const struct host *h, const struct addr *dst)
{
	return !h->setup.bump && host_is_local(h, dst) && !addr_is_multicast(dst) && !host_is_broadcast(h, dst);
}

static enum verdict
queue(struct host *h, struct bytes datagram, const struct loopback *how)
{
	struct loopback *l = malloc(sizeof *l + datagram.n), **at = &h->loopback;
	if (l == NULL)
		return DROP_INTERNAL;
	*l = *how;
	l->n = datagram.n;
	struct wr w = wr_of(l->octets, datagram.n);
	wr_bytes(&w, datagram);
	while (*at != NULL)
		at = &(*at)->next;
	*at = l;
	host_count(h, EV_LOOPBACK);
	return ACCEPT;
}

enum verdict
loopback_send(struct host *h, struct bytes datagram, const struct spd_entry *entry)
{
	struct loopback how = { .checked = h->set.rules.policy.loopback == LOOPBACK_ASSUMED };
	how.entry.action = SPD_BYPASS;
	if (how.checked && entry != NULL)
		how.entry = *entry;
	return how.entry.action == SPD_DISCARD ? DROP_POLICY : queue(h, datagram, &how);
}

enum verdict
loopback_deliver(struct host *h, struct bytes datagram)
{
	return queue(h, datagram, &(struct loopback){ .checked = true });
}

void
loopback_run(struct host *h, uint64_t now)
{
	for (unsigned round = 0; round < LOOPBACK_ROUNDS && h->loopback != NULL; round++) {
		struct loopback *l = h->loopback;
		struct arrival a = { .now = now };
		h->loopback = l->next;
		if (h->set.rules.policy.loopback != LOOPBACK_APPLIED)
			a.loop = l;
		input_datagram(h, &a, (struct bytes){ l->octets, l->n });
		host_expire(h);
		free(l);
	}
	loopback_forget(h);
}

void
loopback_forget(struct host *h)
{
	for (struct loopback *l = h->loopback, *next; l != NULL; l = next) {
		next = l->next;
		free(l);
	}
	h->loopback = NULL;
}

/* --- what is assumed -------------------------------------------------------------------------- */

/* What the sender would have used satisfies what the receiver asks for: the same row, or any where any will do. */
static bool
alg_assumed(const struct spd_alg *said, const struct spd_alg *wanted)
{
	if (!wanted->wanted)
		return true;
	return said->wanted && (wanted->alg == NULL || said->alg == NULL || said->alg == wanted->alg);
}

static bool
request_assumed(const struct spd_request *said, const struct spd_request *wanted)
{
	return said->protocol == wanted->protocol && said->mode == wanted->mode &&
	       alg_assumed(&said->enc, &wanted->enc) && alg_assumed(&said->auth, &wanted->auth);
}

/* The next request of a bundle at or behind i; p->n: no more. The bundle without protection has none. */
static unsigned
next_of(const struct spd_entry *p, uint8_t alternative, unsigned i)
{
	while (i < p->n && (p->request[i].alternative != alternative || p->request[i].protocol == 0))
		i++;
	return i;
}

static bool
bundle_assumed(const struct spd_entry *said, const struct spd_entry *wanted, uint8_t alternative)
{
	unsigned i = next_of(said, 0, 0), j = next_of(wanted, alternative, 0);
	while (i < said->n && j < wanted->n) {
		if (!request_assumed(&said->request[i], &wanted->request[j]))
			return false;
		i = next_of(said, 0, i + 1);
		j = next_of(wanted, alternative, j + 1);
	}
	return i == said->n && j == wanted->n;
}

bool
loopback_satisfies(const struct loopback *l, const struct spd_entry *p)
{
	if (p->action == SPD_BYPASS)
		return l->entry.action == SPD_BYPASS;
	for (unsigned i = 0; i < p->n && p->action == SPD_PROTECT; i++)
		if (bundle_assumed(&l->entry, p, p->request[i].alternative))
			return true;
	return false;
}
