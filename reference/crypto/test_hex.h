/* For the tests of this folder: vectors are written as the RFCs print them, in hexadecimal. */
#ifndef ESPY_CRYPTO_TEST_HEX_H
#define ESPY_CRYPTO_TEST_HEX_H

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <ctype.h>
#include <string.h>

#include "wire/cursor.h"

/*
 * Octets of a hexadecimal text, spaces allowed, in caller's room; a text that is no such thing is a
 * bug here.
 */
static inline struct bytes
hex_octets(const char *text, uint8_t *room, size_t cap)
{
	static const char digits[] = "0123456789abcdef";
	struct wr w = wr_of(room, cap);
	unsigned high = 0;
	bool half = false;
	for (const char *c = text; *c != '\0'; c++) {
		if (*c == ' ')
			continue;
		const char *at = strchr(digits, tolower((unsigned char)*c));
		cr_assert(at != NULL, "not hexadecimal: %s", text);
		if (half)
			wr_uint(&w, high << 4 | (unsigned)(at - digits), 1);
		high = (unsigned)(at - digits);
		half = !half;
	}
	cr_assert(not(half || w.full), "half an octet, or too many: %s", text);
	return wr_done(&w);
}

#endif
