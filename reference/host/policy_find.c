/*
 * Which SPD entry decides. First match by default; Solaris looks at all bypass entries first, then AH with ESP, ESP, AH, and among
 * equals in the order in which they were entered (ipsecconf(8), DESCRIPTION and OPERANDS).
 */
#include "host/parts.h"

#define PORT_IKE 500
#define PORT_NATT 4500

static bool
is_of_port(const struct flow *f, uint16_t port)
{
	return f->protocol == IPPROTO_UDP_ && f->has_ports && (f->sport == port || f->dport == port);
}

/* ipsecconf(8): "UDP port 500 is always bypassed regardless of any policy entries." Or the system behind a bump speaks it, with NAT-T. */
static bool
is_ike(const struct host *h, const struct flow *f)
{
	if (h->setup.bump && h->set.bump_ike)
		return is_of_port(f, PORT_IKE) || is_of_port(f, PORT_NATT);
	return h->set.rules.policy.ike_bypassed && is_of_port(f, PORT_IKE);
}

/* The first bundle counts. Drop stands with what has no protection that could be weighed: behind everything. */
static unsigned
rank_of(const struct spd_entry *p)
{
	bool ah = false, esp = false;
	for (unsigned i = 0; i < p->n && p->request[i].alternative == 0; i++) {
		ah = ah || p->request[i].protocol == IPPROTO_AH_;
		esp = esp || p->request[i].protocol == IPPROTO_ESP_;
	}
	if (p->action == SPD_BYPASS)
		return 0;
	return ah && esp ? 1 : esp ? 2 : ah ? 3 : 4;
}

static const struct spd_entry *
find_ranked(const struct host *h, uint8_t dir, const struct flow *f)
{
	const struct spd_entry *best = NULL;
	for (const struct spd_entry *p = spd_next(h->spd, NULL); p != NULL; p = spd_next(h->spd, p))
		if (p->dir == dir && (best == NULL || rank_of(p) < rank_of(best)) && selector_match(&p->selector, f))
			best = p;
	return best;
}

const struct spd_entry *
policy_find(const struct host *h, uint8_t dir, const struct flow *f)
{
	static const struct spd_entry bypass = { .action = SPD_BYPASS };
	if (h->latched != NULL && dir == DIR_OUT)
		return h->latched;
	if (is_ike(h, f))
		return &bypass;
	return h->set.rules.policy.ranked ? find_ranked(h, dir, f) : spd_lookup(h->spd, dir, f);
}

void
policy_log(struct host *h, enum verdict v, uint64_t now)
{
	/* ipsec(4P): "Only one message can be logged per interval." The clock counts seconds, the interval milliseconds. */
	uint64_t ms = now * 1000;
	if (v != DROP_POLICY || (h->logged_once && ms - h->logged_at < h->set.rules.policy.log_interval))
		return;
	h->logged_once = true;
	h->logged_at = ms;
	host_count(h, EV_POLICY_LOGGED);
}
