/*
 * ICMP of both families: echo and its reply have a layout each, every other message shares one
 * whose `rest` is the second 32-bit word (unused, MTU, pointer, gateway).
 */
#include "wire/checksum.h"
#include "wire/field_checksum.h"
#include "wire/layouts.h"

static const struct name types4[] = {
	{ 0, "echo-reply" },
	{ 3, "unreachable" },
	{ 4, "source-quench" },
	{ 5, "redirect" },
	{ 8, "echo" },
	{ 9, "router-advertisement" },
	{ 10, "router-solicitation" },
	{ 11, "time-exceeded" },
	{ 12, "parameter-problem" },
	{ 13, "timestamp" },
	{ 14, "timestamp-reply" },
	{ 15, "information-request" },
	{ 16, "information-reply" },
	{ 0, NULL },
};

static const struct name types6[] = {
	{ 1, "unreachable" },
	{ 2, "packet-too-big" },
	{ 3, "time-exceeded" },
	{ 4, "parameter-problem" },
	{ 128, "echo" },
	{ 129, "echo-reply" },
	{ 130, "mld-query" },
	{ 131, "mld-report" },
	{ 132, "mld-done" },
	{ 133, "router-solicitation" },
	{ 134, "router-advertisement" },
	{ 135, "neighbor-solicitation" },
	{ 136, "neighbor-advertisement" },
	{ 137, "redirect" },
	{ 143, "mld2-report" },
	{ 0, NULL },
};

/*
 *   +---------------+---------------+-------------------------------+
 *   |     Type      |     Code      |          Checksum             |
 *   +---------------+---------------+-------------------------------+
 *   |           Identifier          |        Sequence Number        |
 */
#define ECHO_FIELDS(types, clause)                                                                                     \
	{                                                                                                              \
		[ICMP_TYPE] = { "type", 8, F_ENUM, types, clause }, [ICMP_CODE] = { "code", 8, F_UINT, NULL, clause }, \
		[ICMP_CHECKSUM] = { "checksum", 16, F_HEX, NULL, clause },                                             \
		[ICMP_ID] = { "id", 16, F_UINT, NULL, clause }, [ICMP_SEQ] = { "seq", 16, F_UINT, NULL, clause },      \
	}
static const struct field echo4_fields[ICMP_NF] = ECHO_FIELDS(types4, "RFC 792 page 14");
static const struct field echo6_fields[ICMP_NF] = ECHO_FIELDS(types6, "RFC 4443 4.1");
static const struct field echo_reply6_fields[ICMP_NF] = ECHO_FIELDS(types6, "RFC 4443 4.2");

/*
 *   +---------------+---------------+-------------------------------+
 *   |     Type      |     Code      |          Checksum             |
 *   +---------------+---------------+-------------------------------+
 *   |                   depends on type and code                    |
 */
#define ICMP_FIELDS(types, clause)                                                                                     \
	{                                                                                                              \
		[ICMPE_TYPE] = { "type", 8, F_ENUM, types, clause },                                                   \
		[ICMPE_CODE] = { "code", 8, F_UINT, NULL, clause },                                                    \
		[ICMPE_CHECKSUM] = { "checksum", 16, F_HEX, NULL, clause },                                            \
		[ICMPE_REST] = { "rest", 32, F_UINT, NULL, clause },                                                   \
	}
static const struct field icmp4_fields[ICMPE_NF] = ICMP_FIELDS(types4, "RFC 792");
static const struct field icmp6_fields[ICMPE_NF] = ICMP_FIELDS(types6, "RFC 4443 2.1");

_Static_assert((int)ICMP_TYPE == (int)ICMPE_TYPE && (int)ICMP_CHECKSUM == (int)ICMPE_CHECKSUM, "one compute for both");

/* RFC 792: the ICMP message alone. */
static void
compute4(struct hdr *h, const struct build_ctx *c, uint8_t type)
{
	hdr_fill(h, ICMP_TYPE, type);
	hdr_fill(h, ICMP_CHECKSUM, checksum_finish(field_checksum(h, ICMP_CHECKSUM, 0, c->payload)));
}

/* RFC 4443 2.3: with the pseudo-header. */
static void
compute6(struct hdr *h, const struct build_ctx *c, uint8_t type)
{
	hdr_fill(h, ICMP_TYPE, type);
	uint32_t sum = checksum_pseudo(c->src, c->dst, IPPROTO_ICMP6, hdr_size(h) + c->payload.n);
	hdr_fill(h, ICMP_CHECKSUM, checksum_finish(field_checksum(h, ICMP_CHECKSUM, sum, c->payload)));
}

static void
echo4_compute(struct hdr *h, const struct build_ctx *c)
{
	compute4(h, c, 8);
}

static void
echo_reply4_compute(struct hdr *h, const struct build_ctx *c)
{
	compute4(h, c, 0);
}

static void
echo6_compute(struct hdr *h, const struct build_ctx *c)
{
	compute6(h, c, 128);
}

static void
echo_reply6_compute(struct hdr *h, const struct build_ctx *c)
{
	compute6(h, c, 129);
}

/* A type not given is "destination unreachable" in both families. */
static void
icmp4_compute(struct hdr *h, const struct build_ctx *c)
{
	compute4(h, c, 3);
}

static void
icmp6_compute(struct hdr *h, const struct build_ctx *c)
{
	compute6(h, c, 1);
}

const struct layout layout_echo4 = {
	.name = "echo",
	.title = "ICMP Echo",
	.clause = "RFC 792 page 14",
	.fields = echo4_fields,
	.n = ICMP_NF,
	.compute = echo4_compute,
};

const struct layout layout_echo_reply4 = {
	.name = "echo-reply",
	.title = "ICMP Echo Reply",
	.clause = "RFC 792 page 14",
	.fields = echo4_fields,
	.n = ICMP_NF,
	.compute = echo_reply4_compute,
};

const struct layout layout_icmp4 = {
	.name = "icmp",
	.title = "ICMP",
	.clause = "RFC 792",
	.fields = icmp4_fields,
	.n = ICMPE_NF,
	.compute = icmp4_compute,
};

const struct layout layout_echo6 = {
	.name = "echo",
	.title = "ICMPv6 Echo Request",
	.clause = "RFC 4443 4.1",
	.fields = echo6_fields,
	.n = ICMP_NF,
	.compute = echo6_compute,
};

const struct layout layout_echo_reply6 = {
	.name = "echo-reply",
	.title = "ICMPv6 Echo Reply",
	.clause = "RFC 4443 4.2",
	.fields = echo_reply6_fields,
	.n = ICMP_NF,
	.compute = echo_reply6_compute,
};

const struct layout layout_icmp6 = {
	.name = "icmp",
	.title = "ICMPv6",
	.clause = "RFC 4443 2.1",
	.fields = icmp6_fields,
	.n = ICMPE_NF,
	.compute = icmp6_compute,
};
