#include "wire/layouts.h"

/* Well-known CPIs 0-63 are the IPCOMP transform numbers (RFC 3173 3.3, RFC 2407 4.4.5). */
static const struct name cpis[] = { { 1, "oui" }, { 2, "deflate" }, { 3, "lzs" }, { 0, NULL } };

/*
 *   +---------------+---------------+-------------------------------+
 *   |  Next Header  |     Flags     |  Compression Parameter Index  |
 */
/* clang-format off */
static const struct field ipcomp_fields[IPCOMP_NF] = {
	[IPCOMP_NEXT_HEADER] = { "next_header", 8, F_ENUM, ip_protos, "RFC 3173 3.3" },
	[IPCOMP_FLAGS]       = { "flags",       8, F_HEX,  NULL,      "RFC 3173 3.3" },
	[IPCOMP_CPI]         = { "cpi",        16, F_ENUM, cpis,      "RFC 3173 3.3" },
};
/* clang-format on */

static void
ipcomp_compute(struct hdr *h, const struct build_ctx *c)
{
	hdr_fill(h, IPCOMP_NEXT_HEADER, c->next_header);
}

const struct layout layout_ipcomp = {
	.name = "ipcomp",
	.title = "IP Payload Compression",
	.clause = "RFC 3173 3.3",
	.fields = ipcomp_fields,
	.n = IPCOMP_NF,
	.compute = ipcomp_compute,
};
