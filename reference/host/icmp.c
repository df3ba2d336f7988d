/*
 * ICMP of both families: echo, and the errors a host and router must send. RFC 792, RFC 1122 3.2.2,
 * RFC 4443.
 */
#include "host/parts.h"

enum { ECHO_REPLY4 = 0, ECHO4 = 8, ECHO6 = 128, ECHO_REPLY6 = 129, REDIRECT6 = 137 };
enum { QUOTE4 = 576, QUOTE6 = 1280 }; /* what an error may measure, RFC 1812 4.3.2.3, RFC 4443 2.4(c) */

bool
icmp_is_error(uint8_t family, uint8_t type)
{
	if (family == 6)
		return type < 128;
	return type == 3 || type == 4 || type == 5 || type == 11 || type == 12; /* RFC 1122 3.2.2 */
}

static uint8_t
icmp_protocol(uint8_t family)
{
	return family == 4 ? IPPROTO_ICMP4 : IPPROTO_ICMP6;
}

/* An answer comes from the address that was spoken to, if it is one that can speak. */
static const struct addr *
answer_source(const struct host *h, const struct arrival *a, const struct ip *ip)
{
	if (h->setup.bump)
		return bump_teller(a, ip);
	return host_is_local(h, &ip->dst) && !addr_is_multicast(&ip->dst) && !host_is_broadcast(h, &ip->dst)
		       ? &ip->dst
		       : host_source(h, a->link, ip->family);
}

struct message {
	const struct addr *src, *dst;
	uint8_t type, code, tos;
	uint32_t rest;
	struct bytes body;
};

static void
message_send(struct host *h, const struct message *m, uint64_t now)
{
	struct wr w = wr_of(h->said, sizeof h->said);
	uint8_t protocol = icmp_protocol(m->src->family);
	ip_begin(&w, &(struct ip_head){ .src = m->src,
					.dst = m->dst,
					.protocol = protocol,
					.tos = m->tos,
					.ttl = IP_TTL,
					.id = h->ident++ });
	size_t at = w.n;
	wr_uint(&w, m->type, 1);
	wr_uint(&w, m->code, 1);
	wr_uint(&w, 0, 2);
	wr_uint(&w, m->rest, 4);
	wr_bytes(&w, m->body);
	if (!ip_finish(&w)) {
		host_drop(h, DROP_TOO_BIG);
		return;
	}
	ip_put_checksum(&w, m->src, m->dst, protocol, at, at + 2, false);
	if (h->setup.bump)
		bump_tell(h, wr_done(&w));
	else
		(void)output_datagram(h, wr_done(&w), false, now, NULL);
}

/*
 * RFC 1122 3.2.2.6, RFC 4443 4.2. A broadcast is not answered; an IPv6 multicast is. The DSCP is
 * the asker's.
 */
static void
echo_reply(struct host *h, const struct arrival *a, const struct ip *ip, struct bytes message)
{
	struct rd r = rd_of(message);
	rd_skip(&r, 4);
	struct message m = { .src = answer_source(h, a, ip),
			     .dst = &ip->src,
			     .tos = ip->tos & 0xfc,
			     .type = ip->family == 4 ? ECHO_REPLY4 : ECHO_REPLY6,
			     .rest = (uint32_t)rd_uint(&r, 4) };
	m.body = rd_rest(&r);
	bool asked_many = a->group || host_is_broadcast(h, &ip->dst) || addr_is_multicast(&ip->dst);
	if (r.bad || m.src == NULL || addr_is_any(m.dst) || (ip->family == 4 && asked_many))
		return;
	host_count(h, EV_ECHO);
	latch_begin(h, a);
	message_send(h, &m, a->now);
	latch_end(h);
}

void
icmp_input(struct host *h, struct arrival *a, const struct ip *ip, struct bytes message)
{
	struct rd r = rd_of(message);
	uint8_t type = (uint8_t)rd_uint(&r, 1), code = (uint8_t)rd_uint(&r, 1);
	if (message.n < 8 || ip_sum_upper(ip, icmp_protocol(ip->family), message) != 0)
		host_count(h, EV_CHECKSUM);
	else if (type == (ip->family == 4 ? ECHO4 : ECHO6) && code == 0)
		echo_reply(h, a, ip, message);
	else if (icmp_is_error(ip->family, type))
		icmp_error_input(h, a, ip, message);
}

/* Whether an error may be answered to: RFC 1122 3.2.2, RFC 4443 2.4(e) (errors, redirects). */
static bool
is_itself_an_error(const struct ip *ip)
{
	struct ext_walk x = { .protocol = ip->protocol, .at = ip->header };
	if (ip->family == 6)
		ext_walk(ip, &x);
	if (x.protocol != icmp_protocol(ip->family))
		return false;
	struct rd r = rd_of(bytes_slice(ip->all, x.at, SIZE_MAX));
	uint8_t type = (uint8_t)rd_uint(&r, 1);
	return r.bad || icmp_is_error(ip->family, type) || (ip->family == 6 && type == REDIRECT6);
}

static bool
source_is_one_host(const struct host *h, const struct addr *a)
{
	static const struct addr zero4 = { 4, { 0 } }, loop4 = { 4, { 127 } }, class_e = { 4, { 240 } };
	return !addr_is_any(a) && !addr_is_multicast(a) && !host_is_broadcast(h, a) && !addr_in_prefix(a, &zero4, 8) &&
	       !addr_in_prefix(a, &loop4, 8) && !addr_in_prefix(a, &class_e, 4);
}

/*
 * Packet Too Big and an option to be reported even so are the two exceptions for multicast, RFC
 * 4443 2.4(e.3).
 */
static bool
may_answer(const struct host *h, const struct arrival *a, const struct ip *ip, uint8_t type, uint8_t code)
{
	bool excepted = ip->family == 6 && (type == 2 || (type == 4 && code == 2));
	bool many = a->group || addr_is_multicast(&ip->dst) || host_is_broadcast(h, &ip->dst);
	return source_is_one_host(h, &ip->src) && (excepted || !many) && ip->offset == 0 && !is_itself_an_error(ip);
}

static bool
rate_allows(struct host *h, uint64_t now)
{
	if (h->icmp_second != now) {
		h->icmp_second = now;
		h->icmp_sent = 0;
	}
	return h->icmp_sent++ < h->set.icmp_rate || h->set.icmp_rate == 0;
}

void
icmp_error(struct host *h, const struct arrival *a, const struct ip *ip, uint8_t type, uint8_t code, uint32_t rest)
{
	struct message m = {
		.src = answer_source(h, a, ip), .dst = &ip->src, .type = type, .code = code, .rest = rest
	};
	if (m.src == NULL || !may_answer(h, a, ip, type, code) || !rate_allows(h, a->now)) {
		host_count(h, EV_ICMP_SUPPRESSED);
		return;
	}
	m.body = bytes_slice(ip->all, 0, ip->family == 4 ? QUOTE4 - IP4_HEADER - 8 : QUOTE6 - IP6_HEADER - 8);
	host_count(h, EV_ICMP_SENT);
	/* It quotes what came protected: whoever listens outside must not see that. */
	h->confidential = a->path.n > 0 && !h->set.rules.icmp_tells_in_clear;
	message_send(h, &m, a->now);
	h->confidential = false;
}

void
icmp_parameter_problem(struct host *h, const struct arrival *a, const struct ip *ip, const struct ext_walk *x)
{
	bool many = a->group || addr_is_multicast(&ip->dst);
	host_drop(h, DROP_HEADER);
	if (x->answer && (x->even_multicast || !many))
		icmp_error(h, a, ip, 4, x->code, x->pointer);
}
