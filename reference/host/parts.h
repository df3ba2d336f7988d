/*
 * What the files of this folder share: the host itself and the functions they lend one another.
 * Nobody outside includes this. Buffers: a datagram that arrives stays where it is (frame,
 * reassembly slot) or in `in`, what the host says is written in `said`, what protection makes of it
 * in `out`, and every frame in `frame`. One datagram is under way at a time, so nothing is
 * allocated for it.
 */
#ifndef ESPY_HOST_PARTS_H
#define ESPY_HOST_PARTS_H

#include "host/audit.h"
#include "host/bump.h"
#include "host/fragments.h"
#include "host/host.h"
#include "host/ip.h"
#include "host/loopback.h"
#include "host/natt.h"
#include "host/neighbours.h"
#include "host/pmtu.h"
#include "host/reassembly.h"
#include "host/socket.h"
#include "host/tunnel_if.h"
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
	EV_KEEPALIVE,
	EV_KEEPALIVE_SENT,
	EV_ICMP_TO_SOCKET,
	EV_ICMP_REFUSED,
	EV_ICMP_FORGED,
	EV_ICMP_NO_SA,
	EV_ICMP_NOT_IN_CLEAR,
	EV_PMTU_PATH,
	EV_PMTU_SA,
	EV_ECN_UNUSED,
	EV_ECN_DANGEROUS,
	EV_FRAGMENT_UNDECIDED,
	EV_POLICY_LOGGED,
	EV_LOOPBACK,
	EV_PFKEY_LOST,
	EV_NO_ROUTE,
	EV_NEIGHBOUR_LOST,
	EV_BUMP_OUT,
	EV_BUMP_IN,
	EV_BUMP_BRIDGED,
	HOST_EVENT_N
};

struct host_settings {
	struct profile rules; /* copied: tunables may change the copy */
	uint32_t mtu;
	uint32_t forward;    /* 0: a host, 1: a router between its links */
	uint32_t prohibited; /* ICMP when the SPD discards a transit datagram, RFC 4301 5.1.1 */
	uint32_t bump_ike;   /* 1: IKE of the system behind a bump passes without an entry that says so */
	uint32_t keepalive;  /* seconds of silence, RFC 3948 4; 0: none, no NAT is there */
	/* Types of unauthenticated errors that are refused, RFC 4301 6.1.1. */
	uint8_t icmp_refused4[256], icmp_refused6[256];
	uint32_t debug; /* net.inet.ipsec.debug; this host has no log, so it only keeps it */
	struct sadb_settings pfkey;
	uint32_t audit;     /* 1: auditable events make records, RFC 4303 4 */
	uint32_t icmp_rate; /* ICMP errors a second, RFC 4443 2.4(f); 0: no limit */
};

/* Of host_udp_open; the handle is its index. */
struct udp_socket {
	bool open;
	uint8_t family;
	struct addr local; /* family 0: any */
	uint16_t port;
	bool encap; /* takes ESP, RFC 3948 */
	struct socket_security security;
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
	struct neighbours neigh;
	struct udp_socket udp[UDP_SOCKETS];
	const struct socket_security *speaker; /* of the socket whose datagram leaves now; NULL: none */
	uint16_t udp_next;                     /* where the search for a free port goes on */
	uint16_t ident;                        /* of IPv4 datagrams, RFC 6864 */
	uint32_t ident6;                       /* of IPv6 fragments, RFC 8200 4.5 */
	uint32_t sockets_opened;
	uint64_t icmp_second, icmp_sent; /* of this second */
	uint64_t drops[VERDICT_N], events[HOST_EVENT_N];
	struct audit audit;
	struct tunnel_if tunnels[TUNNEL_IFS];
	struct bump bump;
	struct loopback *loopback;       /* what waits for delivery, oldest first */
	struct spd_entry latch;          /* by which an answer leaves as its question came */
	const struct spd_entry *latched; /* &latch while it does */
	bool logged_once;
	uint64_t logged_at; /* ms */
	struct {
		struct sa *sa;
		bool hard;
	} limits[LIMITS_MAX];
	unsigned limits_n;
	struct pmtu_cache pmtu;
	struct fragments fragments_in,
		fragments_out;      /* on their way through: at the inbound check, and at the outbound one */
	bool confidential;          /* what leaves now speaks of what came protected: not in clear */
	unsigned in_turn, out_turn; /* which of the two buffers is free */
	struct reassembly reassembly;
	uint8_t in[2][DATAGRAM_ROOM], work[DATAGRAM_ROOM], said[DATAGRAM_ROOM], out[2][DATAGRAM_ROOM];
	uint8_t piece[DATAGRAM_ROOM];   /* of a datagram that is cut in front of its SAs */
	uint8_t wrapped[DATAGRAM_ROOM]; /* by a tunnel interface */
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
	struct secpath path;            /* the SAs that were taken off, outermost first */
	const struct tunnel_if *tunnel; /* whose IP-in-IP header was taken off; NULL: none's */
	const struct loopback *loop;    /* this host sent it, and no SA was applied; NULL otherwise */
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

/* RFC 4303 4: an administrator enables and disables it. */
static inline void
host_audit(struct host *h, const struct audit_event *e)
{
	if (h->set.audit)
		audit_add(&h->audit, e);
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
/* Who on the link is handed what goes to dst. False: no route. */
bool host_next_hop(const struct host *h, unsigned link, const struct addr *dst, struct addr *hop);
/* A datagram reached a limit of sa; host_expire tells the sadb when none is under way. Beyond LIMITS_MAX the next tick finds them. */
void host_limit(struct host *h, struct sa *sa, bool hard);
void host_expire(struct host *h);
/* Behind everything that came in or was sent: what waited until no datagram was under way. */
void host_settle(struct host *h, uint64_t now);

/* frame.c */
struct wr frame_begin(struct host *h, unsigned link, uint16_t ethertype, const struct addr *next_hop);
void frame_send(struct host *h, unsigned link, const struct wr *w); /* when its next hop is known */
void frame_send_as_is(struct host *h, unsigned link, struct bytes frame);

/* input.c: an IP datagram as the link gave it. */
void input_datagram(struct host *h, struct arrival *a, struct bytes octets);

/* local.c: one step of a datagram for us. True: *octets is a new datagram to start over with. */
bool local_step(struct host *h, struct arrival *a, const struct ip *ip, struct bytes *octets);
/* Whether it is a fragment: *octets is the datagram that it completes then, or nothing. */
bool local_reassemble(struct host *h, struct arrival *a, const struct ip *ip, struct bytes *octets);

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

/* policy_use.c: a datagram of n octets went by p, which may be NULL. */
void policy_used(const struct host *h, const struct spd_entry *p, size_t n, uint64_t now);

/* policy_find.c: the entry that decides; NULL: none does. policy_log: a failure that the administrator hears of, one an interval. */
const struct spd_entry *policy_find(const struct host *h, uint8_t dir, const struct flow *f);
void policy_log(struct host *h, enum verdict v, uint64_t now);
/* clear.c: whether the profile lets an unprotected message of this protocol pass. */
bool clear_is_accepted(const struct host *h, const struct arrival *a, const struct flow *f);
/* latch.c: between the two, what leaves is protected as what came by a was, where the profile says so. */
void latch_begin(struct host *h, const struct arrival *a);
void latch_end(struct host *h);

/* level.c: what a request means on this host. */
uint8_t level_of(const struct host *h, const struct spd_request *r, uint8_t family);
/* Whether the SAs that were taken off are what the entry asks for. */
bool level_met(const struct host *h, const struct secpath *path, const struct spd_entry *p, uint8_t family);
/* SPD_BYPASS or SPD_DISCARD for traffic that no entry names. */
static inline uint8_t
host_spd_miss(const struct host *h, uint8_t family)
{
	return h->set.rules.spd_miss[family == 6];
}

/*
 * selected.c: SAs that have selectors of their own. selected_entry: the entry as an SA made for this flow would have it (PFP, RFC 4301
 * 4.4.1.2); false where the packet lacks what a flag asks for. selected_by: whether all SAs of the path may have carried this.
 */
bool selected_entry(const struct spd_entry *p, const struct flow *f, struct spd_entry *narrowed);
bool selected_by(const struct secpath *path, struct bytes datagram, const struct flow *f);

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

/* fragment.c: sends a datagram of any size on a link, in fragments where it exceeds mtu. */
enum verdict fragment_send(struct host *h, unsigned link, struct bytes datagram, uint32_t mtu);

/* forward.c */
void forward_datagram(struct host *h, struct arrival *a, const struct ip *ip);
/* What the sender is told of a datagram that did not get on: RFC 1191 4, RFC 4443 3.2, RFC 4301 5.1.1. */
void forward_report(struct host *h, const struct arrival *a, const struct ip *ip, enum verdict v, uint32_t mtu);

/* icmp.c */
void icmp_input(struct host *h, struct arrival *a, const struct ip *ip, struct bytes message);
void icmp_error(struct host *h, const struct arrival *a, const struct ip *ip, uint8_t type, uint8_t code,
		uint32_t rest);
void icmp_parameter_problem(struct host *h, const struct arrival *a, const struct ip *ip, const struct ext_walk *x);
bool icmp_is_error(uint8_t family, uint8_t type);

/* self_encap.c: whether a datagram goes inside another one of the same ends; *ip becomes that; and back: *octets is what was inside. */
bool self_encap_wanted(const struct host *h, const struct spd_entry *p, const struct ip *ip);
bool self_encap(struct host *h, struct ip *ip);
bool self_encap_strip(const struct host *h, const struct arrival *a, const struct ip *ip, struct bytes *octets);

/* icmp_error.c: errors that arrive for this host. In clear: true when policy has no part in it, and it is dealt with (RFC 4301 5.2 step
 * 3c, 6.1.1). Otherwise policy has let it pass. */
bool icmp_error_in_clear(struct host *h, const struct arrival *a, const struct ip *ip, struct bytes message);
void icmp_error_input(struct host *h, const struct arrival *a, const struct ip *ip, struct bytes message);
/* Whether one that came in clear is about a packet of an SA, and then it is dealt with. */
bool icmp_error_of_sa(struct host *h, const struct arrival *a, const struct ip *ip, struct bytes message);

/* udp.c: the header of a datagram to us. False: its length makes no sense. */
struct udp_head {
	uint16_t sport, dport;
	struct bytes payload;
	bool summed; /* the checksum is right, or absent where that is allowed */
};
bool udp_read(const struct ip *ip, struct bytes segment, struct udp_head *u);
/* The socket bound to an address and port of ours, NULL if there is none. */
const struct udp_socket *udp_socket_for(const struct host *h, const struct addr *local, uint16_t port);
void udp_input(struct host *h, struct arrival *a, const struct ip *ip, struct bytes segment);
/* Of the socket that a datagram to us would be delivered to; NULL: none. */
const struct socket_security *udp_security(const struct host *h, const struct flow *f);

/* tcp.c */
void tcp_input(struct host *h, const struct arrival *a, const struct ip *ip, struct bytes segment);

/* neigh.c. neigh_discovery: true when the message was Neighbor Discovery's, and is dealt with. */
void neigh_arp(struct host *h, unsigned link, struct bytes packet);
bool neigh_discovery(struct host *h, const struct arrival *a, const struct ip *ip, struct bytes message);
bool neigh_is_our_group(const struct host *h, const struct addr *a);

#endif
