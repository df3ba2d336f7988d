/* A baseline made true of a run. */
#include "reports/sample_test.h"

#include "reports/compare/baseline_edit.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static json_t *
event(const char *id, const char *combination, const char *verdict)
{
	return json_pack("{s:s, s:o, s:s, s:s, s:s, s:s}", "id", id, "full_id", json_sprintf("%s/%s", id, combination),
			 "verdict", verdict, "level", "MUST", "clause", "RFC 1 2", "reason",
			 strcmp(verdict, "PASS") == 0 ? "" : "it\x1b broke");
}

/* b/b, d/d, d/e and f/f run as two combinations each; verdicts: p, f, s, i. */
static json_t *
run_of(const char *verdicts)
{
	static const char *const ids[] = { "b/b", "d/d", "d/e", "f/f" };
	json_t *list = json_array();
	for (size_t i = 0; i < 8 && verdicts[i] != '\0'; i++) {
		const char *v = verdicts[i] == 'p'   ? "PASS"
				: verdicts[i] == 'f' ? "FAIL"
				: verdicts[i] == 's' ? "SKIP"
						     : "INCONCLUSIVE";
		if (verdicts[i] != '-')
			json_array_append_new(list, event(ids[i / 2], i % 2 == 0 ? "x" : "y", v));
	}
	return list;
}

#define HEAD "# about the file\n\n"
#define B "# one\nb/b\n"
#define D "# two,\n# two lines\nd/d\n  ? d/e until 2030-01-01\n"
#define NEW "# reason wanted: MUST [RFC 1 2] it\\x1b broke\n"

Test(baseline_edit, entries_go_come_and_stay)
{
	static const struct {
		const char *name, *before, *verdicts, *after;
	} rows[] = {
		{ "nothing changed", HEAD B D, "fpffpppp", HEAD B D },
		{ "the last of a reason takes it along", HEAD B D, "ppffpppp", HEAD D },
		{ "a reason stays with what is left", HEAD B D, "fpppffpp",
		  HEAD B "# two,\n# two lines\n  ? d/e until 2030-01-01\n" },
		{ "'?' stays though it passed", "? b/b\n", "pppppppp", "? b/b\n" },
		{ "all skipped stays", B, "sspppppp", B },
		{ "undecided stays", B, "ippppppp", B },
		{ "a part of the combinations proves nothing", B, "p-pppppp", B },
		{ "not in the run stays", B, "--pppppp", B },
		{ "what fails comes in its place", HEAD B D, "fpffppff", HEAD B D NEW "f/f\n" },
		{ "in front of a group, with its comment", HEAD D, "fpffpppp", HEAD NEW "b/b\n" D },
		{ "behind a group, not in it", B "# six\nf/f\n", "fpffppff", B NEW "d/d\n# six\nf/f\n" },
		{ "its reason is nobody else's", "f/f\n", "fpppppff", NEW "b/b\n\nf/f\n" },
		{ "into an empty file", "", "ffppppff", NEW "b/b\n" NEW "f/f\n" },
		{ "the other combinations by their names", "# one\nb/b/x\n", "ffpppppp",
		  "# one\nb/b/x\n" NEW "b/b/y\n" },
		{ "undecided is not added", HEAD, "iipppppp", HEAD },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct baseline b;
		struct baseline_edit x;
		struct err e;
		char *text = NULL;
		size_t n = 0;
		json_t *cases = run_of(rows[i].verdicts);
		cr_assert(baseline_parse(&b, "k", rows[i].before, strlen(rows[i].before), &e), "%s", e.text);
		unsigned reach[16];
		for (size_t k = 0; k < 16; k++)
			reach[k] =
				k < b.n && b.line[k].kind == BASELINE_ENTRY && strlen(b.line[k].pattern) == 3 ? 2 : 1;
		cr_assert(baseline_edit_make(&x, &b, cases, reach, &e), "%s", e.text);
		FILE *f = open_memstream(&text, &n);
		baseline_edit_write(f, &b, &x);
		fclose(f);
		cr_expect(eq(str, text, (char *)rows[i].after), "%s", rows[i].name);
		free(text);
		baseline_edit_free(&x);
		baseline_free(&b);
		json_decref(cases);
	}
}

Test(baseline_edit, what_changes_is_told_with_its_line)
{
	struct baseline b;
	struct baseline_edit x;
	struct err e;
	char text[400] = "";
	json_t *cases = run_of("ppffppff");
	cr_assert(baseline_parse(&b, "k", HEAD B D, strlen(HEAD B D), &e));
	cr_assert(baseline_edit_make(&x, &b, cases, (unsigned[16]){ [3] = 2, [6] = 2, [7] = 2 }, &e));
	FILE *f = fmemopen(text, sizeof text, "w");
	baseline_edit_print(f, &b, &x);
	fclose(f);
	cr_expect(eq(str, text, "- k:4: b/b: no longer fails\n+ f/f: MUST [RFC 1 2] it\\x1b broke\n"));
	baseline_edit_free(&x);
	baseline_free(&b);
	json_decref(cases);
}
