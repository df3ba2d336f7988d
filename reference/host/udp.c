/* UDP sockets, RFC 768, RFC 1122 4.1, RFC 8200 8.1. */
#include "host/parts.h"

#include <errno.h>

#define EPHEMERAL_FIRST 49152

/* No two sockets see the same address and port: port_taken sees to that. */
static int
find(const struct host *h, const struct addr *local, uint16_t port)
{
	for (int i = 0; i < UDP_SOCKETS; i++) {
		const struct udp_socket *s = &h->udp[i];
		if (s->open && s->family == local->family && s->port == port &&
		    (addr_is_any(&s->local) || addr_equal(&s->local, local)))
			return i;
	}
	return -1;
}

const struct socket_security *
udp_security(const struct host *h, const struct flow *f)
{
	int sock = f->protocol == IPPROTO_UDP_ && f->has_ports ? find(h, &f->dst, f->dport) : -1;
	return sock < 0 ? NULL : &h->udp[sock].security;
}

static bool
port_taken(const struct host *h, const struct udp_socket *want)
{
	for (int i = 0; i < UDP_SOCKETS; i++) {
		const struct udp_socket *s = &h->udp[i];
		if (s->open && s->family == want->family && s->port == want->port &&
		    (addr_is_any(&s->local) || addr_is_any(&want->local) || addr_equal(&s->local, &want->local)))
			return true;
	}
	return false;
}

static bool
pick_port(struct host *h, struct udp_socket *s)
{
	for (unsigned tries = 0; tries <= UINT16_MAX - EPHEMERAL_FIRST; tries++) {
		if (h->udp_next < EPHEMERAL_FIRST)
			h->udp_next = EPHEMERAL_FIRST;
		s->port = h->udp_next++;
		if (!port_taken(h, s))
			return true;
	}
	return false;
}

int
host_udp_open(struct host *h, uint8_t family, const struct addr *local, uint16_t port)
{
	struct udp_socket s = { .open = true, .family = family, .port = port };
	if (local != NULL)
		s.local = *local;
	if (family != 4 && family != 6)
		return -EAFNOSUPPORT;
	if (s.local.family != 0 && s.local.family != family)
		return -EINVAL;
	if (!addr_is_any(&s.local) && !host_is_local(h, &s.local))
		return -EADDRNOTAVAIL;
	if (port == 0 ? !pick_port(h, &s) : port_taken(h, &s))
		return -EADDRINUSE;
	for (int i = 0; i < UDP_SOCKETS; i++) {
		if (h->udp[i].open)
			continue;
		h->udp[i] = s;
		return i;
	}
	return -EMFILE;
}

int
host_udp_send(struct host *h, int sock, const struct addr *to, uint16_t port, struct bytes data, uint64_t now)
{
	if (sock < 0 || sock >= UDP_SOCKETS || !h->udp[sock].open)
		return -EBADF;
	struct udp_socket *s = &h->udp[sock];
	if (to->family != s->family || port == 0)
		return -EINVAL;
	const struct addr *src = addr_is_any(&s->local) ? host_source(h, host_route(h, to), to->family) : &s->local;
	if (src == NULL)
		return -ENETUNREACH;
	struct wr w = wr_of(h->said, sizeof h->said);
	ip_begin(&w,
		 &(struct ip_head){ .src = src, .dst = to, .protocol = IPPROTO_UDP_, .ttl = IP_TTL, .id = h->ident++ });
	size_t at = w.n;
	wr_uint(&w, s->port, 2);
	wr_uint(&w, port, 2);
	wr_uint(&w, 8 + data.n, 2);
	wr_uint(&w, 0, 2);
	wr_bytes(&w, data);
	if (data.n > UINT16_MAX - 8 || !ip_finish(&w))
		return -EMSGSIZE;
	ip_put_checksum(&w, src, to, IPPROTO_UDP_, at, at + 6, true);
	h->speaker = socket_speaks(&s->security, wr_done(&w));
	(void)output_datagram(h, wr_done(&w), false, now, NULL);
	h->speaker = NULL;
	host_settle(h, now);
	return 0;
}

void
host_udp_close(struct host *h, int sock)
{
	if (sock >= 0 && sock < UDP_SOCKETS)
		h->udp[sock].open = false;
}

/*
 * RFC 768: no checksum is a zero, which IPv6 does not allow (RFC 8200 8.1). What is behind the
 * length is ignored.
 */
bool
udp_read(const struct ip *ip, struct bytes segment, struct udp_head *u)
{
	struct rd r = rd_of(segment);
	u->sport = (uint16_t)rd_uint(&r, 2);
	u->dport = (uint16_t)rd_uint(&r, 2);
	size_t length = (size_t)rd_uint(&r, 2);
	uint16_t sum = (uint16_t)rd_uint(&r, 2);
	if (r.bad || length < 8 || length > segment.n)
		return false;
	segment = bytes_slice(segment, 0, length);
	u->payload = bytes_slice(segment, 8, SIZE_MAX);
	u->summed = sum == 0 ? ip->family == 4 : ip_sum_upper(ip, IPPROTO_UDP_, segment) == 0;
	return true;
}

const struct udp_socket *
udp_socket_for(const struct host *h, const struct addr *local, uint16_t port)
{
	int sock = find(h, local, port);
	return sock < 0 ? NULL : &h->udp[sock];
}

void
udp_input(struct host *h, struct arrival *a, const struct ip *ip, struct bytes segment)
{
	struct udp_head u;
	if (!udp_read(ip, segment, &u)) {
		host_drop(h, DROP_HEADER);
		return;
	}
	if (!u.summed) {
		host_count(h, EV_CHECKSUM);
		return;
	}
	int sock = find(h, &ip->dst, u.dport);
	if (sock < 0) {
		host_count(h, EV_UDP_NO_PORT);
		icmp_error(h, a, ip, ip->family == 4 ? 3 : 1, ip->family == 4 ? 3 : 4, 0);
		return;
	}
	if (h->udp[sock].encap && natt_swallows(h, u.payload))
		return;
	host_count(h, EV_UDP_DELIVERED);
	h->setup.udp_deliver(h->setup.ctx, sock, &ip->src, u.sport, u.payload);
}
