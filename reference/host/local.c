/*
 * A datagram for this host, one layer at a time: reassembly, then AH and ESP, then policy, then
 * whoever it is for. The order is RFC 4301 5.2's; a step that yields another datagram starts over
 * with it.
 */
#include "host/parts.h"

#include "ipsec/chain.h"

static void
report_fragment6(struct host *h, const struct arrival *a, const struct ip *ip, enum reassembly_result v, size_t at)
{
	/*
	 * RFC 8200 4.5: the payload length is at octet 4, the fragment offset at octet 2 of its
	 * header.
	 */
	struct ext_walk x = { .answer = true, .pointer = v == REASSEMBLY_LENGTH ? 4 : (uint32_t)at + 2 };
	if (v == REASSEMBLY_LENGTH || v == REASSEMBLY_TOO_LONG)
		icmp_parameter_problem(h, a, ip, &x);
}

static bool
add_fragment(struct host *h, struct arrival *a, struct fragment *f, size_t header_at, struct bytes *octets)
{
	f->path = a->path;
	f->link = a->link;
	f->sided = h->setup.bump;
	f->now = a->now;
	enum reassembly_result v = reassembly_add(&h->reassembly, f, octets);
	if (v == REASSEMBLY_WHOLE)
		host_count(h, EV_REASSEMBLED);
	else if (v != REASSEMBLY_WAIT)
		host_count(h, EV_REASSEMBLY_FAILED);
	if (f->ip->family == 6)
		report_fragment6(h, a, f->ip, v, header_at);
	return v == REASSEMBLY_WHOLE;
}

static bool
fragment4(struct host *h, struct arrival *a, const struct ip *ip, struct bytes *octets)
{
	struct fragment f = { .ip = ip,
			      .id = ip->id,
			      .protocol = ip->protocol,
			      .offset = ip->offset,
			      .more = ip->mf,
			      .front = bytes_slice(ip->all, 0, ip->header),
			      .next_at = 9,
			      .data = bytes_slice(ip->all, ip->header, SIZE_MAX) };
	return add_fragment(h, a, &f, 0, octets);
}

/* RFC 8200 4.5: a first fragment brings every header up to the upper one. */
static bool
headers_complete(const struct fragment *f)
{
	struct rd r = rd_of(f->data);
	uint8_t protocol = f->protocol;
	while (rd_left(&r) > 0 && (protocol == IPPROTO_HBH || protocol == IPPROTO_RH || protocol == IPPROTO_DSTOPT)) {
		protocol = rd_peek(&r, 0);
		rd_skip(&r, (size_t)rd_peek(&r, 1) * 8 + 8);
	}
	return !r.bad && (rd_left(&r) > 0 || protocol == IPPROTO_NONE_);
}

static bool
fragment6(struct host *h, struct arrival *a, const struct ip *ip, const struct ext_walk *x, struct bytes *octets)
{
	struct rd r = rd_of(bytes_slice(ip->all, x->at, SIZE_MAX));
	struct fragment f = { .ip = ip, .next_at = x->next_at, .own = 8, .front = bytes_slice(ip->all, 0, x->at + 8) };
	f.protocol = (uint8_t)rd_uint(&r, 1);
	rd_skip(&r, 1);
	uint32_t place = (uint32_t)rd_uint(&r, 2);
	f.offset = place & ~7u;
	f.more = place & 1;
	f.id = (uint32_t)rd_uint(&r, 4);
	f.data = rd_rest(&r);
	if (r.bad) {
		host_drop(h, DROP_HEADER);
		return false;
	}
	if (f.offset == 0 && !headers_complete(&f)) {
		icmp_parameter_problem(h, a, ip, &(struct ext_walk){ .answer = true, .code = 3 });
		return false;
	}
	return add_fragment(h, a, &f, x->at, octets);
}

/*
 * RFC 4301 5.2 step 5: a transport mode SA is for datagrams between its own ends. Behind a NAT the
 * source is not its own.
 */
static bool
source_fits(const struct host *h, const struct sa *sa, const struct ip *ip)
{
	const struct sa_spec *s = &sa->spec;
	return !h->set.rules.source_checked || s->mode != MODE_TRANSPORT || s->encap.udp || addr_is_any(&s->src) ||
	       addr_equal(&s->src, &ip->src);
}

/* RFC 4303 4: SPI, time, addresses, sequence number, and in IPv6 the flow label. */
static void
audit_input(struct host *h, enum verdict v, const struct ip *ip, uint8_t protocol, uint32_t spi, uint64_t seq,
	    uint64_t now)
{
	struct rd r = rd_of(ip->all);
	uint32_t flow = ip->family == 6 ? (uint32_t)rd_uint(&r, 4) & 0xfffff : 0;
	host_audit(h, &(struct audit_event){ v, protocol, spi, ip->src, ip->dst, seq, flow, now });
}

/*
 * Takes one layer off. False: dropped, or (protocol 0) there was none. udp is the datagram with its header where that holds ESP, else
 * nothing.
 */
static bool
unprotect(struct host *h, struct arrival *a, const struct ip *ip, struct bytes udp, struct datagram_result *r,
	  struct bytes *octets)
{
	struct wr w = wr_of(h->in[h->in_turn], sizeof h->in[0]);
	unsigned flags = (h->set.rules.strict_padding ? DG_STRICT_PADDING : 0u) |
			 (h->set.rules.no_dummies ? DG_NO_DUMMIES : 0u) | (udp.n > 0 ? DG_IN_UDP : 0u);
	datagram_unprotect_by(h->sad, &h->set.rules.tunnel, ip->all, flags, a->now, h->work, &w, r);
	if (r->ecn_alarm != ALARM_NONE) /* RFC 6040 4.2 */
		host_count(h, r->ecn_alarm == ALARM_UNUSED ? EV_ECN_UNUSED : EV_ECN_DANGEROUS);
	if (r->verdict == ACCEPT && r->protocol == 0)
		return false;
	if (r->sa != NULL && (r->soft || r->hard))
		host_limit(h, r->sa, r->hard);
	if (r->verdict == ACCEPT && !source_fits(h, r->sa, ip))
		r->verdict = DROP_POLICY;
	else if (r->verdict == ACCEPT && a->path.n == SECPATH_MAX)
		r->verdict = DROP_INNER;
	if (r->verdict != ACCEPT) {
		audit_input(h, r->verdict, ip, r->protocol, r->spi, r->seq, a->now);
		host_drop(h, r->verdict);
		return false;
	}
	if (udp.n > 0)
		natt_opened(h, r->sa, ip, udp, &w);
	a->path.sa[a->path.n] = r->sa;
	a->path.spi[a->path.n++] = r->spi;
	h->in_turn ^= 1;
	*octets = wr_done(&w);
	return true;
}

static void
unknown_protocol(struct host *h, struct arrival *a, const struct ip *ip, const struct ext_walk *x)
{
	/* RFC 1122 3.2.2.1; RFC 8200 4, RFC 4443 3.4 */
	if (ip->family == 4)
		icmp_error(h, a, ip, 3, 2, 0);
	else
		icmp_error(h, a, ip, 4, 1, (uint32_t)x->next_at);
}

/* What policy has no part in. Neighbour Discovery serves the link, in front of policy: none could be looked for without it. */
static bool
is_taken(struct host *h, struct arrival *a, const struct ip *ip, const struct ext_walk *x, struct bytes upper)
{
	if (h->setup.bump)
		return bump_takes(h, a, ip, x);
	if (ip->family == 6 && x->protocol == IPPROTO_ICMP6 && neigh_discovery(h, a, ip, upper))
		return true;
	if (x->protocol == (ip->family == 4 ? IPPROTO_ICMP4 : IPPROTO_ICMP6) && icmp_error_in_clear(h, a, ip, upper))
		return true;
	return tunnel_if_input(h, a, ip, x->protocol, upper);
}

static void
deliver(struct host *h, struct arrival *a, const struct ip *ip, const struct ext_walk *x)
{
	struct bytes upper = bytes_slice(ip->all, x->at, SIZE_MAX);
	if (is_taken(h, a, ip, x, upper))
		return;
	enum verdict v = policy_check(h, a, ip->all, false);
	policy_log(h, v, a->now);
	if (v == DROP_POLICY && a->path.n > 0) /* RFC 4301 5.2 step 4 */
		audit_input(h, v, ip, a->path.sa[a->path.n - 1]->spec.protocol, a->path.spi[a->path.n - 1], 0, a->now);
	if (v != ACCEPT)
		host_drop(h, v);
	else if (h->setup.bump)
		bump_pass(h, ip);
	else if (x->protocol == IPPROTO_NONE_)
		host_count(h, EV_NO_NEXT_HEADER); /* RFC 8200 4.7: nothing follows, so nothing is wrong */
	else if (x->protocol == (ip->family == 4 ? IPPROTO_ICMP4 : IPPROTO_ICMP6))
		icmp_input(h, a, ip, upper);
	else if (x->protocol == IPPROTO_UDP_)
		udp_input(h, a, ip, upper);
	else if (x->protocol == IPPROTO_TCP_)
		tcp_input(h, a, ip, upper);
	else
		unknown_protocol(h, a, ip, x);
}

/*
 * IPv4 options: one that is malformed, or a source route that goes on, ends here (RFC 1122 3.2.1.8:
 * not by this host).
 */
static bool
options4_pass(struct host *h, struct arrival *a, const struct ip *ip)
{
	bool malformed = false;
	struct bytes options = bytes_slice(ip->all, IP4_HEADER, ip->header - IP4_HEADER);
	struct addr route = chain_route4(options, &malformed);
	if (!malformed && route.family == 0)
		return true;
	host_drop(h, DROP_HEADER);
	if (malformed)
		icmp_error(h, a, ip, 12, 0, (uint32_t)IP4_HEADER << 24);
	else
		icmp_error(h, a, ip, 3, 5, 0);
	return false;
}

/* UDP is, where a socket takes ESP: *udp is that datagram then. */
static bool
may_be_protected(const struct host *h, const struct ip *ip, const struct ext_walk *x, struct bytes *udp)
{
	uint8_t protocol = x->protocol;
	if (h->setup.bump && !host_is_local(h, &ip->dst))
		return false; /* behind the bump, and not the system that it protects */
	if (protocol == IPPROTO_UDP_) {
		struct bytes upper = bytes_slice(ip->all, x->at, SIZE_MAX);
		*udp = natt_takes(h, ip, upper) ? upper : BYTES_NONE;
		return udp->n > 0;
	}
	bool sas = sad_count(h->sad) > 0;
	return protocol == IPPROTO_ESP_ || protocol == IPPROTO_AH_ || protocol == IPPROTO_IPCOMP_ ||
	       (sas && (protocol == IPPROTO_IP4 || protocol == IPPROTO_IP6));
}

bool
local_reassemble(struct host *h, struct arrival *a, const struct ip *ip, struct bytes *octets)
{
	struct ext_walk x = { .protocol = ip->protocol, .at = ip->header, .next_at = 9 };
	if (ip->family == 6)
		ext_walk(ip, &x);
	if (ip->family == 4 ? !ip_is_fragment(ip) : x.bad || x.protocol != IPPROTO_FRAG)
		return false;
	if (!(ip->family == 4 ? fragment4(h, a, ip, octets) : fragment6(h, a, ip, &x, octets)))
		*octets = BYTES_NONE;
	return true;
}

bool
local_step(struct host *h, struct arrival *a, const struct ip *ip, struct bytes *octets)
{
	struct ext_walk x = { .protocol = ip->protocol, .at = ip->header, .next_at = 9 };
	struct datagram_result r = { .protocol = 0, .verdict = ACCEPT };
	if (ip->family == 4 && ip_is_fragment(ip))
		return fragment4(h, a, ip, octets);
	if (ip->family == 4 && ip->header > IP4_HEADER && !options4_pass(h, a, ip))
		return false;
	if (ip->family == 6)
		ext_walk(ip, &x);
	if (x.bad) {
		icmp_parameter_problem(h, a, ip, &x);
		return false;
	}
	if (ip->family == 6 && x.protocol == IPPROTO_FRAG)
		return fragment6(h, a, ip, &x, octets);
	struct bytes udp = BYTES_NONE;
	if (may_be_protected(h, ip, &x, &udp)) {
		if (unprotect(h, a, ip, udp, &r, octets))
			return true;
		if (r.verdict != ACCEPT || r.protocol != 0)
			return false;
	}
	if (self_encap_strip(h, a, ip, octets))
		return true;
	deliver(h, a, ip, &x);
	return false;
}
