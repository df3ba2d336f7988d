#ifdef __linux__
#include "runner/agent/machine.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire/cursor.h"

/* One rtnetlink request: header, the family's own struct, attributes; all in this system's order. */
struct request {
	uint8_t room[256];
	struct wr w;
};

static void
put_struct(struct request *r, const void *p, size_t n)
{
	wr_bytes(&r->w, (struct bytes){ p, n });
	wr_fill(&r->w, 0, NLMSG_ALIGN(n) - n);
}

static void
put_attribute(struct request *r, unsigned short type, struct bytes value)
{
	struct rtattr a = { .rta_len = (unsigned short)RTA_LENGTH(value.n), .rta_type = type };
	put_struct(r, &a, sizeof a);
	put_struct(r, value.p, value.n);
}

static void
request_begin(struct request *r)
{
	struct nlmsghdr none = { 0 };
	r->w = wr_of(r->room, sizeof r->room);
	put_struct(r, &none, sizeof none);
}

union answer {
	struct nlmsghdr h;
	struct {
		struct nlmsghdr h;
		struct nlmsgerr e;
	} error;
	struct {
		struct nlmsghdr h;
		struct rtmsg r;
	} route;
	uint8_t room[1024];
};

/* Sends the request and takes the first message that comes back. 0, or the errno of either. */
static int
request_exchange(struct request *r, unsigned short type, unsigned short flags, union answer *a)
{
	struct nlmsghdr h = { .nlmsg_len = (uint32_t)r->w.n,
			      .nlmsg_type = type,
			      .nlmsg_seq = 1,
			      .nlmsg_flags = (unsigned short)(flags | NLM_F_REQUEST) };
	struct wr head = wr_of(r->room, sizeof h);
	wr_bytes(&head, (struct bytes){ (const uint8_t *)&h, sizeof h });
	if (r->w.full)
		return EMSGSIZE;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0)
		return errno;
	memset(a, 0, sizeof *a);
	int error = send(fd, r->room, r->w.n, 0) < 0 || recv(fd, a, sizeof *a, 0) < 0 ? errno : 0;
	close(fd);
	return error;
}

/* The errno of the acknowledgement. */
static int
request_do(struct request *r, unsigned short type, unsigned short flags)
{
	union answer a;
	int error = request_exchange(r, type, (unsigned short)(flags | NLM_F_ACK), &a);
	if (error != 0)
		return error;
	return a.h.nlmsg_type == NLMSG_ERROR ? -a.error.e.error : EPROTO;
}

int
machine_link_up(const char *interface)
{
	struct request r;
	struct ifinfomsg i = { .ifi_index = (int)if_nametoindex(interface), .ifi_flags = IFF_UP, .ifi_change = IFF_UP };
	if (i.ifi_index == 0)
		return ENODEV;
	request_begin(&r);
	put_struct(&r, &i, sizeof i);
	return request_do(&r, RTM_NEWLINK, 0);
}

static bool
address_of(const char *text, uint8_t octets[16], struct bytes *a, uint8_t *family)
{
	*family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET;
	*a = (struct bytes){ octets, *family == AF_INET6 ? 16 : 4 };
	return inet_pton(*family, text, octets) == 1;
}

int
machine_address(const char *interface, const char *address, unsigned prefix)
{
	struct request r;
	uint8_t octets[16];
	struct bytes a;
	/* Nobody else is on this wire, so duplicate address detection would only delay the start. */
	struct ifaddrmsg m = { .ifa_prefixlen = (uint8_t)prefix,
			       .ifa_flags = IFA_F_NODAD,
			       .ifa_index = if_nametoindex(interface) };
	if (m.ifa_index == 0)
		return ENODEV;
	if (!address_of(address, octets, &a, &m.ifa_family))
		return EINVAL;
	request_begin(&r);
	put_struct(&r, &m, sizeof m);
	put_attribute(&r, IFA_LOCAL, a);
	put_attribute(&r, IFA_ADDRESS, a);
	return request_do(&r, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
}

/* Whether the kernel takes the address for its own already: IPv6 does so some time after it was added. */
bool
machine_is_local(const char *address)
{
	struct request r;
	union answer got;
	uint8_t octets[16];
	struct bytes a;
	struct rtmsg m = { .rtm_dst_len = 0 };
	if (!address_of(address, octets, &a, &m.rtm_family))
		return false;
	m.rtm_dst_len = (unsigned char)(a.n * 8);
	request_begin(&r);
	put_struct(&r, &m, sizeof m);
	put_attribute(&r, RTA_DST, a);
	return request_exchange(&r, RTM_GETROUTE, 0, &got) == 0 && got.h.nlmsg_type == RTM_NEWROUTE &&
	       got.route.r.rtm_type == RTN_LOCAL;
}

int
machine_neighbour(const char *interface, const char *address, const char *mac)
{
	struct request r;
	uint8_t octets[16], ether[6];
	unsigned m[6];
	struct bytes a;
	struct ndmsg n = { .ndm_state = NUD_PERMANENT, .ndm_ifindex = (int)if_nametoindex(interface) };
	if (n.ndm_ifindex == 0)
		return ENODEV;
	if (!address_of(address, octets, &a, &n.ndm_family) ||
	    sscanf(mac, "%2x:%2x:%2x:%2x:%2x:%2x", &m[0], &m[1], &m[2], &m[3], &m[4], &m[5]) != 6)
		return EINVAL;
	struct wr w = wr_of(ether, sizeof ether);
	for (size_t i = 0; i < 6; i++)
		wr_uint(&w, m[i], 1);
	request_begin(&r);
	put_struct(&r, &n, sizeof n);
	put_attribute(&r, NDA_DST, a);
	put_attribute(&r, NDA_LLADDR, BYTES_OF(ether));
	return request_do(&r, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE);
}
#endif
