/* What use does to an SPD entry: its current lifetime counts, RFC 2367 2.3.2 for policies, and a place without a policy asks for one. */
#include "host/parts.h"

void
policy_used(const struct host *h, const struct spd_entry *p, size_t n, uint64_t now)
{
	/* A socket's entry or an answer's is a copy: what was used is what it stems from, if that is still there. */
	struct spd_entry *own = p != NULL && p->id != 0 ? spd_by_id(h->spd, p->id) : NULL;
	if (own == NULL)
		return;
	if (own->vacant)
		sadb_spdacquire(h->sadb, own, now);
	own->current.allocations++;
	own->current.bytes += n;
	own->current.usetime = now;
}
