/* espy doctor: what can be tested here and what is missing. */
#include <langinfo.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "reports/event.h"
#include "reports/wrap.h"
#include "runner/commands.h"
#include "runner/help/doctor.h"
#include "runner/manager.h"

enum { O_TARGET, O_AGENT, O_TESTER, O_ADDRESS, O_YES, O_MANAGER, O_SUITES, O_COLOUR, O_JSON };

static const struct option_row rows[] = {
	[O_TARGET] = { 't', "target", "TARGET",
		       "opens this target too (as espy run takes it), asks it what it can do, and tries it" },
	[O_AGENT] = { 0, "agent", "CMD", "whose standard input and output are an agent: 'ssh root@host espy-agent'" },
	[O_TESTER] = { 0, "tester", "ADDR", "ours on link 1, 2=ADDR on link 2; may be repeated" },
	[O_ADDRESS] = { 0, "target-address", "ADDR", "the target's, likewise" },
	[O_YES] = { 0, "yes", NULL, "-t manual: do not wait for Enter" },
	[O_MANAGER] = { 0, "manager", "NAME", "what configures it: auto (default), pfkey, xfrm, none" },
	[O_SUITES] = { 0, "suites", "PATH", "a suite file or a folder of them; may be repeated" },
	[O_COLOUR] = { 0, "color", "WHEN", "auto (default), always, never" },
	[O_JSON] = { 0, "json", NULL, "as {can_test, checks[{group, name, status, detail, fix}], skips[{n, reason}]}" },
	{ 0, NULL, NULL, NULL },
};

const struct options doctor_options = {
	"espy doctor [-t TARGET] [--json]",
	"Says what can be tested here, what is missing, and what to type to have it. With -t it opens that target, says what\n"
	"it can do, makes an exchange in clear and one under ESP, and names what would be skipped and why. Nothing of this\n"
	"machine is changed, but that its kernel may load modules it is asked about. Exit status: 0 something (with -t: that\n"
	"target) can be tested, 2 usage, 3 not.",
	rows,
};

/* A symbol, and the word that says the same. */
static const struct look {
	const char *symbol, *plain, *word, *colour;
} looks[] = {
	[FINDING_OK] = { "\xe2\x9c\x93", "+", "ok", "32" },
	[FINDING_MISSING] = { "\xe2\x97\x8b", "-", "missing", "33" },
	[FINDING_BROKEN] = { "\xe2\x9c\x97", "!", "broken", "1;31" },
	[FINDING_NOTE] = { "\xc2\xb7", ".", "note", "36" },
};

void
doctor_group(struct doctor *d, const char *name)
{
	json_object_set_new(d->checks, "group", json_string(name));
	if (!d->json)
		printf("%s%s\n", json_array_size(json_object_get(d->checks, "list")) > 0 ? "\n" : "", name);
}

static void
print_finding(const struct doctor *d, const struct look *l, const char *name, const char *detail, const char *fix)
{
	printf(d->coloured ? "  \033[%s"
			     "m%s %-7s\033[0m "
			   : "  %.0s%s %-7s ",
	       l->colour, d->symbols ? l->symbol : l->plain, l->word);
	printf("%-18s ", name);
	wrap_text(stdout, detail, 31, 31, d->width);
	if (fix != NULL) {
		printf("%31s", "fix: ");
		wrap_text(stdout, fix, 31, 31, d->width);
	}
	fflush(stdout);
}

void
doctor_say(struct doctor *d, enum finding f, const char *name, const char *fix, const char *fmt, ...)
{
	char detail[1000];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(detail, sizeof detail, fmt, ap);
	va_end(ap);
	d->failed += f == FINDING_BROKEN;
	json_array_append_new(json_object_get(d->checks, "list"),
			      json_pack("{s:O, s:s, s:s, s:o, s:s*}", "group", json_object_get(d->checks, "group"),
					"name", name, "status", looks[f].word, "detail", journal_text(detail), "fix",
					fix));
	if (!d->json)
		print_finding(d, &looks[f], name, detail, fix);
}

/* --- the end --------------------------------------------------------------------------------- */

static void
print_json(const struct doctor *d)
{
	json_t *o = json_pack("{s:s, s:b, s:s?, s:O, s:O}", "schema", "espy-doctor/1", "can_test", !d->unable, "target",
			      d->target, "checks", json_object_get(d->checks, "list"), "skips", d->skips);
	json_dumpf(o, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(o);
}

static void
print_end(const struct doctor *d)
{
	if (d->target == NULL)
		printf("\n%s\n", d->unable ? "Nothing can be tested here until the above is repaired."
					   : "Something can be tested here: espy run -t reference; "
					     "espy doctor -t TARGET looks at a target.");
	else
		printf("\n%s %s\n", d->target,
		       d->unable       ? "cannot be tested."
		       : d->failed > 0 ? "can be tested; what is broken will show."
				       : "can be tested.");
}

static void
examine(struct doctor *d)
{
	doctor_data(d);
	if (d->target != NULL) {
		doctor_target(d);
		return;
	}
	doctor_crypto(d);
	doctor_reference(d);
	doctor_uml(d);
	doctor_rights(d);
	doctor_kernel(d);
	doctor_programs(d);
}

static bool
take_option(struct doctor *d, int which, const char *value, struct err *e)
{
	switch (which) {
	case O_TARGET: d->target = value; return target_known(value, e);
	case O_AGENT: d->wishes.agent = value; return true;
	case O_TESTER: return target_wish_tester(&d->wishes, value, e);
	case O_ADDRESS: return target_wish_target(&d->wishes, value, e);
	case O_YES: return d->wishes.yes = true;
	case O_MANAGER: return manager_wish_parse(value, &d->manager, e);
	case O_SUITES: return choice_suites(&d->choice, value, e);
	case O_COLOUR: return colour_wish_parse(value, &d->colour, e);
	default: return d->json = true;
	}
}

int
cmd_doctor(int argc, char **argv)
{
	static struct doctor d;
	struct err e = { 0 };
	const char *value;
	int which, first;
	bool ok = true;
	d = (struct doctor){ .checks = json_pack("{s:s, s:[]}", "group", "", "list"), .skips = json_array() };
	while (ok && (which = options_next(&doctor_options, argc, argv, &value, &first)) >= 0)
		ok = take_option(&d, which, value, &e);
	if (ok && which == -1 && first < argc)
		ok = fail(&e, ERR_SYNTAX, "'%s': a target is said with -t", argv[first]);
	if (!ok)
		fprintf(stderr, "espy doctor: %s\n", e.text);
	if (ok && which == -1) {
		setlocale(LC_CTYPE, "");
		d.symbols = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
		setlocale(LC_CTYPE, "C");
		d.coloured = colour_wanted(stdout, d.colour);
		d.width = wrap_width(stdout);
		examine(&d);
		if (d.json)
			print_json(&d);
		else
			print_end(&d);
	}
	json_decref(d.checks);
	json_decref(d.skips);
	choice_free(&d.choice);
	return !ok || which == -2 ? 2 : which == -3 ? 0 : d.unable ? 3 : 0;
}
