/*
 * What answers goes as what asked came: "for ICMP echo requests, protect the response like the request" (ipsec(4P),
 * icmp_accept_clear_messages). The SAs that were taken off become the requests of an entry for the one answer.
 */
#include "host/parts.h"

/* The same services the other way: the SA that was taken off last is the innermost, and so the first on output. */
static struct spd_request
request_back(const struct sa *sa)
{
	const struct sa_spec *s = &sa->spec;
	return (struct spd_request){ .protocol = s->protocol,
				     .mode = s->mode,
				     .level = LEVEL_REQUIRE,
				     .src = s->dst,
				     .dst = s->src,
				     .enc = { .wanted = s->enc != NULL, .alg = s->enc },
				     .auth = { .wanted = s->auth != NULL, .alg = s->auth } };
}

void
latch_begin(struct host *h, const struct arrival *a)
{
	static const struct spd_entry clear = { .action = SPD_BYPASS, .dir = DIR_OUT };
	if (!h->set.rules.policy.echo_latched || a->loop != NULL)
		return;
	struct spd_entry *e = &h->latch;
	*e = clear;
	for (unsigned i = a->path.n; i > 0 && e->n < SPD_REQUESTS; i--)
		e->request[e->n++] = request_back(a->path.sa[i - 1]);
	if (e->n > 0)
		e->action = SPD_PROTECT;
	h->latched = e;
}

void
latch_end(struct host *h)
{
	h->latched = NULL;
}
