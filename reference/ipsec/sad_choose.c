/* The outbound choice for a request that says more than a path: which algorithms, and for whose traffic. */
#include "ipsec/sad.h"

static bool
flow_equal(const struct flow *a, const struct flow *b)
{
	return addr_equal(&a->src, &b->src) && addr_equal(&a->dst, &b->dst) && a->protocol == b->protocol &&
	       a->has_ports == b->has_ports && a->sport == b->sport && a->dport == b->dport;
}

/* What is asked of an SA beside its path. */
struct wish {
	const struct spd_request *request;
	const struct flow *flow;
	bool own; /* one that the flow has taken already; otherwise one that nobody has */
};

/* Its own selectors, RFC 4301 4.4.2.1, where somebody gave it some. */
static bool
is_for(const struct sa *sa, const struct flow *f)
{
	return !sa->spec.selects || selector_match(&sa->spec.selector, f);
}

static bool
grants(const struct sa *sa, const void *about)
{
	const struct wish *w = about;
	return sa->bound == w->own && (!w->own || flow_equal(&sa->flow, w->flow)) && is_for(sa, w->flow) &&
	       spd_request_suits(w->request, sa);
}

/* ipsecconf(8), sa unique: who has taken an SA for one flow keeps it, and nobody else uses it. */
struct sa *
sad_outbound_suiting(const struct sad *d, const struct spd_request *r, const struct addr *src, const struct addr *dst,
		     const struct flow *f)
{
	struct wish own = { r, f, true }, free_one = { r, f, false };
	struct sa *sa = NULL;
	if (r->per_flow)
		sa = sad_outbound_where(d, r->protocol, r->mode, src, dst, r->reqid, grants, &own);
	if (sa == NULL)
		sa = sad_outbound_where(d, r->protocol, r->mode, src, dst, r->reqid, grants, &free_one);
	return sa;
}

void
sad_bind(struct sa *sa, const struct flow *f)
{
	sa->bound = true;
	sa->flow = *f;
	sa->flow.name = NULL;
}
