#include "runner/target/resolve.h"

#include <poll.h>
#include <stdio.h>
#include <time.h>

#include "ipsec/addr.h"
#include "wire/checksum.h"
#include "wire/layouts.h"

#define ASK_AGAIN_MS 250
#define ND_SOLICITATION 135
#define ND_ADVERTISEMENT 136
#define ND_TARGET_LINK_ADDRESS 2

static uint64_t
now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}

/* RFC 826. */
static bool
ask_arp(struct link *l, const struct target_net *net, struct err *e)
{
	uint8_t octets[60];
	struct wr w = wr_of(octets, sizeof octets);
	wr_fill(&w, 0xff, 6);
	wr_bytes(&w, BYTES_OF(l->tester_mac));
	wr_uint(&w, ETHER_ARP, 2);
	wr_uint(&w, 1, 2);
	wr_uint(&w, ETHER_IP4, 2);
	wr_uint(&w, 0x0604, 2);
	wr_uint(&w, 1, 2);
	wr_bytes(&w, BYTES_OF(l->tester_mac));
	wr_bytes(&w, BYTES_OF(net->tester4));
	wr_fill(&w, 0, 6);
	wr_bytes(&w, BYTES_OF(net->target4));
	wr_fill(&w, 0, sizeof octets - w.n);
	return l->ops->send(l, wr_done(&w), e);
}

/* RFC 4861 4.3, to the solicited-node group (RFC 4291 2.7.1) whose last three octets are the address's. */
static bool
ask_nd(struct link *l, const struct target_net *net, struct err *e)
{
	uint8_t octets[120], group[16], ns[32];
	struct bytes last = bytes_slice(BYTES_OF(net->target6), 13, 3);
	struct wr g = wr_of(group, sizeof group), m = wr_of(ns, sizeof ns), w = wr_of(octets, sizeof octets);
	wr_uint(&g, 0xff02000000000000, 8);
	wr_uint(&g, 0x00000001ff, 5);
	wr_bytes(&g, last);
	wr_uint(&m, (uint64_t)ND_SOLICITATION << 24, 4);
	wr_uint(&m, 0, 4);
	wr_bytes(&m, BYTES_OF(net->target6));
	wr_uint(&m, 0x0101, 2);
	wr_bytes(&m, BYTES_OF(l->tester_mac));
	(void)wr_patch(&m, 2, checksum_upper(BYTES_OF(net->tester6), BYTES_OF(group), 58, wr_done(&m)), 2);
	wr_uint(&w, 0x3333ff, 3);
	wr_bytes(&w, last);
	wr_bytes(&w, BYTES_OF(l->tester_mac));
	wr_uint(&w, ETHER_IP6, 2);
	wr_uint(&w, 0x60000000, 4);
	wr_uint(&w, sizeof ns, 2);
	wr_uint(&w, 0x3aff, 2);
	wr_bytes(&w, BYTES_OF(net->tester6));
	wr_bytes(&w, BYTES_OF(group));
	wr_bytes(&w, wr_done(&m));
	return l->ops->send(l, wr_done(&w), e);
}

static bool
is_arp_answer(struct rd r, const struct target_net *net, struct bytes *mac)
{
	rd_skip(&r, 6);
	bool reply = rd_uint(&r, 2) == 2;
	*mac = rd_take(&r, 6);
	return reply && bytes_equal(rd_take(&r, 4), BYTES_OF(net->target4)) && !r.bad;
}

/* An advertisement for its address; without the option, the frame says who sent it. */
static bool
is_nd_answer(struct rd r, const struct target_net *net, struct bytes *mac)
{
	rd_skip(&r, 6);
	bool icmp = rd_uint(&r, 1) == 58;
	rd_skip(&r, 33);
	bool advertisement = rd_uint(&r, 1) == ND_ADVERTISEMENT;
	rd_skip(&r, 7);
	if (!icmp || !advertisement || !bytes_equal(rd_take(&r, 16), BYTES_OF(net->target6)) || r.bad)
		return false;
	bool named = rd_uint(&r, 1) == ND_TARGET_LINK_ADDRESS && rd_uint(&r, 1) == 1;
	struct bytes said = rd_take(&r, 6);
	if (named && !r.bad)
		*mac = said;
	return true;
}

/* What has arrived by now; the first answer counts. */
static bool
look(struct link *l, const struct target_net *net, bool *found, struct err *e)
{
	static _Thread_local uint8_t room[LINK_FRAME_MAX];
	long n;
	while ((n = l->ops->recv(l, room, sizeof room, e)) > 0) {
		struct rd r = rd_of((struct bytes){ room, (size_t)n });
		rd_skip(&r, 6);
		struct bytes mac = rd_take(&r, 6);
		uint64_t type = rd_uint(&r, 2);
		struct wr w = wr_of(l->target_mac, 6);
		*found = (type == ETHER_ARP && is_arp_answer(r, net, &mac)) ||
			 (type == ETHER_IP6 && is_nd_answer(r, net, &mac));
		if (!*found)
			continue;
		wr_bytes(&w, mac);
		return true;
	}
	return n == 0;
}

bool
resolve_target(struct link *l, const struct target_net *net, const char *what, unsigned ms, struct err *e)
{
	struct addr a4 = addr_of(BYTES_OF(net->target4)), a6 = addr_of(BYTES_OF(net->target6));
	uint64_t end = now_ms() + ms, again = 0, now;
	char text4[48], text6[48];
	bool found = false;
	while ((now = now_ms()) < end) {
		if (now >= again && (!ask_arp(l, net, e) || !ask_nd(l, net, e)))
			return false;
		again = now >= again ? now + ASK_AGAIN_MS : again;
		if (!look(l, net, &found, e))
			return false;
		if (found)
			return true;
		struct pollfd p = { .fd = l->ops->fd(l), .events = POLLIN };
		(void)poll(&p, 1, (int)(again < end ? again - now : end - now) + 1);
	}
	return fail(e, ERR_DEAD,
		    "%s: nobody answers for %s (ARP) or %s (Neighbor Discovery): --target-address says where it is",
		    what, addr_print(&a4, text4), addr_print(&a6, text6));
}
