#include "ipsec/addr.h"

#include <arpa/inet.h>
#include <assert.h>

static size_t
addr_len(uint8_t family)
{
	return family == 4 ? 4 : family == 6 ? 16 : 0;
}

struct addr
addr_of(struct bytes b)
{
	struct addr a = { 0 };
	if (b.n != 4 && b.n != 16)
		return a;
	a.family = b.n == 4 ? 4 : 6;
	memcpy(a.o, b.p, b.n);
	return a;
}

struct bytes
addr_bytes(const struct addr *a)
{
	return (struct bytes){ a->o, addr_len(a->family) };
}

bool
addr_equal(const struct addr *a, const struct addr *b)
{
	return a->family == b->family && bytes_equal(addr_bytes(a), addr_bytes(b));
}

bool
addr_is_multicast(const struct addr *a)
{
	/* 224.0.0.0/4; ff00::/8, RFC 4291 2.7 */
	return a->family == 4 ? (a->o[0] & 0xf0) == 0xe0 : a->family == 6 && a->o[0] == 0xff;
}

bool
addr_is_any(const struct addr *a)
{
	static const struct addr zero;
	return memcmp(a->o, zero.o, addr_len(a->family)) == 0;
}

bool
addr_in_prefix(const struct addr *a, const struct addr *prefix, unsigned bits)
{
	size_t width = addr_len(a->family) * 8;
	if (a->family != prefix->family)
		return false;
	if (bits > width)
		bits = (unsigned)width;
	if (memcmp(a->o, prefix->o, bits / 8) != 0)
		return false;
	unsigned rest = bits % 8;
	return rest == 0 || (a->o[bits / 8] ^ prefix->o[bits / 8]) >> (8 - rest) == 0;
}

void
addr_prefix_ends(const struct addr *prefix, unsigned bits, struct addr *first, struct addr *last)
{
	*first = *last = *prefix;
	for (unsigned i = 0; i < addr_len(prefix->family); i++) {
		unsigned before = bits > i * 8 ? bits - i * 8 : 0;
		uint8_t host = (uint8_t)(before >= 8 ? 0 : 0xff >> before);
		first->o[i] &= (uint8_t)~host;
		last->o[i] |= host;
	}
}

int
addr_compare(const struct addr *a, const struct addr *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->o, b->o, addr_len(a->family));
}

bool
addr_parse(struct addr *a, const char *text, struct err *e)
{
	uint8_t o[16];
	if (inet_pton(AF_INET, text, o) == 1)
		*a = addr_of((struct bytes){ o, 4 });
	else if (inet_pton(AF_INET6, text, o) == 1)
		*a = addr_of((struct bytes){ o, 16 });
	else
		return fail(e, ERR_SYNTAX, "address: want IPv4 or IPv6, got \"%s\"", text);
	return true;
}

const char *
addr_print(const struct addr *a, char text[48])
{
	if (a->family != 4 && a->family != 6)
		return strcpy(text, "none");
	const char *s = inet_ntop(a->family == 4 ? AF_INET : AF_INET6, a->o, text, 48);
	assert(s != NULL); /* 48 octets hold every address */
	return s;
}
