#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "ipsec/test_packet.h"
#include "ipsec/udpencap.h"
#include "wire/checksum.h"
#include "wire/layouts.h"

#define COUNT_OF(a) (sizeof(a) / sizeof(a)[0])

Test(udpencap, tells_esp_ike_keepalives_and_runts_apart)
{
	static const struct {
		const char *id;
		uint8_t octets[12];
		size_t n;
		enum udpencap_kind kind;
	} rows[] = {
		{ "nothing", { 0 }, 0, UDPENCAP_RUNT },
		{ "keepalive", { 0xff }, 1, UDPENCAP_KEEPALIVE },
		{ "another octet", { 0xfe }, 1, UDPENCAP_RUNT },
		{ "two keepalives", { 0xff, 0xff }, 2, UDPENCAP_RUNT },
		{ "three zeros", { 0 }, 3, UDPENCAP_RUNT },
		{ "a marker alone", { 0 }, 4, UDPENCAP_IKE },
		{ "a marker and an octet", { 0, 0, 0, 0, 1 }, 5, UDPENCAP_IKE },
		{ "an SPI alone", { 0, 0, 0, 1 }, 4, UDPENCAP_RUNT },
		{ "a header but one", { 0, 0, 0, 1, 0, 0, 0 }, 7, UDPENCAP_RUNT },
		{ "a header", { 0, 0, 0, 1, 0, 0, 0, 1 }, 8, UDPENCAP_ESP },
		{ "an SPI of 0xff000000", { 0xff, 0, 0, 0, 0, 0, 0, 1 }, 8, UDPENCAP_ESP },
		{ "IKE", { 0 }, 12, UDPENCAP_IKE },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		cr_assert(eq(int, udpencap_kind((struct bytes){ rows[i].octets, rows[i].n }), rows[i].kind), "%s",
			  rows[i].id);
}

/* The checksum of the upper protocol over the addresses that the datagram has. */
static bool
is_right(struct bytes datagram, uint8_t protocol)
{
	struct rd r = rd_of(datagram);
	bool v4 = rd_peek(&r, 0) >> 4 == 4;
	size_t head = v4 ? 20 : 40, at = v4 ? 12 : 8, n = v4 ? 4 : 16;
	return checksum_upper(bytes_slice(datagram, at, n), bytes_slice(datagram, at + n, n), protocol,
			      bytes_slice(datagram, head, SIZE_MAX)) == 0;
}

/* What the sender made, and the source that a NAT put in its place. */
static const struct {
	const char *line, *original, *translated;
	uint8_t protocol;
} fixes[] = {
	{ "ip4 src=10.1.2.3 dst=192.0.2.1 / udp sport=9 dport=7 / 'hello", "10.1.2.3", "192.0.2.2", 17 },
	{ "ip4 src=255.254.253.252 dst=192.0.2.1 / udp sport=9 dport=7 / 'odd", "255.254.253.252", "192.0.2.2", 17 },
	{ "ip4 src=10.1.2.3 dst=192.0.2.1 / tcp sport=9 dport=7 flags=syn", "10.1.2.3", "192.0.2.2", 6 },
	{ "ip6 src=fd00::1 dst=2001:db8::1 / udp sport=9 dport=7 / 'hello", "fd00::1", "2001:db8::2", 17 },
	{ "ip6 src=fd00::1 dst=2001:db8::1 / tcp sport=9 dport=7 flags=syn", "fd00::1", "2001:db8::2", 6 },
	{ "ip6 src=fd00::1 dst=2001:db8::1 / icmp6 type=128", "fd00::1", "2001:db8::2", 58 },
};

static struct wr
translated(size_t i, uint8_t *room, size_t cap)
{
	struct addr to;
	uint8_t octets[256];
	struct bytes d = test_datagram(fixes[i].line, octets, sizeof octets);
	struct wr w = wr_of(room, cap);
	wr_bytes(&w, d);
	cr_assert(addr_parse(&to, fixes[i].translated, NULL));
	for (size_t k = 0; k < addr_bytes(&to).n; k++)
		wr_patch(&w, (to.family == 4 ? 12 : 8) + k, to.o[k], 1);
	return w;
}

Test(udpencap, checksums_fit_the_translated_source_by_either_rule)
{
	uint8_t room[256];
	for (size_t i = 0; i < COUNT_OF(fixes); i++)
		for (unsigned known = 0; known < 2; known++) {
			struct encap e = { .udp = true };
			struct wr w = translated(i, room, sizeof room);
			cr_assert(not(is_right(wr_done(&w), fixes[i].protocol)), "%s", fixes[i].line);
			if (known)
				cr_assert(addr_parse(&e.oai, fixes[i].original, NULL));
			udpencap_fix_checksum(&w, &e);
			cr_assert(is_right(wr_done(&w), fixes[i].protocol), "%s, known %u", fixes[i].line, known);
		}
}

Test(udpencap, a_wrong_checksum_stays_wrong_where_the_original_address_is_known)
{
	uint8_t room[256];
	struct encap e = { .udp = true };
	struct wr w = translated(0, room, sizeof room);
	cr_assert(addr_parse(&e.oai, fixes[0].original, NULL));
	wr_patch(&w, 26, 0x1234, 2);
	udpencap_fix_checksum(&w, &e);
	cr_assert(not(is_right(wr_done(&w), 17)));
}

Test(udpencap, no_udp_checksum_stays_none_and_other_protocols_are_left_alone)
{
	static const char *const lines[] = {
		"ip4 src=192.0.2.2 dst=192.0.2.1 / udp sport=9 dport=7 checksum=0 / 'hello",
		"ip4 src=192.0.2.2 dst=192.0.2.1 / icmp4 type=8 checksum=0x1234",
		"ip4 src=192.0.2.2 dst=192.0.2.1 flags=mf / udp sport=9 dport=7 checksum=0x1234 / 'a fragment",
		"ip4 src=192.0.2.2 dst=192.0.2.1 protocol=17 / '123",
	};
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		uint8_t octets[256], room[256];
		struct encap e = { .udp = true };
		struct bytes d = test_datagram(lines[i], octets, sizeof octets);
		struct wr w = wr_of(room, sizeof room);
		wr_bytes(&w, d);
		udpencap_fix_checksum(&w, &e);
		cr_assert(bytes_equal(wr_done(&w), d), "%s", lines[i]);
	}
}
