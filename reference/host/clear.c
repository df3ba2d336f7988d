/* Clear messages that pass whatever policy says, ipsec(4P): icmp_, igmp_ and pim_accept_clear_messages. */
#include "host/parts.h"

#define PROTOCOL_IGMP 2
#define PROTOCOL_PIM 103

bool
clear_is_accepted(const struct host *h, const struct arrival *a, const struct flow *f)
{
	const struct profile_policy *rules = &h->set.rules.policy;
	if (a->path.n > 0 || a->loop != NULL)
		return false;
	switch (f->protocol) {
	case IPPROTO_ICMP4: return f->dst.family == 4 && rules->clear_icmp;
	case IPPROTO_ICMP6: return f->dst.family == 6 && rules->clear_icmp;
	case PROTOCOL_IGMP: return rules->clear_igmp;
	case PROTOCOL_PIM: return rules->clear_pim;
	default: return false;
	}
}
