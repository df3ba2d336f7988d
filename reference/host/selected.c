/* An SA's own selectors, RFC 4301 4.4.2.1: what an SA that is made for a packet has, and what may come out of one that has some. */
#include "host/parts.h"

bool
selected_entry(const struct spd_entry *p, const struct flow *f, struct spd_entry *narrowed)
{
	*narrowed = *p;
	return selector_narrow(&p->selector, p->pfp, f, &narrowed->selector);
}

/* What the SA next to the inside took: all that an outer SA could see of it. */
static struct flow
flow_between(const struct sa *inner)
{
	return (struct flow){ .src = inner->spec.src, .dst = inner->spec.dst, .protocol = inner->spec.protocol };
}

/* SAs of one bundle are for the innermost datagram; one around another's tunnel is for that tunnel. */
static bool
all_select(const struct secpath *path, const struct flow *f)
{
	for (unsigned i = 0; i < path->n; i++) {
		const struct sa_spec *s = &path->sa[i]->spec;
		if (!s->selects || selector_match(&s->selector, f))
			continue;
		struct flow between = i + 1 < path->n ? flow_between(path->sa[i + 1]) : *f;
		if (i + 1 == path->n || !selector_match(&s->selector, &between))
			return false;
	}
	return true;
}

/* RFC 4301 5.2 step 4; an ICMP error may instead be about traffic of the SA, 6.2. */
bool
selected_by(const struct secpath *path, struct bytes datagram, const struct flow *f)
{
	struct ip ip;
	struct flow about;
	return all_select(path, f) ||
	       (ip_parse(datagram, &ip) && policy_quoted_flow(&ip, &about) && all_select(path, &about));
}
