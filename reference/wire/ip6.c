#include "wire/layouts.h"

/*
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +-------+-----------+---+---------------------------------------+
 *   |Version|   DSCP    |ECN|              Flow Label               |
 *   +-------+-----------+---+-------+---------------+---------------+
 *   |        Payload Length         |  Next Header  |   Hop Limit   |
 *   +-------------------------------+---------------+---------------+
 *   |                    Source Address (128)                       |
 *   |                  Destination Address (128)                    |
 */
/* clang-format off */
static const struct field ip6_fields[IP6_NF] = {
	[IP6_VERSION]        = { "version",         4, F_UINT, NULL,      "RFC 8200 3" },
	[IP6_DSCP]           = { "dscp",            6, F_UINT, NULL,      "RFC 2474 3" },
	[IP6_ECN]            = { "ecn",             2, F_ENUM, ip_ecns,   "RFC 3168 5" },
	[IP6_FLOW]           = { "flow",           20, F_HEX,  NULL,      "RFC 8200 3" },
	[IP6_PAYLOAD_LENGTH] = { "payload_length", 16, F_UINT, NULL,      "RFC 8200 3" },
	[IP6_NEXT_HEADER]    = { "next_header",     8, F_ENUM, ip_protos, "RFC 8200 3" },
	[IP6_HOP_LIMIT]      = { "hop_limit",       8, F_UINT, NULL,      "RFC 8200 3" },
	[IP6_SRC]            = { "src",           128, F_IP6,  NULL,      "RFC 8200 3" },
	[IP6_DST]            = { "dst",           128, F_IP6,  NULL,      "RFC 8200 3" },
};
/* clang-format on */

static void
ip6_compute(struct hdr *h, const struct build_ctx *c)
{
	hdr_fill(h, IP6_VERSION, 6);
	hdr_fill(h, IP6_PAYLOAD_LENGTH, c->payload.n);
	hdr_fill(h, IP6_NEXT_HEADER, c->next_header);
	hdr_fill(h, IP6_HOP_LIMIT, 64);
}

const struct layout layout_ip6 = {
	.name = "ip6",
	.title = "Internet Protocol version 6",
	.clause = "RFC 8200 3",
	.fields = ip6_fields,
	.n = IP6_NF,
	.compute = ip6_compute,
};
