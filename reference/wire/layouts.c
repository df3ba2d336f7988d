#include "wire/layouts.h"

#include <stdio.h>

/* Several names for a number are allowed when reading; the first is printed. */
const struct name ip_protos[] = {
	{ 0, "hbh" },      { 1, "icmp" },   { 2, "igmp" },   { 4, "ip4" },     { 6, "tcp" },   { 17, "udp" },
	{ 41, "ip6" },     { 43, "rh" },    { 44, "frag" },  { 46, "rsvp" },   { 47, "gre" },  { 50, "esp" },
	{ 51, "ah" },      { 58, "icmp6" }, { 59, "none" },  { 60, "dstopt" }, { 89, "ospf" }, { 103, "pim" },
	{ 108, "ipcomp" }, { 112, "vrrp" }, { 115, "l2tp" }, { 132, "sctp" },  { 135, "mh" },  { 136, "udplite" },
	{ 139, "hip" },    { 1, "icmp4" },  { 0, NULL },
};

const struct name ip_ecns[] = {
	{ 0, "not-ect" }, { 1, "ect1" }, { 2, "ect0" }, { 3, "ce" }, { 0, NULL },
};

/* exact name, layout, the IP protocol that announces it, the field that announces its successor; of one protocol the first is read */
#define LAYOUTS(X)                                                                                                     \
	X("eth", layout_eth, -1, -1)                                                                                   \
	X("arp", layout_arp, -1, -1)                                                                                   \
	X("ip4", layout_ip4, IPPROTO_IP4, IP4_PROTOCOL)                                                                \
	X("ip6", layout_ip6, IPPROTO_IP6, IP6_NEXT_HEADER)                                                             \
	X("hbh", layout_hbh, IPPROTO_HBH, EXT_NEXT_HEADER)                                                             \
	X("dstopt", layout_dstopt, IPPROTO_DSTOPT, EXT_NEXT_HEADER)                                                    \
	X("rh", layout_rh, IPPROTO_RH, RH_NEXT_HEADER)                                                                 \
	X("frag", layout_frag, IPPROTO_FRAG, FRAG_NEXT_HEADER)                                                         \
	X("ah", layout_ah, IPPROTO_AH_, AH_NEXT_HEADER)                                                                \
	X("esp", layout_esp, IPPROTO_ESP_, ESP_NEXT_HEADER)                                                            \
	X("udp", layout_udp, IPPROTO_UDP_, -1)                                                                         \
	X("tcp", layout_tcp, IPPROTO_TCP_, -1)                                                                         \
	X("icmp4", layout_icmp4, IPPROTO_ICMP4, -1)                                                                    \
	X("echo4", layout_echo4, IPPROTO_ICMP4, -1)                                                                    \
	X("echo-reply4", layout_echo_reply4, IPPROTO_ICMP4, -1)                                                        \
	X("icmp6", layout_icmp6, IPPROTO_ICMP6, -1)                                                                    \
	X("echo6", layout_echo6, IPPROTO_ICMP6, -1)                                                                    \
	X("echo-reply6", layout_echo_reply6, IPPROTO_ICMP6, -1)                                                        \
	X("ipcomp", layout_ipcomp, IPPROTO_IPCOMP_, IPCOMP_NEXT_HEADER)                                                \
	X("ah-old", layout_ah_old, IPPROTO_AH_, AH_OLD_NEXT_HEADER)                                                    \
	X("esp-old", layout_esp_old, IPPROTO_ESP_, ESP_OLD_PAYLOAD_TYPE)

#define POINTER(name_, layout_, protocol_, next_) &(layout_),
const struct layout *const layouts[] = { LAYOUTS(POINTER) NULL };

#define ROW(name_, layout_, protocol_, next_) { name_, &(layout_), protocol_, next_ },
static const struct known {
	const char *name;
	const struct layout *lay;
	int protocol, next;
} known[] = { LAYOUTS(ROW) };

#define KNOWN_N (sizeof known / sizeof known[0])

static const struct layout *
exact(const char *name)
{
	for (size_t i = 0; i < KNOWN_N; i++) {
		if (strcmp(known[i].name, name) == 0)
			return known[i].lay;
	}
	return NULL;
}

/* A name that stands for two layouts is an exact name without its family digit. */
const struct layout *
layout_by_name(const char *name, uint8_t family)
{
	const struct layout *lay = exact(name);
	if (lay != NULL || (family != 4 && family != 6))
		return lay;
	char with_family[16];
	int n = snprintf(with_family, sizeof with_family, "%s%u", name, family);
	return n > 0 && (size_t)n < sizeof with_family ? exact(with_family) : NULL;
}

static const struct known *
known_of(const struct layout *lay)
{
	for (size_t i = 0; i < KNOWN_N; i++) {
		if (known[i].lay == lay)
			return &known[i];
	}
	return NULL;
}

int
layout_protocol(const struct layout *lay)
{
	const struct known *k = known_of(lay);
	return k != NULL ? k->protocol : -1;
}

int
layout_next_field(const struct layout *lay)
{
	const struct known *k = known_of(lay);
	return k != NULL ? k->next : -1;
}

const struct layout *
layout_for_protocol(uint8_t protocol, struct bytes rest)
{
	struct rd r = rd_of(rest);
	uint8_t type = rest.n > 0 ? rd_peek(&r, 0) : UINT8_MAX;
	if (protocol == IPPROTO_ICMP4 && (type == 8 || type == 0))
		return type == 8 ? &layout_echo4 : &layout_echo_reply4;
	if (protocol == IPPROTO_ICMP6 && (type == 128 || type == 129))
		return type == 128 ? &layout_echo6 : &layout_echo_reply6;
	for (size_t i = 0; i < KNOWN_N; i++) {
		if (known[i].protocol == protocol)
			return known[i].lay;
	}
	return NULL;
}
