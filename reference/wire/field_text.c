/*
 * Field values from the text of a suite.
 */
#include "wire/field.h"
#include "wire/text.h"

#include <arpa/inet.h>
#include <string.h>

/* Decimal or 0x..; no sign, no octal, no spaces. */
static bool
number(const char *s, size_t n, uint64_t *value)
{
	unsigned base = 10;
	if (n > 2 && s[0] == '0' && (s[1] | 0x20) == 'x') {
		base = 16;
		s += 2;
		n -= 2;
	}
	uint64_t v = 0;
	for (size_t i = 0; i < n; i++) {
		unsigned d = digit_of((uint8_t)s[i]);
		if (d >= base || v > (UINT64_MAX - d) / base)
			return false;
		v = v * base + d;
	}
	*value = v;
	return n > 0;
}

static bool
name_or_number(const struct name *names, const char *s, size_t n, uint64_t *value)
{
	for (; names != NULL && names->name != NULL; names++) {
		if (strlen(names->name) == n && memcmp(names->name, s, n) == 0) {
			*value = names->value;
			return true;
		}
	}
	return number(s, n, value);
}

bool
names_value(const struct name *names, const char *text, uint64_t *value)
{
	return name_or_number(names, text, strlen(text), value);
}

const char *
names_name(const struct name *names, uint64_t value)
{
	for (; names != NULL && names->name != NULL; names++) {
		if (names->value == value)
			return names->name;
	}
	return NULL;
}

static bool
fail_number(const struct layout *lay, const struct field *f, const char *text, struct err *e)
{
	if (f->names != NULL)
		return fail(e, ERR_UNKNOWN, "%s.%s: want a known name or a number, got \"%s\"", lay->name, f->name,
			    text);
	return fail(e, ERR_SYNTAX, "%s.%s: want a number, got \"%s\"", lay->name, f->name, text);
}

static bool
parse_int(const struct layout *lay, const struct field *f, const char *text, uint64_t *value, struct err *e)
{
	uint64_t all = 0;
	const char *s = text;
	for (;;) {
		size_t n = field_kind_of(f) == F_FLAGS ? strcspn(s, "|") : strlen(s);
		uint64_t one;
		if (!name_or_number(f->names, s, n, &one))
			return fail_number(lay, f, text, e);
		all |= one;
		if (s[n] == '\0')
			break;
		s += n + 1;
	}
	if (field_kind_of(f) != F_SEQ && f->bits < 64 && all >> f->bits != 0)
		return fail(e, ERR_RANGE, "%s.%s: want %u bits, got %s", lay->name, f->name, f->bits, text);
	*value = all;
	return true;
}

/* Appends hex octets; false at a stray character or half an octet. */
static bool
parse_hex(const char *s, struct wr *store)
{
	if (s[0] == '0' && (s[1] | 0x20) == 'x')
		s += 2;
	return text_read_hex(s, store);
}

/* 02:00:00:00:00:01 */
static bool
parse_mac(const char *s, struct wr *store)
{
	for (int i = 0; i < 6; i++, s += 3) {
		unsigned high = digit_of((uint8_t)s[0]), low = high > 15 ? 255 : digit_of((uint8_t)s[1]);
		if (low > 15 || s[2] != (i < 5 ? ':' : '\0'))
			return false;
		wr_uint(store, high << 4 | low, 1);
	}
	return true;
}

static bool
parse_address(const char *s, size_t n, int family, struct wr *store)
{
	char one[INET6_ADDRSTRLEN];
	uint8_t octets[16];
	if (n >= sizeof one)
		return false;
	memcpy(one, s, n);
	one[n] = '\0';
	if (inet_pton(family, one, octets) != 1)
		return false;
	wr_bytes(store, (struct bytes){ octets, family == AF_INET ? 4 : 16 });
	return true;
}

/* One address; a variable field takes a list addr|addr, or hex where the octets are no addresses.
 * */
static bool
parse_addresses(const struct field *f, const char *s, struct wr *store)
{
	int family = field_kind_of(f) == F_IP4 ? AF_INET : AF_INET6;
	if (f->bits != 0)
		return parse_address(s, strlen(s), family, store);
	if (*s == '\0' || (s[0] == '0' && (s[1] | 0x20) == 'x'))
		return parse_hex(s, store);
	for (;;) {
		size_t n = strcspn(s, "|");
		if (!parse_address(s, n, family, store))
			return false;
		if (s[n] == '\0')
			return true;
		s += n + 1;
	}
}

static bool
parse_octets(const struct field *f, const char *text, struct wr *store)
{
	switch (field_kind_of(f)) {
	case F_MAC: return parse_mac(text, store);
	case F_IP4:
	case F_IP6: return parse_addresses(f, text, store);
	default: return parse_hex(text, store);
	}
}

static const char *
wanted(const struct field *f)
{
	switch (field_kind_of(f)) {
	case F_MAC: return "a MAC address";
	case F_IP4: return "an IPv4 address";
	case F_IP6: return "an IPv6 address";
	default: return "hex octets";
	}
}

bool
hdr_set_text(struct hdr *h, unsigned field, const char *text, struct wr *store, struct err *e)
{
	const struct layout *lay = h->lay;
	const struct field *f = &lay->fields[field];
	if (!field_is_octets(f)) {
		uint64_t u = 0;
		if (!parse_int(lay, f, text, &u, e))
			return false;
		hdr_set(h, field, u);
		return true;
	}
	size_t at = store->n;
	if (!parse_octets(f, text, store))
		return fail(e, ERR_SYNTAX, "%s.%s: want %s, got \"%s\"", lay->name, f->name, wanted(f), text);
	if (store->full)
		return fail(e, ERR_RANGE, "%s.%s: want room for the octets, got %zu", lay->name, f->name,
			    store->cap - at);
	struct bytes b = bytes_slice(wr_done(store), at, store->n - at);
	if (f->bits != 0 && b.n != f->bits / 8)
		return fail(e, ERR_RANGE, "%s.%s: want %u octets, got %zu", lay->name, f->name, f->bits / 8, b.n);
	hdr_set_bytes(h, field, b);
	return true;
}
