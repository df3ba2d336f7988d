/* A router between the host's links: RFC 1812 5, RFC 8200 4 and 5. */
#include "host/parts.h"

#include "wire/checksum.h"

static bool
may_forward(const struct host *h, const struct arrival *a, const struct ip *ip)
{
	/* RFC 4291 2.5.6: link-local addresses stay on their link; RFC 1812 5.3.7, 5.3.4. */
	static const struct addr local6 = { 6, { 0xfe, 0x80 } }, local4 = { 4, { 127 } };
	bool link_local = addr_in_prefix(&ip->src, &local6, 10) || addr_in_prefix(&ip->dst, &local6, 10) ||
			  addr_in_prefix(&ip->src, &local4, 8) || addr_in_prefix(&ip->dst, &local4, 8);
	return h->set.forward != 0 && !a->group && !link_local && !addr_is_any(&ip->src) &&
	       !addr_is_multicast(&ip->dst) && !host_is_broadcast(h, &ip->dst) && !addr_is_any(&ip->dst);
}

/* A copy with one hop less to go, in the buffer for what the host sends. */
static struct bytes
one_hop_less(struct host *h, const struct ip *ip)
{
	struct wr w = wr_of(h->said, sizeof h->said);
	wr_bytes(&w, ip->all);
	wr_patch(&w, ip->family == 4 ? 8 : 7, ip->ttl - 1u, 1);
	if (ip->family == 4) {
		wr_patch(&w, 10, 0, 2);
		wr_patch(&w, 10, checksum_finish(checksum_add(0, bytes_slice(wr_done(&w), 0, ip->header))), 2);
	}
	return wr_done(&w);
}

void
forward_report(struct host *h, const struct arrival *a, const struct ip *ip, enum verdict v, uint32_t mtu)
{
	bool v4 = ip->family == 4;
	if (v == DROP_TOO_BIG)
		icmp_error(h, a, ip, v4 ? 3 : 2, v4 ? 4 : 0, mtu);
	else if (v == DROP_POLICY && h->set.prohibited != 0)
		icmp_error(h, a, ip, v4 ? 3 : 1, v4 ? 13 : 1, 0);
}

void
forward_datagram(struct host *h, struct arrival *a, const struct ip *ip)
{
	uint32_t mtu;
	if (!may_forward(h, a, ip)) {
		host_count(h, EV_FRAME_FOREIGN);
		return;
	}
	fragments_note(&h->fragments_in, ip->all, &a->path, a->now);
	enum verdict v = policy_check(h, a, ip->all, true);
	policy_log(h, v, a->now);
	if (v != ACCEPT) {
		host_drop(h, v);
		return;
	}
	if (ip->ttl <= 1) {
		icmp_error(h, a, ip, ip->family == 4 ? 11 : 3, 0, 0);
		return;
	}
	h->neigh.inside = a->path.n > 0;
	v = output_datagram(h, one_hop_less(h, ip), true, a->now, &mtu);
	h->neigh.inside = false;
	if (v == ACCEPT)
		host_count(h, EV_FORWARDED);
	else
		forward_report(h, a, ip, v, mtu);
}
