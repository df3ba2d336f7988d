/*
 * The headers espy knows, one layout each, and how they follow one another. One .c file per protocol holds the
 * RFC's diagram, the field table, var_len and compute.
 */
#ifndef ESPY_WIRE_LAYOUTS_H
#define ESPY_WIRE_LAYOUTS_H

#include "wire/field.h"

/* IP protocol numbers that have meaning here. */
enum ip_proto {
	IPPROTO_HBH = 0,
	IPPROTO_ICMP4 = 1,
	IPPROTO_IP4 = 4,
	IPPROTO_TCP_ = 6,
	IPPROTO_UDP_ = 17,
	IPPROTO_IP6 = 41,
	IPPROTO_RH = 43,
	IPPROTO_FRAG = 44,
	IPPROTO_ESP_ = 50,
	IPPROTO_AH_ = 51,
	IPPROTO_ICMP6 = 58,
	IPPROTO_NONE_ = 59,
	IPPROTO_DSTOPT = 60,
	IPPROTO_IPCOMP_ = 108,
};
extern const struct name ip_protos[];

/* What an Ethernet frame says it carries (IEEE 802 numbers). */
enum ether_type {
	ETHER_IP4 = 0x0800,
	ETHER_ARP = 0x0806,
	ETHER_VLAN = 0x8100,
	ETHER_IP6 = 0x86dd,
	ETHER_QINQ = 0x88a8,
};
extern const struct name ip_ecns[]; /* RFC 3168 5 */

/*
 * Parsing gives all octets of an options area to `options` and leaves `padding` empty; building computes padding
 * for given options that do not fill their unit, unless the length field is given too (then nothing is added).
 * AH likewise: parsing gives ICV and padding together as `icv`; who knows the algorithm splits them.
 */
/* "VERSION IHL DSCP ECN TOTAL_LENGTH ID ..": `flags` is the 3-bit field (df = 2, mf = 1). */
enum { ETH_DST, ETH_SRC, ETH_TYPE, ETH_NF };
enum { ARP_HTYPE, ARP_PTYPE, ARP_HLEN, ARP_PLEN, ARP_OP, ARP_SHA, ARP_SPA, ARP_THA, ARP_TPA, ARP_NF };
enum {
	IP4_VERSION,
	IP4_IHL,
	IP4_DSCP,
	IP4_ECN,
	IP4_TOTAL_LENGTH,
	IP4_ID,
	IP4_FLAGS,
	IP4_OFFSET,
	IP4_TTL,
	IP4_PROTOCOL,
	IP4_CHECKSUM,
	IP4_SRC,
	IP4_DST,
	IP4_OPTIONS,
	IP4_PADDING,
	IP4_NF
};
enum {
	IP6_VERSION,
	IP6_DSCP,
	IP6_ECN,
	IP6_FLOW,
	IP6_PAYLOAD_LENGTH,
	IP6_NEXT_HEADER,
	IP6_HOP_LIMIT,
	IP6_SRC,
	IP6_DST,
	IP6_NF
};
enum { EXT_NEXT_HEADER, EXT_LENGTH, EXT_OPTIONS, EXT_PADDING, EXT_NF }; /* hbh, dstopt */
enum { RH_NEXT_HEADER, RH_LENGTH, RH_TYPE, RH_SEGMENTS_LEFT, RH_RESERVED, RH_ADDRESSES, RH_NF };
enum { FRAG_NEXT_HEADER, FRAG_RESERVED, FRAG_OFFSET, FRAG_RES, FRAG_M, FRAG_ID, FRAG_NF };
enum { AH_NEXT_HEADER, AH_PAYLOAD_LEN, AH_RESERVED, AH_SPI, AH_SEQ, AH_ICV, AH_PADDING, AH_NF };
/* ESP as a receiver with the key sees it; on the wire iv..next_header are one ciphertext. The layout names, prints
 * and diffs; ipsec/esp.c builds and opens. hdr_get and hdr_put know spi and seq only. `tfc` is a number (hdr_set): how
 * many octets of TFC padding follow the payload. */
enum { ESP_SPI, ESP_SEQ, ESP_IV, ESP_TFC, ESP_PADDING, ESP_PAD_LENGTH, ESP_NEXT_HEADER, ESP_ICV, ESP_NF };
enum { UDP_SPORT, UDP_DPORT, UDP_LENGTH, UDP_CHECKSUM, UDP_NF };
enum {
	TCP_SPORT,
	TCP_DPORT,
	TCP_SEQ,
	TCP_ACK,
	TCP_DATA_OFFSET,
	TCP_RESERVED,
	TCP_FLAGS,
	TCP_WINDOW,
	TCP_CHECKSUM,
	TCP_URGENT,
	TCP_OPTIONS,
	TCP_PADDING,
	TCP_NF
};
enum { ICMP_TYPE, ICMP_CODE, ICMP_CHECKSUM, ICMP_ID, ICMP_SEQ, ICMP_NF }; /* echo, echo-reply, v4 and v6 */
enum { ICMPE_TYPE, ICMPE_CODE, ICMPE_CHECKSUM, ICMPE_REST, ICMPE_NF };    /* every other: rest is 32 bits (MTU..) */
/* AH and ESP of 1995, without sequence numbers: only the SA tells them from today's. */
enum { AH_OLD_NEXT_HEADER, AH_OLD_PAYLOAD_LEN, AH_OLD_RESERVED, AH_OLD_SPI, AH_OLD_ICV, AH_OLD_NF };
enum { ESP_OLD_SPI, ESP_OLD_IV, ESP_OLD_PADDING, ESP_OLD_PAD_LENGTH, ESP_OLD_PAYLOAD_TYPE, ESP_OLD_NF };
enum { IPCOMP_NEXT_HEADER, IPCOMP_FLAGS, IPCOMP_CPI, IPCOMP_NF };

extern const struct layout layout_eth, layout_arp, layout_ip4, layout_ip6, layout_hbh, layout_dstopt, layout_rh,
	layout_frag, layout_ah, layout_esp, layout_udp, layout_tcp, layout_echo4, layout_echo_reply4, layout_icmp4,
	layout_echo6, layout_echo_reply6, layout_icmp6, layout_ipcomp, layout_ah_old, layout_esp_old;

/*
 * A layout by its name in the notation. "echo", "echo-reply" and "icmp" stand for two layouts, chosen by family
 * (4, 6); "ip" likewise. NULL if unknown. Exact names: eth arp ip4 ip6 hbh dstopt rh frag ah esp udp tcp icmp4
 * icmp6 echo4 echo6 echo-reply4 echo-reply6 ipcomp ah-old esp-old.
 */
const struct layout *layout_by_name(const char *name, uint8_t family);

/* The IP protocol number by which the header before it announces this layout; -1 for eth, arp. */
int layout_protocol(const struct layout *lay);

/* The layout of what follows under an IP protocol number; ICMP looks at the type in `rest`. NULL: opaque payload. */
const struct layout *layout_for_protocol(uint8_t protocol, struct bytes rest);

/* In which field a header announces its successor by IP protocol number (IP4_PROTOCOL, AH_NEXT_HEADER, ..);
 * -1: it does not (eth has an EtherType instead). */
int layout_next_field(const struct layout *lay);

/* All of them, NULL-terminated, for listings and tests. */
extern const struct layout *const layouts[];

/*
 * IPv4 and IPv6 options, walked once here for everyone (AH mutable fields, hosts, printing).
 * opt_next: false at the end of the area, or when the area is malformed (then r->bad).
 */
struct ip_option {
	uint8_t type;
	struct bytes whole;
	struct bytes data;
};                                                       /* whole: type, length, data */
bool ip4_option_next(struct rd *r, struct ip_option *o); /* EOL and NOP are one octet; EOL ends the walk with it */
bool ip6_option_next(struct rd *r, struct ip_option *o); /* Pad1 is one octet */

#endif
