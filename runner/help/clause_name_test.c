#include "runner/help/clause_name.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

Test(clause_name, is_read_in_every_spelling)
{
	static const struct {
		const char *text, *document, *section;
	} rows[] = {
		{ "rfc4303/3.4.3", "rfc4303", "3.4.3" },
		{ "RFC 4303 3.4.3", "rfc4303", "3.4.3" },
		{ "RFC4303 3.4.3", "rfc4303", "3.4.3" },
		{ "RFC 4303, 3.4", "rfc4303", "3.4" },
		{ "RFC 4303 section 2.4", "rfc4303", "2.4" },
		{ "4303§2.1", "rfc4303", "2.1" },
		{ "4303 2", "rfc4303", "2" },
		{ "rfc4303", "rfc4303", "" },
		{ "RFC 4302 A1", "rfc4302", "A1" },
		{ "rfc4303/A2.1", "rfc4303", "A2.1" },
		{ "setkey(8)", "setkey", "8" },
		{ "ipsec_set_policy(3)", "ipsec_set_policy", "3" },
		{ "ipsecconf.8/bypass", "ipsecconf.8", "bypass" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct clause_name c;
		cr_assert(clause_name_read(rows[i].text, &c), "%s", rows[i].text);
		cr_assert(eq(str, c.document, (char *)rows[i].document), "%s", rows[i].text);
		cr_assert(eq(str, c.section, (char *)rows[i].section), "%s", rows[i].text);
	}
}

Test(clause_name, other_words_are_none)
{
	static const char *const rows[] = { "",       "esp.padding", "SQ-09",        "12", "rfc", "rfc4303 x.y",
					    "4303.1", "setkey(8",    "RFC 4303 3..x" };
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct clause_name c;
		cr_expect(clause_name_read(rows[i], &c) == false, "%s was read as %s %s", rows[i], c.document,
			  c.section);
	}
}

Test(clause_name, covers_itself_and_what_is_below)
{
	static const struct {
		const char *clause, *document, *section;
		bool want;
	} rows[] = {
		{ "rfc4303/3.4", "rfc4303", "3.4", true },   { "rfc4303/3.4", "RFC4303", "3.4.3", true },
		{ "rfc4303/3.4", "rfc4303", "3.41", false }, { "rfc4303/3.4", "rfc4302", "3.4", false },
		{ "rfc4303", "rfc4303", "A2.1", true },      { "rfc4303/3.4.3", "rfc4303", "3.4", false },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct clause_name c;
		cr_assert(clause_name_read(rows[i].clause, &c));
		cr_assert(clause_name_covers(&c, rows[i].document, rows[i].section) == rows[i].want, "%s over %s %s",
			  rows[i].clause, rows[i].document, rows[i].section);
	}
}
