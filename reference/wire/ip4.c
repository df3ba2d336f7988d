#include "wire/checksum.h"
#include "wire/field_checksum.h"
#include "wire/layouts.h"

enum { IP4_FIXED = 20 };

static const struct name ip4_flags[] = { { 2, "df" }, { 1, "mf" }, { 4, "reserved" }, { 0, NULL } };

/*
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +-------+-------+-----------+---+-------------------------------+
 *   |Version|  IHL  |   DSCP    |ECN|         Total Length          |
 *   +-------+-------+-----------+---+-----+-------------------------+
 *   |        Identification         |Flags|     Fragment Offset     |
 *   +---------------+---------------+-----+-------------------------+
 *   |  Time to Live |   Protocol    |        Header Checksum        |
 *   +---------------+---------------+-------------------------------+
 *   |                        Source Address                         |
 *   |                      Destination Address                      |
 *   |                    Options                    |    Padding    |
 */
/* clang-format off */
static const struct field ip4_fields[IP4_NF] = {
	[IP4_VERSION]      = { "version",       4, F_UINT,  NULL,      "RFC 791 3.1" },
	[IP4_IHL]          = { "ihl",           4, F_UINT,  NULL,      "RFC 791 3.1" },
	[IP4_DSCP]         = { "dscp",          6, F_UINT,  NULL,      "RFC 2474 3" },
	[IP4_ECN]          = { "ecn",           2, F_ENUM,  ip_ecns,   "RFC 3168 5" },
	[IP4_TOTAL_LENGTH] = { "total_length", 16, F_UINT,  NULL,      "RFC 791 3.1" },
	[IP4_ID]           = { "id",           16, F_UINT,  NULL,      "RFC 791 3.1" },
	[IP4_FLAGS]        = { "flags",         3, F_FLAGS, ip4_flags, "RFC 791 3.1" },
	[IP4_OFFSET]       = { "offset",       13, F_UINT,  NULL,      "RFC 791 3.1" },
	[IP4_TTL]          = { "ttl",           8, F_UINT,  NULL,      "RFC 791 3.1" },
	[IP4_PROTOCOL]     = { "protocol",      8, F_ENUM,  ip_protos, "RFC 791 3.1" },
	[IP4_CHECKSUM]     = { "checksum",     16, F_HEX,   NULL,      "RFC 791 3.1" },
	[IP4_SRC]          = { "src",          32, F_IP4,   NULL,      "RFC 791 3.1" },
	[IP4_DST]          = { "dst",          32, F_IP4,   NULL,      "RFC 791 3.1" },
	[IP4_OPTIONS]      = { "options",       0, F_BYTES, NULL,      "RFC 791 3.1" },
	[IP4_PADDING]      = { "padding",       0, F_BYTES, NULL,      "RFC 791 3.1" },
};
/* clang-format on */

/* An IHL below 5 cannot be; what follows the fixed part is then anybody's guess, so no options are
 * taken. */
static size_t
ip4_var_len(const struct hdr *h, unsigned i, size_t left)
{
	(void)left;
	size_t octets = h->v[IP4_IHL].u * 4;
	return i == IP4_OPTIONS && octets > IP4_FIXED ? octets - IP4_FIXED : 0;
}

static void
ip4_compute(struct hdr *h, const struct build_ctx *c)
{
	static const uint8_t zeros[4];
	size_t options = h->v[IP4_OPTIONS].b.n;
	if (!hdr_given(h, IP4_IHL))
		hdr_fill_bytes(h, IP4_PADDING, bytes_slice(BYTES_OF(zeros), 0, -options % 4));
	size_t size = hdr_size(h);
	hdr_fill(h, IP4_VERSION, 4);
	hdr_fill(h, IP4_IHL, (size + 3) / 4);
	hdr_fill(h, IP4_TOTAL_LENGTH, size + c->payload.n);
	hdr_fill(h, IP4_TTL, 64);
	hdr_fill(h, IP4_PROTOCOL, c->next_header);
	/* Over the header's octets as they go out, right or wrong. */
	hdr_fill(h, IP4_CHECKSUM, checksum_finish(field_checksum(h, IP4_CHECKSUM, 0, BYTES_NONE)));
}

const struct layout layout_ip4 = {
	.name = "ip4",
	.title = "Internet Protocol version 4",
	.clause = "RFC 791 3.1",
	.fields = ip4_fields,
	.n = IP4_NF,
	.var_len = ip4_var_len,
	.compute = ip4_compute,
};
