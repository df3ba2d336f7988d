#include "runner/encore/onto.h"

#include <errno.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "runner/arena.h"
#include "runner/evidence.h"
#include "wire/cursor.h"
#include "wire/layouts.h"

#ifndef PACKET_QDISC_BYPASS
#define PACKET_QDISC_BYPASS 20
#endif

#define BATCH 512
#define OCTETS_MAX ((size_t)1 << 29)
#define STUCK_NS 10000000000u /* the interface takes nothing for so long */
#define SEND_BUFFER (8 << 20)

struct ready {
	struct bytes frame; /* with its Ethernet header */
	uint64_t ns;
};

struct onto {
	const struct onto_wish *w;
	struct arena arena;
	struct ready *ready;
	size_t n, cap;
	int fd;
	uint8_t mac[6];
	uint64_t began_ns, told_ns, sent, octets;
	bool bar;
	struct mmsghdr message[BATCH];
	struct iovec part[BATCH];
};

/* --- the capture ----------------------------------------------------------------------------- */

static bool
is_raw_ip(int type)
{
	return type == DLT_RAW || type == 14 || type == 101 || type == DLT_IPV4 || type == DLT_IPV6;
}

static bool
keep(struct onto *o, const struct pcap_pkthdr *h, struct bytes octets, bool raw)
{
	size_t n = octets.n + (raw ? 14 : 0);
	if (o->n == o->cap) {
		size_t cap = o->cap * 2 + 256;
		struct ready *more = realloc(o->ready, cap * sizeof *more);
		if (more == NULL)
			return false;
		o->ready = more;
		o->cap = cap;
	}
	struct wr w = wr_of(arena_alloc(&o->arena, n), n);
	struct rd r = rd_of(octets);
	if (raw) { /* whoever listens there */
		wr_fill(&w, 0xff, 6);
		wr_bytes(&w, BYTES_OF(o->mac));
		wr_uint(&w, rd_peek(&r, 0) >> 4 == 6 ? ETHER_IP6 : ETHER_IP4, 2);
	}
	wr_bytes(&w, octets);
	o->ready[o->n].frame = wr_done(&w);
	o->ready[o->n++].ns = (uint64_t)h->ts.tv_sec * 1000000000u + (uint64_t)h->ts.tv_usec * 1000u;
	return true;
}

static bool
load_frames(struct onto *o, pcap_t *p, struct err *e)
{
	const char *path = o->w->path;
	int type = pcap_datalink(p), got;
	struct pcap_pkthdr *h;
	const uint8_t *octets;
	size_t all = 0;
	if (type != DLT_EN10MB && !is_raw_ip(type))
		return fail(e, ERR_UNSUPPORTED, "%s: link type %d: want Ethernet or raw IP", path, type);
	while ((got = pcap_next_ex(p, &h, &octets)) == 1) {
		if (h->caplen < h->len)
			return fail(e, ERR_SHORT, "%s: frame %zu: the capture holds %u of its %u octets", path,
				    o->n + 1, h->caplen, h->len);
		all += h->caplen;
		if (all > OCTETS_MAX || !keep(o, h, (struct bytes){ octets, h->caplen }, is_raw_ip(type)))
			return fail(e, ERR_RANGE, "%s: more than 512 MiB of frames", path);
	}
	if (got != PCAP_ERROR_BREAK)
		return fail(e, ERR_SHORT, "%s: frame %zu: %s", path, o->n + 1, pcap_geterr(p));
	return true;
}

static int
load(struct onto *o, struct err *e)
{
	char why[PCAP_ERRBUF_SIZE] = "";
	pcap_t *p = pcap_open_offline(o->w->path, why);
	if (p == NULL)
		return (void)fail(e, ERR_SYNTAX, "%s", why), 2;
	bool ok = load_frames(o, p, e);
	pcap_close(p);
	if (ok && o->n == 0)
		return (void)fail(e, ERR_SHORT, "%s: no frame in it", o->w->path), 4;
	return ok ? 0 : 2;
}

/* --- the interface --------------------------------------------------------------------------- */

static bool
bind_to(struct onto *o, struct err *e)
{
	const char *name = o->w->interface;
	struct ifreq q = { .ifr_flags = 0 };
	struct sockaddr_ll at = { .sll_family = AF_PACKET };
	int one = 1, buffer = SEND_BUFFER;
	if (strlen(name) >= IFNAMSIZ)
		return fail(e, ERR_RANGE, "%.60s: no name of an interface", name);
	memcpy(q.ifr_name, name, strlen(name) + 1);
	if (ioctl(o->fd, SIOCGIFINDEX, &q) != 0)
		return fail_errno(e, "%s", name);
	at.sll_ifindex = q.ifr_ifindex;
	if (ioctl(o->fd, SIOCGIFHWADDR, &q) != 0)
		return fail_errno(e, "%s", name);
	struct wr w = wr_of(o->mac, sizeof o->mac);
	wr_bytes(&w, (struct bytes){ (const uint8_t *)q.ifr_hwaddr.sa_data, 6 });
	if (bind(o->fd, (const struct sockaddr *)&at, sizeof at) != 0)
		return fail_errno(e, "%s", name);
	/* Straight to the driver; where a queue cannot be passed by, it is slower and no less true. */
	(void)setsockopt(o->fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof one);
	(void)setsockopt(o->fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
	return true;
}

static bool
open_interface(struct onto *o, struct err *e)
{
	o->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0); /* protocol 0: it hears nothing */
	if (o->fd < 0 && (errno == EPERM || errno == EACCES))
		return fail(e, ERR_IO,
			    "%s: raw frames need the right CAP_NET_RAW: run as root, or setcap cap_net_raw+ep on espy",
			    o->w->interface);
	return o->fd >= 0 ? bind_to(o, e) : fail_errno(e, "%s", o->w->interface);
}

/* --- sending --------------------------------------------------------------------------------- */

static bool
stopped(const struct onto *o)
{
	return *o->w->stop != 0;
}

static void
tell_progress(struct onto *o, uint64_t all)
{
	uint64_t now = clock_ns();
	if (!o->bar || now - o->told_ns < 500000000u)
		return;
	double s = (double)(now - o->began_ns) / 1e9, rate = (double)o->sent / s;
	o->told_ns = now;
	fprintf(stderr, "\r\033[K%llu of %llu frames, %.0f/s, %.0f s left", (unsigned long long)o->sent,
		(unsigned long long)all, rate, rate > 0 ? (double)(all - o->sent) / rate : 0);
}

static unsigned
fill_batch(struct onto *o, uint64_t all)
{
	unsigned n = 0;
	uint64_t left = all - o->sent;
	unsigned most = o->w->recorded ? 1 : BATCH;
	size_t at = (size_t)(o->sent % o->n);
	for (; n < most && n < left; n++) {
		const struct bytes *f = &o->ready[at].frame;
		o->part[n] = (struct iovec){ (void *)(uintptr_t)f->p, f->n };
		o->message[n].msg_hdr = (struct msghdr){ .msg_iov = &o->part[n], .msg_iovlen = 1 };
		at = at + 1 == o->n ? 0 : at + 1;
	}
	return n;
}

/* All of a batch, or false: it was stopped (ERR_NONE), or the interface takes no more. */
static bool
send_batch(struct onto *o, unsigned n, struct err *e)
{
	uint64_t idle = 0;
	for (unsigned done = 0; done < n && !stopped(o);) {
		int got = sendmmsg(o->fd, o->message + done, n - done, 0);
		if (got > 0) {
			for (int i = 0; i < got; i++)
				o->octets += o->part[done + (unsigned)i].iov_len;
			done += (unsigned)got;
			o->sent += (unsigned)got;
			idle = 0;
			continue;
		}
		if (errno != EAGAIN && errno != ENOBUFS && errno != EINTR)
			return fail_errno(e, "%s: frame %zu of %zu octets", o->w->interface,
					  (size_t)(o->sent % o->n) + 1, o->part[done].iov_len);
		struct pollfd p = { .fd = o->fd, .events = POLLOUT };
		(void)poll(&p, 1, 1);
		idle = idle != 0 ? idle : clock_ns();
		if (clock_ns() - idle > STUCK_NS)
			return fail(e, ERR_DEAD, "%s: takes no frame for 10 s", o->w->interface);
	}
	return !stopped(o);
}

static void
pause_as_then(const struct onto *o)
{
	size_t at = (size_t)(o->sent % o->n);
	uint64_t gap = at > 0 && o->ready[at].ns > o->ready[at - 1].ns ? o->ready[at].ns - o->ready[at - 1].ns : 0;
	for (uint64_t until = clock_ns() + gap, now; !stopped(o) && (now = clock_ns()) < until;) {
		uint64_t rest = until - now > 100000000u ? 100000000u : until - now;
		struct timespec ts = { 0, (long)rest };
		(void)nanosleep(&ts, NULL);
	}
}

static bool
send_all(struct onto *o, struct err *e)
{
	uint64_t all = o->n * (uint64_t)o->w->loop;
	bool ok = true;
	o->began_ns = o->told_ns = clock_ns();
	while (ok && o->sent < all && !stopped(o)) {
		if (o->w->recorded)
			pause_as_then(o);
		ok = send_batch(o, fill_batch(o, all), e);
		tell_progress(o, all);
	}
	return ok || stopped(o);
}

int
encore_onto(const struct onto_wish *w, struct err *e)
{
	static struct onto o;
	o = (struct onto){ .w = w, .fd = -1, .bar = !w->quiet && isatty(STDERR_FILENO) == 1 };
	e->code = ERR_NONE;
	int status = open_interface(&o, e) ? load(&o, e) : 3;
	if (status == 0 && !send_all(&o, e))
		status = 3;
	double s = o.began_ns != 0 ? (double)(clock_ns() - o.began_ns) / 1e9 : 0;
	if (o.bar && o.told_ns != o.began_ns)
		fputs("\r\033[K", stderr);
	if (o.sent > 0)
		printf("%llu frames, %llu octets in %.3f s: %.0f frames/s, %.3f Gbit/s%s\n", (unsigned long long)o.sent,
		       (unsigned long long)o.octets, s, (double)o.sent / s, (double)o.octets * 8e-9 / s,
		       stopped(&o) ? " (stopped)" : "");
	if (o.fd >= 0)
		close(o.fd);
	free(o.ready);
	arena_free(&o.arena);
	return status;
}
