/*
 * AH of RFC 1826 and ESP of RFC 1827 with the transform of RFC 1829: what those protocols were before they had sequence numbers. The
 * protocol numbers are those of today's, so that only the SA tells which of them a header is.
 */
#include "wire/layouts.h"

/*
 *   +---------------+---------------+---------------+---------------+
 *   | Next Header   | Length        |           RESERVED            |
 *   +---------------+---------------+---------------+---------------+
 *   |                    Security Parameters Index                  |
 *   +---------------+---------------+---------------+---------------+
 *   |     Authentication Data (variable number of 32-bit words)     |
 */
/* clang-format off */
static const struct field ah_old_fields[AH_OLD_NF] = {
	[AH_OLD_NEXT_HEADER] = { "next_header",  8, F_ENUM,  ip_protos, "RFC 1826 3.2" },
	[AH_OLD_PAYLOAD_LEN] = { "payload_len",  8, F_UINT,  NULL,      "RFC 1826 3.2" },
	[AH_OLD_RESERVED]    = { "reserved",    16, F_HEX,   NULL,      "RFC 1826 3.2" },
	[AH_OLD_SPI]         = { "spi",         32, F_HEX,   NULL,      "RFC 1826 3.2" },
	[AH_OLD_ICV]         = { "icv",          0, F_BYTES, NULL,      "RFC 1826 3.2" },
};
/* clang-format on */

static size_t
ah_old_var_len(const struct hdr *h, unsigned i, size_t left)
{
	(void)left;
	return i == AH_OLD_ICV ? (size_t)h->v[AH_OLD_PAYLOAD_LEN].u * 4 : 0;
}

static void
ah_old_compute(struct hdr *h, const struct build_ctx *c)
{
	hdr_fill(h, AH_OLD_NEXT_HEADER, c->next_header);
	hdr_fill(h, AH_OLD_PAYLOAD_LEN, (h->v[AH_OLD_ICV].b.n + 3) / 4);
}

const struct layout layout_ah_old = {
	.name = "ah-old",
	.title = "IP Authentication Header of 1995",
	.clause = "RFC 1826 3",
	.fields = ah_old_fields,
	.n = AH_OLD_NF,
	.var_len = ah_old_var_len,
	.compute = ah_old_compute,
};

/*
 *   +---------------+---------------+---------------+---------------+
 *   |                Security Parameters Index (SPI)                |
 *   +---------------+---------------+---------------+---------------+
 *   ~                  Initialization Vector (IV)                   ~
 *   +---------------+---------------+---------------+---------------+
 *   ~                          Payload Data                         ~
 *   +---------------+---------------+---------------+---------------+
 *             ... Padding           |  Pad Length   | Payload Type  |
 */
/* clang-format off */
static const struct field esp_old_fields[ESP_OLD_NF] = {
	[ESP_OLD_SPI]          = { "spi",          32, F_HEX,   NULL,      "RFC 1829 2" },
	[ESP_OLD_IV]           = { "iv",            0, F_BYTES, NULL,      "RFC 1829 2" },
	[ESP_OLD_PADDING]      = { "padding",       0, F_BYTES, NULL,      "RFC 1829 2" },
	[ESP_OLD_PAD_LENGTH]   = { "pad_length",    8, F_UINT,  NULL,      "RFC 1829 2" },
	[ESP_OLD_PAYLOAD_TYPE] = { "payload_type",  8, F_ENUM,  ip_protos, "RFC 1829 2" },
};
/* clang-format on */

/* As of today's ESP, the head alone can be read without the key. */
const struct layout layout_esp_old = {
	.name = "esp-old",
	.title = "IP Encapsulating Security Payload of 1995",
	.clause = "RFC 1829 2",
	.fields = esp_old_fields,
	.n = ESP_OLD_NF,
	.head = ESP_OLD_SPI + 1,
};
