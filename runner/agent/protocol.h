/*
 * The numbers of the agent protocol, as espy-agent(8) describes it: frames of
 *
 *   u32 length of what follows | u8 op | u8 tag | u16 handle | body
 *
 * in network order. Shared by both ends, so it holds constants and nothing else.
 */
#ifndef ESPY_AGENT_PROTOCOL_H
#define ESPY_AGENT_PROTOCOL_H

#define AGENT_VERSION 1
#define AGENT_MAGIC "espy" /* opens the hello, so that a stray program is not taken for an agent */
#define AGENT_HEAD 4       /* op, tag, handle */
#define AGENT_LENGTH_MIN AGENT_HEAD
#define AGENT_LENGTH_MAX 66560 /* a datagram of 65,535 octets with its addresses */
#define AGENT_READ_MAX 60000   /* of one file */
#define AGENT_SOCKETS_MAX 64   /* lent at one time */

enum agent_op {
	AGENT_HELLO = 1,
	AGENT_OPEN,
	AGENT_CLOSE,
	AGENT_BIND,
	AGENT_CONNECT,
	AGENT_SEND,
	AGENT_SENDTO,
	AGENT_SETSOCKOPT,
	AGENT_GETSOCKOPT,
	AGENT_READ,
	AGENT_WRITE,
	AGENT_SYNC,
	AGENT_SHUTDOWN,
	AGENT_MOVE,
	AGENT_EVENT = 0x40,   /* something arrived on a lent socket */
	AGENT_TROUBLE = 0x41, /* a lent socket reports an error: events may be lost */
	AGENT_REPLY = 0x80,   /* set in the op of a reply */
};

enum agent_kind {                /* what OPEN can lend */
		  AGENT_KEY = 1, /* PF_KEY version 2 */
		  AGENT_UDP4,
		  AGENT_UDP6,
		  AGENT_RAW4, /* `protocol` is an IP protocol number */
		  AGENT_RAW6,
		  AGENT_NETLINK, /* Linux; `protocol` is a netlink family, 6 for XFRM */
		  AGENT_KINDS
};

enum agent_order { AGENT_LITTLE = 1, AGENT_BIG = 2 };

enum agent_feature {
	AGENT_HAS_PFKEY = 1 << 0,
	AGENT_HAS_SOCKETS = 1 << 1,
	AGENT_HAS_FILES = 1 << 2,
	AGENT_HAS_NETLINK = 1 << 3,
	AGENT_HAS_MOVE = 1 << 4,
	AGENT_HAS_USERS = 1 << 5, /* OPEN may say whose socket it is */
	AGENT_HAS_NAMES = 1 << 6, /* READ and WRITE take names of tunables that are no files */
};

/*
 * After MOVE the same octets travel in chunks, one per Ethernet frame:
 *
 *   destination, source, ethertype 0x88b5 | u32 number, from 0 in each direction | u16 length | octets
 *
 * The number is there so that a lost frame is an error at once and not a reply that never comes.
 */
#define AGENT_ETHERTYPE 0x88b5 /* IEEE 802: local experimental 1 */
#define AGENT_ETHER_HEAD 14
#define AGENT_CHUNK_HEAD 6

#endif
