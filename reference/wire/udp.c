#include "wire/checksum.h"
#include "wire/field_checksum.h"
#include "wire/layouts.h"

enum { UDP_FIXED = 8 };

/*
 *   +-------------------------------+-------------------------------+
 *   |          Source Port          |       Destination Port        |
 *   +-------------------------------+-------------------------------+
 *   |            Length             |           Checksum            |
 */
/* clang-format off */
static const struct field udp_fields[UDP_NF] = {
	[UDP_SPORT]    = { "sport",    16, F_UINT, NULL, "RFC 768" },
	[UDP_DPORT]    = { "dport",    16, F_UINT, NULL, "RFC 768" },
	[UDP_LENGTH]   = { "length",   16, F_UINT, NULL, "RFC 768" },
	[UDP_CHECKSUM] = { "checksum", 16, F_HEX,  NULL, "RFC 768" },
};
/* clang-format on */

/* Covers what `length` says where that much is there, as a receiver does; else everything. A sum of
 * zero is sent as all ones, for zero means "none". */
static uint16_t
udp_checksum(const struct hdr *h, const struct build_ctx *c)
{
	size_t length = h->v[UDP_LENGTH].u;
	if (length < UDP_FIXED || length > UDP_FIXED + c->payload.n)
		length = UDP_FIXED + c->payload.n;
	struct bytes covered = bytes_slice(c->payload, 0, length - UDP_FIXED);
	uint32_t sum = checksum_pseudo(c->src, c->dst, IPPROTO_UDP_, length);
	uint16_t checksum = checksum_finish(field_checksum(h, UDP_CHECKSUM, sum, covered));
	return checksum != 0 ? checksum : UINT16_MAX;
}

static void
udp_compute(struct hdr *h, const struct build_ctx *c)
{
	hdr_fill(h, UDP_LENGTH, UDP_FIXED + c->payload.n);
	if (!hdr_given(h, UDP_CHECKSUM))
		hdr_fill(h, UDP_CHECKSUM, udp_checksum(h, c));
}

const struct layout layout_udp = {
	.name = "udp",
	.title = "User Datagram Protocol",
	.clause = "RFC 768",
	.fields = udp_fields,
	.n = UDP_NF,
	.compute = udp_compute,
};
