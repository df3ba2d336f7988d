#include "reports/fold.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>

Test(fold, what_the_matrix_varies_is_named_and_the_rest_kept)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "", "" },
		{ "the target has no AH", "the target has no AH" },
		{ "add 192.0.2.2 2001:db8:1::1 esp -m transport: EINVAL", "add ADDRESS ADDRESS esp -m $mode: EINVAL" },
		{ "no aes-cbc-128+hmac-sha1-96.", "no $transform." },
		{ "aes-cbc-128 alone", "aes-cbc-128 alone" },
		{ "at 192.0.2.2: nothing", "at ADDRESS: nothing" },
		{ "window 64, errno 64", "window 64, errno 64" },
		{ "\xe2\x9c\x93 transport\xe2\x9c\x93", "\xe2\x9c\x93 $mode\xe2\x9c\x93" },
		{ "...", "..." },
	};
	json_t *event = json_loads(
		"{\"params\":{\"mode\":\"transport\",\"transform\":\"aes-cbc-128+hmac-sha1-96\",\"window\":\"64\"}}", 0,
		NULL);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char out[200];
		fold_text(event, rows[i].text, out, sizeof out);
		cr_assert(eq(str, out, (char *)rows[i].want), "row %zu", i);
		fold_text(event, rows[i].text, out, 4);
		cr_assert(le(sz, strlen(out), 3), "row %zu", i);
	}
	json_decref(event);
}

Test(fold, counts_come_most_frequent_first_and_values_in_their_order)
{
	json_t *book = json_loads("{\"b\":1,\"c\":7,\"a\":1}", 0, NULL);
	json_t *events = json_loads("[{\"params\":{\"mode\":\"tunnel\"}},{},{\"params\":{\"mode\":\"any\"}},"
				    "{\"params\":{\"mode\":\"tunnel\"}}]",
				    0, NULL);
	size_t n;
	struct fold_count *v = fold_counts(book, &n);
	cr_assert(eq(sz, n, 3));
	cr_assert(eq(chr, v[0].name[0], 'c'));
	cr_assert(eq(u32, v[0].n, 7));
	cr_assert(eq(chr, v[1].name[0], 'a'));
	cr_assert(eq(chr, v[2].name[0], 'b'));
	json_t *values = fold_values(events, "mode", "-");
	char *text = json_dumps(values, JSON_COMPACT);
	cr_assert(eq(str, text, "{\"tunnel\":true,\"-\":true,\"any\":true}"));
	free(text);
	free(v);
	json_decref(values);
	json_decref(events);
	json_decref(book);
}
