#include "runner/target/link_raw.h"

#include <errno.h>
#include <libnet.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runner/target/netns.h"

#define KERNEL_BUFFER (16 << 20) /* frames wait here while a case computes */
#define FRAME_ROOM 64            /* beyond the MTU: Ethernet's header, VLAN tags */

struct link_raw {
	pcap_t *in;
	libnet_t *out;
	char name[32];
};

static bool
raw_send(struct link *l, struct bytes frame, struct err *e)
{
	const struct link_raw *r = l->impl;
	if (libnet_adv_write_link(r->out, frame.p, (uint32_t)frame.n) == (int)frame.n)
		return true;
	int no = errno;
	if (no == EMSGSIZE || no == ENOBUFS) /* a veth says the second for what its other end does not take */
		return fail(
			e, ERR_IO,
			"%s refuses a frame of %zu octets (%s): its MTU or that of its other end is smaller, or its queue full; "
			"`ip link set %s mtu 1500`, and likewise at the other end",
			r->name, frame.n, strerror(no), r->name);
	return fail(e, no == ENETDOWN || no == ENXIO ? ERR_DEAD : ERR_IO, "%s: frame of %zu octets: %s", r->name,
		    frame.n, strerror(no));
}

/* A frame longer than buf cannot be: the snapshot length is less. One that was joined of several (GRO) is none that was on the wire. */
static long
raw_recv(struct link *l, uint8_t *buf, size_t cap, struct err *e)
{
	const struct link_raw *r = l->impl;
	struct pcap_pkthdr *h;
	const uint8_t *octets;
	int got = pcap_next_ex(r->in, &h, &octets);
	if (got == 0)
		return 0;
	if (got < 0) {
		(void)fail(e, ERR_DEAD, "%s: %s", r->name, pcap_geterr(r->in));
		return -1;
	}
	if (h->len > h->caplen) {
		(void)fail(e, ERR_RANGE,
			   "%s: a frame of %u octets, more than its MTU allows (ethtool -K %s gro off lro off)",
			   r->name, h->len, r->name);
		return -1;
	}
	struct wr w = wr_of(buf, cap);
	wr_bytes(&w, (struct bytes){ octets, h->caplen });
	return (long)w.n;
}

static int
raw_fd(const struct link *l)
{
	const struct link_raw *r = l->impl;
	return pcap_get_selectable_fd(r->in);
}

static void
raw_close(struct link *l)
{
	struct link_raw *r = l->impl;
	if (r == NULL)
		return;
	if (r->in != NULL)
		pcap_close(r->in);
	if (r->out != NULL)
		libnet_destroy(r->out);
	free(r);
	l->impl = NULL;
}

static const struct link_ops raw_ops = {
	.send = raw_send,
	.recv = raw_recv,
	.fd = raw_fd,
	.close = raw_close,
};

unsigned
link_raw_mtu(const char *interface)
{
	struct ifreq q = { .ifr_mtu = 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	snprintf(q.ifr_name, sizeof q.ifr_name, "%.*s", IFNAMSIZ - 1, interface);
	bool known = fd >= 0 && ioctl(fd, SIOCGIFMTU, &q) == 0 && q.ifr_mtu > 0;
	if (fd >= 0)
		close(fd);
	return known ? (unsigned)q.ifr_mtu : 0;
}

/*
 * The kernel's ring has slots of the largest frame that can come: with slots of 64 KiB a burst of a few dozen small frames would be lost.
 */
static int
largest_frame(const char *name)
{
	unsigned mtu = link_raw_mtu(name);
	return mtu > 0 && mtu < LINK_FRAME_MAX - FRAME_ROOM ? (int)mtu + FRAME_ROOM : LINK_FRAME_MAX;
}

static bool
open_in(struct link_raw *r, struct err *e)
{
	char why[PCAP_ERRBUF_SIZE] = "";
	r->in = pcap_create(r->name, why);
	if (r->in == NULL)
		return fail(e, ERR_IO, "%s: %s", r->name, why);
	pcap_set_snaplen(r->in, largest_frame(r->name));
	pcap_set_promisc(r->in, 1);
	pcap_set_immediate_mode(r->in, 1);
	pcap_set_buffer_size(r->in, KERNEL_BUFFER);
	int state = pcap_activate(r->in);
	if (state == PCAP_ERROR_PERM_DENIED)
		return fail(e, ERR_IO,
			    "%s: raw frames need the right CAP_NET_RAW: run as root, or setcap cap_net_raw+ep on espy",
			    r->name);
	if (state == PCAP_ERROR_NO_SUCH_DEVICE)
		return fail(e, ERR_IO, "%s: there is no such interface (`ip link` shows those that are there)",
			    r->name);
	if (state == PCAP_ERROR_IFACE_NOT_UP)
		return fail(e, ERR_IO, "%s: is down: ip link set %s up", r->name, r->name);
	if (state < 0) {
		const char *text = pcap_geterr(r->in);
		return fail(e, ERR_IO, "%s: %s%s%s", r->name, pcap_statustostr(state), text[0] != '\0' ? ": " : "",
			    text);
	}
	if (pcap_datalink(r->in) != DLT_EN10MB)
		return fail(e, ERR_UNSUPPORTED, "%s: no Ethernet", r->name);
	if (pcap_setdirection(r->in, PCAP_D_IN) != 0 || pcap_setnonblock(r->in, 1, why) != 0)
		return fail(e, ERR_IO, "%s: %s", r->name, pcap_geterr(r->in));
	return true;
}

static bool
open_out(struct link_raw *r, uint8_t mac[6], struct err *e)
{
	char why[LIBNET_ERRBUF_SIZE] = "";
	struct wr w = wr_of(mac, 6);
	r->out = libnet_init(LIBNET_LINK_ADV, r->name, why);
	if (r->out == NULL)
		return fail(e, ERR_IO, "%s: %s", r->name, why);
	const struct libnet_ether_addr *own = libnet_get_hwaddr(r->out);
	if (own == NULL)
		return fail(e, ERR_IO, "%s: %s", r->name, libnet_geterror(r->out));
	wr_bytes(&w, BYTES_OF(own->ether_addr_octet));
	return true;
}

bool
link_raw_open(struct link *l, const char *interface, uint8_t mac[6], struct err *e)
{
	struct link_raw *r = calloc(1, sizeof *r);
	if (r == NULL)
		return fail_errno(e, "%s", interface);
	l->impl = r;
	l->ops = &raw_ops;
	int n = snprintf(r->name, sizeof r->name, "%s", interface);
	if (((size_t)n < sizeof r->name || fail(e, ERR_RANGE, "%s: no name of an interface", interface)) &&
	    open_in(r, e) && open_out(r, mac, e))
		return true;
	raw_close(l);
	return false;
}

bool
link_raw_open_in(struct link *l, const char *netns, const char *interface, uint8_t mac[6], struct err *e)
{
	int home;
	if (netns == NULL)
		return link_raw_open(l, interface, mac, e);
	if (!netns_enter(netns, &home, e))
		return false;
	bool ok = link_raw_open(l, interface, mac, e);
	return netns_leave(home, ok ? e : NULL) && ok;
}
