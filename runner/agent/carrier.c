#include "runner/agent/carrier.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runner/agent/protocol.h"

#ifdef __linux__
#include <arpa/inet.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <sys/ioctl.h>
#endif

#define READ_AT_ONCE 65536

void
carrier_open(struct carrier *c, int in, int out)
{
	*c = (struct carrier){ .in = in, .out = out, .packet = -1 };
}

int
carrier_fd(const struct carrier *c)
{
	return c->packet >= 0 ? c->packet : c->in;
}

static enum carrier_state
stream_read(struct carrier *c, struct buffer *to)
{
	uint8_t *at = buffer_room(to, READ_AT_ONCE);
	if (at == NULL)
		return CARRIER_END;
	ssize_t n = read(c->in, at, READ_AT_ONCE);
	if (n < 0)
		return errno == EINTR || errno == EAGAIN ? CARRIER_IDLE : CARRIER_END;
	if (n == 0)
		return CARRIER_END;
	buffer_added(to, (size_t)n);
	return CARRIER_MORE;
}

static void
wait_for(int fd, short events, int ms)
{
	struct pollfd p = { .fd = fd, .events = events };
	(void)poll(&p, 1, ms);
}

static bool
stream_write(struct carrier *c, struct bytes octets)
{
	struct rd r = rd_of(octets);
	while (rd_left(&r) > 0) {
		struct bytes rest = bytes_slice(octets, r.at, octets.n);
		ssize_t n = write(c->out, rest.p, rest.n);
		if (n > 0)
			rd_skip(&r, (size_t)n);
		else if (n < 0 && errno == EAGAIN)
			wait_for(c->out, POLLOUT, -1);
		else if (n == 0 || errno != EINTR)
			return false;
	}
	return true;
}

#ifdef __linux__
enum { CHUNKS_AT_ONCE = 8, PACKET_BUFFER = 4 << 20 };

int
carrier_move(struct carrier *c, const char *interface)
{
	struct ifreq ifr = { 0 };
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return errno;
	snprintf(ifr.ifr_name, sizeof ifr.ifr_name, "%s", interface);
	struct sockaddr_ll ll = { .sll_family = AF_PACKET, .sll_protocol = htons(AGENT_ETHERTYPE) };
	ll.sll_ifindex = (int)if_nametoindex(interface);
	int size = PACKET_BUFFER;
	if (ll.sll_ifindex == 0 || bind(fd, (struct sockaddr *)&ll, sizeof ll) != 0 ||
	    ioctl(fd, SIOCGIFMTU, &ifr) != 0) {
		int why = errno;
		close(fd);
		return why;
	}
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
	c->packet = fd;
	c->ifindex = (unsigned)ll.sll_ifindex;
	c->chunk = (size_t)ifr.ifr_mtu - AGENT_CHUNK_HEAD;
	c->sent = c->received = 0;
	return 0;
}

/* One chunk; a number out of order means that a frame was lost, and there is no way to go on. */
static bool
chunk_take(struct carrier *c, struct bytes frame, struct buffer *to)
{
	struct rd r = rd_of(frame);
	uint64_t number = rd_uint(&r, 4);
	struct bytes octets = rd_take(&r, (size_t)rd_uint(&r, 2));
	return !r.bad && number == c->received++ && buffer_add(to, octets);
}

static enum carrier_state
packet_read(struct carrier *c, struct buffer *to)
{
	static uint8_t frames[CHUNKS_AT_ONCE][16384];
	struct iovec iov[CHUNKS_AT_ONCE];
	struct mmsghdr m[CHUNKS_AT_ONCE];
	memset(m, 0, sizeof m);
	for (size_t i = 0; i < CHUNKS_AT_ONCE; i++) {
		iov[i] = (struct iovec){ frames[i], sizeof frames[i] };
		m[i].msg_hdr.msg_iov = &iov[i];
		m[i].msg_hdr.msg_iovlen = 1;
	}
	int n = recvmmsg(c->packet, m, CHUNKS_AT_ONCE, MSG_WAITFORONE, NULL);
	if (n < 0)
		return errno == EINTR || errno == EAGAIN ? CARRIER_IDLE : CARRIER_END;
	for (int i = 0; i < n; i++)
		if (!chunk_take(c, (struct bytes){ frames[i], m[i].msg_len }, to))
			return CARRIER_END;
	return CARRIER_MORE;
}

static bool
chunk_send(struct carrier *c, struct bytes octets)
{
	static uint8_t frame[65536];
	struct wr w = wr_of(frame, sizeof frame);
	wr_uint(&w, c->sent++, 4);
	wr_uint(&w, octets.n, 2);
	wr_bytes(&w, octets);
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(AGENT_ETHERTYPE),
				  .sll_ifindex = (int)c->ifindex,
				  .sll_halen = 6,
				  .sll_addr = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };
	while (!w.full) {
		if (sendto(c->packet, frame, w.n, 0, (struct sockaddr *)&to, sizeof to) >= 0)
			return true;
		if (errno != ENOBUFS && errno != EAGAIN && errno != EINTR)
			return false;
		wait_for(c->packet, POLLOUT, 1);
	}
	return false;
}
#else
int
carrier_move(struct carrier *c, const char *interface)
{
	(void)c;
	(void)interface;
	return ENOSYS;
}

static enum carrier_state
packet_read(struct carrier *c, struct buffer *to)
{
	(void)c;
	(void)to;
	return CARRIER_END;
}

static bool
chunk_send(struct carrier *c, struct bytes octets)
{
	(void)c;
	(void)octets;
	return false;
}
#endif

enum carrier_state
carrier_read(struct carrier *c, struct buffer *to)
{
	return c->packet >= 0 ? packet_read(c, to) : stream_read(c, to);
}

bool
carrier_write(struct carrier *c, struct bytes octets)
{
	if (c->packet < 0)
		return stream_write(c, octets);
	for (size_t at = 0; at < octets.n; at += c->chunk)
		if (!chunk_send(c, bytes_slice(octets, at, c->chunk)))
			return false;
	return true;
}
