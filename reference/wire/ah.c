#include "wire/layouts.h"

/*
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +---------------+---------------+-------------------------------+
 *   | Next Header   |  Payload Len  |          RESERVED             |
 *   +---------------+---------------+-------------------------------+
 *   |                 Security Parameters Index (SPI)               |
 *   +---------------------------------------------------------------+
 *   |                    Sequence Number Field                      |
 *   +---------------------------------------------------------------+
 *   |                Integrity Check Value-ICV (variable)           |
 */
/* clang-format off */
static const struct field ah_fields[AH_NF] = {
	[AH_NEXT_HEADER] = { "next_header",  8, F_ENUM,  ip_protos, "RFC 4302 2.1" },
	[AH_PAYLOAD_LEN] = { "payload_len",  8, F_UINT,  NULL,      "RFC 4302 2.2" },
	[AH_RESERVED]    = { "reserved",    16, F_HEX,   NULL,      "RFC 4302 2.3" },
	[AH_SPI]         = { "spi",         32, F_HEX,   NULL,      "RFC 4302 2.4" },
	[AH_SEQ]         = { "seq",         32, F_SEQ,   NULL,      "RFC 4302 2.5" },
	[AH_ICV]         = { "icv",          0, F_BYTES, NULL,      "RFC 4302 2.6" },
	[AH_PADDING]     = { "padding",      0, F_BYTES, NULL,      "RFC 4302 3.3.3.2.1" },
};
/* clang-format on */

enum { AH_FIXED = 12 };

/* All that payload_len leaves is ICV here: where its padding begins only the algorithm knows. */
static size_t
ah_var_len(const struct hdr *h, unsigned i, size_t left)
{
	(void)left;
	size_t octets = (h->v[AH_PAYLOAD_LEN].u + 2) * 4;
	return i == AH_ICV && octets > AH_FIXED ? octets - AH_FIXED : 0;
}

/* A multiple of 32 bits in IPv4 and of 64 in IPv6 (RFC 4302 2.6); the padding's content is free,
 * zeros here. */
static void
ah_compute(struct hdr *h, const struct build_ctx *c)
{
	static const uint8_t zeros[8];
	size_t unit = c->family == 6 ? 8 : 4;
	size_t pad = -(AH_FIXED + h->v[AH_ICV].b.n) % unit;
	hdr_fill_bytes(h, AH_PADDING, bytes_slice(BYTES_OF(zeros), 0, pad));
	hdr_fill(h, AH_NEXT_HEADER, c->next_header);
	hdr_fill(h, AH_PAYLOAD_LEN, (hdr_size(h) + 3) / 4 - 2);
}

const struct layout layout_ah = {
	.name = "ah",
	.title = "IP Authentication Header",
	.clause = "RFC 4302 2",
	.fields = ah_fields,
	.n = AH_NF,
	.var_len = ah_var_len,
	.compute = ah_compute,
};
