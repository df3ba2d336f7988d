#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "ipsec/addr.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static struct addr
parsed(const char *text)
{
	struct addr a;
	struct err e = { 0 };
	cr_assert(addr_parse(&a, text, &e), "%s", e.text);
	return a;
}

Test(addr, text_goes_in_and_comes_out)
{
	static const struct {
		const char *in, *out;
		uint8_t family;
	} rows[] = {
		{ "192.0.2.1", "192.0.2.1", 4 },
		{ "0.0.0.0", "0.0.0.0", 4 },
		{ "2001:DB8:0:0::1", "2001:db8::1", 6 },
		{ "::", "::", 6 },
		{ "::ffff:192.0.2.1", "::ffff:192.0.2.1", 6 },
		{ "fe80::1", "fe80::1", 6 },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 6 },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		char text[48];
		struct addr a = parsed(rows[i].in), again = addr_of(addr_bytes(&a));
		cr_expect(a.family == rows[i].family, "%s", rows[i].in);
		cr_expect(strcmp(addr_print(&a, text), rows[i].out) == 0, "%s: got %s", rows[i].in, text);
		cr_expect(addr_equal(&a, &again), "%s", rows[i].in);
	}
}

Test(addr, what_is_no_address_is_refused)
{
	static const char *const rows[] = { "",    "1.2.3",   "1.2.3.4/8", "1.2.3.256",
					    "::g", "1::2::3", "host",      "fe80::1%lo" };
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct addr a;
		struct err e = { 0 };
		cr_expect(not(addr_parse(&a, rows[i], &e)), "%s", rows[i]);
		cr_expect(e.code == ERR_SYNTAX && strstr(e.text, rows[i]) != NULL, "%s: %s", rows[i], e.text);
	}
	static const uint8_t five[5] = { 1, 2, 3, 4, 5 };
	struct addr none = addr_of(BYTES_OF(five));
	char text[48];
	cr_expect(none.family == 0 && addr_bytes(&none).n == 0 && addr_is_any(&none));
	cr_expect(strcmp(addr_print(&none, text), "none") == 0);
}

Test(addr, prefixes)
{
	static const struct {
		const char *a, *prefix;
		unsigned bits;
		bool in;
	} rows[] = {
		{ "192.0.2.77", "192.0.2.0", 24, true },
		{ "192.0.3.77", "192.0.2.0", 24, false },
		{ "192.0.3.77", "192.0.2.0", 23, true },
		{ "10.0.0.1", "192.0.2.0", 0, true },
		{ "192.0.2.127", "192.0.2.0", 25, true },
		{ "192.0.2.128", "192.0.2.0", 25, false },
		{ "192.0.2.1", "192.0.2.1", 32, true },
		{ "192.0.2.0", "192.0.2.1", 32, false },
		{ "192.0.2.0", "192.0.2.1", 31, true },
		{ "128.0.0.0", "0.0.0.0", 1, false },
		{ "2001:db8::5", "2001:db8::", 64, true },
		{ "2001:db8:0:1::5", "2001:db8::", 64, false },
		{ "2001:db8:0:1::5", "2001:db8::", 63, true },
		{ "2001:db8::2", "2001:db8::3", 127, true },
		{ "2001:db8::2", "2001:db8::3", 128, false },
		{ "::1", "2001:db8::", 0, true },
		{ "::1", "0.0.0.0", 0, false },
		{ "0.0.0.0", "::", 0, false },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct addr a = parsed(rows[i].a), p = parsed(rows[i].prefix);
		cr_expect(addr_in_prefix(&a, &p, rows[i].bits) == rows[i].in, "%s in %s/%u", rows[i].a, rows[i].prefix,
			  rows[i].bits);
	}
}

Test(addr, kinds)
{
	static const struct {
		const char *a;
		bool multicast, any;
	} rows[] = {
		{ "224.0.0.1", true, false },
		{ "239.255.255.255", true, false },
		{ "223.255.255.255", false, false },
		{ "240.0.0.1", false, false },
		{ "ff02::1", true, false },
		{ "fe80::1", false, false },
		{ "0.0.0.0", false, true },
		{ "::", false, true },
		{ "::1", false, false },
		{ "0.0.0.1", false, false },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct addr a = parsed(rows[i].a);
		cr_expect(addr_is_multicast(&a) == rows[i].multicast, "%s", rows[i].a);
		cr_expect(addr_is_any(&a) == rows[i].any, "%s", rows[i].a);
	}
	struct addr a4 = parsed("0.0.0.0"), a6 = parsed("::");
	cr_expect(not(addr_equal(&a4, &a6)));
}
