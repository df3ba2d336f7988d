/*
 * What the files of this folder share: the host itself and the functions they lend one another.
 * Nobody outside includes this. Buffers: a datagram that arrives stays where it is (frame,
 * reassembly slot) or in `in`, what the host says is written in `said`, what protection makes of it
 * in `out`, and every frame in `frame`. One datagram is under way at a time, so nothing is
 * allocated for it.
 */
#ifndef ESPY_HOST_PARTS_H
#define ESPY_HOST_PARTS_H

#include "host/host.h"
#include "host/ip.h"
#include "host/reassembly.h"
#include "wire/layouts.h"

#define DATAGRAM_ROOM 65664 /* 65,535 octets behind an IPv6 header, and a little */
#define ETHER_HEADER 14
#define UDP_SOCKETS 64

/* What happened beside the verdicts: each is a counter of this name (tunables.c). */
enum host_event {
	EV_FRAMES_IN,
	EV_FRAMES_OUT,
	EV_FRAME_FOREIGN,
	EV_FORWARDED,
	EV_ECHO,
	EV_ICMP_SENT,
	EV_ICMP_SUPPRESSED,
	EV_ICMP_ERROR_IN,
	EV_CHECKSUM,
	EV_UDP_NO_PORT,
	EV_UDP_DELIVERED,
	EV_REASSEMBLED,
	EV_REASSEMBLY_FAILED,
	EV_ACQUIRE,
	EV_NO_NEXT_HEADER,
	HOST_EVENT_N
};

struct host_settings {
	struct profile rules; /* copied: tunables may change the copy */
	uint32_t mtu;
	uint32_t forward;    /* 0: a host, 1: a router between its links */
	uint32_t prohibited; /* ICMP when the SPD discards a transit datagram, RFC 4301 5.1.1 */
	uint32_t icmp_rate;  /* ICMP errors a second, RFC 4443 2.4(f); 0: no limit */
};

struct udp_socket {
	bool open;
	uint8_t family;
	struct addr local; /* family 0: any */
	uint16_t port;
};

/*
 * SAs whose limits a datagram reached; the sadb hears of them when no datagram is under way, since
 * it may remove them.
 */
#define LIMITS_MAX (SECPATH_MAX + 2 * SPD_REQUESTS)
#define HOST_MTU_LEAST 68 /* RFC 791 3.2 */

struct host {
	struct host_setup setup;
	struct host_settings set;
	struct sad *sad;
	struct spd *spd;
	struct sadb *sadb;
	struct {
		uint8_t mac[6];
		bool known;
	} peer[HOST_LINKS];
	struct udp_socket udp[UDP_SOCKETS];
	uint16_t udp_next; /* where the search for a free port goes on */
	uint16_t ident;    /* of IPv4 datagrams, RFC 6864 */
	uint32_t ident6;   /* of IPv6 fragments, RFC 8200 4.5 */
	uint32_t sockets_opened;
	uint64_t icmp_second, icmp_sent; /* of this second */
	uint64_t drops[VERDICT_N], events[HOST_EVENT_N];
	struct {
		struct sa *sa;
		bool hard;
	} limits[LIMITS_MAX];
	unsigned limits_n;
	unsigned in_turn, out_turn; /* which of the two buffers is free */
	struct reassembly reassembly;
	uint8_t in[2][DATAGRAM_ROOM], work[DATAGRAM_ROOM], said[DATAGRAM_ROOM], out[2][DATAGRAM_ROOM];
	uint8_t frame[ETHER_HEADER + DATAGRAM_ROOM];
};

/*
 * How a datagram came in. It goes along with the datagram until that is delivered, forwarded or
 * dropped.
 */
struct arrival {
	unsigned link;
	bool group; /* the frame went to a multicast or broadcast MAC */
	uint64_t now;
	struct secpath path; /* the SAs that were taken off, outermost first */
};

/* No IPv6 link has less than 1,280 octets (RFC 8200 5). */
static inline uint32_t
host_mtu(const struct host *h, uint8_t family)
{
	return family == 6 && h->set.mtu < 1280 ? 1280 : h->set.mtu;
}

static inline void
host_count(struct host *h, enum host_event ev)
{
	h->events[ev]++;
}

static inline void
host_drop(struct host *h, enum verdict v)
{
	h->drops[v]++;
}

/*
 * host.c: addresses and links. host_source: the address to speak from on a link, NULL if it has
 * none of the family. host_route: the link towards dst; what is on no link goes by the first one,
 * to the tester.
 */
bool host_is_local(const struct host *h, const struct addr *a);
bool host_is_broadcast(const struct host *h, const struct addr *a);
const struct addr *host_source(const struct host *h, unsigned link, uint8_t family);
unsigned host_route(const struct host *h, const struct addr *dst);
/* A datagram reached a limit of sa; host_settle tells the sadb when none is under way. */
void host_limit(struct host *h, struct sa *sa, bool hard);
void host_settle(struct host *h, uint64_t now);

/* frame.c */
struct wr frame_begin(struct host *h, unsigned link, uint16_t ethertype, const struct addr *next_hop);
void frame_send(struct host *h, unsigned link, const struct wr *w);

/* input.c: an IP datagram as the link gave it. */
void input_datagram(struct host *h, struct arrival *a, struct bytes octets);

/* local.c: one step of a datagram for us. True: *octets is a new datagram to start over with. */
bool local_step(struct host *h, struct arrival *a, const struct ip *ip, struct bytes *octets);

/* ext.c: the IPv6 headers in front of what we act on, in their order (RFC 8200 4). */
struct ext_walk {
	uint8_t protocol; /* where the walk ended: upper layer, ESP, AH or fragment header */
	size_t at;        /* its offset */
	size_t next_at;   /* of the octet that named it */
	/* a header that must be answered: */
	bool bad;
	bool answer; /* by a Parameter Problem with this code and pointer */
	bool even_multicast;
	uint8_t code;
	uint32_t pointer;
};
void ext_walk(const struct ip *ip, struct ext_walk *x);

/* policy.c: the inbound check. */
enum verdict policy_check(const struct host *h, const struct arrival *a, struct bytes datagram, bool transit);
/*
 * The flow of the traffic that an ICMP error is about, in the direction of the error itself (RFC
 * 4301 6.2).
 */
bool policy_quoted_flow(const struct ip *ip, struct flow *f);

/*
 * output.c: a whole IP datagram leaves: SPD, protection, route, fragments. *mtu (may be NULL) is
 * what would have fitted when the answer is DROP_TOO_BIG. `transit`: its source is elsewhere.
 */
enum verdict output_datagram(struct host *h, struct bytes datagram, bool transit, uint64_t now, uint32_t *mtu);

/* fragment.c: sends a datagram of any size on a link, in fragments where it exceeds the MTU. */
enum verdict fragment_send(struct host *h, unsigned link, struct bytes datagram);

/* forward.c */
void forward_datagram(struct host *h, struct arrival *a, const struct ip *ip);

/* icmp.c */
void icmp_input(struct host *h, struct arrival *a, const struct ip *ip, struct bytes message);
void icmp_error(struct host *h, const struct arrival *a, const struct ip *ip, uint8_t type, uint8_t code,
		uint32_t rest);
void icmp_parameter_problem(struct host *h, const struct arrival *a, const struct ip *ip, const struct ext_walk *x);
bool icmp_is_error(uint8_t family, uint8_t type);

/* udp.c */
void udp_input(struct host *h, struct arrival *a, const struct ip *ip, struct bytes segment);

/* tcp.c */
void tcp_input(struct host *h, const struct arrival *a, const struct ip *ip, struct bytes segment);

/* neigh.c. neigh_discovery: true when the message was Neighbor Discovery's, and is dealt with. */
void neigh_arp(struct host *h, unsigned link, struct bytes packet);
bool neigh_discovery(struct host *h, const struct arrival *a, const struct ip *ip, struct bytes message);
bool neigh_is_our_group(const struct host *h, const struct addr *a);

#endif
