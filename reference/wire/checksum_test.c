#include "wire/checksum.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

/* The definition, word by word (RFC 1071 1). */
static uint16_t
slow_checksum(const uint8_t *p, size_t n)
{
	uint32_t sum = 0;
	for (size_t i = 0; i < n; i += 2) {
		uint32_t word = (uint32_t)p[i] << 8 | (i + 1 < n ? p[i + 1] : 0);
		sum += word;
		if (sum > 0xffff)
			sum -= 0xffff;
	}
	return (uint16_t)(0xffff - sum);
}

static uint64_t state = 0x9e3779b97f4a7c15;

static uint8_t
random_octet(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint8_t)(state >> 24);
}

static void
fill(uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = random_octet();
}

Test(checksum, of_the_example_in_rfc_1071_section_3)
{
	static const uint8_t octets[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };
	uint16_t got = checksum_finish(checksum_add(0, BYTES_OF(octets)));
	cr_assert(eq(u16, got, (uint16_t)~0xddf2));
}

Test(checksum, of_nothing_is_all_ones)
{
	cr_assert(eq(u16, checksum_finish(checksum_add(0, BYTES_NONE)), 0xffff));
}

Test(checksum, equals_the_slow_twin_at_every_length_and_alignment)
{
	static uint8_t octets[1600];
	for (size_t n = 0; n < 1500; n = n < 140 ? n + 1 : n + 37) {
		size_t shift = n % 8;
		fill(octets, sizeof octets);
		uint16_t got = checksum_finish(checksum_add(0, (struct bytes){ octets + shift, n }));
		cr_assert(eq(u16, got, slow_checksum(octets + shift, n)), "n %zu shift %zu", n, shift);
	}
}

Test(checksum, of_64_KiB_of_ones_does_not_overflow)
{
	static uint8_t octets[65535];
	memset(octets, 0xff, sizeof octets);
	uint16_t got = checksum_finish(checksum_add(UINT32_MAX, BYTES_OF(octets)));
	cr_assert(eq(u16, got, slow_checksum(octets, sizeof octets)));
}

Test(checksum, of_pieces_equals_that_of_the_whole)
{
	uint8_t octets[200];
	for (size_t cut = 0; cut <= sizeof octets; cut++) {
		fill(octets, sizeof octets);
		struct bytes all = BYTES_OF(octets);
		struct bytes a = bytes_slice(all, 0, cut), b = bytes_slice(all, cut, all.n);
		uint16_t want = slow_checksum(octets, sizeof octets);
		uint16_t at = checksum_finish(checksum_add_at(checksum_add_at(0, 0, a), cut, b));
		cr_assert(eq(u16, at, want), "cut %zu", cut);
		uint16_t even = checksum_finish(checksum_add(checksum_add(0, a), b));
		if (cut % 2 == 0)
			cr_assert(eq(u16, even, want), "cut %zu", cut);
	}
}

Test(checksum, upper_equals_the_slow_twin_over_a_written_pseudo_header)
{
	static uint8_t packet[40 + 1000];
	for (size_t n = 0; n < 1000; n = n < 20 ? n + 1 : n + 41) {
		fill(packet, sizeof packet);
		struct bytes segment = { packet + 40, n };
		struct wr w = wr_of(packet + 32, 8);
		wr_uint(&w, n, 4);
		wr_uint(&w, 58, 4);
		uint16_t got6 =
			checksum_upper((struct bytes){ packet, 16 }, (struct bytes){ packet + 16, 16 }, 58, segment);
		cr_assert(eq(u16, got6, slow_checksum(packet, 40 + n)), "ip6 n %zu", n);
		w = wr_of(packet + 36, 4);
		wr_uint(&w, 17, 2);
		wr_uint(&w, n, 2);
		uint16_t got4 =
			checksum_upper((struct bytes){ packet + 28, 4 }, (struct bytes){ packet + 32, 4 }, 17, segment);
		cr_assert(eq(u16, got4, slow_checksum(packet + 28, 12 + n)), "ip4 n %zu", n);
	}
}

Test(checksum, of_a_message_with_its_checksum_is_zero)
{
	uint8_t octets[64];
	fill(octets, sizeof octets);
	octets[2] = octets[3] = 0;
	uint16_t c = checksum_finish(checksum_add(0, BYTES_OF(octets)));
	octets[2] = (uint8_t)(c >> 8);
	octets[3] = (uint8_t)c;
	cr_assert(eq(u16, checksum_finish(checksum_add(0, BYTES_OF(octets))), 0));
}
