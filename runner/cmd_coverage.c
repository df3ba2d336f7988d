/* espy coverage: which purposes and requirements are decided by which cases. */
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "runner/choice.h"
#include "runner/commands.h"
#include "runner/decided.h"
#include "runner/coverage.h"
#include "runner/options.h"

enum { O_RUN, O_SUITES, O_JSON, O_VERBOSE };

static const struct option_row rows[] = {
	[O_RUN] = { 0, "run", "DIR", "count only what came to a verdict in this run; may be repeated" },
	[O_SUITES] = { 0, "suites", "PATH", "a suite file or a folder of them; may be repeated" },
	[O_JSON] = { 0, "json", NULL, "as {purposes[], requirements[]}" },
	[O_VERBOSE] = { 'v', "verbose", NULL, "a line for every id: by which cases, or why not" },
	{ 0, NULL, NULL, NULL },
};

const struct options coverage_options = {
	"espy coverage [ID..] [--run DIR].. [--json]",
	"Says which test purposes and which requirements of the RFCs are decided by cases. An ID is a glob ('SQ-*',\n"
	"'RFC4303-3.4*') and has a line for each. Exit status: 0; 2 usage, or a case names an id that no list has.",
	rows,
};

#define RUNS_MAX 32
#define WIDTH 100

struct request {
	struct choice choice; /* selectors: globs of ids */
	const char *runs[RUNS_MAX];
	unsigned runs_n;
	bool json, verbose;
	struct purposes purposes;
	struct coverage coverage;
	bool open;
};

static bool
wanted(const struct request *q, const struct purpose *p)
{
	for (unsigned i = 0; i < q->choice.selectors_n; i++)
		if (fnmatch(q->choice.selectors[i], p->id, FNM_CASEFOLD) == 0)
			return true;
	return q->choice.selectors_n == 0;
}

/* --- text ------------------------------------------------------------------------------------ */

static void
print_array(const char *before, const json_t *list)
{
	const json_t *word;
	size_t i;
	json_array_foreach(list, i, word)
		printf("%s%s", i == 0 ? before : " ", json_string_value(word));
}

static void
print_line(const struct purpose *p, const struct covered *d)
{
	printf("%-18s %-10s %s", p->id, p->level, d->decided ? "decided" : "undecided: ");
	fputs(d->reason, stdout);
	print_array(d->decided ? " by " : "; named by ", d->by);
	print_array(" on ", d->targets);
	putchar('\n');
}

static void
print_lines(const struct request *q)
{
	for (size_t i = 0; i < q->purposes.n; i++) {
		struct covered d;
		if (!wanted(q, &q->purposes.v[i]))
			continue;
		coverage_of(&q->coverage, &q->purposes.v[i], &d);
		print_line(&q->purposes.v[i], &d);
		covered_free(&d);
	}
}

static bool
decided(const struct request *q, const struct purpose *p)
{
	struct covered d;
	coverage_of(&q->coverage, p, &d);
	covered_free(&d);
	return d.decided;
}

/* "  EO        30/34   undecided: EO-04 EO-07", further lines under the first. Lists keep a group together. */
static size_t
print_group(const struct request *q, size_t from)
{
	const struct purpose *v = q->purposes.v, *first = &v[from];
	size_t end = from, done = 0;
	for (;
	     end < q->purposes.n && v[end].requirement == first->requirement && strcmp(v[end].group, first->group) == 0;
	     end++)
		done += decided(q, &v[end]);
	int column = printf("  %-8s %4zu/%-4zu", first->group, done, end - from);
	const char *before = "  undecided:";
	const int indent = column;
	for (size_t i = from; i < end; i++) {
		if (decided(q, &v[i]))
			continue;
		if (column + (int)strlen(before) + (int)strlen(v[i].id) >= WIDTH) {
			printf("\n%*s", indent + 12, "");
			column = indent + 12;
		}
		column += printf("%s %s", before, v[i].id);
		before = "";
	}
	putchar('\n');
	return end;
}

static void
print_total(const struct request *q, bool requirement)
{
	size_t all = 0, done = 0;
	for (size_t i = 0; i < q->purposes.n; i++)
		if (q->purposes.v[i].requirement == requirement) {
			all++;
			done += decided(q, &q->purposes.v[i]);
		}
	printf("%s%s: %zu of %zu decided\n", requirement ? "\n" : "", requirement ? "Requirements" : "Purposes", done,
	       all);
}

static void
print_groups(const struct request *q)
{
	for (size_t i = 0; i < q->purposes.n;) {
		if (i == 0 || q->purposes.v[i].requirement != q->purposes.v[i - 1].requirement)
			print_total(q, q->purposes.v[i].requirement);
		i = print_group(q, i);
	}
}

/* --- JSON ------------------------------------------------------------------------------------ */

static json_t *
purpose_json(const struct purpose *p, struct covered *d)
{
	json_t *o = json_pack("{s:s, s:s, s:b, s:O, s:O, s:s}", "id", p->id, "level", p->level, "decided", d->decided,
			      "by", d->by, "targets", d->targets, "reason", d->reason);
	json_object_set_new(o, p->requirement ? "rfc" : "group", json_string(p->group));
	if (p->requirement)
		json_object_set_new(o, "section", json_string(p->section));
	return o;
}

static void
print_json(const struct request *q)
{
	json_t *part[2] = { json_array(), json_array() };
	for (size_t i = 0; i < q->purposes.n; i++) {
		const struct purpose *p = &q->purposes.v[i];
		struct covered d;
		if (!wanted(q, p))
			continue;
		coverage_of(&q->coverage, p, &d);
		json_array_append_new(part[p->requirement], purpose_json(p, &d));
		covered_free(&d);
	}
	json_t *o =
		json_pack("{s:s, s:o, s:o}", "schema", "espy-coverage/1", "purposes", part[0], "requirements", part[1]);
	json_dumpf(o, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(o);
}

/* --- the command ----------------------------------------------------------------------------- */

static bool
take_option(struct request *q, int which, const char *value, struct err *e)
{
	switch (which) {
	case O_RUN:
		if (q->runs_n == RUNS_MAX)
			return fail(e, ERR_RANGE, "--run: at most %d runs", RUNS_MAX);
		q->runs[q->runs_n++] = value;
		return true;
	case O_SUITES: return choice_suites(&q->choice, value, e);
	case O_JSON: return q->json = true;
	default: return q->verbose = true;
	}
}

static bool
gather(struct request *q, struct err *e)
{
	if (!choice_load(&q->choice, e) || !choice_purposes(&q->choice, &q->purposes, e) ||
	    !purposes_check(&q->purposes, q->choice.suites, e))
		return false;
	coverage_open(&q->coverage, q->choice.suites);
	q->open = true;
	for (unsigned i = 0; i < q->runs_n; i++) {
		struct run_record r;
		if (!run_read(&r, q->runs[i], e))
			return false;
		coverage_add_run(&q->coverage, &r);
		run_free(&r);
	}
	return true;
}

/* Every glob must mean something. */
static bool
globs_match(const struct request *q, struct err *e)
{
	for (unsigned i = 0; i < q->choice.selectors_n; i++) {
		size_t k = 0;
		while (k < q->purposes.n && fnmatch(q->choice.selectors[i], q->purposes.v[k].id, FNM_CASEFOLD) != 0)
			k++;
		if (k == q->purposes.n)
			return purposes_unknown(&q->purposes, q->choice.selectors[i], e);
	}
	return true;
}

static void
print(const struct request *q)
{
	if (q->json)
		print_json(q);
	else if (q->verbose || q->choice.selectors_n > 0)
		print_lines(q);
	else
		print_groups(q);
}

int
cmd_coverage(int argc, char **argv)
{
	struct request q = { 0 };
	struct err e = { 0 };
	const char *value;
	bool ok = true;
	int which, first;
	while (ok && (which = options_next(&coverage_options, argc, argv, &value, &first)) >= 0)
		ok = take_option(&q, which, value, &e);
	if (ok && which != -1)
		return which == -3 ? 0 : 2;
	while (ok && first < argc)
		ok = choice_operand(&q.choice, argv[first++], &e);
	ok = ok && gather(&q, &e) && globs_match(&q, &e);
	if (ok)
		print(&q);
	else
		fprintf(stderr, "espy coverage: %s\n", e.text);
	if (q.open)
		coverage_close(&q.coverage);
	purposes_free(&q.purposes);
	choice_free(&q.choice);
	return ok ? 0 : 2;
}
