#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "runner/vars.h"

Test(vars, text_is_a_number_only_if_all_of_it_fits)
{
	static const struct { const char *text; bool is; uint64_t n; } rows[] = {
		{ "0", true, 0 },
		{ "65535", true, 65535 },
		{ "0x1001", true, 0x1001 },
		{ "0xffffffffffffffff", true, UINT64_MAX },
		{ "0x0356a85d16c981e643813b5434a86b09", false, 0 },
		{ "18446744073709551616", false, 0 },
		{ "12a", false, 0 },
		{ "esp", false, 0 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct val v = val_text(rows[i].text);
		uint64_t n = 0;
		cr_assert(eq(int, val_to_number(&v, &n), rows[i].is), "%s", rows[i].text);
		cr_assert(eq(u64, n, rows[i].is ? rows[i].n : n), "%s", rows[i].text);
	}
}
