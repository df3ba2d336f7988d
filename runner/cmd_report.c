/* espy report: a run, or several, rendered again from their journals. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reports/event.h"
#include "reports/lore.h"
#include "reports/formats/matrix.h"
#include "reports/report.h"
#include "runner/commands.h"
#include "runner/links.h"
#include "runner/help/offers.h"
#include "runner/paths.h"

#define FORMATS_MAX 16

enum { O_FORMAT, O_OUTPUT, O_MERGE, O_MATRIX, O_SHOW_KEYS };

static const struct option_row rows[] = {
	[O_FORMAT] = { 'f', "format", "LIST", "of html, junit, tap, ctrf, md, text, json (default: text)" },
	[O_OUTPUT] = { 'o', "output", "FILE|DIR",
		       "- is standard output, the default of one format; several go into a folder" },
	[O_MERGE] = { 0, "merge", NULL, "several runs are shards of one" },
	[O_MATRIX] = { 0, "matrix", NULL, "several runs stand side by side: html, md, text, json" },
	[O_SHOW_KEYS] = { 0, "show-keys", NULL, "with the keys of SAs; files are then readable by their owner alone" },
	{ 0, NULL, NULL, NULL },
};

const struct options report_options = {
	"espy report DIR.. [-f FORMAT,..] [-o FILE|DIR] [--merge|--matrix] [--show-keys]",
	"Renders runs again from their journals (DIR/events.jsonl). Several runs that belong together, as the shards of\n"
	"`espy run --shard` do, become one report; others become a matrix, targets across and suites down. Exit status: 0\n"
	"the report was made, whatever it says; 2 something cannot be read; 3 it cannot be written.",
	rows,
};

enum shape { BY_ITSELF, MERGE, MATRIX };

struct order {
	const char *names[FORMATS_MAX];
	char *list; /* what the names point into */
	unsigned n;
	const char *output;
	enum shape shape;
	bool show_keys;
	struct run_source *sources;
	size_t sources_n;
	const struct lore *lore; /* NULL: not known here */
};

static bool
complain(const struct err *e)
{
	fputs("espy report: ", stderr);
	put_printable(stderr, e->text, true); /* it may quote a journal */
	putc('\n', stderr);
	return false;
}

/* --- options --------------------------------------------------------------------------------- */

static bool
take_formats(struct order *o, const char *value, struct err *e)
{
	char *save = NULL;
	free(o->list);
	o->n = 0;
	o->list = strdup(value);
	if (o->list == NULL)
		return fail_errno(e, "memory for the formats");
	for (char *w = strtok_r(o->list, ",", &save); w != NULL; w = strtok_r(NULL, ",", &save)) {
		if (o->n == FORMATS_MAX)
			return fail(e, ERR_RANGE, "more than %d formats", FORMATS_MAX);
		if (offer_report_format(w, e) == NULL)
			return false;
		o->names[o->n++] = w;
	}
	return o->n > 0 || fail(e, ERR_SYNTAX, "--format: want a list, got '%s'", value);
}

static bool
take_shape(struct order *o, enum shape shape, struct err *e)
{
	if (o->shape != BY_ITSELF && o->shape != shape)
		return fail(e, ERR_SYNTAX, "--merge and --matrix exclude each other");
	o->shape = shape;
	return true;
}

static bool
take_option(struct order *o, int which, const char *value, struct err *e)
{
	switch (which) {
	case O_FORMAT: return take_formats(o, value, e);
	case O_OUTPUT: o->output = value; return value[0] != '\0' || fail(e, ERR_SYNTAX, "--output: want a name");
	case O_MERGE: return take_shape(o, MERGE, e);
	case O_MATRIX: return take_shape(o, MATRIX, e);
	case O_SHOW_KEYS: o->show_keys = true; return true;
	default: return false;
	}
}

/* --- where it goes --------------------------------------------------------------------------- */

static bool
is_folder(const char *path)
{
	struct stat st;
	size_t n = strlen(path);
	return (n > 0 && path[n - 1] == '/') || (stat(path, &st) == 0 && S_ISDIR(st.st_mode));
}

/*
 * The file of one format: below the folder that was named, the file that was named, or standard output. report.html of one run goes
 * into its directory: nobody reads it in a terminal.
 */
static bool
place(const struct order *o, const char *name, const char *file, char *out, size_t cap, struct err *e)
{
	bool page = strcmp(name, "html") == 0;
	const char *folder = o->output;
	if (folder == NULL && o->sources_n == 1 && (o->n > 1 || (page && o->shape != MATRIX)))
		folder = o->sources[0].dir;
	if (folder == NULL && (o->n > 1 || page))
		return fail(e, ERR_SYNTAX, "%s of several runs: want a place for it: -o %s",
			    o->n > 1 ? "several formats" : name, o->n > 1 ? "DIR" : "FILE");
	if (o->n > 1 && strcmp(folder, "-") == 0)
		return fail(e, ERR_SYNTAX, "standard output takes one format, not %u", o->n);
	if (folder == NULL || strcmp(folder, "-") == 0)
		snprintf(out, cap, "-");
	else if (o->n > 1 || folder != o->output || is_folder(folder))
		snprintf(out, cap, "%.3000s/%s", folder, file);
	else
		snprintf(out, cap, "%.4000s", folder);
	return true;
}

/* Links lead from the report to the runs, wherever both lie. */
static bool
aim(struct order *o, const char *path, struct err *e)
{
	char folder[PATH_MAX], workspace[PATH_MAX];
	for (size_t i = 0; i < o->sources_n; i++) {
		struct run_source *s = &o->sources[i];
		link_to_folder(path, s->dir, folder, sizeof folder);
		link_from_workspace(s->dir, workspace, sizeof workspace);
		free(s->folder);
		free(s->workspace);
		s->folder = strdup(folder);
		s->workspace = strdup(workspace);
		if (s->folder == NULL || s->workspace == NULL)
			return fail_errno(e, "memory for a path");
	}
	return true;
}

/* --- runs ------------------------------------------------------------------------------------ */

static bool
read_run(struct run_source *s, const char *dir, struct err *e)
{
	struct stat st;
	if (stat(dir, &st) != 0)
		return fail_errno(e, "%s", dir);
	if (!S_ISDIR(st.st_mode))
		return fail(e, ERR_SYNTAX, "%s: want the directory of a run, got a file", dir);
	char page[PATH_MAX];
	snprintf(page, sizeof page, "%.4000s/report.html", dir);
	s->has_page = access(page, R_OK) == 0;
	s->dir = dir;
	return run_read(&s->record, dir, e);
}

/* A run that died has written no case's packets and SAs; its journal has them. */
static void
make_evidence(const struct run_source *s)
{
	struct err e;
	struct stat st;
	char path[PATH_MAX];
	const struct tally *t = &s->record.tally;
	snprintf(path, sizeof path, "%.4000s/cases", s->dir);
	if (t->fail + t->inconclusive + t->error + t->xfail + t->xpass == 0 || stat(path, &st) == 0 || errno != ENOENT)
		return;
	if (!report_cases(&s->record, s->dir, &e))
		(void)complain(&e); /* the report is made all the same */
}

static bool
read_runs(struct order *o, char **dirs, int n, struct err *e)
{
	char why[400];
	o->sources = calloc((size_t)n + 1, sizeof *o->sources);
	if (o->sources == NULL)
		return fail_errno(e, "memory for the runs");
	for (int i = 0; i < n; i++) {
		if (!read_run(&o->sources[i], dirs[i], e))
			return false;
		o->sources_n++;
		make_evidence(&o->sources[i]);
		if (report_incomplete(&o->sources[i].record, why, sizeof why))
			fprintf(stderr, "espy report: %s: incomplete: %s\n", dirs[i], why);
	}
	return true;
}

/* What several runs become, and why, is told: nobody should have to guess. */
static void
settle_shape(struct order *o)
{
	char why[PATH_MAX];
	if (o->shape != BY_ITSELF || o->sources_n < 2)
		return;
	o->shape = runs_belong_together(o->sources, o->sources_n, why, sizeof why) ? MERGE : MATRIX;
	if (o->shape == MERGE)
		fprintf(stderr, "espy report: %zu runs merged into one (--matrix sets them side by side)\n",
			o->sources_n);
	else
		fprintf(stderr, "espy report: a matrix of %zu runs, since %s\n", o->sources_n, why);
}

/* --- writing --------------------------------------------------------------------------------- */

static void
tell_twice(const struct run_record *whole)
{
	const json_t *twice = json_object_get(json_object_get(whole->start, "merged"), "twice");
	if (json_array_size(twice) == 0)
		return;
	fprintf(stderr, "espy report: in more than one run: %zu cases, the first is ", json_array_size(twice));
	put_printable(stderr, json_string_value(json_array_get(twice, 0)), true);
	fputs("; each is counted\n", stderr);
}

static bool
write_report(const struct order *o, const char *name, const char *path, const struct purposes *purposes, struct err *e)
{
	const struct report_format *f = report_format_find(name, e);
	const struct run_source *first = &o->sources[0];
	const struct report_wish wish = { .show_keys = o->show_keys,
					  .folder = first->folder,
					  .workspace = first->workspace,
					  .purposes = purposes,
					  .lore = o->lore };
	struct run_record whole;
	if (f == NULL)
		return false;
	if (o->shape != MERGE)
		return report_write_file(f, path, &first->record, &wish, e);
	if (!runs_merge(&whole, o->sources, o->sources_n, e))
		return false;
	if (name == o->names[0])
		tell_twice(&whole);
	bool ok = report_write_file(f, path, &whole, &wish, e);
	run_free(&whole);
	return ok;
}

static bool
write_matrix(const struct order *o, const char *name, const char *path, struct err *e)
{
	const struct matrix_format *f = matrix_format_find(name, e);
	struct matrix m;
	if (f == NULL || !matrix_make(&m, o->sources, o->sources_n, e))
		return false;
	bool ok = matrix_write_file(f, path, &m, e);
	matrix_free(&m);
	return ok;
}

static bool
write_one(struct order *o, const char *name, const struct purposes *purposes, struct err *e)
{
	char path[PATH_MAX];
	const char *file = report_format_find(name, e)->file;
	if (o->shape == MATRIX) {
		const struct matrix_format *f = matrix_format_find(name, e);
		if (f == NULL)
			return false;
		file = f->file;
	}
	if (!place(o, name, file, path, sizeof path, e) || !aim(o, path, e))
		return false;
	bool ok = o->shape == MATRIX ? write_matrix(o, name, path, e) : write_report(o, name, path, purposes, e);
	if (ok && strcmp(path, "-") != 0)
		fprintf(stderr, "espy report: %s\n", path);
	return ok;
}

static bool
write_all_formats(struct order *o, struct err *e)
{
	struct err none;
	struct purposes purposes;
	struct lore lore;
	char folder[PATH_MAX];
	bool found = paths_find(folder, sizeof folder, "suites", "ESPY_SUITES", &none);
	bool known = found && purposes_load(&purposes, folder, &none), told = found && lore_load(&lore, folder, &none);
	o->lore = told ? &lore : NULL;
	bool ok = true;
	for (unsigned i = 0; ok && i < o->n; i++)
		ok = write_one(o, o->names[i], known ? &purposes : NULL, e);
	if (known)
		purposes_free(&purposes);
	if (told)
		lore_free(&lore);
	return ok;
}

static void
free_order(struct order *o)
{
	for (size_t i = 0; i < o->sources_n; i++) {
		run_free(&o->sources[i].record);
		free(o->sources[i].folder);
		free(o->sources[i].workspace);
	}
	free(o->sources);
	free(o->list);
}

int
cmd_report(int argc, char **argv)
{
	struct order o = { .names = { "text" }, .n = 1 };
	struct err e = { 0 };
	const char *value;
	int which, first, status = 0;
	while ((which = options_next(&report_options, argc, argv, &value, &first)) >= 0)
		if (!take_option(&o, which, value, &e)) {
			(void)complain(&e);
			free_order(&o);
			return 2;
		}
	if (which != -1 || first == argc) {
		if (which == -1)
			fprintf(stderr, "espy report: want the directory of a run (see --help)\n");
		free_order(&o);
		return which == -3 ? 0 : 2;
	}
	if (!read_runs(&o, argv + first, argc - first, &e)) {
		status = 2;
	} else {
		settle_shape(&o);
		if (!write_all_formats(&o, &e))
			status = e.code == ERR_IO ? 3 : 2;
	}
	if (status != 0)
		(void)complain(&e);
	free_order(&o);
	return status;
}
