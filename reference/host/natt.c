#include "host/parts.h"
#include "ipsec/udpencap.h"

#include <errno.h>

int
host_udp_encap(struct host *h, int sock, bool on)
{
	if (sock < 0 || sock >= UDP_SOCKETS || !h->udp[sock].open)
		return -EBADF;
	h->udp[sock].encap = on;
	return 0;
}

bool
natt_takes(const struct host *h, const struct ip *ip, struct bytes segment)
{
	struct udp_head u;
	if (!udp_read(ip, segment, &u) || !u.summed)
		return false;
	struct sa *sa;
	if (h->setup.bump) /* the key manager's socket is the system's */
		return udpencap_is_esp(h->sad, &ip->src, &ip->dst, u.sport, u.dport, u.payload, false, &sa);
	const struct udp_socket *s = udp_socket_for(h, &ip->dst, u.dport);
	return s != NULL && s->encap && udpencap_kind(u.payload) == UDPENCAP_ESP;
}

bool
natt_swallows(struct host *h, struct bytes payload)
{
	enum udpencap_kind kind = udpencap_kind(payload);
	if (kind == UDPENCAP_KEEPALIVE)
		host_count(h, EV_KEEPALIVE);
	else if (kind == UDPENCAP_RUNT)
		host_drop(h, DROP_SHORT);
	return kind == UDPENCAP_KEEPALIVE || kind == UDPENCAP_RUNT;
}

/* --- a peer that moves ------------------------------------------------------------------------ */

/*
 * What we send to where the peer was goes to its new port. A new address is left to the key manager: SAs and policies are filed by it.
 */
static void
follow(const struct host *h, const struct sa *in, uint16_t port)
{
	const struct sa_spec *peer = &in->spec;
	for (struct sa *sa = sad_next(h->sad, NULL); sa != NULL; sa = sad_next(h->sad, sa)) {
		struct sa_spec *s = &sa->spec;
		if (s->encap.udp && s->encap.dport == peer->encap.sport && s->encap.sport == peer->encap.dport &&
		    addr_equal(&s->dst, &peer->src) && addr_equal(&s->src, &peer->dst))
			s->encap.dport = port;
	}
}

static void
notice(struct host *h, struct sa *sa, const struct addr *addr, uint16_t port)
{
	const struct sa_spec *s = &sa->spec;
	bool at_home = addr_equal(addr, &s->src) && port == s->encap.sport;
	if (at_home) {
		sa->moved.addr.family = 0;
		return;
	}
	if (h->set.rules.natt_move == NATT_STAYS || (addr_equal(addr, &sa->moved.addr) && port == sa->moved.port))
		return;
	sa->moved.addr = *addr;
	sa->moved.port = port;
	sadb_new_mapping(h->sadb, sa, addr, port);
	if (h->set.rules.natt_move != NATT_FOLLOWS || !addr_equal(addr, &s->src))
		return;
	follow(h, sa, port);
	sa->spec.encap.sport = port;
	sa->moved.addr.family = 0;
}

void
natt_opened(struct host *h, struct sa *sa, const struct ip *ip, struct bytes segment, struct wr *w)
{
	struct udp_head u;
	if (!udp_read(ip, segment, &u))
		return;
	if (sa->spec.mode != MODE_TUNNEL)
		udpencap_fix_checksum(w, &sa->spec.encap);
	notice(h, sa, &ip->src, u.sport);
}

/* --- keepalives, RFC 3948 2.3, 4 -------------------------------------------------------------- */

static void
send_keepalive(struct host *h, const struct sa_spec *s)
{
	struct wr w = wr_of(h->said, sizeof h->said);
	ip_begin(&w,
		 &(struct ip_head){
			 .src = &s->src, .dst = &s->dst, .protocol = IPPROTO_UDP_, .ttl = IP_TTL, .id = h->ident++ });
	size_t at = w.n;
	wr_fill(&w, 0, UDPENCAP_HEADER);
	wr_uint(&w, 0xff, 1);
	if (!ip_finish(&w))
		return;
	udpencap_finish(&w, at, &s->encap, &s->src, &s->dst);
	/* As ESP in UDP does it goes around the SPD: it is of the encapsulation, not of what that carries. */
	(void)fragment_send(h, host_route(h, &s->dst), wr_done(&w), host_mtu(h, s->dst.family));
	host_count(h, EV_KEEPALIVE_SENT);
}

static bool
is_same_way(const struct sa_spec *a, const struct sa_spec *b)
{
	return b->encap.udp && a->encap.sport == b->encap.sport && a->encap.dport == b->encap.dport &&
	       addr_equal(&a->src, &b->src) && addr_equal(&a->dst, &b->dst);
}

static uint64_t
quiet_since(const struct sa *sa)
{
	return sa->last > sa->current.addtime ? sa->last : sa->current.addtime;
}

/* Whether any SA of the same way sent something, or came to be, less than `seconds` ago. */
static bool
is_busy(const struct host *h, const struct sa *like, uint64_t now, uint64_t seconds)
{
	for (const struct sa *sa = sad_next(h->sad, NULL); sa != NULL; sa = sad_next(h->sad, sa))
		if (is_same_way(&like->spec, &sa->spec) && now < quiet_since(sa) + seconds)
			return true;
	return false;
}

void
natt_tick(struct host *h, uint64_t now)
{
	if (h->set.keepalive == 0)
		return;
	for (struct sa *sa = sad_next(h->sad, NULL); sa != NULL; sa = sad_next(h->sad, sa)) {
		bool usable = sa->state == SA_MATURE || sa->state == SA_DYING;
		if (!usable || !sa->spec.encap.udp || !host_is_local(h, &sa->spec.src) ||
		    is_busy(h, sa, now, h->set.keepalive))
			continue;
		send_keepalive(h, &sa->spec);
		sa->last = now;
	}
}
