#include "wire/layouts.h"

static const struct name ether_types[] = {
	{ ETHER_IP4, "ip4" }, { ETHER_ARP, "arp" }, { ETHER_IP6, "ip6" }, { ETHER_VLAN, "vlan" }, { 0, NULL },
};

/*
 *   +-------------------+-------------------+-----------+---------
 *   | destination (48)  |   source (48)     | type (16) | payload
 *   +-------------------+-------------------+-----------+---------
 */
/* clang-format off */
static const struct field eth_fields[ETH_NF] = {
	[ETH_DST]  = { "dst",  48, F_MAC,  NULL,        "RFC 894" },
	[ETH_SRC]  = { "src",  48, F_MAC,  NULL,        "RFC 894" },
	[ETH_TYPE] = { "type", 16, F_ENUM, ether_types, "RFC 894" },
};
/* clang-format on */

static void
eth_compute(struct hdr *h, const struct build_ctx *c)
{
	switch (c->next_header) {
	case IPPROTO_IP4: hdr_fill(h, ETH_TYPE, ETHER_IP4); break;
	case IPPROTO_IP6: hdr_fill(h, ETH_TYPE, ETHER_IP6); break;
	default: hdr_fill(h, ETH_TYPE, 0); break;
	}
}

const struct layout layout_eth = {
	.name = "eth",
	.title = "Ethernet II",
	.clause = "RFC 894",
	.fields = eth_fields,
	.n = ETH_NF,
	.compute = eth_compute,
};

static const struct name arp_ops[] = { { 1, "request" }, { 2, "reply" }, { 0, NULL } };

/*
 *   +---------------+---------------+
 *   |     htype     |     ptype     |
 *   +-------+-------+---------------+
 *   | hlen  | plen  |      op       |
 *   +-------+-------+---------------+
 *   | sha (48), spa (32), tha (48), tpa (32): Ethernet and IPv4 only
 */
/* clang-format off */
static const struct field arp_fields[ARP_NF] = {
	[ARP_HTYPE] = { "htype", 16, F_UINT, NULL,        "RFC 826" },
	[ARP_PTYPE] = { "ptype", 16, F_ENUM, ether_types, "RFC 826" },
	[ARP_HLEN]  = { "hlen",   8, F_UINT, NULL,        "RFC 826" },
	[ARP_PLEN]  = { "plen",   8, F_UINT, NULL,        "RFC 826" },
	[ARP_OP]    = { "op",    16, F_ENUM, arp_ops,     "RFC 826" },
	[ARP_SHA]   = { "sha",   48, F_MAC,  NULL,        "RFC 826" },
	[ARP_SPA]   = { "spa",   32, F_IP4,  NULL,        "RFC 826" },
	[ARP_THA]   = { "tha",   48, F_MAC,  NULL,        "RFC 826" },
	[ARP_TPA]   = { "tpa",   32, F_IP4,  NULL,        "RFC 826" },
};
/* clang-format on */

static void
arp_compute(struct hdr *h, const struct build_ctx *c)
{
	(void)c;
	hdr_fill(h, ARP_HTYPE, 1);
	hdr_fill(h, ARP_PTYPE, ETHER_IP4);
	hdr_fill(h, ARP_HLEN, 6);
	hdr_fill(h, ARP_PLEN, 4);
	hdr_fill(h, ARP_OP, 1);
}

const struct layout layout_arp = {
	.name = "arp",
	.title = "Address Resolution Protocol",
	.clause = "RFC 826",
	.fields = arp_fields,
	.n = ARP_NF,
	.compute = arp_compute,
};
