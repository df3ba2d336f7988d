/*
 * ESP as a receiver with the key sees it. Without the key only the head is known: hdr_get parses
 * spi and seq and leaves the rest not given, hdr_put writes the same 8 octets. ipsec/esp.c builds
 * and opens what follows them.
 */
#include "wire/layouts.h"

/*
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +---------------------------------------------------------------+ ----
 *   |               Security Parameters Index (SPI)                 | ^Int.
 *   +---------------------------------------------------------------+ |
 *   |                      Sequence Number                          | |
 *   +---------------------------------------------------------------+ | ----
 *   |        Payload Data: IV, then what is protected, TFC padding  | |   ^Conf.
 *   +               +-----------------------------------------------+ |   |
 *   |               |     Padding (0-255 bytes)                     | |   |
 *   +---------------+               +---------------+---------------+ |   |
 *   |                               |  Pad Length   | Next Header   | v   v
 *   +-------------------------------+---------------+---------------+ ------
 *   |         Integrity Check Value-ICV   (variable)                |
 */
/* clang-format off */
static const struct field esp_fields[ESP_NF] = {
	[ESP_SPI]         = { "spi",         32, F_HEX,   NULL,      "RFC 4303 2.1" },
	[ESP_SEQ]         = { "seq",         32, F_SEQ,   NULL,      "RFC 4303 2.2" },
	[ESP_IV]          = { "iv",           0, F_BYTES, NULL,      "RFC 4303 2.3" },
	[ESP_TFC]         = { "tfc",         16, F_UINT,  NULL,      "RFC 4303 2.7" },
	[ESP_PADDING]     = { "padding",      0, F_BYTES, NULL,      "RFC 4303 2.4" },
	[ESP_PAD_LENGTH]  = { "pad_length",   8, F_UINT,  NULL,      "RFC 4303 2.5" },
	[ESP_NEXT_HEADER] = { "next_header",  8, F_ENUM,  ip_protos, "RFC 4303 2.6" },
	[ESP_ICV]         = { "icv",          0, F_BYTES, NULL,      "RFC 4303 2.8" },
};
/* clang-format on */

const struct layout layout_esp = {
	.name = "esp",
	.title = "IP Encapsulating Security Payload",
	.clause = "RFC 4303 2",
	.fields = esp_fields,
	.n = ESP_NF,
	.head = ESP_SEQ + 1,
};
