/*
 * The IPv6 extension headers. Their length counts units of 8 octets beyond the first 8.
 */
#include "wire/layouts.h"

/*
 *   +---------------+---------------+-------------------------------+
 *   |  Next Header  |  Hdr Ext Len  |                               |
 *   +---------------+---------------+                               +
 *   .                            Options                            .
 */
#define EXT_FIELDS(clause)                                                                                             \
	{                                                                                                              \
		[EXT_NEXT_HEADER] = { "next_header", 8, F_ENUM, ip_protos, clause },                                   \
		[EXT_LENGTH] = { "length", 8, F_UINT, NULL, clause },                                                  \
		[EXT_OPTIONS] = { "options", 0, F_BYTES, NULL, clause },                                               \
		[EXT_PADDING] = { "padding", 0, F_BYTES, NULL, "RFC 8200 4.2" },                                       \
	}
static const struct field hbh_fields[EXT_NF] = EXT_FIELDS("RFC 8200 4.3");
static const struct field dstopt_fields[EXT_NF] = EXT_FIELDS("RFC 8200 4.6");

static size_t
ext_var_len(const struct hdr *h, unsigned i, size_t left)
{
	(void)left;
	return i == EXT_OPTIONS ? (h->v[EXT_LENGTH].u + 1) * 8 - 2 : 0;
}

/* Pad1 for one octet, PadN for more (RFC 8200 4.2). */
static struct bytes
ext_pad(size_t n)
{
	static const uint8_t pads[8][7] = {
		[1] = { 0 },    [2] = { 1, 0 }, [3] = { 1, 1 }, [4] = { 1, 2 },
		[5] = { 1, 3 }, [6] = { 1, 4 }, [7] = { 1, 5 },
	};
	return (struct bytes){ pads[n], n };
}

/* With no options at all, the padding fills the first unit. */
static void
ext_compute(struct hdr *h, const struct build_ctx *c)
{
	if (!hdr_given(h, EXT_OPTIONS) || !hdr_given(h, EXT_LENGTH))
		hdr_fill_bytes(h, EXT_PADDING, ext_pad(-(2 + h->v[EXT_OPTIONS].b.n) % 8));
	hdr_fill(h, EXT_NEXT_HEADER, c->next_header);
	hdr_fill(h, EXT_LENGTH, (hdr_size(h) + 7) / 8 - 1);
}

const struct layout layout_hbh = {
	.name = "hbh",
	.title = "IPv6 Hop-by-Hop Options Header",
	.clause = "RFC 8200 4.3",
	.fields = hbh_fields,
	.n = EXT_NF,
	.var_len = ext_var_len,
	.compute = ext_compute,
};

const struct layout layout_dstopt = {
	.name = "dstopt",
	.title = "IPv6 Destination Options Header",
	.clause = "RFC 8200 4.6",
	.fields = dstopt_fields,
	.n = EXT_NF,
	.var_len = ext_var_len,
	.compute = ext_compute,
};

/*
 *   +---------------+---------------+---------------+---------------+
 *   |  Next Header  |  Hdr Ext Len  |  Routing Type | Segments Left |
 *   +---------------+---------------+---------------+---------------+
 *   |       type-specific data: 32 bits reserved, then addresses    |
 *
 * Types 0 (deprecated, still a case for AH) and 2 have this shape; for others the data reads as it may.
 */
/* clang-format off */
static const struct field rh_fields[RH_NF] = {
	[RH_NEXT_HEADER]   = { "next_header",    8, F_ENUM, ip_protos, "RFC 8200 4.4" },
	[RH_LENGTH]        = { "length",         8, F_UINT, NULL,      "RFC 8200 4.4" },
	[RH_TYPE]          = { "type",           8, F_UINT, NULL,      "RFC 8200 4.4" },
	[RH_SEGMENTS_LEFT] = { "segments_left",  8, F_UINT, NULL,      "RFC 8200 4.4" },
	[RH_RESERVED]      = { "reserved",      32, F_HEX,  NULL,      "RFC 8200 4.4" },
	[RH_ADDRESSES]     = { "addresses",      0, F_IP6,  NULL,      "RFC 8200 4.4" },
};
/* clang-format on */

static size_t
rh_var_len(const struct hdr *h, unsigned i, size_t left)
{
	(void)i;
	(void)left;
	return h->v[RH_LENGTH].u * 8;
}

static void
rh_compute(struct hdr *h, const struct build_ctx *c)
{
	size_t n = h->v[RH_ADDRESSES].b.n;
	hdr_fill(h, RH_NEXT_HEADER, c->next_header);
	hdr_fill(h, RH_LENGTH, (n + 7) / 8);
	hdr_fill(h, RH_SEGMENTS_LEFT, n / 16);
}

const struct layout layout_rh = {
	.name = "rh",
	.title = "IPv6 Routing Header",
	.clause = "RFC 8200 4.4",
	.fields = rh_fields,
	.n = RH_NF,
	.var_len = rh_var_len,
	.compute = rh_compute,
};

/*
 *   +---------------+---------------+-------------------------+---+-+
 *   |  Next Header  |   Reserved    |     Fragment Offset     |Res|M|
 *   +---------------+---------------+-------------------------+---+-+
 *   |                         Identification                        |
 */
/* clang-format off */
static const struct field frag_fields[FRAG_NF] = {
	[FRAG_NEXT_HEADER] = { "next_header", 8, F_ENUM, ip_protos, "RFC 8200 4.5" },
	[FRAG_RESERVED]    = { "reserved",    8, F_HEX,  NULL,      "RFC 8200 4.5" },
	[FRAG_OFFSET]      = { "offset",     13, F_UINT, NULL,      "RFC 8200 4.5" },
	[FRAG_RES]         = { "res",         2, F_HEX,  NULL,      "RFC 8200 4.5" },
	[FRAG_M]           = { "m",           1, F_UINT, NULL,      "RFC 8200 4.5" },
	[FRAG_ID]          = { "id",         32, F_HEX,  NULL,      "RFC 8200 4.5" },
};
/* clang-format on */

static void
frag_compute(struct hdr *h, const struct build_ctx *c)
{
	hdr_fill(h, FRAG_NEXT_HEADER, c->next_header);
}

const struct layout layout_frag = {
	.name = "frag",
	.title = "IPv6 Fragment Header",
	.clause = "RFC 8200 4.5",
	.fields = frag_fields,
	.n = FRAG_NF,
	.compute = frag_compute,
};
