/*
 * ICMP errors that arrive for this host, RFC 4301 6.1 and 8.2: whether to believe them, and what they change. One that nobody vouches for
 * is held against what the host itself could have sent.
 */
#include "host/parts.h"

enum { UNREACHABLE4 = 3, NEEDS_FRAGMENTS = 4, TOO_BIG6 = 2 };
enum { ICMP_HEADER = 8 };

/* The datagram that an error is about, as far as it is quoted. */
struct quoted {
	struct chain c;
	struct flow flow;
	bool is_protected;
	struct sa *sa; /* by which it left; NULL: it is none of ours */
};

static bool
sa_made(const struct sa *sa, const struct quoted *q)
{
	const struct sa_spec *s = &sa->spec;
	return (addr_is_any(&s->src) || addr_equal(&s->src, &q->c.src)) && addr_equal(&s->dst, &q->c.dst);
}

/* ESP in UDP, of which there may be no more than the ports. */
static struct sa *
find_encapsulated(const struct host *h, const struct quoted *q, struct rd r)
{
	uint16_t sport = (uint16_t)rd_uint(&r, 2), dport = (uint16_t)rd_uint(&r, 2);
	rd_skip(&r, 4);
	bool whole = rd_left(&r) >= 4 && !r.bad;
	uint32_t spi = (uint32_t)rd_uint(&r, 4);
	for (struct sa *sa = sad_next(h->sad, NULL); sa != NULL; sa = sad_next(h->sad, sa)) {
		const struct encap *e = &sa->spec.encap;
		if (e->udp && e->sport == sport && e->dport == dport && sa_made(sa, q) &&
		    (!whole || sa->spec.spi == spi))
			return sa;
	}
	return NULL;
}

/* RFC 4301 8.2.1: the quoted header says which SA. */
static void
find_sa(const struct host *h, struct quoted *q)
{
	uint8_t protocol = q->c.upper.protocol;
	struct rd r = rd_of(bytes_slice(q->c.whole, q->c.upper.at, SIZE_MAX));
	q->is_protected = protocol == IPPROTO_ESP_ || protocol == IPPROTO_AH_;
	if (protocol == IPPROTO_UDP_) {
		q->sa = find_encapsulated(h, q, r);
		q->is_protected = q->sa != NULL;
		return;
	}
	rd_skip(&r, protocol == IPPROTO_AH_ ? 4 : 0);
	uint32_t spi = (uint32_t)rd_uint(&r, 4);
	struct sa *sa = q->is_protected && !r.bad ? sad_find(h->sad, spi, protocol, &q->c.dst) : NULL;
	q->sa = sa != NULL && sa_made(sa, q) ? sa : NULL;
}

static bool
read_quoted(const struct host *h, struct bytes message, struct quoted *q)
{
	struct bytes octets = bytes_slice(message, ICMP_HEADER, SIZE_MAX);
	*q = (struct quoted){ .sa = NULL };
	if (!chain_of(octets, &q->c) || !flow_of(octets, &q->flow) || !host_is_local(h, &q->c.src))
		return false;
	if (!q->c.later_fragment)
		find_sa(h, q);
	return true;
}

/* Whether policy lets such a datagram leave as it is quoted. What it would have protected nobody outside has seen (RFC 4301 5.2). */
static bool
leaves_in_clear(const struct host *h, const struct quoted *q)
{
	const struct spd_entry *p = spd_lookup(h->spd, DIR_OUT, &q->flow);
	return (p != NULL ? p->action : host_spd_miss(h, q->flow.src.family)) == SPD_BYPASS;
}

static bool
is_pmtu(const struct ip *ip, uint8_t type, uint8_t code)
{
	return ip->family == 4 ? type == UNREACHABLE4 && code == NEEDS_FRAGMENTS : type == TOO_BIG6;
}

/* RFC 4301 6.1.1: the administrator's choice, by type. */
static bool
refused(const struct host *h, const struct ip *ip, uint8_t type, uint8_t code)
{
	const uint8_t *types = ip->family == 4 ? h->set.icmp_refused4 : h->set.icmp_refused6;
	uint8_t rule = h->set.rules.icmp_clear;
	return types[type] != 0 || rule == ICMP_IGNORED || (rule == ICMP_PMTU_ONLY && !is_pmtu(ip, type, code));
}

/* RFC 4301 8.2.1; a router that says nothing leaves us to guess (RFC 1191 5). */
static void
learn_pmtu(struct host *h, const struct ip *ip, const struct quoted *q, uint32_t rest, uint64_t now)
{
	const struct pmtu_rules *rules = &h->set.rules.pmtu;
	struct rd r = rd_of(q->c.whole);
	uint32_t mtu = ip->family == 4 ? rest & 0xffff : rest;
	rd_skip(&r, 2);
	if (mtu == 0 && ip->family == 4)
		mtu = pmtu_guess((uint32_t)rd_uint(&r, 2));
	if (q->sa != NULL && pmtu_report_sa(q->sa, rules, mtu, now))
		host_count(h, EV_PMTU_SA);
	else if (!q->is_protected && pmtu_report_path(&h->pmtu, rules, &q->c.dst, mtu, now))
		host_count(h, EV_PMTU_PATH);
}

/* Whoever sent it hears of it: a UDP socket, none for anything else. What happens to a packet of an SA ends no SA. */
static void
tell_sender(struct host *h, const struct quoted *q)
{
	struct flow back = q->flow;
	back.src = q->flow.dst;
	back.dst = q->flow.src;
	back.sport = q->flow.dport;
	back.dport = q->flow.sport;
	if (!q->is_protected && udp_security(h, &back) != NULL)
		host_count(h, EV_ICMP_TO_SOCKET);
}

void
icmp_error_input(struct host *h, const struct arrival *a, const struct ip *ip, struct bytes message)
{
	struct rd r = rd_of(message);
	uint8_t type = (uint8_t)rd_uint(&r, 1), code = (uint8_t)rd_uint(&r, 1);
	struct quoted q;
	rd_skip(&r, 2);
	uint32_t rest = (uint32_t)rd_uint(&r, 4);
	bool in_clear = a->path.n == 0;
	host_count(h, EV_ICMP_ERROR_IN);
	if (in_clear && refused(h, ip, type, code))
		host_count(h, EV_ICMP_REFUSED);
	else if (!read_quoted(h, message, &q) || (q.is_protected && q.sa == NULL))
		host_count(h, EV_ICMP_FORGED);
	else if (in_clear && !q.is_protected && !leaves_in_clear(h, &q))
		host_drop(h, DROP_POLICY);
	else if (is_pmtu(ip, type, code))
		learn_pmtu(h, ip, &q, rest, a->now);
	else
		tell_sender(h, &q);
}

static bool
deal(struct host *h, const struct arrival *a, const struct ip *ip, struct bytes message)
{
	if (ip_sum_upper(ip, ip->family == 4 ? IPPROTO_ICMP4 : IPPROTO_ICMP6, message) != 0)
		host_count(h, EV_CHECKSUM);
	else
		icmp_error_input(h, a, ip, message);
	return true;
}

bool
icmp_error_of_sa(struct host *h, const struct arrival *a, const struct ip *ip, struct bytes message)
{
	struct rd r = rd_of(message);
	struct quoted q;
	if (message.n < ICMP_HEADER || !icmp_is_error(ip->family, rd_peek(&r, 0)) || !read_quoted(h, message, &q) ||
	    !q.is_protected)
		return false;
	return deal(h, a, ip, message);
}

bool
icmp_error_in_clear(struct host *h, const struct arrival *a, const struct ip *ip, struct bytes message)
{
	struct rd r = rd_of(message);
	struct flow f;
	if (a->path.n > 0 || message.n < ICMP_HEADER || !icmp_is_error(ip->family, rd_peek(&r, 0)))
		return false;
	/* An entry that names it says what it says. */
	if (!flow_of(ip->all, &f) || spd_lookup(h->spd, DIR_IN, &f) != NULL)
		return false;
	return deal(h, a, ip, message);
}
