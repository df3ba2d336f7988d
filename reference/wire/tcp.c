#include "wire/checksum.h"
#include "wire/field_checksum.h"
#include "wire/layouts.h"

enum { TCP_FIXED = 20 };

static const struct name tcp_flags[] = {
	{ 0x01, "fin" }, { 0x02, "syn" }, { 0x04, "rst" }, { 0x08, "psh" }, { 0x10, "ack" },
	{ 0x20, "urg" }, { 0x40, "ece" }, { 0x80, "cwr" }, { 0, NULL },
};

/*
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +-------------------------------+-------------------------------+
 *   |          Source Port          |       Destination Port        |
 *   |                        Sequence Number                        |
 *   |                    Acknowledgment Number                      |
 *   +-------+-------+---------------+-------------------------------+
 *   | Offset| Rsrvd | control bits  |            Window             |
 *   +-------+-------+---------------+-------------------------------+
 *   |           Checksum            |         Urgent Pointer        |
 *   |                    Options                    |    Padding    |
 */
/* clang-format off */
static const struct field tcp_fields[TCP_NF] = {
	[TCP_SPORT]       = { "sport",       16, F_UINT,  NULL,      "RFC 9293 3.1" },
	[TCP_DPORT]       = { "dport",       16, F_UINT,  NULL,      "RFC 9293 3.1" },
	[TCP_SEQ]         = { "seq",         32, F_UINT,  NULL,      "RFC 9293 3.1" },
	[TCP_ACK]         = { "ack",         32, F_UINT,  NULL,      "RFC 9293 3.1" },
	[TCP_DATA_OFFSET] = { "data_offset",  4, F_UINT,  NULL,      "RFC 9293 3.1" },
	[TCP_RESERVED]    = { "reserved",     4, F_HEX,   NULL,      "RFC 9293 3.1" },
	[TCP_FLAGS]       = { "flags",        8, F_FLAGS, tcp_flags, "RFC 9293 3.1" },
	[TCP_WINDOW]      = { "window",      16, F_UINT,  NULL,      "RFC 9293 3.1" },
	[TCP_CHECKSUM]    = { "checksum",    16, F_HEX,   NULL,      "RFC 9293 3.1" },
	[TCP_URGENT]      = { "urgent",      16, F_UINT,  NULL,      "RFC 9293 3.1" },
	[TCP_OPTIONS]     = { "options",      0, F_BYTES, NULL,      "RFC 9293 3.1" },
	[TCP_PADDING]     = { "padding",      0, F_BYTES, NULL,      "RFC 9293 3.1" },
};
/* clang-format on */

static size_t
tcp_var_len(const struct hdr *h, unsigned i, size_t left)
{
	(void)left;
	size_t octets = h->v[TCP_DATA_OFFSET].u * 4;
	return i == TCP_OPTIONS && octets > TCP_FIXED ? octets - TCP_FIXED : 0;
}

static void
tcp_compute(struct hdr *h, const struct build_ctx *c)
{
	static const uint8_t zeros[4];
	size_t options = h->v[TCP_OPTIONS].b.n;
	if (!hdr_given(h, TCP_DATA_OFFSET))
		hdr_fill_bytes(h, TCP_PADDING, bytes_slice(BYTES_OF(zeros), 0, -options % 4));
	size_t size = hdr_size(h);
	hdr_fill(h, TCP_DATA_OFFSET, (size + 3) / 4);
	uint32_t sum = checksum_pseudo(c->src, c->dst, IPPROTO_TCP_, size + c->payload.n);
	hdr_fill(h, TCP_CHECKSUM, checksum_finish(field_checksum(h, TCP_CHECKSUM, sum, c->payload)));
}

const struct layout layout_tcp = {
	.name = "tcp",
	.title = "Transmission Control Protocol",
	.clause = "RFC 9293 3.1",
	.fields = tcp_fields,
	.n = TCP_NF,
	.var_len = tcp_var_len,
	.compute = tcp_compute,
};
