#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "config/ipsec_req_text.h"

static struct bytes
text_bytes(const char *text)
{
	return (struct bytes){ (const uint8_t *)text, strlen(text) };
}

Test(ipsec_req_text, what_is_printed_parses_to_the_same)
{
	static const char *const rows[] = {
		"",
		"ah=never esp=never self_encap=never",
		"ah=required,unique auth_alg=hmac-md5",
		"esp=required self_encap=required esp_alg=3des esp_auth_alg=any",
		"esp=unique esp_alg=99",
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct ipsec_req_text q;
		struct err e = { 0 };
		char text[200];
		cr_assert(ipsec_req_text_parse(&q, text_bytes(rows[i]), "t", 1, 1, &e), "row %zu: %s", i, e.text);
		cr_assert(eq(sz, ipsec_req_text_print(&q, text, sizeof text), strlen(rows[i])));
		cr_assert(eq(str, text, (char *)rows[i]), "row %zu", i);
	}
}

Test(ipsec_req_text, every_error_names_line_and_column)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
		{ "esp", "t:1:4: want = and a value, got the end of the text" },
		{ "ipcomp=required",
		  "t:1:1: want a field (ah, esp, self_encap, auth_alg, esp_alg, esp_auth_alg), got \"ipcomp\"" },
		{ "esp=required,often", "t:1:14: want a request (never, required, unique, 0), got \"often\"" },
		{ "esp=required esp_alg=rot13", "t:1:22: want an algorithm (0 to 255), got \"rot13\"" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct ipsec_req_text q;
		struct err e = { 0 };
		cr_assert(false == ipsec_req_text_parse(&q, text_bytes(rows[i].text), "t", 1, 1, &e), "row %zu", i);
		cr_assert(eq(str, e.text, (char *)rows[i].error), "row %zu", i);
	}
}
