/*
 * A one's complement sum is the same in either byte order, up to a swap at the end (RFC 1071 2(B)),
 * so the loop adds machine words and the swap is done once.
 */
#include "wire/checksum.h"

static uint32_t
fold(uint64_t sum)
{
	sum = (sum >> 32) + (sum & UINT32_MAX);
	sum = (sum >> 32) + (sum & UINT32_MAX);
	sum = (sum >> 16) + (sum & UINT16_MAX);
	sum = (sum >> 16) + (sum & UINT16_MAX);
	return (uint32_t)sum;
}

static uint64_t
load32(const uint8_t *p)
{
	uint32_t v;
	memcpy(&v, p, sizeof v);
	return v;
}

/* The sum of b in machine order, an odd last octet padded with zero. */
static uint64_t
sum_native(struct bytes b)
{
	uint64_t a0 = 0, a1 = 0;
	size_t i = 0;
	for (; b.n - i >= 32; i += 32) {
		const uint8_t *p = b.p + i;
		a0 += load32(p) + load32(p + 4) + load32(p + 8) + load32(p + 12);
		a1 += load32(p + 16) + load32(p + 20) + load32(p + 24) + load32(p + 28);
	}
	for (; b.n - i >= 4; i += 4)
		a0 += load32(b.p + i);
	if (b.n - i > 0) {
		uint8_t last[4] = { 0 };
		memcpy(last, b.p + i, b.n - i);
		a1 += load32(last);
	}
	return a0 + a1;
}

uint32_t
checksum_add(uint32_t sum, struct bytes b)
{
	uint32_t s = fold(sum_native(b));
	if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
		s = __builtin_bswap16((uint16_t)s);
	return fold((uint64_t)sum + s);
}

/* At an odd octet every 16-bit word straddles two: its sum comes in swapped (RFC 1071 2(B)). */
uint32_t
checksum_add_at(uint32_t sum, size_t at, struct bytes b)
{
	uint32_t s = checksum_add(0, b);
	if (at % 2 != 0)
		s = __builtin_bswap16((uint16_t)s);
	return fold((uint64_t)sum + s);
}

uint16_t
checksum_finish(uint32_t sum)
{
	return (uint16_t)~fold(sum);
}

/*
 *   RFC 768:  src, dst, zero, protocol, length (16 bits)
 *   RFC 8200 8.1:  src, dst, length (32 bits), zero, next header
 *
 * Both have the same sum: the fields are the same, aligned the same, up to zeros.
 */
uint32_t
checksum_pseudo(struct bytes src, struct bytes dst, uint8_t protocol, size_t length)
{
	uint32_t sum = checksum_add(checksum_add(0, src), dst);
	return fold((uint64_t)sum + protocol + length);
}

uint16_t
checksum_upper(struct bytes src, struct bytes dst, uint8_t protocol, struct bytes segment)
{
	return checksum_finish(checksum_add(checksum_pseudo(src, dst, protocol, segment.n), segment));
}
