#include "runner/vars.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

#include "runner/suite.h"

/* The value of the first `let` of a case. */
static bool
value_of(const char *expression, struct arena *a, struct val *v, struct err *e)
{
	char text[400];
	int n = snprintf(text, sizeof text, "suite t \"t\"\ncase c INFO \"c\"\n{\n  let x = %s\n}\n", expression);
	struct suite *s = suite_parse("(test)", text, (size_t)n, e);
	cr_assert_not_null(s, "%s: %s", expression, e->text);
	struct vars vars = { .arena = a };
	vars_set(&vars, "three", val_number(3));
	vars_set(&vars, "ab", (struct val){ .kind = VAL_OCTETS, .octets = { (const uint8_t *)"ab", 2 } });
	bool ok = expr_eval(s->cases->steps->value, &vars, v, e);
	if (ok && v->kind == VAL_OCTETS)
		v->octets.p = (const uint8_t *)arena_strndup(a, (const char *)v->octets.p, v->octets.n);
	suite_free(s);
	return ok;
}

Test(vars, numbers_are_added_and_multiplied_with_the_usual_precedence)
{
	static const struct {
		const char *text;
		uint64_t want;
	} rows[] = {
		{ "1 + 2 * $three", 7 },
		{ "(1 + 2) * 3", 9 },
		{ "$three - 1", 2 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct arena a = { 0 };
		struct err e = { 0 };
		struct val v;
		cr_assert(value_of(rows[i].text, &a, &v, &e), "%s: %s", rows[i].text, e.text);
		cr_assert(eq(u64, v.number, rows[i].want), "%s", rows[i].text);
		arena_free(&a);
	}
}

Test(vars, strings_are_joined_and_repeated)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "\"a\" + \"bc\"", "abc" },
		{ "\"ab\" * 3", "ababab" },
		{ "(\"a\" + \"b\") * 2 + \"c\"", "ababc" },
		{ "$ab * $three + \"!\"", "ababab!" },
		{ "\"gone\" * 0", "" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct arena a = { 0 };
		struct err e = { 0 };
		struct val v;
		cr_assert(value_of(rows[i].text, &a, &v, &e), "%s: %s", rows[i].text, e.text);
		cr_assert(eq(sz, v.octets.n, strlen(rows[i].want)), "%s", rows[i].text);
		cr_assert(memcmp(v.octets.p, rows[i].want, v.octets.n) == 0, "%s", rows[i].text);
		arena_free(&a);
	}
}

/* How an address is made of a number: no octets, but a word. */
Test(vars, a_number_joins_a_string_as_it_is_written)
{
	static const struct {
		const char *text, *want;
	} rows[] = { { "\"192.0.2.\" + 40", "192.0.2.40" },
		     { "\"x\" + 0x1f", "x0x1f" },
		     { "\"2001:db8::\" + $three", "2001:db8::3" } };
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct arena a = { 0 };
		struct err e = { 0 };
		struct val v;
		cr_assert(value_of(rows[i].text, &a, &v, &e), "%s: %s", rows[i].text, e.text);
		cr_assert(eq(int, v.kind, VAL_TEXT), "%s", rows[i].text);
		cr_assert(eq(str, (char *)v.text, (char *)rows[i].want), "%s", rows[i].text);
		arena_free(&a);
	}
}

Test(vars, what_a_string_cannot_do_is_refused_with_its_place)
{
	static const char *const rows[] = { "\"a\" - \"b\"", "\"a\" * \"b\"", "\"ab\" * 40000" };
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct arena a = { 0 };
		struct err e = { 0 };
		struct val v;
		cr_assert(not(value_of(rows[i], &a, &v, &e)), "%s", rows[i]);
		cr_assert(strncmp(e.text, "4:", 2) == 0, "%s: %s", rows[i], e.text);
		arena_free(&a);
	}
}
