/* espy baseline: the list of known failures of a target, shown, checked, and made true of a run. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "reports/atomic_file.h"
#include "reports/compare/baseline_edit.h"
#include "reports/event.h"
#include "reports/formats/shown.h"
#include "runner/baseline_lint.h"
#include "runner/commands.h"
#include "runner/excuses.h"
#include "runner/options.h"
#include "runner/help/suggest.h"

enum { O_RUN, O_SUITES, O_DRY, O_JSON };

static const struct option_row rows[] = {
	[O_RUN] = { 0, "run", "RUNDIR", "show, lint: and what became of the entries in this run" },
	[O_SUITES] = { 0, "suites", "PATH", "a suite file or a folder of them; may be repeated" },
	[O_DRY] = { 'n', "dry-run", NULL, "update: only say what would change; exit status 1 if something would" },
	[O_JSON] = { 'j', "json", NULL, "show: as a list" },
	{ 0, NULL, NULL, NULL },
};

const struct options baseline_options = {
	"espy baseline show FILE [--run RUNDIR] | lint FILE [--run RUNDIR] | update FILE RUNDIR [--dry-run]",
	"Known failures of one target, for espy run --baseline: one case id a line, the reason in the comment above.\n"
	"show prints the entries with their reasons; lint finds what has no reason, names no case, is there twice, has expired\n"
	"or is out of order, and with a run what no longer fails; update takes out what no longer fails in a run and adds what\n"
	"does, with a reason that is still wanted. Exit status: 0, 1 something was found, 2 usage.",
	rows,
};

struct request {
	struct choice choice;
	struct baseline list;
	const char *file, *dir; /* dir: NULL, or a run */
	struct run_record run;
	bool dry, json;
	char day[11];
};

static bool
complain(const struct err *e)
{
	fprintf(stderr, "espy baseline: %s\n", e->text);
	return false;
}

/* --- show ------------------------------------------------------------------------------------ */

static void
fate_print(char *out, size_t cap, const struct baseline_line *l, const struct baseline_fate *f)
{
	unsigned ran = f->failed + f->passed + f->undecided;
	if (f->failed > 0)
		snprintf(out, cap, "fails in %u of %u", f->failed, ran);
	else if (f->undecided > 0)
		snprintf(out, cap, "undecided in %u of %u", f->undecided, ran);
	else if (f->passed > 0)
		snprintf(out, cap, l->sometimes ? "passed this time (%u)" : "no longer fails (%u passed)", f->passed);
	else if (f->skipped > 0)
		snprintf(out, cap, "skipped: %.300s", event_text(f->first, "reason"));
	else
		snprintf(out, cap, "not in the run");
}

static void
show_line(const struct request *q, size_t i, const struct baseline_fate *fate)
{
	const struct baseline_line *l = &q->list.line[i];
	char text[400];
	if (l->kind != BASELINE_ENTRY) {
		put_printable(stdout, l->text, true);
		putchar('\n');
		return;
	}
	printf("%s", l->sometimes ? "  ? " : "    ");
	put_printable(stdout, l->pattern, true);
	if (l->until[0] != '\0')
		printf("  until %s%s", l->until, baseline_expired(l, q->day) ? " (over)" : "");
	if (fate != NULL) {
		fate_print(text, sizeof text, l, fate);
		fputs("  -- ", stdout);
		put_printable(stdout, text, true);
	}
	if (strchr(l->text, '#') != NULL) {
		fputs("  # ", stdout);
		put_printable(stdout, l->reason, true);
	}
	putchar('\n');
}

static json_t *
entry_json(const struct request *q, size_t i, const struct baseline_fate *f)
{
	const struct baseline_line *l = &q->list.line[i];
	json_t *o = json_pack("{s:o, s:i, s:o, s:b, s:o, s:b}", "entry", journal_text(l->pattern), "line", (int)(i + 1),
			      "reason", journal_text(l->reason), "sometimes", l->sometimes, "until",
			      l->until[0] != '\0' ? json_string(l->until) : json_null(), "expired",
			      baseline_expired(l, q->day));
	if (f != NULL)
		json_object_set_new(o, "run",
				    json_pack("{s:i, s:i, s:i, s:i}", "failed", (int)f->failed, "passed",
					      (int)f->passed, "skipped", (int)f->skipped, "undecided",
					      (int)f->undecided));
	return o;
}

static int
show(struct request *q)
{
	struct baseline_fate *fates = q->dir != NULL ? baseline_fates(&q->list, q->run.cases) : NULL;
	json_t *list = json_array();
	for (size_t i = 0; i < q->list.n; i++) {
		const struct baseline_fate *f = fates != NULL ? &fates[i] : NULL;
		if (!q->json)
			show_line(q, i, f);
		else if (q->list.line[i].kind == BASELINE_ENTRY)
			json_array_append_new(list, entry_json(q, i, f));
	}
	if (q->json) {
		json_dumpf(list, stdout, JSON_INDENT(1));
		putchar('\n');
	}
	json_decref(list);
	free(fates);
	return 0;
}

/* --- lint ------------------------------------------------------------------------------------ */

static int
lint(struct request *q)
{
	unsigned found = baseline_lint(stdout, &q->list, &q->choice, q->dir != NULL ? &q->run : NULL, q->day);
	if (found > 0)
		fprintf(stderr, "espy baseline: %s: %u finding%s\n", q->file, found, found == 1 ? "" : "s");
	return found > 0;
}

/* --- update ---------------------------------------------------------------------------------- */

static bool
write_list(const struct request *q, const struct baseline_edit *x, struct err *e)
{
	struct atomic_file a;
	struct stat st;
	if (!atomic_file_begin(&a, e))
		return false;
	baseline_edit_write(a.out, &q->list, x);
	return atomic_file_commit(&a, q->file, stat(q->file, &st) == 0 ? st.st_mode & 0777 : 0666, e);
}

static void
tell_undecided(const struct request *q)
{
	const struct tally *t = &q->run.tally;
	if (t->inconclusive + t->error > 0)
		fprintf(stderr,
			"espy baseline: %u combinations were not decided (INCONCLUSIVE, ERROR): a list cannot excuse those\n",
			t->inconclusive + t->error);
	if (!json_is_true(json_object_get(q->run.end, "complete")))
		fprintf(stderr, "espy baseline: %s: the run was cut short\n", q->dir);
}

static int
update(struct request *q)
{
	struct baseline_edit x;
	struct err e;
	unsigned *reach = baseline_reach(&q->list, &q->choice.plan);
	int status = 2;
	if (reach == NULL || !baseline_edit_make(&x, &q->list, q->run.cases, reach, &e)) {
		free(reach);
		fprintf(stderr, "espy baseline: out of memory\n");
		return 3;
	}
	bool changes = x.dropped + x.in_n > 0;
	baseline_edit_print(stdout, &q->list, &x);
	tell_undecided(q);
	if (changes && !q->dry && !write_list(q, &x, &e)) {
		(void)complain(&e);
		status = 3;
	} else {
		status = changes && q->dry;
		printf("%s%s: %zu taken out, %zu added\n", q->dry ? "would change " : "", q->file, x.dropped, x.in_n);
	}
	if (x.in_n > 0 && !q->dry && status == 0)
		fprintf(stderr, "espy baseline: say why the added ones fail, in place of '%s'\n", BASELINE_WANTED);
	baseline_edit_free(&x);
	free(reach);
	return status;
}

/* --- the command ----------------------------------------------------------------------------- */

struct verb {
	const char *name;
	int operands; /* with FILE */
	bool suites;  /* whether it looks at them */
	int (*run)(struct request *);
};
static const struct verb verbs[] = {
	{ "show", 1, false, show },
	{ "lint", 1, true, lint },
	{ "update", 2, true, update },
};

static const struct verb *
verb_find(const char *name)
{
	struct suggest near = { .given = name };
	char hint[100];
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
		suggest_offer(&near, verbs[i].name);
	}
	suggest_print(&near, hint, sizeof hint);
	fprintf(stderr, "espy baseline: want show, lint or update, got '%s'%s\n", name, hint);
	return NULL;
}

/* One that update is to make begins with what it is about. */
static bool
read_list(struct request *q, bool may_be_new, struct err *e)
{
	struct stat st;
	char *text = NULL;
	size_t n = 0;
	if (!may_be_new || stat(q->file, &st) == 0 || errno != ENOENT)
		return baseline_read(&q->list, q->file, e);
	const json_t *target = json_object_get(q->run.start, "target");
	FILE *f = open_memstream(&text, &n);
	if (f == NULL)
		return fail_errno(e, "memory for a baseline");
	fputs("# Known failures of ", f);
	put_printable(f, event_text(target, "name"), true); /* a name of two lines would bring an entry of its own */
	putc(' ', f);
	put_printable(f, event_text(target, "release"), true);
	fputs(".\n\n", f);
	bool ok = fclose(f) == 0 && baseline_parse(&q->list, q->file, text, n, e);
	free(text);
	return ok;
}

static int
execute(struct request *q, const struct verb *v)
{
	struct err e;
	bool new = v->run == update;
	if (q->dir != NULL && !run_read_shown(&q->run, q->dir, &e))
		return complain(&e) + 2;
	if (!read_list(q, new, &e))
		return complain(&e) + 2;
	if (v->suites && (!choice_load(&q->choice, &e) || !choice_plan(&q->choice, &e)))
		return complain(&e) + 2;
	return v->run(q);
}

static bool
take_option(struct request *q, int which, const char *value)
{
	struct err e;
	switch (which) {
	case O_RUN: q->dir = value; return true;
	case O_SUITES: return choice_suites(&q->choice, value, &e) || complain(&e);
	case O_DRY: q->dry = true; return true;
	case O_JSON: q->json = true; return true;
	default: return false;
	}
}

int
cmd_baseline(int argc, char **argv)
{
	struct request q = { 0 };
	const char *value;
	int which, first;
	while ((which = options_next(&baseline_options, argc, argv, &value, &first)) >= 0)
		if (!take_option(&q, which, value))
			return 2;
	if (which != -1)
		return which == -3 ? 0 : 2;
	if (first == argc) {
		fprintf(stderr, "espy baseline: want show, lint or update (see --help)\n");
		return 2;
	}
	const struct verb *v = verb_find(argv[first]);
	if (v == NULL)
		return 2;
	if (argc - first - 1 != v->operands) {
		fprintf(stderr, "espy baseline: %s: want %s, got %d operands\n", v->name,
			v->operands == 2 ? "FILE RUNDIR" : "FILE", argc - first - 1);
		return 2;
	}
	q.file = argv[first + 1];
	q.dir = v->operands == 2 ? argv[first + 2] : q.dir;
	time_t now = time(NULL);
	struct tm tm;
	strftime(q.day, sizeof q.day, "%Y-%m-%d", gmtime_r(&now, &tm));
	int status = execute(&q, v);
	baseline_free(&q.list);
	run_free(&q.run);
	choice_free(&q.choice);
	return status;
}
